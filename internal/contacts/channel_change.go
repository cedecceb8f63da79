package contacts

import (
	"context"
	"errors"
	"slices"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// UpdateChannel changes a channel and returns it as it now is. Another address
// puts it back to NOT_ACTIVATED; a deferred activation stays deferred. What is
// stored already is not written again, so a second click gets the answer of the
// first. It fails as Channel does, with Invalid, and with Conflict: Duplicate
// when the contact has the address already, Stale when there is something to
// change and Version is not the stored one.
func (d *Directory) UpdateChannel(ctx context.Context, by oncall.Actor, in oncall.ChannelChange) (oncall.Channel, error) {
	if err := d.Admit(ctx, by, oncall.UpdateContactChannel, oncall.FieldChannel, in.Channel); err != nil {
		return oncall.Channel{}, err
	}
	fields := in.Check(by.Door)
	now := d.Now()
	var c oncall.Channel
	err := d.store.Update(ctx, func(q Queries) error {
		before, err := d.opened(q, in)
		if err != nil {
			return err
		}
		next, address, refused := d.changed(by, before, in, fields)
		switch {
		case len(refused) == 0 && next == before:
			c = before
			return nil
		case in.Version != 0 && in.Version != before.Version:
			return access.Stale("channel")
		case len(refused) > 0:
			return oncall.InvalidError(refused...)
		}
		next.UpdatedAt = now
		moved := next.Address.Canonical != before.Address.Canonical
		if moved {
			next.ActivatedAt, next.ReaddressedAt = time.Time{}, now
			next.StoppedAt, next.RefusedAt = time.Time{}, time.Time{}
		}
		if err := d.save(q, &next); err != nil {
			return err
		}
		if moved {
			if err := d.requireAccepted(q, by, address, next.Alias, in.Accept); err != nil {
				return err
			}
			if err := d.countReaddress(q, by); err != nil {
				return err
			}
			if err := d.readdressed(q, by, before, &next); err != nil {
				return err
			}
		}
		c = next
		return d.Record(q, by, oncall.UpdateContactChannel, in.Channel, oncall.ChannelChanges(before, c)...)
	})
	d.outbox.NudgeAll(err)
	return c.WithoutSecrets(), err
}

// countReaddress counts a new address against the limit of look-ups: that a form is saved
// without a warning tells that no other contact has the address, and one channel could try
// them all.
func (d *Directory) countReaddress(q Queries, by oncall.Actor) error {
	if by.Door != oncall.Browser {
		return nil
	}
	if wait, err := d.lookupWait(q, by); err != nil || wait > 0 { // beyond the limit it was not compared
		return err
	}
	return d.countLookup(q, by)
}

// opened returns a channel that is to be changed, with its address in the clear
// when another one may take its place.
func (d *Directory) opened(q Queries, in oncall.ChannelChange) (oncall.Channel, error) {
	c, err := d.channel(q, in.Channel)
	if err != nil || in.Address == nil {
		return c, err
	}
	c.Address, err = q.Address(c.Alias, c.ID)
	return c, err
}

// changed returns the channel with the change made, what is known of its new
// address, and everything that is refused: fields and the address.
func (d *Directory) changed(by oncall.Actor, c oncall.Channel, in oncall.ChannelChange, fields []oncall.FieldError) (oncall.Channel, oncall.AddressCheck, []oncall.FieldError) {
	var address oncall.AddressCheck
	if in.Name != nil {
		c.Name = *in.Name
	}
	if in.Address == nil || oncall.HasField(fields, oncall.FieldAddress) {
		return c, address, fields
	}
	address, refusal := d.AddressRules().Input(by.Door, c.Type, *in.Address, in.Country).Parse()
	if refusal != nil {
		return c, address, append(slices.Clone(fields), *refusal)
	}
	c.Address, c.Mask = address.Address, address.Masked()
	return c, address, fields
}

// save stores a changed channel and what follows from it for its contact.
func (d *Directory) save(q Queries, c *oncall.Channel) error {
	ok, existing, err := q.UpdateChannel(*c)
	switch {
	case err != nil:
		return err
	case existing != "":
		return d.duplicate(*c, existing)
	case !ok:
		return access.Stale("channel")
	}
	c.Version++
	return d.updateReachability(q, c.Alias)
}

// updateReachability writes what follows for a contact from its channels.
func (d *Directory) updateReachability(q Queries, alias string) error {
	channels, err := q.Channels(alias)
	if err != nil {
		return err
	}
	now, r := d.Now(), oncall.Unreachable
	for _, c := range channels {
		if c.State() == oncall.Active {
			r = oncall.Reachable
			break
		}
		if c.Code.Out(now) {
			r = oncall.Waiting
		}
	}
	return q.SetReachability(alias, r)
}

// CheckChange returns what UpdateChannel would make of a change, field by field,
// and what address it would store. It changes nothing but the count of look-ups. It fails as
// Channel does, and with Sealed.
func (d *Directory) CheckChange(ctx context.Context, by oncall.Actor, in oncall.ChannelChange) (oncall.AddressCheck, []oncall.FieldError, error) {
	if err := d.Admit(ctx, by, oncall.UpdateContactChannel, oncall.FieldChannel, in.Channel); err != nil {
		return oncall.AddressCheck{}, nil, err
	}
	checked := in.Check(by.Door)
	var fields []oncall.FieldError
	var address oncall.AddressCheck
	err := d.store.Update(ctx, func(q Queries) error {
		before, err := d.channel(q, in.Channel)
		if err != nil {
			return err
		}
		var next oncall.Channel
		if next, address, fields = d.changed(by, before, in, slices.Clone(checked)); address.Canonical == "" {
			return nil
		}
		address.Warnings, fields, err = d.checkAgainstOthers(q, by, address, next, fields)
		return err
	})
	return address, fields, err
}

// DeactivateChannel takes the proof from a channel: nobody can be paged through
// it until a new code is entered. On a channel that is not active it changes
// nothing and succeeds. It fails as Channel does.
func (d *Directory) DeactivateChannel(ctx context.Context, by oncall.Actor, arn oncall.ARN) error {
	if err := d.Admit(ctx, by, oncall.DeactivateContactChannel, oncall.FieldChannel, arn); err != nil {
		return err
	}
	now := d.Now()
	return d.store.Update(ctx, func(q Queries) error {
		c, err := d.channel(q, arn)
		if err != nil || c.State() != oncall.Active {
			return err
		}
		before := c
		c.ActivatedAt, c.DeactivatedAt, c.UpdatedAt = time.Time{}, now, now
		c.Code = oncall.Code{}
		if err := q.SetCode(c); err != nil {
			return err
		}
		if err := d.save(q, &c); err != nil {
			return err
		}
		return d.Record(q, by, oncall.DeactivateContactChannel, arn, oncall.ChannelChanges(before, c)...)
	})
}

// DeleteChannel deletes a channel. Plans that name it keep the ARN and skip the
// stage. It fails as Channel does.
func (d *Directory) DeleteChannel(ctx context.Context, by oncall.Actor, arn oncall.ARN) error {
	if err := d.Admit(ctx, by, oncall.DeleteContactChannel, oncall.FieldChannel, arn); err != nil {
		return err
	}
	now := d.Now()
	return d.store.Update(ctx, func(q Queries) error {
		c, err := d.channel(q, arn)
		if err != nil {
			return err
		}
		if _, err := q.DeleteChannel(c.Alias, c.ID, now); err != nil {
			return err
		}
		if err := errors.Join(q.ForgetMessages(c.Alias, c.ID, now.Add(outbox.MessageTTL)), d.updateReachability(q, c.Alias)); err != nil {
			return err
		}
		return d.Record(q, by, oncall.DeleteContactChannel, arn, oncall.ChannelChanges(c, oncall.Channel{})...)
	})
}
