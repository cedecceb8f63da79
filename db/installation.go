package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// handedOut is the condition that ARNs of the scope have left the house.
const handedOut = `(EXISTS (SELECT 1 FROM contact) OR EXISTS (SELECT 1 FROM idempotency))`

func checkScope(kept string, scope oncall.Scope) error {
	if kept == scope.Prefix() {
		return nil
	}
	return fmt.Errorf("%w: they begin with %s, and this start asks for %s", ErrOtherScope, kept, scope.Prefix())
}

// checkHandedOut fails with ErrOtherScope when ARNs of another scope have left
// the house.
func checkHandedOut(ctx context.Context, c *sql.Conn, scope oncall.Scope) error {
	var kept string
	err := c.QueryRowContext(ctx, "SELECT scope FROM installation WHERE "+handedOut).Scan(&kept)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return checkScope(kept, scope)
}

// install makes the one row that says what this database is. While nothing has
// an ARN the scope may still change.
func install(ctx context.Context, c *sql.Conn, o Options, ring *seal.Ring) error {
	if o.MustExist {
		return nil // who makes nothing decides nothing: keys and scope are the database's
	}
	scope := o.Scope
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
	_, err := c.ExecContext(ctx, `UPDATE installation SET scope = $1 WHERE scope <> $1 AND NOT `+handedOut, scope.Prefix())
	if err != nil {
		return err
	}
	var kept string
	if err := c.QueryRowContext(ctx, "SELECT scope FROM installation WHERE id = 1").Scan(&kept); err != nil {
		return err
	}
	return checkScope(kept, scope) // another process may have been first since the file was inspected
}

// readScope reads the scope of the database.
func (s *Store) readScope(ctx context.Context, c *sql.Conn) (err error) {
	var prefix string
	if err := c.QueryRowContext(ctx, "SELECT scope FROM installation WHERE id = 1").Scan(&prefix); err != nil {
		return err
	}
	s.scope, err = oncall.ParseScope(prefix)
	return err
}

// keptKeys returns the id of the key file of a database; "": it has none yet.
func keptKeys(ctx context.Context, c *sql.Conn, later []string) (id string, err error) {
	version, _, err := standing(ctx, c, later)
	if err != nil || version == 0 {
		return "", err
	}
	err = c.QueryRowContext(ctx, `SELECT key_file FROM installation WHERE id = 1`).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = unused(ctx, c)
	}
	return id, err
}

// unused fails for a database that has lost the row that names its key file: it
// holds what other keys would not open.
func unused(ctx context.Context, c *sql.Conn) error {
	var used bool
	err := c.QueryRowContext(ctx, `SELECT `+handedOut).Scan(&used)
	if err == nil && used {
		return fmt.Errorf("%w: it does not say which key file opens it", ErrDamaged)
	}
	return err
}
