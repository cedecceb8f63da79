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

// wrongCode is the one answer for every code that does not activate, whether it is wrong,
// used, replaced, expired or unknown.
func wrongCode() *oncall.Error {
	return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldCode, Reason: oncall.WrongCode,
		Message: "This code is not right, or no longer good: check the newest message, or send a new code."})
}

// SendActivationCode makes a new code for a channel and sends it. The previous code ends.
// It fails as Channel does, with Invalid for an active channel, and with Limited: TooSoon
// shortly after another code, Quota when the address, its range or the installation has
// reached its limit.
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
	// The settings may be stricter now than when the address was entered.
	if _, refusal := d.AddressRules().Input(oncall.API, c.Type, address.Destination(), "").Parse(); refusal != nil {
		refusal.Field = oncall.FieldChannel
		return oncall.InvalidError(*refusal)
	}
	contact, err := q.Contact(c.Alias)
	if err != nil {
		return err
	}
	before := c
	m, reached, err := d.newCodeMessage(q, by, &c, address.Canonical, contact.Name(), now)
	switch {
	case err != nil:
		return err
	case reached != nil:
		return reached.Refusal(now)
	}
	c.DeferredAt, c.RefusedAt = time.Time{}, time.Time{}
	m.Content.To = address.Destination()
	if err := d.replaceCode(q, before, c, m, address.Canonical); err != nil {
		return err
	}
	if before.Objected() {
		if err := q.SetObjections(c); err != nil {
			return err
		}
	}
	return d.Record(q, by, oncall.SendActivationCode, c.ARN, oncall.ChannelChanges(before, c)...)
}

// newCodeMessage makes a new code for a channel and the message that carries it. If a
// limit forbids it, the message says why and the channel has no code. It also writes
// StoppedAt. It stores nothing.
func (d *Directory) newCodeMessage(q Queries, by oncall.Actor, c *oncall.Channel, canonical, name string, now time.Time) (oncall.Message, *outbox.ReachedLimit, error) {
	m := oncall.Message{ID: d.NewID(), Queue: oncall.ActivationQueue, Kind: oncall.CodeMessage, Type: c.Type, Alias: c.Alias, Channel: c.ID,
		SetAt: now, CreatedAt: now, ForgetAt: now.Add(historyTTL)}
	reached, err := d.outbox.LimitReached(q, m.Kind, c.Type, canonical, now)
	if err != nil {
		return m, nil, err
	}
	c.StoppedAt = time.Time{}
	if reached != nil {
		c.StoppedAt = reached.Since
		m.Refuse(reached.Reason, reached.Detail)
		c.Code = oncall.Code{AskedAt: c.Code.AskedAt, Sends: c.Code.Sends, EndsAt: now, Message: m.ID, MessageState: m.State, Reason: m.Reason, FailureReason: m.FailureReason}
		return m, reached, nil
	}
	token, keep := oncall.NewToken(), oncall.CodeTTLOf(c.Type)
	c.Code = c.Code.Next(now)
	c.Code.AskedBy = by.Name
	c.Code.EndsAt, c.Code.Unused, c.Code.Message, c.Code.MessageState = now.Add(keep), true, m.ID, oncall.MessageWaiting
	c.Code.Digits, c.Code.Link = d.newCode(), string(oncall.TokenKey(token))
	m.State, m.DueAt, m.EndsAt = oncall.MessageWaiting, now, c.Code.EndsAt
	m.Content = oncall.Content{Name: name, Asked: by.Name, Channel: c.Label(), Code: c.Code.Digits, Token: token, GoodFor: keep}
	return m, nil, nil
}

// replaceCode stores a code in place of the previous one, drops the previous message, and
// updates the reachability of the contact.
func (d *Directory) replaceCode(q Queries, before, c oncall.Channel, m oncall.Message, canonical string) error {
	if err := dropMessage(q, before.Code); err != nil {
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

// noCode is the answer to a person whose input holds no six digits, or says that they are
// no proof. It is no try.
func noCode() *oncall.Error {
	return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldCode, Reason: oncall.Pattern,
		Message: "Write all six digits of the code and nothing else: six digits, 0 to 9."})
}

