package oncall

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Credentials is the input of SignIn.
type Credentials struct {
	Email    string
	Password string
	Session  string // the token that the browser came with, which ends; may be empty
}

// noSignIn is the one answer for every sign-in that fails: a wrong password, no
// such account, one without a password, a disabled one.
func noSignIn() *Error {
	return &Error{Kind: Denied, Reason: NoSignIn, Message: "This did not sign you in: check the email address and the password."}
}

// notAnEmail stands in the trail for what was typed in the place of an email: it
// may be a password.
const notAnEmail = "-"

// accountName is what an email as typed is limited and found by, its canonical
// form or, where it has none, something that no user has; and how the trail
// shows it.
func accountName(email string) (name, shown string) {
	parsed, refusal := entry{channel: Email, text: email, typed: true}.parse()
	if refusal != nil {
		return "\x00" + strings.ToLower(cutTo(email, longestEmail)), notAnEmail
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
func (s *Service) SignIn(ctx context.Context, by Actor, in Credentials) (string, error) {
	if err := s.permit(ctx, by, SignIn, ""); err != nil {
		return "", err
	}
	name, shown := accountName(in.Email)
	limits := limitsOf(name, by.Client)
	hashed, err := s.beginSignIn(ctx, name, limits)
	if err != nil {
		return "", err
	}
	right, err := s.verify(ctx, hashed, in.Password)
	if err != nil {
		return "", err // and the try stays counted: whoever floods us gains nothing
	}
	token := ""
	err = s.update(ctx, func(q Queries) (err error) {
		token = ""
		u, err := usable(q, name, hashed)
		if errors.Is(err, ErrMissing) || err == nil && !right {
			return s.note(q, by, SignIn, Refused, s.scope.User(shown))
		}
		if err != nil {
			return err
		}
		if err := forgive(q, limits); err != nil {
			return err
		}
		token, err = s.enter(q, by, u, ByPassword, in.Session)
		return err
	})
	if err == nil && token == "" {
		err = noSignIn()
	}
	return token, err
}

// beginSignIn counts the try, before it is compared, and returns the hash to
// compare it with; "" when there is none. It fails with Limited.
func (s *Service) beginSignIn(ctx context.Context, name string, limits []limit) (hashed string, err error) {
	var wait time.Duration
	err = s.update(ctx, func(q Queries) (err error) {
		hashed = ""
		if wait, err = countTry(q, limits, s.Now()); err != nil || wait > 0 {
			return err
		}
		u, err := q.UserByEmail(name)
		if errors.Is(err, ErrMissing) {
			return nil
		}
		if err != nil {
			return err
		}
		hashed, err = q.Password(u.ID)
		return err
	})
	if err == nil && wait > 0 {
		err = tooSoon(wait)
	}
	return hashed, err
}

// usable returns the account when it can be used and its password is still the
// one that was compared; else ErrMissing.
func usable(q Queries, name, hashed string) (User, error) {
	u, err := q.UserByEmail(name)
	if err != nil {
		return User{}, err
	}
	now, err := q.Password(u.ID)
	if err == nil && (now != hashed || now == "" || !u.DisabledAt.IsZero()) {
		err = ErrMissing
	}
	return u, err
}

// enter starts a session for a user who has proved who it is, and ends the one
// that the browser came with: its token may be known to somebody who planted it.
func (s *Service) enter(q Queries, by Actor, u User, how Way, old string) (string, error) {
	token := newToken()
	if old != "" {
		if _, err := q.DeleteSession(keyOf(old)); err != nil {
			return "", err
		}
	}
	if err := s.startSession(q, u.ID, keyOf(token), how, s.Now()); err != nil {
		return "", err
	}
	return token, s.note(q, u.actor(by), SignIn, Done, s.scope.User(u.Email), AuditChange{Field: FieldWay, After: string(how)})
}

// RefuseSignIn puts on record that somebody was refused who had shown a user's
// passkey: the caller, who verifies it, saw why. It fails with NotFound.
func (s *Service) RefuseSignIn(ctx context.Context, by Actor, user string) error {
	if err := s.permit(ctx, by, SignIn, ""); err != nil {
		return err
	}
	return s.update(ctx, func(q Queries) error {
		u, err := s.user(q, user)
		if err != nil {
			return err
		}
		return s.note(q, u.actor(by), SignIn, Refused, s.scope.User(u.Email), AuditChange{Field: FieldWay, After: string(ByPasskey)})
	})
}

// SignInAs starts a session for a user whom the caller has verified by a passkey
// or a provider of identities, and returns its token; the one that the browser
// came with, old, ends. It fails with Denied: NoSignIn for a user who is not
// there or disabled.
func (s *Service) SignInAs(ctx context.Context, by Actor, user string, how Way, old string) (string, error) {
	if err := s.permit(ctx, by, SignIn, ""); err != nil {
		return "", err
	}
	token := ""
	err := s.update(ctx, func(q Queries) error {
		token = ""
		u, err := q.User(user)
		if errors.Is(err, ErrMissing) {
			return nil
		}
		if err != nil {
			return err
		}
		if !u.DisabledAt.IsZero() {
			return s.note(q, by, SignIn, Refused, s.scope.User(u.Email))
		}
		token, err = s.enter(q, by, u, how, old)
		return err
	})
	if err == nil && token == "" {
		err = noSignIn()
	}
	return token, err
}
