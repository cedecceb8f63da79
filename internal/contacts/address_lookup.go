package contacts

import (
	"context"
	"slices"
	"strings"
	"time"

	"callbook/internal/oncall"
)

// Look-ups reveal whose an address is, so they are limited. Checks of an address in a form
// count too.
const (
	MaxAddressLookups = 30          // by one actor
	AddressLookupTTL  = time.Minute // in this time
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
		wait, err := d.lookupWait(q, by)
		if err != nil {
			return err
		}
		if wait > 0 {
			return &oncall.Error{Kind: oncall.Limited, RetryAfter: wait,
				Message: "You looked up or checked 30 addresses within a minute, which is the most: wait a moment, then try again."}
		}
		channels, err := q.ChannelsAt(address.Canonical, "", maxFound)
		if err != nil {
			return err
		}
		if found, err = d.contactsOf(q, channels); err != nil {
			return err
		}
		return d.recordLookup(q, by, "", address.Masked())
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// recordLookup counts a look-up that found a contact, and adds its entry to the audit trail.
// The resource is the channel whose address was looked up, or "" for a typed address.
func (d *Directory) recordLookup(q Queries, by oncall.Actor, resource oncall.ARN, mask string) error {
	if err := d.countLookup(q, by); err != nil {
		return err
	}
	return d.Record(q, by, oncall.FindAddress, resource, oncall.AuditChange{Field: oncall.FieldAddress, After: mask})
}

// countLookup counts a look-up. The count outlasts a restart.
func (d *Directory) countLookup(q Queries, by oncall.Actor) error {
	return q.CountAddressLookup(by.Principal, d.NewID(), d.Now())
}

// lookupWait returns how long an actor has to wait before the next look-up, or 0.
func (d *Directory) lookupWait(q Queries, by oncall.Actor) (time.Duration, error) {
	times, err := q.AddressLookups(by.Principal, MaxAddressLookups)
	if err != nil {
		return 0, err
	}
	now := d.Now()
	times = slices.DeleteFunc(times, func(at time.Time) bool { return oncall.Elapsed(at, now) >= AddressLookupTTL })
	if len(times) < MaxAddressLookups {
		return 0, nil
	}
	oldest := slices.MinFunc(times, time.Time.Compare)
	return AddressLookupTTL - oncall.Elapsed(oldest, now), nil
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
