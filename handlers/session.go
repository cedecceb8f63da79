package handlers

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/views"
)

// sessionCookie holds the token of a session. Its name makes browsers insist
// that it is Secure, for this host alone and for every path.
const sessionCookie = "__Host-callbook-session"

// deviceCookie holds the token by which a browser that has signed in to an account is known
// again. It signs nobody in.
const deviceCookie = "__Host-callbook-device"

// actorKey is the key of the actor in the context of a request.
const actorKey = "actor"

// Enter finds the actor of a request by its session, before anything else is decided. In a
// demonstration it is the visitor. An ended session has no actor.
func (p *Pages) Enter(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		by := p.demo
		if token := sessionOf(c); token != "" && !p.isDemo() {
			who, _, err := p.accounts.Session(c.Request().Context(), token, !Polling(c))
			switch {
			case err == nil:
				by = who
			case oncall.KindOf(err) != oncall.Denied:
				return err
			}
		}
		by.Door, by.Request, by.Client = oncall.Browser, c.Response().Header().Get(echo.HeaderXRequestID), c.RealIP()
		c.Set(actorKey, by)
		return next(c)
	}
}

// Polling reports whether a page asks by itself, which does not extend a session.
func Polling(c echo.Context) bool { return strings.HasSuffix(c.Path(), "/state") }

// Require refuses actors whose role does not cover an operation.
func (p *Pages) Require(op oncall.Operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := p.access.Permit(c.Request().Context(), actor(c), op); err != nil {
				return err
			}
			return next(c)
		}
	}
}

// actor returns the actor of a request. It has no Principal without a session.
func actor(c echo.Context) oncall.Actor {
	by, _ := c.Get(actorKey).(oncall.Actor)
	return by
}

func (p *Pages) isDemo() bool { return p.demo.Principal != "" }

// sessionOf returns the token of the session that the browser came with, or "".
func sessionOf(c echo.Context) string { return cookieOf(c, sessionCookie) }

// deviceOf returns the token of the device that the browser came with, or "".
func deviceOf(c echo.Context) string { return cookieOf(c, deviceCookie) }

