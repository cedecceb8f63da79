package main

import (
	"database/sql"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/db/sqlite"
)

func TestBackupBesideAServerAndNoRestore(t *testing.T) {
	data, service, _ := newFolder(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	stdout, _ := runs(t, "backup", "--data", data, file)
	end, err := service.AuditAnchor(t.Context(), operator())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"contacts 3, channels 3", "anchor " + end.String(), data + ".key"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("backup says %q, want %q in it", stdout, want)
		}
	}
	if _, _, err := callbook(t, "restore", "--data", data, file); !errors.Is(err, sqlite.ErrInUse) || !strings.Contains(err.Error(), "stop callbook serve first") {
		t.Errorf("restore: got %v, want it refused", err)
	}
	runs(t, "check", "--data", data)
	runs(t, "check", "--data", data, "--file", file)
}

func TestCheckSaysWhichRowIsWrong(t *testing.T) {
	data, _, _ := newFolder(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	runs(t, "backup", "--data", data, file)
	pool, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, text := range []string{
		"UPDATE channel SET address = zeroblob(60) WHERE contact = 'ben'", "DROP TRIGGER audit_is_not_changed", "UPDATE audit SET contact = 'x' WHERE seq = 2",
	} {
		if _, err := pool.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	stdout, _, err := callbook(t, "check", "--data", data, "--file", file)
	if err == nil {
		t.Error("check of a backup that was altered: got no error")
	}
	for _, want := range []string{
		`(?m)^ok     pages and indexes$`, `(?m)^WRONG  encrypted values: opening channel.address of ben/\S+: `,
		`(?m)^WRONG  audit trail: entry 2: this entry was changed`,
	} {
		if !regexp.MustCompile(want).MatchString(stdout) {
			t.Errorf("check says\n%s, want %s in it", stdout, want)
		}
	}
	if strings.Contains(stdout, "1500555") {
		t.Errorf("check tells an address:\n%s", stdout)
	}
}

// withLog is a copy of a database with the log beside it, in a folder of its own, as
// somebody makes it with cp.
func withLog(t *testing.T, data, name string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "copy")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(filepath.Join(data, "callbook.db"+suffix))
		if err == nil && len(content) == 0 {
			err = errors.New("it is empty")
		}
		if err = errors.Join(err, os.WriteFile(filepath.Join(folder, name+suffix), content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// contents are the files of a folder.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(content)
	}
	return all
}

func TestCopyWithALogBesideItIsNotChanged(t *testing.T) {
	data, _, store := newFolder(t)
	folder := withLog(t, data, "copy.db")
	before := contents(t, folder)
	file := filepath.Join(folder, "copy.db")
	elsewhere := filepath.Join(t.TempDir(), "other")
	for _, args := range [][]string{
		{"check", "--data", data, "--file", file},
		{"restore", "--data", elsewhere, "--key-file", sqlite.KeyFile(filepath.Join(data, "callbook.db")), file},
	} {
		_, _, err := callbook(t, args...)
		if !errors.Is(err, sqlite.ErrNotPlain) || !strings.Contains(err.Error(), file+"-wal belongs to it") {
			t.Errorf("%s: got %v, want it refused", args[0], err)
		}
	}
	if after := contents(t, folder); !maps.Equal(before, after) {
		t.Error("the copy was changed")
	}
	// What the refusal says to do makes a plain file of all of it.
	folder = withLog(t, data, "callbook.db")
	plain := filepath.Join(t.TempDir(), "plain.db")
	stdout, _ := runs(t, "backup", "--data", folder, plain)
	if !strings.Contains(stdout, "contacts 3, channels 3") {
		t.Errorf("backup says %q", stdout)
	}
	runs(t, "check", "--data", data, "--file", plain)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	runs(t, "restore", "--data", data, plain)
}

// What a server that was killed leaves is checked and backed up as it is.
func TestCheckAfterAKillChangesNothing(t *testing.T) {
	oncalltest.Slow(t)
	data, _, _ := newFolder(t)
	folder := withLog(t, data, "callbook.db")
	before := contents(t, folder)
	runs(t, "check", "--data", folder, "--key-file", sqlite.KeyFile(filepath.Join(data, "callbook.db")))
	after := contents(t, folder)
	delete(after, "callbook.db-shm") // an index of the log, which whoever reads it needs
	if !maps.Equal(before, after) {
		t.Error("the database was changed")
	}
}
