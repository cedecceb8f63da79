package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"callbook/db"
)

// SQLite's own tables and the two of Litestream are no part of the schema.
const (
	selectSchema = `
SELECT type, name, coalesce(sql, '') FROM sqlite_schema
WHERE substr(name, 1, 7) <> 'sqlite_' AND name NOT IN ('_litestream_seq', '_litestream_lock')`
	selectColumns = `
SELECT 'column', t.name || '.' || c.name, c.type || ' ' || c."notnull" || ' ' || coalesce(c.dflt_value, '') || ' ' || c.pk || ' ' || c.hidden
FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c
WHERE t.type = 'table' AND substr(t.name, 1, 7) <> 'sqlite_' AND t.name NOT IN ('_litestream_seq', '_litestream_lock')`
)

// Schemas implements db.Engine.
func (e engine) Schemas(ctx context.Context, c *sql.Conn) (found, made db.Schema, err error) {
	var version int
	if err := c.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return nil, nil, err
	}
	if found, err = readSchema(ctx, c); err != nil {
		return nil, nil, err
	}
	made, err = e.makeSchema(ctx, version)
	return found, made, err
}

// makeSchema returns the schema that the migrations make of an empty database, up to a version.
func (e engine) makeSchema(ctx context.Context, version int) (made db.Schema, err error) {
	texts, err := migrationTexts(e.later)
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open(driverName, "file::memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	for _, text := range texts[:min(max(version-baseVersion, 0), len(texts))] {
		if _, err := c.ExecContext(ctx, text); err != nil {
			return nil, err
		}
	}
	return readSchema(ctx, c)
}

func readSchema(ctx context.Context, c *sql.Conn) (db.Schema, error) {
	schema := db.Schema{}
	rows, err := c.QueryContext(ctx, selectSchema+" UNION ALL "+selectColumns)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var part db.SchemaPart
		var definition string
		if err := rows.Scan(&part.Kind, &part.Name, &definition); err != nil {
			return nil, err
		}
		schema[part] = definition
	}
	return schema, rows.Err()
}
