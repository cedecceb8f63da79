package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"callbook/internal/oncall"
	"callbook/views"
)

func (p *Pages) showAccount(c echo.Context) error {
	return p.accountPage(c, http.StatusOK, nil)
}

func (p *Pages) accountPage(c echo.Context, status int, errors views.Messages) error {
	user, err := p.oncall.Account(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	view := views.AccountView{User: user, Now: p.oncall.Now(), Errors: errors}
	return Render(c, status, views.Account(p.Frame(c, titled("Your account", status)), view))
}

func (p *Pages) changePassword(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	err = p.oncall.ChangePassword(c.Request().Context(), actor(c),
		oncall.PasswordChange{Current: form.Get("current"), New: form.Get("password"), Session: sessionOf(c)})
	switch oncall.KindOf(err) {
	case oncall.Invalid:
		return p.accountPage(c, statusOf(err), oncall.FieldErrors(err))
	case oncall.Limited:
		retryAfter(c, err)
		return p.accountPage(c, http.StatusTooManyRequests, views.Messages{{Field: oncall.FieldCurrent, Message: err.Error()}})
	}
	if err != nil {
		return err
	}
	return done(c, views.AccountPath, views.PasswordChanged)
}

func (p *Pages) showSignOutEverywhere(c echo.Context) error {
	return p.confirm(c, views.SigningOutEverywhere())
}

func (p *Pages) signOutEverywhere(c echo.Context) error {
	if err := p.oncall.SignOutEverywhere(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	endSession(c)
	return done(c, views.SignInPath, views.SignedOutEverywhere)
}
