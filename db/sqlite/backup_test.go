package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callbook/db"
	"callbook/internal/oncall"
)

// sound fails the test unless nothing is wrong with a database or a backup, which
// is opened by a key file.
func sound(t *testing.T, path, keyFile string) {
	t.Helper()
	s := openCopy(t, path, keyFile)
	if diff := cmp.Diff([]string(nil), wrongsIn(t, s)); diff != "" {
		t.Errorf("check of %s (-want +got):\n%s", path, diff)
	}
	_, faults, err := newRooms(s, roomOptions{Scope: testScope}).VerifyAudit(t.Context(), keeper, nil)
	if err != nil || len(faults) > 0 {
		t.Errorf("audit trail of %s: got %v, %v, want no faults", path, faults, err)
	}
}

func openCopy(t *testing.T, path, keyFile string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{ReadOnly: true, KeyFile: keyFile})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	return s
}

// backedUp makes a backup, beside a database.
func backedUp(t *testing.T, path string) (file string, saved Saved) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "backup.db")
	saved, err := Backup(t.Context(), path, file)
	if err != nil {
		t.Fatal(err)
	}
	return file, saved
}

// names returns what a folder holds.
func names(t *testing.T, folder string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestBackupBesideWritersHoldsWhatWasAcknowledged(t *testing.T) {
	path := testPath(t)
	s, service := openKeyed(t, path)
	var mu sync.Mutex
	var made []oncall.ARN
	acknowledged := func() []oncall.ARN {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(made)
	}
	ctx, stop := context.WithCancel(t.Context())
	enough, once := make(chan struct{}), sync.Once{}
	var writers sync.WaitGroup
	for w := range 8 {
		alias := fmt.Sprint("w", w)
		if _, err := service.CreateContact(ctx, keeper, oncall.NewContact{Alias: alias, Type: oncall.Personal}); err != nil {
			t.Fatal(err)
		}
		writers.Go(func() {
			contact := testScope.Contact(alias)
			for n := 0; ctx.Err() == nil; n++ {
				if n%50 == 0 { // a contact has room for 100 channels
					alias := fmt.Sprintf("w%d-%d", w, n)
					contact, _ = service.CreateContact(t.Context(), keeper, oncall.NewContact{Alias: alias, Type: oncall.Personal})
				}
				arn, err := service.CreateChannel(t.Context(), keeper, oncall.NewChannel{Contact: contact, Name: "n", Type: oncall.Email, Address: fmt.Sprintf("w%d-n%d@example.org", w, n)})
				if err != nil {
					t.Error(err)
					once.Do(func() { close(enough) })
					return
				}
				mu.Lock()
				made = append(made, arn)
				if len(made) == 200 {
					once.Do(func() { close(enough) })
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	before := acknowledged()
	file, saved := backedUp(t, path)
	during := len(acknowledged()) - len(before)
	stop()
	writers.Wait()

	if during == 0 {
		t.Error("nobody wrote while the backup was made: the writers were kept from it")
	}
	if got := names(t, filepath.Dir(file)); !slices.Equal(got, []string{"backup.db"}) {
		t.Errorf("files: got %v, want the backup alone", got)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 || info.Size() != saved.Size {
		t.Errorf("backup: got %v, %v, want mode 0600 and %d bytes", info, err, saved.Size)
	}
	sound(t, file, s.keyFile)
	copied := newRooms(openCopy(t, file, s.keyFile), roomOptions{Scope: testScope})
	for _, arn := range before {
		if _, err := copied.Channel(t.Context(), keeper, arn); err != nil {
			t.Fatalf("%s: acknowledged before the backup, and not in it: %v", arn, err)
		}
	}
	if saved.Channels < int64(len(before)) || saved.Version != newest(t) || saved.KeyFile != s.Keys().ID() || saved.End.Seq == 0 {
		t.Errorf("saved: got %+v", saved)
	}
}

func TestBackupIsRefusedAndLeavesNothing(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	newer, foreign, text := testPath(t), testPath(t), testPath(t)
	made(t, newer, "ana")
	execute(t, newer, "PRAGMA user_version = 9999")
	execute(t, foreign, "CREATE TABLE t (x)")
	writeFile(t, text, "This is a letter. It is long enough to look like a database.")
	broken := damaged(t, path)
	for name, c := range map[string]struct {
		path, file string
		want       error
	}{
		"no database":        {filepath.Join(t.TempDir(), "none.db"), "b", ErrNoDatabase},
		"of a newer version": {newer, "b", ErrNewer},
		"of another program": {foreign, "b", ErrForeign},
		"a text":             {text, "b", ErrNotDatabase},
		"damaged":            {broken, "b", db.ErrDamaged},
		"a file there":       {path, "there", ErrExists},
		"no folder":          {path, "none/b", fs.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			writeFile(t, filepath.Join(folder, "there"), "kept")
			if _, err := Backup(t.Context(), c.path, filepath.Join(folder, c.file)); !errors.Is(err, c.want) {
				t.Errorf("Backup: got %v, want %v", err, c.want)
			}
			if got := names(t, folder); !slices.Equal(got, []string{"there"}) {
				t.Errorf("files: got %v, want nothing new", got)
			}
			if data, err := os.ReadFile(filepath.Join(folder, "there")); string(data) != "kept" {
				t.Errorf("the file that was there: got %q, %v", data, err)
			}
		})
	}
}

// damaged returns a copy of a database in which one page of a table is noise.
func damaged(t *testing.T, path string) (beside string) {
	t.Helper()
	s := openCopy(t, path, "")
	root := rowsOf(t, s, "SELECT rootpage FROM sqlite_schema WHERE name = 'contact'")[0][0].(int64)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(data[(root-1)*4096:root*4096], "noise noise noise")
	beside = testPath(t)
	writeFile(t, beside, string(data))
	return beside
}

func TestCopyDoesNotTakeTheNameOfAFileThatHasComeMeanwhile(t *testing.T) {
	to := filepath.Join(t.TempDir(), "b")
	c, err := startCopy(to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.end()
	writeFile(t, to, "kept")
	if err := c.place(to); !errors.Is(err, ErrExists) {
		t.Errorf("place: got %v, want ErrExists", err)
	}
	if data, err := os.ReadFile(to); string(data) != "kept" {
		t.Errorf("the file that has come: got %q, %v", data, err)
	}
}

func TestInterruptedBackupLeavesNothing(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	folder := t.TempDir()
	if _, err := save(ctx, path, filepath.Join(folder, "b")); !errors.Is(err, context.Canceled) {
		t.Errorf("backup: got %v, want it cancelled", err)
	}
	d, err := startCopy(filepath.Join(folder, "b"))
	if err != nil {
		t.Fatal(err)
	}
	pool := poolOf(t, path)
	c, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = c.Raw(func(conn any) error { return copyPages(ctx, conn, dsn(d.file, "rw")) }) // between two chunks
	if !errors.Is(err, context.Canceled) {
		t.Errorf("copying: got %v, want it cancelled", err)
	}
	d.end()
	if got := names(t, folder); len(got) > 0 {
		t.Errorf("files: got %v, want none", got)
	}
}

func TestBackupOfAnUncleanDatabaseHoldsItsLog(t *testing.T) {
	path := testPath(t)
	v := startVictim(t, path)
	acknowledged := append(v.acknowledged(t, 1), v.kill(t)...)
	file, saved := backedUp(t, path)
	if saved.Contacts != int64(len(acknowledged)) {
		t.Errorf("contacts in the backup: got %d, want %d", saved.Contacts, len(acknowledged))
	}
	sound(t, file, KeyFile(path))
}
