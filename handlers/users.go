package handlers

import (
	"encoding/base64"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/views"
)

func (p *Pages) listUsers(c echo.Context) error {
	users, err := p.accounts.Users(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	return Render(c, http.StatusOK, views.Users(p.Page(c, "Users"), views.UserList{Users: users, Now: p.access.Now()}))
}

func (p *Pages) showNewUser(c echo.Context) error {
	return p.newUserPage(c, http.StatusOK, views.UserForm{Token: newToken(), Role: oncall.Viewer})
}

func (p *Pages) newUserPage(c echo.Context, status int, f views.UserForm) error {
	f.Mails = p.accounts.Mails()
	return Render(c, status, views.NewUser(p.Page(c, titled("Invite a user", status)), f))
}

func userForm(form url.Values) views.UserForm {
	return views.UserForm{Token: form.Get("token"), Email: typed(form, "email"), Name: typed(form, "name"),
		Role: oncall.Role(form.Get("role")), Version: version(form)}
}

// inviteUser answers with the link itself, which is shown only once.
func (p *Pages) inviteUser(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := userForm(form)
	user, token, err := p.accounts.InviteUser(c.Request().Context(), actor(c),
		account.NewUser{Email: f.Email, Name: f.Name, Role: f.Role, Token: f.Token, Mail: form.Get("by") != "hand"})
	switch {
	case err == nil && token == "" && p.mailed(c, user):
		return done(c, views.UserPath(user.ID), views.InvitationMailed)
	case err == nil:
		return p.linkPage(c, user, token)
	case !refused(err):
		return err
	}
	f.Errors = oncall.FieldErrors(err)
	if oncall.ReasonOf(err) == oncall.TokenReused {
		f.Token = newToken()
		f.Errors = append(f.Errors, oncall.FieldError{Field: oncall.FieldEmail, Message: "You invited somebody else with this form already. Send it again to invite this user too."})
	}
	return p.newUserPage(c, statusOf(err), f)
}

// mailed reports whether an email to a user is waiting or was sent recently.
func (p *Pages) mailed(c echo.Context, user oncall.User) bool {
	m, err := p.accounts.LastMail(c.Request().Context(), actor(c), user.ID)
	return err == nil && m.ID != ""
}

// linkPage shows a new link. A form that is sent again shows none, because the link went
// out with the first answer.
func (p *Pages) linkPage(c echo.Context, user oncall.User, token string) error {
	view := views.UserLink{User: user}
	if token != "" {
		view.Link = p.origin + views.JoinPath + "/" + token
	}
	return Render(c, http.StatusOK, views.ShowUserLink(p.Page(c, "A link for "+user.Email), view))
}

func (p *Pages) userOf(c echo.Context) (oncall.User, error) {
	return p.accounts.User(c.Request().Context(), actor(c), c.Param("id"))
}

func (p *Pages) showUser(c echo.Context) error {
	user, err := p.userOf(c)
	if err != nil {
		return err
	}
	return p.userPage(c, http.StatusOK, user, views.UserForm{Name: user.Name, Role: user.Role, Version: user.Version})
}

func (p *Pages) userPage(c echo.Context, status int, user oncall.User, f views.UserForm) error {
	mail, err := p.accounts.LastMail(c.Request().Context(), actor(c), user.ID)
	if err != nil {
		return err
	}
	passkeys, err := p.accounts.UserPasskeys(c.Request().Context(), actor(c), user.ID)
	if err != nil {
		return err
	}
	keys, err := p.accounts.AccessKeysOf(c.Request().Context(), actor(c), user.ID)
	if err != nil {
		return err
	}
	view := views.UserView{User: user, Own: user.ID == actor(c).Principal, Form: f, Now: p.access.Now(), Mails: p.accounts.Mails(), Mail: mail,
		Passkeys: passkeys, Keys: keys}
	return Render(c, status, views.User(p.Page(c, titled(user.Email, status)), view))
}

func (p *Pages) updateUser(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := userForm(form)
	_, err = p.accounts.UpdateUser(c.Request().Context(), actor(c), account.UserChange{User: c.Param("id"), Name: &f.Name, Role: &f.Role, Version: f.Version})
	if err == nil {
		return done(c, views.UserPath(c.Param("id")), views.UserSaved)
	}
	return p.refuseUser(c, f, err)
}

// refuseUser shows the form again, with the stored values beside the typed ones.
func (p *Pages) refuseUser(c echo.Context, f views.UserForm, refusal error) error {
	if !refused(refusal) {
		return refusal
	}
	user, err := p.userOf(c)
	if err != nil {
		return err
	}
	f.Errors = oncall.FieldErrors(refusal)
	if len(f.Errors) == 0 {
		f.Errors = views.Messages{{Field: oncall.FieldRole, Message: refusal.Error()}}
	}
	f.Version = user.Version
	return p.userPage(c, statusOf(refusal), user, f)
}

// switchUser disables a user or enables one again.
func (p *Pages) switchUser(disabled bool, notice views.Notice) echo.HandlerFunc {
	return func(c echo.Context) error {
		form, err := readForm(c)
		if err != nil {
			return err
		}
		_, err = p.accounts.UpdateUser(c.Request().Context(), actor(c),
			account.UserChange{User: c.Param("id"), Disabled: &disabled, DisableKeys: disabled && form.Get(views.DisableKeys) != ""})
		if err != nil {
			user, lookup := p.userOf(c)
			if lookup != nil {
				return err
			}
			return p.refuseUser(c, views.UserForm{Name: user.Name, Role: user.Role}, err)
		}
		return done(c, views.UserPath(c.Param("id")), notice)
	}
}

func (p *Pages) showDisableUser(c echo.Context) error { return p.confirmUser(c, views.DisablingUser) }

// confirmUser asks before a user is disabled or deleted, and offers to disable the user's
// access keys too.
func (p *Pages) confirmUser(c echo.Context, question func(oncall.User, []oncall.AccessKey) views.Confirmation) error {
	user, err := p.userOf(c)
	if err != nil {
		return err
	}
	keys, err := p.accounts.AccessKeysOf(c.Request().Context(), actor(c), user.ID)
	if err != nil {
		return err
	}
	return p.confirm(c, question(user, keys))
}

func (p *Pages) showDeleteUserPasskey(c echo.Context) error {
	user, err := p.userOf(c)
	if err != nil {
		return err
	}
	list, err := p.accounts.UserPasskeys(c.Request().Context(), actor(c), user.ID)
	if err != nil {
		return err
	}
	key, err := passkeyOf(list, c.Param("key"))
	if err != nil {
		return err
	}
	return p.confirm(c, views.DeletingUserPasskey(user, key, len(list) == 1))
}

func (p *Pages) deleteUserPasskey(c echo.Context) error {
	id, err := base64.RawURLEncoding.DecodeString(c.Param("key"))
	if err != nil {
		return echo.ErrNotFound
	}
	if _, err := p.userOf(c); err != nil {
		return err
	}
	if err := p.accounts.DeleteUserPasskey(c.Request().Context(), actor(c), c.Param("id"), id); err != nil && !gone(err) {
		return err
	}
	return done(c, views.UserPath(c.Param("id")), views.PasskeyDeleted)
}

func (p *Pages) resetUser(c echo.Context) error {
	token, err := p.accounts.ResetLink(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	user, err := p.userOf(c)
	if err != nil {
		return err
	}
	return p.linkPage(c, user, token)
}

// mailReset sends the user an email with a link.
func (p *Pages) mailReset(c echo.Context) error {
	if err := p.accounts.MailResetLink(c.Request().Context(), actor(c), c.Param("id")); err != nil {
		return err
	}
	return done(c, views.UserPath(c.Param("id")), views.ResetMailed)
}

func (p *Pages) showDeleteUser(c echo.Context) error { return p.confirmUser(c, views.DeletingUser) }

func (p *Pages) deleteUser(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	err = p.accounts.DeleteUser(c.Request().Context(), actor(c), account.UserDeletion{User: c.Param("id"), DisableKeys: form.Get(views.DisableKeys) != ""})
	switch {
	case oncall.KindOf(err) == oncall.Conflict:
		user, lookup := p.userOf(c)
		if lookup != nil {
			return err
		}
		return p.refuseUser(c, views.UserForm{Name: user.Name, Role: user.Role}, err)
	case err != nil && !gone(err):
		return err
	}
	return done(c, views.UsersPath, views.UserDeleted)
}
