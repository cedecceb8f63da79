package sqlite

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// crashVariable makes the test binary write to the database it names.
const crashVariable = "CALLBOOK_TEST_WRITE_UNTIL_KILLED"

// writeUntilKilled adds contacts, eight at a time, and prints the alias of each
// once it is acknowledged. After the first it waits for a line of input.
func writeUntilKilled(path string) int {
	s, err := Open(context.Background(), path, Options{Scope: testScope})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	add := func(alias string) {
		if err := s.Update(context.Background(), insertOnce(alias)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(alias)
	}
	add(fmt.Sprintf("p%d-first", os.Getpid()))
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return 1
	}
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for n := range 100_000 {
				add(fmt.Sprintf("p%d-w%d-n%d", os.Getpid(), w, n))
			}
		})
	}
	writers.Wait()
	return 1 // nobody killed it
}

// victim is a process that runs writeUntilKilled.
type victim struct {
	*exec.Cmd
	in  io.Writer
	out *bufio.Reader
}

func startVictim(t *testing.T, path string) victim {
	t.Helper()
	return startTest(t, crashVariable+"="+path)
}

// startTest starts the test binary with a variable.
func startTest(t *testing.T, variable string) victim {
	t.Helper()
	v := victim{Cmd: exec.Command(os.Args[0])}
	v.Env = append(os.Environ(), variable)
	v.Stderr = os.Stderr
	in, err1 := v.StdinPipe()
	out, err2 := v.StdoutPipe()
	if err := errors.Join(err1, err2, v.Start()); err != nil {
		t.Fatal(err)
	}
	v.in, v.out = in, bufio.NewReader(out)
	return v
}

// acknowledged reads up to most acknowledged aliases, fewer where the process
// has ended.
func (v victim) acknowledged(t *testing.T, most int) (aliases []string) {
	t.Helper()
	for len(aliases) < most {
		line, err := v.out.ReadString('\n')
		if err == io.EOF {
			return aliases // half a line tells of nothing
		}
		if err != nil {
			t.Fatal(err)
		}
		aliases = append(aliases, strings.TrimSuffix(line, "\n"))
	}
	return aliases
}

// kill ends the process with signal 9 and returns what it acknowledged before.
func (v victim) kill(t *testing.T) []string {
	t.Helper()
	if err := v.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	aliases := v.acknowledged(t, 1<<30)
	_ = v.Wait() // it was killed, and says so
	return aliases
}

func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	path := testPath(t)
	var acknowledged []string
	for range 3 {
		v := startVictim(t, path)
		if _, err := io.WriteString(v.in, "go\n"); err != nil {
			t.Fatal(err)
		}
		acknowledged = append(acknowledged, v.acknowledged(t, 200)...)
		acknowledged = append(acknowledged, v.kill(t)...)
	}
	if len(acknowledged) < 600 {
		t.Fatalf("acknowledged contacts: got %d, want at least 600", len(acknowledged))
	}
	whole(t, path, acknowledged)
}

func TestCopyOfTheFilesHoldsWhatIsAcknowledged(t *testing.T) {
	path := testPath(t)
	v := startVictim(t, path)
	acknowledged := v.acknowledged(t, 1) // and now it waits
	beside := testPath(t)
	for _, suffix := range []string{"", "-wal"} {
		copyFile(t, beside+suffix, path+suffix)
	}
	whole(t, beside, acknowledged)
	v.kill(t)
	whole(t, path, acknowledged)
}

func copyFile(t *testing.T, to, from string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// whole fails the test unless the database is sound and holds these contacts.
func whole(t *testing.T, path string, aliases []string) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Scope: testScope})
	if err != nil {
		t.Fatal(err)
	}
	got := stored(t, s)
	for _, alias := range aliases {
		if _, ok := slices.BinarySearch(got, alias); !ok {
			t.Errorf("contact %s: acknowledged, but not among the %d in %s", alias, len(got), filepath.Base(path))
		}
	}
	var counted int
	_ = s.View(t.Context(), countInto(&counted))
	if counted != len(got) {
		t.Errorf("count of contacts: got %d, want %d", counted, len(got))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := check(t, path); got != "ok" {
		t.Errorf("PRAGMA integrity_check: got %q, want ok", got)
	}
}

func check(t *testing.T, path string) (answer string) {
	t.Helper()
	pool, err := sql.Open(driverName, dsn(path, "rw"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}
