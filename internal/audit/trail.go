// Package audit reads, exports and verifies the audit trail.
//
// Each entry has a MAC over itself and the MAC of the previous entry. Verifying therefore
// finds every change, except that the newest entries were removed. Comparing with an anchor
// that is kept elsewhere finds that too. Package access adds the entries, in the transaction
// of the change that they record.
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

// Queries are the queries of this room. Package dbtest checks this contract.
type Queries interface {
	access.Queries

	// EntriesFrom returns up to limit entries with the number seq or a greater
	// one, the oldest first.
	EntriesFrom(seq int64, limit int) ([]oncall.Entry, error)
	// AuditEnd returns the number and the MAC of the last entry, or the zero Anchor if
	// there is none.
	AuditEnd() (Anchor, error)
	// EntryMAC computes the MAC of an entry that follows an entry with the MAC before.
	// It returns nil if the entry's key never existed. It fails with Sealed if the key
	// file is missing.
	EntryMAC(e oncall.Entry, before []byte) ([]byte, error)
}
