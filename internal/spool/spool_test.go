package spool_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"callbook/internal/spool"
)

func TestFileIsReadAgainAndLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	f, err := spool.Copy(strings.NewReader("alias\nana\n"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if text, err := io.ReadAll(f.Reader()); string(text) != "alias\nana\n" || err != nil || f.Size() != 10 {
			t.Errorf("read %q, %v, of %d bytes", text, err, f.Size())
		}
	}
	left, _ := os.ReadDir(folder)
	for _, e := range left { // where an open file keeps its name
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	broken := errors.New("broken")
	if _, err := spool.Copy(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: got %v", err)
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
