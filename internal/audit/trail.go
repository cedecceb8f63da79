// Package audit reads the audit trail: pages of it, the export, and whether it is still what
// was written.
//
// Each entry holds a MAC over itself and the entry before. The trail therefore shows every
// change but the removal of its newest entries, which an anchor shows that is kept elsewhere.
// Entries are added by package access, in the transaction of the change that they tell of.
package audit

import (
	"callbook/internal/access"
	"callbook/internal/oncall"
)

// Trail is the audit trail in a store. It is safe for concurrent use.
type Trail struct {
	*access.Control
	store access.Store[Queries]
}

// New returns the trail in a store.
func New(control *access.Control, store access.Store[Queries]) *Trail {
	return &Trail{Control: control, store: access.Classified(store)}
}

// Queries is what this room asks a store. The sentences here are what dbtest checks.
type Queries interface {
	access.Queries

	// EntriesFrom returns up to limit entries with the number seq or a greater
	// one, the oldest first.
	EntriesFrom(seq int64, limit int) ([]oncall.Entry, error)
	// AuditEnd returns the number and the MAC of the last entry; zero: none.
	AuditEnd() (Anchor, error)
	// EntryMAC returns the MAC that an entry has when it follows the one with the
	// MAC before; nil when the entry names a key that there never was. It fails
	// with Sealed when there is no key at all.
	EntryMAC(e oncall.Entry, before []byte) ([]byte, error)
}
