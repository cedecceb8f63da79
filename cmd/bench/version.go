package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"
)

// version is a built program with a book of its own.
type version struct {
	name, binary, data string
	settings           []string // NAME=value, besides those that all have
	err                error    // what its faults wrap

	program *served // nil: it does not run
	*client
	key     aws.Credentials
	noKey   error         // why there is none
	cookie  string        // of a session; "": nobody can sign in, as noKey says
	arns    []string      // of the channels that are read
	created atomic.Int64  // channels in turns
	took    time.Duration // for the workload that is measured
	results bytes.Buffer
}

// whom the pages are asked as.
const (
	benchEmail    = "bench@example.org"
	benchPassword = "four unrelated words walk in"
)

// command is the program with its settings. They are in its environment, where a
// version that does not know one of them passes over it.
func (v *version) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, v.binary, args...)
	others := slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "CALLBOOK_") })
	cmd.Env = append(others, "CALLBOOK_DATA="+v.data, "CALLBOOK_REGION="+scope.Region, "CALLBOOK_ACCOUNT_ID="+scope.Account,
		"CALLBOOK_LOG_LEVEL=error", "CALLBOOK_API_RATE=0", "CALLBOOK_CODES_PER_HOUR=0", "CALLBOOK_CODES_PER_PREFIX=0")
	cmd.Env = append(cmd.Env, v.settings...)
	return cmd
}

// output runs a command of the program to its end.
func (v *version) output(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := v.command(ctx, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("callbook %s: %w: %s", strings.Join(args[:2], " "), err, out)
	}
	return string(out), nil
}

func (v *version) start(ctx context.Context) error {
	cmd := v.command(ctx, "serve", "--listen", "127.0.0.1:0")
	var log bytes.Buffer
	cmd.Stderr = &log
	program, err := serve(cmd)
	if err != nil {
		return fmt.Errorf("%w: %s", err, &log)
	}
	v.program, v.client = program, newClient(strings.TrimPrefix(program.base, "http://"), v.key)
	return nil
}

// stop ends the program if it runs.
func (v *version) stop() error {
	if v.program == nil {
		return nil
	}
	v.hangUp()
	program := v.program
	v.program = nil
	if err := program.stop(); err != nil {
		return fmt.Errorf("%w ends: %w", v.err, err)
	}
	return nil
}

// fill starts the program over an empty book, signs in, and adds contacts, of which
// the first get three channels each. A program that lets nobody sign in has an empty
// book, and one without access keys is not asked through the API.
func (v *version) fill(ctx context.Context, contacts, withChannels int) error {
	if err := v.start(ctx); err != nil {
		return err
	}
	if v.noKey = v.signIn(ctx); v.noKey != nil {
		return nil
	}
	if err := times(16, contacts, func(n int) error { return v.addContact(ctx, n, n < withChannels) }); err != nil {
		return err
	}
	if v.noKey = v.makeKey(ctx); v.noKey == nil {
		v.arns, v.noKey = v.channelsOf(ctx, withChannels)
	}
	return nil
}

// times lets callers do something n times altogether.
func times(callers, n int, do func(n int) error) error {
	var last atomic.Int64
	_, err := crowd(callers, func() (int, bool) { i := int(last.Add(1)) - 1; return i, i < n }, do)
	return err
}

// signIn makes the first user and keeps the cookie of a session.
func (v *version) signIn(ctx context.Context) error {
	if _, err := v.output(ctx, benchPassword, "user", "add", "--email", benchEmail, "--role", "admin", "--password-stdin"); err != nil {
		return err
	}
	answer, err := v.post(ctx, "/sign-in", url.Values{"email": {benchEmail}, "password": {benchPassword}})
	if err != nil {
		return err
	}
	for _, c := range answer.Cookies() {
		v.cookie = c.Name + "=" + c.Value
	}
	return nil
}

// post sends a form that is followed by another page.
func (v *version) post(ctx context.Context, path string, form url.Values) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.program.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", v.cookie)
	answer, _, err := v.send(r)
	if err == nil && answer.StatusCode != http.StatusSeeOther {
		err = fmt.Errorf("POST %s: %d", path, answer.StatusCode)
	}
	return answer, err
}

