package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"callbook/db/oncalltest"
)

// program is a running callbook.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	base   string
	cookie string // of a session
	stderr *journal
	ended  sync.Once
	err    error
}

func command4test(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return program4test(t, append([]string{"serve"}, args...)...)
}

// program4test is the program with any command.
func program4test(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return exec.Command(filepath.Join(builds, "callbook"), args...)
}

// journal keeps what a program logs, also while it runs on.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// logged waits until the program has logged what matches, and returns the match
// with its groups. What a program prints and what it logs come by two pipes: the
// one may be read before the other.
func (p *program) logged(pattern string) []string {
	p.t.Helper()
	var found []string
	if !within(time.Minute, func() bool {
		found = regexp.MustCompile(pattern).FindStringSubmatch(p.stderr.String())
		return found != nil
	}) {
		p.t.Fatalf("the log does not say %s:\n%s", pattern, p.stderr)
	}
	return found
}

// start waits until the program says that it is ready.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: command4test(t, args...), stderr: &journal{}}
	p.cmd.Stderr = p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("no ready line: %v; stderr:\n%s", err, p.stderr)
	}
	p.base = strings.TrimPrefix(strings.TrimSpace(line), "Callbook is ready at ")
	return p
}

// Whom the tests sign in.
const (
	adminEmail    = "admin@example.org"
	adminPassword = "four unrelated words walk in"
)

// enter signs the test in: by the set-up link where there is one.
func (p *program) enter(data string) {
	p.t.Helper()
	path, form := "/sign-in", url.Values{"email": {adminEmail}, "password": {adminPassword}}
	if link, err := os.ReadFile(filepath.Join(data, "setup-link")); err == nil {
		path = strings.TrimPrefix(strings.TrimSpace(string(link)), p.base)
	}
	r, err := p.post(path, form)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range r.Cookies() {
		if c.Name == "__Host-callbook-session" {
			p.cookie = c.Name + "=" + c.Value
		}
	}
	if p.cookie == "" {
		p.t.Fatalf("signing in at %s: status %d and no session", path, r.StatusCode)
	}
}

func (p *program) wait() error {
	p.ended.Do(func() { p.err = p.cmd.Wait() })
	return p.err
}

// stop sends a signal and expects a good end.
func (p *program) stop(signal os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	if err := p.wait(); err != nil {
		p.t.Errorf("after %v: %v; stderr:\n%s", signal, err, p.stderr)
	}
}

func (p *program) post(path string, form url.Values) (*http.Response, error) {
	return p.ask(http.MethodPost, path, form.Encode())
}

// ask sends one request and reads no more than the head of the answer.
func (p *program) ask(method, path, body string) (*http.Response, error) {
	answer, err := p.answer(method, path, body)
	if err == nil {
		_ = answer.Body.Close()
	}
	return answer, err
}

// answer sends one request with the session; the answer's body is to be closed.
func (p *program) answer(method, path, body string) (*http.Response, error) {
	r, err := http.NewRequest(method, p.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", p.cookie)
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return client.Do(r)
}

// send sends a form and returns the answer, read returns a page.
func (p *program) send(path string, form url.Values) (status int, text string) {
	p.t.Helper()
	return p.whole(http.MethodPost, path, form.Encode())
}

func (p *program) read(path string) (status int, text string) {
	p.t.Helper()
	return p.whole(http.MethodGet, path, "")
}

func (p *program) whole(method, path, body string) (status int, text string) {
	p.t.Helper()
	r, err := p.answer(method, path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	all, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return r.StatusCode, string(all)
}

func (p *program) status(path string) int {
	p.t.Helper()
	r, err := p.ask(http.MethodGet, path, "")
	if err != nil {
		p.t.Fatal(err)
	}
	return r.StatusCode
}

func TestEverythingSurvivesARestart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	args := []string{"--listen", "127.0.0.1:0", "--data", data, "--region", "us-east-2", "--account-id", "111122223333"}
	for i, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		p := start(t, args...)
		p.enter(data)
		alias := fmt.Sprintf("akua-%d", i)
		if _, err := p.post("/contacts/new", url.Values{"alias": {alias}, "token": {alias}}); err != nil {
			t.Fatal(err)
		}
		for j := range i + 1 {
			if got := p.status(fmt.Sprintf("/contacts/akua-%d", j)); got != http.StatusOK {
				t.Errorf("start %d: contact %d answers %d", i, j, got)
			}
		}
		p.stop(signal)
	}
	for path, want := range map[string]os.FileMode{data: 0o700, filepath.Join(data, "callbook.db"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, want %v (%v)", path, info.Mode().Perm(), want, err)
		}
	}
	if _, err := os.Stat(filepath.Join(data, "callbook.db-wal")); err == nil {
		t.Error("the log of the database was not folded in at the stop")
	}
	refused(t, args[:4], `^callbook: .*holds ARNs of another region or account: they begin with arn:aws:ssm-contacts:us-east-2:111122223333:`)
}

