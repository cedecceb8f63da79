package main

import (
	"database/sql"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callbook/db"
)

func TestBackupBesideAServerAndNoRestore(t *testing.T) {
	data, service, _ := openHouse(t)
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
	if _, _, err := callbook(t, "restore", "--data", data, file); !errors.Is(err, db.ErrInUse) || !strings.Contains(err.Error(), "stop callbook serve first") {
		t.Errorf("restore: got %v, want it refused", err)
	}
	runs(t, "check", "--data", data)
	runs(t, "check", "--data", data, "--file", file)
}

func TestCheckSaysWhichRowIsWrong(t *testing.T) {
	data, _, _ := openHouse(t)
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
