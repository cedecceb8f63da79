package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"callbook/db"
)

// restoreVariable makes the test binary restore a database and kill itself at a
// step: step, path, file.
const restoreVariable = "CALLBOOK_TEST_RESTORE_UNTIL_KILLED"

func restoreUntil(arguments string) int {
	part := strings.Split(arguments, "|")
	r := restoration{path: part[1], now: time.Now, link: os.Link, onStep: func(step string) {
		if step == part[0] {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			<-killed
		}
	}}
	if _, err := r.run(context.Background(), part[2], Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func poolOf(t *testing.T, path string) *sql.DB {
	t.Helper()
	pool, err := sql.Open(driverName, dsn(path, "rw"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// changed makes a database with ana, a backup of it, and then adds ben and leaves
// the log behind that a killed process leaves.
func changed(t *testing.T) (path, file string) {
	t.Helper()
	path = testPath(t)
	made(t, path, "ana")
	file, _ = backedUp(t, path)
	s, err := Open(t.Context(), path, Options{Scope: testScope})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), insertOnce("ben")); err != nil {
		t.Fatal(err)
	}
	killed := filepath.Join(t.TempDir(), "log")
	copyFile(t, killed, path+"-wal")
	copyFile(t, killed+".db", path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copyFile(t, path, killed+".db")
	copyFile(t, path+"-wal", killed)
	return path, file
}

func TestRestorePutsTheBackupInPlaceAndKeepsWhatWasThere(t *testing.T) {
	path, file := changed(t)
	done, err := Restore(t.Context(), path, file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, filepath.Dir(path)), []string{"callbook.db", filepath.Base(done.Before)}; !slices.Equal(got, want) {
		t.Errorf("files: got %v, want %v", got, want)
	}
	if done.Contacts != 1 || done.KeyFile == "" {
		t.Errorf("restored: got %+v", done)
	}
	holds(t, path, "ana")
	if saved, err := verify(t.Context(), done.Before); err != nil || saved.Contacts != 2 {
		t.Errorf("what was there: got %+v, %v, want two contacts", saved, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("database: got %v, %v, want mode 0600", info, err)
	}
	if _, err := Restore(t.Context(), path, done.Before, Options{}); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "ana", "ben")
}

func TestRestoreWhereNothingIs(t *testing.T) {
	from := testPath(t)
	made(t, from, "ana")
	file, _ := backedUp(t, from)
	path := filepath.Join(t.TempDir(), "new", "data", "callbook.db")
	for range 2 { // at first the key file is missing
		_, err := Restore(t.Context(), path, file, Options{})
		if !errors.Is(err, ErrKeyFile) || !strings.Contains(err.Error(), "needs the one with the id") {
			t.Errorf("without the key file: got %v, want ErrKeyFile", err)
		}
		if _, err := os.Stat(filepath.Dir(path)); err == nil {
			t.Error("a folder was made")
		}
	}
	done, err := Restore(t.Context(), path, file, Options{KeyFile: KeyFile(from)})
	if err != nil || done.Before != "" {
		t.Fatalf("got %+v, %v", done, err)
	}
	sound(t, path, KeyFile(from))
}

func TestRestoreIsRefusedWhileTheDatabaseIsOpen(t *testing.T) {
	path, file := changed(t)
	v := startVictim(t, path) // of another process, which waits
	v.acknowledged(t, 1)
	before := folderNames(t, path)
	if _, err := Restore(t.Context(), path, file, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("beside another process: got %v, want ErrInUse", err)
	}
	v.kill(t)
	s := openTest(t, path)
	if _, err := Restore(t.Context(), path, file, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("beside a store: got %v, want ErrInUse", err)
	}
	if err := s.Update(t.Context(), insertOnce("eve")); err != nil {
		t.Errorf("update after a refused restore: %v", err)
	}
	if got := folderNames(t, path); got != before {
		t.Errorf("files: got %s, want %s", got, before)
	}
}

func folderNames(t *testing.T, path string) string {
	return strings.Join(names(t, filepath.Dir(path)), " ")
}

// What cannot be read by SQLite is locked by its bytes.
func TestRestoreOverADamagedDatabaseInUseIsRefused(t *testing.T) {
	path, file := changed(t)
	v := startVictim(t, path)
	v.acknowledged(t, 1)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), path, file, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	v.kill(t)
	if _, err := Restore(t.Context(), path, file, Options{}); err != nil {
		t.Error(err)
	}
	holds(t, path, "ana")
}

func TestRestoreOverWhatCannotBeReadKeepsAllOfIt(t *testing.T) {
	for name, content := range map[string]string{
		"noise": strings.Repeat("noise", 3000), "nothing": "", "one byte": "x", "a beginning": "SQLite format 3\x00",
	} {
		t.Run(name, func(t *testing.T) {
			path, file := changed(t)
			writeFile(t, path, content)
			log, err := os.ReadFile(path + "-wal")
			if err != nil {
				t.Fatal(err)
			}
			done, err := Restore(t.Context(), path, file, Options{})
			if err != nil {
				t.Fatal(err)
			}
			holds(t, path, "ana")
			for suffix, want := range map[string]string{"": content, "-wal": string(log)} {
				if got, err := os.ReadFile(done.Before + suffix); err != nil || string(got) != want {
					t.Errorf("what was there%s: got %d bytes, %v, want %d", suffix, len(got), err, len(want))
				}
			}
		})
	}
	t.Run("a page of noise", func(t *testing.T) {
		path, file := changed(t)
		broken := damaged(t, file)
		copyFile(t, path, broken)
		if _, err := Restore(t.Context(), path, file, Options{}); err != nil {
			t.Fatal(err)
		}
		holds(t, path, "ana")
	})
}

// The log of a database that was deleted is not one of the new database.
func TestRestoreDoesNotTakeUpALogThatWasLeft(t *testing.T) {
	path, file := changed(t)
	remove(t, path)
	if _, err := Restore(t.Context(), path, file, Options{}); err != nil {
		t.Fatal(err)
	}
	sound(t, path, "")
	holds(t, path, "ana")
	if list := names(t, filepath.Dir(path)); len(list) != 2 || !strings.HasSuffix(list[1], "-wal") {
		t.Errorf("files: got %v, want the database and the old log", list)
	}
}

func TestRestoreIsRefused(t *testing.T) {
	good, file := changed(t)
	newer, foreign, text := testPath(t), testPath(t), testPath(t)
	copyFile(t, newer, file)
	execute(t, newer, "PRAGMA user_version = 9999")
	execute(t, foreign, "CREATE TABLE t (x)")
	writeFile(t, text, "This is a letter. It is long enough to look like a database.")
	for name, c := range map[string]struct {
		path, file string
		want       error
	}{
		"of a newer version":     {good, newer, ErrNewer},
		"of another program":     {good, foreign, ErrForeign},
		"a text":                 {good, text, ErrNotDatabase},
		"damaged":                {good, damaged(t, file), db.ErrDamaged},
		"nothing":                {good, file + ".none", os.ErrNotExist},
		"over another program's": {foreign, file, ErrForeign},
	} {
		t.Run(name, func(t *testing.T) {
			before := folder(t, c.path)
			if _, err := Restore(t.Context(), c.path, c.file, Options{KeyFile: KeyFile(good)}); !errors.Is(err, c.want) {
				t.Errorf("Restore: got %v, want %v", err, c.want)
			}
			if after := folder(t, c.path); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("files: got %v, want %v", after, before)
			}
		})
	}
	if _, err := Restore(t.Context(), good, good, Options{}); err == nil || !strings.Contains(err.Error(), "is the database itself") {
		t.Errorf("a database from itself: got %v, want that it is the same", err)
	}
}

func TestRestoreNeedsTheKeysOfItsTime(t *testing.T) {
	r := newRotated(t)
	file, _ := backedUp(t, r.path)
	old := filepath.Join(t.TempDir(), "old.key")
	copyFile(t, old, KeyFile(r.path))
	for _, index := range []bool{false, true} {
		if err := r.rotate(t, index, &breaker{}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "data", "callbook.db")
		if _, err := Restore(t.Context(), path, file, Options{KeyFile: KeyFile(r.path)}); !errors.Is(err, ErrKeyFile) {
			t.Errorf("after a rotation (index %v): got %v, want ErrKeyFile", index, err)
		}
		if got := names(t, filepath.Dir(path)); len(got) > 0 {
			t.Errorf("files: got %v, want none", got)
		}
		if _, err := Restore(t.Context(), path, file, Options{KeyFile: old}); err != nil {
			t.Errorf("with the key file of its time: %v", err)
		}
		sound(t, path, old)
	}
}

func TestBackupWithAnAlteredValueIsRestored(t *testing.T) {
	from := testPath(t)
	s, service := openKeyed(t, from)
	withAddresses(t, service)
	file, _ := backedUp(t, from)
	execute(t, file, "UPDATE channel SET address = CAST(substr(address, 1, 5) || zeroblob(60) AS BLOB) WHERE contact = 'ben'")
	path := testPath(t)
	if _, err := Restore(t.Context(), path, file, Options{KeyFile: s.keyFile}); err != nil {
		t.Error(err)
	}
	if got := wrongsIn(t, openCopy(t, path, s.keyFile)); len(got) != 1 {
		t.Errorf("check: got %q, want the value that was altered", got)
	}
}

func TestKilledRestoreLeavesTheOldOrTheNew(t *testing.T) {
	steps := map[string]int{"held": 2, "copied": 2, "kept": 2, "placed": 1}
	for step, want := range steps {
		t.Run(step, func(t *testing.T) {
			path, file := changed(t)
			restoreAndDie(t, step, path, file)
			saved, err := verify(t.Context(), path)
			if err != nil || saved.Contacts != int64(want) {
				t.Fatalf("after the kill: got %+v, %v, want %d contacts", saved, err, want)
			}
			kept, _ := filepath.Glob(path + ".before-restore-*")
			if want == 1 && len(kept) != 1 {
				t.Fatalf("what was there is in %v", kept)
			}
			sound(t, path, "")
			if err := openTest(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := Restore(t.Context(), path, file, Options{}); err != nil {
				t.Fatal(err)
			}
			holds(t, path, "ana")
			for _, name := range names(t, filepath.Dir(path)) {
				if strings.Contains(name, temporary) || strings.HasSuffix(name, "-wal") || strings.HasSuffix(name, "-journal") {
					t.Errorf("%s is left", name)
				}
			}
		})
	}
	for _, step := range []string{"kept", "cleared", "placed"} {
		t.Run(step+" over noise", func(t *testing.T) {
			path, file := changed(t)
			writeFile(t, path, strings.Repeat("noise", 3000))
			restoreAndDie(t, step, path, file)
			if step == "placed" {
				holds(t, path, "ana")
				return
			}
			if data, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(data), "noise") {
				t.Errorf("after the kill: %d bytes, %v, want what was there", len(data), err)
			}
		})
	}
}

func restoreAndDie(t *testing.T, step, path, file string) {
	t.Helper()
	v := startTest(t, restoreVariable+"="+strings.Join([]string{step, path, file}, "|"))
	err := v.Wait()
	if status, ok := v.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
		t.Fatalf("restore until %s: got %v, want it killed", step, err)
	}
}

// A server that has just opened the old file when it is replaced does not write
// to it, nor to a log that would be taken for the new database's.
func TestWhoOpenedTheOldFileCannotWrite(t *testing.T) {
	path, file := changed(t)
	late, err := poolOf(t, path).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if _, err := Restore(t.Context(), path, file, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"PRAGMA journal_mode = WAL", "BEGIN IMMEDIATE", "DELETE FROM contact"} {
		if _, err := late.ExecContext(t.Context(), text); err == nil && text != "BEGIN IMMEDIATE" {
			t.Errorf("%s on the old file: got no error", text)
		}
	}
	if list := names(t, filepath.Dir(path)); len(list) != 2 {
		t.Errorf("files: got %v, want the two databases", list)
	}
	sound(t, path, "")
}

// A server that starts between the two statements of the lock turns write-ahead
// logging on, and then the lock keeps no reader out.
func TestServerThatComesBetweenIsFound(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	f := &faults{}
	f.use(func(s statement) error {
		if s.begins("BEGIN EXCLUSIVE") {
			return s.do("PRAGMA journal_mode = WAL")
		}
		return nil
	})
	pool, err := sql.Open(f.name(), dsn(path, "rw"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	c, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := lockPlain(t.Context(), c); !errors.Is(err, ErrInUse) {
		t.Errorf("lock: got %v, want ErrInUse", err)
	}
}

func TestRestoreOnAFileSystemWithoutLinks(t *testing.T) {
	path, file := changed(t)
	r := restoration{path: path, now: time.Now, onStep: func(string) {}, link: func(string, string) error { return syscall.EPERM }}
	done, err := r.run(t.Context(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, path, "ana")
	holds(t, done.Before, "ana", "ben")
}
