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
	Session  string // the token of the browser's previous session, which ends; may be empty
}

// noSignIn returns the error of every failed sign-in. It must not reveal whether the account
// is missing, disabled or without a password, or the password was wrong.
func noSignIn() *oncall.Error {
	return &oncall.Error{Kind: oncall.Denied, Reason: oncall.NoSignIn, Message: "This did not sign you in: check the email address and the password."}
}

// notAnEmail replaces a malformed email in the audit trail, which may be a password typed
// into the wrong field.
const notAnEmail = "-"

// accountName returns the name by which a typed email is limited and looked up, and its form
// in the audit trail. A malformed email has a name that no user has.
func accountName(email string) (name, shown string) {
	parsed, refusal := oncall.AddressInput{Type: oncall.Email, Text: email, Typed: true}.Parse()
	if refusal != nil {
		return "\x00" + strings.ToLower(cutTo(email, oncall.MaxEmailLen)), notAnEmail
	}
	return parsed.Canonical, parsed.Given
}

// cutTo cuts a text to a number of bytes, without splitting a character.
func cutTo(text string, size int) string {
	return strings.ToValidUTF8(text[:min(len(text), size)], "")
}

// SignIn verifies a password, ends the browser's previous session and returns the token of a
// new one. It fails with Denied: NoSignIn, which does not reveal the reason, and takes as
// long for an account that does not exist. After 5 failures of an account or 20 of a network
// address it fails with Limited until RetryAfter has passed.
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
		return "", err // the attempt stays counted, so that overloading the server is no way around the limits
	}
	token := ""
	err = a.store.Update(ctx, func(q Queries) (err error) {
		token = ""
		u, err := accountForSignIn(q, name, hashed)
		if errors.Is(err, oncall.ErrMissing) || err == nil && !right {
			return a.RecordIfPossible(q, by, oncall.SignIn, oncall.Refused, a.Scope().User(shown))
		}
		if err != nil {
			return err
		}
		if err := access.Forgive(q, limits); err != nil {
			return err
		}
		token, err = a.startSessionFor(q, by, u, oncall.ByPassword, in.Session)
		return err
	})
	if err == nil && token == "" {
		err = noSignIn()
	}
	return token, err
}

// beginSignIn counts the attempt before the password is verified, and returns the stored
// hash, or "" if there is none. It fails with Limited.
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

// accountForSignIn returns an enabled user whose password is still the verified one,
// otherwise ErrMissing.
func accountForSignIn(q Queries, name, hashed string) (oncall.User, error) {
	u, err := q.UserByEmail(name)
	if err != nil {
		return oncall.User{}, err
	}
	stored, err := q.Password(u.ID)
	if err == nil && (stored != hashed || stored == "" || !u.DisabledAt.IsZero()) {
		err = oncall.ErrMissing
	}
	return u, err
}

// startSessionFor starts a session for a verified user and ends the browser's previous one:
// an attacker may have planted its token.
func (a *Accounts) startSessionFor(q Queries, by oncall.Actor, u oncall.User, how oncall.SignInMethod, old string) (string, error) {
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

// RefuseSignIn records a refused sign-in with a user's passkey. The caller verifies passkeys.
// It fails with NotFound.
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

// SignInAs starts a session for a user whom the caller has verified by a passkey or a
// provider of identities, and returns its token. It ends the browser's previous session, old.
// It fails with Denied: NoSignIn if the user is missing or disabled.
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
		token, err = a.startSessionFor(q, by, u, how, old)
		return err
	})
	if err == nil && token == "" {
		err = noSignIn()
	}
	return token, err
}
