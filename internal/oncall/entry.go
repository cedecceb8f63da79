package oncall

import (
	"slices"
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

// Change is a field of a change.
func Change(f Field, before, after string) AuditChange {
	return AuditChange{Field: f, Before: before, After: after}
}

// ChangedFields lists the fields of a change whose values differ.
func ChangedFields(fields ...AuditChange) []AuditChange {
	return slices.DeleteFunc(fields, func(c AuditChange) bool { return c.Before == c.After })
}

// MaxActorLen is how much of the name of an actor an entry keeps, in bytes: a row
// of an index has to hold it.
const MaxActorLen = 1024

// Clipped returns a text without what goes beyond a number of bytes. It cuts
// between two characters.
func Clipped(text string, size int) string {
	if len(text) <= size {
		return text
	}
	for size > 0 && !utf8.RuneStart(text[size]) {
		size--
	}
	return text[:size]
}

// AuditQuery is the input of Audit. An empty member does not filter.
type AuditQuery struct {
	Contact   string // alias
	Actor     string
	Operation Operation
	Before    int64 // only entries with a smaller number; 0: the newest
	Limit     int   // 1 to 1024; 0 means 50
}

func (in AuditQuery) Matches(e Entry) bool {
	return (in.Contact == "" || e.Contact == in.Contact) && (in.Actor == "" || e.Actor == in.Actor) &&
		(in.Operation == "" || e.Operation == in.Operation)
}

// After is what a field is after the change; "" for one that did not change.
func (e Entry) After(f Field) string {
	for _, c := range e.Changes {
		if c.Field == f {
			return c.After
		}
	}
	return ""
}
