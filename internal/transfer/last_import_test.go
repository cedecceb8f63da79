package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
)

// upload is a manager's import.
func upload() oncall.Actor {
	by := oncalltest.Manager
	by.Request = "upload"
	return by
}

// lastImport is the last import as the trail knows it.
func lastImport(t *testing.T, w *oncalltest.World) transfer.PastImport {
	t.Helper()
	trace, err := w.LastImport(t.Context(), oncalltest.Admin)
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

// made counts the entries of contacts and channels that an import has added.
func made(t *testing.T, w *oncalltest.World) (contacts, channels int) {
	t.Helper()
	for _, e := range oncalltest.Entries(t, w) {
		switch {
		case e.Request != "upload":
		case e.Operation == oncall.CreateContact:
			contacts++
		case e.Operation == oncall.CreateContactChannel:
			channels++
		}
	}
	return contacts, channels
}

// endsInTheMiddle is an import of 400 rows of which something happens at row 120,
// in the middle of what is committed by then.
func endsInTheMiddle(ctx context.Context, t *testing.T, w *oncalltest.World, happens func() error) (transfer.Count, error) {
	t.Helper()
	n := 0
	return w.Import(ctx, upload(), transfer.Import{File: importFile(t, table(400)), Rows: 400}, func(transfer.RowResult) error {
		if n++; n == 120 {
			return happens()
		}
		return nil
	})
}

// An import that ends says so on record, with what it has added, however it ends.
func TestEveryEndOfAnImportIsOnRecord(t *testing.T) {
	stop := errors.New("stop")
	for name, c := range map[string]struct {
		do   func(w *oncalltest.World, halt func()) error
		want transfer.State
	}{
		"nothing":    {func(*oncalltest.World, func()) error { return nil }, transfer.Finished},
		"a failure":  {func(*oncalltest.World, func()) error { return stop }, transfer.Failed},
		"a stop":     {func(_ *oncalltest.World, halt func()) error { halt(); return nil }, transfer.Stopped},
		"a panic":    {func(*oncalltest.World, func()) error { panic("in the middle") }, transfer.Failed},
		"lost right": {func(w *oncalltest.World, _ func()) error { return disable(w) }, transfer.Stopped},
	} {
		t.Run(name, func(t *testing.T) {
			w := oncalltest.New(t).WithManager(t)
			ctx, halt := context.WithCancel(t.Context())
			defer halt()
			func() {
				defer func() { _ = recover() }()
				_, _ = endsInTheMiddle(ctx, t, w, func() error { return c.do(w, halt) })
			}()
			contacts, channels := made(t, w)
			rows := 150
			if c.want == transfer.Finished {
				rows = 400
			}
			want := transfer.PastImport{Actor: oncalltest.Manager.Name, Door: oncall.Browser, At: w.Now(), Rows: rows, State: c.want, Contacts: contacts, Channels: channels}
			if contacts != rows/2 || channels != rows {
				t.Errorf("%d contacts and %d channels were added", contacts, channels)
			}
			oncalltest.Same(t, "trace", want, lastImport(t, w))
		})
	}
}

func disable(w *oncalltest.World) error {
	yes := true
	_, err := w.UpdateUser(context.Background(), oncalltest.Admin, account.UserChange{User: oncalltest.Manager.Principal, Disabled: &yes})
	return err
}

// Who loses the role while an import goes on imports no further.
func TestImportEndsWithTheRoleOfWhoBeganIt(t *testing.T) {
	viewer := oncall.Viewer
	for name, lose := range map[string]func(w *oncalltest.World) error{
		"disabled": disable,
		"demoted": func(w *oncalltest.World) error {
			_, err := w.UpdateUser(context.Background(), oncalltest.Admin, account.UserChange{User: oncalltest.Manager.Principal, Role: &viewer})
			return err
		},
		"deleted": func(w *oncalltest.World) error {
			return w.DeleteUser(context.Background(), oncalltest.Admin, account.UserDeletion{User: oncalltest.Manager.Principal})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := oncalltest.New(t).WithManager(t)
			count, err := endsInTheMiddle(t.Context(), t, w, func() error { return lose(w) })
			const want = "The import was stopped: manager@example.org may not import contacts any more."
			if oncall.KindOf(err) != oncall.Denied || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
			oncalltest.Same(t, "count", transfer.Count{Rows: 150, Adding: 150, Contacts: 75, Channels: 150}, count)
			contacts, channels := made(t, w)
			oncalltest.Same(t, "what stays", [2]int{75, 150}, [2]int{contacts, channels})
			refused := 0
			for _, e := range oncalltest.Entries(t, w) {
				if e.Operation == oncall.ImportBook && e.Outcome == oncall.Refused && e.Actor == oncalltest.Manager.Name {
					refused++
				}
			}
			oncalltest.Same(t, "refusals on record", 1, refused)
			_, err = w.Import(t.Context(), upload(), transfer.Import{File: importFile(t, table(400)), DryRun: true}, func(transfer.RowResult) error { return nil })
			if oncall.KindOf(err) != oncall.Denied {
				t.Errorf("a look after that: got %v, want it refused", err)
			}
		})
	}
}

// killed is a store that fails from the moment on when the program is killed.
type killed struct {
	db.Transactor
	dead bool
}

// Update implements db.Transactor.
func (k *killed) Update(ctx context.Context, fn func(db.Queries) error) error {
	if k.dead {
		return errors.New("killed")
	}
	return k.Transactor.Update(ctx, fn)
}

func TestInterruptedImportGoesOn(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	oncalltest.Same(t, "no import", transfer.PastImport{}, lastImport(t, w))
	store := &killed{Transactor: w.Store}
	_, err := endsInTheMiddle(t.Context(), t, w.Over(store), func() error { store.dead = true; return nil })
	if err == nil {
		t.Fatal("it went on")
	}
	for n := range 30 { // others go on
		oncalltest.AddContact(t, w, oncall.NewContact{Alias: fmt.Sprintf("other-%d", n), Type: oncall.Personal})
	}
	trace := transfer.PastImport{Actor: oncalltest.Manager.Name, Door: oncall.Browser, At: w.Now(), Rows: 400, State: transfer.Begun, Contacts: 75, Channels: 150}
	oncalltest.Same(t, "trace", trace, lastImport(t, w))
	_, count := imported(t, w, upload(), transfer.Import{}, table(400))
	oncalltest.Same(t, "the rest", transfer.Count{Rows: 400, Adding: 250, Existing: 150, Contacts: 125, Channels: 250}, count)
	trace.State, trace.Contacts, trace.Channels = transfer.Finished, 125, 250
	oncalltest.Same(t, "trace at the end", trace, lastImport(t, w))
}
