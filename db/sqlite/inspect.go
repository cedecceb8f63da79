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

// prepareFolder creates the folder and checks that it is writable. The system's error explains
// why not. SQLite would only say that it cannot open the file.
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

// inspect checks an existing file and cannot change it. Only SQLite opens the file. To close
// it by other means would drop the locks that this process holds on it
// (https://www.sqlite.org/howtocorrupt.html, 2.2).
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
		// No process has the file open. With immutable, SQLite leaves no -wal and no -shm beside
		// it, which the owner might be unable to write to.
		if err := checkFile(ctx, name+"&immutable=1", o); codeOf(err) == 0 {
			return err
		}
	}
	return checkFile(ctx, name, o)
}

// checkFile opens a database read-only and returns why this program cannot use it.
func checkFile(ctx context.Context, name string, o Options) error {
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
	err = explainUnreadable(err)
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

// explainUnreadable wraps the errors of SQLite for a file that it cannot read.
func explainUnreadable(err error) error {
	switch codeOf(err) {
	case sqlite3.SQLITE_NOTADB:
		return ErrNotDatabase
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %w", db.ErrDamaged, err)
	}
	return err
}
