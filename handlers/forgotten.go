package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"callbook/internal/oncall"
	"callbook/views"
)

func (p *Pages) showForgotten(c echo.Context) error {
	if !p.accounts.Mails() {
		return echo.ErrNotFound
	}
	return p.forgottenPage(c, http.StatusOK, views.ForgottenForm{})
}

func (p *Pages) forgottenPage(c echo.Context, status int, f views.ForgottenForm) error {
	return Render(c, status, views.Forgotten(p.Page(c, titled("Forgotten password", status)), f))
}

// forgot sends a link if there is such a user. The answer does not reveal it.
func (p *Pages) forgot(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if !p.accounts.Mails() {
		return echo.ErrNotFound
	}
	f := views.ForgottenForm{Email: typed(form, "email")}
	err = p.accounts.ForgotPassword(c.Request().Context(), actor(c), f.Email, deviceOf(c))
	switch oncall.KindOf(err) {
	case oncall.Invalid:
		f.Errors = oncall.FieldErrors(err)
		return p.forgottenPage(c, http.StatusUnprocessableEntity, f)
	case oncall.Limited:
		retryAfter(c, err)
		f.Errors = views.Messages{{Field: oncall.FieldEmail, Message: messageOf(err)}}
		return p.forgottenPage(c, http.StatusTooManyRequests, f)
	}
	if err != nil {
		return err
	}
	f.Sent = true
	return p.forgottenPage(c, http.StatusOK, f)
}
