package contacts

import (
	"context"
	"errors"
	"strconv"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// CreateChannel adds a channel to a contact, not activated, and returns its ARN.
// The same token with the same input returns the same ARN and adds nothing. It
// fails with Invalid (also for a contact that does not exist, as the service
// model has no other error for it, and for a person's address with warnings not
// accepted) and with Conflict: Duplicate or TokenReused.
func (d *Directory) CreateChannel(ctx context.Context, by oncall.Actor, in oncall.NewChannel) (oncall.ARN, error) {
	if err := d.PermitOn(ctx, by, oncall.CreateContactChannel, ""); err != nil {
		return "", err
	}
	address, fields := in.Parse(by.Door, d.AddressRules())
	if len(fields) > 0 {
		return "", oncall.InvalidError(fields...)
	}
	alias, ok := d.Scope().ContactAlias(in.Contact)
	if !ok {
		return "", contactMissing(in.Contact)
	}
	now := d.Now()
	id := d.NewID()
	own := d.Scope().Channel(alias, id)
	asked := in.Request(by, address)
	var arn oncall.ARN
	err := d.store.Update(ctx, func(q Queries) error {
		first, err := access.Remember(q, asked, own, now)
		arn = firstOr(first, own)
		if err != nil || first != "" {
			return err
		}
		if err := d.AddChannel(q, by, in, address, &oncall.Channel{ARN: own, ID: id, Alias: alias, CreatedAt: now}, asked); err != nil {
			return err
		}
		return d.requireAccepted(q, by, address, alias, in.Accept)
	})
	if err != nil {
		return "", err
	}
	d.outbox.Nudge(nil, oncall.ActivationQueue, in.Type)
	return arn, nil
}

// AddChannel stores a valid channel, records it and, unless activation is deferred, sends
// the first code. c holds its ARN, id, alias and time of creation, and gets everything
// else. It fails as CreateChannel does, but leaves it to the caller whether warnings were
// accepted.
func (d *Directory) AddChannel(q Queries, by oncall.Actor, in oncall.NewChannel, address oncall.AddressCheck, c *oncall.Channel, asked oncall.Request) error {
	c.Name, c.Type, c.Address, c.Mask = in.Name, in.Type, address.Address, address.Masked()
	c.Version, c.UpdatedAt = 1, c.CreatedAt
	if in.Defer {
		c.DeferredAt = c.CreatedAt
	}
	parent, err := parentOf(q, c.Alias, in.Contact)
	if err != nil {
		return err
	}
	if err := d.insertChannel(q, by, c, parent, asked); err != nil {
		return err
	}
	return d.Record(q, by, oncall.CreateContactChannel, c.ARN, oncall.ChannelChanges(oncall.Channel{}, *c)...)
}

// insertChannel stores a new channel and, unless activation is deferred, sends
// its first code.
func (d *Directory) insertChannel(q Queries, by oncall.Actor, c *oncall.Channel, parent ChannelParent, asked oncall.Request) error {
	var m oncall.Message
	var err error
	if c.DeferredAt.IsZero() {
		m, _, err = d.newCodeMessage(q, by, c, c.Address.Canonical, parent.Name, c.CreatedAt)
	} else {
		err = d.markStopped(q, c, c.Address.Canonical)
	}
	if err != nil {
		return err
	}
	existing, err := q.InsertChannel(*c, asked)
	if err != nil {
		return err
	}
	if existing != "" {
		return d.duplicate(*c, existing)
	}
	if m.ID == "" {
		return nil
	}
	m.Content.To = c.Address.Destination()
	if err := d.outbox.Post(q, m, c.Address.Canonical); err != nil {
		return err
	}
	if parent.Reachability == oncall.Unreachable && c.Code.Out(c.CreatedAt) {
		return q.SetReachability(c.Alias, oncall.Waiting)
	}
	return nil
}

// fieldsOf takes the fields out of an Invalid error, so that a check can show
// them beside others; any other error stays one.
func fieldsOf(err error) ([]oncall.FieldError, error) {
	if err != nil && oncall.KindOf(err) == oncall.Invalid {
		return oncall.FieldErrors(err), nil
	}
	return nil, err
}

// parentOf returns the facts about the contact of a new channel. It fails with Invalid if
// the contact may not get another one.
func parentOf(q Queries, alias string, contact oncall.ARN) (ChannelParent, error) {
	parent, err := q.ChannelParent(alias)
	switch {
	case errors.Is(err, oncall.ErrMissing):
		return parent, contactMissing(contact)
	case err != nil:
		return parent, err
	}
	return parent, parent.CheckCapacity(contact)
}

// CheckCapacity refuses a channel for a contact that may not have one more.
func (h ChannelParent) CheckCapacity(contact oncall.ARN) error {
	switch {
	case h.Type != oncall.Personal:
		return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldContact, Reason: oncall.Unfitting,
			Message: "Add the channel to a PERSONAL contact: " + string(contact) + " is of another type."})
	case h.Channels >= oncall.MaxChannels:
		return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldContact, Reason: oncall.Range,
			Message: "A contact has at most " + strconv.Itoa(oncall.MaxChannels) + " channels: first delete one that is no longer used."})
	}
	return nil
}

