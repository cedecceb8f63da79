package oncall

import (
	"slices"
	"time"
	"unicode/utf8"
)

// Outcome says how the operation of an entry ended.
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
	MAC       []byte // over all fields above and the MAC of the previous entry

	// Damaged reports that a column contains a value that Callbook never writes. The
	// other columns are filled in, and no MAC matches.
	Damaged bool
}

// AuditChange is one changed field. Before is empty for a new value, After for a removed
// one.
type AuditChange struct {
	Field  Field  `json:"field"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Change returns an AuditChange.
func Change(f Field, before, after string) AuditChange {
	return AuditChange{Field: f, Before: before, After: after}
}

// ChangedFields lists the fields of a change whose values differ.
func ChangedFields(fields ...AuditChange) []AuditChange {
	return slices.DeleteFunc(fields, func(c AuditChange) bool { return c.Before == c.After })
}

// MaxActorLen is how many bytes of an actor's name an entry keeps. The limit keeps the
// rows of an index small enough.
const MaxActorLen = 1024

// Truncated cuts a text to a number of bytes, without splitting a character.
func Truncated(text string, size int) string {
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

// Matches reports whether an entry passes the filters by contact, actor and operation.
func (in AuditQuery) Matches(e Entry) bool {
	return (in.Contact == "" || e.Contact == in.Contact) && (in.Actor == "" || e.Actor == in.Actor) &&
		(in.Operation == "" || e.Operation == in.Operation)
}

// After returns the value of a field after the change, or "" if it did not change.
func (e Entry) After(f Field) string {
	for _, c := range e.Changes {
		if c.Field == f {
			return c.After
		}
	}
	return ""
}
