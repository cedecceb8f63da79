package handlers

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/unicode/norm"

	"callbook/internal/oncall"
	"callbook/views"
)

// readForm returns the fields of a posted form, without those of the query.
func readForm(c echo.Context) (url.Values, error) {
	r := c.Request()
	kind, _, _ := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if r.ContentLength != 0 && kind != echo.MIMEApplicationForm {
		return nil, echo.NewHTTPError(http.StatusUnsupportedMediaType)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, unreadBody(err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	return form, nil
}

// unreadBody returns the error for a body that could not be read to its end.
func unreadBody(err error) error {
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return echo.NewHTTPError(http.StatusRequestTimeout).SetInternal(err)
	}
	return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
}

// typed returns a text without spaces around it, in Unicode NFC, since keyboards differ.
func typed(form url.Values, name string) string {
	return norm.NFC.String(strings.TrimSpace(form.Get(name)))
}

// contactForm reads the form of a contact.
func contactForm(form url.Values) views.ContactForm {
	return views.ContactForm{
		Token: form.Get("token"), Alias: typed(form, "alias"), Name: typed(form, "name"),
		Version: version(form), NameBefore: form.Get("was"),
	}
}

// channelForm reads the form of a channel. A chosen correction replaces the typed text.
func channelForm(form url.Values) views.ChannelForm {
	f := views.ChannelForm{
		Token: form.Get("token"), Type: oncall.ChannelType(form.Get("type")), Name: typed(form, "name"),
		Phone: form.Get("phone"), Country: form.Get("country"), Email: form.Get("email"), Defer: form.Get("defer") == "true",
		Accept:  strings.Fields(strings.Join(form["accept"], " ")),
		Version: version(form), Before: channelBefore(form),
	}
	switch use := form.Get("use"); {
	case use == "":
	case f.Type == oncall.Email || strings.Contains(use, "@"):
		f.Email = use
	default:
		f.Phone = use
	}
	return f
}

// channelBefore reads the values that the channel had when the form was opened.
func channelBefore(form url.Values) views.ChannelBefore {
	since, _ := strconv.ParseInt(form.Get("was_since"), 10, 64) // zero: the first address
	return views.ChannelBefore{Name: form.Get("was"), Address: form.Get("was_address"), State: oncall.ActivationState(form.Get("was_state")), Since: since}
}

// version returns the version that a form was opened at. A missing or malformed one is -1,
// which no resource has, so that the change counts as stale.
func version(form url.Values) int64 {
	v, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil || v < 1 {
		return -1
	}
	return v
}

// addressOf returns the field for the address of a channel type.
func addressOf(f views.ChannelForm) string {
	if f.Type == oncall.Email {
		return f.Email
	}
	return f.Phone
}

// countryOf returns the country of a number, and "" for an email address.
func countryOf(f views.ChannelForm) string {
	if f.Type == oncall.Email {
		return ""
	}
	return f.Country
}

// filled leaves out the errors of empty fields.
func filled(errors []oncall.FieldError, empty map[oncall.Field]bool) views.Messages {
	var left views.Messages
	for _, e := range errors {
		if !empty[e.Field] {
			left = append(left, e)
		}
	}
	return left
}
