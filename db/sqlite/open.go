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

// The reasons for which a file is not opened, besides those of package db. The file stays
// unchanged.
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
	// Scope begins every ARN. An ARN never changes, so once one was handed out, every start
	// must have the same scope.
	Scope oncall.Scope
	// KeyFile is the path of the key file. Empty: KeyFile(path). It is created together with
	// a new database and never again. Without it the database opens locked: everything but
	// addresses can be read, and nothing can be changed.
	KeyFile string
	// MustExist creates and migrates nothing: Open fails with ErrNoDatabase, or with ErrOlder
	// for a database of an older version. It is for commands, which may run beside a server.
	MustExist bool
	// ReadOnly is MustExist for a reader: Update fails, and the database may be of an older
	// version.
	ReadOnly bool
	// Exclusive is MustExist for a command that must run alone: Open fails with ErrInUse while
	// another process has the database open, and keeps others from opening it until Close.
	// Views run on the writer's connection.
	Exclusive bool
	// Log gets an entry for the backup before a migration. Nil: nothing is logged.
	Log *slog.Logger
	// OnCommit is called after every transaction of updates with the number of updates
	// that shared it and the time until it was on the disk. Nil: nothing is called.
	OnCommit func(updates int, took time.Duration)
	// Now is the clock that decides when the key file is read again. Nil: time.Now.
	Now func() time.Time

	later []string // migrations after those of this program, for tests
}

// Open opens the database at path, creates it if there is none, and migrates it to the newest
// version. Before a migration it copies the database to callbook.db.before-vN, where N is the
// new version. It creates the folder with mode 0700. Open fails with one of the errors above
// or of package db in the chain, and then leaves the file unchanged.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	return open(ctx, driverName, path, o)
}

// open opens the database through a driver, which is modernc.org/sqlite or wraps it.
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
	pool, err := sql.Open(driver, nameFor(path, o))
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

// dsn returns the name of a file for SQLite, with the pragmas that every connection sets first.
func dsn(path, mode string, pragmas ...string) string {
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": pragmas}
	path = filepath.Clean(path) // after two slashes, the first part of the name would be a host
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// nameFor names a database for the way in which it is opened.
func nameFor(path string, o Options) string {
	switch {
	case o.ReadOnly:
		return readingName(path)
	case o.Exclusive:
		return exclusiveName(path)
	}
	// A savepoint keeps copies of the pages that it changes. Without temp_store(MEMORY) they
	// would go to a file.
	return dsn(path, "rwc", "busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "secure_delete(ON)", "temp_store(MEMORY)")
}

// exclusiveName names a database for a process that uses it alone. In this mode a connection
// takes an exclusive lock on the file at its first read, and keeps it until it is closed
// (https://www.sqlite.org/wal.html#use_of_wal_without_shared_memory).
func exclusiveName(path string) string {
	return dsn(path, "rw", "locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "secure_delete(ON)", "temp_store(MEMORY)")
}

// connectFirst opens the writer's connection. It tries again because SQLite refuses one of two
// processes that switch a new file to write-ahead logging at once, without waiting.
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

// connect opens one connection. Close closes it.
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
	s.Store = db.New(db.Parts{Engine: engine{later: o.later}, Writer: c, Readers: s.conns[1:], Scope: scope, Ring: k.ring, Locked: k.locked, OnCommit: o.OnCommit})
	if o.MustExist { // a server renews them
		return nil
	}
	kept, err := s.RenewCanonical(ctx)
	if kept > 0 {
		o.Log.Warn("email addresses that are the same now were left as they were", "count", kept)
	}
	return err
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

// prepare finds or creates the keys, migrates the file and installs its scope.
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
	backUp := func(version int) error { return backUpBeforeMigration(ctx, s.path, version, o.Log) }
	if err := migrate(ctx, c, o.later, backUp); err != nil {
		return k, err
	}
	if !o.MustExist { // a command keeps the keys and the scope of the database
		if err := db.Install(ctx, c, o.Scope, k.ring); err != nil {
			return k, err
		}
	}
	if err := os.Remove(pending(o.KeyFile)); !errors.Is(err, os.ErrNotExist) {
		return k, err
	}
	return k, nil
}
