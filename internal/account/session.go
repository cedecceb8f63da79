package account

import (
	"context"
	"errors"
	"time"

	"callbook/internal/oncall"
)

// sessionTouchInterval is the shortest time between two recorded uses of a session.
const sessionTouchInterval = time.Minute

// purgeBatchSize is how many expired rows of each kind a sign-in deletes.
const purgeBatchSize = 100

// startSession stores a new session and deletes expired rows.
func (a *Accounts) startSession(q Queries, user string, key []byte, how oncall.SignInMethod, now time.Time) error {
	if err := a.Purge(q, now, purgeBatchSize); err != nil {
		return err
	}
	if err := q.SetSignedIn(user, now); err != nil {
		return err
	}
	return q.InsertSession(oncall.Session{Key: key, User: user, Method: how, CreatedAt: now, SeenAt: now,
		EndsAt:   now.Add(oncall.SessionIdleTTL),
		ProvedAt: now})
}

// Session returns the signed-in actor and the session of a token. The actor has the user's
// current role. Touch extends the idle limit. Set it for a person's request, but not for
// polling. Session fails with Denied: Unknown if the session has ended or never existed, or
// the user is disabled.
func (a *Accounts) Session(ctx context.Context, token string, touch bool) (oncall.Actor, oncall.Session, error) {
	now := a.Now()
	var session oncall.Session
	var u oncall.User
	err := a.store.View(ctx, func(q Queries) (err error) {
		session, u, err = q.Session(oncall.TokenKey(token), now)
		return err
	})
	if errors.Is(err, oncall.ErrMissing) {
		return oncall.Actor{}, oncall.Session{}, signedOut()
	}
	if err != nil {
		return oncall.Actor{}, oncall.Session{}, err
	}
	if touch && oncall.Elapsed(session.SeenAt, now) >= sessionTouchInterval {
		session.SeenAt, session.EndsAt = now, session.EndsIfUsed(now)
		// Ignore the error: a full disk must not keep people from reading contacts.
		_ = a.store.Update(ctx, func(q Queries) error { return q.TouchSession(session.Key, session.SeenAt, session.EndsAt) })
	}
	return u.Actor(oncall.Actor{Door: oncall.Browser}), session, nil
}

func signedOut() *oncall.Error {
	return &oncall.Error{Kind: oncall.Denied, Reason: oncall.Unknown, Message: "You are not signed in any more: sign in and try again."}
}

// SignOut ends the session of this token. It ignores a session that has ended already.
func (a *Accounts) SignOut(ctx context.Context, by oncall.Actor, token string) error {
	if err := a.PermitOn(ctx, by, oncall.SignOut, ""); err != nil {
		return err
	}
	return a.store.Update(ctx, func(q Queries) error {
		ok, err := q.DeleteSession(oncall.TokenKey(token))
		if err != nil || !ok {
			return err
		}
		return a.RecordIfPossible(q, by, oncall.SignOut, oncall.Done, a.Scope().User(by.Name))
	})
}

// SignOutEverywhere ends every session of the actor, including the current one, deletes the
// actor's links and forgets the actor's devices. It fails with Denied and NotFound.
func (a *Accounts) SignOutEverywhere(ctx context.Context, by oncall.Actor) error {
	if err := a.PermitOn(ctx, by, oncall.UseAccount, ""); err != nil {
		return err
	}
	return a.store.Update(ctx, func(q Queries) error {
		u, err := a.own(q, by)
		if err != nil {
			return err
		}
		if err := q.DeleteSessions(u.ID, nil); err != nil {
			return err
		}
		if err := errors.Join(q.DeleteLinks(u.ID), q.DeleteDevices(u.ID, nil)); err != nil {
			return err
		}
		return a.RecordIfPossible(q, by, oncall.SignOut, oncall.Done, a.Scope().User(u.Email))
	})
}
