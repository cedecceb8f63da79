package oncall

import (
	"context"
	"errors"
	"time"
)

// NewSetUpLink returns the token of a link, valid SetUpKeep, by which the first
// admin is made; the older one is dead. Once there is a user it returns "" and
// no error: there is nothing to set up.
func (s *Service) NewSetUpLink(ctx context.Context) (string, error) {
	token, now := newToken(), s.Now()
	err := s.update(ctx, func(q Queries) error {
		if err := nobodyYet(q); err != nil {
			return err
		}
		return q.InsertLink(OneTimeLink{Key: keyOf(token), Kind: ForSetUp, EndsAt: now.Add(SetUpKeep)})
	})
	switch {
	case ReasonOf(err) == SetUpDone:
		return "", nil
	case err != nil:
		return "", err
	}
	return token, nil
}

// nobodyYet refuses to set up where there is a user.
func nobodyYet(q Queries) error {
	users, err := q.Users("", 1)
	if err == nil && len(users) > 0 {
		return &Error{Kind: Conflict, Reason: SetUpDone, Message: "Callbook is set up already: sign in, or ask an admin for an invitation."}
	}
	return err
}

// FirstAdmin is the input of SetUp.
type FirstAdmin struct {
	Token    string // of the link
	Email    string
	Name     string // may be empty
	Password string
}

// SetUp makes the first admin and returns the token of a session. The link is
// good once, and still when the input was Invalid. It fails with NotFound for a
// link that is not good and with Conflict: SetUpDone, which the same transaction
// decides.
func (s *Service) SetUp(ctx context.Context, by Actor, in FirstAdmin) (string, error) {
	if err := s.permit(ctx, by, SetUp, ""); err != nil {
		return "", err
	}
	by.Door = Link
	if err := s.checkSetUpLink(ctx, in.Token); err != nil { // before the costly hash
		return "", err
	}
	u, fields := s.parseUser(NewUser{Email: in.Email, Name: in.Name, Role: Admin})
	fields = append(fields, s.checkPassword(in.Password, in.Email, in.Name)...)
	if len(fields) > 0 {
		return "", invalid(fields...)
	}
	hashed, err := s.hash(ctx, in.Password)
	if err != nil {
		return "", err
	}
	session, now := newToken(), s.Now()
	u.HasPassword, u.SignedInAt = true, now
	err = s.update(ctx, func(q Queries) error {
		if err := takeSetUpLink(q, keyOf(in.Token), now); err != nil {
			return err
		}
		if err := s.insertUser(q, u, hashed, Request{}); err != nil {
			return err
		}
		if err := s.recordUser(q, u.actor(by), SetUp, User{}, u); err != nil {
			return err
		}
		return s.startSession(q, u.ID, keyOf(session), ByLink, now)
	})
	if err != nil {
		return "", err
	}
	return session, nil
}

func (s *Service) checkSetUpLink(ctx context.Context, token string) error {
	return s.view(ctx, func(q Queries) error {
		if err := nobodyYet(q); err != nil {
			return err
		}
		_, err := q.Link(keyOf(token), s.Now())
		return deadIfMissing(err)
	})
}

// takeSetUpLink takes the link while there is nobody yet. Every other kind of
// link is somebody's.
func takeSetUpLink(q Queries, key []byte, now time.Time) error {
	if err := nobodyYet(q); err != nil {
		return err
	}
	_, err := q.TakeLink(key, now)
	return deadIfMissing(err)
}

func deadIfMissing(err error) error {
	if errors.Is(err, ErrMissing) {
		return deadLink()
	}
	return err
}
