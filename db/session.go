package db

import (
	"time"

	"callbook/internal/oncall"
)

const (
	insertSession = `INSERT INTO session (token, owner, how, created_at, seen_at, ends_at, proved_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	selectSession = `
SELECT s.token, s.owner, s.how, s.created_at, s.seen_at, s.ends_at, s.proved_at, ` + userColumns + `
FROM session s JOIN users u ON u.id = s.owner
WHERE s.token = $1 AND s.ends_at > $2 AND u.disabled_at IS NULL`
	proveSession   = `UPDATE session SET proved_at = $2 WHERE token = $1`
	seeSession     = `UPDATE session SET seen_at = $2, ends_at = $3 WHERE token = $1`
	deleteSession  = `DELETE FROM session WHERE token = $1`
	deleteSessions = `DELETE FROM session WHERE owner = $1 AND token <> $2`
)

func (q *queries) InsertSession(s oncall.Session) error {
	_, err := q.exec(insertSession, s.Key, s.User, string(s.Method), micros(s.CreatedAt), micros(s.SeenAt), micros(s.EndsAt), micros(s.ProvedAt))
	return err
}

func (q *queries) Session(key []byte, at time.Time) (oncall.Session, oncall.User, error) {
	var s oncall.Session
	var u oncall.User
	into := append([]any{&s.Key, &s.User, &s.Method, timeScan{&s.CreatedAt}, timeScan{&s.SeenAt}, timeScan{&s.EndsAt}, timeScan{&s.ProvedAt}}, userScan(&u)...)
	err := q.row(selectSession, []any{key, micros(at)}, into...)
	return s, u, err
}

func (q *queries) TouchSession(key []byte, seen, ends time.Time) error {
	_, err := q.exec(seeSession, key, micros(seen), micros(ends))
	return err
}

func (q *queries) ProveSession(key []byte, at time.Time) error {
	_, err := q.exec(proveSession, key, micros(at))
	return err
}

func (q *queries) DeleteSession(key []byte) (bool, error) {
	n, err := q.exec(deleteSession, key)
	return n > 0, err
}

func (q *queries) DeleteSessions(user string, except []byte) error {
	if except == nil {
		except = []byte{} // no session has this key; nothing would differ from NULL
	}
	_, err := q.exec(deleteSessions, user, except)
	return err
}
