package account

import (
	"context"
	"errors"
	"time"

	"callbook/internal/oncall"
)

// sessionTouchInterval is how often the use of a session is written down.
const sessionTouchInterval = time.Minute

// purgeBatchSize is how many dead rows of each kind a sign-in removes.
const purgeBatchSize = 100

// startSession stores a new session and removes dead ones.
func (a *Accounts) startSession(q Queries, user string, key []byte, how oncall.SignInMethod, now time.Time) error {
	if err := a.Purge(q, now, purgeBatchSize); err != nil {
		return err
	}
	if err := q.SetSignedIn(user, now); err != nil {
		return err
	}
	return q.InsertSession(oncall.Session{Key: key, User: user, Method: how, CreatedAt: now, SeenAt: now, EndsAt: now.Add(oncall.SessionIdleTTL)})
}

// Session returns who is signed in by this token, as the user is stored now: a
// change of role counts at once. touch says that a person used it, which puts
// the idle limit off; polling does not. It fails with Denied: Unknown when the
// session has ended or never was, or the user is disabled.
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
		// A session that cannot be extended is one all the same: a full disk
		// must not hide whom to call.
		_ = a.store.Update(ctx, func(q Queries) error { return q.TouchSession(session.Key, session.SeenAt, session.EndsAt) })
	}
	return u.Actor(oncall.Actor{Door: oncall.Browser}), session, nil
}

func signedOut() *oncall.Error {
	return &oncall.Error{Kind: oncall.Denied, Reason: oncall.Unknown, Message: "You are not signed in, or no longer: sign in and try again."}
}

// SignOut ends the session of this token. One that has ended already is no
// error.
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

// SignOutEverywhere ends every session of the actor, the one at hand included.
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
		if err := q.DeleteLinks(u.ID); err != nil {
			return err
		}
		return a.RecordIfPossible(q, by, oncall.SignOut, oncall.Done, a.Scope().User(u.Email))
	})
}
