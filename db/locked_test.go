package db

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// keeper is who asks in the tests of keys.
var keeper = oncall.Actor{Door: oncall.Browser, Principal: "keeper", Name: "keeper@example.org", Role: oncall.Admin}

// known are the addresses of withAddresses, in every form in which they are given.
var known = []string{"+15005550199", "5005550199", "+1 (500) 555-0142", "5005550142", "Ana.Silva@Example.org", "ana.silva@"}

// openKeyed opens a database whose key file may be away.
func openKeyed(t *testing.T, path string) (*Store, *oncall.Service) {
	t.Helper()
	s := openTest(t, path)
	return s, oncall.New(s, oncall.Options{Scope: testScope})
}

// withAddresses adds the contacts ana and ben, who share a number, and returns
// ana's channels.
func withAddresses(t *testing.T, s *oncall.Service) []oncall.ARN {
	t.Helper()
	var arns []oncall.ARN
	for _, c := range []struct {
		alias, address string
		kind           oncall.ChannelType
	}{
		{"ana", "+15005550199", oncall.SMS}, {"ana", "+1 (500) 555-0142", oncall.Voice}, {"ana", "Ana.Silva@Example.org", oncall.Email},
		{"ben", "+15005550199", oncall.SMS},
	} {
		_, err := s.CreateContact(t.Context(), keeper, oncall.NewContact{Alias: c.alias, DisplayName: "Name", Type: oncall.Personal, Token: c.alias})
		if err != nil {
			t.Fatal(err)
		}
		arn, err := s.CreateChannel(t.Context(), keeper, oncall.NewChannel{Contact: testScope.Contact(c.alias), Name: "n", Type: c.kind,
			Address: c.address, Accept: []string{"shared:+15005550199"}})
		if err != nil {
			t.Fatal(err)
		}
		arns = append(arns, arn)
	}
	return arns[:3]
}

// dump returns every row of every table, and the schema.
func dump(t *testing.T, s *Store) map[string][][]any {
	t.Helper()
	all := map[string][][]any{}
	tables := []string{}
	for _, row := range rowsOf(t, s, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
		tables = append(tables, row[0].(string))
	}
	for _, table := range append(tables, "sqlite_schema") {
		all[table] = rowsOf(t, s, "SELECT * FROM "+table)
	}
	return all
}

func rowsOf(t *testing.T, s *Store, text string) (list [][]any) {
	t.Helper()
	rows, err := s.conns[1].sql.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, _ := rows.Columns()
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		list = append(list, values)
	}
	return list
}

// lockers are the ways in which a key file stops being the right one, and the
// cause that is told.
var lockers = map[string]struct {
	do   func(t *testing.T, file string) error
	want error
}{
	"missing":   {func(*testing.T, string) error { return nil }, seal.ErrMissing},
	"other":     {func(_ *testing.T, file string) error { _, err := seal.Create(file, nil, nil); return err }, seal.ErrOtherFile},
	"exposed":   {func(t *testing.T, file string) error { return errors.Join(restore(file), os.Chmod(file, 0o644)) }, seal.ErrExposed},
	"malformed": {func(_ *testing.T, file string) error { return os.WriteFile(file, []byte("{}\n"), 0o600) }, seal.ErrMalformed},
	"empty":     {func(_ *testing.T, file string) error { return os.WriteFile(file, nil, 0o600) }, seal.ErrMalformed},
}

// restore copies the file that was moved away back.
func restore(file string) error {
	data, err := os.ReadFile(file + ".away")
	return errors.Join(err, os.WriteFile(file, data, 0o600))
}

// looks returns the content and the mode of the key file, if there is one.
func looks(t *testing.T, file string) string {
	t.Helper()
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "missing"
	}
	data, err2 := os.ReadFile(file)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return info.Mode().String() + string(data)
}

func TestWithoutItsKeyFileADatabaseIsReadAndNotChanged(t *testing.T) {
	for name, lock := range lockers {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data", "callbook.db")
			file := KeyFile(path)
			s, service := openKeyed(t, path)
			channels := withAddresses(t, service)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.Rename(file, file+".away"), lock.do(t, file)); err != nil {
				t.Fatal(err)
			}
			looked := looks(t, file)

			s, service = openKeyed(t, path)
			if !errors.Is(s.Locked(), lock.want) || s.Keys() != nil {
				t.Fatalf("Locked: got %v, want %v", s.Locked(), lock.want)
			}
			before := dump(t, s)
			readWhileLocked(t, service, channels)
			changeWhileLocked(t, service, channels)
			if diff := cmp.Diff(before, dump(t, s)); diff != "" {
				t.Errorf("the locked database was changed (-before +after):\n%s", diff)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if got := looks(t, file); got != looked {
				t.Errorf("the key file was %q and is %q", looked, got)
			}

			if err := errors.Join(restore(file), os.Chmod(file, 0o600)); err != nil {
				t.Fatal(err)
			}
			s, service = openKeyed(t, path)
			if a, err := service.RevealAddress(t.Context(), keeper, channels[1]); err != nil || a.Canonical != "+15005550142" || s.Locked() != nil {
				t.Errorf("with the file back: got %+v, %v, %v", a, err, s.Locked())
			}
		})
	}
}

