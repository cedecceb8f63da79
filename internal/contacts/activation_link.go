package contacts

import (
	"cmp"
	"context"
	"errors"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// Invitation is the content of the page behind an activation link. It reveals nothing
// else about anybody.
type Invitation struct {
	Name    string // of the contact
	AskedBy string // name of the actor who requested the code
	Channel string // name of the channel
	Type    oncall.ChannelType
	Mask    string
	EndsAt  time.Time
}

// InvitationOf returns the content of the page behind a link. It changes nothing. It
// fails with NotFound: DeadLink for every token that is not valid.
func (d *Directory) InvitationOf(ctx context.Context, token string) (Invitation, error) {
	var in Invitation
	err := d.store.View(ctx, func(q Queries) error {
		c, err := d.linked(q, token)
		if err != nil {
			return err
		}
		in, err = invitationTo(q, c)
		return err
	})
	if err != nil {
		return Invitation{}, access.DeadIfMissing(err)
	}
	return in, nil
}

func invitationTo(q Queries, c oncall.Channel) (Invitation, error) {
	contact, err := q.Contact(c.Alias)
	return Invitation{Name: contact.Name(), AskedBy: c.Code.AskedBy, Channel: c.Label(), Type: c.Type, Mask: c.Mask, EndsAt: c.Code.EndsAt}, err
}

// linked returns the channel whose valid code has the link.
func (d *Directory) linked(q Queries, token string) (oncall.Channel, error) {
	c, err := q.ChannelByLink(oncall.TokenKey(token))
	if err == nil && !c.Code.Accepted(d.Now()) {
		err = oncall.ErrMissing
	}
	c.ARN = d.Scope().Channel(c.Alias, c.ID)
	return c, err
}

// freeLinkTriesPerClient is how many wrong links a network address may open without
// delay.
const freeLinkTriesPerClient = 20

// ActivateByLink activates a channel by the link of its code, which works once. It fails
// with NotFound: DeadLink, and with Limited after many wrong links from one network
// address.
func (d *Directory) ActivateByLink(ctx context.Context, by oncall.Actor, token string) (Invitation, error) {
	if err := d.PermitOn(ctx, by, oncall.AnswerActivation, ""); err != nil {
		return Invitation{}, err
	}
	var in Invitation
	var refused error
	limits := []access.Limit{access.LimitOn("activation link", access.Network(by.Client), freeLinkTriesPerClient)}
	err := d.store.Update(ctx, func(q Queries) error {
		refused = nil
		attempt, wait, err := access.Try(q, limits, d.Now())
		if err != nil {
			return err
		}
		if wait > 0 {
			refused = access.TooManyFailures(wait)
			return nil
		}
		c, err := d.linked(q, token)
		if errors.Is(err, oncall.ErrMissing) {
			refused = access.DeadLink()
			return nil
		}
		if err != nil {
			return err
		}
		if err := attempt.Undo(q); err != nil {
			return err
		}
		if in, err = invitationTo(q, c); err != nil {
			return err
		}
		return d.prove(q, recipientActor(by, c), c)
	})
	if err := cmp.Or(err, refused); err != nil {
		return Invitation{}, err
	}
	return in, nil
}

// recipientActor is the actor for an answer through a channel: the person it reaches.
func recipientActor(by oncall.Actor, c oncall.Channel) oncall.Actor {
	by.Door, by.Principal, by.Name = oncall.Link, string(c.ARN), c.Mask
	return by
}
