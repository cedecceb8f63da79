package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"callbook/internal/oncall"
)

// Engine is the database under a Store. The SQL of the nouns is one text for every engine.
// An Engine words the rest in its own way and explains its own errors. It is safe for
// concurrent use.
type Engine interface {
	// Statements returns the statements that every engine words in its own way.
	Statements() Statements
	// Fatal reports whether the engine may have rolled back the whole transaction with
	// an error.
	Fatal(err error) bool
	// Trouble returns the reason for an error that is neither the caller's fault nor
	// Callbook's, or "".
	Trouble(err error) oncall.Reason
	// Schemas returns the schema of a database on a connection, and the one that the
	// migrations make for its version. They must be equal.
	Schemas(ctx context.Context, c *sql.Conn) (found, made Schema, err error)
	// AllDamaged reports whether an error whose Trouble is oncall.Damaged concerns the
	// whole database, for example a log that was cut. One bad page fails only the
	// transactions that read it.
	AllDamaged(err error) bool
}

// Statements are texts of SQL. An empty one is not executed.
type Statements struct {
	BeginUpdate string // takes the lock first: nothing is read before it
	BeginView   string // the transaction reads one snapshot

	// WaitLong and WaitShortly set how long a connection waits for a database that another
	// process has locked. A connection starts with the long time.
	WaitLong, WaitShortly string

	// Integrity returns a sentence for each page or index that is wrong.
	Integrity string
	// References returns each foreign key that rows violate: table, parent table, column
	// and parent column.
	References string
	// HasColumn returns how many columns the table $1 has of the name $2.
	HasColumn string
}

// The reasons for which no engine opens a database, besides its own.
var (
	ErrOtherScope = errors.New("this database holds ARNs of another region or account")
	ErrDamaged    = errors.New("this database is damaged")
)

// errWriteDamaged refuses updates once the database was found damaged. A write could
// destroy what the next start would still recover.
var errWriteDamaged = fmt.Errorf("%w: nothing is written to it any more", ErrDamaged)

// explained makes an oncall.Error of an error that Engine.Trouble knows. What the domain
// has made of one already stays.
func (s *Store) explained(err error) error {
	r := s.engine.Trouble(err)
	if r == oncall.Damaged && s.engine.AllDamaged(err) {
		s.write.damaged.Store(true)
	}
	if _, ok := errors.AsType[*oncall.Error](err); ok || r == "" {
		return err
	}
	return oncall.UnavailableError(r, err)
}

// Trouble returns why nothing can be written, as the last transaction has found.
// Otherwise it returns oncall.KeyFileMissing while the keys in memory are not those of the
// key file, or "". After oncall.Damaged the database has to be opened again.
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
