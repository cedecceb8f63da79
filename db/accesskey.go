package db

import (
	"database/sql"
	"time"

	"callbook/internal/oncall"
)

const accessKeyColumns = `id, name, role, maker, maker_name, created_at, used_at, disabled_at`

const (
	insertAccessKey = `
INSERT INTO access_key (` + accessKeyColumns + `, secret, request) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	selectAccessKey      = `SELECT ` + accessKeyColumns + ` FROM access_key WHERE id = $1`
	listAccessKeys       = `SELECT ` + accessKeyColumns + ` FROM access_key WHERE id > $1 ORDER BY id LIMIT 0 + $2`
	selectSecret         = `SELECT secret FROM access_key WHERE id = $1`
	setAccessKeyDisabled = `UPDATE access_key SET disabled_at = $2 WHERE id = $1`
	setAccessKeyUsed     = `UPDATE access_key SET used_at = $2 WHERE id = $1`
	releaseAccessKey     = `UPDATE idempotency SET released_at = $1 WHERE request = (SELECT request FROM access_key WHERE id = $2)`
	deleteAccessKey      = `DELETE FROM access_key WHERE id = $1`
)

// accessKeyScan receives the accessKeyColumns.
func accessKeyScan(k *oncall.AccessKey) []any {
	return []any{&k.ID, &k.Name, &k.Role, &k.Maker, &k.MakerName, timeScan{&k.CreatedAt}, timeScan{&k.UsedAt}, timeScan{&k.DisabledAt}}
}

func (q *queries) InsertAccessKey(k oncall.AccessKey, secret string, r oncall.Request) error {
	sealed, err := q.seal([]byte(secret), "access_key", "secret", k.ID)
	if err != nil {
		return err
	}
	request, err := q.key(r)
	if err != nil {
		return err
	}
	_, err = q.exec(insertAccessKey, k.ID, k.Name, string(k.Role), k.Maker, k.MakerName, micros(k.CreatedAt), microsOrNull(k.UsedAt),
		microsOrNull(k.DisabledAt), sealed, request)
	return err
}

func (q *queries) AccessKey(id string) (oncall.AccessKey, error) {
	var k oncall.AccessKey
	err := q.row(selectAccessKey, []any{id}, accessKeyScan(&k)...)
	return k, err
}

func (q *queries) AccessKeys(after string, limit int) ([]oncall.AccessKey, error) {
	var list []oncall.AccessKey
	err := q.rows(listAccessKeys, []any{after, limit}, func(rows *sql.Rows) error {
		var k oncall.AccessKey
		err := rows.Scan(accessKeyScan(&k)...)
		list = append(list, k)
		return err
	})
	return list, err
}

func (q *queries) AccessKeySecret(id string) (string, error) {
	var sealed []byte
	if err := q.row(selectSecret, []any{id}, &sealed); err != nil {
		return "", err
	}
	secret, err := q.open(sealed, "access_key", "secret", id)
	return string(secret), err
}

func (q *queries) SetAccessKeyDisabled(id string, at time.Time) error {
	_, err := q.exec(setAccessKeyDisabled, id, microsOrNull(at))
	return err
}

func (q *queries) SetAccessKeyUsed(id string, at time.Time) error {
	_, err := q.exec(setAccessKeyUsed, id, micros(at))
	return err
}

func (q *queries) DeleteAccessKey(id string, at time.Time) (bool, error) {
	if err := q.release(at, releaseAccessKey, id); err != nil {
		return false, err
	}
	n, err := q.exec(deleteAccessKey, id)
	return n > 0, err
}
