package db

import (
	"crypto/hmac"
	"crypto/sha256"
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
	// Another attempt may have come in between: then its time stays.
	uncountFailedSignIn = `
UPDATE sign_in_failure SET tries = tries - 1, tried_at = CASE WHEN tried_at = $2 THEN $3 ELSE tried_at END
WHERE name = $1 AND tries > 0`
	forgiveFailedSignIns = `
UPDATE sign_in_failure SET tries = CASE WHEN tries > $2 THEN tries - $2 ELSE 0 END WHERE name = $1`
)

func (q *queries) FailedSignIns(name string, at time.Time) (access.FailedSignIns, error) {
	var t access.FailedSignIns
	key, err := q.counterKey(name)
	if err != nil {
		return t, err
	}
	err = q.row(selectFailedSignIns, []any{key, micros(at)}, &t.Count, timeScan{&t.LastAt})
	if errors.Is(err, oncall.ErrMissing) {
		return access.FailedSignIns{}, nil
	}
	return t, err
}

func (q *queries) CountFailedSignIn(name string, at time.Time) error {
	return q.changeCounter(countFailedSignIn, name, micros(at), micros(at.Add(access.FailedSignInTTL)))
}

func (q *queries) UncountFailedSignIn(name string, at, before time.Time) error {
	return q.changeCounter(uncountFailedSignIn, name, micros(at), micros(before))
}

func (q *queries) ForgiveFailedSignIns(name string, n int) error {
	return q.changeCounter(forgiveFailedSignIns, name, n)
}

func (q *queries) changeCounter(text, name string, args ...any) error {
	key, err := q.counterKey(name)
	if err != nil {
		return err
	}
	_, err = q.exec(text, append([]any{key}, args...)...)
	return err
}

// counterKey returns the keyed hash under which attempts are counted, so that the table does
// not tell who tried. A locked store has no key for it. It uses one of its own, which ends
// with the process: people sign in while the key file is missing too.
func (q *queries) counterKey(name string) ([]byte, error) {
	if q.conn.ring != nil {
		return q.fingerprint("sign-in", []byte(name))
	}
	mac := hmac.New(sha256.New, q.conn.counterKey)
	mac.Write([]byte(name))
	return mac.Sum(nil), nil
}
