package contacts

import (
	"errors"
	"time"

	"callbook/internal/oncall"
)

// historyTTL is how long messages about an existing channel are kept.
const historyTTL = 365 * 24 * time.Hour

// readdressed sends a code to the new address of a channel, unless its activation is
// deferred. It notifies the old address and the contact's other active channels, because
// somebody may have changed the address to be paged in the person's place.
func (d *Directory) readdressed(q Queries, by oncall.Actor, before oncall.Channel, c *oncall.Channel) error {
	contact, err := q.Contact(c.Alias)
	if err != nil {
		return err
	}
	if err := d.notify(q, by, contact, before, *c); err != nil {
		return err
	}
	if !c.DeferredAt.IsZero() {
		c.Code = oncall.Code{AskedAt: before.Code.AskedAt, Sends: before.Code.Sends}
		if err := errors.Join(dropMessage(q, before.Code), q.SetCode(*c), d.markStopped(q, c, c.Address.Canonical)); err != nil {
			return err
		}
		if c.Objected() {
			if err := q.SetObjections(*c); err != nil {
				return err
			}
		}
		return d.updateReachability(q, c.Alias)
	}
	m, _, err := d.newCodeMessage(q, by, c, c.Address.Canonical, contact.Name(), d.Now())
	if err != nil {
		return err
	}
	m.Content.To = c.Address.Destination()
	if c.Objected() {
		if err := q.SetObjections(*c); err != nil {
			return err
		}
	}
	return d.replaceCode(q, before, *c, m, c.Address.Canonical)
}

// notify sends the notices of a changed address: to the old address if a message ever
// reached it, and to the other active channels. One that a limit forbids, or that would go
// to a number that replied STOP, is kept as refused, so that managers see that nobody was
// told.
func (d *Directory) notify(q Queries, by oncall.Actor, contact oncall.Contact, before, after oncall.Channel) error {
	channels, err := q.Channels(contact.Alias)
	if err != nil {
		return err
	}
	for _, to := range channels {
		address := before.Address
		switch {
		case to.ID == after.ID && before.State() != oncall.Active && !before.Code.Reached(), to.ID != after.ID && to.State() != oncall.Active:
			continue
		case to.ID != after.ID:
			if address, err = q.Address(to.Alias, to.ID); err != nil {
				return err
			}
		}
		m := oncall.Message{ID: d.NewID(), Queue: oncall.ActivationQueue, Kind: oncall.ChangeNotice, Type: to.Type, Alias: to.Alias, Channel: to.ID,
			State: oncall.MessageWaiting, DueAt: d.Now(), SetAt: d.Now(), EndsAt: d.Now().Add(24 * time.Hour), CreatedAt: d.Now(), ForgetAt: d.Now().Add(historyTTL),
			Content: oncall.Content{To: address.Destination(), Name: contact.Name(), Asked: by.Name, Channel: after.Label(), Mask: after.Mask}}
		reached, err := d.outbox.LimitReached(q, m.Kind, to.Type, address.Canonical, m.CreatedAt)
		if err != nil {
			return err
		}
		if reached != nil {
			m.Refuse(reached.Reason, reached.Detail)
		}
		if err := d.outbox.Post(q, m, address.Canonical); err != nil {
			return err
		}
	}
	return nil
}
