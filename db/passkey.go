package db

import (
	"database/sql"
	"time"

	"callbook/internal/oncall"
)

const (
	// #nosec G101 -- statements, no passwords
	insertPasskey = `
INSERT INTO passkey (id, owner, name, credential, created_at, used_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING`
	// #nosec G101 -- as above
	selectPasskeys = `SELECT id, owner, name, credential, created_at, used_at FROM passkey WHERE owner = $1 ORDER BY created_at, id`
	userByPasskey  = `SELECT ` + userColumns + ` FROM passkey p JOIN users u ON u.id = p.owner WHERE p.id = $1`
	updatePasskey  = `UPDATE passkey SET credential = $2, used_at = $3 WHERE id = $1`
	deletePasskey  = `DELETE FROM passkey WHERE id = $1 AND owner = $2`
)

func (q *queries) InsertPasskey(p oncall.Passkey) (bool, error) {
	n, err := q.exec(insertPasskey, p.ID, p.User, p.Name, string(p.Credential), micros(p.CreatedAt), microsOrNull(p.UsedAt))
	return n > 0, err
}

func (q *queries) Passkeys(user string) ([]oncall.Passkey, error) {
	var list []oncall.Passkey
	err := q.rows(selectPasskeys, []any{user}, func(rows *sql.Rows) error {
		var p oncall.Passkey
		err := rows.Scan(&p.ID, &p.User, &p.Name, &p.Credential, timeScan{&p.CreatedAt}, timeScan{&p.UsedAt})
		list = append(list, p)
		return err
	})
	return list, err
}

func (q *queries) UserByPasskey(id []byte) (oncall.User, error) { return q.user(userByPasskey, id) }

func (q *queries) UpdatePasskey(id, credential []byte, used time.Time) (bool, error) {
	n, err := q.exec(updatePasskey, id, string(credential), micros(used))
	return n > 0, err
}

func (q *queries) DeletePasskey(user string, id []byte) (bool, error) {
	n, err := q.exec(deletePasskey, id, user)
	return n > 0, err
}
