package sqlite

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"callbook/db"
	"callbook/internal/oncall"
)

var testScope = oncall.Scope{Region: "us-east-2", Account: "111122223333"}

// openTest opens a database that is closed when the test ends.
func openTest(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Scope: testScope})
	if err != nil {
		t.Fatalf("Open(%q): got error %v, want none", path, err)
	}
	closeAfter(t, s)
	return s
}

func closeAfter(t testing.TB, s *Store) {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: got error %v, want none", err)
		}
	})
}

// testPath returns where a test's database goes.
func testPath(t testing.TB) string { return filepath.Join(t.TempDir(), "callbook.db") }

// stored returns the aliases that a store holds, in order.
func stored(t testing.TB, s *Store) []string {
	t.Helper()
	var aliases []string
	err := s.View(context.Background(), func(q db.Queries) error {
		list, err := q.Contacts(oncall.Unreachable, "", 1_000_000)
		for _, c := range list {
			aliases = append(aliases, c.Alias)
		}
		return err
	})
	if err != nil {
		t.Fatalf("View: got error %v, want none", err)
	}
	return aliases
}

// countInto reads how many contacts the store says it holds.
func countInto(n *int) func(db.Queries) error {
	return func(q db.Queries) error {
		counts, err := q.CountContacts()
		*n = counts[oncall.Unreachable]
		return err
	}
}

// micro is a time that nothing depends on.
var micro = time.Date(2026, 11, 22, 3, 0, 0, 1000, time.UTC)
