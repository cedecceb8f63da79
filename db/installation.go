package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// hasARNs is the condition that ARNs of the scope were handed out.
const hasARNs = `(EXISTS (SELECT 1 FROM contact) OR EXISTS (SELECT 1 FROM idempotency))`

const selectScope = `SELECT scope FROM installation WHERE id = 1`

func compareScope(stored string, scope oncall.Scope) error {
	if stored == scope.Prefix() {
		return nil
	}
	return fmt.Errorf("%w: they begin with %s, and this start asks for %s", ErrOtherScope, stored, scope.Prefix())
}

// CheckScope fails with ErrOtherScope when the database has handed out ARNs of another
// scope.
func CheckScope(ctx context.Context, c *sql.Conn, scope oncall.Scope) error {
	var stored string
	err := c.QueryRowContext(ctx, "SELECT scope FROM installation WHERE "+hasARNs).Scan(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return compareScope(stored, scope)
}

// Install makes the one row that identifies the database, with the keys of the ring. A row
// that is there keeps its keys, and once an ARN was handed out its scope too: Install
// fails with ErrOtherScope for another one. A nil ring makes no row.
func Install(ctx context.Context, c *sql.Conn, scope oncall.Scope, ring *seal.Ring) error {
	if ring != nil {
		index, err := ring.Primary(seal.Index)
		if err != nil {
			return err
		}
		_, err = c.ExecContext(ctx, `
			INSERT INTO installation (id, scope, key_file, index_key) VALUES (1, $1, $2, $3)
			ON CONFLICT (id) DO NOTHING`, scope.Prefix(), ring.ID(), index)
		if err != nil {
			return err
		}
	}
	_, err := c.ExecContext(ctx, `UPDATE installation SET scope = $1 WHERE scope <> $1 AND NOT `+hasARNs, scope.Prefix())
	if err != nil {
		return err
	}
	var stored string
	if err := c.QueryRowContext(ctx, selectScope).Scan(&stored); err != nil {
		return err
	}
	return compareScope(stored, scope) // another process may have been first since CheckScope
}

// ReadScope reads the scope of an installed database.
func ReadScope(ctx context.Context, c *sql.Conn) (oncall.Scope, error) {
	var prefix string
	if err := c.QueryRowContext(ctx, selectScope).Scan(&prefix); err != nil {
		return oncall.Scope{}, err
	}
	return oncall.ParseScope(prefix)
}

// KeyFileID returns the id of the key file of a database that has its tables, or "" before
// Install. It fails with ErrDamaged when the id is lost and data need it.
func KeyFileID(ctx context.Context, c *sql.Conn) (id string, err error) {
	err = c.QueryRowContext(ctx, `SELECT key_file FROM installation WHERE id = 1`).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = unused(ctx, c)
	}
	return id, err
}

// unused fails for a database that has lost the row with the id of its key file. Other keys
// would not open its values.
func unused(ctx context.Context, c *sql.Conn) error {
	var used bool
	err := c.QueryRowContext(ctx, `SELECT `+hasARNs).Scan(&used)
	if err == nil && used {
		return fmt.Errorf("%w: it does not say which key file opens it", ErrDamaged)
	}
	return err
}
