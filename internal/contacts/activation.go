package contacts

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// wrongCode is the one answer for every code that does not activate: a wrong one,
// one that was used, replaced, burnt or has expired, and one that never was.
func wrongCode() *oncall.Error {
	return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldCode, Reason: oncall.WrongCode,
		Message: "This code is not right, or no longer good: check the newest message, or send a new code."})
}

// SendActivationCode makes a new code for a channel and sends it to its address;
// the one before is dead. It fails as Channel does, with Invalid for a channel
// that is active, and with Limited: TooSoon after a code that was just made, and
// Quota when the address, its range or the installation has had as many as it
// may.
func (d *Directory) SendActivationCode(ctx context.Context, by oncall.Actor, arn oncall.ARN) error {
	if err := d.Admit(ctx, by, oncall.SendActivationCode, oncall.FieldChannel, arn); err != nil {
		return err
	}
	var t oncall.ChannelType
	err := d.store.Update(ctx, func(q Queries) error {
		c, err := d.channel(q, arn)
		if err != nil {
			return err
		}
		t = c.Type
		return d.resend(q, by, c, d.Now())
	})
	d.outbox.Nudge(err, oncall.ActivationQueue, t)
	return err
}

// resend is SendActivationCode inside its transaction.
func (d *Directory) resend(q Queries, by oncall.Actor, c oncall.Channel, now time.Time) error {
	if c.State() == oncall.Active {
		return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldChannel, Reason: oncall.Unfitting, Message: "This channel is active: it needs no code."})
	}
	if wait := c.Code.Wait(now); wait > 0 {
		return &oncall.Error{Kind: oncall.Limited, Reason: oncall.TooSoon, RetryAfter: wait,
			Message: "A code was sent a moment ago: look for it first. Another one can be sent in " + access.InWords(wait) + "."}
	}
	address, err := q.Address(c.Alias, c.ID)
	if err != nil {
		return err
	}
	// The settings may allow less than they did when the address was entered.
	if _, refusal := d.AddressRules().Input(oncall.API, c.Type, address.Destination(), "").Parse(); refusal != nil {
		refusal.Field = oncall.FieldChannel
		return oncall.InvalidError(*refusal)
	}
	contact, err := q.Contact(c.Alias)
	if err != nil {
		return err
	}
	was := c
	m, short, err := d.newCodeMessage(q, by, &c, address.Canonical, contact.Name(), now)
	switch {
	case err != nil:
		return err
	case short != nil:
		return short.Refusal(now)
	}
	c.DeferredAt = time.Time{}
	m.Content.To = address.Destination()
	if err := d.replaceCode(q, was, c, m, address.Canonical); err != nil {
		return err
	}
	return d.Record(q, by, oncall.SendActivationCode, c.ARN, oncall.ChannelChanges(was, c)...)
}

// newCodeMessage makes a new code for a channel, and the message that takes it there, as
// far as limits let it: else the message says why there is none, and the channel
// has no code. Nothing is stored yet.
func (d *Directory) newCodeMessage(q Queries, by oncall.Actor, c *oncall.Channel, canonical, name string, now time.Time) (oncall.Message, *outbox.ReachedLimit, error) {
	m := oncall.Message{ID: d.NewID(), Queue: oncall.ActivationQueue, Kind: oncall.CodeMessage, Type: c.Type, Alias: c.Alias, Channel: c.ID,
		SetAt: now, CreatedAt: now, ForgetAt: now.Add(historyTTL)}
	short, err := d.outbox.LimitReached(q, c.Type, canonical, now)
	if err != nil {
		return m, nil, err
	}
	if short != nil {
		m.State, m.EndsAt, m.Reason, m.FailureReason = oncall.MessageRefused, now, short.Reason, short.Detail
		c.Code = oncall.Code{AskedAt: c.Code.AskedAt, Sends: c.Code.Sends, EndsAt: now, Message: m.ID, MessageState: m.State, Reason: m.Reason, FailureReason: m.FailureReason}
		return m, short, nil
	}
	token, keep := oncall.NewToken(), oncall.CodeTTLOf(c.Type)
	c.Code = c.Code.Next(now)
	c.Code.AskedBy = by.Name
	c.Code.EndsAt, c.Code.Good, c.Code.Message, c.Code.MessageState = now.Add(keep), true, m.ID, oncall.MessageWaiting
	c.Code.Digits, c.Code.Link = d.newCode(), string(oncall.TokenKey(token))
	m.State, m.DueAt, m.EndsAt = oncall.MessageWaiting, now, c.Code.EndsAt
	m.Content = oncall.Content{Name: name, Asked: by.Name, Channel: c.Name, Code: c.Code.Digits, Token: token, GoodFor: keep}
	return m, nil, nil
}

// replaceCode stores a code in the place of the one before, whose message leaves
// the outbox, and what follows for the contact.
func (d *Directory) replaceCode(q Queries, was, c oncall.Channel, m oncall.Message, canonical string) error {
	if err := dropMessage(q, was.Code); err != nil {
		return err
	}
	if err := q.SetCode(c); err != nil {
		return err
	}
	if err := d.outbox.Post(q, m, canonical); err != nil {
		return err
	}
	return d.updateReachability(q, c.Alias)
}

