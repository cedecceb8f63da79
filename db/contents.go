package db

import (
	"context"
	"database/sql"
	"errors"

	"callbook/internal/audit"
)

// Contents identify what a database holds: a copy has the same.
type Contents struct {
	KeyFile            string // id of the only key file that opens it; "": it has none yet
	Contacts, Channels int64
	End                audit.Anchor // of the audit trail
}

// ReadContents reads the Contents on a connection that belongs to no Store.
func ReadContents(ctx context.Context, c *sql.Conn) (is Contents, err error) {
	row := c.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM channel)`)
	if err := row.Scan(&is.Contacts, &is.Channels); err != nil {
		return is, err
	}
	if is.KeyFile, err = KeyFileID(ctx, c); err != nil {
		return is, err
	}
	err = c.QueryRowContext(ctx, auditEnd).Scan(&is.End.Seq, &is.End.MAC)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return is, err
}
