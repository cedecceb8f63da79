package main

import (
	"context"
	"database/sql"
	"runtime"
)

// ceiling executes what one creation of a channel executes at its commit, with the group commit
// of db.writer and nothing else. The statements are those of package db; a test compares them.
type ceiling struct {
	work    chan *row
	stopped chan struct{}
	stmts   map[string]*sql.Stmt
}

type row struct {
	remember, host, insert []any // the arguments of one creation's statements
	done                   chan error
}

const (
	begin, commit      = `BEGIN IMMEDIATE`, `COMMIT`
	savepoint, release = `SAVEPOINT one`, `RELEASE one`
	insertRequest      = `
INSERT INTO idempotency (request, parameters, resource, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (request) DO UPDATE SET parameters = excluded.parameters, resource = excluded.resource,
created_at = excluded.created_at, released_at = NULL WHERE idempotency.released_at < $5`
	channelHost   = `SELECT type, (SELECT count(*) FROM channel WHERE contact = alias) FROM contact WHERE alias = $1`
	insertChannel = `
INSERT INTO channel (contact, id, name, type, address, canonical, deferred_at, activated_at, deactivated_at, readdressed_at, version, created_at, updated_at, request)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (canonical, contact, type) DO NOTHING`
)

func startCeiling(ctx context.Context, conn *sql.Conn) (*ceiling, error) {
	c := &ceiling{work: make(chan *row, 256), stopped: make(chan struct{}), stmts: map[string]*sql.Stmt{}}
	for _, text := range []string{begin, commit, savepoint, release, insertRequest, channelHost, insertChannel} {
		stmt, err := conn.PrepareContext(ctx, text)
		if err != nil {
			return nil, err
		}
		c.stmts[text] = stmt
	}
	go c.run(ctx)
	return c, nil
}

// create waits until the row is on the disk.
func (c *ceiling) create(r *row) error {
	c.work <- r
	return <-r.done
}

func (c *ceiling) run(ctx context.Context) {
	defer close(c.stopped)
	for first := range c.work {
		batch := []*row{first}
		runtime.Gosched()
		for waiting := true; waiting && len(batch) < 256; {
			select {
			case r := <-c.work:
				batch = append(batch, r)
			default:
				waiting = false
			}
		}
		err := c.commit(ctx, batch)
		for _, r := range batch {
			r.done <- err
		}
	}
}

func (c *ceiling) commit(ctx context.Context, batch []*row) error {
	exec := func(text string, args ...any) (err error) {
		_, err = c.stmts[text].ExecContext(ctx, args...)
		return err
	}
	err := exec(begin)
	var kind, channels string
	for _, r := range batch {
		for _, step := range []func() error{
			func() error { return exec(savepoint) },
			func() error { return exec(insertRequest, r.remember...) },
			func() error { return c.stmts[channelHost].QueryRowContext(ctx, r.host...).Scan(&kind, &channels) },
			func() error { return exec(insertChannel, r.insert...) },
			func() error { return exec(release) },
		} {
			if err == nil {
				err = step()
			}
		}
	}
	if err != nil {
		return err
	}
	return exec(commit)
}
