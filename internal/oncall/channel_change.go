package oncall

import (
	"context"
	"errors"
	"slices"
	"time"
)

// ChannelChange is the input of UpdateChannel. A nil member stays as it is.
type ChannelChange struct {
	Channel ARN
	Name    *string  `field:"name" validate:"omitempty,min=1,max=255,name"`
	Address *string  `field:"address" validate:"omitempty,max=320"`
	Country string   // as in NewChannel
	Accept  []string // as in NewChannel
	Version int64    // the version the change was made from; 0: whatever is stored
}

// UpdateChannel changes a channel and returns it as it now is. Another address
// puts it back to NOT_ACTIVATED; a deferred activation stays deferred. What is
// stored already is not written again, so a second click gets the answer of the
// first. It fails as Channel does, with Invalid, and with Conflict: Duplicate
// when the contact has the address already, Stale when there is something to
// change and Version is not the stored one.
func (s *Service) UpdateChannel(ctx context.Context, by Actor, in ChannelChange) (Channel, error) {
	if err := s.admit(ctx, by, UpdateContactChannel, FieldChannel, in.Channel); err != nil {
		return Channel{}, err
	}
	fields := in.check(by.Door)
	now := s.Now()
	var c Channel
	err := s.update(ctx, func(q Queries) error {
		was, err := s.opened(q, in)
		if err != nil {
			return err
		}
		next, address, refused := s.changed(by, was, in, fields)
		switch {
		case len(refused) == 0 && next == was:
			c = was
			return nil
		case in.Version != 0 && in.Version != was.Version:
			return stale("channel")
		case len(refused) > 0:
			return invalid(refused...)
		}
		next.UpdatedAt = now
		moved := next.Address.Canonical != was.Address.Canonical
		if moved {
			next.ActivatedAt, next.ReaddressedAt = time.Time{}, now
		}
		if err := s.save(q, &next); err != nil {
			return err
		}
		if moved {
			if err := s.heed(q, by, address, next.Alias, in.Accept); err != nil {
				return err
			}
			if err := s.readdressed(q, by, was, &next); err != nil {
				return err
			}
		}
		c = next
		return s.record(q, by, UpdateContactChannel, in.Channel, changesOf(was, c)...)
	})
	s.nudgeAll(err)
	return c.closed(), err
}

// opened returns a channel that is to be changed, with its address in the clear
// when another one may take its place.
func (s *Service) opened(q Queries, in ChannelChange) (Channel, error) {
	c, err := s.channel(q, in.Channel)
	if err != nil || in.Address == nil {
		return c, err
	}
	c.Address, err = q.Address(c.Alias, c.ID)
	return c, err
}

// closed is a channel without its address in the clear.
func (c Channel) closed() Channel {
	c.Address = Address{}
	c.Code.Digits, c.Code.Link = "", ""
	return c
}

// check returns what the rules refuse in a change, but for the address, which
// waits for the channel: only that knows its type.
func (in ChannelChange) check(door Door) []FieldError {
	fields := check(in)
	if in.Name != nil {
		fields = append(fields, checkLetters(door, FieldName, *in.Name)...)
	}
	return fields
}

// changed returns the channel with the change made, what is known of its new
// address, and everything that is refused: fields and the address.
func (s *Service) changed(by Actor, c Channel, in ChannelChange, fields []FieldError) (Channel, AddressCheck, []FieldError) {
	var address AddressCheck
	if in.Name != nil {
		c.Name = *in.Name
	}
	if in.Address == nil || hasField(fields, FieldAddress) {
		return c, address, fields
	}
	address, refusal := s.rules.input(by.Door, c.Type, *in.Address, in.Country).parse()
	if refusal != nil {
		return c, address, append(slices.Clone(fields), *refusal)
	}
	c.Address, c.Mask = address.Address, address.Masked()
	return c, address, fields
}

// save stores a changed channel and what follows from it for its contact.
func (s *Service) save(q Queries, c *Channel) error {
	ok, existing, err := q.UpdateChannel(*c)
	switch {
	case err != nil:
		return err
	case existing != "":
		return s.duplicate(*c, existing)
	case !ok:
		return stale("channel")
	}
	c.Version++
	return s.settle(q, c.Alias)
}

// settle writes what follows for a contact from its channels.
func (s *Service) settle(q Queries, alias string) error {
	channels, err := q.Channels(alias)
	if err != nil {
		return err
	}
	now, r := s.Now(), Unreachable
	for _, c := range channels {
		if c.State() == Active {
			r = Reachable
			break
		}
		if c.Code.Out(now) {
			r = Waiting
		}
	}
	return q.SetReachability(alias, r)
}

// CheckChange says what UpdateChannel would make of a change, field by field,
// and what address it would store. It changes nothing. It fails as Channel does.
func (s *Service) CheckChange(ctx context.Context, by Actor, in ChannelChange) (AddressCheck, []FieldError, error) {
	if err := s.admit(ctx, by, UpdateContactChannel, FieldChannel, in.Channel); err != nil {
		return AddressCheck{}, nil, err
	}
	fields := in.check(by.Door)
	var address AddressCheck
	err := s.view(ctx, func(q Queries) error {
		was, err := s.channel(q, in.Channel)
		if err != nil {
			return err
		}
		var next Channel
		if next, address, fields = s.changed(by, was, in, fields); address.Canonical == "" {
			return nil
		}
		address.Warnings, fields, err = s.judge(q, address, next, fields)
		return err
	})
	return address, fields, err
}

// DeactivateChannel takes the proof from a channel: nobody can be paged through
// it until a new code is entered. On a channel that is not active it changes
// nothing and succeeds. It fails as Channel does.
func (s *Service) DeactivateChannel(ctx context.Context, by Actor, arn ARN) error {
	if err := s.admit(ctx, by, DeactivateContactChannel, FieldChannel, arn); err != nil {
		return err
	}
	now := s.Now()
	return s.update(ctx, func(q Queries) error {
		c, err := s.channel(q, arn)
		if err != nil || c.State() != Active {
			return err
		}
		was := c
		c.ActivatedAt, c.DeactivatedAt, c.UpdatedAt = time.Time{}, now, now
		c.Code = Code{}
		if err := q.SetCode(c); err != nil {
			return err
		}
		if err := s.save(q, &c); err != nil {
			return err
		}
		return s.record(q, by, DeactivateContactChannel, arn, changesOf(was, c)...)
	})
}

// DeleteChannel deletes a channel. Plans that name it keep the ARN and skip the
// stage. It fails as Channel does.
func (s *Service) DeleteChannel(ctx context.Context, by Actor, arn ARN) error {
	if err := s.admit(ctx, by, DeleteContactChannel, FieldChannel, arn); err != nil {
		return err
	}
	now := s.Now()
	return s.update(ctx, func(q Queries) error {
		c, err := s.channel(q, arn)
		if err != nil {
			return err
		}
		if _, err := q.DeleteChannel(c.Alias, c.ID, now); err != nil {
			return err
		}
		if err := errors.Join(q.ForgetMessages(c.Alias, c.ID, now.Add(messageKeep)), s.settle(q, c.Alias)); err != nil {
			return err
		}
		return s.record(q, by, DeleteContactChannel, arn, changesOf(c, Channel{})...)
	})
}