// ActivateChannel activates a channel by the code that was sent through it, or by a text
// with the code, as ReadReply reads it. It changes nothing for an active channel. It fails
// as Channel does, and with Invalid, to a program always in the same words, for every code
// that is not valid. Each try is counted before the comparison, and the fifth wrong one
// ends the code. Several codes in one text are one try. A text without six digits is none.
func (d *Directory) ActivateChannel(ctx context.Context, by oncall.Actor, arn oncall.ARN, code string) error {
	if err := d.Admit(ctx, by, oncall.ActivateContactChannel, oncall.FieldChannel, arn); err != nil {
		return err
	}
	read := oncall.ReadReply(code, "")
	var refused error
	err := d.store.Update(ctx, func(q Queries) error {
		refused = nil
		c, err := d.channel(q, arn)
		if err != nil || c.State() == oncall.Active {
			return err
		}
		if len(read.Codes) == 0 {
			if refused = wrongCode(); by.Door == oncall.Browser {
				refused = noCode()
			}
			return nil
		}
		right, err := d.try(q, by, &c, read.Codes)
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

// try counts a try and compares codes with the one of a channel. If all are wrong, that is
// recorded in the audit trail.
func (d *Directory) try(q Queries, by oncall.Actor, c *oncall.Channel, codes []string) (right bool, err error) {
	if !c.Code.Accepted(d.Now()) {
		return false, nil
	}
	if c.Code.Tries, err = q.CountCodeTry(c.Alias, c.ID); err != nil {
		return false, err
	}
	if right, err = isOneOf(q, *c, codes); err != nil || right {
		return right, err
	}
	return false, d.recordWrongCode(q, by, c)
}

// isOneOf reports whether one of the codes is that of a channel.
func isOneOf(q Queries, c oncall.Channel, codes []string) (right bool, err error) {
	for _, code := range codes {
		if right, err = q.CodeIs(c, code); err != nil || right {
			return right, err
		}
	}
	return false, nil
}

// recordWrongCode records a wrong code in the audit trail, and ends the code after the
// last try.
func (d *Directory) recordWrongCode(q Queries, by oncall.Actor, c *oncall.Channel) error {
	if c.Code.Tries >= oncall.MaxTries {
		if err := d.expireCode(q, c); err != nil {
			return err
		}
	}
	return q.Record(d.EntryOf(by, oncall.ActivateContactChannel, oncall.Refused, c.ARN, nil))
}

// expireCode ends a code, and updates the reachability of the contact.
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

// prove makes a channel active.
func (d *Directory) prove(q Queries, by oncall.Actor, c oncall.Channel) error {
	before := c
	c.ActivatedAt, c.DeferredAt, c.DeactivatedAt, c.UpdatedAt = d.Now(), time.Time{}, time.Time{}, d.Now()
	c.RefusedAt = time.Time{}
	if err := d.endCode(q, &c); err != nil {
		return err
	}
	if err := d.save(q, &c); err != nil {
		return err
	}
	return d.Record(q, by, oncall.ActivateContactChannel, c.ARN, oncall.ChannelChanges(before, c)...)
}

// endCode ends the code of a channel without a cool-down before the next one.
func (d *Directory) endCode(q Queries, c *oncall.Channel) error {
	if err := dropMessage(q, c.Code); err != nil {
		return err
	}
	c.Code = c.Code.Ended()
	c.Code.Sends = 0
	return q.UpdateCode(*c)
}

// newCode returns six random digits, uniformly distributed.
func newCode() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // never fails: the process ends instead
	return fmt.Sprintf("%06d", n.Int64())
}

// dropMessage takes the message of an ended code out of the outbox.
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

// ExpireCodes ends up to limit expired codes, updates the reachability of their contacts,
// and returns when the next code expires; zero if none is valid. It is for the server
// itself and asks for no role.
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
