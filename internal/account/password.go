package account

import (
	"context"
	"errors"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// Passwords hashes, verifies and checks passwords. Hashing is slow and never happens inside
// a transaction. An overloaded implementation returns Busy, which callers pass on.
type Passwords interface {
	// Hash returns the hash of a password, to be stored.
	Hash(ctx context.Context, text string) (string, error)
	// Verify reports whether the text is the password that was hashed.
	Verify(ctx context.Context, hashed, text string) (bool, error)
	// VerifyDummy takes as long as Verify, but compares with no password.
	VerifyDummy(ctx context.Context, text string) error
	// Check returns nil for a strong password, otherwise an error whose text tells the
	// user what to do. Words in about, such as the user's name, do not make a password
	// stronger.
	Check(text string, about ...string) error
}

// noPasswords stands in for a nil Options.Passwords.
type noPasswords struct{}

var errNoPasswords = errors.New("account: there are no Options.Passwords")

func (noPasswords) Hash(context.Context, string) (string, error) { return "", errNoPasswords }

func (noPasswords) Verify(context.Context, string, string) (bool, error) {
	return false, errNoPasswords
}

func (noPasswords) VerifyDummy(context.Context, string) error { return errNoPasswords }

func (noPasswords) Check(string, ...string) error { return errNoPasswords }

// Busy returns the Limited error of a Passwords that has too many waiting calls.
func Busy(cause error) *oncall.Error {
	return &oncall.Error{Kind: oncall.Limited, RetryAfter: 5 * time.Second, Cause: cause,
		Message: "Too many people are signing in right now: try again in a few seconds."}
}

// Weak is the reason of an Invalid for a password that is too easy to guess.
const Weak oncall.Reason = "weak"

// product does not make a password stronger either.
const product = "Callbook"

// checkPassword returns the rules that a new password of this user breaks.
func (a *Accounts) checkPassword(text, email, name string) []oncall.FieldError {
	if text == "" {
		return []oncall.FieldError{{Field: oncall.FieldPassword, Reason: oncall.Required, Message: "Choose a password."}}
	}
	if err := a.passwords.Check(text, email, name, product); err != nil {
		return []oncall.FieldError{{Field: oncall.FieldPassword, Reason: Weak, Message: err.Error()}}
	}
	return nil
}

// hash hashes a new password and classifies the error.
func (a *Accounts) hash(ctx context.Context, text string) (string, error) {
	hashed, err := a.passwords.Hash(ctx, text)
	return hashed, access.Classify(err)
}

// verify compares a password with a hash, or with a dummy if there is no hash.
func (a *Accounts) verify(ctx context.Context, hashed, text string) (bool, error) {
	if hashed == "" {
		return false, access.Classify(a.passwords.VerifyDummy(ctx, text))
	}
	ok, err := a.passwords.Verify(ctx, hashed, text)
	return ok, access.Classify(err)
}

// PasswordChange is the input of ChangePassword.
type PasswordChange struct {
	Current string
	New     string
	Session string // the token of the current session, which does not end
	Device  string // the token of RememberDevice that the browser has; it stays known
}

// Wrong is the reason of an Invalid for a wrong current password.
const Wrong oncall.Reason = "wrong"

// ChangePassword changes the actor's own password, ends the actor's other sessions and forgets
// the other devices. It fails with Denied, Invalid, Limited and Conflict: Stale. A wrong current
// password is Invalid: Wrong. It counts against the user's own limit, which nobody can use up
// without a session of the user.
func (a *Accounts) ChangePassword(ctx context.Context, by oncall.Actor, in PasswordChange) error {
	if err := a.PermitOn(ctx, by, oncall.UseAccount, ""); err != nil {
		return err
	}
	u, hashed, attempt, err := a.ownPassword(ctx, by)
	if err != nil {
		return err
	}
	right, err := a.verify(ctx, hashed, in.Current)
	if err != nil {
		return errors.Join(err, a.undo(ctx, attempt))
	}
	if !right {
		return a.wrongPassword(ctx, by)
	}
	fields := a.checkPassword(in.New, u.Email, u.Name)
	next := ""
	if len(fields) == 0 {
		if next, err = a.hash(ctx, in.New); err != nil {
			return err
		}
	}
	now := a.Now()
	err = a.store.Update(ctx, func(q Queries) error {
		if err := attempt.Succeed(q); err != nil || next == "" {
			return err
		}
		return a.replacePassword(q, by, u, hashed, next, in, now)
	})
	if err == nil && len(fields) > 0 {
		err = oncall.InvalidError(fields...)
	}
	return err
}

// replacePassword stores a new hash, unless the stored one has changed in the meantime.
func (a *Accounts) replacePassword(q Queries, by oncall.Actor, u oncall.User, before, next string, in PasswordChange, now time.Time) error {
	stored, err := q.Password(u.ID)
	switch {
	case err != nil:
		return err
	case stored != before: // changed while the new one was hashed
		return access.Stale("password")
	}
	if err := q.SetPassword(u.ID, next, now); err != nil {
		return err
	}
	if err := q.DeleteSessions(u.ID, oncall.TokenKey(in.Session)); err != nil {
		return err
	}
	if err := errors.Join(q.DeleteLinks(u.ID), q.DeleteDevices(u.ID, oncall.TokenKey(in.Device))); err != nil {
		return err
	}
	return a.Record(q, by, oncall.UseAccount, a.Scope().User(u.Email), passwordSet)
}

// passwordSet is the audit change of a new password. It must not reveal the password.
var passwordSet = oncall.AuditChange{Field: oncall.FieldPassword, After: "set"}

// ownPassword counts an attempt and returns the actor's user, the hash of the password and
// the attempt. It fails with Limited.
func (a *Accounts) ownPassword(ctx context.Context, by oncall.Actor) (u oncall.User, hashed string, attempt access.Attempt, err error) {
	var wait time.Duration
	err = a.store.Update(ctx, func(q Queries) (err error) {
		if u, err = a.own(q, by); err != nil {
			return err
		}
		if attempt, wait, err = access.Try(q, access.CurrentPasswordLimits(u.ID), a.Now()); err != nil || wait > 0 {
			return err
		}
		hashed, err = q.Password(u.ID)
		return err
	})
	if err == nil && wait > 0 {
		err = access.TooManyFailures(wait)
	}
	return u, hashed, attempt, err
}

// wrongPassword records that the current password was wrong and returns the Invalid error.
func (a *Accounts) wrongPassword(ctx context.Context, by oncall.Actor) error {
	if err := a.refuseProof(ctx, by); err != nil {
		return err
	}
	return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldCurrent, Reason: Wrong, Message: "This is not your current password: type it again."})
}
