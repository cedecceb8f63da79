package db

import (
	"time"

	"callbook/internal/account"
)

const (
	insertCeremony = `INSERT INTO ceremony (token, kind, data, ends_at) VALUES ($1, $2, $3, $4)`
	takeCeremony   = `DELETE FROM ceremony WHERE token = $1 AND kind = $2 AND ends_at > $3 RETURNING data`
)

func (q *queries) InsertCeremony(key []byte, kind account.CeremonyKind, data []byte, ends time.Time) error {
	if data == nil {
		data = []byte{}
	}
	_, err := q.exec(insertCeremony, key, string(kind), data, micros(ends))
	return err
}

func (q *queries) TakeCeremony(key []byte, kind account.CeremonyKind, at time.Time) (data []byte, err error) {
	err = q.change(takeCeremony, []any{key, string(kind), micros(at)}, &data)
	return data, err
}
