// Package db is the memory of Callbook: an oncall.Store on SQLite. It hides SQL,
// transactions and the file. An acknowledged write is on the disk.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	_ "modernc.org/sqlite" // registers the driver

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// The reasons for which a file is not opened. It is left as it was.
var (
	ErrNotDatabase = errors.New("this file is not a SQLite database")
	ErrForeign     = errors.New("this SQLite database belongs to another program")
	ErrNewer       = errors.New("this database was written by a newer version of Callbook")
	ErrOtherScope  = errors.New("this database holds ARNs of another region or account")
)

// readers is the size of the read pool; a connection takes about 4 MB.
const readers = 4

// Store is an oncall.Store in one SQLite file in WAL mode. It is safe for
// concurrent use, and several processes may have the same file open.
type Store struct {
	pool   *sql.DB
	write  *writer
	read   chan *conn // the idle readers
	closed sync.Once
}

// Open opens the database at path, makes it where there is none, and brings it
// to the newest version. Its folder is made with mode 0700. The scope is kept
// with the first contact: an ARN once handed out never changes, so later starts
// must have the same one. It fails with ErrNotDatabase, ErrForeign, ErrNewer or
// ErrOtherScope in the chain, and leaves the file untouched in these cases.
func Open(ctx context.Context, path string, scope oncall.Scope) (*Store, error) {
	if err := prepareFolder(path); err != nil {
		return nil, err
	}
	if err := inspect(ctx, path); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	pool, err := sql.Open(driverName, dsn(path, "rwc",
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)"))
	if err != nil {
		return nil, err
	}
	s := &Store{pool: pool, read: make(chan *conn, readers)}
	if err := s.start(ctx, path, scope); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), s.Close())
	}
	return s, nil
}

// driverName is the driver that modernc.org/sqlite registers.
const driverName = "sqlite"

// dsn names a file to SQLite with what every connection to it sets first.
func dsn(path, mode string, pragmas ...string) string {
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": pragmas}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// prepareFolder makes the folder, and says in the system's own words when it
// cannot be written to: SQLite would only say that it cannot open the file.
func prepareFolder(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	probe, err := os.CreateTemp(folder, ".callbook-*")
	if err != nil {
		return fmt.Errorf("data folder %s cannot be written to: %w", folder, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// inspect looks at a file that exists without being able to change it.
func inspect(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	header := make([]byte, 16)
	n, err := io.ReadFull(f, header)
	if err := f.Close(); err != nil {
		return err
	}
	if n == 0 {
		return nil // an empty file is an empty database
	}
	if err != nil || string(header) != "SQLite format 3\x00" {
		return ErrNotDatabase
	}
	pool, err := sql.Open(driverName, dsn(path, "ro", "busy_timeout(5000)"))
	if err != nil {
		return err
	}
	defer pool.Close()
	c, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	_, _, err = standing(ctx, c)
	return err
}

// start opens the writer's connection, migrates, and opens the readers.
func (s *Store) start(ctx context.Context, path string, scope oncall.Scope) error {
	c, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	var mode string
	if err := c.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("this file system cannot hold the database: write-ahead logging is not available (journal mode %s)", mode)
	}
	if err := migrate(ctx, c); err != nil {
		return err
	}
	key, err := install(ctx, c, scope)
	if err != nil {
		return err
	}
	for range readers {
		r, err := s.pool.Conn(ctx)
		if err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, "PRAGMA query_only = ON"); err != nil {
			return err
		}
		s.read <- newConn(r, key)
	}
	s.write = startWriter(newConn(c, key))
	return nil
}

// install makes the one row that says what this database is, and returns the
// key of its fingerprints. While nothing has an ARN the scope may still change.
func install(ctx context.Context, c *sql.Conn, scope oncall.Scope) (seal.HashKey, error) {
	_, err := c.ExecContext(ctx, `
		INSERT INTO installation (id, scope, fingerprints) VALUES (1, $1, $2)
		ON CONFLICT (id) DO UPDATE SET scope = excluded.scope
		WHERE NOT EXISTS (SELECT 1 FROM contact) AND NOT EXISTS (SELECT 1 FROM idempotency)`,
		scope.Prefix(), seal.NewHashKeyBytes())
	if err != nil {
		return seal.HashKey{}, err
	}
	var kept string
	var key []byte
	err = c.QueryRowContext(ctx, "SELECT scope, fingerprints FROM installation WHERE id = 1").Scan(&kept, &key)
	if err != nil {
		return seal.HashKey{}, err
	}
	if kept != scope.Prefix() {
		return seal.HashKey{}, fmt.Errorf("%w: they begin with %s, and this start asks for %s", ErrOtherScope, kept, scope.Prefix())
	}
	return seal.HashKeyFrom(key), nil
}

// View implements oncall.Store. The end of ctx interrupts it.
func (s *Store) View(ctx context.Context, fn func(oncall.Queries) error) error {
	var c *conn
	select {
	case c = <-s.read:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.read <- c }()
	// The transaction itself runs on a context that does not end: it must be
	// over before the next reader gets the connection.
	if err := c.do(context.Background(), "BEGIN"); err != nil {
		return err
	}
	defer func() { _ = c.do(context.Background(), "ROLLBACK") }() // nothing was written
	return fn(&queries{ctx: ctx, conn: c})
}

// Update implements oncall.Store.
func (s *Store) Update(ctx context.Context, fn func(oncall.Queries) error) error {
	return s.write.update(ctx, fn)
}

// Close waits for accepted updates, then closes the file. View and Update must
// not be called any more.
func (s *Store) Close() error {
	var err error
	s.closed.Do(func() {
		if s.write != nil {
			s.write.stop()
		}
		err = s.pool.Close()
	})
	return err
}
