package contacts

import (
	"context"
	"errors"
	"slices"

	"callbook/internal/oncall"
)

// requireAccepted fails with Invalid for a person who has not accepted every warning.
// Programs are not warned.
func (d *Directory) requireAccepted(q Queries, by oncall.Actor, address oncall.AddressCheck, alias string, accepted []string) error {
	if by.Door != oncall.Browser {
		return nil
	}
	warnings, err := d.Warnings(q, address, alias)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		if !slices.Contains(accepted, w.Accept) {
			return oncall.InvalidError(warnings...)
		}
	}
	return nil
}

// Warnings returns the warnings about an address before a contact gets it.
func (d *Directory) Warnings(q Queries, address oncall.AddressCheck, alias string) ([]oncall.FieldError, error) {
	others, err := q.ChannelsAt(address.Canonical, alias, 1)
	if err != nil || len(others) == 0 {
		return address.Warnings, err
	}
	return append(slices.Clone(address.Warnings), oncall.SharedWith(others[0].Alias, others[0].Type, address.Canonical)), nil
}

// CheckChannel returns the address that CreateChannel would store and everything it would
// refuse. It changes nothing. It fails as Contact does.
func (d *Directory) CheckChannel(ctx context.Context, by oncall.Actor, in oncall.NewChannel) (oncall.AddressCheck, []oncall.FieldError, error) {
	if err := d.Admit(ctx, by, oncall.CreateContactChannel, oncall.FieldContact, in.Contact); err != nil {
		return oncall.AddressCheck{}, nil, err
	}
	address, fields := in.Parse(by.Door, d.AddressRules())
	err := d.store.View(ctx, func(q Queries) error {
		contact, err := d.contact(q, in.Contact)
		if err != nil {
			return err
		}
		_, err = parentOf(q, contact.Alias, in.Contact)
		room, err := fieldsOf(err)
		if fields = append(fields, room...); err != nil || address.Canonical == "" {
			return err
		}
		asked := oncall.Channel{Alias: contact.Alias, Type: in.Type, Address: address.Address}
		address.Warnings, fields, err = d.checkAgainstOthers(q, address, asked, fields)
		return err
	})
	return address, fields, err
}

// checkAgainstOthers returns the warnings about an address, and adds the refusal if the
// contact has it already.
func (d *Directory) checkAgainstOthers(q Queries, address oncall.AddressCheck, c oncall.Channel, fields []oncall.FieldError) (warnings, refused []oncall.FieldError, err error) {
	if warnings, err = d.Warnings(q, address, c.Alias); err != nil {
		return nil, fields, err
	}
	other, err := q.ChannelWith(c.Alias, c.Type, c.Address.Canonical)
	switch {
	case errors.Is(err, oncall.ErrMissing):
		return warnings, fields, nil
	case err == nil && other != c.ID:
		fields = append(fields, d.duplicate(c, other).Fields...)
	}
	return warnings, fields, err
}
