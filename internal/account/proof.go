package account

import (
	"context"
	"errors"
	"time"

	"callbook/internal/oncall"
)

// NotProved is the reason of a Denied for what needs more than an open session: the person
// at the browser has to prove again to be the user.
const NotProved oncall.Reason = "not_proved"

func notProved() *oncall.Error {
	return &oncall.Error{Kind: oncall.Denied, Reason: NotProved, Message: "You signed in a while ago: confirm that it is you, then try again."}
}

// RequireProof fails with Denied: NotProved unless the actor has signed in to this session, or
// has proved again to be the user, within oncall.ProofTTL. It fails with Denied: Unknown if the
// session has ended or is another user's, and with Denied.
func (a *Accounts) RequireProof(ctx context.Context, by oncall.Actor, session string) error {
	if err := a.PermitOn(ctx, by, oncall.UseAccount, ""); err != nil {
		return err
	}
	return a.store.View(ctx, func(q Queries) error { return requireProof(q, by, session, a.Now(), oncall.ProofTTL) })
}

func requireProof(q Queries, by oncall.Actor, session string, now time.Time, within time.Duration) error {
	s, u, err := q.Session(oncall.TokenKey(session), now)
	switch {
	case errors.Is(err, oncall.ErrMissing), err == nil && u.ID != by.Principal:
		return signedOut()
	case err != nil:
		return err
	case !s.IsProved(now, within):
		return notProved()
	}
	return nil
}

// ProveByPassword records in the session that the actor has proved to be the user, by the
// current password. It fails with Denied, with Invalid: Wrong, and with Limited.
func (a *Accounts) ProveByPassword(ctx context.Context, by oncall.Actor, session, password string) error {
	if err := a.PermitOn(ctx, by, oncall.UseAccount, ""); err != nil {
		return err
	}
	u, hashed, attempt, err := a.ownPassword(ctx, by)
	if err != nil {
		return err
	}
	right, err := a.verify(ctx, hashed, password)
	if err != nil {
		return errors.Join(err, a.undo(ctx, attempt))
	}
	if !right {
		return a.wrongPassword(ctx, by)
	}
	now := a.Now()
	return a.store.Update(ctx, func(q Queries) error {
		stored, err := q.Password(u.ID)
		if err != nil {
			return err
		}
		if stored != hashed { // changed while this one was compared
			return notProved()
		}
		if err := attempt.Succeed(q); err != nil {
			return err
		}
		return a.prove(q, by, session, oncall.ByPassword, now)
	})
}

// ProveByPasskey records in the session that the actor has proved to be the user, by a
// passkey that the caller has verified as one of this user. It fails with Denied, also if the
// passkey is another user's.
func (a *Accounts) ProveByPasskey(ctx context.Context, by oncall.Actor, session, user string) error {
	if err := a.PermitOn(ctx, by, oncall.UseAccount, ""); err != nil {
		return err
	}
	if user != by.Principal {
		if err := a.refuseProof(ctx, by, signInMethod(oncall.ByPasskey)); err != nil {
			return err
		}
		return &oncall.Error{Kind: oncall.Denied, Reason: NotProved, Message: "This is the passkey of another user: use one of yours."}
	}
	now := a.Now()
	return a.store.Update(ctx, func(q Queries) error { return a.prove(q, by, session, oncall.ByPasskey, now) })
}

// refuseProof records that somebody in a session of the actor has failed to prove to be the
// user.
func (a *Accounts) refuseProof(ctx context.Context, by oncall.Actor, changes ...oncall.AuditChange) error {
	return a.store.Update(ctx, func(q Queries) error {
		return a.RecordIfPossible(q, by, oncall.UseAccount, oncall.Refused, a.Scope().User(by.Name), changes...)
	})
}

// prove writes the time of a proof and records it.
func (a *Accounts) prove(q Queries, by oncall.Actor, session string, how oncall.SignInMethod, now time.Time) error {
	key := oncall.TokenKey(session)
	_, u, err := q.Session(key, now)
	if errors.Is(err, oncall.ErrMissing) || err == nil && u.ID != by.Principal {
		return signedOut()
	}
	if err != nil {
		return err
	}
	if err := q.ProveSession(key, now); err != nil {
		return err
	}
	return a.RecordIfPossible(q, by, oncall.SignIn, oncall.Done, a.Scope().User(u.Email), oncall.AuditChange{Field: oncall.FieldSignInMethod, After: string(how) + ", again"})
}
