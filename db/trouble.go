package db

import (
	"errors"

	sqlite3 "modernc.org/sqlite/lib"

	"callbook/internal/oncall"
)

// troubles are the errors of SQLite that are neither the caller's fault nor ours.
var troubles = map[int]oncall.Reason{
	sqlite3.SQLITE_FULL:     oncall.DiskFull,
	sqlite3.SQLITE_IOERR:    oncall.DiskFailed,
	sqlite3.SQLITE_READONLY: oncall.DiskFailed,
	sqlite3.SQLITE_CANTOPEN: oncall.DiskFailed,
	sqlite3.SQLITE_BUSY:     oncall.Held,
	sqlite3.SQLITE_CORRUPT:  oncall.Damaged,
	sqlite3.SQLITE_NOTADB:   oncall.Damaged,
}

// troubleOf is the trouble that an error tells of, or "".
func troubleOf(err error) oncall.Reason { return troubles[codeOf(err)] }

// explained makes an oncall.Error of an error that tells of trouble. What the domain
// has made of one already stays.
func explained(err error) error {
	r := troubleOf(err)
	if _, ok := errors.AsType[*oncall.Error](err); ok || r == "" {
		return err
	}
	return oncall.CannotStore(r, err)
}

// Trouble returns why nothing can be written, as the last transaction has found; else
// oncall.KeyAway while the keys in memory are not those of the key file; else "".
func (s *Store) Trouble() oncall.Reason {
	r, _ := s.write.trouble.Load().(oncall.Reason)
	if r == "" && s.ring != nil && s.ring.Health() != nil {
		r = oncall.KeyAway
	}
	return r
}