func TestAcknowledgedContactsSurviveKill(t *testing.T) {
	oncalltest.Slow(t)
	t.Parallel()
	data := t.TempDir()
	args := []string{"--listen", "127.0.0.1:0", "--data", data, "--log-level", "error"}
	p := start(t, args...)
	p.enter(data)
	cookie := p.cookie
	var mu sync.Mutex
	var acknowledged []string
	var clients sync.WaitGroup
	enough, once := make(chan struct{}), sync.Once{}
	for c := range 8 {
		clients.Go(func() {
			for n := 0; ; n++ {
				alias := fmt.Sprintf("c%d-%d", c, n)
				r, err := p.post("/contacts/new", url.Values{"alias": {alias}, "token": {alias}})
				if err != nil {
					return // killed
				}
				if r.StatusCode != http.StatusSeeOther {
					t.Errorf("%s: status %d", alias, r.StatusCode)
					once.Do(func() { close(enough) })
					return
				}
				mu.Lock()
				if acknowledged = append(acknowledged, alias); len(acknowledged) == 200 {
					once.Do(func() { close(enough) })
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	clients.Wait()
	_ = p.wait() // killed
	p = start(t, args...)
	p.cookie = cookie // the session was acknowledged too
	for _, alias := range acknowledged {
		if got := p.status("/contacts/" + alias); got != http.StatusOK {
			t.Errorf("%s was acknowledged and answers %d after kill -9", alias, got)
		}
	}
}

// refused starts the program and expects one line that matches, and a bad end.
func refused(t *testing.T, args []string, want string) {
	t.Helper()
	cmd := command4test(t, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err == nil {
		t.Errorf("%v: ended well", args)
	}
	if got := strings.TrimSpace(stderr.String()); strings.Contains(got, "\n") || !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("%v: stderr\n%s\nwant one line that matches %s", args, got, want)
	}
}

func TestPortInUseIsTold(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	data := filepath.Join(t.TempDir(), "data")
	refused(t, []string{"--listen", taken.Addr().String(), "--data", data}, `^callbook: cannot listen on 127.0.0.1:\d+: address already in use$`)
	if _, err := os.Stat(data); err == nil {
		t.Error("the data folder was made all the same")
	}
}

func TestDatabasesOfOthersAreLeftAlone(t *testing.T) {
	for name, c := range map[string]struct{ sql, want string }{
		"newer":   {"PRAGMA application_id = 0x43616c6c; PRAGMA user_version = 199; CREATE TABLE future (a)", "newer version of Callbook.*install that version"},
		"foreign": {"CREATE TABLE somebody_else (a)", "belongs to another program"},
	} {
		data := t.TempDir()
		path := filepath.Join(data, "callbook.db")
		pool, err := sql.Open("sqlite", "file:"+path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(c.sql); err != nil {
			t.Fatal(err)
		}
		if err := pool.Close(); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, []string{"--listen", "127.0.0.1:0", "--data", data}, c.want)
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s: the file was changed (%v)", name, err)
		}
	}
}

// The file was made by commit e9eab20 and holds two contacts.
func TestDatabaseOfAnUnreleasedVersionIsLeftAlone(t *testing.T) {
	const want = ": This database was made by an unreleased version of Callbook. Export it with that version (callbook export) and import it here, or name another --data folder."
	data := t.TempDir()
	path := filepath.Join(data, "callbook.db")
	before := unpacked(t, "../../db/sqlite/testdata/unreleased.db.gz")
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"serve", "--listen", "127.0.0.1:0"}, {"export"}, {"check"}, {"backup", filepath.Join(t.TempDir(), "b")}, {"audit", "verify"},
		{"import", "--yes", os.DevNull}, {"user", "list"}, {"key", "list"}, {"seal", "rotate"}, {"seal", "rotate", "--index"},
	} {
		var stdout, stderr bytes.Buffer
		args = append([]string{"callbook"}, append(args, "--data", data)...)
		err := run(t.Context(), args, func(string) string { return "" }, strings.NewReader(""), &stdout, &stderr)
		if err == nil || err.Error() != path+want {
			t.Errorf("%v: got %v, want %s%s", args, err, path, want)
		}
		if after, err := os.ReadFile(path); err != nil || sha256.Sum256(after) != sha256.Sum256(before) {
			t.Fatalf("%v: the file was changed (%v)", args, err)
		}
	}
	if left, err := os.ReadDir(data); err != nil || len(left) != 1 {
		t.Errorf("files: got %v, %v, want the database alone", left, err)
	}
}

func unpacked(t *testing.T, file string) []byte {
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
	return text
}

func TestDemonstrationLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	p := start(t, "--demo", "--listen", "127.0.0.1:0")
	for _, path := range []string{"/contacts", "/contacts/akuam", "/contacts/elif-yildiz"} {
		if got := p.status(path); got != http.StatusOK {
			t.Errorf("%s answers %d", path, got)
		}
	}
	p.stop(syscall.SIGTERM)
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestStopDuringTheStartIsNoFailure(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out bytes.Buffer
	args := []string{"callbook", "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir()}
	if err := run(ctx, args, func(string) string { return "" }, strings.NewReader(""), &out, &out); err != nil {
		t.Errorf("ended with %v", err)
	}
	if strings.Contains(out.String(), "ready") {
		t.Errorf("said that it was ready:\n%s", &out)
	}
}
