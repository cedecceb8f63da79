package db

import (
	"time"

	"callbook/internal/oncall"
)

const (
	insertCeremony = `INSERT INTO ceremony (token, kind, data, ends_at) VALUES ($1, $2, $3, $4)`
	selectCeremony = `SELECT data FROM ceremony WHERE token = $1 AND kind = $2 AND ends_at > $3`
	deleteCeremony = `DELETE FROM ceremony WHERE token = $1`
)

func (q *queries) InsertCeremony(key []byte, kind oncall.CeremonyKind, data []byte, ends time.Time) error {
	if data == nil {
		data = []byte{}
	}
	_, err := q.exec(insertCeremony, key, string(kind), data, micros(ends))
	return err
}

func (q *queries) TakeCeremony(key []byte, kind oncall.CeremonyKind, at time.Time) ([]byte, error) {
	var data []byte
	if err := q.row(selectCeremony, []any{key, string(kind), micros(at)}, &data); err != nil {
		return nil, err
	}
	_, err := q.exec(deleteCeremony, key)
	return data, err
}