func cookieOf(c echo.Context, name string) string {
	cookie, err := c.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// startSession sets the session cookie and redirects. The cookie ends with the browser, the
// session by its own limits. The browser is known from then on. A failure to remember it
// does not keep the session from starting.
func (p *Pages) startSession(c echo.Context, token, path string) error {
	setSession(c, token, 0)
	if device, err := p.accounts.RememberDevice(c.Request().Context(), token, deviceOf(c)); err == nil {
		setSecret(c, deviceCookie, device, int(oncall.DeviceTTL/time.Second))
	}
	return c.Redirect(http.StatusSeeOther, path)
}

// endPreviousSession ends the session that the browser came with. A failure does not keep
// the new one from starting.
func (p *Pages) endPreviousSession(c echo.Context) {
	if old := sessionOf(c); old != "" {
		_ = p.accounts.SignOut(c.Request().Context(), actor(c), old)
	}
}

func endSession(c echo.Context) { setSession(c, "", -1) }

func setSession(c echo.Context, token string, seconds int) {
	setSecret(c, sessionCookie, token, seconds)
}

// setSecret sets a cookie that only this site gets, over TLS or on this machine.
func setSecret(c echo.Context, name, value string, seconds int) {
	c.SetCookie(&http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
}

func (p *Pages) showSignIn(c echo.Context) error {
	back := localPath(c.QueryParam("back"))
	if actor(c).Principal != "" {
		return c.Redirect(http.StatusSeeOther, back)
	}
	return p.signInPage(c, http.StatusOK, views.SignInForm{Back: back})
}

func (p *Pages) signInPage(c echo.Context, status int, f views.SignInForm) error {
	page := p.Page(c, titled("Sign in", status))
	page.Here = views.SignInPathFor(f.Back) // not the path of a form, or a query with the provider's answer
	f.PasskeyHost, f.Provider, f.Mails = p.passkeyHost(), "", p.accounts.Mails()
	if p.openID.Client != nil {
		f.Provider = p.openID.Name
	}
	return Render(c, status, views.SignIn(page, f))
}

// startSessionFor starts a session for a user who signed in by a passkey or at the identity
// provider.
func (p *Pages) startSessionFor(c echo.Context, f views.SignInForm, user oncall.User) error {
	token, err := p.accounts.SignInAs(c.Request().Context(), actor(c), user.ID, f.Method, sessionOf(c))
	if oncall.ReasonOf(err) == oncall.NoSignIn {
		err = noSignIn("Your account is disabled: ask an admin.", nil)
	}
	if err != nil {
		return p.refuseSignIn(c, f, err)
	}
	return p.startSession(c, token, f.Back)
}

func noSignIn(message string, cause error) error {
	return &oncall.Error{Kind: oncall.Denied, Reason: oncall.NoSignIn, Message: message, Cause: cause}
}

func (p *Pages) signIn(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := views.SignInForm{Email: typed(form, "email"), Back: localPath(form.Get("back"))}
	token, err := p.accounts.SignIn(c.Request().Context(), actor(c),
		account.Credentials{Email: f.Email, Password: form.Get("password"), Session: sessionOf(c), Device: deviceOf(c)})
	switch {
	case err == nil:
		return p.startSession(c, token, f.Back)
	case oncall.KindOf(err) == oncall.Limited:
		f.Refusal = err.Error()
		retryAfter(c, err)
		return p.signInPage(c, http.StatusTooManyRequests, f)
	case oncall.ReasonOf(err) == oncall.NoSignIn:
		f.Refusal = err.Error()
		return p.signInPage(c, http.StatusUnprocessableEntity, f)
	}
	return err
}

func (p *Pages) signOut(c echo.Context) error {
	if err := p.accounts.SignOut(c.Request().Context(), actor(c), sessionOf(c)); err != nil {
		return err
	}
	endSession(c)
	return done(c, views.SignInPath, views.SignedOut)
}

func (p *Pages) showSetUp(c echo.Context) error {
	d, err := p.accounts.LinkOf(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	if d.Kind != oncall.ForSetUp {
		return echo.ErrNotFound
	}
	return p.setUpPage(c, http.StatusOK, views.PasswordForm{Path: c.Request().URL.Path})
}

func (p *Pages) setUpPage(c echo.Context, status int, f views.PasswordForm) error {
	return Render(c, status, views.SetUp(p.Page(c, titled("Set up Callbook", status)), f))
}

func (p *Pages) setUp(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := views.PasswordForm{Path: c.Request().URL.Path, Email: typed(form, "email"), Name: typed(form, "name")}
	token, err := p.accounts.SetUp(c.Request().Context(), actor(c),
		account.FirstAdmin{Token: c.Param("token"), Email: f.Email, Name: f.Name, Password: form.Get("password")})
	switch {
	case err == nil:
		p.setUpDone()
		p.endPreviousSession(c)
		setNotice(c, views.SetUpDone)
		return p.startSession(c, token, views.ContactsPath)
	case oncall.KindOf(err) == oncall.Invalid:
		f.Errors = oncall.FieldErrors(err)
		return p.setUpPage(c, statusOf(err), f)
	}
	return err
}

// showJoin shows the page of an invitation or a reset link.
func (p *Pages) showJoin(c echo.Context) error { return p.joinPage(c, http.StatusOK, nil) }

func (p *Pages) joinPage(c echo.Context, status int, errors views.Messages) error {
	d, err := p.accounts.LinkOf(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	if d.Kind == oncall.ForSetUp {
		return echo.ErrNotFound
	}
	f := views.PasswordForm{Path: c.Request().URL.Path, Email: d.User.Email, Name: d.User.Name, Invited: d.Kind == oncall.ForInvitation, Errors: errors}
	return Render(c, status, views.Join(p.Page(c, titled("Choose a password", status)), f))
}

func (p *Pages) join(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	token, err := p.accounts.RedeemLink(c.Request().Context(), actor(c), c.Param("token"), form.Get("password"))
	switch {
	case err == nil:
		p.endPreviousSession(c)
		setNotice(c, views.PasswordSet)
		return p.startSession(c, token, views.ContactsPath)
	case oncall.KindOf(err) == oncall.Invalid:
		return p.joinPage(c, statusOf(err), oncall.FieldErrors(err))
	}
	return err
}
