package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"callbook/db/oncalltest"
)

// addsContacts starts a program with a new database, adds contacts one after the
// other, and returns how long the write-ahead log was when each was confirmed.
func addsContacts(t *testing.T, data string, n int) (p *program, confirmed []int64) {
	t.Helper()
	p = start(t, "--listen", "127.0.0.1:0", "--data", data)
	p.enter(data)
	for i := range n {
		if status, text := p.send("/contacts/new", url.Values{"alias": {contactNo(i)}, "token": {contactNo(i)}}); status != http.StatusSeeOther {
			t.Fatalf("contact %d: %d %.300s", i, status, text)
		}
		info, err := os.Stat(filepath.Join(data, "callbook.db-wal"))
		if err != nil {
			t.Fatal(err)
		}
		confirmed = append(confirmed, info.Size())
	}
	return p, confirmed
}

func contactNo(i int) string { return fmt.Sprintf("c%d", i) }

// holdsFirst expects that of the contacts those that were confirmed within a length
// of the log are there, and the others are not.
func (p *program) holdsFirst(confirmed []int64, cut int64) {
	p.t.Helper()
	for i, size := range confirmed {
		want := http.StatusNotFound
		if size <= cut {
			want = http.StatusOK
		}
		if got := p.status("/contacts/" + contactNo(i)); got != want {
			p.t.Errorf("contact %d answers %d, want %d: the log was cut at %d, and %d long when it was confirmed", i, got, want, cut, size)
		}
	}
}

// A log that lost its end, as a disk may leave it after a crash, costs what was in
// that end and nothing else.
func TestLogThatLostItsEndHoldsWhatCameBefore(t *testing.T) {
	oncalltest.Slow(t)
	t.Parallel()
	folder := t.TempDir()
	p, confirmed := addsContacts(t, filepath.Join(folder, "data"), 9)
	p.kill()
	for name, cut := range map[string]int64{
		"after the fourth": confirmed[3], "one byte into the fifth": confirmed[3] + 1, "in the fifth": (confirmed[3] + confirmed[4]) / 2,
		"one byte short of the fifth": confirmed[4] - 1, "one byte short": confirmed[8] - 1, "nowhere": confirmed[8],
	} {
		t.Run(name, func(t *testing.T) {
			copied := t.TempDir()
			if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
				t.Fatal(err)
			}
			data := filepath.Join(copied, "data")
			if err := errors.Join(os.Truncate(filepath.Join(data, "callbook.db-wal"), cut), os.Chmod(data, 0o700), os.Chmod(data+".key", 0o600)); err != nil {
				t.Fatal(err)
			}
			again := start(t, "--listen", "127.0.0.1:0", "--data", data)
			again.cookie = p.cookie
			again.holdsFirst(confirmed, cut)
			if status, text := again.send("/contacts/new", url.Values{"alias": {"next"}, "token": {"next"}}); status != http.StatusSeeOther {
				t.Errorf("the next contact: %d %.300s", status, text)
			}
			again.stop(syscall.SIGTERM)
			sound(t, data)
		})
	}
}

// A database whose log is cut under a running program is not written any more: a start
// still recovers what the cut has left.
func TestDatabaseThatIsDamagedWhileItRunsIsNotMadeWorse(t *testing.T) {
	oncalltest.Slow(t)
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	p, confirmed := addsContacts(t, data, 9)
	if err := os.Truncate(filepath.Join(data, "callbook.db-wal"), confirmed[3]); err != nil {
		t.Fatal(err)
	}
	const says = "The database of Callbook is damaged, so this cannot be read or saved."
	if status, text := p.read("/contacts"); status != http.StatusServiceUnavailable || !strings.Contains(text, says) {
		t.Errorf("the contacts: %d %.3000s", status, text)
	}
	if status, text := p.send("/contacts/new", url.Values{"alias": {"next"}, "token": {"next"}}); status != http.StatusServiceUnavailable || !strings.Contains(text, says) {
		t.Errorf("a contact: %d %.3000s", status, text)
	}
	p.becomes(http.StatusServiceUnavailable, "store: the database cannot be written to: it is damaged")
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, ended := errors.AsType[*exec.ExitError](p.wait()); !ended || !strings.Contains(p.stderr.String(), "this database is damaged") {
		t.Errorf("the end: %v\n%s", p.err, p.stderr)
	}
	again := start(t, "--listen", "127.0.0.1:0", "--data", data)
	again.cookie = p.cookie
	again.holdsFirst(confirmed, confirmed[3])
	again.stop(syscall.SIGTERM)
	sound(t, data)
}
