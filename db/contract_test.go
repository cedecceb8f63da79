package db_test

import (
	"path/filepath"
	"testing"

	"callbook/db"
	"callbook/db/dbtest"
	"callbook/db/oncalltest"
)

func TestTwoStoresOnOneFileKeepTheContract(t *testing.T) {
	dbtest.Together(t, func(t testing.TB) (a, b db.Transactor) {
		path := filepath.Join(t.TempDir(), "callbook.db")
		return openTest(t, path, nil), openTest(t, path, nil)
	})
}

// openTest opens a database that is closed when the test ends, after before is called.
func openTest(t testing.TB, path string, before func(*db.Store)) *db.Store {
	t.Helper()
	s, err := db.Open(t.Context(), path, db.Options{Scope: oncalltest.Scope})
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
	texts := db.Statements{}
	dbtest.Run(t, func(t testing.TB) db.Transactor {
		return openTest(t, filepath.Join(t.TempDir(), "callbook.db"), texts.Collect)
	})
	t.Run("WithoutReadingAWholeTable", func(t *testing.T) { texts.AreFast(t) })
	t.Run("WithEveryIndex", func(t *testing.T) { texts.NeedEveryIndex(t) })
}
