package handlers

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/internal/passkey"
	"callbook/views"
)

// passkeySite returns the site that passkeys are made for. It fails with NotFound where
// browsers offer none.
func (p *Pages) passkeySite() (*passkey.Site, error) {
	if p.passkeys == nil || p.passkeys.Usable() != nil {
		return nil, echo.ErrNotFound
	}
	return p.passkeys, nil
}

// passkeyHost returns the host on whose pages passkeys are offered, or "". Pages under
// other names of the site do not offer them.
func (p *Pages) passkeyHost() string {
	if _, err := p.passkeySite(); err != nil {
		return ""
	}
	_, host, _ := strings.Cut(p.origin, "://")
	return host
}

// passkeyTrouble returns why there are no passkeys at this address, or "".
func (p *Pages) passkeyTrouble() string {
	if p.passkeys == nil || p.passkeys.Usable() == nil {
		return ""
	}
	return p.passkeys.Usable().Error()
}

// passkeyUser converts a user for package passkey.
func passkeyUser(u oncall.User, own []oncall.Passkey) (passkey.User, error) {
	known := passkey.User{Handle: u.Handle, Name: u.Email, DisplayName: u.Name}
	if u.Name == "" {
		known.DisplayName = u.Email
	}
	for _, p := range own {
		var credential passkey.Credential
		if err := json.Unmarshal(p.Credential, &credential); err != nil {
			return known, oncall.Fault(err)
		}
		known.Credentials = append(known.Credentials, credential)
	}
	return known, nil
}

// ownPasskeys returns the user of the request with the user's passkeys.
func (p *Pages) ownPasskeys(c echo.Context) (passkey.User, error) {
	user, err := p.accounts.Account(c.Request().Context(), actor(c))
	if err != nil {
		return passkey.User{}, err
	}
	own, err := p.accounts.Passkeys(c.Request().Context(), actor(c))
	if err != nil {
		return passkey.User{}, err
	}
	return passkeyUser(user, own)
}

// offerNewPasskey answers the script of the page with the options for a new passkey.
func (p *Pages) offerNewPasskey(c echo.Context) error {
	site, err := p.passkeySite()
	if err != nil {
		return err
	}
	if err := p.accounts.RequireProof(c.Request().Context(), actor(c), sessionOf(c)); err != nil {
		return err
	}
	user, err := p.ownPasskeys(c)
	if err != nil {
		return err
	}
	options, begun, err := site.BeginRegistration(user)
	if err != nil {
		return err
	}
	if err := p.beginCeremony(c, account.PasskeyRegistration, begun); err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, options)
}

func (p *Pages) addPasskey(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	name := typed(form, "name")
	made, err := p.newPasskey(c, form.Get("response"))
	if err == nil {
		made.Name = name
		_, err = p.accounts.AddPasskey(c.Request().Context(), actor(c), sessionOf(c), made)
	}
	view := views.AccountView{PasskeyName: name, Errors: oncall.FieldErrors(err)}
	switch {
	case err == nil:
		return done(c, views.AccountPath, views.PasskeyAdded)
	case oncall.ReasonOf(err) == account.NotProved:
		return redirect(c, views.ConfirmPath)
	case !refused(err):
		return err
	case len(view.Errors) == 0:
		view.Errors = views.Messages{{Field: oncall.FieldPasskey, Message: messageOf(err)}}
	}
	return p.accountPage(c, statusOf(err), view)
}

// newPasskey returns the passkey that a device made, without a name. It fails with Invalid
// when the answer belongs to no registration under way.
func (p *Pages) newPasskey(c echo.Context, response string) (oncall.Passkey, error) {
	site, err := p.passkeySite()
	if err != nil {
		return oncall.Passkey{}, err
	}
	begun, err := p.takeCeremony(c, account.PasskeyRegistration)
	if oncall.KindOf(err) == oncall.NotFound {
		return oncall.Passkey{}, &oncall.Error{Kind: oncall.Invalid, Message: messageOf(err)}
	}
	if err != nil {
		return oncall.Passkey{}, err
	}
	user, err := p.ownPasskeys(c)
	if err != nil {
		return oncall.Passkey{}, err
	}
	made, err := site.FinishRegistration(user, begun, []byte(response))
	switch {
	case errors.Is(err, passkey.ErrCeremony):
		return oncall.Passkey{}, &oncall.Error{Kind: oncall.Invalid, Message: "This took too long: add the passkey again.", Cause: err}
	case errors.Is(err, passkey.ErrInvalid):
		p.logRefusal(c, "passkey not added", err)
		return oncall.Passkey{}, &oncall.Error{Kind: oncall.Invalid, Message: "Your device did not create a usable passkey: try another device.", Cause: err}
	case err != nil:
		return oncall.Passkey{}, err
	}
	credential, err := json.Marshal(made)
	return oncall.Passkey{ID: made.ID, Credential: credential}, err
}

