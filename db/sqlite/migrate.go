package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a SQLite file as Callbook's ("Call" in ASCII).
const applicationID = 0x43616c6c

// The version of a database, its user_version, is baseVersion and the number of
// migrations applied: 0001 leads to 101. The versions that were never released
// counted their own migrations from 1 and came to lastUnreleased. Their files
// carry the same application id, so the numbers must never meet.
const (
	baseVersion    = 100
	lastUnreleased = 7
)

// migrationTexts returns the migrations of this program in their order, and the
// later ones of a test behind them.
func migrationTexts(later []string) ([]string, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql") // in lexical order
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, file := range files {
		text, err := fs.ReadFile(migrations, file)
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	return append(texts, later...), nil
}

// migrate brings the database to the newest version that this program knows,
// in one transaction, so that a crash leaves the version it found. Migrations
// only go forward. keep is called with the new version before a database that is
// there already is changed.
func migrate(ctx context.Context, c *sql.Conn, later []string, keep func(version int) error) (err error) {
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = c.ExecContext(ctx, "ROLLBACK") // the first error is the one to tell
		}
	}()
	version, newest, err := schemaVersion(ctx, c, later)
	if err != nil {
		return err
	}
	if version > 0 && version < newest {
		if err := keep(newest); err != nil { // nobody writes meanwhile: the copy is what the migration begins with
			return fmt.Errorf("no copy can be made before the database is brought to this version: %w", err)
		}
	}
	if version < newest { // else there is nothing to write, and an open leaves the file as it is
		if err := apply(ctx, c, version, later); err != nil {
			return err
		}
	}
	_, err = c.ExecContext(ctx, "COMMIT")
	return err
}

// apply applies the migrations behind a version.
func apply(ctx context.Context, c *sql.Conn, version int, later []string) error {
	texts, err := migrationTexts(later)
	if err != nil {
		return err
	}
	for n := max(0, version-baseVersion); n < len(texts); n++ {
		if _, err := c.ExecContext(ctx, texts[n]); err != nil {
			return fmt.Errorf("migration %04d: %w", n+1, err)
		}
	}
	for _, text := range []string{
		fmt.Sprintf("PRAGMA user_version = %d", baseVersion+len(texts)),
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
	} {
		if _, err := c.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// schemaVersion returns the version of a database, 0 for an empty one, and the newest
// version. It fails with ErrForeign, ErrUnreleased and ErrNewer.
func schemaVersion(ctx context.Context, c *sql.Conn, later []string) (version, newest int, err error) {
	texts, err := migrationTexts(later)
	if err != nil {
		return 0, 0, err
	}
	newest = baseVersion + len(texts)
	var application, tables int
	// Litestream makes its two tables in any file that it is told of, so also in one
	// that has been made a moment ago and holds nothing else yet.
	row := c.QueryRowContext(ctx, `
		SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema WHERE name NOT IN ('_litestream_seq', '_litestream_lock'))
		FROM pragma_application_id, pragma_user_version`)
	if err := row.Scan(&application, &version, &tables); err != nil {
		return 0, 0, err
	}
	switch {
	case application != applicationID && (application != 0 || version != 0 || tables > 0):
		return 0, 0, ErrForeign
	case 0 < version && version <= lastUnreleased:
		return 0, 0, ErrUnreleased
	case version > newest:
		return 0, 0, fmt.Errorf("%w (version %d, this program knows %d)", ErrNewer, version, newest)
	}
	return version, newest, nil
}
