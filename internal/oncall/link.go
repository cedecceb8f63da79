package oncall

import (
	"context"
	"time"
)

// LinkKind says what a link is for.
type LinkKind string

// What links are for.
const (
	ForSetUp      LinkKind = "set_up"     // make the first admin
	ForInvitation LinkKind = "invitation" // set the first password
	ForReset      LinkKind = "reset"      // set another password
)

// DeadLink is the reason of a NotFound for a link.
const DeadLink Reason = "dead_link"

// How long links are good for.
const (
	SetUpKeep      = time.Hour
	InvitationKeep = 7 * 24 * time.Hour
	ResetKeep      = 24 * time.Hour
)

// OneTimeLink is a link as it is stored. It is good once, and only the newest of
// a user.
type OneTimeLink struct {
	Key    []byte // of its token
	Kind   LinkKind
	User   string // the id; empty for setting up
	EndsAt time.Time
}

// LinkDetail is what the page behind a link shows.
type LinkDetail struct {
	Kind   LinkKind
	User   User // the zero User for setting up
	EndsAt time.Time
}

// deadLink is the one answer for every link that is not good: one that was used,
// replaced, has ended or never was.
func deadLink() *Error {
	return &Error{Kind: NotFound, Reason: DeadLink, Message: "This link is no longer good: ask for a new one."}
}

// LinkOf returns what a link is for and whom. It changes nothing. It fails with
// NotFound.
func (s *Service) LinkOf(ctx context.Context, token string) (LinkDetail, error) {
	var d LinkDetail
	err := s.view(ctx, func(q Queries) error {
		l, err := q.Link(keyOf(token), s.Now())
		if err != nil {
			return err
		}
		d, err = linkDetail(q, l)
		return err
	})
	if err != nil {
		return LinkDetail{}, deadIfMissing(err)
	}
	return d, nil
}

// linkDetail returns ErrMissing for a link that would lead nowhere.
func linkDetail(q Queries, l OneTimeLink) (LinkDetail, error) {
	d := LinkDetail{Kind: l.Kind, EndsAt: l.EndsAt}
	var err error
	if l.Kind == ForSetUp {
		err = nobodyYet(q)
		if ReasonOf(err) == SetUpDone {
			err = ErrMissing
		}
		return d, err
	}
	d.User, err = q.User(l.User)
	if err == nil && !d.User.DisabledAt.IsZero() {
		err = ErrMissing
	}
	return d, err
}

// ResetLink returns the token of a link, valid ResetKeep, by which a user sets
// another password. The user's older links are dead. It fails with NotFound and
// with Conflict: Disabled.
func (s *Service) ResetLink(ctx context.Context, by Actor, user string) (string, error) {
	return s.resetLink(ctx, by, user, false)
}

// resetLink is ResetLink; a link that is mailed is in nobody's hands.
func (s *Service) resetLink(ctx context.Context, by Actor, user string, mail bool) (token string, err error) {
	if err := s.permit(ctx, by, UpdateUser, ""); err != nil {
		return "", err
	}
	if mail && !s.mails {
		return "", &Error{Kind: Conflict, Reason: NoMail, Message: "No email can be sent: make a link and hand it over."}
	}
	err = s.update(ctx, func(q Queries) error {
		u, err := s.user(q, user)
		if err != nil {
			return err
		}
		if !u.DisabledAt.IsZero() {
			return &Error{Kind: Conflict, Reason: Disabled, Message: "This user is disabled: a link would lead nowhere. First enable the user."}
		}
		made, l, m := s.linkFor(by, u, ForReset, mail, ResetKeep)
		if err := s.insertLink(q, l, m); err != nil {
			return err
		}
		token = made
		return s.record(q, by, UpdateUser, s.scope.User(u.Email), AuditChange{Field: FieldPassword, After: "may be reset by a link"})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// RedeemLink sets the password of whom an invitation or a reset link was made
// for, ends all of the user's sessions, after a reset removes the passkeys too, and returns the token of a new one. It
// fails with NotFound and Invalid; the link is good still when it was Invalid.
func (s *Service) RedeemLink(ctx context.Context, by Actor, token, password string) (string, error) {
	if err := s.permit(ctx, by, RedeemLink, ""); err != nil {
		return "", err
	}
	by.Door = Link
	d, err := s.LinkOf(ctx, token) // before the costly hash
	if err != nil {
		return "", err
	}
	if d.Kind == ForSetUp {
		return "", deadLink()
	}
	if fields := s.checkPassword(password, d.User.Email, d.User.Name); len(fields) > 0 {
		return "", invalid(fields...)
	}
	hashed, err := s.hash(ctx, password)
	if err != nil {
		return "", err
	}
	session, now := newToken(), s.Now()
	err = s.update(ctx, func(q Queries) error {
		return deadIfMissing(s.redeem(q, by, keyOf(token), hashed, keyOf(session), now))
	})
	if err != nil {
		return "", err
	}
	return session, nil
}

// redeem is RedeemLink inside its transaction.
func (s *Service) redeem(q Queries, by Actor, link []byte, hashed string, session []byte, now time.Time) error {
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
	if l.Kind == ForReset { // whoever came in before does not come back
		if err := deletePasskeys(q, l.User); err != nil {
			return err
		}
	}
	if err := forgiveAccount(q, d.User.Canonical); err != nil {
		return err
	}
	if err := s.record(q, d.User.actor(by), RedeemLink, s.scope.User(d.User.Email), passwordSet); err != nil {
		return err
	}
	return s.startSession(q, d.User.ID, session, ByLink, now)
}
