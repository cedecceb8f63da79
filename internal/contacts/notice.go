package contacts

import (
	"errors"
	"time"

	"callbook/internal/oncall"
)

// historyTTL is for how long the messages about a channel are kept that lives.
const historyTTL = 365 * 24 * time.Hour

// readdressed sends a code to the new address of a channel, unless its activation
// is deferred still, and tells the old address, and the contact's other active
// channels, what has happened: the change may be somebody's who wants to be paged
// in the person's place.
func (d *Directory) readdressed(q Queries, by oncall.Actor, was oncall.Channel, c *oncall.Channel) error {
	contact, err := q.Contact(c.Alias)
	if err != nil {
		return err
	}
	if err := d.notify(q, by, contact, was, *c); err != nil {
		return err
	}
	if !c.DeferredAt.IsZero() {
		c.Code = oncall.Code{AskedAt: was.Code.AskedAt, Sends: was.Code.Sends}
		if err := errors.Join(dropMessage(q, was.Code), q.SetCode(*c)); err != nil {
			return err
		}
		return d.updateReachability(q, c.Alias)
	}
	m, _, err := d.newCodeMessage(q, by, c, c.Address.Canonical, contact.Name(), d.Now())
	if err != nil {
		return err
	}
	m.Content.To = c.Address.Destination()
	return d.replaceCode(q, was, *c, m, c.Address.Canonical)
}

// maxNotices is how many notices go to one address in a day.
const maxNotices = 10

// notify tells those whom a change of address may concern, unless they want no
// messages: the old address, if anything ever went there, and the other active
// channels.
func (d *Directory) notify(q Queries, by oncall.Actor, contact oncall.Contact, was, is oncall.Channel) error {
	channels, err := q.Channels(contact.Alias)
	if err != nil {
		return err
	}
	for _, to := range channels {
		address := was.Address
		switch {
		case to.ID == is.ID && was.State() != oncall.Active && !was.Code.Reached(), to.ID != is.ID && to.State() != oncall.Active:
			continue
		case to.ID != is.ID:
			if address, err = q.Address(to.Alias, to.ID); err != nil {
				return err
			}
		}
		m := oncall.Message{ID: d.NewID(), Queue: oncall.ActivationQueue, Kind: oncall.ChangeNotice, Type: to.Type, Alias: to.Alias, Channel: to.ID,
			State: oncall.MessageWaiting, DueAt: d.Now(), SetAt: d.Now(), EndsAt: d.Now().Add(24 * time.Hour), CreatedAt: d.Now(), ForgetAt: d.Now().Add(historyTTL),
			Content: oncall.Content{To: address.Destination(), Name: contact.Name(), Asked: by.Name, Channel: is.Name, Mask: is.Mask}}
		stopped, err := d.outbox.StopReached(q, to.Type, address.Canonical)
		if err != nil {
			return err
		}
		sent, err := q.SentTo(oncall.ChangeNotice, address.Canonical, oncall.LastWindow(d.Now(), 24*time.Hour), maxNotices)
		if err != nil {
			return err
		}
		if stopped != nil || sent.Count >= maxNotices {
			continue
		}
		if err := d.outbox.Post(q, m, address.Canonical); err != nil {
			return err
		}
	}
	return nil
}
