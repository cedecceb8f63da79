// Package transfer takes contacts with their channels in from files, and writes them out.
//
// An import obeys the rules that forms obey, row by row. The same file again adds nothing,
// and goes on where an import was interrupted.
package transfer

import (
	"callbook/internal/access"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// Importer imports and exports contacts. It is safe for concurrent use.
type Importer struct {
	*access.Control
	store     access.Store[Queries]
	directory *contacts.Directory
	outbox    *outbox.Outbox
}

// New returns what imports into a directory and exports from it.
func New(control *access.Control, store access.Store[Queries], box *outbox.Outbox, directory *contacts.Directory) *Importer {
	return &Importer{Control: control, store: access.Classified(store), outbox: box, directory: directory}
}

// Queries is what this room asks a store. The sentences here are what dbtest checks.
type Queries interface {
	contacts.Queries

	// AddedSince counts the contacts and channels that later entries of the same
	// actor and request say were added. The cost follows from how many entries of
	// the actor there are since.
	AddedSince(e oncall.Entry) (contacts, channels int, err error)
}
