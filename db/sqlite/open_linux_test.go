package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// These tests read in /proc which files the process has open, and so are
// Linux's; what they hold for is the same everywhere.

func TestCloseLeavesOneFileAndNoneOpen(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	if got := len(folder(t, path)); got != 1 {
		t.Errorf("files after Close: got %v, want the database alone", folder(t, path))
	}
	if open := openIn(t, filepath.Dir(path)); len(open) > 0 {
		t.Errorf("files still open after Close: %v", open)
	}
}

func TestFailedOpenLeavesNoneOpenAndNothingHalfDone(t *testing.T) {
	for _, text := range []string{"-- Times are microseconds", "PRAGMA user_version", "PRAGMA application_id", "COMMIT", "INSERT INTO installation", "PRAGMA query_only"} {
		f, path := &faults{}, testPath(t)
		f.use(func(s statement) error {
			if s.begins(text) {
				return errRefused
			}
			return nil
		})
		s, err := open(t.Context(), f.name(), path, Options{Scope: testScope})
		if err == nil {
			closeAfter(t, s)
		}
		if !errors.Is(err, errRefused) {
			t.Errorf("open with a failing %q: got error %v, want %v", text, err, errRefused)
		}
		if open := openIn(t, filepath.Dir(path)); len(open) > 0 {
			t.Errorf("files still open after a failing %q: %v", text, open)
		}
		made(t, path, "ana")
		holds(t, path, "ana")
	}
}

// openIn returns the files in a folder that this process has open.
func openIn(t *testing.T, folder string) (files []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(links) == 0 {
		t.Fatalf("no open files in /proc: %v", err)
	}
	for _, link := range links {
		if file, err := os.Readlink(link); err == nil && strings.HasPrefix(file, folder+"/") {
			files = append(files, file)
		}
	}
	return files
}
