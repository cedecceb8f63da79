package account

import (
	"context"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// NewSetUpLink returns the token of a link to create the first admin. It is valid for
// SetUpTTL and replaces an older one. If there already is a user, NewSetUpLink returns "".
func (a *Accounts) NewSetUpLink(ctx context.Context) (string, error) {
	token, now := oncall.NewToken(), a.Now()
	err := a.store.Update(ctx, func(q Queries) error {
		if err := requireNoUsers(q); err != nil {
			return err
		}
		return q.InsertLink(oncall.OneTimeLink{Key: oncall.TokenKey(token), Kind: oncall.ForSetUp, EndsAt: now.Add(SetUpTTL)})
	})
	switch {
	case oncall.ReasonOf(err) == oncall.SetUpDone:
		return "", nil
	case err != nil:
		return "", err
	}
	return token, nil
}

// requireNoUsers returns Conflict: SetUpDone if there is a user.
func requireNoUsers(q Queries) error {
	users, err := q.Users("", 1)
	if err == nil && len(users) > 0 {
		return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.SetUpDone, Message: "Callbook is set up already: sign in, or ask an admin for an invitation."}
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

// SetUp creates the first admin and returns the token of a session. It fails with NotFound:
// DeadLink, with Conflict: SetUpDone if there is a user, and with Invalid. After Invalid,
// the link can still be used.
func (a *Accounts) SetUp(ctx context.Context, by oncall.Actor, in FirstAdmin) (string, error) {
	if err := a.PermitOn(ctx, by, oncall.SetUp, ""); err != nil {
		return "", err
	}
	by.Door = oncall.Link
	if err := a.checkSetUpLink(ctx, in.Token); err != nil { // before the costly hash
		return "", err
	}
	u, fields := a.parseUser(NewUser{Email: in.Email, Name: in.Name, Role: oncall.Admin})
	fields = append(fields, a.checkPassword(in.Password, in.Email, in.Name)...)
	if len(fields) > 0 {
		return "", oncall.InvalidError(fields...)
	}
	hashed, err := a.hash(ctx, in.Password)
	if err != nil {
		return "", err
	}
	session, now := oncall.NewToken(), a.Now()
	u.HasPassword, u.SignedInAt = true, now
	err = a.store.Update(ctx, func(q Queries) error {
		if err := takeSetUpLink(q, oncall.TokenKey(in.Token), now); err != nil {
			return err
		}
		if err := a.insertUser(q, u, hashed, oncall.Request{}); err != nil {
			return err
		}
		if err := a.recordUser(q, u.Actor(by), oncall.SetUp, oncall.User{}, u); err != nil {
			return err
		}
		return a.startSession(q, u.ID, oncall.TokenKey(session), oncall.ByLink, now)
	})
	if err != nil {
		return "", err
	}
	return session, nil
}

func (a *Accounts) checkSetUpLink(ctx context.Context, token string) error {
	return a.store.View(ctx, func(q Queries) error {
		if err := requireNoUsers(q); err != nil {
			return err
		}
		_, err := q.Link(oncall.TokenKey(token), a.Now())
		return access.DeadIfMissing(err)
	})
}

// takeSetUpLink takes the link if there is no user yet. Without users, it cannot be a link
// of another kind.
func takeSetUpLink(q Queries, key []byte, now time.Time) error {
	if err := requireNoUsers(q); err != nil {
		return err
	}
	_, err := q.TakeLink(key, now)
	return access.DeadIfMissing(err)
}
