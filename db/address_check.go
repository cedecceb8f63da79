package db

import (
	"database/sql"
	"time"
)

const (
	countAddressCheck = `INSERT INTO address_check (principal, at, id) VALUES ($1, $2, $3)`
	addressChecks     = `SELECT at FROM address_check WHERE principal = $1 ORDER BY at DESC, id DESC LIMIT 0 + $2`
)

func (q *queries) CountAddressCheck(principal, id string, at time.Time) error {
	_, err := q.exec(countAddressCheck, principal, micros(at), id)
	return err
}

func (q *queries) AddressChecks(principal string, limit int) (times []time.Time, err error) {
	err = q.rows(addressChecks, []any{principal, limit}, func(rows *sql.Rows) error {
		var at time.Time
		err := rows.Scan(timeScan{&at})
		times = append(times, at)
		return err
	})
	return times, err
}
