package oncall

import "context"

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
