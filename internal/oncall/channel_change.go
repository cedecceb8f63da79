package oncall

import (
	"context"
	"time"
)

// ChannelChange is the input of UpdateChannel. A nil member stays as it is.
type ChannelChange struct {
	Channel ARN      `field:"channel" validate:"required,max=2048,arn"`
	Name    *string  `field:"name" validate:"omitempty,min=1,max=255,name"`
	Address *string  `field:"address" validate:"omitempty,max=320"`
	Country string   // as in NewChannel
	Accept  []string // as in NewChannel
	Version int64    // the version the change was made from; 0: whatever is stored
}

// UpdateChannel changes a channel and returns it as it now is. Another address
// puts it back to NOT_ACTIVATED; a deferred activation stays deferred. It fails
// with Invalid, with NotFound, and with Conflict: Duplicate when the contact has
// the address already, Stale when Version is not the stored one.
func (s *Service) UpdateChannel(ctx context.Context, by Actor, in ChannelChange) (Channel, error) {
	if err := s.permit(by); err != nil {
		return Channel{}, err
	}
	fields := check(in)
	if in.Name != nil {
		fields = append(fields, checkChannelName(by.Door, *in.Name)...)
	}
	// The address waits for the channel, which knows its type.
	if len(fields) > 0 && (in.Address == nil || hasField(fields, FieldChannel) || hasField(fields, FieldAddress)) {
		return Channel{}, invalid(fields...)
	}
	now := s.Now()
	var c Channel
	err := s.update(ctx, func(q Queries) (err error) {
		if c, err = s.channel(q, in.Channel); err != nil {
			return err
		}
		if in.Version != 0 && in.Version != c.Version {
			return stale("channel")
		}
		if in.Name != nil {
			c.Name = *in.Name
		}
		c.UpdatedAt = now
		return s.readdress(q, by, &c, in, fields)
	})
	return c, err
}

// readdress gives the channel its new address, if there is one, and stores it.
func (s *Service) readdress(q Queries, by Actor, c *Channel, in ChannelChange, fields []FieldError) error {
	var address AddressCheck
	if in.Address != nil {
		var refusal *FieldError
		if address, refusal = s.entry(by, c.Type, *in.Address, in.Country).parse(); refusal != nil {
			fields = append(fields, *refusal)
		}
	}
	if len(fields) > 0 {
		return invalid(fields...)
	}
	moved := in.Address != nil && address.Canonical != c.Address.Canonical
	if in.Address != nil {
		c.Address = address.Address
	}
	if moved {
		c.ActivatedAt, c.ReaddressedAt = time.Time{}, c.UpdatedAt
	}
	if err := s.save(q, c); err != nil || !moved {
		return err
	}
	return s.heed(q, by, address, c.Alias, in.Accept)
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
	return settleReachability(q, c.Alias)
}

// settleReachability writes what follows for a contact from its channels.
func settleReachability(q Queries, alias string) error {
	active, err := countActive(q, alias)
	if err != nil {
		return err
	}
	if active > 0 {
		return q.SetReachability(alias, Reachable)
	}
	return q.SetReachability(alias, Unreachable)
}

// CheckChange says what UpdateChannel would make of a change, field by field,
// and what address it would store. It changes nothing. It fails as
// Channel does.
func (s *Service) CheckChange(ctx context.Context, by Actor, in ChannelChange) (AddressCheck, []FieldError, error) {
	if err := s.admit(by, FieldChannel, in.Channel); err != nil {
		return AddressCheck{}, nil, err
	}
	fields := check(in)
	if in.Name != nil {
		fields = append(fields, checkChannelName(by.Door, *in.Name)...)
	}
	var address AddressCheck
	err := s.view(ctx, by, func(q Queries) error {
		c, err := s.channel(q, in.Channel)
		if err != nil || in.Address == nil {
			return err
		}
		var refusal *FieldError
		if address, refusal = s.entry(by, c.Type, *in.Address, in.Country).parse(); refusal != nil {
			fields = append(fields, *refusal)
			return nil
		}
		if address.Warnings, err = s.warnings(q, address, c.Alias); err != nil {
			return err
		}
		channels, err := q.Channels(c.Alias)
		for _, other := range channels {
			if other.ID != c.ID && other.Type == c.Type && other.Address.Canonical == address.Canonical {
				fields = append(fields, s.duplicate(other, other.ID).Fields...)
			}
		}
		return err
	})
	return address, fields, err
}

// DeactivateChannel takes the proof from a channel: nobody can be paged through
// it until a new code is entered. On a channel that is not active it changes
// nothing and succeeds. It fails as Channel does.
func (s *Service) DeactivateChannel(ctx context.Context, by Actor, arn ARN) error {
	if err := s.admit(by, FieldChannel, arn); err != nil {
		return err
	}
	now := s.Now()
	return s.update(ctx, func(q Queries) error {
		c, err := s.channel(q, arn)
		if err != nil || c.State() != Active {
			return err
		}
		c.ActivatedAt, c.DeactivatedAt, c.UpdatedAt = time.Time{}, now, now
		return s.save(q, &c)
	})
}

// DeleteChannel deletes a channel. Plans that name it keep the ARN and skip the
// stage. It fails as Channel does.
func (s *Service) DeleteChannel(ctx context.Context, by Actor, arn ARN) error {
	if err := s.admit(by, FieldChannel, arn); err != nil {
		return err
	}
	alias, id, ok := s.scope.channelID(arn)
	if !ok {
		return notFound("Contact channel", arn)
	}
	now := s.Now()
	return s.update(ctx, func(q Queries) error {
		ok, err := q.DeleteChannel(alias, id, now)
		if err == nil && !ok {
			return notFound("Contact channel", arn)
		}
		if err != nil {
			return err
		}
		return settleReachability(q, alias)
	})
}