func readWhileLocked(t *testing.T, s *oncall.Service, channels []oncall.ARN) {
	t.Helper()
	for _, search := range []string{"", "name", "ana"} {
		page, err := s.Contacts(t.Context(), keeper, oncall.ContactQuery{Search: search})
		if err != nil || len(page.Contacts) == 0 || page.Contacts[0].Channels[0].Mask != "+1 ••• ••• 0199" {
			t.Errorf("search for %q: got %+v, %v", search, page.Contacts, err)
		}
	}
	d, err := s.Channel(t.Context(), keeper, channels[0])
	if err != nil || d.Mask != "+1 ••• ••• 0199" || len(d.AlsoAt) != 1 || d.AlsoAt[0].Alias != "ben" {
		t.Errorf("channel: got %+v, %v", d, err)
	}
	if page, err := s.Audit(t.Context(), keeper, oncall.AuditQuery{}); err != nil || len(page.Entries) != 6 {
		t.Errorf("trail: got %d entries, %v", len(page.Entries), err)
	}
	if a, err := s.AuditAnchor(t.Context(), keeper); err != nil || a.Seq != 6 {
		t.Errorf("anchor: got %v, %v", a, err)
	}
}

func changeWhileLocked(t *testing.T, s *oncall.Service, channels []oncall.ARN) {
	t.Helper()
	ctx, ana := t.Context(), testScope.Contact("ana")
	_, newContact := s.CreateContact(ctx, keeper, oncall.NewContact{Alias: "eve", Type: oncall.Personal})
	_, withToken := s.CreateContact(ctx, keeper, oncall.NewContact{Alias: "eve", Type: oncall.Personal, Token: "t"})
	_, again := s.CreateContact(ctx, keeper, oncall.NewContact{Alias: "ana", DisplayName: "Name", Type: oncall.Personal, Token: "ana"})
	_, changed := s.UpdateContact(ctx, keeper, oncall.ContactChange{Contact: ana, DisplayName: new("x")})
	_, newChannel := s.CreateChannel(ctx, keeper, oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+12025550143"})
	_, renamed := s.UpdateChannel(ctx, keeper, oncall.ChannelChange{Channel: channels[0], Name: new("x")})
	_, readdressed := s.UpdateChannel(ctx, keeper, oncall.ChannelChange{Channel: channels[0], Address: new("+12025550143")})
	shown, revealed := s.RevealAddress(ctx, keeper, channels[0])
	_, exported := s.ExportAudit(ctx, keeper, oncall.AuditQuery{}, func(oncall.Entry) error { return nil })
	_, _, verified := s.VerifyAudit(ctx, keeper, nil)
	_, _, newKey := s.CreateAccessKey(ctx, keeper, oncall.NewAccessKey{Name: "ci", Role: oncall.Manager})
	for what, err := range map[string]error{
		"new contact": newContact, "new contact with a token": withToken, "a new contact again": again, "changed contact": changed,
		"new channel": newChannel, "renamed channel": renamed, "readdressed channel": readdressed, "revealed address": revealed,
		"export of the trail": exported, "verification": verified, "new access key": newKey,
		"deleted channel": s.DeleteChannel(ctx, keeper, channels[2]), "deleted contact": s.DeleteContact(ctx, keeper, ana),
	} {
		if oncall.KindOf(err) != oncall.Sealed {
			t.Errorf("%s while locked: got %v, want kind Sealed", what, err)
		}
	}
	if shown != (oncall.Address{}) {
		t.Errorf("revealed while locked: %+v", shown)
	}
	viewer := keeper
	viewer.Role = oncall.Viewer
	if err := s.DeleteContact(ctx, viewer, ana); oncall.KindOf(err) != oncall.Denied {
		t.Errorf("deletion by a viewer while locked: got %v, want it denied", err)
	}
}

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
	if _, err := Open(t.Context(), path, Options{Scope: testScope}); !errors.Is(err, ErrDamaged) {
		t.Errorf("a database that does not name its key file: got %v, want ErrDamaged", err)
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
		"version 1": {version1, func(*testing.T, string) {}},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.path(t)
			c.do(t, path)
			var old []byte
			if name == "version 1" {
				old = fingerprintsOf(t, path)
			}
			ring, err := seal.Create(KeyFile(path), old, nil)
			if err != nil {
				t.Fatal(err)
			}
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

func TestOldDatabaseRefusesTheKeyFileOfAnother(t *testing.T) {
	path := version1(t)
	if _, err := seal.Create(KeyFile(path), nil, nil); err != nil {
		t.Fatal(err)
	}
	before := looks(t, KeyFile(path))
	if _, err := Open(t.Context(), path, Options{Scope: testScope}); !errors.Is(err, ErrOtherKeyFile) {
		t.Errorf("got %v, want ErrOtherKeyFile", err)
	}
	if got := looks(t, KeyFile(path)); got != before || !inFiles(t, path, plainOfVersion1[0]) {
		t.Error("the key file or the database was changed")
	}
}

func fingerprintsOf(t *testing.T, path string) (key []byte) {
	t.Helper()
	beside := testPath(t)
	copyFile(t, beside, path)
	pool := rawPool(t, beside)
	if err := pool.QueryRowContext(t.Context(), "SELECT fingerprints FROM installation").Scan(&key); err != nil {
		t.Fatal(err)
	}
	return key
}

// rawPool opens a database behind the store's back.
func rawPool(t *testing.T, path string) *sql.DB {
	t.Helper()
	pool, err := sql.Open(driverName, dsn(path, "rw", "busy_timeout(5000)"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
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
	service := oncall.New(s, oncall.Options{Scope: testScope})
	channels := withAddresses(t, service)
	if err := os.Rename(KeyFile(path), KeyFile(path)+".away"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		now = now.Add(seal.Lag)
		if a, err := service.RevealAddress(t.Context(), keeper, channels[0]); err != nil || a.Canonical != "+15005550199" {
			t.Errorf("reveal: got %+v, %v", a, err)
		}
		if _, err := service.UpdateChannel(t.Context(), keeper, oncall.ChannelChange{Channel: channels[2], Address: new(now.Format("t150405") + "@example.org")}); err != nil {
			t.Errorf("change: got %v", err)
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
	clean("after work")
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
		"version 1":    {version1(t), ErrOlder},
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
