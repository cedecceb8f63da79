package db

import (
	"database/sql"
	"time"
)

const (
	countAddressLookup = `INSERT INTO address_lookup (principal, at, id) VALUES ($1, $2, $3)`
	addressLookups     = `SELECT at FROM address_lookup WHERE principal = $1 ORDER BY at DESC, id DESC LIMIT 0 + $2`
)

func (q *queries) CountAddressLookup(principal, id string, at time.Time) error {
	_, err := q.exec(countAddressLookup, principal, micros(at), id)
	return err
}

func (q *queries) AddressLookups(principal string, limit int) (times []time.Time, err error) {
	err = q.rows(addressLookups, []any{principal, limit}, func(rows *sql.Rows) error {
		var at time.Time
		err := rows.Scan(timeScan{&at})
		times = append(times, at)
		return err
	})
	return times, err
}
