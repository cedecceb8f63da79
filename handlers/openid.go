package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/internal/openid"
	"callbook/views"
)

// OpenID is the identity provider for sign-in. Without a Client there is none.
type OpenID struct {
	Client *openid.Client
	Roles  openid.Mapping // of the provider's groups
	Name   string         // shown after "Sign in with"
}

// providerTimeout bounds all requests to the provider, so that the page can still answer
// within its own timeout.
const providerTimeout = 20 * time.Second

// openIDCeremony is what a sign-in at the provider stores here.
type openIDCeremony struct {
	Begun openid.Ceremony `json:"begun"`
	Back  string          `json:"back"`
}

// startOpenID redirects to the provider. It is a GET, because the content security policy
// allows no form to lead there. It changes only the state of this browser.
func (p *Pages) startOpenID(c echo.Context) error {
	if p.openID.Client == nil {
		return echo.ErrNotFound
	}
	back := localPath(c.QueryParam("back"))
	if actor(c).Principal != "" {
		return c.Redirect(http.StatusSeeOther, back)
	}
	address, begun, err := p.openID.Client.Start(c.Request().Context())
	if err != nil {
		return p.refuseSignIn(c, views.SignInForm{Back: back, Method: oncall.ByOpenID}, err)
	}
	state, err := json.Marshal(openIDCeremony{Begun: begun, Back: back})
	if err != nil {
		return err
	}
	if err := p.beginCeremony(c, account.OpenIDSignIn, state); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, address)
}

// finishOpenID takes the redirect back from the provider.
func (p *Pages) finishOpenID(c echo.Context) error {
	if p.openID.Client == nil {
		return echo.ErrNotFound
	}
	f := views.SignInForm{Method: oncall.ByOpenID}
	data, err := p.takeCeremony(c, account.OpenIDSignIn)
	if err != nil {
		return p.refuseSignIn(c, f, err)
	}
	var ceremony openIDCeremony
	if err := json.Unmarshal(data, &ceremony); err != nil {
		return err
	}
	f.Back = localPath(ceremony.Back)
	ctx, cancel := context.WithTimeout(c.Request().Context(), providerTimeout)
	defer cancel()
	person, err := p.openID.Client.Finish(ctx, ceremony.Begun, c.QueryParams())
	if err != nil {
		if err := p.accounts.RefuseSignIn(c.Request().Context(), actor(c), oncall.ByOpenID, nil); err != nil {
			return err
		}
		return p.refuseSignIn(c, f, err)
	}
	user, err := p.accounts.ExternalUser(c.Request().Context(), actor(c), account.Identity{
		Issuer: person.Issuer, Subject: person.Subject, Email: person.Email, EmailVerified: person.EmailVerified, Name: person.Name,
		Role: oncall.Role(p.openID.Roles.Role(person.Groups)),
	})
	if err != nil {
		return p.refuseSignIn(c, f, err)
	}
	p.setUpDone() // the first user may have come this way
	return p.startSessionFor(c, f, user)
}

// providerFailures are the sentences for the failures of the provider.
var providerFailures = []struct {
	err    error
	status int
	text   string
}{
	{openid.ErrDenied, http.StatusForbidden, "You were not signed in: the sign-in service declined, or you did."},
	{openid.ErrState, http.StatusUnprocessableEntity, "This took too long, or was begun in another browser: begin again."},
	{openid.ErrInvalid, http.StatusUnprocessableEntity, "The answer of the sign-in service does not prove who you are: begin again."},
	{openid.ErrUnreachable, http.StatusServiceUnavailable, "The sign-in service does not answer: try again in a moment, or sign in another way."},
	{openid.ErrRefused, http.StatusBadGateway, "The sign-in service does not accept Callbook. Sign in another way, and tell your Callbook admin: the log says why."},
}

// refuseSignIn shows the sign-in page again with the refusal. Other errors are returned.
func (p *Pages) refuseSignIn(c echo.Context, f views.SignInForm, err error) error {
	for _, failure := range providerFailures {
		if errors.Is(err, failure.err) {
			p.logCause(c, f.Method, err)
			f.Refusal = failure.text
			return p.signInPage(c, failure.status, f)
		}
	}
	if _, ok := errors.AsType[*oncall.Error](err); !ok {
		return err
	}
	f.Refusal = messageOf(err)
	switch {
	case oncall.ReasonOf(err) == oncall.Stranger:
		return p.signInPage(c, http.StatusForbidden, f)
	case oncall.ReasonOf(err) == oncall.NoSignIn:
		p.logCause(c, f.Method, err)
		return p.signInPage(c, http.StatusUnprocessableEntity, f)
	case oncall.KindOf(err) == oncall.NotFound:
		return p.signInPage(c, http.StatusUnprocessableEntity, f)
	}
	return err
}

// logCause logs the cause of a refusal, if there is one.
func (p *Pages) logCause(c echo.Context, method oncall.SignInMethod, err error) {
	e, ok := errors.AsType[*oncall.Error](err)
	if !errors.Is(err, openid.ErrDenied) && (!ok || e.Cause != nil) {
		p.logRefusal(c, "sign-in by "+string(method)+" refused", err)
	}
}
