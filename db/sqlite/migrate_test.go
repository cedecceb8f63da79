package sqlite

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/db"
	"callbook/internal/keyring"
	"callbook/internal/oncall"
)

// unreleased copies a database that commit e9eab20, of version 7, has made: its
// serve, and its import of two contacts with three channels.
func unreleased(t *testing.T) (path string) {
	t.Helper()
	return unpacked(t, "testdata/unreleased.db.gz")
}

// unpacked copies a database that is packed.
func unpacked(t *testing.T, file string) (path string) {
	t.Helper()
	packed, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	content, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "callbook.db")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// newest is the version that this program writes.
func newest(t *testing.T) int {
	t.Helper()
	texts, err := migrationTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return baseVersion + len(texts)
}

// version101 copies a database that commit e29aa60 has made, after 0001 alone, with its key
// file: two users, one with a session and a failed sign-in, an access key of each door, and an
// import of two contacts with three channels and the messages to them.
func version101(t *testing.T) (path string) {
	t.Helper()
	path = unpacked(t, "testdata/version101.db.gz")
	key, err := os.ReadFile("testdata/version101.key")
	if err == nil {
		err = os.WriteFile(KeyFile(path), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDatabaseOf0001IsCarriedForward(t *testing.T) {
	path := version101(t)
	before := tablesOf(t, path)
	s, err := Open(t.Context(), path, Options{Scope: oncall.Scope{Region: "us-east-1", Account: "000000000000"}})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	if diff := cmp.Diff([]string(nil), wrongsIn(t, s)); diff != "" {
		t.Errorf("check (-want +got):\n%s", diff)
	}
	if saved, err := verify(t.Context(), path); err != nil || saved.Version != newest(t) {
		t.Errorf("got %+v, %v, want version %d", saved, err, newest(t))
	}
	sound(t, fmt.Sprintf("%s.before-v%d", path, newest(t)), s.keyFile)
	service := newRooms(s, roomOptions{Scope: s.Scope()})
	if _, faults, err := service.VerifyAudit(t.Context(), keeper, nil); err != nil || len(faults) > 0 {
		t.Errorf("audit trail: got %v, %v, want no faults", faults, err)
	}
	for arn, want := range addressesOf(t, s) {
		if a, err := service.RevealAddress(t.Context(), keeper, arn); err != nil || a.Canonical != want {
			t.Errorf("address: got %q, %v, want %q", a.Canonical, err, want)
		}
	}
	for table, rows := range before {
		if got := rowsOf(t, s, "SELECT count(*) FROM "+table)[0][0]; table != "sign_in_failure" && got != rows && table != "audit" {
			t.Errorf("%s: got %v rows, want %v as before", table, got, rows)
		}
	}
	oneOf0001SignsInAndTheKeysAreNamed(t, s, service)
}

// An older version has sealed addresses as long as they are. They still open, the check says how
// many there are, and a rotation seals them again.
func TestOlderAddressesAreOpenedAndSealedAgain(t *testing.T) {
	path := version101(t)
	s, err := Open(t.Context(), path, Options{Scope: oncall.Scope{Region: "us-east-1", Account: "000000000000"}})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	notes := func() (list []string) {
		err := s.Check(t.Context(), func(f db.Finding) error {
			if f.Note != "" {
				list = append(list, f.About+": "+f.Note)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if got := notes(); len(got) != 1 || !strings.HasPrefix(got[0], "masks and hashes of addresses: an older version sealed 3 ") {
		t.Errorf("notes: got %q", got)
	}
	service := newRooms(s, roomOptions{Scope: s.Scope()})
	if _, err := service.RotateSeal(t.Context(), keeper, keyring.Rekey{Keys: s.KeyFile(), Wait: func(context.Context, time.Duration) error { return nil }}); err != nil {
		t.Fatal(err)
	}
	if got := notes(); len(got) != 0 {
		t.Errorf("notes after a rotation: got %q", got)
	}
	for _, row := range rowsOf(t, s, "SELECT length(address) - 33 FROM channel") {
		if row[0].(int64)%64 != 0 {
			t.Errorf("an address is sealed with a length of %d", row[0])
		}
	}
	for arn, want := range addressesOf(t, s) {
		if a, err := service.RevealAddress(t.Context(), keeper, arn); err != nil || a.Canonical != want {
			t.Errorf("address: got %q, %v, want %q", a.Canonical, err, want)
		}
	}
}

// addressesOf returns the addresses of version101.
func addressesOf(t *testing.T, s *Store) map[oncall.ARN]string {
	t.Helper()
	want := map[string]string{"mobile": "+447700900123", "mail": "ana.silva@example.org", "desk": "+12065550100"}
	all := map[oncall.ARN]string{}
	for _, row := range rowsOf(t, s, "SELECT contact, id, name FROM channel") {
		all[s.Scope().Channel(row[0].(string), row[1].(string))] = want[row[2].(string)]
	}
	if len(all) != len(want) {
		t.Fatalf("channels: got %v, want %d", all, len(want))
	}
	return all
}

// tablesOf returns how many rows each table has.
func tablesOf(t *testing.T, path string) map[string]any {
	t.Helper()
	pool := poolOf(t, path)
	rows, err := pool.QueryContext(t.Context(), "SELECT name FROM sqlite_schema WHERE type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	all := map[string]any{}
	for _, name := range names {
		var n int64
		if err := pool.QueryRowContext(t.Context(), "SELECT count(*) FROM "+name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		all[name] = n
	}
	return all
}

func oneOf0001SignsInAndTheKeysAreNamed(t *testing.T, s *Store, service *rooms) {
	t.Helper()
	keys, err := service.AccessKeys(t.Context(), keeper)
	if err != nil {
		t.Fatal(err)
	}
	users, err := service.Users(t.Context(), keeper)
	if err != nil || len(users) != 2 {
		t.Fatalf("users: got %v, %v, want 2", users, err)
	}
	boss := users[1]
	makers := map[string]string{"ci": "/root", "terraform": boss.ID + "/boss@example.org"}
	for _, k := range keys {
		if got := k.Maker + "/" + k.MakerName; got != makers[k.Name] {
			t.Errorf("maker of the key %s: got %q, want %q", k.Name, got, makers[k.Name])
		}
		if _, secret, err := service.AccessKeySecret(t.Context(), k.ID); err != nil || len(secret) != 40 {
			t.Errorf("secret of the key %s: got %d characters, %v, want 40", k.Name, len(secret), err)
		}
	}
	if len(keys) != len(makers) {
		t.Errorf("keys: got %v, want %v", keys, makers)
	}
	if _, err := service.SignInAs(t.Context(), oncall.Actor{Door: oncall.Browser}, boss.ID, oncall.ByPasskey, ""); err != nil {
		t.Errorf("sign-in: %v", err)
	}
	for _, row := range rowsOf(t, s, "SELECT created_at, proved_at FROM session") {
		if row[0] != row[1] {
			t.Errorf("a session of before: proved at %v, want %v, when it began", row[1], row[0])
		}
	}
	if n := rowsOf(t, s, "SELECT count(*) FROM sign_in_failure")[0][0]; n != int64(0) {
		t.Errorf("counters of before: got %v, want none, for their names can be guessed", n)
	}
}

func TestUnreleasedDatabaseIsLeftAlone(t *testing.T) {
	path := unreleased(t)
	for version := lastUnreleased; version > 0; version-- {
		execute(t, path, fmt.Sprintf("PRAGMA user_version = %d", version))
		refused(t, path, testScope, ErrUnreleased)
	}
	before := folder(t, path)
	if _, err := Backup(t.Context(), path, filepath.Join(t.TempDir(), "b")); !errors.Is(err, ErrUnreleased) {
		t.Errorf("Backup: got %v, want ErrUnreleased", err)
	}
	other := testPath(t)
	made(t, other, "ana")
	file, _ := backedUp(t, other)
	for from, to := range map[string]string{path: other, file: path} {
		if _, err := Restore(t.Context(), to, from, Options{KeyFile: KeyFile(other)}); !errors.Is(err, ErrUnreleased) {
			t.Errorf("Restore of %s over %s: got %v, want ErrUnreleased", from, to, err)
		}
	}
	holds(t, other, "ana")
	if diff := cmp.Diff(before, folder(t, path)); diff != "" {
		t.Errorf("files after all of it (-before +after):\n%s", diff)
	}
}

// tomorrow opens a database as a later version of this program, which has one
// migration more.
func tomorrow(t *testing.T) Options {
	t.Helper()
	return Options{Scope: testScope, later: []string{"CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT"}}
}

func openTomorrow(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, tomorrow(t))
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	return s
}

// today makes a database with what a contact may have, as this version leaves it.
func today(t *testing.T) (path string) {
	t.Helper()
	path = testPath(t)
	s, service := openKeyed(t, path)
	withAddresses(t, service)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDatabaseIsBroughtToANewerVersion(t *testing.T) {
	path := today(t)
	s := openTomorrow(t, path)
	if rows := rowsOf(t, s, "SELECT count(*) FROM later"); rows[0][0] != int64(0) {
		t.Errorf("the new table: got %v", rows)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, path, testScope, ErrNewer)
	o := tomorrow(t)
	o.MustExist = true
	older := today(t)
	if _, err := Open(t.Context(), older, o); !errors.Is(err, ErrOlder) {
		t.Errorf("a command of the later version: got %v, want ErrOlder", err)
	}
	o.ReadOnly = true
	s, err := Open(t.Context(), older, o)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	if got := wrongsIn(t, s); len(got) > 0 {
		t.Errorf("check by the later version: got %q", got)
	}
}

func TestDatabaseIsCopiedBeforeAMigration(t *testing.T) {
	path := today(t)
	want := fmt.Sprintf("%s.before-v%d", path, newest(t)+1)
	s := openTomorrow(t, path)
	saved, err := verify(t.Context(), want)
	if err != nil || saved.Version != newest(t) || saved.Contacts == 0 || saved.KeyFile != s.Keys().ID() {
		t.Fatalf("copy: got %+v, %v, want the version of before", saved, err)
	}
	if info, err := os.Stat(want); err != nil || info.Mode() != 0o600 {
		t.Errorf("copy: got %v, %v, want mode 0600", info, err)
	}
	sound(t, want, s.keyFile)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), path, want, Options{}); err != nil { // back to the version of before, and again
		t.Fatal(err)
	}
	openTomorrow(t, path)
	if got := len(names(t, filepath.Dir(path))); got != 5 { // with -wal, -shm and before-restore
		t.Errorf("files: got %v, want the one copy from before the migration", names(t, filepath.Dir(path)))
	}
}

func TestNewDatabaseIsNotCopied(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	made(t, path, "ben")
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"callbook.db"}) {
		t.Errorf("files: got %v, want the database alone", got)
	}
}

func TestCrashInTheMiddleOfAMigrationIsSafe(t *testing.T) {
	path := today(t)
	crashed := filepath.Join(t.TempDir(), "callbook.db")
	before := fmt.Sprintf(".before-v%d", newest(t)+1)
	f := &faults{}
	f.use(func(s statement) error {
		if s.begins("PRAGMA application_id") { // everything is written but for the commit
			for _, suffix := range []string{"", "-wal", before} {
				copyFile(t, crashed+suffix, path+suffix)
			}
		}
		return nil
	})
	s, err := open(t.Context(), f.name(), path, tomorrow(t))
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	copyFile(t, KeyFile(crashed), s.keyFile)

	if saved, err := verify(t.Context(), crashed); err != nil || saved.Version != newest(t) {
		t.Fatalf("after the crash: got %+v, %v, want the version of before", saved, err)
	}
	kept, err := os.Stat(crashed + before)
	if err != nil {
		t.Fatal(err)
	}
	again := openTomorrow(t, crashed)
	if info, err := os.Stat(crashed + before); err != nil || !os.SameFile(info, kept) {
		t.Errorf("the copy that was there: got %v, %v, want it kept", info, err)
	}
	sound(t, crashed+before, again.keyFile)
	if diff := cmp.Diff([]string(nil), wrongsIn(t, again)); diff != "" {
		t.Errorf("check of the later version (-want +got):\n%s", diff)
	}
}

func TestCopyOfAnotherStateIsKeptBesideTheNewOne(t *testing.T) {
	for name, content := range map[string]func(t *testing.T, file string){
		"noise": func(t *testing.T, file string) { writeFile(t, file, "noise") },
		"an older state": func(t *testing.T, file string) {
			path := today(t)
			execute(t, path, "DELETE FROM contact WHERE alias = (SELECT min(alias) FROM contact)")
			copyFile(t, file, path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := today(t)
			to := fmt.Sprintf("%s.before-v%d", path, newest(t)+1)
			content(t, to)
			writeFile(t, to+temporary+"1", "half of it") // of a process that was killed
			was, err := os.ReadFile(to)
			if err != nil {
				t.Fatal(err)
			}
			if err := openTomorrow(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			if saved, err := verify(t.Context(), to); err != nil || saved.Version != newest(t) {
				t.Errorf("copy: got %+v, %v", saved, err)
			}
			list := names(t, filepath.Dir(path))
			if len(list) != 3 {
				t.Fatalf("files: got %v, want the database and two copies", list)
			}
			if is, err := os.ReadFile(filepath.Join(filepath.Dir(path), list[2])); string(is) != string(was) {
				t.Errorf("%s is not what was there: %v", list[2], err)
			}
		})
	}
}

func TestNoMigrationWithoutACopyOfTheDatabase(t *testing.T) {
	path := today(t)
	other := errors.New("no room")
	c := poolOf(t, path)
	conn, err := c.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := migrate(t.Context(), conn, tomorrow(t).later, func(int) error { return other }); !errors.Is(err, other) {
		t.Errorf("migrate: got %v, want %v", err, other)
	}
	if saved, err := verify(t.Context(), path); err != nil || saved.Version != newest(t) {
		t.Errorf("afterwards: got %+v, %v, want the version of before", saved, err)
	}
}

// A STOP of before 0002 is known by the message that it ended, by when the person replied or
// else by when the message was refused.
func TestStopOf0001IsSeen(t *testing.T) {
	for reported, want := range map[string]int64{"12345": 12345, "NULL": 67890} {
		path := version101(t)
		execute(t, path, `UPDATE message SET reason = 'replied_stop', created_at = 67890, reported_at = `+reported+` WHERE type = 'SMS'`,
			`UPDATE channel SET activated_at = NULL`)
		s, err := Open(t.Context(), path, Options{Scope: oncall.Scope{Region: "us-east-1", Account: "000000000000"}})
		if err != nil {
			t.Fatal(err)
		}
		closeAfter(t, s)
		got := rowsOf(t, s, "SELECT type, stopped_at, refused_at FROM channel WHERE stopped_at IS NOT NULL OR refused_at IS NOT NULL")
		if diff := cmp.Diff([][]any{{"SMS", want, nil}}, got); diff != "" {
			t.Errorf("reported at %s (-want +got):\n%s", reported, diff)
		}
	}
}
