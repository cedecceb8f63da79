package db

import (
	"database/sql"
	"time"

	"callbook/internal/oncall"
)

const (
	deleteLinks      = `DELETE FROM link WHERE owner = $1`
	deleteSetUpLinks = `DELETE FROM link WHERE owner IS NULL`
	insertLink       = `INSERT INTO link (token, kind, owner, ends_at) VALUES ($1, $2, $3, $4)`
	selectLink       = `SELECT token, kind, owner, ends_at FROM link WHERE token = $1 AND ends_at > $2`
	takeLink         = `DELETE FROM link WHERE token = $1 AND ends_at > $2 RETURNING token, kind, owner, ends_at`
)

func (q *queries) InsertLink(l oncall.OneTimeLink) error {
	older, args := deleteLinks, []any{l.User}
	if l.User == "" {
		older, args = deleteSetUpLinks, nil
	}
	if _, err := q.exec(older, args...); err != nil {
		return err
	}
	_, err := q.exec(insertLink, l.Key, string(l.Kind), textOrNull(l.User), micros(l.EndsAt))
	return err
}

func (q *queries) DeleteLinks(user string) error {
	_, err := q.exec(deleteLinks, user)
	return err
}

func (q *queries) Link(key []byte, at time.Time) (oncall.OneTimeLink, error) {
	return linkOf(q.row, selectLink, key, at)
}

func (q *queries) TakeLink(key []byte, at time.Time) (oncall.OneTimeLink, error) {
	return linkOf(q.change, takeLink, key, at)
}

// linkOf returns the link that a statement selects.
func linkOf(ask func(string, []any, ...any) error, text string, key []byte, at time.Time) (l oncall.OneTimeLink, err error) {
	var owner sql.NullString
	err = ask(text, []any{key, micros(at)}, &l.Key, &l.Kind, &owner, timeScan{&l.EndsAt})
	l.User = owner.String
	return l, err
}
