package contacts

import (
	"context"
	"errors"
	"slices"

	"callbook/internal/oncall"
)

// requireAccepted fails with Invalid for a person who has not accepted every warning.
// Programs are not warned. The refusal tells whether another contact has the address, so
// beyond the limit of look-ups the warning is the same for every address. It names nobody,
// because a refusal leaves no entry in the audit trail: CheckChannel and CheckChange do.
func (d *Directory) requireAccepted(q Queries, by oncall.Actor, address oncall.AddressCheck, alias string, accepted []string) error {
	if by.Door != oncall.Browser {
		return nil
	}
	warnings := slices.Clone(address.Warnings)
	wait, err := d.lookupWait(q, by)
	if err != nil {
		return err
	}
	others, err := q.ChannelsAt(address.Canonical, alias, 1)
	switch {
	case err != nil:
		return err
	case wait > 0:
		warnings = append(warnings, oncall.NotCompared(address.Canonical, wait))
	case len(others) > 0:
		warnings = append(warnings, oncall.SharedWith("", others[0].Type, address.Canonical))
	}
	for _, w := range warnings {
		if !slices.Contains(accepted, w.Accept) {
			return oncall.InvalidError(warnings...)
		}
	}
	return nil
}

// Warnings returns the warnings about an address before a contact gets it. They name another
// contact with the address: the caller limits and records that.
func (d *Directory) Warnings(q Queries, address oncall.AddressCheck, alias string) ([]oncall.FieldError, error) {
	others, err := q.ChannelsAt(address.Canonical, alias, 1)
	if err != nil || len(others) == 0 {
		return address.Warnings, err
	}
	return append(slices.Clone(address.Warnings), oncall.SharedWith(others[0].Alias, others[0].Type, address.Canonical)), nil
}

// compare is Warnings for a person who types an address. It counts against the limit of
// look-ups, and is an entry in the audit trail if another contact has the address. Beyond the
// limit it does not compare, and warns of that.
func (d *Directory) compare(q Queries, by oncall.Actor, address oncall.AddressCheck, alias string) ([]oncall.FieldError, error) {
	wait, err := d.lookupWait(q, by)
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		return append(slices.Clone(address.Warnings), oncall.NotCompared(address.Canonical, wait)), nil
	}
	warnings, err := d.Warnings(q, address, alias)
	if err != nil {
		return nil, err
	}
	if len(warnings) > len(address.Warnings) {
		return warnings, d.recordLookup(q, by, "", address.Masked())
	}
	return warnings, d.countLookup(q, by)
}

// CheckChannel returns the address that CreateChannel would store and everything it would
// refuse. It changes nothing but the count of look-ups. It fails as Contact does, and with
// Sealed.
func (d *Directory) CheckChannel(ctx context.Context, by oncall.Actor, in oncall.NewChannel) (oncall.AddressCheck, []oncall.FieldError, error) {
	if err := d.Admit(ctx, by, oncall.CreateContactChannel, oncall.FieldContact, in.Contact); err != nil {
		return oncall.AddressCheck{}, nil, err
	}
	address, fields := in.Parse(by.Door, d.AddressRules())
	parsed, warnings := fields, address.Warnings
	err := d.store.Update(ctx, func(q Queries) error {
		fields = slices.Clone(parsed) // the function may run again
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
		warnings, fields, err = d.checkAgainstOthers(q, by, address, asked, fields)
		return err
	})
	address.Warnings = warnings
	return address, fields, err
}

// checkAgainstOthers returns the warnings about an address, and adds the refusal if the
// contact has it already.
func (d *Directory) checkAgainstOthers(q Queries, by oncall.Actor, address oncall.AddressCheck, c oncall.Channel, fields []oncall.FieldError) (warnings, refused []oncall.FieldError, err error) {
	if warnings, err = d.compare(q, by, address, c.Alias); err != nil {
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
