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
	Device   string // the token of RememberDevice that the browser has; may be empty
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
// address it fails with Limited until RetryAfter has passed. A known device has a limit of its
// own, and the first try from a network is not delayed by others: see access.SignInLimits.
func (a *Accounts) SignIn(ctx context.Context, by oncall.Actor, in Credentials) (string, error) {
	if err := a.PermitOn(ctx, by, oncall.SignIn, ""); err != nil {
		return "", err
	}
	name, shown := accountName(in.Email)
	hashed, attempt, err := a.beginSignIn(ctx, by, name, in.Device)
	if err != nil {
		return "", err
	}
	right, err := a.verify(ctx, hashed, in.Password)
	if err != nil {
		return "", errors.Join(err, a.undo(ctx, attempt))
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
		if err := attempt.Succeed(q); err != nil {
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
func (a *Accounts) beginSignIn(ctx context.Context, by oncall.Actor, name, device string) (hashed string, attempt access.Attempt, err error) {
	var wait time.Duration
	now := a.Now()
	err = a.store.Update(ctx, func(q Queries) (err error) {
		hashed = ""
		u, err := q.UserByEmail(name)
		if access.IgnoreMissing(err) != nil {
			return err
		}
		known, err := knownDevice(q, device, u.ID, now)
		if err != nil {
			return err
		}
		attempt, wait, err = access.Try(q, access.SignInLimits(name, by.Client, known), now)
		if err != nil || wait > 0 || u.ID == "" {
			return err
		}
		hashed, err = q.Password(u.ID)
		return err
	})
	if err == nil && wait > 0 {
		err = access.TooManyFailures(wait)
	}
	return hashed, attempt, err
}

// undo takes an attempt back whose password was not compared, because too many were being
// compared or the person went away. Such an attempt tells nothing about the password.
func (a *Accounts) undo(ctx context.Context, attempt access.Attempt) error {
	return a.store.Update(context.WithoutCancel(ctx), func(q Queries) error { return attempt.Undo(q) })
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
	return token, a.RecordIfPossible(q, u.Actor(by), oncall.SignIn, oncall.Done, a.Scope().User(u.Email), signInMethod(how))
}

// freeRefusalsPerClient is how many refused sign-ins by a passkey or a provider of identities
// are recorded for one network address without a pause. Anybody can cause them.
const freeRefusalsPerClient = 20

// RefuseSignIn records a refused sign-in by a passkey or a provider of identities. The caller
// verifies both. The passkey is the id that a device has claimed; nil if it claimed none. The
// entry names its user, if there is one. RefuseSignIn records nothing if too many sign-ins
// from the client's network were refused shortly before.
func (a *Accounts) RefuseSignIn(ctx context.Context, by oncall.Actor, how oncall.SignInMethod, passkey []byte) error {
	if err := a.PermitOn(ctx, by, oncall.SignIn, ""); err != nil {
		return err
	}
	return a.recordRefusedSignIn(ctx, by, how, func(q Queries) (oncall.ARN, error) {
		u, err := q.UserByPasskey(passkey)
		if err != nil {
			return "", access.IgnoreMissing(err)
		}
		return a.Scope().User(u.Email), nil
	})
}

// recordRefusedSignIn is RefuseSignIn of the user whose ARN is returned by of, or "".
func (a *Accounts) recordRefusedSignIn(ctx context.Context, by oncall.Actor, how oncall.SignInMethod, of func(Queries) (oncall.ARN, error)) error {
	limits := []access.Limit{access.LimitOn("refused sign-in", access.Network(by.Client), freeRefusalsPerClient)}
	return a.store.Update(ctx, func(q Queries) error {
		wait, err := access.CountTry(q, limits, a.Now())
		if err != nil || wait > 0 {
			return err
		}
		resource, err := of(q)
		if err != nil {
			return err
		}
		return a.RecordIfPossible(q, by, oncall.SignIn, oncall.Refused, resource, signInMethod(how))
	})
}

// signInMethod is the audit change that says how somebody signed in, or tried to.
func signInMethod(how oncall.SignInMethod) oncall.AuditChange {
	return oncall.AuditChange{Field: oncall.FieldSignInMethod, After: string(how)}
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
			return a.RecordIfPossible(q, by, oncall.SignIn, oncall.Refused, a.Scope().User(u.Email), signInMethod(how))
		}
		token, err = a.startSessionFor(q, by, u, how, old)
		return err
	})
	if err == nil && token == "" {
		err = noSignIn()
	}
	return token, err
}
