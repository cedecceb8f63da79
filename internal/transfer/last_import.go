package transfer

import (
	"context"
	"slices"
	"strconv"
	"time"

	"callbook/internal/oncall"
)

// PastImport is an import as the audit trail has it. The zero PastImport: there was none.
type PastImport struct {
	Actor    string // the name of the user who began it
	Door     oncall.Door
	At       time.Time // when it ended; in Begun: when it began
	Rows     int       // those it went through; in Begun: those of the file; 0: unknown
	State    State
	Contacts int // added ones
	Channels int // added ones
}

// State is the state of an import in the audit trail, where these words are stored.
type State string

// The states.
const (
	Begun    State = "begun" // it runs, or was killed
	Finished State = "finished"
	Stopped  State = "stopped" // by a user, or with the program
	Failed   State = "failed"

	lookedAt State = "looked at" // a dry run
)

// LastImport returns the last import that was no dry run, also after its process was
// killed.
func (i *Importer) LastImport(ctx context.Context, by oncall.Actor) (PastImport, error) {
	var last PastImport
	if err := i.PermitOn(ctx, by, oncall.ImportBook, ""); err != nil {
		return last, err
	}
	err := i.store.View(ctx, func(q Queries) error {
		latest, err := q.Entries(oncall.AuditQuery{Operation: oncall.ImportBook, Limit: 50})
		if err != nil {
			return err
		}
		at := slices.IndexFunc(latest, func(e oncall.Entry) bool {
			return e.Outcome == oncall.Done && e.After(oncall.FieldState) != string(lookedAt)
		})
		if at < 0 {
			return nil
		}
		last, err = pastImport(q, latest[at])
		return err
	})
	return last, err
}

// pastImport reads the import from its last entry.
func pastImport(q Queries, e oncall.Entry) (PastImport, error) {
	number := func(f oncall.Field) int {
		n, _ := strconv.Atoi(e.After(f)) // Import wrote it
		return n
	}
	t := PastImport{Actor: e.Actor, Door: e.Door, At: e.At, Rows: number(oncall.FieldRows), State: State(e.After(oncall.FieldState)),
		Contacts: number(oncall.FieldContacts), Channels: number(oncall.FieldChannels)}
	if t.State != Begun {
		return t, nil
	}
	var err error
	t.Contacts, t.Channels, err = q.AddedSince(e)
	return t, err
}
