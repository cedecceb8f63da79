package main

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/db/oncalltest"
	"callbook/db/sqlite"
	"callbook/internal/access"
	"callbook/internal/contacts"
	"callbook/internal/keyring"
	"callbook/internal/oncall"
)

var testScope = oncall.Scope{Region: "us-east-1", Account: "000000000000"}

// newFolder makes a database with three contacts, each with a channel, in the
// folder that it returns, and leaves it open.
func newFolder(t *testing.T) (data string, service *rooms, store *sqlite.Store) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	store, err := sqlite.Open(t.Context(), filepath.Join(data, "callbook.db"), sqlite.Options{Scope: testScope})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	service = newRooms(store, roomOptions{access: access.Options{Scope: testScope}})
	for i, alias := range []string{"ana", "ben", "eve"} {
		by := oncall.Actor{Door: oncall.Browser, Principal: "u", Name: "=cmd|x", Role: oncall.Manager}
		arn, err := service.CreateContact(t.Context(), by, oncall.NewContact{Alias: alias, Type: oncall.Personal})
		if err != nil {
			t.Fatal(err)
		}
		_, err = service.CreateChannel(t.Context(), by, oncall.NewChannel{Contact: arn, Name: "n", Type: oncall.SMS, Address: fmt.Sprint("+1500555010", i)})
		if err != nil {
			t.Fatal(err)
		}
	}
	return data, service, store
}

// callbook runs the program here and returns what it wrote.
func callbook(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = run(t.Context(), append([]string{"callbook"}, args...), func(string) string { return "" }, strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), err
}

// runs is callbook that must end well.
func runs(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	stdout, stderr, err := callbook(t, args...)
	if err != nil {
		t.Fatalf("callbook %s: %v", strings.Join(args, " "), err)
	}
	return stdout, stderr
}

