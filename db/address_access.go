package db

import "time"

const (
	addressesSeen = `SELECT count(*) FROM address_access WHERE contact = $1 AND principal = $2 AND hour = $3`
	seeAddresses  = `INSERT INTO address_access (contact, principal, hour) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
)

func (q *queries) AddressAccessRecorded(principal, alias string, hour time.Time) (bool, error) {
	var n int
	err := q.row(addressesSeen, []any{alias, principal, micros(hour)}, &n)
	return n > 0, err
}

func (q *queries) RecordAddressAccess(principal, alias string, hour time.Time) (bool, error) {
	n, err := q.exec(seeAddresses, alias, principal, micros(hour))
	return n > 0, err
}
