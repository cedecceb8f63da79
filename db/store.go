// Package db is the memory of Callbook: a Transactor on SQLite. It hides SQL,
// transactions and the file. An acknowledged write is on the disk.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// readers is the size of the read pool; a connection takes about 4 MB.
const readers = 4

// Store is a Transactor in one SQLite file in WAL mode. It is safe for
// concurrent use, and several processes may have the same file open.
type Store struct {
	path   string
	pool   *sql.DB
	conns  []*conn // every one: the writer's, then the readers'
	write  *writer
	read   chan *conn // the idle readers
	closed sync.Once

	keyFile  string
	readOnly bool
	scope    oncall.Scope
	ring     *seal.Ring // nil: locked
	locked   error      // why
}

// exclusive reports whether the writer's connection is the only one.
func (s *Store) exclusive() bool { return cap(s.read) == 0 }

// Scope returns what every ARN of the database begins with.
func (s *Store) Scope() oncall.Scope { return s.scope }

// View implements Transactor. The end of ctx interrupts it.
func (s *Store) View(ctx context.Context, fn func(Queries) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.exclusive() {
		return s.Update(ctx, fn)
	}
	var c *conn
	select {
	case c = <-s.read:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.write.stopping:
		return errClosed
	}
	defer func() { s.read <- c }()
	// The transaction itself runs on a context that does not end: it must be
	// over before the next reader gets the connection.
	if err := c.begin(context.Background(), beginView); err != nil {
		return s.explained(err)
	}
	defer func() { _ = c.do(context.Background(), "ROLLBACK") }() // nothing was written
	return s.explained(fn(&queries{ctx: ctx, conn: c}))
}

// Update implements Transactor.
func (s *Store) Update(ctx context.Context, fn func(Queries) error) error {
	return s.explained(s.write.update(ctx, fn))
}

// Waiting returns how many updates wait for the writer.
func (s *Store) Waiting() int { return len(s.write.updates) }

// Close waits for accepted updates and running views, then closes the file.
// After it View and Update fail. A database that was found damaged is left as it is,
// for the end of the process: closing it would fold in its log. The error is
// ErrDamaged then.
func (s *Store) Close() error {
	var err error
	s.closed.Do(func() {
		if s.write != nil {
			s.write.stop()
			for range cap(s.read) {
				<-s.read
			}
			if s.write.damaged.Load() && !s.readOnly {
				err = fmt.Errorf("%s: %w", s.path, ErrDamaged)
				return
			}
		}
		err = s.disconnect()
	})
	return err
}

// disconnect closes every connection. The last one folds in the log.
func (s *Store) disconnect() (err error) {
	for _, c := range slices.Backward(s.conns) { // the pool closes idle connections only
		err = errors.Join(err, c.close())
	}
	return errors.Join(err, s.pool.Close())
}