// passkeyOf returns the passkey with the id of a path.
func passkeyOf(list []oncall.Passkey, id string) (oncall.Passkey, error) {
	at := slices.IndexFunc(list, func(k oncall.Passkey) bool { return views.PasskeyID(k) == id })
	if at < 0 {
		return oncall.Passkey{}, echo.ErrNotFound
	}
	return list[at], nil
}

func (p *Pages) showDeletePasskey(c echo.Context) error {
	own, err := p.accounts.Passkeys(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	key, err := passkeyOf(own, c.Param("id"))
	if err != nil {
		return err
	}
	user, err := p.accounts.Account(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	return p.confirm(c, views.DeletingPasskey(key, len(own) == 1, user.HasPassword))
}

func (p *Pages) deletePasskey(c echo.Context) error {
	id, err := base64.RawURLEncoding.DecodeString(c.Param("id"))
	if err != nil {
		return echo.ErrNotFound
	}
	if err := p.accounts.DeletePasskey(c.Request().Context(), actor(c), id); err != nil && !gone(err) {
		return err
	}
	return done(c, views.AccountPath, views.PasskeyDeleted)
}

// offerPasskeySignIn answers the script of the page with the challenge to sign.
func (p *Pages) offerPasskeySignIn(c echo.Context) error {
	site, err := p.passkeySite()
	if err != nil {
		return err
	}
	options, begun, err := site.BeginSignIn()
	if err != nil {
		return err
	}
	if err := p.beginCeremony(c, account.PasskeySignIn, begun); err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, options)
}

func (p *Pages) signInByPasskey(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := views.SignInForm{Back: localPath(form.Get("back")), Method: oncall.ByPasskey}
	user, err := p.provenUser(c, form.Get("response"))
	if err != nil {
		return p.refuseSignIn(c, f, err)
	}
	return p.startSessionFor(c, f, user)
}

// provenUser returns the user whose passkey signed the challenge. It fails with Denied:
// NoSignIn, which it records, and with NotFound when no sign-in began.
func (p *Pages) provenUser(c echo.Context, response string) (oncall.User, error) {
	var claimed []byte
	user, err := p.passkeyUserOf(c, response, &claimed)
	if oncall.ReasonOf(err) == oncall.NoSignIn {
		if err := p.accounts.RefuseSignIn(c.Request().Context(), actor(c), oncall.ByPasskey, claimed); err != nil {
			return oncall.User{}, err
		}
	}
	return user, err
}

// passkeyUserOf is provenUser without the record. It sets claimed to the id of the passkey
// that the response claims to be of, which proves nothing.
func (p *Pages) passkeyUserOf(c echo.Context, response string, claimed *[]byte) (oncall.User, error) {
	ctx := c.Request().Context()
	site, err := p.passkeySite()
	if err != nil {
		return oncall.User{}, err
	}
	begun, err := p.takeCeremony(c, account.PasskeySignIn)
	if err != nil {
		return oncall.User{}, err
	}
	var user oncall.User
	used, err := site.FinishSignIn(begun, []byte(response), func(handle, id []byte) (passkey.User, error) {
		*claimed = id
		found, own, err := p.accounts.PasskeyUser(ctx, id, handle)
		if err != nil {
			return passkey.User{}, err
		}
		user = found
		return passkeyUser(found, own)
	})
	switch {
	case errors.Is(err, passkey.ErrCeremony), errors.Is(err, passkey.ErrInvalid):
		return oncall.User{}, noSignIn("This did not sign you in: try again, use another passkey, or your password.", err)
	case err != nil:
		return oncall.User{}, err
	case used.CloneWarning:
		return oncall.User{}, noSignIn("This passkey was refused, for there may be a copy of it. Sign in another way, delete it under “Your account”, and add a new one.", errCopied)
	}
	credential, err := json.Marshal(used.Credential)
	if err != nil {
		return oncall.User{}, err
	}
	return user, p.accounts.UsePasskey(ctx, used.Credential.ID, credential)
}

var errCopied = errors.New("the device of a passkey counts fewer signatures than before: there may be a copy of it")
