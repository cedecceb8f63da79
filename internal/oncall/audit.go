package oncall

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Outcome says how what an entry tells of has ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused" // the role did not cover it, or a sign-in failed
)

// Entry is one line of the audit trail. Addresses in it are masked.
type Entry struct {
	Seq       int64 // 1 at first, one more with each entry
	At        time.Time
	Door      Door
	Principal string
	Actor     string // the actor's Name
	Operation Operation
	Outcome   Outcome
	Resource  ARN
	Contact   string // alias of the contact it concerns, or ""
	Changes   []AuditChange
	Request   string
	Client    string
	Key       uint32 // id of the key of the MAC
	MAC       []byte // over all of the above and the MAC of the entry before

	// Damaged: a column holds what was never written. What can be read of it is
	// here, and no MAC is right for it.
	Damaged bool
}

// AuditChange is one field of a change. Before is empty for what is new, After
// for what is gone.
type AuditChange struct {
	Field  Field  `json:"field"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// change is a field of a change.
func change(f Field, before, after string) AuditChange {
	return AuditChange{Field: f, Before: before, After: after}
}

// changedFields lists the fields of a change whose values differ.
func changedFields(fields ...AuditChange) []AuditChange {
	return slices.DeleteFunc(fields, func(c AuditChange) bool { return c.Before == c.After })
}

// changesOf lists what differs between two states of a channel; the zero Channel
// is one that is not there.
func changesOf(before, after Channel) []AuditChange {
	mask := after.Mask
	if mask == before.Mask && after.Address.Canonical != before.Address.Canonical {
		mask += " (another one)"
	}
	return []AuditChange{
		change(FieldName, before.Name, after.Name), change(FieldType, string(before.Type), string(after.Type)),
		change(FieldAddress, before.Mask, mask), change(FieldState, before.stateWord(), after.stateWord()),
	}
}

func (c Channel) stateWord() string {
	if c.ID == "" {
		return ""
	}
	return string(c.State())
}

// record adds an entry to the audit trail, in the transaction of the change that
// it tells of. It fails with Sealed when there is no key to make its MAC.
func (s *Service) record(q Queries, by Actor, op Operation, resource ARN, changes ...AuditChange) error {
	return q.Record(s.entryOf(by, op, Done, resource, changes))
}

// note is record for coming and going, which must not end when the key file is
// missing: then there is no entry.
func (s *Service) note(q Queries, by Actor, op Operation, outcome Outcome, resource ARN, changes ...AuditChange) error {
	err := q.Record(s.entryOf(by, op, outcome, resource, changes))
	if KindOf(err) == Sealed {
		return nil
	}
	return err
}

func (s *Service) entryOf(by Actor, op Operation, outcome Outcome, resource ARN, changes []AuditChange) Entry {
	return Entry{At: s.Now(), Door: by.Door, Principal: by.Principal, Actor: clipped(by.Name, MaxActorLen), Operation: op, Outcome: outcome,
		Resource: resource, Contact: s.scope.aliasIn(resource), Changes: changedFields(changes...), Request: by.Request, Client: by.Client}
}

// MaxActorLen is how much of the name of an actor an entry keeps, in bytes: a row
// of an index has to hold it.
const MaxActorLen = 1024

// clipped returns a text without what goes beyond a number of bytes. It cuts
// between two characters.
func clipped(text string, size int) string {
	if len(text) <= size {
		return text
	}
	for size > 0 && !utf8.RuneStart(text[size]) {
		size--
	}
	return text[:size]
}

// aliasIn returns the alias of the contact that an ARN is about, or "".
func (s Scope) aliasIn(arn ARN) string {
	if alias, ok := s.contactAlias(arn); ok {
		return alias
	}
	alias, _, _ := s.channelID(arn)
	return alias
}

// AuditQuery is the input of Audit. An empty member does not filter.
type AuditQuery struct {
	Contact   string // alias
	Actor     string
	Operation Operation
	Before    int64 // only entries with a smaller number; 0: the newest
	Limit     int   // 1 to 1024; 0 means 50
}

// AuditPage is one page of the audit trail, the newest entry first.
type AuditPage struct {
	Entries []Entry
	Next    int64 // AuditQuery.Before of the next page; 0 on the last one

	// Resources is what the entries are about, as it is now.
	Resources map[ARN]Resource
}

// Audit returns a page of the audit trail. It fails with Invalid for a limit out
// of range.
func (s *Service) Audit(ctx context.Context, by Actor, in AuditQuery) (AuditPage, error) {
	var page AuditPage
	if err := s.permit(ctx, by, ListAudit, ""); err != nil {
		return page, err
	}
	limit, err := pageLimit(in.Limit, "entries")
	if err == nil && in.Before < 0 {
		err = badPageToken()
	}
	if err != nil {
		return page, err
	}
	in.Limit = limit + 1
	err = s.view(ctx, func(q Queries) (err error) {
		if page.Entries, err = q.Entries(in); err != nil {
			return err
		}
		if len(page.Entries) > limit {
			page.Entries = page.Entries[:limit]
			page.Next = page.Entries[limit-1].Seq
		}
		page.Resources, err = s.resources(q, page.Entries)
		return err
	})
	return page, err
}

// Anchor is the end of the audit trail at some time: kept elsewhere, it shows
// later whether the newest entries were removed. The zero Anchor is that of an
// empty trail.
type Anchor struct {
	Seq int64
	MAC []byte
}

// String writes an anchor as ParseAnchor reads it: the number of the entry and
// its MAC in hexadecimal digits, with a colon between.
func (a Anchor) String() string { return fmt.Sprintf("%d:%x", a.Seq, a.MAC) }

// ParseAnchor reads what String writes. It fails with a plain error.
func ParseAnchor(text string) (Anchor, error) {
	seq, digits, _ := strings.Cut(strings.TrimSpace(text), ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	mac, err2 := hex.DecodeString(digits)
	if err != nil || err2 != nil || n < 0 || (n == 0) != (len(mac) == 0) || n > 0 && len(mac) != sha256.Size {
		return Anchor{}, fmt.Errorf("%q is not an anchor: the number of an entry, a colon, and the 64 hexadecimal digits of its MAC", text)
	}
	return Anchor{Seq: n, MAC: mac}, nil
}

// AuditAnchor returns the present end of the trail.
func (s *Service) AuditAnchor(ctx context.Context, by Actor) (a Anchor, err error) {
	if err := s.permit(ctx, by, ExportAudit, ""); err != nil {
		return a, err
	}
	err = s.view(ctx, func(q Queries) (err error) {
		a, err = q.AuditEnd()
		return err
	})
	return a, err
}

// exportedAtOnce is how many entries one snapshot of an export reads.
const exportedAtOnce = 500

// ExportAudit hands every entry that matches to each, the oldest first, in
// several snapshots: entries that are added meanwhile are part of it. Before and
// Limit of the query do not count. It returns the end of what was handed over.
func (s *Service) ExportAudit(ctx context.Context, by Actor, in AuditQuery, each func(Entry) error) (Anchor, error) {
	if err := s.permit(ctx, by, ExportAudit, ""); err != nil {
		return Anchor{}, err
	}
	if err := s.update(ctx, func(q Queries) error { return s.record(q, by, ExportAudit, "") }); err != nil {
		return Anchor{}, err
	}
	return s.walkAudit(ctx, nil, func(e Entry) error {
		if in.matches(e) {
			return each(e)
		}
		return nil
	})
}

func (in AuditQuery) matches(e Entry) bool {
	return (in.Contact == "" || e.Contact == in.Contact) && (in.Actor == "" || e.Actor == in.Actor) &&
		(in.Operation == "" || e.Operation == in.Operation)
}

// walkAudit goes through the trail, the oldest entry first, and returns the last
// one. inside is called within the snapshot, outside when it is over; nil is
// nothing to do.
func (s *Service) walkAudit(ctx context.Context, inside func(Queries, Entry) error, outside func(Entry) error) (last Anchor, err error) {
	for from := int64(math.MinInt64); ; from = last.Seq + 1 { // what has a number below 1 was not written here, and is found
		var some []Entry
		err := s.view(ctx, func(q Queries) (err error) {
			if some, err = q.EntriesFrom(from, exportedAtOnce); inside == nil {
				return err
			}
			for _, e := range some {
				if err := inside(q, e); err != nil {
					return err
				}
			}
			return err
		})
		if err != nil || len(some) == 0 {
			return last, err
		}
		for _, e := range some {
			if outside != nil {
				err = errors.Join(err, outside(e))
			}
			last = Anchor{Seq: e.Seq, MAC: e.MAC}
		}
		if err != nil || last.Seq == math.MaxInt64 {
			return last, err
		}
	}
}
