package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// manager is where systemd would listen.
func manager(t *testing.T) *net.UnixConn {
	t.Helper()
	folder, err := os.MkdirTemp("", "n") // a socket's path is short, and that of a test's folder may not be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	path := filepath.Join(folder, "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return socket
}

// heard waits for the next datagram.
func heard(t *testing.T, socket *net.UnixConn, within time.Duration) (string, error) {
	t.Helper()
	if err := socket.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 4096)
	n, err := socket.Read(text)
	return string(text[:n]), err
}

func TestServiceManagerIsToldOfReadyAndStop(t *testing.T) {
	socket := manager(t)
	p := start(t, "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"))
	var got []string
	for i := range 2 {
		text, err := heard(t, socket, time.Minute)
		if err != nil {
			t.Fatalf("datagram %d: %v", i, err)
		}
		if got = append(got, text); i == 0 {
			p.stop(syscall.SIGTERM) // what was told before the end can still be read
		}
	}
	want := []string{"READY=1\nSTATUS=Ready at " + p.base, "STOPPING=1\nSTATUS=Stopping: accepted requests finish first"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefusedStartIsNotReady(t *testing.T) {
	socket := manager(t)
	refused(t, []string{"--listen", "127.0.0.1:0", "--data", ""}, `^callbook: --data is empty`)
	if text, err := heard(t, socket, 100*time.Millisecond); err == nil {
		t.Errorf("told %q", text)
	}
}

func TestServiceManagerThatIsGoneStopsNothing(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "gone"))
	p := start(t, "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"))
	p.stop(syscall.SIGTERM)
	if got := strings.Count(p.stderr.String(), "systemd was not notified"); got != 2 {
		t.Errorf("warned %d times, want 2:\n%s", got, p.stderr)
	}
}
