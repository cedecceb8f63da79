package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	sqlite3 "modernc.org/sqlite/lib"

	"callbook/db"
)

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

// inspect looks at a file that exists without being able to change it. Only
// SQLite opens the file: closing it by other means would drop the locks that
// this process holds on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
func inspect(ctx context.Context, path string, o Options) error {
	info, err := os.Stat(path)
	switch {
	case o.MustExist && (errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0):
		return ErrNoDatabase
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return ErrNotDatabase
	case info.Size() == 0:
		return nil // an empty file is an empty database
	case info.Size() == 1:
		return ErrNotDatabase // SQLite would take it for an empty one
	}
	if err := checkOwner(info, os.Geteuid()); err != nil {
		return err
	}
	if err := checkWritable(path); err != nil && !o.ReadOnly {
		return err
	}
	name := dsn(path, "ro", "busy_timeout(5000)")
	if _, err := os.Stat(path + "-wal"); errors.Is(err, os.ErrNotExist) {
		// Nobody has the file open. To say so keeps SQLite from leaving a -wal
		// and a -shm beside it, which its owner might not be able to write to.
		if err := look(ctx, name+"&immutable=1", o); codeOf(err) == 0 {
			return err
		}
	}
	return look(ctx, name, o)
}

// look opens a database that is not to be changed, and says why it is not one
// for this program.
func look(ctx context.Context, name string, o Options) error {
	pool, err := sql.Open(driverName, name)
	if err != nil {
		return err
	}
	defer pool.Close()
	c, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	version, newest, err := schemaVersion(ctx, c, o.later)
	err = damage(err)
	switch {
	case err != nil || !o.MustExist:
	case version == 0:
		return ErrNoDatabase
	case version < newest && !o.ReadOnly:
		return fmt.Errorf("%w (version %d, this program writes %d)", ErrOlder, version, newest)
	}
	if err != nil || version == 0 {
		return err
	}
	if o.MustExist {
		return nil
	}
	return db.CheckScope(ctx, c, o.Scope)
}

// damage says in our words what SQLite says of a file that it cannot read.
func damage(err error) error {
	switch codeOf(err) {
	case sqlite3.SQLITE_NOTADB:
		return ErrNotDatabase
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %w", db.ErrDamaged, err)
	}
	return err
}
