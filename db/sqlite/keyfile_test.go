package sqlite

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/db"
	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/internal/seal"
)

func TestNewDatabaseMakesItsKeyFileAndNeverAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "callbook.db")
	file := KeyFile(path)
	s, service := openKeyed(t, path)
	info, err := os.Stat(file)
	if err != nil || info.Mode() != 0o600 || s.Locked() != nil {
		t.Fatalf("key file: got %v, %v, %v", info, err, s.Locked())
	}
	withAddresses(t, service)
	if err := errors.Join(s.Close(), os.Remove(file)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, _ := openKeyed(t, path)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if got := looks(t, file); got != "missing" {
			t.Errorf("a database with contacts got another key file: %s", got)
		}
	}
	execute(t, path, "DELETE FROM installation")
	if _, err := Open(t.Context(), path, Options{Scope: testScope}); !errors.Is(err, db.ErrDamaged) {
		t.Errorf("a database that does not name its key file: got %v, want db.ErrDamaged", err)
	}
	if got := looks(t, file); got != "missing" {
		t.Errorf("a database with contacts got another key file: %s", got)
	}
}

// A key file without its database is what a crash leaves between the two.
func TestStartGoesOnAfterACrashBetweenKeyFileAndDatabase(t *testing.T) {
	for name, c := range map[string]struct {
		path func(t *testing.T) string
		do   func(t *testing.T, path string)
	}{
		"no database":   {func(t *testing.T) string { return testPath(t) }, func(*testing.T, string) {}},
		"an empty file": {func(t *testing.T) string { return testPath(t) }, func(t *testing.T, path string) { writeFile(t, path, "") }},
		"a database not yet installed": {func(t *testing.T) string { return testPath(t) }, func(t *testing.T, path string) {
			made(t, path)
			execute(t, path, "DELETE FROM installation")
			remove(t, KeyFile(path))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.path(t)
			c.do(t, path)
			ring, err := seal.Create(KeyFile(path), nil)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, pending(KeyFile(path)), "")
			s, service := openKeyed(t, path)
			if s.Keys().ID() != ring.ID() || s.Locked() != nil {
				t.Errorf("keys: got %v, %v, want those that were there", s.Keys(), s.Locked())
			}
			if _, err := service.CreateContact(t.Context(), keeper, oncall.NewContact{Alias: "zoe", Type: oncall.Personal}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestServerGoesOnWhileItsKeyFileIsAway(t *testing.T) {
	path := testPath(t)
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	s, err := Open(t.Context(), path, Options{Scope: testScope, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	service := newRooms(s, roomOptions{Scope: testScope})
	channels := withAddresses(t, service)
	if err := os.Rename(KeyFile(path), KeyFile(path)+".away"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		now = now.Add(seal.Lag)
		if a, err := service.RevealAddress(t.Context(), keeper, channels[0]); err != nil || a.Canonical != "+15005550199" {
			t.Errorf("reveal: got %+v, %v", a, err)
		}
		// What was sealed now would be lost if the file stayed away.
		if _, err := service.UpdateChannel(t.Context(), keeper, oncall.ChannelChange{Channel: channels[2], Address: new(now.Format("t150405") + "@example.org")}); oncall.KindOf(err) != oncall.Sealed {
			t.Errorf("change: got %v, want Sealed", err)
		}
		if err := s.Keys().Health(); !errors.Is(err, seal.ErrMissing) {
			t.Errorf("health: got %v, want ErrMissing", err)
		}
	}
	if err := os.Rename(KeyFile(path)+".away", KeyFile(path)); err != nil {
		t.Fatal(err)
	}
	now = now.Add(seal.Lag)
	if err := s.Keys().Health(); err != nil {
		t.Errorf("health with the file back: got %v", err)
	}
}

func TestNoFileHoldsAnAddress(t *testing.T) {
	path := testPath(t)
	s, service := openKeyed(t, path)
	clean := func(when string) {
		t.Helper()
		for _, plain := range known {
			if inFiles(t, path, plain) {
				t.Errorf("%s: %q is in the files", when, plain)
			}
		}
	}
	channels := withAddresses(t, service)
	clean("while it is open")
	if _, err := service.UpdateChannel(t.Context(), keeper, oncall.ChannelChange{Channel: channels[2], Address: new("Ana.Silva@Example.org"), Name: new("mail")}); err != nil {
		t.Fatal(err)
	}
	if _, err := service.RevealAddress(t.Context(), keeper, channels[2]); err != nil {
		t.Fatal(err)
	}
	if _, err := service.ExportAudit(t.Context(), keeper, oncall.AuditQuery{}, func(oncall.Entry) error { return nil }); err != nil {
		t.Fatal(err)
	}
	key, secret, err := service.CreateAccessKey(t.Context(), keeper, account.NewAccessKey{Name: "ci", Role: oncall.Viewer})
	if err != nil {
		t.Fatal(err)
	}
	clean("after work")
	backup := path + "-backup" // among the files that clean looks at
	execute(t, path, "VACUUM INTO '"+backup+"'")
	clean("with a backup")
	if !inFiles(t, backup, key.ID) || inFiles(t, path, secret) {
		t.Error("a backup lacks the access key, or a file holds its secret")
	}
	execute(t, path, "PRAGMA wal_checkpoint(TRUNCATE)")
	clean("after a checkpoint")
	if err := service.DeleteContact(t.Context(), keeper, testScope.Contact("ana")); err != nil {
		t.Fatal(err)
	}
	clean("after a deletion")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	clean("when it is closed")
	if !inFiles(t, path, "example.org") || !inFiles(t, path, "keeper") {
		t.Error("the mask or the actor is not in the files: this test proves nothing")
	}
}

func TestMustExistMakesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		want error
	}{
		"no folder":    {filepath.Join(t.TempDir(), "none", "callbook.db"), ErrNoDatabase},
		"no file":      {testPath(t), ErrNoDatabase},
		"empty file":   {testPath(t), ErrNoDatabase},
		"unreleased":   {unreleased(t), ErrUnreleased},
		"version zero": {testPath(t), ErrNoDatabase},
		"unfinished":   {testPath(t), ErrNoDatabase},
	} {
		switch name {
		case "empty file":
			writeFile(t, c.path, "")
		case "version zero":
			execute(t, c.path, "PRAGMA journal_mode = DELETE", "VACUUM")
		case "unfinished":
			made(t, c.path)
			execute(t, c.path, "DELETE FROM installation")
			remove(t, KeyFile(c.path))
		}
		var before map[string]string
		if name != "no folder" {
			before = folder(t, c.path)
		}
		s, err := Open(t.Context(), c.path, Options{Scope: testScope, MustExist: true})
		if err == nil {
			closeAfter(t, s)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if _, err := os.Stat(KeyFile(c.path)); err == nil {
			t.Errorf("%s: a key file was made", name)
		}
		if name == "no folder" {
			if _, err := os.Stat(filepath.Dir(c.path)); err == nil {
				t.Error("the folder was made")
			}
			continue
		}
		if diff := cmp.Diff(before, folder(t, c.path)); diff != "" && name != "unfinished" {
			t.Errorf("%s: files (-before +after):\n%s", name, diff)
		}
	}
	path := testPath(t)
	made(t, path, "ana")
	s, err := Open(t.Context(), path, Options{Scope: testScope, MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	if diff := cmp.Diff([]string{"ana"}, stored(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestKeyFileOfAnotherDatabaseIsLeftAlone(t *testing.T) {
	first, second := testPath(t), testPath(t)
	made(t, first, "ana")
	_, err := Open(t.Context(), second, Options{Scope: testScope, KeyFile: KeyFile(first)})
	if !errors.Is(err, ErrOtherKeyFile) {
		t.Errorf("a new database with the key file of another: got %v, want ErrOtherKeyFile", err)
	}
	holds(t, first, "ana")
}

func TestKeyFileLiesBesideTheDataAndNotInIt(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"callbook.db": here + ".key", "./callbook.db": here + ".key", "../callbook.db": filepath.Dir(here) + ".key",
		"data/callbook.db": here + "/data.key", "/callbook.db": ""} {
		if got := KeyFile(path); got != want {
			t.Errorf("key file of %s: got %q, want %q", path, got, want)
		}
	}
	for _, file := range []string{"data/callbook.key", "./data/../data/x/y.key", "/../" + here + "/data/k"} {
		if _, err := Open(t.Context(), "data/callbook.db", Options{Scope: testScope, KeyFile: file}); !errors.Is(err, ErrKeyFilePlace) {
			t.Errorf("key file %s: got %v, want ErrKeyFilePlace", file, err)
		}
	}
}

// inFiles reports whether a text is in the database, its log or its index.
func inFiles(t *testing.T, path, text string) bool {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			return true
		}
	}
	return false
}
