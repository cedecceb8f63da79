package sqlite

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// copyVariable makes the test binary copy to a file until it is killed.
const copyVariable = "CALLBOOK_TEST_COPY_UNTIL_KILLED"

func copyUntilKilled(file string) int {
	c, err := startCopy(file)
	for _, name := range []string{c.file, c.file + "-wal"} {
		if err == nil {
			err = os.WriteFile(name, []byte("half of it"), 0o600)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	<-killed
	return 0
}

// copyInProcess starts a process that makes a copy.
func copyInProcess(t *testing.T, file string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env, c.Stderr = append(os.Environ(), copyVariable+"="+file), os.Stderr
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("it says %q, %v", line, err)
	}
	return c
}

func TestBackupRemovesWhatKilledOnesLeftAndNothingElse(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	folder := t.TempDir()
	file := filepath.Join(folder, "backup.db")
	alive := copyInProcess(t, file)
	dead := copyInProcess(t, file)
	_ = dead.Process.Kill()
	_ = dead.Wait()
	writeFile(t, filepath.Join(folder, "other.db"+temporary+"1"), "of another file")
	want := append(names(t, folder), "backup.db")
	if _, err := Backup(t.Context(), path, file); err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, names(t, folder)); diff != "" || len(want) != 6 {
		t.Errorf("beside a living backup (-want +got):\n%s", diff)
	}
	_ = alive.Process.Kill()
	_ = alive.Wait()
	if _, err := Backup(t.Context(), path, file); !errors.Is(err, ErrExists) {
		t.Errorf("the second backup: got %v, want ErrExists", err)
	}
	if diff := cmp.Diff([]string{"backup.db", "other.db" + temporary + "1"}, names(t, folder)); diff != "" {
		t.Errorf("at the end (-want +got):\n%s", diff)
	}
}

// Backups to one file at once do not take each other for dead: one gets the name.
func TestBackupsToOneFileLeaveEachOtherAlone(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	folder := t.TempDir()
	file := filepath.Join(folder, "backup.db")
	var all sync.WaitGroup
	results := make([]error, 8)
	for n := range results {
		all.Go(func() { _, results[n] = Backup(t.Context(), path, file) })
	}
	all.Wait()
	done := 0
	for _, err := range results {
		switch {
		case err == nil:
			done++
		case !errors.Is(err, ErrExists):
			t.Errorf("got %v, want ErrExists", err)
		}
	}
	if done != 1 {
		t.Errorf("%d backups got the name", done)
	}
	if diff := cmp.Diff([]string{"backup.db"}, names(t, folder)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}