// ChannelParent is what of a contact decides what becomes of a new channel.
type ChannelParent struct {
	Type         oncall.ContactType
	Name         string // as Contact.Name
	Reachability oncall.Reachability
	Channels     int // how many it has
}

func contactMissing(contact oncall.ARN) *oncall.Error {
	return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldContact, Reason: oncall.Unfitting,
		Message: "Invalid value provided - Contact not found: " + string(contact)})
}

func (d *Directory) duplicate(c oncall.Channel, existing string) *oncall.Error {
	message := "This contact already has " + oncall.WithArticle(c.Type) + " channel with this address: use that one, or enter another address."
	return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.Duplicate, Resource: d.Scope().Channel(c.Alias, existing), Message: message,
		Fields: []oncall.FieldError{{Field: oncall.FieldAddress, Reason: oncall.Duplicate, Message: message}}}
}

// Channels returns a contact and its channels, by creation, as one snapshot. It
// fails as Contact does.
func (d *Directory) Channels(ctx context.Context, by oncall.Actor, contact oncall.ARN) (oncall.Contact, []oncall.Channel, error) {
	var c oncall.Contact
	var channels []oncall.Channel
	if err := d.Admit(ctx, by, oncall.GetContact, oncall.FieldContact, contact); err != nil {
		return c, nil, err
	}
	err := d.store.View(ctx, func(q Queries) (err error) {
		if c, err = d.contact(q, contact); err != nil {
			return err
		}
		channels, err = q.Channels(c.Alias)
		return err
	})
	return c, d.WithARNs(channels), err
}

// WithARNs gives channels their ARNs.
func (d *Directory) WithARNs(channels []oncall.Channel) []oncall.Channel {
	for i, c := range channels {
		channels[i].ARN = d.Scope().Channel(c.Alias, c.ID)
	}
	return channels
}

// ChannelDetail is a channel in its surroundings, as one snapshot.
type ChannelDetail struct {
	oncall.Channel
	Contact oncall.Contact
	Active  int              // how many of the contact's channels are active, this one included
	AlsoAt  []oncall.Channel // up to 10 channels of other contacts with the same address
}

// Channel returns one channel with what it takes to judge it. It fails with
// NotFound, and with Invalid for a program that gives no ARN at all.
func (d *Directory) Channel(ctx context.Context, by oncall.Actor, arn oncall.ARN) (ChannelDetail, error) {
	var detail ChannelDetail
	if err := d.Admit(ctx, by, oncall.GetContact, oncall.FieldChannel, arn); err != nil {
		return detail, err
	}
	err := d.store.View(ctx, func(q Queries) (err error) {
		if detail.Channel, err = d.channel(q, arn); err != nil {
			return err
		}
		if detail.Contact, err = d.contact(q, d.Scope().Contact(detail.Alias)); err != nil {
			return err
		}
		if detail.Active, err = countActive(q, detail.Alias); err != nil {
			return err
		}
		detail.AlsoAt, err = q.ChannelsBeside(detail.Alias, detail.ID, 10)
		detail.AlsoAt = d.WithARNs(detail.AlsoAt)
		return err
	})
	return detail, err
}

func (d *Directory) channel(q Queries, arn oncall.ARN) (oncall.Channel, error) {
	alias, id, ok := d.Scope().ChannelID(arn)
	if !ok {
		return oncall.Channel{}, oncall.NotFoundError("Contact channel", arn)
	}
	c, err := q.Channel(alias, id)
	if errors.Is(err, oncall.ErrMissing) {
		return oncall.Channel{}, oncall.NotFoundError("Contact channel", arn)
	}
	c.ARN = arn
	return c, err
}

func countActive(q Queries, alias string) (int, error) {
	channels, err := q.Channels(alias)
	active := 0
	for _, c := range channels {
		if c.State() == oncall.Active {
			active++
		}
	}
	return active, err
}

// RevealAddress returns the delivery address of a channel in the clear, and puts
// on record who saw it. It fails as Channel does, and with Sealed.
func (d *Directory) RevealAddress(ctx context.Context, by oncall.Actor, arn oncall.ARN) (oncall.Address, error) {
	var address oncall.Address
	if err := d.Admit(ctx, by, oncall.GetContactChannel, oncall.FieldChannel, arn); err != nil {
		return address, err
	}
	err := d.store.Update(ctx, func(q Queries) error {
		c, err := d.channel(q, arn)
		if err != nil {
			return err
		}
		if address, err = q.Address(c.Alias, c.ID); err != nil {
			return err
		}
		return d.Record(q, by, oncall.GetContactChannel, arn)
	})
	if err != nil {
		return oncall.Address{}, err // never shown without being on record
	}
	return address, nil
}
