package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // registers the driver
	sqlite3 "modernc.org/sqlite/lib"

	"callbook/db"
	"callbook/internal/oncall"
)

// The reasons for which a file is not opened, besides those of package db. It is left as
// it was.
var (
	ErrNotDatabase = errors.New("this file is not a SQLite database")
	ErrForeign     = errors.New("this SQLite database belongs to another program")
	ErrNewer       = errors.New("this database was written by a newer version of Callbook")
	ErrNotOwner    = errors.New("this database belongs to another user")
	ErrNoDatabase  = errors.New("there is no database here")
	ErrOlder       = errors.New("this database was written by an older version of Callbook")
	ErrInUse       = errors.New("another process has this database open")
	ErrNotPlain    = errors.New("this copy is not one plain file")
	ErrExists      = errors.New("there is a file of this name, and it is not overwritten")

	//lint:ignore ST1005 these are two sentences, for the person who starts Callbook
	ErrUnreleased = errors.New("This database was made by an unreleased version of Callbook. Export it with that version (callbook export) and import it here, or name another --data folder.")
)

// Options are what a database is opened with.
type Options struct {
	// Scope begins every ARN. One that was handed out never changes, so from the
	// first one on every start must have the same.
	Scope oncall.Scope
	// KeyFile is the path of the key file; empty: KeyFile(path). It is made
	// together with a new database and never again: without it the database
	// opens locked, and can be read but for its addresses.
	KeyFile string
	// MustExist opens what is there and makes nothing: Open fails with
	// ErrNoDatabase, or with ErrOlder for a database that is not of this version.
	// It is for commands, which may stand beside a server.
	MustExist bool
	// ReadOnly is MustExist for who only looks: Update fails, and the database may
	// be of an older version.
	ReadOnly bool
	// Exclusive is MustExist for a command that no other process may stand beside:
	// Open fails with ErrInUse while another one has the database open, and keeps
	// others from opening it until Close. Views run on the writer's connection.
	Exclusive bool
	// Log is told of the copy that is made before a migration; nil tells nobody.
	Log *slog.Logger
	// OnCommit is called after every transaction of updates with the number of updates
	// that shared it and the time until it was on the disk. Nil: nothing is called.
	OnCommit func(updates int, took time.Duration)
	// Now is the clock by which the key file is looked at; nil is the system's.
	Now func() time.Time

	later []string // migrations behind those of this program, for tests
}

// Open opens the database at path, makes it where there is none, and brings it
// to the newest version; what an older version has written is copied first, to
// callbook.db.before-v and the new version. The folder is made with mode 0700. Open
// fails with one of the errors above or of package db in the chain, and leaves the file
// untouched in these cases.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	return open(ctx, driverName, path, o)
}

// open opens the database through a driver that is modernc.org/sqlite or stands
// before it.
func open(ctx context.Context, driver, path string, o Options) (*Store, error) {
	if o.KeyFile == "" {
		o.KeyFile = KeyFile(path)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.MustExist = o.MustExist || o.ReadOnly || o.Exclusive
	if err := checkKeyFile(path, o.KeyFile); err != nil && !o.ReadOnly { // a copy may lie anywhere
		return nil, err
	}
	if !o.MustExist {
		if err := prepareFolder(path); err != nil {
			return nil, err
		}
	}
	if err := inspect(ctx, path, o); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	// A savepoint keeps copies of the pages that it changes: in a file, unless
	// temporary things are kept in memory.
	name := dsn(path, "rwc", "busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "secure_delete(ON)", "temp_store(MEMORY)")
	switch {
	case o.ReadOnly:
		name = readingName(path)
	case o.Exclusive:
		name = exclusiveName(path)
	}
	pool, err := sql.Open(driver, name)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, pool: pool, keyFile: o.KeyFile, readOnly: o.ReadOnly, exclusive: o.Exclusive && !o.ReadOnly}
	if err := s.start(ctx, o); err != nil {
		if s.exclusive {
			err = inUse(err)
		}
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), s.Close())
	}
	return s, nil
}

// driverName is the driver that modernc.org/sqlite registers.
const driverName = "sqlite"

// dsn names a file to SQLite with what every connection to it sets first.
func dsn(path, mode string, pragmas ...string) string {
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": pragmas}
	path = filepath.Clean(path) // in a name that begins with two slashes, the first part would be a host
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// exclusiveName names a database to a process that keeps it to itself. In this
// mode a connection takes a lock on the file that no other connection to it
// allows, at its first look, and keeps it until it is closed or its process ends
// (https://www.sqlite.org/wal.html#use_of_wal_without_shared_memory).
func exclusiveName(path string) string {
	return dsn(path, "rw", "locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "secure_delete(ON)", "temp_store(MEMORY)")
}

// connectFirst opens the writer's connection. While two processes turn a new
// file to write-ahead logging at once, SQLite refuses one without waiting.
func (s *Store) connectFirst(ctx context.Context) (*sql.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		c, err := s.connect(ctx)
		if codeOf(err) != sqlite3.SQLITE_BUSY || s.exclusive {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// connect opens one connection, which Close closes.
func (s *Store) connect(ctx context.Context) (*sql.Conn, error) {
	c, err := s.pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s.conns = append(s.conns, c)
	return c, nil
}

// start opens the writer's connection, migrates, and opens the readers.
func (s *Store) start(ctx context.Context, o Options) error {
	c, err := s.connectFirst(ctx)
	if err != nil {
		return err
	}
	var k keys
	if o.ReadOnly {
		k, err = openKeys(ctx, c, o)
	} else {
		k, err = s.prepare(ctx, c, o)
	}
	if err != nil {
		return err
	}
	scope, err := db.ReadScope(ctx, c)
	if err != nil {
		return err
	}
	if !s.exclusive {
		if err := s.connectReaders(ctx); err != nil {
			return err
		}
	}
	s.Store = db.New(db.Parts{Engine: engine{}, Writer: c, Readers: s.conns[1:], Scope: scope, Ring: k.ring, Locked: k.locked, OnCommit: o.OnCommit})
	return nil
}

func (s *Store) connectReaders(ctx context.Context) error {
	for range readers {
		c, err := s.connect(ctx)
		if err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, "PRAGMA query_only = ON"); err != nil {
			return err
		}
	}
	return nil
}

// prepare brings the file to what this version works with.
func (s *Store) prepare(ctx context.Context, c *sql.Conn, o Options) (k keys, err error) {
	var mode string
	if err := c.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return k, err
	}
	if mode != "wal" {
		return k, fmt.Errorf("this file system cannot hold the database: write-ahead logging is not available (journal mode %s)", mode)
	}
	if k, err = openKeys(ctx, c, o); err != nil {
		return k, err
	}
	keep := func(version int) error { return backUpBeforeMigration(ctx, s.path, version, o.Log) }
	if err := migrate(ctx, c, o.later, keep); err != nil {
		return k, err
	}
	if !o.MustExist { // what only opens decides nothing: keys and scope are the database's
		if err := db.Install(ctx, c, o.Scope, k.ring); err != nil {
			return k, err
		}
	}
	if err := os.Remove(pending(o.KeyFile)); !errors.Is(err, os.ErrNotExist) {
		return k, err
	}
	return k, nil
}
