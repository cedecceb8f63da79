package oncall

import (
	"context"
	"errors"
	"time"
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

var errNoPasswords = errors.New("oncall: a Service without Options.Passwords has none")

func (noPasswords) Hash(context.Context, string) (string, error) { return "", errNoPasswords }
func (noPasswords) Verify(context.Context, string, string) (bool, error) {
	return false, errNoPasswords
}
func (noPasswords) VerifyDummy(context.Context, string) error { return errNoPasswords }
func (noPasswords) Check(string, ...string) error             { return errNoPasswords }

// Busy returns the Limited error of a Passwords that does not begin because too
// many are waiting already.
func Busy(cause error) *Error {
	return &Error{Kind: Limited, RetryAfter: 5 * time.Second, Cause: cause,
		Message: "Too many people are signing in at this moment: try again in a few seconds."}
}

// Weak is the reason for which a password is refused that is too easy to guess.
const Weak Reason = "weak"

// product is no part of a good password either.
const product = "Callbook"

// checkPassword returns what is refused in a new password of this user.
func (s *Service) checkPassword(text, email, name string) []FieldError {
	if text == "" {
		return []FieldError{{Field: FieldPassword, Reason: Required, Message: "Choose a password."}}
	}
	if err := s.passwords.Check(text, email, name, product); err != nil {
		return []FieldError{{Field: FieldPassword, Reason: Weak, Message: err.Error()}}
	}
	return nil
}

// hash hashes a new password.
func (s *Service) hash(ctx context.Context, text string) (string, error) {
	hashed, err := s.passwords.Hash(ctx, text)
	return hashed, classify(err)
}

// verify compares a password with a hash, or with a dummy when there is none.
func (s *Service) verify(ctx context.Context, hashed, text string) (bool, error) {
	if hashed == "" {
		return false, classify(s.passwords.VerifyDummy(ctx, text))
	}
	ok, err := s.passwords.Verify(ctx, hashed, text)
	return ok, classify(err)
}

// PasswordChange is the input of ChangePassword.
type PasswordChange struct {
	Current string
	New     string
	Session string // the token of the session that stays; the user's others end
}

// Wrong is the reason for which a current password is refused.
const Wrong Reason = "wrong"

// ChangePassword changes the actor's own password and ends the actor's other
// sessions. A wrong current password is Invalid and counts as a failed sign-in
// does, so that this is no way around the limits. It fails with Limited too.
func (s *Service) ChangePassword(ctx context.Context, by Actor, in PasswordChange) error {
	if err := s.permit(ctx, by, UseAccount, ""); err != nil {
		return err
	}
	u, hashed, limits, err := s.ownPassword(ctx, by)
	if err != nil {
		return err
	}
	right, err := s.verify(ctx, hashed, in.Current)
	if err != nil {
		return err
	}
	if !right {
		return s.wrongPassword(ctx, by, u)
	}
	fields := s.checkPassword(in.New, u.Email, u.Name)
	next := ""
	if len(fields) == 0 {
		if next, err = s.hash(ctx, in.New); err != nil {
			return err
		}
	}
	now := s.Now()
	err = s.update(ctx, func(q Queries) error {
		if err := forgive(q, limits); err != nil || next == "" {
			return err
		}
		return s.replacePassword(q, by, u, hashed, next, in.Session, now)
	})
	if err == nil && len(fields) > 0 {
		err = invalid(fields...)
	}
	return err
}

// replacePassword stores a new hash in the place of the one that was compared.
func (s *Service) replacePassword(q Queries, by Actor, u User, was, next, session string, now time.Time) error {
	stored, err := q.Password(u.ID)
	switch {
	case err != nil:
		return err
	case stored != was: // somebody else changed it while this one was hashed
		return stale("password")
	}
	if err := q.SetPassword(u.ID, next, now); err != nil {
		return err
	}
	if err := q.DeleteSessions(u.ID, keyOf(session)); err != nil {
		return err
	}
	if err := q.DeleteLinks(u.ID); err != nil {
		return err
	}
	return s.record(q, by, UseAccount, s.scope.User(u.Email), passwordSet)
}

// passwordSet is what the trail tells of a password.
var passwordSet = AuditChange{Field: FieldPassword, After: "set"}

// ownPassword counts a try and returns the actor's user and the hash of the
// password.
func (s *Service) ownPassword(ctx context.Context, by Actor) (u User, hashed string, limits []limit, err error) {
	var wait time.Duration
	err = s.update(ctx, func(q Queries) (err error) {
		if u, err = s.own(q, by); err != nil {
			return err
		}
		limits = limitsOf(u.Canonical, by.Client)
		if wait, err = countTry(q, limits, s.Now()); err != nil || wait > 0 {
			return err
		}
		hashed, err = q.Password(u.ID)
		return err
	})
	if err == nil && wait > 0 {
		err = tooSoon(wait)
	}
	return u, hashed, limits, err
}

// wrongPassword records that the current password was wrong and says so.
func (s *Service) wrongPassword(ctx context.Context, by Actor, u User) error {
	err := s.update(ctx, func(q Queries) error {
		return s.note(q, by, UseAccount, Refused, s.scope.User(u.Email))
	})
	if err != nil {
		return err
	}
	return invalid(FieldError{Field: FieldCurrent, Reason: Wrong, Message: "This is not your current password: type it again."})
}
