// Package db stores Callbook's data: a Transactor over the connections to one SQL
// database, with one writer and a pool of readers. It hides SQL and transactions. An
// acknowledged write is on the disk. Package sqlite opens a Store on a file.
package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// Store is a Transactor on connections that its engine has opened. It is safe for
// concurrent use, and several processes may have the same database open.
type Store struct {
	engine Engine
	conns  []*conn // every one: the writer's, then the readers'
	write  *writer
	read   chan *conn // the idle readers

	scope  oncall.Scope
	ring   *seal.Ring // nil: locked
	locked error      // why

	counterKey []byte // of the counters of a locked Store
}

// Parts are what a Store is made of.
type Parts struct {
	Engine Engine
	// Writer is the connection of the updates. Readers are those of the views. Without
	// Readers, views run on the writer's connection.
	Writer  *sql.Conn
	Readers []*sql.Conn
	// Scope begins every ARN of the database: see ReadScope.
	Scope oncall.Scope
	// Ring holds the keys of the database. Nil locks the Store: addresses cannot be read
	// and nothing can be changed. Locked is the reason.
	Ring   *seal.Ring
	Locked error
	// OnCommit is called after every transaction of updates with the number of updates
	// that shared it and the time until it was on the disk. Nil: nothing is called.
	OnCommit func(updates int, took time.Duration)
}

// New returns a Store that owns the connections. They end with Stop and then Disconnect.
func New(p Parts) *Store {
	s := &Store{engine: p.Engine, read: make(chan *conn, len(p.Readers)), scope: p.Scope, ring: p.Ring, locked: p.Locked, counterKey: oncall.RandomBytes(32)}
	write := s.connect(p.Writer)
	for _, c := range p.Readers {
		s.read <- s.connect(c)
	}
	s.write = startWriter(write, p.OnCommit)
	return s
}

func (s *Store) connect(c *sql.Conn) *conn {
	added := &conn{sql: c, engine: s.engine, texts: s.engine.Statements(), prepared: map[string]*sql.Stmt{}, ring: s.ring, locked: s.locked, counterKey: s.counterKey}
	s.conns = append(s.conns, added)
	return added
}

// Scope returns what every ARN of the database begins with.
func (s *Store) Scope() oncall.Scope { return s.scope }

// View implements Transactor. The end of ctx interrupts it.
func (s *Store) View(ctx context.Context, fn func(Queries) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if cap(s.read) == 0 {
		return s.Update(ctx, fn)
	}
	var c *conn
	select {
	case c = <-s.read:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.write.stopping:
		return ErrClosed
	}
	defer func() { s.read <- c }()
	// The transaction itself runs on a context that does not end: it must be
	// over before the next reader gets the connection.
	if err := c.begin(context.Background(), c.texts.BeginView); err != nil {
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

// Stop waits for accepted updates and running views. After it View and Update fail with
// ErrClosed. It reports whether the database was found damaged. Stop is called once.
func (s *Store) Stop() (damaged bool) {
	s.write.stop()
	for range cap(s.read) {
		<-s.read
	}
	return s.write.damaged.Load()
}

// Disconnect closes every connection with its prepared statements, the writer's last. Stop
// comes first.
func (s *Store) Disconnect() (err error) {
	for _, c := range slices.Backward(s.conns) {
		err = errors.Join(err, c.close())
	}
	return err
}
