package oncall

import (
	"context"
	"slices"
	"strconv"
	"time"
)

// ImportTrace is what the audit trail knows of the last import. The zero
// ImportTrace: there was none.
type ImportTrace struct {
	Actor    string // who began it
	Door     Door
	At       time.Time // when it began; when it ended, once it has
	Rows     int       // of the file, or that it went through once it has ended; 0: that is not known
	State    ImportState
	Contacts int // that it has added
	Channels int
}

// ImportState is how far an import is on record.
type ImportState string

// The states.
const (
	ImportBegun    ImportState = "begun" // and not ended: it runs, or was killed
	ImportFinished ImportState = "finished"
	ImportStopped  ImportState = "stopped" // by somebody, or with the program
	ImportFailed   ImportState = "failed"
)

// LastImport finds out how far the last import came that added anything, also
// after what ran it was stopped.
func (s *Service) LastImport(ctx context.Context, by Actor) (ImportTrace, error) {
	var trace ImportTrace
	if err := s.permit(ctx, by, ImportBook, ""); err != nil {
		return trace, err
	}
	err := s.view(ctx, func(q Queries) error {
		latest, err := q.Entries(AuditQuery{Operation: ImportBook, Limit: 50})
		if err != nil {
			return err
		}
		last := slices.IndexFunc(latest, func(e Entry) bool {
			return e.Outcome == Done && e.after(FieldState) != "looked at"
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
func traced(q Queries, e Entry) (ImportTrace, error) {
	number := func(f Field) int {
		n, _ := strconv.Atoi(e.after(f)) // written here
		return n
	}
	t := ImportTrace{Actor: e.Actor, Door: e.Door, At: e.At, Rows: number(FieldRows), State: ImportState(e.after(FieldState)),
		Contacts: number(FieldContacts), Channels: number(FieldChannels)}
	if t.State != ImportBegun {
		return t, nil
	}
	var err error
	t.Contacts, t.Channels, err = q.AddedSince(e)
	return t, err
}

// after is what a field is after the change; "" for one that did not change.
func (e Entry) after(f Field) string {
	for _, c := range e.Changes {
		if c.Field == f {
			return c.After
		}
	}
	return ""
}
