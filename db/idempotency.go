package db

import (
	"bytes"
	"time"

	"callbook/internal/oncall"
)

const (
	// A request whose day is over counts as forgotten, even if its row is still there.
	insertRequest = `
INSERT INTO idempotency (request, parameters, resource, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (request) DO UPDATE SET parameters = excluded.parameters, resource = excluded.resource,
created_at = excluded.created_at, released_at = NULL WHERE idempotency.released_at < $5`
	selectRequest  = `SELECT parameters, resource FROM idempotency WHERE request = $1`
	releaseChannel = `
UPDATE idempotency SET released_at = $1
WHERE request = (SELECT request FROM channel WHERE contact = $2 AND id = $3)`
	releaseContact = `
UPDATE idempotency SET released_at = $1
WHERE request IN (SELECT request FROM channel WHERE contact = $2 UNION ALL SELECT request FROM contact WHERE alias = $2)`
	forgetRequests = `DELETE FROM idempotency WHERE released_at < $1`
)

// key returns the keyed hash that identifies a request, or nil for one without a token.
func (q *queries) key(r oncall.Request) (any, error) {
	if r.Token == "" {
		return nil, nil
	}
	// It is used twice: for the request, and for the row that the request creates.
	if key := string(r.Key()); q.keyed != key {
		sum, err := q.fingerprint("request", []byte(key))
		if err != nil {
			return nil, err
		}
		q.keyed, q.keySum = key, sum
	}
	return q.keySum, nil
}

func (q *queries) Remember(r oncall.Request, resource oncall.ARN, at time.Time) (oncall.Memory, error) {
	key, err := q.key(r)
	if err != nil {
		return oncall.Memory{}, err
	}
	parameters, err := q.fingerprint("parameters", r.Parameters)
	if err != nil {
		return oncall.Memory{}, err
	}
	n, err := q.exec(insertRequest, key, parameters, string(resource), micros(at), forgotten(at))
	if err != nil || n > 0 {
		return oncall.Memory{}, err
	}
	m := oncall.Memory{Seen: true}
	var first []byte
	if err := q.row(selectRequest, []any{key}, &first, &m.Resource); err != nil {
		return oncall.Memory{}, err
	}
	m.Same = bytes.Equal(first, parameters)
	return m, nil
}

// release starts the day of the requests that created a row about to be deleted. It also
// forgets the requests whose day is over.
func (q *queries) release(at time.Time, text string, args ...any) error {
	if _, err := q.exec(text, append([]any{micros(at)}, args...)...); err != nil {
		return err
	}
	_, err := q.exec(forgetRequests, forgotten(at))
	return err
}

// forgotten returns the time before which a request must have been released to be forgotten
// at the given time.
func forgotten(at time.Time) int64 { return micros(at.Add(-oncall.TokenTTL)) }
