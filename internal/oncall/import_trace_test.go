package oncall_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// upload is a manager's import.
func upload() oncall.Actor {
	by := manager
	by.Request = "upload"
	return by
}

// lastImport is the last import as the trail knows it.
func lastImport(t *testing.T, w *oncalltest.World) oncall.ImportTrace {
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
	for _, e := range entries(t, w) {
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
func endsInTheMiddle(ctx context.Context, t *testing.T, w *oncalltest.World, happens func() error) (oncall.ImportCount, error) {
	t.Helper()
	n := 0
	return w.Import(ctx, upload(), oncall.Import{File: importFile(t, table(400)), Rows: 400}, func(oncall.Verdict) error {
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
		want oncall.ImportState
	}{
		"nothing":    {func(*oncalltest.World, func()) error { return nil }, oncall.ImportFinished},
		"a failure":  {func(*oncalltest.World, func()) error { return stop }, oncall.ImportFailed},
		"a stop":     {func(_ *oncalltest.World, halt func()) error { halt(); return nil }, oncall.ImportStopped},
		"a panic":    {func(*oncalltest.World, func()) error { panic("in the middle") }, oncall.ImportFailed},
		"lost right": {func(w *oncalltest.World, _ func()) error { return disable(w) }, oncall.ImportStopped},
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
			if c.want == oncall.ImportFinished {
				rows = 400
			}
			want := oncall.ImportTrace{Actor: manager.Name, Door: oncall.Browser, At: w.Now(), Rows: rows, State: c.want, Contacts: contacts, Channels: channels}
			if contacts != rows/2 || channels != rows {
				t.Errorf("%d contacts and %d channels were added", contacts, channels)
			}
			same(t, "trace", want, lastImport(t, w))
		})
	}
}

func disable(w *oncalltest.World) error {
	yes := true
	_, err := w.UpdateUser(context.Background(), oncalltest.Admin, oncall.UserChange{User: manager.Principal, Disabled: &yes})
	return err
}

// Who loses the role while an import goes on imports no further.
func TestImportEndsWithTheRoleOfWhoBeganIt(t *testing.T) {
	viewer := oncall.Viewer
	for name, lose := range map[string]func(w *oncalltest.World) error{
		"disabled": disable,
		"demoted": func(w *oncalltest.World) error {
			_, err := w.UpdateUser(context.Background(), oncalltest.Admin, oncall.UserChange{User: manager.Principal, Role: &viewer})
			return err
		},
		"deleted": func(w *oncalltest.World) error {
			return w.DeleteUser(context.Background(), oncalltest.Admin, manager.Principal)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := oncalltest.New(t).WithManager(t)
			count, err := endsInTheMiddle(t.Context(), t, w, func() error { return lose(w) })
			const want = "The import was stopped: manager@example.org may not import contacts any more."
			if oncall.KindOf(err) != oncall.Denied || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
			same(t, "count", oncall.ImportCount{Rows: 150, Adding: 150, Contacts: 75, Channels: 150}, count)
			contacts, channels := made(t, w)
			same(t, "what stays", [2]int{75, 150}, [2]int{contacts, channels})
			refused := 0
			for _, e := range entries(t, w) {
				if e.Operation == oncall.ImportBook && e.Outcome == oncall.Refused && e.Actor == manager.Name {
					refused++
				}
			}
			same(t, "refusals on record", 1, refused)
			_, err = w.Import(t.Context(), upload(), oncall.Import{File: importFile(t, table(400)), DryRun: true}, func(oncall.Verdict) error { return nil })
			if oncall.KindOf(err) != oncall.Denied {
				t.Errorf("a look after that: got %v, want it refused", err)
			}
		})
	}
}

// killed is a store that fails from the moment on when the program is killed.
type killed struct {
	oncall.Store
	dead bool
}

// Update implements oncall.Store.
func (k *killed) Update(ctx context.Context, fn func(oncall.Queries) error) error {
	if k.dead {
		return errors.New("killed")
	}
	return k.Store.Update(ctx, fn)
}

func TestInterruptedImportGoesOn(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	same(t, "no import", oncall.ImportTrace{}, lastImport(t, w))
	store := &killed{Store: w.Store}
	_, err := endsInTheMiddle(t.Context(), t, w.Over(store), func() error { store.dead = true; return nil })
	if err == nil {
		t.Fatal("it went on")
	}
	for n := range 30 { // others go on
		contact(t, w, oncall.NewContact{Alias: fmt.Sprintf("other-%d", n), Type: oncall.Personal})
	}
	trace := oncall.ImportTrace{Actor: manager.Name, Door: oncall.Browser, At: w.Now(), Rows: 400, State: oncall.ImportBegun, Contacts: 75, Channels: 150}
	same(t, "trace", trace, lastImport(t, w))
	_, count := imported(t, w, upload(), oncall.Import{}, table(400))
	same(t, "the rest", oncall.ImportCount{Rows: 400, Adding: 250, Stands: 150, Contacts: 125, Channels: 250}, count)
	trace.State, trace.Contacts, trace.Channels = oncall.ImportFinished, 125, 250
	same(t, "trace at the end", trace, lastImport(t, w))
}
