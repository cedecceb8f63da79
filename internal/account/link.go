package account

import (
	"context"
	"errors"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// The lifetimes of links.
const (
	SetUpTTL      = time.Hour
	InvitationTTL = 7 * 24 * time.Hour
	ResetTTL      = 24 * time.Hour
)

// LinkDetail is the data that the page of a link shows.
type LinkDetail struct {
	Kind   oncall.LinkKind
	User   oncall.User // zero for setting up
	EndsAt time.Time
}

// LinkOf returns the kind, user and end of a link. It changes nothing. It fails with
// NotFound: DeadLink.
func (a *Accounts) LinkOf(ctx context.Context, token string) (LinkDetail, error) {
	var d LinkDetail
	err := a.store.View(ctx, func(q Queries) error {
		l, err := q.Link(oncall.TokenKey(token), a.Now())
		if err != nil {
			return err
		}
		d, err = linkDetail(q, l)
		return err
	})
	if err != nil {
		return LinkDetail{}, access.DeadIfMissing(err)
	}
	return d, nil
}

// linkDetail returns ErrMissing for a link that cannot be used any more.
func linkDetail(q Queries, l oncall.OneTimeLink) (LinkDetail, error) {
	d := LinkDetail{Kind: l.Kind, EndsAt: l.EndsAt}
	var err error
	if l.Kind == oncall.ForSetUp {
		err = requireNoUsers(q)
		if oncall.ReasonOf(err) == oncall.SetUpDone {
			err = oncall.ErrMissing
		}
		return d, err
	}
	d.User, err = q.User(l.User)
	if err == nil && !d.User.DisabledAt.IsZero() {
		err = oncall.ErrMissing
	}
	return d, err
}

// ResetLink returns the token of a link by which a user sets a new password. It is valid for
// ResetTTL and replaces the user's older links. It fails with Denied, NotFound and
// Conflict: Disabled.
func (a *Accounts) ResetLink(ctx context.Context, by oncall.Actor, user string) (string, error) {
	return a.resetLink(ctx, by, user, false)
}

// resetLink is ResetLink. If mail is set, it sends the link and returns "".
func (a *Accounts) resetLink(ctx context.Context, by oncall.Actor, user string, mail bool) (token string, err error) {
	if err := a.PermitOn(ctx, by, oncall.UpdateUser, ""); err != nil {
		return "", err
	}
	if mail && !a.mails {
		return "", &oncall.Error{Kind: oncall.Conflict, Reason: oncall.NoMail, Message: "No email can be sent: make a link and hand it over."}
	}
	err = a.store.Update(ctx, func(q Queries) error {
		u, err := a.user(q, user)
		if err != nil {
			return err
		}
		if !u.DisabledAt.IsZero() {
			return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.Disabled, Message: "This user is disabled: a link would lead nowhere. First enable the user."}
		}
		newToken, l, m := a.linkFor(by, u, oncall.ForReset, mail, ResetTTL)
		if err := a.insertLink(q, l, m); err != nil {
			return err
		}
		token = newToken
		return a.Record(q, by, oncall.UpdateUser, a.Scope().User(u.Email), oncall.AuditChange{Field: oncall.FieldPassword, After: "may be reset by a link"})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// RedeemLink sets the password of the user of an invitation or reset link, ends all of the
// user's sessions, forgets the user's devices, and returns the token of a new session. A reset also removes the user's
// passkeys. It fails with NotFound: DeadLink, and with Invalid. After Invalid, the link can
// still be used.
func (a *Accounts) RedeemLink(ctx context.Context, by oncall.Actor, token, password string) (string, error) {
	if err := a.PermitOn(ctx, by, oncall.RedeemLink, ""); err != nil {
		return "", err
	}
	by.Door = oncall.Link
	d, err := a.LinkOf(ctx, token) // before the costly hash
	if err != nil {
		return "", err
	}
	if d.Kind == oncall.ForSetUp {
		return "", access.DeadLink()
	}
	if fields := a.checkPassword(password, d.User.Email, d.User.Name); len(fields) > 0 {
		return "", oncall.InvalidError(fields...)
	}
	hashed, err := a.hash(ctx, password)
	if err != nil {
		return "", err
	}
	session, now := oncall.NewToken(), a.Now()
	err = a.store.Update(ctx, func(q Queries) error {
		return access.DeadIfMissing(a.redeem(q, by, oncall.TokenKey(token), hashed, oncall.TokenKey(session), now))
	})
	if err != nil {
		return "", err
	}
	return session, nil
}

// redeem is RedeemLink inside its transaction.
func (a *Accounts) redeem(q Queries, by oncall.Actor, link []byte, hashed string, session []byte, now time.Time) error {
	l, err := q.TakeLink(link, now)
	if err != nil {
		return err
	}
	d, err := linkDetail(q, l)
	if err != nil {
		return err
	}
	if err := q.SetPassword(l.User, hashed, now); err != nil {
		return err
	}
	if err := q.DeleteSessions(l.User, nil); err != nil {
		return err
	}
	if l.Kind == oncall.ForReset { // an intruder may have added one
		if err := deletePasskeys(q, l.User); err != nil {
			return err
		}
	}
	if err := errors.Join(q.DeleteDevices(l.User, nil), access.ForgiveAccount(q, d.User.Canonical, l.User)); err != nil {
		return err
	}
	if err := a.Record(q, d.User.Actor(by), oncall.RedeemLink, a.Scope().User(d.User.Email), passwordSet); err != nil {
		return err
	}
	return a.startSession(q, d.User.ID, session, oncall.ByLink, now)
}
