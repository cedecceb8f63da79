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

// recordLookup adds the entry of a look-up to the audit trail. The resource is the channel
// whose address was looked up, or "" for a typed address.
func (d *Directory) recordLookup(q Queries, by oncall.Actor, resource oncall.ARN, mask string) error {
	return d.Record(q, by, oncall.FindAddress, resource, oncall.AuditChange{Field: oncall.FieldAddress, After: mask})
}

// lookupWait returns how long an actor has to wait before the next look-up, or 0. It counts
// the look-ups in the audit trail, and the checks that found nothing, which are not there.
// Both outlast a restart.
func (d *Directory) lookupWait(q Queries, by oncall.Actor) (time.Duration, error) {
	now := d.Now()
	times, err := d.recordedLookups(q, by, now)
	if err != nil {
		return 0, err
	}
	checks, err := q.AddressChecks(by.Principal, MaxAddressLookups)
	if err != nil {
		return 0, err
	}
	var ages []time.Duration
	for _, at := range append(times, checks...) {
		if ago := oncall.Elapsed(at, now); ago < AddressLookupTTL {
			ages = append(ages, ago)
		}
	}
	if len(ages) < MaxAddressLookups {
		return 0, nil
	}
	slices.Sort(ages)
	return AddressLookupTTL - ages[MaxAddressLookups-1], nil
}

// recordedLookups returns the times of the actor's last look-ups in the audit trail: up to
// MaxAddressLookups of those that count at now.
func (d *Directory) recordedLookups(q Queries, by oncall.Actor, now time.Time) (times []time.Time, err error) {
	for in := (oncall.AuditQuery{Actor: by.Name, Limit: 100}); ; {
		some, err := q.Entries(in)
		if err != nil {
			return nil, err
		}
		for _, e := range some {
			if oncall.Elapsed(e.At, now) >= AddressLookupTTL {
				return times, nil
			}
			if e.Operation == oncall.FindAddress && e.Outcome == oncall.Done {
				times = append(times, e.At)
			}
			if len(times) == MaxAddressLookups {
				return times, nil
			}
		}
		if len(some) < in.Limit {
			return times, nil
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
