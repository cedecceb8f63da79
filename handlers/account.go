package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/views"
)

func (p *Pages) showAccount(c echo.Context) error {
	return p.accountPage(c, http.StatusOK, views.AccountView{})
}

// accountPage shows the account. The caller fills in only the form and its errors.
func (p *Pages) accountPage(c echo.Context, status int, view views.AccountView) error {
	user, err := p.accounts.Account(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	if view.Passkeys, err = p.accounts.Passkeys(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	switch err := p.accounts.RequireProof(c.Request().Context(), actor(c), sessionOf(c)); {
	case err == nil:
		view.Proved = true
	case oncall.KindOf(err) != oncall.Denied:
		return err
	}
	view.User, view.Now, view.PasskeyHost, view.PasskeyTrouble = user, p.access.Now(), p.passkeyHost(), p.passkeyTrouble()
	page := p.Page(c, titled("Your account", status))
	page.Here = views.AccountPath
	return Render(c, status, views.Account(page, view))
}

func (p *Pages) changePassword(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	err = p.accounts.ChangePassword(c.Request().Context(), actor(c),
		account.PasswordChange{Current: form.Get("current"), New: form.Get("password"), Session: sessionOf(c), Device: deviceOf(c)})
	switch oncall.KindOf(err) {
	case oncall.Invalid:
		return p.accountPage(c, statusOf(err), views.AccountView{Errors: oncall.FieldErrors(err)})
	case oncall.Limited:
		retryAfter(c, err)
		return p.accountPage(c, http.StatusTooManyRequests, views.AccountView{Errors: views.Messages{{Field: oncall.FieldCurrent, Message: err.Error()}}})
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
	if err := p.accounts.SignOutEverywhere(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	endSession(c)
	return done(c, views.SignInPath, views.SignedOutEverywhere)
}