// addContact adds the nth contact, and three channels if it has any.
func (v *version) addContact(ctx context.Context, n int, withChannels bool) error {
	_, err := v.post(ctx, "/contacts/new", url.Values{"alias": {alias(n)}, "name": {nameOf(n)}, "token": {uuid.NewString()}})
	for i := range 3 {
		if err != nil || !withChannels {
			return err
		}
		_, err = v.post(ctx, "/contacts/"+alias(n)+"/channels/new", url.Values{"type": {"EMAIL"}, "name": {"mail"},
			"email": {fmt.Sprintf("%s-%d@example.org", alias(n), i)}, "token": {uuid.NewString()}})
	}
	return err
}

// secret finds an access key in what callbook key add prints.
var secret = regexp.MustCompile(`AWS_ACCESS_KEY_ID=(\S+)\s+AWS_SECRET_ACCESS_KEY=(\S+)`)

// makeKey makes an access key and signs with it from now on.
func (v *version) makeKey(ctx context.Context) error {
	out, err := v.output(ctx, "", "key", "add", "--name", "bench", "--role", "manager")
	if err != nil {
		return err
	}
	found := secret.FindStringSubmatch(out)
	if found == nil {
		return errors.New("callbook key add prints no access key")
	}
	v.key = aws.Credentials{AccessKeyID: found[1], SecretAccessKey: found[2]}
	v.client.key = v.key
	return nil
}

// create adds a channel to a contact that has none, another one each time.
func (v *version) create(ctx context.Context, _ int) error {
	if v.noKey != nil {
		return v.noKey
	}
	n := readers + int(v.created.Add(1)) - 1
	return v.createChannel(ctx, alias(n), phone(n))
}

func (v *version) get(ctx context.Context, n int) error {
	if v.noKey != nil {
		return v.noKey
	}
	return v.getChannel(ctx, v.arns[n%len(v.arns)])
}

func (v *version) list(ctx context.Context, n int) error {
	if v.noKey != nil {
		return v.noKey
	}
	return v.listChannels(ctx, alias(n%readers), nil)
}

// page asks for a page as somebody who is signed in.
func page(path string) func(*version, context.Context, int) error {
	return func(v *version, ctx context.Context, _ int) error {
		if v.cookie == "" {
			return v.noKey
		}
		answer, err := v.open(ctx, path)
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("GET %s: %d", path, answer.StatusCode)
		}
		return err
	}
}

func (v *version) open(ctx context.Context, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.program.base+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Cookie", v.cookie)
	answer, _, err := v.send(r)
	return answer, err
}

// measureStart starts the program over its book, and writes down how long it takes
// to the first page, and what memory it has then. Of a version that lets nobody sign
// in, any page is the first.
func (v *version) measureStart(ctx context.Context) error {
	if err := v.start(ctx); err != nil {
		return err
	}
	if _, err := v.open(ctx, "/contacts"); err != nil {
		return err
	}
	took := time.Since(v.program.begun)
	rest, err := resident(v.program.cmd.Process.Pid)
	v.record("Start", 1, float64(took.Nanoseconds()), "ns/op")
	v.record("AtRest", 1, float64(rest), "resident-B")
	return err
}

// turn lets callers do half of a workload.
func (v *version) turn(ctx context.Context, w workload) error {
	begun := time.Now()
	err := times(w.callers, w.ops/2, func(n int) error { return w.do(v, ctx, n) })
	v.took += time.Since(begun)
	return err
}

// record writes a line of Go's text format for benchmarks.
func (v *version) record(name string, times int, value float64, unit string) {
	fmt.Fprintf(&v.results, "Benchmark%s-%d\t%d\t%.0f %s\n", name, runtime.GOMAXPROCS(0), times, value, unit)
}

// write writes down what was measured, in a file that is called as the version is.
func (v *version) write(folder string) error {
	text := fmt.Sprintf("goos: %s\ngoarch: %s\npkg: callbook\n%s", runtime.GOOS, runtime.GOARCH, &v.results)
	return os.WriteFile(filepath.Join(folder, v.name+".txt"), []byte(text), 0o600)
}