// ActivateChannel proves a channel by the code that was sent through it. On a
// channel that is active it changes nothing and succeeds. It fails as Channel
// does, and with Invalid, always in the same words, for every code that is not
// good; a wrong one counts before it is compared, and the fifth ends the code.
func (d *Directory) ActivateChannel(ctx context.Context, by oncall.Actor, arn oncall.ARN, code string) error {
	if err := d.Admit(ctx, by, oncall.ActivateContactChannel, oncall.FieldChannel, arn); err != nil {
		return err
	}
	digits, ok := oncall.ParseCode(code)
	var refused error
	err := d.store.Update(ctx, func(q Queries) error {
		refused = nil
		c, err := d.channel(q, arn)
		if err != nil || c.State() == oncall.Active {
			return err
		}
		if !ok {
			refused = wrongCode()
			return nil
		}
		right, err := d.try(q, by, &c, digits)
		if err != nil {
			return err
		}
		if !right {
			refused = wrongCode()
			return nil
		}
		return d.prove(q, by, c)
	})
	return cmp.Or(err, refused)
}

// try compares digits with the code of a channel, as often as it may be: the try
// is counted before. A wrong one is on record.
func (d *Directory) try(q Queries, by oncall.Actor, c *oncall.Channel, digits string) (right bool, err error) {
	if !c.Code.Accepted(d.Now()) {
		return false, nil
	}
	if c.Code.Tries, err = q.CountCodeTry(c.Alias, c.ID); err != nil {
		return false, err
	}
	if right, err = q.CodeIs(*c, digits); err != nil || right {
		return right, err
	}
	return false, d.recordWrongCode(q, by, c)
}

// recordWrongCode is what follows from a wrong code.
func (d *Directory) recordWrongCode(q Queries, by oncall.Actor, c *oncall.Channel) error {
	if c.Code.Tries >= oncall.MaxTries {
		if err := d.expireCode(q, c); err != nil {
			return err
		}
	}
	return q.Record(d.EntryOf(by, oncall.ActivateContactChannel, oncall.Refused, c.ARN, nil))
}

// expireCode makes an end of a code that may be compared no more, with what follows for
// the contact.
func (d *Directory) expireCode(q Queries, c *oncall.Channel) error {
	if err := dropMessage(q, c.Code); err != nil {
		return err
	}
	c.Code = c.Code.Ended()
	if err := q.UpdateCode(*c); err != nil {
		return err
	}
	return d.updateReachability(q, c.Alias)
}

// prove makes a channel active, by a code that came back.
func (d *Directory) prove(q Queries, by oncall.Actor, c oncall.Channel) error {
	was := c
	c.ActivatedAt, c.DeferredAt, c.DeactivatedAt, c.UpdatedAt = d.Now(), time.Time{}, time.Time{}, d.Now()
	if err := d.endCode(q, &c); err != nil {
		return err
	}
	if err := d.save(q, &c); err != nil {
		return err
	}
	return d.Record(q, by, oncall.ActivateContactChannel, c.ARN, oncall.ChannelChanges(was, c)...)
}

// endCode makes an end of the code of a channel; the next one can be asked for at
// once.
func (d *Directory) endCode(q Queries, c *oncall.Channel) error {
	if err := dropMessage(q, c.Code); err != nil {
		return err
	}
	c.Code = c.Code.Ended()
	c.Code.Sends = 0
	return q.UpdateCode(*c)
}

// newCode returns six digits, each code as likely as any other.
func newCode() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // never fails: the process ends instead
	return fmt.Sprintf("%06d", n.Int64())
}

// dropMessage takes the message of a code that is dead out of the outbox.
func dropMessage(q Queries, c oncall.Code) error {
	if c.Message == "" || c.MessageState != oncall.MessageWaiting {
		return nil
	}
	m, err := q.Message(c.Message)
	if err != nil {
		return access.IgnoreMissing(err)
	}
	return outbox.Drop(q, m, oncall.CodeEnded)
}

// ExpireCodes makes an end of codes whose time is over, up to limit, with what
// follows for their contacts, and returns when the next one ends; zero: none is
// out. It is for this installation itself and asks for no role.
func (d *Directory) ExpireCodes(ctx context.Context, limit int) (next time.Time, err error) {
	err = d.store.View(ctx, func(q Queries) (err error) {
		next, err = q.NextCodeEnd()
		return err
	})
	if err != nil || next.IsZero() || next.After(d.Now()) {
		return next, err
	}
	err = d.store.Update(ctx, func(q Queries) error {
		ended, err := q.EndedCodes(d.Now(), limit)
		if err != nil {
			return err
		}
		for _, c := range ended {
			c.Code = c.Code.Ended()
			if err := errors.Join(q.UpdateCode(c), d.updateReachability(q, c.Alias)); err != nil {
				return err
			}
		}
		next, err = q.NextCodeEnd()
		return err
	})
	return next, err
}
