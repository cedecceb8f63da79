package db_test

import (
	"path/filepath"
	"testing"

	"callbook/db"
	"callbook/db/dbtest"
	"callbook/db/oncalltest"
	"callbook/db/sqlite"
)

func TestTwoStoresOnOneFileKeepTheContract(t *testing.T) {
	dbtest.Together(t, func(t testing.TB) (a, b db.Transactor) {
		path := testPath(t)
		return openTest(t, path, nil), openTest(t, path, nil)
	})
}

// openTest opens a database that is closed when the test ends, after before is called.
func openTest(t testing.TB, path string, before func(*sqlite.Store)) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{Scope: oncalltest.Scope})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if before != nil {
			before(s)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLiteStoreKeepsTheContract(t *testing.T) {
	texts := statements{}
	dbtest.Run(t, func(t testing.TB) db.Transactor {
		return openTest(t, testPath(t), texts.collect)
	})
	t.Run("WithoutReadingAWholeTable", func(t *testing.T) { texts.areFast(t) })
	t.Run("WithEveryIndex", func(t *testing.T) { texts.needEveryIndex(t) })
}

// testPath returns where a test's database goes.
func testPath(t testing.TB) string { return filepath.Join(t.TempDir(), "callbook.db") }
