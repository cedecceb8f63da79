package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/views"
)

// showConfirm asks the user to prove again to be the one, before a passkey is added.
func (p *Pages) showConfirm(c echo.Context) error {
	return p.confirmPage(c, http.StatusOK, views.ConfirmForm{})
}

func (p *Pages) confirmPage(c echo.Context, status int, f views.ConfirmForm) error {
	user, err := p.accounts.Account(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	own, err := p.accounts.Passkeys(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	f.Email, f.HasPassword = user.Email, user.HasPassword
	if len(own) > 0 {
		f.PasskeyHost = p.passkeyHost()
	}
	page := p.Page(c, titled("Confirm that it is you", status))
	page.Here = views.ConfirmPath
	return Render(c, status, views.ConfirmIdentity(page, f))
}

func (p *Pages) confirmByPassword(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	return p.confirmed(c, p.accounts.ProveByPassword(c.Request().Context(), actor(c), sessionOf(c), form.Get("current")), oncall.ByPassword)
}

func (p *Pages) confirmByPasskey(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	user, err := p.provenUser(c, form.Get("response"))
	if err == nil {
		err = p.accounts.ProveByPasskey(c.Request().Context(), actor(c), sessionOf(c), user.ID)
	}
	return p.confirmed(c, err, oncall.ByPasskey)
}

// confirmed leads to the account after a proof, and shows the form again after a refusal.
func (p *Pages) confirmed(c echo.Context, err error, how oncall.SignInMethod) error {
	status := http.StatusUnprocessableEntity
	switch {
	case err == nil:
		return done(c, views.AccountPath, views.Confirmed)
	case oncall.KindOf(err) == oncall.Limited:
		retryAfter(c, err)
		status = http.StatusTooManyRequests
	case oncall.KindOf(err) == oncall.Invalid, oncall.ReasonOf(err) == oncall.NoSignIn, oncall.ReasonOf(err) == account.NotProved, gone(err):
	default:
		return err
	}
	refusal := messageOf(err)
	if fields := oncall.FieldErrors(err); len(fields) > 0 {
		refusal = fields[0].Message
	}
	return p.confirmPage(c, status, views.ConfirmForm{Refusal: refusal, Method: how})
}
