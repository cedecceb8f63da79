package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// applicationID marks a SQLite file as Callbook's ("Call" in ASCII).
const applicationID = 0x43616c6c

// migrate brings the database to the newest version that this program knows,
// in one transaction, so that a crash leaves the version it found. Migrations
// only go forward; the version is the number of files applied.
func migrate(ctx context.Context, c *sql.Conn) (err error) {
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = c.ExecContext(ctx, "ROLLBACK") // the first error is the one to tell
		}
	}()
	files, version, err := standing(ctx, c)
	if err != nil {
		return err
	}
	for n, file := range files[version:] {
		text, err := fs.ReadFile(migrations, file)
		if err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", file, err)
		}
		if _, err := c.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+n+1)); err != nil {
			return err
		}
	}
	if version < len(files) { // else there is nothing to write, and an open leaves the file as it is
		if _, err := c.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return err
		}
	}
	_, err = c.ExecContext(ctx, "COMMIT")
	return err
}

// standing returns the known migrations and how many of them are applied, or an
// error that matches ErrForeign or ErrNewer.
func standing(ctx context.Context, c *sql.Conn) (files []string, version int, err error) {
	files, err = fs.Glob(migrations, "migrations/sqlite/*.sql") // in lexical order
	if err != nil {
		return nil, 0, err
	}
	var application, tables int
	row := c.QueryRowContext(ctx, "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id, pragma_user_version")
	if err := row.Scan(&application, &version, &tables); err != nil {
		return nil, 0, err
	}
	switch {
	case application != applicationID && (application != 0 || version != 0 || tables > 0):
		return nil, 0, ErrForeign
	case version > len(files):
		return nil, 0, fmt.Errorf("%w (version %d, this program knows %d)", ErrNewer, version, len(files))
	}
	return files, version, nil
}
