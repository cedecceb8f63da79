package sqlite

import (
	"errors"

	sqlite3 "modernc.org/sqlite/lib"

	"callbook/db"
	"callbook/internal/oncall"
)

// engine implements db.Engine.
type engine struct {
	later []string // migrations after those of this program, for tests
}

func (engine) Statements() db.Statements {
	return db.Statements{
		BeginUpdate: "BEGIN IMMEDIATE",
		BeginView:   "BEGIN",
		WaitLong:    "PRAGMA busy_timeout = 5000",
		WaitShortly: "PRAGMA busy_timeout = 1000",
		Integrity:   "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
		References: `
			SELECT DISTINCT c."table", c.parent, k."from", k."to" FROM pragma_foreign_key_check c JOIN pragma_foreign_key_list(c."table") k ON k.id = c.fkid`,
		HasColumn: "SELECT count(*) FROM pragma_table_info($1) WHERE name = $2",
	}
}

// Fatal implements db.Engine (https://www.sqlite.org/lang_transaction.html).
func (engine) Fatal(err error) bool {
	switch codeOf(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}

// Trouble implements db.Engine.
func (engine) Trouble(err error) oncall.Reason { return TroubleOf(err) }

// AllDamaged implements db.Engine. A file that ends too early is one whose log was cut.
func (engine) AllDamaged(err error) bool { return codeOf(err) != sqlite3.SQLITE_CORRUPT }

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
