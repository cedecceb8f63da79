package transfer

import (
	"context"
	"slices"
	"strconv"
	"time"

	"callbook/internal/oncall"
)

// Status is what the audit trail knows of the last import. The zero
// Status: there was none.
type Status struct {
	Actor    string // who began it
	Door     oncall.Door
	At       time.Time // when it began; when it ended, once it has
	Rows     int       // of the file, or that it went through once it has ended; 0: that is not known
	State    State
	Contacts int // that it has added
	Channels int
}

// State is how far an import is on record.
type State string

// The states.
const (
	Tried    State = "looked at" // a dry run: it adds nothing
	Begun    State = "begun"     // and not ended: it runs, or was killed
	Finished State = "finished"
	Stopped  State = "stopped" // by somebody, or with the program
	Failed   State = "failed"
)

// LastImport finds out how far the last import came that added anything, also
// after what ran it was stopped.
func (i *Importer) LastImport(ctx context.Context, by oncall.Actor) (Status, error) {
	var trace Status
	if err := i.PermitOn(ctx, by, oncall.ImportBook, ""); err != nil {
		return trace, err
	}
	err := i.store.View(ctx, func(q Queries) error {
		latest, err := q.Entries(oncall.AuditQuery{Operation: oncall.ImportBook, Limit: 50})
		if err != nil {
			return err
		}
		last := slices.IndexFunc(latest, func(e oncall.Entry) bool {
			return e.Outcome == oncall.Done && e.After(oncall.FieldState) != string(Tried)
		})
		if last < 0 {
			return nil
		}
		trace, err = traced(q, latest[last])
		return err
	})
	return trace, err
}

// traced makes a trace of the last entry of an import.
func traced(q Queries, e oncall.Entry) (Status, error) {
	number := func(f oncall.Field) int {
		n, _ := strconv.Atoi(e.After(f)) // written here
		return n
	}
	t := Status{Actor: e.Actor, Door: e.Door, At: e.At, Rows: number(oncall.FieldRows), State: State(e.After(oncall.FieldState)),
		Contacts: number(oncall.FieldContacts), Channels: number(oncall.FieldChannels)}
	if t.State != Begun {
		return t, nil
	}
	var err error
	t.Contacts, t.Channels, err = q.AddedSince(e)
	return t, err
}
