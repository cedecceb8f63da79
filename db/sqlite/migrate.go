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

// migrationTexts returns the migrations of this program in their order, followed by the later
// ones of a test.
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

// migrate migrates the database to the newest version that this program knows. It does so in
// one transaction, so that a crash leaves the old version. Migrations only go forward.
// backUp is called with the new version before an existing database is changed.
func migrate(ctx context.Context, c *sql.Conn, later []string, backUp func(version int) error) (err error) {
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = c.ExecContext(ctx, "ROLLBACK") // the first error is returned
		}
	}()
	version, newest, err := schemaVersion(ctx, c, later)
	if err != nil {
		return err
	}
	if version > 0 && version < newest {
		if err := backUp(newest); err != nil { // the transaction keeps other writers out
			return fmt.Errorf("no copy of the database can be made before its migration: %w", err)
		}
	}
	if version < newest { // otherwise Open leaves the file unchanged
		if err := apply(ctx, c, version, later); err != nil {
			return err
		}
	}
	_, err = c.ExecContext(ctx, "COMMIT")
	return err
}

// apply applies the migrations after a version.
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
	// Litestream creates its two tables in any file that it replicates, even in a new one that
	// holds nothing else yet.
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
