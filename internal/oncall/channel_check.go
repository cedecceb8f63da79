package oncall

import (
	"context"
	"errors"
	"slices"
)

// heed stops a person, not a program, at warnings that were not accepted.
func (s *Service) heed(q Queries, by Actor, address AddressCheck, alias string, accepted []string) error {
	if by.Door != Browser {
		return nil
	}
	warnings, err := s.warnings(q, address, alias)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		if !slices.Contains(accepted, w.Accept) {
			return invalid(warnings...)
		}
	}
	return nil
}

// warnings returns everything a person should know about an address before it
// is stored with a contact.
func (s *Service) warnings(q Queries, address AddressCheck, alias string) ([]FieldError, error) {
	others, err := q.ChannelsAt(address.Canonical, alias, 1)
	if err != nil || len(others) == 0 {
		return address.Warnings, err
	}
	return append(slices.Clone(address.Warnings), sharedWith(others[0].Alias, others[0].Type, address.Canonical)), nil
}

// sharedWith warns of an address that another contact has.
func sharedWith(alias string, t ChannelType, canonical string) FieldError {
	what := "This number"
	if t == Email {
		what = "This address"
	}
	return warn(Shared, canonical, what+" is also on the contact "+alias+".")
}

// CheckChannel says what CreateChannel would make of its input, field by field,
// and what it would store. It changes nothing. It fails as Contact does.
func (s *Service) CheckChannel(ctx context.Context, by Actor, in NewChannel) (AddressCheck, []FieldError, error) {
	if err := s.admit(ctx, by, CreateContactChannel, FieldContact, in.Contact); err != nil {
		return AddressCheck{}, nil, err
	}
	address, fields := in.parse(by.Door, s.rules)
	err := s.view(ctx, func(q Queries) error {
		contact, err := s.contact(q, in.Contact)
		if err != nil {
			return err
		}
		_, err = roomFor(q, contact.Alias, in.Contact)
		room, err := fieldsOf(err)
		if fields = append(fields, room...); err != nil || address.Canonical == "" {
			return err
		}
		asked := Channel{Alias: contact.Alias, Type: in.Type, Address: address.Address}
		address.Warnings, fields, err = s.judge(q, address, asked, fields)
		return err
	})
	return address, fields, err
}

// judge adds what the other channels have to say about an address: warnings
// for the person, and the refusal when the contact has it already.
func (s *Service) judge(q Queries, address AddressCheck, c Channel, fields []FieldError) (warnings, refused []FieldError, err error) {
	if warnings, err = s.warnings(q, address, c.Alias); err != nil {
		return nil, fields, err
	}
	other, err := q.ChannelWith(c.Alias, c.Type, c.Address.Canonical)
	switch {
	case errors.Is(err, ErrMissing):
		return warnings, fields, nil
	case err == nil && other != c.ID:
		fields = append(fields, s.duplicate(c, other).Fields...)
	}
	return warnings, fields, err
}
