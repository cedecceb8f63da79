package db

import (
	"errors"

	sqlite3 "modernc.org/sqlite/lib"
)

// The words by which SQLite begins a transaction and waits for its turn.
const (
	beginUpdate = "BEGIN IMMEDIATE" // the lock comes first: nothing is read before it
	beginView   = "BEGIN"
	waitLong    = "PRAGMA busy_timeout = 5000"
	waitShortly = "PRAGMA busy_timeout = 1000"
)

// endsTransaction reports whether SQLite may have rolled back the whole
// transaction with this error (https://www.sqlite.org/lang_transaction.html).
func endsTransaction(err error) bool {
	switch codeOf(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}

// codeOf returns the primary result code of SQLite in err's chain, or 0.
func codeOf(err error) int { return extendedCodeOf(err) & 0xff }

// extendedCodeOf returns the extended result code, or 0.
func extendedCodeOf(err error) int {
	var coded interface{ Code() int }
	if !errors.As(err, &coded) {
		return 0
	}
	return coded.Code()
}
