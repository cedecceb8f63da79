package account

import (
	"context"
	"errors"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// Passwords hashes and judges passwords. Hashing takes long and is never done
// inside a transaction. An implementation that is too busy to begin returns
// Busy, which a caller gets as it is.
type Passwords interface {
	// Hash returns what a password is stored as.
	Hash(ctx context.Context, text string) (string, error)
	// Verify reports whether the text is the password that was hashed.
	Verify(ctx context.Context, hashed, text string) (bool, error)
	// VerifyDummy takes as long as Verify, and finds nothing.
	VerifyDummy(ctx context.Context, text string) error
	// Check returns nil for a good password, else a sentence that says what to
	// do. about is what is known of the person: a good password is good without.
	Check(text string, about ...string) error
}

// noPasswords is a Service's that was made without.
type noPasswords struct{}

var errNoPasswords = errors.New("account: there are no Options.Passwords")

func (noPasswords) Hash(context.Context, string) (string, error) { return "", errNoPasswords }

func (noPasswords) Verify(context.Context, string, string) (bool, error) {
	return false, errNoPasswords
}

func (noPasswords) VerifyDummy(context.Context, string) error { return errNoPasswords }

func (noPasswords) Check(string, ...string) error { return errNoPasswords }

// Busy returns the Limited error of a Passwords that does not begin because too
// many are waiting already.
func Busy(cause error) *oncall.Error {
	return &oncall.Error{Kind: oncall.Limited, RetryAfter: 5 * time.Second, Cause: cause,
		Message: "Too many people are signing in at this moment: try again in a few seconds."}
}

// Weak is the reason for which a password is refused that is too easy to guess.
const Weak oncall.Reason = "weak"

// product is no part of a good password either.
const product = "Callbook"

// checkPassword returns what is refused in a new password of this user.
func (a *Accounts) checkPassword(text, email, name string) []oncall.FieldError {
	if text == "" {
		return []oncall.FieldError{{Field: oncall.FieldPassword, Reason: oncall.Required, Message: "Choose a password."}}
	}
	if err := a.passwords.Check(text, email, name, product); err != nil {
		return []oncall.FieldError{{Field: oncall.FieldPassword, Reason: Weak, Message: err.Error()}}
	}
	return nil
}

// hash hashes a new password.
func (a *Accounts) hash(ctx context.Context, text string) (string, error) {
	hashed, err := a.passwords.Hash(ctx, text)
	return hashed, access.Classify(err)
}

// verify compares a password with a hash, or with a dummy when there is none.
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
	Session string // the token of the session that stays; the user's others end
}

// Wrong is the reason for which a current password is refused.
const Wrong oncall.Reason = "wrong"

// ChangePassword changes the actor's own password and ends the actor's other
// sessions. A wrong current password is Invalid and counts as a failed sign-in
// does, so that this is no way around the limits. It fails with Limited too.
func (a *Accounts) ChangePassword(ctx context.Context, by oncall.Actor, in PasswordChange) error {
	if err := a.PermitOn(ctx, by, oncall.UseAccount, ""); err != nil {
		return err
	}
	u, hashed, limits, err := a.ownPassword(ctx, by)
	if err != nil {
		return err
	}
	right, err := a.verify(ctx, hashed, in.Current)
	if err != nil {
		return err
	}
	if !right {
		return a.wrongPassword(ctx, by, u)
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
		if err := access.Forgive(q, limits); err != nil || next == "" {
			return err
		}
		return a.replacePassword(q, by, u, hashed, next, in.Session, now)
	})
	if err == nil && len(fields) > 0 {
		err = oncall.InvalidError(fields...)
	}
	return err
}

// replacePassword stores a new hash in the place of the one that was compared.
func (a *Accounts) replacePassword(q Queries, by oncall.Actor, u oncall.User, before, next, session string, now time.Time) error {
	stored, err := q.Password(u.ID)
	switch {
	case err != nil:
		return err
	case stored != before: // somebody else changed it while this one was hashed
		return access.Stale("password")
	}
	if err := q.SetPassword(u.ID, next, now); err != nil {
		return err
	}
	if err := q.DeleteSessions(u.ID, oncall.TokenKey(session)); err != nil {
		return err
	}
	if err := q.DeleteLinks(u.ID); err != nil {
		return err
	}
	return a.Record(q, by, oncall.UseAccount, a.Scope().User(u.Email), passwordSet)
}

// passwordSet is what the trail tells of a password.
var passwordSet = oncall.AuditChange{Field: oncall.FieldPassword, After: "set"}

// ownPassword counts a try and returns the actor's user and the hash of the
// password.
func (a *Accounts) ownPassword(ctx context.Context, by oncall.Actor) (u oncall.User, hashed string, limits []access.Limit, err error) {
	var wait time.Duration
	err = a.store.Update(ctx, func(q Queries) (err error) {
		if u, err = a.own(q, by); err != nil {
			return err
		}
		limits = access.SignInLimits(u.Canonical, by.Client)
		if wait, err = access.CountTry(q, limits, a.Now()); err != nil || wait > 0 {
			return err
		}
		hashed, err = q.Password(u.ID)
		return err
	})
	if err == nil && wait > 0 {
		err = access.TooManyFailures(wait)
	}
	return u, hashed, limits, err
}

// wrongPassword records that the current password was wrong and says so.
func (a *Accounts) wrongPassword(ctx context.Context, by oncall.Actor, u oncall.User) error {
	err := a.store.Update(ctx, func(q Queries) error {
		return a.RecordIfPossible(q, by, oncall.UseAccount, oncall.Refused, a.Scope().User(u.Email))
	})
	if err != nil {
		return err
	}
	return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldCurrent, Reason: Wrong, Message: "This is not your current password: type it again."})
}
