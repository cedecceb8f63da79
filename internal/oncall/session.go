package oncall

import (
	"context"
	"errors"
	"time"
)

// How long a session lasts without being used, and at most.
const (
	SessionIdle    = 12 * time.Hour
	SessionLongest = 7 * 24 * time.Hour
)

// sessionSeenEach is how often the use of a session is written down.
const sessionSeenEach = time.Minute

// Way is how somebody signed in.
type Way string

// The ways.
const (
	ByPassword Way = "password"
	ByPasskey  Way = "passkey"
	ByOpenID   Way = "openid"
	ByLink     Way = "link" // set-up, invitation or reset
)

// Session is one browser that is signed in.
type Session struct {
	Key       []byte // of the token in its cookie
	User      string // the id
	How       Way
	CreatedAt time.Time
	SeenAt    time.Time
	EndsAt    time.Time // by the idle or the absolute limit, whichever comes first
}

// swept is how many dead rows of each kind a sign-in removes.
const swept = 100

// startSession stores a new session and removes dead ones.
func (s *Service) startSession(q Queries, user string, key []byte, how Way, now time.Time) error {
	if err := s.purge(q, now, swept); err != nil {
		return err
	}
	if err := q.SetSignedIn(user, now); err != nil {
		return err
	}
	return q.InsertSession(Session{Key: key, User: user, How: how, CreatedAt: now, SeenAt: now, EndsAt: now.Add(SessionIdle)})
}

// seen returns when a session ends that is used now.
func (s Session) seen(now time.Time) time.Time {
	end := s.CreatedAt.Add(SessionLongest)
	if idle := now.Add(SessionIdle); idle.Before(end) {
		return idle
	}
	return end
}

// Session returns who is signed in by this token, as the user is stored now: a
// change of role counts at once. touch says that a person used it, which puts
// the idle limit off; polling does not. It fails with Denied: Unknown when the
// session has ended or never was, or the user is disabled.
func (s *Service) Session(ctx context.Context, token string, touch bool) (Actor, Session, error) {
	now := s.Now()
	var session Session
	var u User
	err := s.view(ctx, func(q Queries) (err error) {
		session, u, err = q.Session(keyOf(token), now)
		return err
	})
	if errors.Is(err, ErrMissing) {
		return Actor{}, Session{}, signedOut()
	}
	if err != nil {
		return Actor{}, Session{}, err
	}
	if touch && Elapsed(session.SeenAt, now) >= sessionSeenEach {
		session.SeenAt, session.EndsAt = now, session.seen(now)
		// A session that cannot be extended is one all the same: a full disk
		// must not hide whom to call.
		_ = s.update(ctx, func(q Queries) error { return q.SeeSession(session.Key, session.SeenAt, session.EndsAt) })
	}
	return u.actor(Actor{Door: Browser}), session, nil
}

func signedOut() *Error {
	return &Error{Kind: Denied, Reason: Unknown, Message: "You are not signed in, or no longer: sign in and try again."}
}

// SignOut ends the session of this token. One that has ended already is no
// error.
func (s *Service) SignOut(ctx context.Context, by Actor, token string) error {
	if err := s.permit(ctx, by, SignOut, ""); err != nil {
		return err
	}
	return s.update(ctx, func(q Queries) error {
		ok, err := q.DeleteSession(keyOf(token))
		if err != nil || !ok {
			return err
		}
		return s.note(q, by, SignOut, Done, s.scope.User(by.Name))
	})
}

// SignOutEverywhere ends every session of the actor, the one at hand included.
func (s *Service) SignOutEverywhere(ctx context.Context, by Actor) error {
	if err := s.permit(ctx, by, UseAccount, ""); err != nil {
		return err
	}
	return s.update(ctx, func(q Queries) error {
		u, err := s.own(q, by)
		if err != nil {
			return err
		}
		if err := q.DeleteSessions(u.ID, nil); err != nil {
			return err
		}
		if err := q.DeleteLinks(u.ID); err != nil {
			return err
		}
		return s.note(q, by, SignOut, Done, s.scope.User(u.Email))
	})
}
