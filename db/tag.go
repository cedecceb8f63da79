package db

import (
	"database/sql"

	"callbook/internal/oncall"
)

const (
	setTag = `
INSERT INTO contact_tag (contact, key, value) VALUES ($1, $2, $3)
ON CONFLICT (contact, key) DO UPDATE SET value = excluded.value`
	selectTags = `SELECT key, value FROM contact_tag WHERE contact = $1 ORDER BY key`
	deleteTag  = `DELETE FROM contact_tag WHERE contact = $1 AND key = $2`
)

func (q *queries) SetTags(alias string, tags []oncall.Tag) error {
	for _, t := range tags {
		if _, err := q.exec(setTag, alias, t.Key, t.Value); err != nil {
			return err
		}
	}
	return nil
}

func (q *queries) Tags(alias string) ([]oncall.Tag, error) {
	var tags []oncall.Tag
	err := q.rows(selectTags, []any{alias}, func(rows *sql.Rows) error {
		var t oncall.Tag
		err := rows.Scan(&t.Key, &t.Value)
		tags = append(tags, t)
		return err
	})
	return tags, err
}

func (q *queries) DeleteTags(alias string, keys []string) error {
	for _, key := range keys {
		if _, err := q.exec(deleteTag, alias, key); err != nil {
			return err
		}
	}
	return nil
}
