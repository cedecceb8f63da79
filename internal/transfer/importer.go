// Package transfer imports contacts with their channels from CSV files and from exports, and exports
// them.
//
// An import applies the rules of the forms to every row. The same file again adds nothing,
// and continues an interrupted import. Importer does it at once, for a command. Job does it
// in the background, for the pages.
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

// New returns an importer into a directory.
func New(control *access.Control, store access.Store[Queries], box *outbox.Outbox, directory *contacts.Directory) *Importer {
	return &Importer{Control: control, store: access.Classified(store), outbox: box, directory: directory}
}

// Queries are the queries of this room. dbtest checks what their comments promise.
type Queries interface {
	contacts.Queries

	// AddedSince counts the contacts and channels that later entries of the same
	// actor and request say were added. The cost follows from how many entries of
	// the actor there are since.
	AddedSince(e oncall.Entry) (contacts, channels int, err error)
}
