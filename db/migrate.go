package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// applicationID marks a SQLite file as Callbook's ("Call" in ASCII).
const applicationID = 0x43616c6c

// sealedSince is the first version whose addresses are sealed.
const sealedSince = 3

// steps are what migrations do beyond their SQL, by file. They have statements
// of their own: those of today may not fit the tables of then.
var steps = map[string]func(context.Context, *sql.Conn, *seal.Ring) error{
	"migrations/sqlite/0002_terms.sql": indexTerms,
	"migrations/sqlite/0003_seal.sql":  sealAddresses,
}

// indexTerms writes the terms of every contact.
func indexTerms(ctx context.Context, c *sql.Conn, _ *seal.Ring) error {
	rows, err := c.QueryContext(ctx, `SELECT alias, display_name, reachability FROM contact`)
	if err != nil {
		return err
	}
	defer rows.Close()
	insert, err := c.PrepareContext(ctx, `INSERT INTO contact_term (reachability, first, word, contact) VALUES ($1, $2, $3, $4)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for rows.Next() {
		var contact oncall.Contact
		if err := rows.Scan(&contact.Alias, &contact.DisplayName, &contact.Reachability); err != nil {
			return err
		}
		for _, t := range contact.Terms() {
			if _, err := insert.ExecContext(ctx, string(contact.Reachability), t.First, t.Word, contact.Alias); err != nil {
				return err
			}
		}
	}
	return rows.Err()
}

// migrate brings the database to the newest version that this program knows,
// in one transaction, so that a crash leaves the version it found. Migrations
// only go forward; the version is the number of files applied. keep is called with
// the new version before one is migrated whose addresses are sealed: of an older
// one no copy is made, because it would go on holding them in the clear.
func migrate(ctx context.Context, c *sql.Conn, ring *seal.Ring, keep func(version int) error) (err error) {
	// What a migration leaves behind is overwritten, in case it was an address.
	if _, err := c.ExecContext(ctx, "PRAGMA secure_delete = ON"); err != nil {
		return err
	}
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
	if version < len(files) && version > 0 && ring == nil {
		return errors.New("the key file is needed to bring the database to this version: put it back")
	}
	if version < len(files) && version >= sealedSince {
		if err := keep(len(files)); err != nil { // nobody writes meanwhile: the copy is what the migration begins with
			return fmt.Errorf("no copy can be made before the database is brought to this version: %w", err)
		}
	}
	for n, file := range files[version:] {
		text, err := fs.ReadFile(migrations, file)
		if err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", file, err)
		}
		if step := steps[file]; step != nil {
			if err := step(ctx, c, ring); err != nil {
				return fmt.Errorf("migration %s: %w", file, err)
			}
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
	// Litestream makes its two tables in any file that it is told of, so also in one
	// that has been made a moment ago and holds nothing else yet.
	row := c.QueryRowContext(ctx, `
		SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema WHERE name NOT IN ('_litestream_seq', '_litestream_lock'))
		FROM pragma_application_id, pragma_user_version`)
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
