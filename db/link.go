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
	deleteLink       = `DELETE FROM link WHERE token = $1`
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
	var l oncall.OneTimeLink
	var owner sql.NullString
	err := q.row(selectLink, []any{key, micros(at)}, &l.Key, &l.Kind, &owner, timeScan{&l.EndsAt})
	l.User = owner.String
	return l, err
}

func (q *queries) TakeLink(key []byte, at time.Time) (oncall.OneTimeLink, error) {
	l, err := q.Link(key, at)
	if err != nil {
		return oncall.OneTimeLink{}, err
	}
	_, err = q.exec(deleteLink, key)
	return l, err
}
