package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callbook/db"
	"callbook/internal/oncall"
)

var otherScope = oncall.Scope{Region: "eu-west-1", Account: "111122223333"}

// folder returns the name and a hash of every file beside a database that
// nobody has open.
func folder(t *testing.T, path string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = fmt.Sprintf("%d bytes, %x", len(data), sha256.Sum256(data))
	}
	return files
}

// refused fails the test unless Open fails with want and leaves everything as
// it was.
func refused(t *testing.T, path string, scope oncall.Scope, want error) {
	t.Helper()
	before := folder(t, path)
	f := &faults{}
	s, err := open(t.Context(), f.name(), path, Options{Scope: scope})
	if err == nil {
		closeAfter(t, s)
	}
	if !errors.Is(err, want) {
		t.Errorf("Open: got error %v, want %v", err, want)
	}
	if n := f.opened.Load(); n > 0 {
		t.Errorf("connections that may write: got %d, want none to a file that is refused", n)
	}
	if err != nil && !strings.Contains(err.Error(), path) {
		t.Errorf("Open: got error %q, which does not name %s", err, path)
	}
	if diff := cmp.Diff(before, folder(t, path)); diff != "" {
		t.Errorf("files after a refused Open (-before +after):\n%s", diff)
	}
}

// execute changes a database behind the store's back.
func execute(t *testing.T, path string, texts ...string) {
	t.Helper()
	pool, err := sql.Open(driverName, dsn(path, "rwc"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if _, err := pool.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
}

// made makes a database with these contacts and closes it.
func made(t *testing.T, path string, aliases ...string) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Scope: testScope})
	if err != nil {
		t.Fatal(err)
	}
	for _, alias := range aliases {
		if err := s.Update(t.Context(), insertOnce(alias)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// holds fails the test unless the database holds exactly these contacts.
func holds(t *testing.T, path string, aliases ...string) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Scope: testScope})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(aliases, stored(t, s)); diff != "" {
		t.Errorf("contacts in %s (-want +got):\n%s", path, diff)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFileThatIsNoDatabaseIsLeftAlone(t *testing.T) {
	magic := "SQLite format 3\x00"
	for name, content := range map[string]string{
		"a letter":                  "x",
		"a text":                    strings.Repeat("Dear diary. ", 1000),
		"the magic words alone":     magic,
		"the magic words and noise": magic + strings.Repeat("noise", 2000),
		"zeros":                     strings.Repeat("\x00", 8192),
	} {
		t.Run(name, func(t *testing.T) {
			path := testPath(t)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, path, testScope, ErrNotDatabase)
		})
	}
}

func TestFolderInPlaceOfTheFileIsRefused(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{Scope: testScope})
	if err == nil {
		closeAfter(t, s)
	}
	if !errors.Is(err, ErrNotDatabase) {
		t.Errorf("Open of a folder: got %v, want ErrNotDatabase", err)
	}
}

func TestTruncatedFileIsDamaged(t *testing.T) {
	path := testPath(t)
	if err := openTest(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, Options{Scope: testScope})
	if err == nil {
		closeAfter(t, s)
	}
	if !errors.Is(err, db.ErrDamaged) {
		t.Errorf("Open: got %v, want db.ErrDamaged", err)
	}
}

func TestForeignDatabaseIsLeftAlone(t *testing.T) {
	for name, texts := range map[string][]string{
		"with a table":                     {"CREATE TABLE contact (alias TEXT)"},
		"with a table and a version":       {"CREATE TABLE t (x)", "PRAGMA user_version = 1"},
		"with a table beside Litestream's": {"CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)", "CREATE TABLE t (x)"},
		"with an id of its own":            {"PRAGMA application_id = 1196444487"},
		"with a version and no table":      {"PRAGMA user_version = 7"},
		"with write-ahead logging":         {"PRAGMA journal_mode = WAL", "CREATE TABLE t (x)"},
		"with another id and our table":    {"PRAGMA application_id = 5", "CREATE TABLE installation (id)"},
	} {
		t.Run(name, func(t *testing.T) {
			path := testPath(t)
			execute(t, path, texts...)
			refused(t, path, testScope, ErrForeign)
		})
	}
}

// Litestream may open a new file before the first migration has begun.
func TestTablesOfLitestreamMakeNoForeignDatabase(t *testing.T) {
	path := testPath(t)
	execute(t, path, "PRAGMA journal_mode = WAL", "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)", "CREATE TABLE _litestream_lock (id INTEGER)",
		"INSERT INTO _litestream_seq VALUES (1, 1)")
	made(t, path, "ana")
	holds(t, path, "ana")
	execute(t, path, "UPDATE _litestream_seq SET seq = seq + 1") // which Open has left as they were
}

