package sqlite

import (
	"errors"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"

	"callbook/db"
	"callbook/internal/oncall"
)

func TestTroubleHasItsReasonAndEnds(t *testing.T) {
	for code, want := range map[injected]oncall.Reason{
		sqlite3.SQLITE_FULL: oncall.DiskFull, sqlite3.SQLITE_IOERR: oncall.DiskFailed, sqlite3.SQLITE_IOERR_FSYNC: oncall.DiskFailed,
		sqlite3.SQLITE_READONLY: oncall.DiskFailed, sqlite3.SQLITE_CANTOPEN: oncall.DiskFailed, sqlite3.SQLITE_BUSY: oncall.DatabaseBusy,
	} {
		f := &faults{}
		s := openFaulty(t, f)
		f.use(func(s statement) error {
			if s.begins("COMMIT") {
				return code
			}
			return nil
		})
		err := s.Update(t.Context(), insertOnce("ana"))
		if oncall.KindOf(err) != oncall.Unavailable || oncall.ReasonOf(err) != want || !errors.Is(err, code) || s.Trouble() != want {
			t.Errorf("%v: got %v (%q), and the store says %q, want %q", code, err, oncall.ReasonOf(err), s.Trouble(), want)
		}
		f.use(nil)
		if err := s.Update(t.Context(), func(db.Queries) error { return nil }); err != nil || want != oncall.DatabaseBusy && s.Trouble() != want {
			t.Errorf("%v: after an update that writes nothing: %v, and the store says %q", code, err, s.Trouble())
		}
		if err := s.Update(t.Context(), insertOnce("ana")); err != nil || s.Trouble() != "" {
			t.Errorf("%v: when it is over: %v, and the store says %q", code, err, s.Trouble())
		}
	}
}

// What is written after damage was found may destroy what a start would recover. A page
// that somebody cannot read is no such damage.
func TestDamagedDatabaseIsNotWrittenAnyMore(t *testing.T) {
	insert, read := "INSERT INTO contact (", "SELECT c.alias"
	for text, run := range map[string]func(*Store) error{
		insert: func(s *Store) error { return s.Update(t.Context(), insertOnce("ben")) },
		read: func(s *Store) error {
			return s.View(t.Context(), func(q db.Queries) error { _, err := q.Contact("ana"); return err })
		},
	} {
		for _, code := range []injected{sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR_SHORT_READ} {
			f := &faults{}
			s, err := open(t.Context(), f.name(), testPath(t), Options{Scope: testScope})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Update(t.Context(), insertOnce("ana")); err != nil {
				t.Fatal(err)
			}
			f.use(func(s statement) error {
				if s.begins(text) {
					return code
				}
				return nil
			})
			if err := run(s); oncall.ReasonOf(err) != oncall.Damaged {
				t.Errorf("%s, %v: got %v, want the reason damaged", text, code, err)
			}
			f.use(nil)
			latches := text == insert || code != sqlite3.SQLITE_CORRUPT
			ran := false
			err = s.Update(t.Context(), func(db.Queries) error { ran = true; return nil })
			if ran == latches || (oncall.ReasonOf(err) == oncall.Damaged) != latches || (s.Trouble() == oncall.Damaged) != latches {
				t.Errorf("%s, %v: an update afterwards: ran %t, %v, and the store says %q", text, code, ran, err, s.Trouble())
			}
			err = s.View(t.Context(), func(q db.Queries) error { _, err := q.Contact("ana"); return err })
			if err != nil {
				t.Errorf("%s, %v: what is whole cannot be read: %v", text, code, err)
			}
			if err := s.Close(); errors.Is(err, db.ErrDamaged) != latches {
				t.Errorf("%s, %v: Close: got %v, want db.ErrDamaged: %t", text, code, err, latches)
			}
			if latches {
				if err := s.disconnect(); err != nil { // a process would end
					t.Error(err)
				}
			}
		}
	}
}
