package contacts

import (
	"context"
	"slices"
	"strings"
	"time"

	"callbook/internal/oncall"
)

// Look-ups reveal whose an address is, so they are limited.
const (
	MaxAddressLookups = 30          // by one actor
	lookupWindow      = time.Minute // in this time
)

// maxFound is how many channels with one address are read.
const maxFound = 100

// IsAddress reports whether a search text is a whole address: an email address, or a
// number that begins with + or 00.
func IsAddress(text string) bool {
	_, refusal := addressLookup(text).Parse()
	return refusal == nil
}

// addressLookup reads the address to look up.
func addressLookup(text string) oncall.AddressInput {
	text = strings.TrimSpace(text)
	kind := oncall.Voice
	if strings.Contains(text, "@") {
		kind = oncall.Email
	}
	return oncall.AddressInput{Type: kind, Text: text, Typed: true, AllowCostly: true}
}

// FindAddress returns the contacts that have a channel with exactly this address, by
// alias. The audit trail records the look-up with a mask. It fails with Invalid for a
// text that is no address, with Limited after MaxAddressLookups in a minute, and with
// Sealed.
func (d *Directory) FindAddress(ctx context.Context, by oncall.Actor, text string) ([]ContactSummary, error) {
	if err := d.PermitOn(ctx, by, oncall.FindAddress, ""); err != nil {
		return nil, err
	}
	address, refusal := addressLookup(text).Parse()
	if refusal != nil {
		return nil, oncall.InvalidError(*refusal)
	}
	var found []ContactSummary
	err := d.store.Update(ctx, func(q Queries) error {
		if err := d.mayLookUp(q, by); err != nil {
			return err
		}
		channels, err := q.ChannelsAt(address.Canonical, "", maxFound)
		if err != nil {
			return err
		}
		if found, err = d.contactsOf(q, channels); err != nil {
			return err
		}
		return d.Record(q, by, oncall.FindAddress, "", oncall.AuditChange{Field: oncall.FieldAddress, After: address.Masked()})
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// mayLookUp limits look-ups by the entries of the actor in the audit trail.
func (d *Directory) mayLookUp(q Queries, by oncall.Actor) error {
	now := d.Now()
	finds := 0
	for in := (oncall.AuditQuery{Actor: by.Name, Limit: 100}); ; {
		some, err := q.Entries(in)
		if err != nil {
			return err
		}
		for _, e := range some {
			ago := oncall.Elapsed(e.At, now)
			if ago >= lookupWindow {
				return nil
			}
			if e.Operation == oncall.FindAddress && e.Outcome == oncall.Done {
				finds++
			}
			if finds == MaxAddressLookups {
				return &oncall.Error{Kind: oncall.Limited, RetryAfter: lookupWindow - ago,
					Message: "You looked up 30 addresses within a minute, which is the most: wait a moment, then try again."}
			}
		}
		if len(some) < in.Limit {
			return nil
		}
		in.Before = some[len(some)-1].Seq
	}
}

// contactsOf returns the contacts of channels, each once, with all its channels.
func (d *Directory) contactsOf(q Queries, channels []oncall.Channel) ([]ContactSummary, error) {
	var at []ContactAt
	for _, c := range channels {
		if slices.ContainsFunc(at, func(a ContactAt) bool { return a.Alias == c.Alias }) {
			continue
		}
		contact, err := q.Contact(c.Alias)
		if err != nil {
			return nil, err
		}
		at = append(at, ContactAt{Contact: contact})
	}
	return d.summaries(q, at)
}
