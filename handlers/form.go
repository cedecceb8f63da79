package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"callbook/internal/oncall"
	"callbook/views"
)

// readForm returns the fields of a posted form, and nothing of the query.
func readForm(c echo.Context) (url.Values, error) {
	r := c.Request()
	if kind, _, _ := strings.Cut(r.Header.Get(echo.HeaderContentType), ";"); r.ContentLength != 0 && strings.TrimSpace(kind) != echo.MIMEApplicationForm {
		return nil, echo.NewHTTPError(http.StatusUnsupportedMediaType)
	}
	err := r.ParseForm()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, err
	}
	if err != nil {
		return nil, echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	return r.PostForm, nil
}

// contactForm reads the form of a contact.
func contactForm(form url.Values) views.ContactForm {
	return views.ContactForm{
		Token: form.Get("token"), Alias: strings.TrimSpace(form.Get("alias")), Name: strings.TrimSpace(form.Get("name")),
		Version: version(form), Was: form.Get("was"),
	}
}

// channelForm reads the form of a channel. The correction that somebody chose
// stands for what they had typed.
func channelForm(form url.Values) views.ChannelForm {
	f := views.ChannelForm{
		Token: form.Get("token"), Type: oncall.ChannelType(form.Get("type")), Name: strings.TrimSpace(form.Get("name")),
		Phone: form.Get("phone"), Country: form.Get("country"), Email: form.Get("email"), Defer: form.Get("defer") == "true",
		Accept:  strings.Fields(strings.Join(form["accept"], " ")),
		Version: version(form), Was: form.Get("was"), WasAt: form.Get("was_address"),
	}
	if use := form.Get("use"); use != "" {
		f.Email = use
	}
	return f
}

// version is the version a form was opened at. One that is missing or no number
// is -1, which no resource has: the change is then shown as coming too late.
func version(form url.Values) int64 {
	v, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil || v < 1 {
		return -1
	}
	return v
}

// addressOf is the field that the type of a channel asks for.
func addressOf(f views.ChannelForm) string {
	if f.Type == oncall.Email {
		return f.Email
	}
	return f.Phone
}

// countryOf is the country of a number, which an email address has not.
func countryOf(f views.ChannelForm) string {
	if f.Type == oncall.Email {
		return ""
	}
	return f.Country
}

// filled leaves out what is wrong with fields that nobody has come to yet.
func filled(errors []oncall.FieldError, empty map[oncall.Field]bool) views.Messages {
	var some views.Messages
	for _, e := range errors {
		if !empty[e.Field] {
			some = append(some, e)
		}
	}
	return some
}
