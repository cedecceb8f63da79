package db

import (
	"time"

	"callbook/internal/oncall"
)

const (
	insertDevice = `
INSERT INTO device (id, token, owner, created_at, ends_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (token, owner) DO UPDATE SET ends_at = excluded.ends_at`
	selectDevice  = `SELECT id FROM device WHERE token = $1 AND owner = $2 AND ends_at > $3`
	renewDevice   = `UPDATE device SET token = $2 WHERE token = $1`
	deleteDevices = `DELETE FROM device WHERE owner = $1 AND token <> $2`
	// The ones that ended first go.
	trimDevices = `
DELETE FROM device WHERE id IN (SELECT id FROM device WHERE owner = $1 ORDER BY ends_at DESC, id DESC LIMIT 1000 OFFSET 0 + $2)`
)

func (q *queries) InsertDevice(d oncall.Device) error {
	_, err := q.exec(insertDevice, d.ID, d.Key, d.User, micros(d.CreatedAt), micros(d.EndsAt))
	return err
}

func (q *queries) Device(key []byte, user string, at time.Time) (id string, err error) {
	err = q.row(selectDevice, []any{key, user, micros(at)}, &id)
	return id, err
}

func (q *queries) SetDeviceKey(before, after []byte) error {
	_, err := q.exec(renewDevice, before, after)
	return err
}

func (q *queries) DeleteDevices(user string, except []byte) error {
	if except == nil {
		except = []byte{} // no device has this key; nothing would differ from NULL
	}
	_, err := q.exec(deleteDevices, user, except)
	return err
}

func (q *queries) TrimDevices(user string, keep int) error {
	_, err := q.exec(trimDevices, user, keep)
	return err
}
