package handlers

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/views"
)

func (p *Pages) listKeys(c echo.Context) error {
	keys, err := p.accounts.AccessKeys(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	return Render(c, http.StatusOK, views.Keys(p.Page(c, "Access keys"), views.KeyList{Keys: keys, Now: p.access.Now()}))
}

func (p *Pages) showNewKey(c echo.Context) error {
	return p.newKeyPage(c, http.StatusOK, views.KeyForm{Token: newToken(), Role: oncall.Viewer})
}

func (p *Pages) newKeyPage(c echo.Context, status int, f views.KeyForm) error {
	return Render(c, status, views.NewKey(p.Page(c, titled("Make an access key", status)), f))
}

// createKey answers with the secret, which is shown only once.
func (p *Pages) createKey(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := views.KeyForm{Token: form.Get("token"), Name: typed(form, "name"), Role: oncall.Role(form.Get("role"))}
	key, secret, err := p.accounts.CreateAccessKey(c.Request().Context(), actor(c), account.NewAccessKey{Name: f.Name, Role: f.Role, Token: f.Token})
	switch {
	case err == nil:
		return Render(c, http.StatusOK, views.ShowSecret(p.Page(c, "The access key "+key.Name), views.NewSecret{Key: key, Secret: secret, Region: p.access.Scope().Region, Endpoint: p.origin}))
	case gone(err): // the form of a key that was deleted since
		f.Errors = views.Messages{{Field: oncall.FieldName, Message: "The access key that you made with this form was deleted since. Send it again to make another."}}
		f.Token = newToken()
		return p.newKeyPage(c, http.StatusConflict, f)
	case !refused(err):
		return err
	}
	f.Errors = oncall.FieldErrors(err)
	if oncall.ReasonOf(err) == oncall.TokenReused {
		f.Token = newToken()
		f.Errors = views.Messages{{Field: oncall.FieldName, Message: "You made another access key with this form already. Send it again to make this one too."}}
	}
	return p.newKeyPage(c, statusOf(err), f)
}

// switchKey disables an access key or enables it again.
func (p *Pages) switchKey(disabled bool, notice views.Notice) echo.HandlerFunc {
	return func(c echo.Context) error {
		_, err := p.accounts.UpdateAccessKey(c.Request().Context(), actor(c), account.AccessKeyChange{ID: c.Param("id"), Disabled: disabled})
		if err != nil {
			return err
		}
		return done(c, views.KeysPath, notice)
	}
}

func (p *Pages) showDeleteKey(c echo.Context) error {
	keys, err := p.accounts.AccessKeys(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k oncall.AccessKey) bool { return k.ID == c.Param("id") })
	if i < 0 {
		return echo.ErrNotFound
	}
	return p.confirm(c, views.DeletingKey(keys[i]))
}

func (p *Pages) deleteKey(c echo.Context) error {
	err := p.accounts.DeleteAccessKey(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil && !gone(err) {
		return err
	}
	return done(c, views.KeysPath, views.KeyDeleted)
}
