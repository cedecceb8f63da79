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

// The statements of one creation, in order. InsertChannel alone is the plain insert.
const (
	insertRequest = `
INSERT INTO idempotency (request, parameters, resource, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (request) DO UPDATE SET parameters = excluded.parameters, resource = excluded.resource,
created_at = excluded.created_at, released_at = NULL WHERE idempotency.released_at < $5`
	channelHost   = `SELECT type, (SELECT count(*) FROM channel WHERE contact = alias) FROM contact WHERE alias = $1`
	InsertChannel = `
INSERT INTO channel (contact, id, name, type, address, canonical, deferred_at, activated_at, deactivated_at, readdressed_at, version, created_at, updated_at, request)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (canonical, contact, type) DO NOTHING`
	begin, commit      = `BEGIN IMMEDIATE`, `COMMIT`
	savepoint, release = `SAVEPOINT one`, `RELEASE one`
)

var statements = []string{insertRequest, channelHost, InsertChannel}

// Creation is the arguments of each statement of one creation, and its answer.
type Creation struct {
	Args [][]any
	done chan error
}

// Ceiling creates channels on one connection.
type Ceiling struct {
	work    chan *Creation
	stopped chan struct{}
	stmts   map[string]*sql.Stmt
}

// Start prepares the statements; Stop ends what it starts.
func Start(ctx context.Context, conn *sql.Conn) (_ *Ceiling, err error) {
	c := &Ceiling{work: make(chan *Creation, 256), stopped: make(chan struct{}), stmts: map[string]*sql.Stmt{}}
	for _, text := range append([]string{begin, commit, savepoint, release}, statements...) {
		if c.stmts[text], err = conn.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	go c.run(ctx)
	return c, nil
}

// Create waits until the channel is on the disk.
func (c *Ceiling) Create(args ...[]any) error {
	one := &Creation{Args: args, done: make(chan error, 1)}
	c.work <- one
	return <-one.done
}

// Stop waits for what was handed over.
func (c *Ceiling) Stop() { close(c.work); <-c.stopped }

func (c *Ceiling) run(ctx context.Context) {
	defer close(c.stopped)
	for first := range c.work {
		batch := []*Creation{first}
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

func (c *Ceiling) commit(ctx context.Context, batch []*Creation) error {
	err := c.do(ctx, begin)
	for _, one := range batch {
		err = errors.Join(err, c.do(ctx, savepoint))
		for i, text := range statements {
			err = errors.Join(err, c.do(ctx, text, one.Args[i]...))
		}
		err = errors.Join(err, c.do(ctx, release))
	}
	return errors.Join(err, c.do(ctx, commit))
}

func (c *Ceiling) do(ctx context.Context, text string, args ...any) (err error) {
	if strings.HasPrefix(text, "SELECT") {
		var a, b string
		return c.stmts[text].QueryRowContext(ctx, args...).Scan(&a, &b)
	}
	_, err = c.stmts[text].ExecContext(ctx, args...)
	return err
}
