package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// Credentials is the input of SignIn.
type Credentials struct {
	Email    string
	Password string
	Session  string // the token that the browser came with, which ends; may be empty
}

// noSignIn is the one answer for every sign-in that fails: a wrong password, no
// such account, one without a password, a disabled one.
func noSignIn() *oncall.Error {
	return &oncall.Error{Kind: oncall.Denied, Reason: oncall.NoSignIn, Message: "This did not sign you in: check the email address and the password."}
}

// notAnEmail stands in the trail for what was typed in the place of an email: it
// may be a password.
const notAnEmail = "-"

// accountName is what an email as typed is limited and found by, its canonical
// form or, where it has none, something that no user has; and how the trail
// shows it.
func accountName(email string) (name, shown string) {
	parsed, refusal := oncall.AddressInput{Type: oncall.Email, Text: email, Typed: true}.Parse()
	if refusal != nil {
		return "\x00" + strings.ToLower(cutTo(email, oncall.MaxEmailLen)), notAnEmail
	}
	return parsed.Canonical, parsed.Given
}

// cutTo cuts a text to a number of bytes, without leaving half a character.
func cutTo(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// SignIn compares a password and returns the token of a new session; the one
// that the browser came with ends. It fails with Denied: NoSignIn, which does
// not say why, and takes as long for an account that does not exist. After 5
// failures of an account or 20 of a network address it fails with Limited, and
// RetryAfter says how long to wait.
func (a *Accounts) SignIn(ctx context.Context, by oncall.Actor, in Credentials) (string, error) {
	if err := a.PermitOn(ctx, by, oncall.SignIn, ""); err != nil {
		return "", err
	}
	name, shown := accountName(in.Email)
	limits := access.SignInLimits(name, by.Client)
	hashed, err := a.beginSignIn(ctx, name, limits)
	if err != nil {
		return "", err
	}
	right, err := a.verify(ctx, hashed, in.Password)
	if err != nil {
		return "", err // and the try stays counted: whoever floods us gains nothing
	}
	token := ""
	err = a.store.Update(ctx, func(q Queries) (err error) {
		token = ""
		u, err := usable(q, name, hashed)
		if errors.Is(err, oncall.ErrMissing) || err == nil && !right {
			return a.RecordIfPossible(q, by, oncall.SignIn, oncall.Refused, a.Scope().User(shown))
		}
		if err != nil {
			return err
		}
		if err := access.Forgive(q, limits); err != nil {
			return err
		}
		token, err = a.enter(q, by, u, oncall.ByPassword, in.Session)
		return err
	})
	if err == nil && token == "" {
		err = noSignIn()
	}
	return token, err
}

// beginSignIn counts the try, before it is compared, and returns the hash to
// compare it with; "" when there is none. It fails with Limited.
func (a *Accounts) beginSignIn(ctx context.Context, name string, limits []access.Limit) (hashed string, err error) {
	var wait time.Duration
	err = a.store.Update(ctx, func(q Queries) (err error) {
		hashed = ""
		if wait, err = access.CountTry(q, limits, a.Now()); err != nil || wait > 0 {
			return err
		}
		u, err := q.UserByEmail(name)
		if errors.Is(err, oncall.ErrMissing) {
			return nil
		}
		if err != nil {
			return err
		}
		hashed, err = q.Password(u.ID)
		return err
	})
	if err == nil && wait > 0 {
		err = access.TooManyFailures(wait)
	}
	return hashed, err
}

// usable returns the account when it can be used and its password is still the
// one that was compared; else ErrMissing.
func usable(q Queries, name, hashed string) (oncall.User, error) {
	u, err := q.UserByEmail(name)
	if err != nil {
		return oncall.User{}, err
	}
	now, err := q.Password(u.ID)
	if err == nil && (now != hashed || now == "" || !u.DisabledAt.IsZero()) {
		err = oncall.ErrMissing
	}
	return u, err
}

// enter starts a session for a user who has proved who it is, and ends the one
// that the browser came with: its token may be known to somebody who planted it.
func (a *Accounts) enter(q Queries, by oncall.Actor, u oncall.User, how oncall.SignInMethod, old string) (string, error) {
	token := oncall.NewToken()
	if old != "" {
		if _, err := q.DeleteSession(oncall.TokenKey(old)); err != nil {
			return "", err
		}
	}
	if err := a.startSession(q, u.ID, oncall.TokenKey(token), how, a.Now()); err != nil {
		return "", err
	}
	return token, a.RecordIfPossible(q, u.Actor(by), oncall.SignIn, oncall.Done, a.Scope().User(u.Email), oncall.AuditChange{Field: oncall.FieldSignInMethod, After: string(how)})
}

// RefuseSignIn puts on record that somebody was refused who had shown a user's
// passkey: the caller, who verifies it, saw why. It fails with NotFound.
func (a *Accounts) RefuseSignIn(ctx context.Context, by oncall.Actor, user string) error {
	if err := a.PermitOn(ctx, by, oncall.SignIn, ""); err != nil {
		return err
	}
	return a.store.Update(ctx, func(q Queries) error {
		u, err := a.user(q, user)
		if err != nil {
			return err
		}
		return a.RecordIfPossible(q, u.Actor(by), oncall.SignIn, oncall.Refused, a.Scope().User(u.Email), oncall.AuditChange{Field: oncall.FieldSignInMethod, After: string(oncall.ByPasskey)})
	})
}

// SignInAs starts a session for a user whom the caller has verified by a passkey
// or a provider of identities, and returns its token; the one that the browser
// came with, old, ends. It fails with Denied: NoSignIn for a user who is not
// there or disabled.
func (a *Accounts) SignInAs(ctx context.Context, by oncall.Actor, user string, how oncall.SignInMethod, old string) (string, error) {
	if err := a.PermitOn(ctx, by, oncall.SignIn, ""); err != nil {
		return "", err
	}
	token := ""
	err := a.store.Update(ctx, func(q Queries) error {
		token = ""
		u, err := q.User(user)
		if errors.Is(err, oncall.ErrMissing) {
			return nil
		}
		if err != nil {
			return err
		}
		if !u.DisabledAt.IsZero() {
			return a.RecordIfPossible(q, by, oncall.SignIn, oncall.Refused, a.Scope().User(u.Email))
		}
		token, err = a.enter(q, by, u, how, old)
		return err
	})
	if err == nil && token == "" {
		err = noSignIn()
	}
	return token, err
}
