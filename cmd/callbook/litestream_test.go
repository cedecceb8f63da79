package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/db/sqlite"
)

// The configuration that the documents tell to use, and the paths in it.
const (
	litestreamConfig = "../../internal/packaging/litestream.yml"
	packagedDatabase = "/var/lib/callbook/callbook.db"
	packagedReplica  = "/var/lib/callbook-replica"
)

// litestream is the tool with the documented configuration, in which only the
// paths are others.
type litestream struct {
	t        *testing.T
	tool     string
	config   string
	database string
}

func newLitestream(t *testing.T, database, replica string) *litestream {
	t.Helper()
	tool, err := exec.LookPath("litestream")
	if err != nil {
		// Litestream is a separate program of 337 modules, too much to build for every run.
		t.Skipf("%v: make test-litestream builds it and runs this test", err)
	}
	text, err := os.ReadFile(litestreamConfig)
	if err != nil {
		t.Fatal(err)
	}
	config := string(text)
	for from, to := range map[string]string{packagedDatabase: database, packagedReplica: replica} {
		if n := strings.Count(config, "path: "+from+"\n"); n != 1 {
			t.Fatalf("%s has the line path: %s %d times, want it once", litestreamConfig, from, n)
		}
		config = strings.Replace(config, "path: "+from+"\n", "path: "+to+"\n", 1)
	}
	l := &litestream{t: t, tool: tool, config: filepath.Join(t.TempDir(), "litestream.yml"), database: database}
	if err := os.WriteFile(l.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

// replicate starts what copies every change. The function that it returns kills it:
// at a good end it would copy once more.
func (l *litestream) replicate() (kill func()) {
	l.t.Helper()
	log := &journal{}
	cmd := exec.Command(l.tool, "replicate", "-config", l.config)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	kill = sync.OnceFunc(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	l.t.Cleanup(func() {
		kill()
		if l.t.Failed() {
			l.t.Logf("litestream logged:\n%s", log)
		}
	})
	return kill
}

// restore makes a file of what the replica holds.
func (l *litestream) restore(file string) error {
	out, err := exec.Command(l.tool, "restore", "-config", l.config, "-o", file, l.database).CombinedOutput()
	if err != nil {
		return fmt.Errorf("litestream restore: %w\n%s", err, out)
	}
	return nil
}

// missing returns which contacts the replica does not hold.
func (l *litestream) missing(aliases []string) ([]string, error) {
	folder, err := os.MkdirTemp(l.t.TempDir(), "*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "callbook.db")
	if err := l.restore(file); err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	var missing []string
	for _, alias := range aliases {
		var there bool
		if err := pool.QueryRowContext(l.t.Context(), "SELECT EXISTS (SELECT 1 FROM contact WHERE alias = $1)", alias).Scan(&there); err != nil {
			return nil, err
		}
		if !there {
			missing = append(missing, alias)
		}
	}
	return missing, nil
}

// holds waits until the replica holds contacts.
func (l *litestream) holds(aliases ...string) {
	l.t.Helper()
	var missing []string
	var err error
	if !within(time.Minute, func() bool {
		missing, err = l.missing(aliases)
		return err == nil && len(missing) == 0
	}) {
		l.t.Fatalf("the replica misses %d of %d contacts: %.10q (%v)", len(missing), len(aliases), missing, err)
	}
}

// adds posts a form that adds something.
func (p *program) adds(path string, form url.Values) {
	p.t.Helper()
	r, err := p.post(path, form)
	if err != nil {
		p.t.Fatal(err)
	}
	if r.StatusCode != http.StatusSeeOther {
		p.t.Fatalf("%s: status %d", path, r.StatusCode)
	}
}

// adding adds contacts by several clients at once, until the function that it
// returns is called; that returns the acknowledged ones. Where the program is killed
// before, they end by themselves.
func (p *program) adding(name string) (stop func() (acknowledged []string)) {
	var mu sync.Mutex
	var acknowledged []string
	var clients sync.WaitGroup
	enough := make(chan struct{})
	add := func(alias string) bool {
		r, err := p.post("/contacts/new", url.Values{"alias": {alias}, "token": {alias}})
		if err != nil {
			return false // killed
		}
		if r.StatusCode != http.StatusSeeOther {
			p.t.Errorf("%s: status %d beside litestream", alias, r.StatusCode)
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		acknowledged = append(acknowledged, alias)
		return true
	}
	for c := range 4 {
		clients.Go(func() {
			for n := 0; add(fmt.Sprintf("%s-%d-%d", name, c, n)); n++ {
				select {
				case <-enough:
					return
				default:
				}
			}
		})
	}
	return func() []string {
		close(enough)
		clients.Wait()
		return acknowledged
	}
}

// A machine is lost while clients work: what litestream has synced comes back from the
// replica, and the key file from elsewhere, as the documents tell.
func TestLitestreamBringsBackWhatItHasSynced(t *testing.T) {
	oncalltest.Slow(t)
	const address = "ana.of.the.replica@example.org"
	home := t.TempDir()
	data, restored := filepath.Join(home, "data"), filepath.Join(home, "restored")
	file := filepath.Join(restored, "callbook.db")
	args := []string{"--listen", "127.0.0.1:0", "--data", data, "--log-level", "error"}
	l := newLitestream(t, filepath.Join(data, "callbook.db"), filepath.Join(home, "replica"))
	killLitestream := l.replicate()
	p := start(t, args...)
	p.enter(data)
	cookie := p.cookie
	p.adds("/contacts/new", url.Values{"alias": {"ana"}, "token": {"ana"}})
	p.adds("/contacts/ana/channels/new", url.Values{"type": {"EMAIL"}, "name": {"mail"}, "email": {address}, "defer": {"true"}, "token": {"mail"}})
	stop := p.adding("synced")
	l.holds("ana", "synced-0-0") // and they go on meanwhile
	synced := append(stop(), "ana")
	l.holds(synced...)

	stop = p.adding("perhaps")
	l.holds("perhaps-0-0")
	killLitestream()
	p.kill()
	stop()
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(restored, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := l.restore(file); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(file); err != nil || bytes.Contains(content, []byte(address)) {
		t.Errorf("the replica holds the address of a contact in the clear (%v)", err)
	}
	keys := data + ".key"
	runs(t, "check", "--data", restored, "--key-file", keys)
	runs(t, "audit", "verify", "--data", restored, "--key-file", keys)
	if _, _, err := callbook(t, "check", "--data", restored); err == nil {
		t.Error("check without the key file: got no error")
	}

	runs(t, "restore", "--data", data, "--key-file", keys, file)
	p = start(t, args...)
	p.cookie = cookie // the session was synced too
	for _, alias := range synced {
		if got := p.status("/contacts/" + alias); got != http.StatusOK {
			t.Errorf("%s was synced and answers %d after the restore", alias, got)
		}
	}
	if book, _ := runs(t, "export", "--clear", "--data", data); !strings.Contains(book, address) {
		t.Errorf("with the key file, the restored database does not tell %s", address)
	}
	l.replicate() // to the same replica
	p.adds("/contacts/new", url.Values{"alias": {"afterwards"}, "token": {"afterwards"}})
	l.holds("afterwards", "ana")
	p.stop(os.Interrupt)
	if _, _, err := callbook(t, "restore", "--data", data, "--key-file", keys, file); !errors.Is(err, sqlite.ErrInUse) || !strings.Contains(err.Error(), "Litestream") {
		t.Errorf("restore while litestream has the database open: got %v, want it refused", err)
	}
}