func same[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestVerifySaysWhichEntryIsWrong(t *testing.T) {
	data, service, store := newFolder(t)
	end, err := service.AuditAnchor(t.Context(), system)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := runs(t, "audit", "verify", "--data", data)
	same(t, "verification", "6 entries verify; anchor "+end.String()+"\n", out)
	out, _ = runs(t, "audit", "verify", "--data", data, "--anchor", end.String())
	same(t, "verification against the anchor", "6 entries verify; anchor "+end.String()+"\n", out)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("sqlite", "file:"+filepath.Join(data, "callbook.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(`DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_shortened;
		UPDATE audit SET actor = 'x' WHERE seq = 2; DELETE FROM audit WHERE seq IN (4, 6)`); err != nil {
		t.Fatal(err)
	}
	out, _, err = callbook(t, "audit", "verify", "--data", data, "--anchor", end.String())
	same(t, "faults", "entry 2: this entry was changed, or the entry before it is not the original one\n"+
		"entry 5: entry 4 before it is missing\n"+
		"entry 6: the trail ends at entry 5: the newest ones were removed\n", out)
	if err == nil || err.Error() != "the audit trail does not verify" {
		t.Errorf("verification ends with %v", err)
	}
}

func TestExportEndsWithTheAnchorThatVerifies(t *testing.T) {
	data, _, _ := newFolder(t)
	out, errs := runs(t, "audit", "export", "--data", data)
	anchor := strings.TrimSuffix(strings.TrimPrefix(errs, "anchor "), "\n")
	if got, _ := runs(t, "audit", "verify", "--data", data, "--anchor", anchor); !strings.HasPrefix(got, "7 entries verify; anchor "+anchor) {
		t.Errorf("verification against the anchor of the export: got %s", got)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	same(t, "lines", 7, len(lines))
	var last struct {
		Seq                 int64
		Action, Actor, Door string
	}
	if err := json.Unmarshal([]byte(lines[6]), &last); err != nil {
		t.Fatal(err)
	}
	if last.Seq != 7 || last.Action != "ExportAudit" || last.Actor != operator().Name || last.Door != "command" {
		t.Errorf("the last line is the export itself, by who runs it: got %+v", last)
	}
	out, _ = runs(t, "audit", "export", "--data", data, "--format", "csv", "--contact", "ana", "--actor", "=cmd|x", "--action", "CreateContactChannel")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][4] != "'=cmd|x" || rows[1][8] != "ana" {
		t.Errorf("CSV: got %q, %v", rows, err)
	}
	if strings.Contains(out, "5005550100") {
		t.Error("the export holds an address")
	}
}

func TestRotateChangesBothKeys(t *testing.T) {
	data, service, store := newFolder(t)
	rotate := func(args ...string) {
		t.Helper()
		out, errs := runs(t, append(args, "--data", data)...)
		if !regexp.MustCompile(`^key \d+ is in use, in [36] rows; the old one is gone: make a new copy of the key file\n$`).MatchString(out) || errs != "" {
			t.Errorf("%v: got %q and %q", args, out, errs)
		}
	}
	rotate("seal", "rotate")
	addressesAre(t, service)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	rotate("seal", "rotate", "--index")
	store, err := sqlite.Open(t.Context(), filepath.Join(data, "callbook.db"), sqlite.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	addressesAre(t, newRooms(store, roomOptions{access: access.Options{Scope: store.Scope()}}))
	for _, p := range []keyring.KeyPurpose{keyring.AddressKeys, keyring.IndexKeys} {
		if ids, _, err := store.KeyFile().Keys(p); err != nil || len(ids) != 1 {
			t.Errorf("keys for %s: got %v, %v", p, ids, err)
		}
	}
}

// addressesAre fails the test unless the addresses of newFolder can be read.
func addressesAre(t *testing.T, service *rooms) {
	t.Helper()
	page, err := service.Contacts(t.Context(), system, contacts.ContactQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range page.Contacts {
		a, err := service.RevealAddress(t.Context(), system, c.Channels[0].ARN)
		if err != nil || a.Canonical != fmt.Sprint("+1500555010", i) {
			t.Errorf("address %d: got %+v, %v", i, a, err)
		}
	}
}

// The key of the index is changed only while no server has the database open.
func TestIndexIsNotRotatedBesideAServer(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, "--listen", "127.0.0.1:0", "--data", data)
	for range 2 { // which leaves the server as it was
		_, _, err := callbook(t, "seal", "rotate", "--index", "--data", data)
		want := ": another process has this database open: stop callbook serve first, and Litestream if it runs; nothing was changed"
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("beside a server: got %v, want %s", err, want)
		}
		if got := p.status("/healthz"); got != http.StatusOK {
			t.Errorf("/healthz answers %d", got)
		}
	}
	p.kill()
	for range 2 { // after kill -9, and after a clean end
		if out, _ := runs(t, "seal", "rotate", "--index", "--data", data); !strings.Contains(out, "is in use, in 0 rows") {
			t.Errorf("without a server: got %q", out)
		}
	}
	start(t, "--listen", "127.0.0.1:0", "--data", data).stop(syscall.SIGTERM)
}

func TestCommandsMakeNothing(t *testing.T) {
	locked, _, store := newFolder(t)
	if err := errors.Join(store.Close(), os.Remove(locked+".key")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"audit", "verify"}, {"audit", "export"}, {"seal", "rotate"}, {"seal", "rotate", "--index"}} {
		none := filepath.Join(t.TempDir(), "none")
		out, _, err := callbook(t, append(args, "--data", none)...)
		if err == nil || out != "" || !strings.Contains(err.Error(), "there is no database here: name its folder with --data") {
			t.Errorf("%v without a database: got %q, %v", args, out, err)
		}
		for _, path := range []string{none, none + ".key"} {
			if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v made %s", args, path)
			}
		}
		out, _, err = callbook(t, append(args, "--data", locked)...)
		if err == nil || out != "" || !strings.Contains(err.Error(), "there is no key file") {
			t.Errorf("%v without the key file: got %q, %v", args, out, err)
		}
		if _, err := os.Stat(locked + ".key"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v made a key file", args)
		}
	}
}

func TestCommandsSayWhatIsWrongWithTheirFlags(t *testing.T) {
	data, _, _ := newFolder(t)
	for args, want := range map[string]string{
		"audit verify --anchor 5":   `--anchor: "5" is not an anchor`,
		"audit export --format xml": `--format "xml" is neither jsonl nor csv`,
		"audit verify extra":        "verify takes no arguments, only flags: extra",
		"audit bogus":               `there is no command "bogus": see callbook audit --help`,
		"seal rotate --bogus":       "flag provided but not defined: -bogus: see callbook seal rotate --help",
	} {
		words := strings.Fields(args)
		if words[1] != "bogus" {
			words = slices.Insert(words, 2, "--data", data)
		}
		_, _, err := callbook(t, words...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("callbook %s: got %v, want %q", args, err, want)
		}
	}
	if _, _, err := callbook(t, "audit", "verify", "--data", ""); err == nil || err.Error() != "--data is empty: name a folder" {
		t.Errorf("empty --data: got %v", err)
	}
}

func TestAnchorsAreLoggedAtStartAtEachTickAndAtTheEnd(t *testing.T) {
	_, service, _ := newFolder(t)
	lines := make(lineWriter)
	stop := keepAnchors(service.Trail, nil, slog.New(slog.NewTextHandler(lines, nil)), time.Millisecond)
	if first := <-lines; !strings.Contains(first, `msg="audit trail" anchor=6:`) {
		t.Errorf("at the start: got %s", first)
	}
	for n, alias := range []string{"mia", "zoe"} {
		if _, err := service.CreateContact(t.Context(), system, oncall.NewContact{Alias: alias, Type: oncall.Personal}); err != nil {
			t.Fatal(err)
		}
		for want := fmt.Sprintf(`msg="audit trail" anchor=%d:`, 7+n); !strings.Contains(<-lines, want); {
		}
	}
	end, err := service.AuditAnchor(t.Context(), system)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		stop()
		close(lines)
	}()
	last := ""
	for line := range lines {
		last = line
	}
	if !strings.HasSuffix(last, "anchor="+end.String()) {
		t.Errorf("at the end: got %s, want %s", last, end)
	}
}

// lineWriter gets the lines of a log, one a write.
type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) {
	w <- strings.TrimSuffix(string(p), "\n")
	return len(p), nil
}

// The commands are ordinary processes beside a server that is busy.
func TestCommandsWorkBesideABusyServer(t *testing.T) {
	oncalltest.Slow(t)
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, "--listen", "127.0.0.1:0", "--data", data)
	p.enter(data)
	done := make(chan struct{})
	var clients sync.WaitGroup
	for c := range 4 {
		clients.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				alias := fmt.Sprintf("c%d-%d", c, n)
				r, err := p.post("/contacts/new", url.Values{"alias": {alias}, "token": {alias}})
				if err != nil || r.StatusCode != http.StatusSeeOther {
					t.Errorf("%s: %v, %v", alias, r, err)
					return
				}
				form := url.Values{"name": {"n"}, "type": {"EMAIL"}, "email": {alias + "@example.org"}, "token": {alias}}
				if r, err := p.post("/contacts/"+alias+"/channels/new", form); err != nil || r.StatusCode != http.StatusSeeOther {
					t.Errorf("channel of %s: %v, %v", alias, r, err)
					return
				}
			}
		})
	}
	anchor := ""
	for _, args := range [][]string{{"audit", "verify"}, {"audit", "export"}, {"seal", "rotate"}, {"audit", "verify"}} {
		args = append(args, "--data", data)
		if args[1] == "verify" && anchor != "" {
			args = append(args, "--anchor", anchor)
		}
		cmd := program4test(t, args...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Errorf("%v: %v\n%s%s", args, err, &out, &errs)
		}
		if args[1] == "export" {
			anchor = strings.TrimSuffix(strings.TrimPrefix(errs.String(), "anchor "), "\n")
		}
	}
	close(done)
	clients.Wait()
	p.stop(syscall.SIGTERM)
	if got := strings.Count(p.stderr.String(), `msg="audit trail" anchor=`); got != 2 {
		t.Errorf("anchors in the log: got %d, want one at the start and one at the end:\n%s", got, p.stderr)
	}
	last := p.stderr.String()[strings.LastIndex(p.stderr.String(), "anchor=")+len("anchor="):]
	last, _, _ = strings.Cut(last, "\n")
	if got, _ := runs(t, "audit", "verify", "--data", data, "--anchor", last); !strings.HasSuffix(got, "anchor "+last+"\n") {
		t.Errorf("verification after the stop: got %s, want the anchor that was logged, %s", got, last)
	}
	runs(t, "seal", "rotate", "--index", "--data", data)
	runs(t, "audit", "verify", "--data", data, "--anchor", last)
}
