package main

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// asRoot reports whether a test that does something to disks goes on here: that takes
// root. For anybody else the test runs once more, in a namespace in which they are
// root, and nothing is left to do.
func asRoot(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() == 0 {
		return true
	}
	again := exec.Command("unshare", "--user", "--map-root-user", "--mount", os.Args[0], "-test.run", "^"+t.Name()+"$")
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("in a user namespace (where the system allows none, run this test as root): %v\n%s", err, out)
	}
	return false
}

// disk is a folder on a small file system of its own.
type disk string

func (d disk) data() string { return filepath.Join(string(d), "data") }

func smallDisk(t *testing.T) disk {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("none", folder, "tmpfs", 0, "size=8m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return disk(folder)
}

// fill leaves no room.
func (d disk) fill(t *testing.T, _ *program) (end func()) {
	filler := filepath.Join(string(d), "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	return func() {
		if err := os.Remove(filler); err != nil {
			t.Error(err)
		}
	}
}

// hold locks the database, as another program may.
func (d disk) hold(t *testing.T, _ *program) (end func()) {
	pool, err := sql.Open("sqlite", "file:"+filepath.Join(d.data(), "callbook.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Conn(t.Context())
	if err == nil {
		_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		_, err := conn.ExecContext(t.Context(), "ROLLBACK")
		if err != nil || conn.Close() != nil || pool.Close() != nil {
			t.Error(err)
		}
	}
}

// injecting makes system calls of a running program fail, as strace's option inject
// says.
func injecting(calls string) func(disk, *testing.T, *program) func() {
	names, _, _ := strings.Cut(calls, ":")
	return func(_ disk, t *testing.T, p *program) (end func()) {
		cmd := exec.Command("strace", "-f", "-p", fmt.Sprint(p.cmd.Process.Pid), "-o", os.DevNull, "-e", "trace="+names, "-e", "inject="+calls)
		says, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatalf("strace makes the disk fail, and is needed for that: %v", err)
		}
		line, err := bufio.NewReader(says).ReadString('\n')
		if err != nil || !strings.Contains(line, "attached") {
			t.Fatalf("strace: %s %v", line, err)
		}
		return func() {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
			_ = cmd.Wait() // it ends by the signal
		}
	}
}
