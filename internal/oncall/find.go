package oncall

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Looking up an address tells whose it is, so how often is bounded.
const (
	MostFinds  = 30          // by one actor
	findWindow = time.Minute // in this time
)

// mostFound is how many channels with one address are looked at.
const mostFound = 100

// IsAddress reports whether a text is a whole address, as somebody types it: an
// email address, or a number that begins with + or 00. Searches for such a text
// are no searches for names.
func IsAddress(text string) bool {
	_, refusal := sought(text).parse()
	return refusal == nil
}

// sought is an address that is looked for.
func sought(text string) entry {
	text = strings.TrimSpace(text)
	kind := Voice
	if strings.Contains(text, "@") {
		kind = Email
	}
	return entry{channel: kind, text: text, typed: true, costly: true}
}

// FindAddress returns the contacts that have a channel with exactly this
// address, by alias, and puts on record who looked for it, masked. It fails with
// Invalid for a text that is no address, with Limited after MostFinds in a
// minute, and with Sealed.
func (s *Service) FindAddress(ctx context.Context, by Actor, text string) ([]ContactSummary, error) {
	if err := s.permit(ctx, by, FindAddress, ""); err != nil {
		return nil, err
	}
	address, refusal := sought(text).parse()
	if refusal != nil {
		return nil, invalid(*refusal)
	}
	var found []ContactSummary
	err := s.update(ctx, func(q Queries) error {
		if err := s.mayFind(q, by); err != nil {
			return err
		}
		channels, err := q.ChannelsAt(address.Canonical, "", mostFound)
		if err != nil {
			return err
		}
		if found, err = s.contactsOf(q, channels); err != nil {
			return err
		}
		return s.record(q, by, FindAddress, "", AuditChange{Field: FieldAddress, After: address.Masked()})
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// mayFind counts on the trail, in which every look-up is: it reads what the
// actor did in the last minute.
func (s *Service) mayFind(q Queries, by Actor) error {
	now := s.Now()
	finds := 0
	for in := (AuditQuery{Actor: by.Name, Limit: 100}); ; {
		some, err := q.Entries(in)
		if err != nil {
			return err
		}
		for _, e := range some {
			ago := Elapsed(e.At, now)
			if ago >= findWindow {
				return nil
			}
			if e.Operation == FindAddress && e.Outcome == Done {
				finds++
			}
			if finds == MostFinds {
				return &Error{Kind: Limited, RetryAfter: findWindow - ago,
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
func (s *Service) contactsOf(q Queries, channels []Channel) ([]ContactSummary, error) {
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
	return s.summaries(q, at)
}
