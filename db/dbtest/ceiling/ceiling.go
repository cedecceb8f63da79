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
	if !strings.HasPrefix(text, "\nSELECT") {
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