func TestForeignDatabaseInUseIsLeftAlone(t *testing.T) {
	path := testPath(t)
	pool, err := sql.Open(driverName, dsn(path, "rwc", "journal_mode(WAL)"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.ExecContext(t.Context(), "CREATE TABLE t (x)"); err != nil { // which stays in the log
		t.Fatal(err)
	}
	before := folder(t, path)
	if _, err := Open(t.Context(), path, Options{Scope: testScope}); !errors.Is(err, ErrForeign) {
		t.Errorf("Open: got error %v, want %v", err, ErrForeign)
	}
	after := folder(t, path)
	delete(before, "callbook.db-shm") // the locks, which come and go
	delete(after, "callbook.db-shm")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("files after a refused Open (-before +after):\n%s", diff)
	}
}

func TestOtherScopeIsRefusedWhileTheDatabaseIsInUse(t *testing.T) {
	path := testPath(t)
	s := openTest(t, path)
	if err := s.Update(t.Context(), insertOnce("ana")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Options{Scope: otherScope}); !errors.Is(err, db.ErrOtherScope) {
		t.Errorf("Open: got error %v, want %v", err, db.ErrOtherScope)
	}
	if err := s.Update(t.Context(), insertOnce("ben")); err != nil {
		t.Errorf("Update after somebody else's refused Open: got error %v, want none", err)
	}
}

func TestDatabaseOfANewerVersionIsLeftAlone(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	execute(t, path, "PRAGMA user_version = 9999")
	refused(t, path, testScope, ErrNewer)
	execute(t, path, fmt.Sprintf("PRAGMA user_version = %d", newest(t)))
	holds(t, path, "ana")
}

func TestDatabaseOfAnotherScopeIsLeftAlone(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	refused(t, path, otherScope, db.ErrOtherScope)
	holds(t, path, "ana")
}

func TestScopeMayChangeWhileNothingHasAnARN(t *testing.T) {
	path := testPath(t)
	for _, scope := range []oncall.Scope{otherScope, testScope} {
		s, err := Open(t.Context(), path, Options{Scope: scope})
		if err != nil {
			t.Fatalf("Open of an empty database with scope %v: got error %v, want none", scope, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	made(t, path, "ana")
	refused(t, path, otherScope, db.ErrOtherScope)
}

func TestScopeIsDecidedByTheDatabaseAndNotByTheLookBefore(t *testing.T) {
	s := openTest(t, testPath(t))
	if err := s.Update(t.Context(), insertOnce("ana")); err != nil {
		t.Fatal(err)
	}
	for scope, want := range map[oncall.Scope]error{otherScope: db.ErrOtherScope, testScope: nil} {
		if err := db.Install(t.Context(), s.conns[0], scope, s.Keys()); !errors.Is(err, want) {
			t.Errorf("Install with scope %v: got error %v, want %v", scope, err, want)
		}
	}
}

func TestScopeStaysWhileATokenIsRemembered(t *testing.T) {
	path := testPath(t)
	s, err := Open(t.Context(), path, Options{Scope: testScope})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(q db.Queries) error {
		_, err := q.Remember(oncall.Request{Token: "t"}, "arn", micro)
		return err
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	refused(t, path, otherScope, db.ErrOtherScope)
}

func TestPlaceThatCannotBeWrittenIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(file, "callbook.db"), "/proc/callbook/callbook.db", "/proc/self/callbook.db", "/dev/null/callbook.db"} {
		s, err := Open(t.Context(), path, Options{Scope: testScope})
		if err == nil {
			closeAfter(t, s)
		}
		if err == nil || !strings.Contains(err.Error(), filepath.Dir(path)) {
			t.Errorf("Open(%q): got error %v, want one that names the folder", path, err)
		}
	}
}

func TestPathIsTakenAsItStands(t *testing.T) {
	for _, name := range []string{
		"plain.db", "with space.db", "what?mode=memory", "100%.db", "%20.db", "a#b.db", "a&b=c;d+e.db", "ünïcödé-試験.db",
		"it's \"quoted\".db", "back\\slash.db", "file:callbook.db", "folder ?#%/callbook.db", "no\nline.db", "byte\xff.db",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			made(t, path, "ana")
			if _, err := os.Stat(path); err != nil {
				t.Errorf("file after Open(%q): %v", path, err)
			}
			holds(t, path, "ana")
			holds(t, "/"+path, "ana")
		})
	}
}

func TestRelativePathBeginsInTheWorkingFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{"callbook.db", "./dot.db", "data/callbook.db", "a:b.db"} {
		_ = os.Remove(KeyFile(path)) // of the one before, beside the same folder
		made(t, path, "ana")
		if _, err := os.Stat(path); err != nil {
			t.Errorf("file after Open(%q): %v", path, err)
		}
		holds(t, path, "ana")
	}
}

func TestNameOfADatabaseInMemoryIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{":memory:", ""} {
		s, err := Open(t.Context(), path, Options{Scope: testScope})
		if err == nil {
			closeAfter(t, s)
			t.Errorf("Open(%q): got no error, want one: nothing in it would last", path)
		}
	}
}

func TestEmptyFileIsAnEmptyDatabase(t *testing.T) {
	path := testPath(t)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	made(t, path, "ana")
	holds(t, path, "ana")
}

func TestDataSurviveCloseAndOpen(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana", "ben")
	holds(t, path, "ana", "ben")
	before := folder(t, path)
	holds(t, path, "ana", "ben")
	if diff := cmp.Diff(before, folder(t, path)); diff != "" {
		t.Errorf("files after an Open that had nothing to change (-before +after):\n%s", diff)
	}
}

func TestTokenIsKnownAfterCloseAndOpen(t *testing.T) {
	path := testPath(t)
	for _, want := range []oncall.Memory{{}, {Seen: true, Same: true, Resource: "arn"}} {
		s, err := Open(t.Context(), path, Options{Scope: testScope})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Update(t.Context(), func(q db.Queries) error {
			got, err := q.Remember(oncall.Request{Token: "t"}, "arn", micro)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("memory (-want +got):\n%s", diff)
			}
			return err
		})
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryConnectionHasThePragmas(t *testing.T) {
	s := openTest(t, testPath(t))
	if got := len(s.conns); got != 1+readers {
		t.Errorf("connections: got %d, want the writer's and %d readers'", got, readers)
	}
	for i, c := range s.conns {
		want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "query_only": "1"}
		if i == 0 { // the writer's
			want["query_only"] = "0"
		}
		got := map[string]string{}
		for pragma := range want {
			var value string
			if err := c.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&value); err != nil {
				t.Fatal(err)
			}
			got[pragma] = value
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pragmas of connection %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestViewCannotWrite(t *testing.T) {
	s := openTest(t, testPath(t))
	for range readers {
		if err := s.View(t.Context(), insertOnce("ana")); err == nil {
			t.Error("View of a function that inserts: got no error, want one")
		}
	}
	if got := stored(t, s); len(got) > 0 {
		t.Errorf("contacts after views that insert: got %q, want none", got)
	}
}

func TestTwoStoresWriteToOneFile(t *testing.T) {
	path := testPath(t)
	stores := make([]*Store, 2)
	var all sync.WaitGroup
	for i := range stores {
		all.Go(func() { // both make the file
			s, err := Open(t.Context(), path, Options{Scope: testScope})
			if err != nil {
				t.Errorf("one of two Opens at once: got error %v, want none", err)
				return
			}
			stores[i] = s
		})
	}
	all.Wait()
	var want []string
	for i, s := range stores {
		if s == nil {
			t.FailNow()
		}
		closeAfter(t, s)
		for n := range 50 {
			alias := fmt.Sprintf("s%d-n%02d", i, n)
			want = append(want, alias)
			all.Go(func() {
				if err := s.Update(t.Context(), insertOnce(alias)); err != nil {
					t.Errorf("insert of %s: got error %v, want none", alias, err)
				}
			})
		}
	}
	all.Wait()
	slices.Sort(want)
	for _, s := range stores {
		if diff := cmp.Diff(want, stored(t, s)); diff != "" {
			t.Errorf("contacts in a store (-want +got):\n%s", diff)
		}
	}
}

func TestOpenTriesAgainWhereSQLiteDoesNotWait(t *testing.T) {
	f := &faults{busy: 2}
	s := openFaulty(t, f)
	if err := s.Update(t.Context(), insertOnce("ana")); err != nil {
		t.Errorf("Update: got error %v, want none", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := open(ctx, (&faults{busy: 1000}).name(), testPath(t), Options{Scope: testScope}); err == nil {
		closeAfter(t, s)
		t.Error("open of a locked file with an ended context: got no error, want one")
	}
}

func TestProcessesMayMakeAFileAtOnce(t *testing.T) {
	for range 20 {
		path := testPath(t)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				s, err := Open(t.Context(), path, Options{Scope: testScope})
				if err == nil {
					err = s.Close()
				}
				if err != nil {
					t.Errorf("one of three Opens at once: got error %v, want none", err)
				}
			})
		}
		all.Wait()
	}
}

func TestFileOfAnotherUserIsRefused(t *testing.T) {
	path := testPath(t)
	if err := openTest(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkOwner(info, os.Geteuid()); err != nil {
		t.Errorf("the owner is refused: %v", err)
	}
	err = checkOwner(info, os.Geteuid()+1)
	if want := fmt.Sprintf("sudo -u '#%d'", os.Geteuid()); !errors.Is(err, ErrNotOwner) || !strings.Contains(err.Error(), want) {
		t.Errorf("another user is told %v, want ErrNotOwner with %s", err, want)
	}
}
