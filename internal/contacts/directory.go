// Package contacts is the directory: who can be reached, how, and what proves it.
//
// A channel is created NOT_ACTIVATED and counts for nothing until somebody proves that it
// arrives, with a code that was sent through it. Activation may be deferred: then no code is
// sent until someone requests one. An activated channel goes back to NOT_ACTIVATED when it
// is deactivated, or when its delivery address changes, because the old address was proved.
// Deleting a contact deletes its channels.
//
// A person with an activated channel is reachable. The reachability of a contact is stored
// with it, and written in the same transaction as the change that causes it.
//
// People come through the browser, programs through the API. Both call the same methods
// with the same inputs, and the Actor says who asks and through which door. The door decides
// four things only: people may type a number with spaces and brackets, people are warned
// about doubtful addresses, a name made of separators alone is refused to them, and a
// malformed ARN is Invalid to a program where it is NotFound to a person, who follows a link.
package contacts

import (
	"callbook/internal/access"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// Directory holds the contacts with their channels. It is safe for concurrent use.
type Directory struct {
	*access.Control
	store      access.Store[Queries]
	outbox     *outbox.Outbox
	newCode    func() string
	candidates int
	onReply    func(HeardReply)
}

// Options are what an installation decides, and what a test holds still.
type Options struct {
	// NewCode makes six digits; nil makes them from a cryptographic source.
	NewCode func() string
	// Candidates is how many words of the index a search looks at for one page of
	// contacts; 0: 1000.
	Candidates int
	// OnReply is called after a reply was handled for the first time; it may be nil.
	OnReply func(HeardReply)
}

// New returns the directory in a store, which follows its messages in the outbox.
func New(control *access.Control, store access.Store[Queries], box *outbox.Outbox, o Options) *Directory {
	d := &Directory{Control: control, store: access.Classified(store), outbox: box, newCode: o.NewCode, candidates: o.Candidates, onReply: o.OnReply}
	if d.newCode == nil {
		d.newCode = newCode
	}
	if d.candidates == 0 {
		d.candidates = maxCandidates
	}
	box.Follow(follower{d}, oncall.CodeMessage, oncall.ChangeNotice)
	return d
}
