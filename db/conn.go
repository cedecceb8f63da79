package db

import (
	"context"
	"database/sql"
	"errors"

	"callbook/internal/audit"
	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// conn is one connection with its prepared statements. One goroutine at a time uses it.
type conn struct {
	sql      *sql.Conn
	engine   Engine
	texts    Statements // of the engine
	prepared map[string]*sql.Stmt
	ring     *seal.Ring // nil: locked
	locked   error      // why
	// counterKey hashes the names of counters while there is no ring.
	counterKey []byte
	indexKey   uint32 // as the current transaction has read it, or 0
	wrote      bool   // the current transaction has changed a row

	auditEnd *audit.Anchor // as the current transaction has read or written it, or nil
}

// close closes the statements too: database/sql leaves those of a single
// connection to their owner, and SQLite keeps the file open until the last.
func (c *conn) close() error {
	var err error
	for _, s := range c.prepared {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, c.sql.Close())
}

// stmt prepares a statement the first time it is asked for.
//
// SQLite looks at the number after LIMIT when it plans a statement. It plans again for every
// value that is bound there, which costs more than most statements. LIMIT 0 + $1 avoids this.
func (c *conn) stmt(text string) (*sql.Stmt, error) {
	if s, ok := c.prepared[text]; ok {
		return s, nil
	}
	s, err := c.sql.PrepareContext(context.Background(), text)
	if err == nil {
		c.prepared[text] = s
	}
	return s, err
}

// begin starts a transaction and clears what the last one has cached.
func (c *conn) begin(ctx context.Context, text string) error {
	c.indexKey, c.auditEnd, c.wrote = 0, nil, false
	return c.do(ctx, text)
}

// do runs a statement that returns no rows.
func (c *conn) do(ctx context.Context, text string, args ...any) error {
	_, err := c.exec(ctx, text, args...)
	return err
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(ctx context.Context, text string, args ...any) (int64, error) {
	s, err := c.stmt(text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// queries implements Queries in one transaction. Its methods are in the file of their noun.
type queries struct {
	ctx    context.Context
	conn   *conn
	keyed  string // the request whose key keySum is
	keySum []byte
	wrote  bool  // a row was changed
	failed error // the first error of a statement; a fatal one replaces others
}

var _ Queries = (*queries)(nil)

// note records an error, so that the update fails even if its function drops the error.
func (q *queries) note(err error) error {
	if q.failed == nil || q.conn.engine.Fatal(err) && !q.conn.engine.Fatal(q.failed) {
		q.failed = err
	}
	return err
}

func (q *queries) exec(text string, args ...any) (int64, error) {
	n, err := q.conn.exec(q.ctx, text, args...)
	q.wrote = q.wrote || n > 0
	return n, q.note(err)
}

// row scans one row, or returns oncall.ErrMissing.
func (q *queries) row(text string, args []any, into ...any) error {
	s, err := q.conn.stmt(text)
	if err != nil {
		return q.note(err)
	}
	err = s.QueryRowContext(q.ctx, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return oncall.ErrMissing
	}
	return q.note(err)
}

// change is row for a statement that changes the row that it returns.
func (q *queries) change(text string, args []any, into ...any) error {
	err := q.row(text, args, into...)
	q.wrote = q.wrote || err == nil
	return err
}

// rows calls scan for every row.
func (q *queries) rows(text string, args []any, scan func(*sql.Rows) error) error {
	s, err := q.conn.stmt(text)
	if err != nil {
		return q.note(err)
	}
	rows, err := s.QueryContext(q.ctx, args...)
	if err != nil {
		return q.note(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return q.note(err)
		}
	}
	return q.note(rows.Err())
}
