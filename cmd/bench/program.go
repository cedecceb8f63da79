package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// program is a built callbook with a database of its own. It is driven from outside, by what
// every version has.
type program struct {
	binary, data string   // data may be empty, for the demonstration
	settings     []string // NAME=value, besides those that all have
	*client               // nil: it does not run

	cmd   *exec.Cmd
	begun time.Time
}

// whom the pages are asked as.
const (
	benchEmail    = "bench@example.org"
	benchPassword = "four unrelated words walk in"
)

// command is the program with its settings. They are in its environment, where a
// version that does not know one of them passes over it.
func (p *program) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.binary, args...)
	others := slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "CALLBOOK_") })
	if p.data != "" {
		others = append(others, "CALLBOOK_DATA="+p.data)
	}
	cmd.Env = append(others, "CALLBOOK_REGION="+scope.Region, "CALLBOOK_ACCOUNT_ID="+scope.Account,
		"CALLBOOK_LOG_LEVEL=error", "CALLBOOK_API_RATE=0", "CALLBOOK_CODES_PER_HOUR=0", "CALLBOOK_CODES_PER_PREFIX=0", "CALLBOOK_MESSAGES_PER_DAY=0")
	cmd.Env = append(cmd.Env, p.settings...)
	return cmd
}

// output runs a command of the program to its end.
func (p *program) output(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := p.command(ctx, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("callbook %s: %w: %s", strings.Join(args[:2], " "), err, out)
	}
	return string(out), nil
}

// start starts the program and waits until it says where it answers.
func (p *program) start(ctx context.Context, flags ...string) error {
	p.cmd = p.command(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
	var log bytes.Buffer
	p.cmd.Stderr = &log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	p.begun = time.Now()
	if err := p.cmd.Start(); err != nil {
		return err
	}
	line, _ := bufio.NewReader(out).ReadString('\n') // what is missing is told below
	_, host, found := strings.Cut(strings.TrimSpace(line), "http://")
	if !found {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
		ended := p.cmd.Wait()
		return errors.Join(fmt.Errorf("%s does not say that it is ready: %s", p.binary, &log), ended)
	}
	before := p.client
	p.client = newClient(host)
	if before != nil {
		p.key, p.cookie = before.key, before.cookie
	}
	return nil
}

// stop ends the program, and fails as it did.
func (p *program) stop() error {
	p.hangUp()
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	return p.cmd.Wait()
}

// enter starts the program, and makes an account and an access key, with which it is asked.
func (p *program) enter(ctx context.Context) error {
	if err := p.start(ctx); err != nil {
		return err
	}
	if err := firstOf(p.signIn(ctx), p.makeKey(ctx)); err != nil {
		return firstOf(err, p.stop())
	}
	return nil
}

// signIn makes the first user and keeps the cookie of a session.
func (p *program) signIn(ctx context.Context) error {
	if _, err := p.output(ctx, benchPassword, "user", "add", "--email", benchEmail, "--role", "admin", "--password-stdin"); err != nil {
		return err
	}
	answer, err := p.post(ctx, "/sign-in", url.Values{"email": {benchEmail}, "password": {benchPassword}})
	if err != nil {
		return err
	}
	var pairs []string // of the session and of the browser
	for _, c := range answer.Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	p.cookie = strings.Join(pairs, "; ")
	return nil
}

// secret finds an access key in what callbook key add prints.
var secret = regexp.MustCompile(`AWS_ACCESS_KEY_ID=(\S+)\s+AWS_SECRET_ACCESS_KEY=(\S+)`)

// makeKey makes an access key and signs with it from now on.
func (p *program) makeKey(ctx context.Context) error {
	out, err := p.output(ctx, "", "key", "add", "--name", "bench", "--role", "manager")
	if err != nil {
		return err
	}
	found := secret.FindStringSubmatch(out)
	if found == nil {
		return errors.New("callbook key add prints no access key")
	}
	p.key = aws.Credentials{AccessKeyID: found[1], SecretAccessKey: found[2]}
	return nil
}

// resident returns the memory of a process in bytes, as Linux counts it.
func resident(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	return inStatus(string(status), "VmRSS:", pid)
}

// inStatus finds a size in the status of a process, in bytes.
func inStatus(status, name string, pid int) (int, error) {
	for line := range strings.Lines(status) {
		if kb, ok := strings.CutPrefix(line, name); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(kb), " kB"))
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in the status of process %d", name, pid)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
