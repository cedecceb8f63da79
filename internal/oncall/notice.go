package oncall

import (
	"errors"
	"time"
)

// messageKeep is for how long the messages about a channel are kept that is gone:
// limits count them for a day.
const messageKeep = 24 * time.Hour

// historyKeep is for how long the messages about a channel are kept that lives.
const historyKeep = 365 * 24 * time.Hour

// readdressed sends a code to the new address of a channel, unless its activation
// is deferred still, and tells the old address, and the contact's other active
// channels, what has happened: the change may be somebody's who wants to be paged
// in the person's place.
func (s *Service) readdressed(q Queries, by Actor, was Channel, c *Channel) error {
	contact, err := q.Contact(c.Alias)
	if err != nil {
		return err
	}
	if err := s.notify(q, by, contact, was, *c); err != nil {
		return err
	}
	if !c.DeferredAt.IsZero() {
		c.Code = Code{AskedAt: was.Code.AskedAt, Sends: was.Code.Sends}
		if err := errors.Join(dropMessage(q, was.Code), q.SetCode(*c)); err != nil {
			return err
		}
		return s.settle(q, c.Alias)
	}
	m, _, err := s.draft(q, by, c, c.Address.Canonical, contact.Name(), s.Now())
	if err != nil {
		return err
	}
	m.Content.To = c.Address.Destination()
	return s.replaceCode(q, was, *c, m, c.Address.Canonical)
}

// mostNotices is how many notices go to one address in a day.
const mostNotices = 10

// notify tells those whom a change of address may concern, unless they want no
// messages: the old address, if anything ever went there, and the other active
// channels.
func (s *Service) notify(q Queries, by Actor, contact Contact, was, is Channel) error {
	channels, err := q.Channels(contact.Alias)
	if err != nil {
		return err
	}
	for _, to := range channels {
		address := was.Address
		switch {
		case to.ID == is.ID && was.State() != Active && !was.Code.reached(), to.ID != is.ID && to.State() != Active:
			continue
		case to.ID != is.ID:
			if address, err = q.Address(to.Alias, to.ID); err != nil {
				return err
			}
		}
		m := Message{ID: s.newID(), Class: ActivationClass, Kind: ChangeNotice, Type: to.Type, Alias: to.Alias, Channel: to.ID,
			State: MessageWaiting, DueAt: s.Now(), SetAt: s.Now(), EndsAt: s.Now().Add(24 * time.Hour), CreatedAt: s.Now(), ForgetAt: s.Now().Add(historyKeep),
			Content: Content{To: address.Destination(), Name: contact.Name(), Asked: by.Name, Channel: is.Name, Mask: is.Mask}}
		stopped, err := s.stopped(q, to.Type, address.Canonical)
		if err != nil {
			return err
		}
		sent, err := q.SentTo(ChangeNotice, address.Canonical, LastWindow(s.Now(), 24*time.Hour), mostNotices)
		if err != nil {
			return err
		}
		if stopped != nil || sent.Count >= mostNotices {
			continue
		}
		if err := s.post(q, m, address.Canonical); err != nil {
			return err
		}
	}
	return nil
}
