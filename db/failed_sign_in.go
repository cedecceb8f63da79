package db

import (
	"errors"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

const (
	selectFailedSignIns = `SELECT tries, tried_at FROM sign_in_failure WHERE name = $1 AND ends_at > $2`
	countFailedSignIn   = `
INSERT INTO sign_in_failure (name, tries, tried_at, ends_at) VALUES ($1, 1, $2, $3)
ON CONFLICT (name) DO UPDATE SET tries = CASE WHEN excluded.tried_at < sign_in_failure.tried_at THEN sign_in_failure.tries + 1
WHEN sign_in_failure.tries > (excluded.tried_at - sign_in_failure.tried_at) / 3600000000
THEN sign_in_failure.tries - (excluded.tried_at - sign_in_failure.tried_at) / 3600000000 + 1 ELSE 1 END,
tried_at = excluded.tried_at, ends_at = excluded.ends_at`
	forgiveFailedSignIn  = `UPDATE sign_in_failure SET tries = tries - 1 WHERE name = $1 AND tries > 0`
	forgiveFailedSignIns = `DELETE FROM sign_in_failure WHERE name = $1`
)

func (q *queries) FailedSignIns(name []byte, at time.Time) (access.FailedSignIns, error) {
	var t access.FailedSignIns
	err := q.row(selectFailedSignIns, []any{name, micros(at)}, &t.Count, timeScan{&t.LastAt})
	if errors.Is(err, oncall.ErrMissing) {
		return access.FailedSignIns{}, nil
	}
	return t, err
}

func (q *queries) CountFailedSignIn(name []byte, at time.Time) error {
	_, err := q.exec(countFailedSignIn, name, micros(at), micros(at.Add(access.FailedSignInTTL)))
	return err
}

func (q *queries) ForgiveFailedSignIn(name []byte) error {
	_, err := q.exec(forgiveFailedSignIn, name)
	return err
}

func (q *queries) ForgiveFailedSignIns(name []byte) error {
	_, err := q.exec(forgiveFailedSignIns, name)
	return err
}
