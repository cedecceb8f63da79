package sqlite

import (
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

// TroubleOf returns the reason for an error of this package that is neither the caller's
// fault nor Callbook's, or "".
func TroubleOf(err error) oncall.Reason {
	if r, ok := troubles[extendedCodeOf(err)]; ok {
		return r
	}
	return troubles[codeOf(err)]
}
