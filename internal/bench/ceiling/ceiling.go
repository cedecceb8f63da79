// Package ceiling executes what one creation of a channel executes at its commit, with the group
// commit of package db and nothing else. A test of package db compares what both execute.
package ceiling

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"strings"
)

// Statements are those of one creation, in order. Statements[InsertChannel] is a plain insert.
var Statements = []string{`
INSERT INTO idempotency (request, parameters, resource, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (request) DO UPDATE SET parameters = excluded.parameters, resource = excluded.resource,
created_at = excluded.created_at, released_at = NULL WHERE idempotency.released_at < $5`,
	`SELECT type, (SELECT count(*) FROM channel WHERE contact = alias) FROM contact WHERE alias = $1`,
	`SELECT index_a, index_b, index_now FROM installation WHERE id = 1`, `
INSERT INTO channel (contact, id, name, type, mask, deferred_at, activated_at, deactivated_at, readdressed_at, version, created_at, updated_at, request, address, index_a, index_b)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT DO NOTHING`, `SELECT seq, mac FROM audit WHERE seq = (SELECT max(seq) FROM audit)`, `
INSERT INTO audit (seq, at, door, principal, actor, operation, outcome, resource, contact, changes, request, client, key, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`}

const InsertChannel = 3 // the place of the plain insert

// Ceiling creates channels on one connection.
type Ceiling struct {
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
	work    chan *creation
	stopped chan struct{}
}

type creation struct {
	args [][]any
	done chan error
}

// Start begins to work on a connection, until Stop.
func Start(ctx context.Context, conn *sql.Conn) *Ceiling {
	c := &Ceiling{conn, map[string]*sql.Stmt{}, make(chan *creation, 256), make(chan struct{})}
	go c.run(ctx)
	return c
}

// Create waits until the channel is on the disk. args are those of each statement.
func (c *Ceiling) Create(args ...[]any) error {
	one := &creation{args, make(chan error, 1)}
	c.work <- one
	return <-one.done
}

// Stop waits for what was handed over.
func (c *Ceiling) Stop() { close(c.work); <-c.stopped }

func (c *Ceiling) run(ctx context.Context) {
	defer close(c.stopped)
	for first := range c.work {
		batch := []*creation{first}
		runtime.Gosched()
		for len(c.work) > 0 && len(batch) < 256 { // nobody else takes from it
			batch = append(batch, <-c.work)
		}
		err := c.commit(ctx, batch)
		for _, one := range batch {
			one.done <- err
		}
	}
}

func (c *Ceiling) commit(ctx context.Context, batch []*creation) error {
	err := c.do(ctx, "BEGIN IMMEDIATE")
	for _, one := range batch {
		err = errors.Join(err, c.do(ctx, "SAVEPOINT one"))
		for i, text := range Statements {
			err = errors.Join(err, c.do(ctx, text, one.args[i]...))
		}
		err = errors.Join(err, c.do(ctx, "RELEASE one"))
	}
	return errors.Join(err, c.do(ctx, "COMMIT"))
}

func (c *Ceiling) do(ctx context.Context, text string, args ...any) (err error) {
	if c.stmts[text] == nil {
		c.stmts[text], _ = c.conn.PrepareContext(ctx, text) // a nil statement fails below
	}
	if !strings.HasPrefix(text, "SELECT") {
		_, err = c.stmts[text].ExecContext(ctx, args...)
		return err
	}
	rows, err := c.stmts[text].QueryContext(ctx, args...)
	if err == nil {
		rows.Next()
		err = rows.Close()
	}
	return err
}
