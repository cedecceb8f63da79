package db

import (
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"

	"callbook/internal/oncall"
)

// troubles are the errors of SQLite that are neither the caller's fault nor ours, by
// their extended or else their primary code.
var troubles = map[int]oncall.Reason{
	sqlite3.SQLITE_FULL:             oncall.DiskFull,
	sqlite3.SQLITE_IOERR:            oncall.DiskFailed,
	sqlite3.SQLITE_IOERR_SHMSIZE:    oncall.DiskFull, // the index of the log cannot grow
	sqlite3.SQLITE_IOERR_SHORT_READ: oncall.Damaged,  // the file ends before what it held
	sqlite3.SQLITE_READONLY:         oncall.DiskFailed,
	sqlite3.SQLITE_CANTOPEN:         oncall.DiskFailed,
	sqlite3.SQLITE_BUSY:             oncall.DatabaseBusy,
	sqlite3.SQLITE_CORRUPT:          oncall.Damaged,
	sqlite3.SQLITE_NOTADB:           oncall.Damaged,
}

// TroubleOf returns the trouble that an error of this package tells of, or "".
func TroubleOf(err error) oncall.Reason {
	if r, ok := troubles[extendedCodeOf(err)]; ok {
		return r
	}
	return troubles[codeOf(err)]
}

// errDamaged is the cause of what is refused once the database was found damaged. What
// is written then may be put where it destroys what a start would still recover.
var errDamaged = fmt.Errorf("%w: nothing is written to it any more", ErrDamaged)

// explained makes an oncall.Error of an error that tells of trouble. What the domain
// has made of one already stays. A page that cannot be made sense of fails who reads
// it; a file that ends too early is one whose log was cut, and is damaged for all.
func (s *Store) explained(err error) error {
	r := TroubleOf(err)
	if r == oncall.Damaged && codeOf(err) != sqlite3.SQLITE_CORRUPT {
		s.write.damaged.Store(true)
	}
	if _, ok := errors.AsType[*oncall.Error](err); ok || r == "" {
		return err
	}
	return oncall.UnavailableError(r, err)
}

// Trouble returns why nothing can be written, as the last transaction has found; else
// oncall.KeyFileMissing while the keys in memory are not those of the key file; else "". From
// oncall.Damaged there is no way back but another start.
func (s *Store) Trouble() oncall.Reason {
	if s.write.damaged.Load() {
		return oncall.Damaged
	}
	r, _ := s.write.trouble.Load().(oncall.Reason)
	if r == "" && s.ring != nil && s.ring.Health() != nil {
		r = oncall.KeyFileMissing
	}
	return r
}
