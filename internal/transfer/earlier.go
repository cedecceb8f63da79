package transfer

import (
	"cmp"
	"fmt"
	"strconv"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// earlierRows are what the earlier rows of a dry run hold, which adds nothing to the
// database. The nil *earlierRows has none.
type earlierRows struct {
	contacts  map[string]*earlierContact // by alias
	addresses map[string]string          // aliases by the canonical address that they would get first
	shared    map[string]bool            // the canonical addresses that another contact in the database has
}

// earlierContact is what earlier rows say of one contact.
type earlierContact struct {
	added    bool             // a row would add it
	channels []earlierChannel // the first ones that were looked up, each once
}

type earlierChannel struct {
	kind      oncall.ChannelType
	canonical string
	added     bool // a row would add it
}

var noEarlierContact = new(earlierContact)

func (e *earlierRows) contact(alias string) *earlierContact {
	if e == nil || e.contacts[alias] == nil {
		return noEarlierContact
	}
	return e.contacts[alias]
}

// channel returns the channel of a row, or nil.
func (e *earlierContact) channel(c candidate) *earlierChannel {
	for i, other := range e.channels {
		if other.kind == c.Type && other.canonical == c.address.Canonical {
			return &e.channels[i]
		}
	}
	return nil
}

func (e *earlierRows) address(canonical string) string {
	if e == nil {
		return ""
	}
	return e.addresses[canonical]
}

// note keeps a row for those that follow.
func (e *earlierRows) note(c candidate, r RowResult) {
	if len(c.refused) > 0 || c.channel == nil && r.Outcome != Adds {
		return
	}
	contact := e.contacts[c.Alias]
	if contact == nil {
		contact = &earlierContact{}
		e.contacts[c.Alias] = contact
	}
	contact.added = contact.added || r.Outcome == Adds
	if c.channel == nil {
		return
	}
	channel := contact.channel(c)
	if channel == nil && len(contact.channels) == oncall.MaxChannels {
		return
	}
	if channel == nil {
		contact.channels = append(contact.channels, earlierChannel{kind: c.Type, canonical: c.address.Canonical})
		channel = &contact.channels[len(contact.channels)-1]
	}
	if r.Outcome == Adds {
		channel.added = true
		e.addresses[c.address.Canonical] = cmp.Or(e.addresses[c.address.Canonical], c.Alias)
	}
}

// checkCapacity fails if the contact may not have one more channel.
func checkCapacity(parent contacts.ChannelParent, stored bool, earlier *earlierContact, c candidate) error {
	if !stored {
		parent.Type = c.contact.Type
	}
	for _, other := range earlier.channels {
		if other.added {
			parent.Channels++
		}
	}
	return parent.CheckCapacity(c.channel.Contact)
}

// tooManyOfOne refuses a row of a contact of which the rows before hold as many channels as
// a contact may have.
func tooManyOfOne(alias string) error {
	return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldFile, Reason: oncall.Quota,
		Message: fmt.Sprintf("The rows before hold %d other channels of %s, and a contact has at most %d.", oncall.MaxChannels, alias, oncall.MaxChannels)})
}

// tooManyRows refuses a file with more rows than may be.
func tooManyRows(limit int) error {
	return badFile("This file has more than " + grouped(limit) + " rows, and this page takes at most " + grouped(limit) +
		". The rows after them were not looked at. Split the file, or use callbook import, which takes any number of rows.")
}

// grouped writes a number with commas, such as 50,000.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return grouped(n/1000) + fmt.Sprintf(",%03d", n%1000)
}
