package db

import (
	"time"

	"callbook/internal/oncall"
)

const (
	insertIdentity = `INSERT INTO identity (issuer, subject, owner, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	userByIdentity = `SELECT ` + userColumns + ` FROM identity i JOIN users u ON u.id = i.owner WHERE i.issuer = $1 AND i.subject = $2`
)

func (q *queries) InsertIdentity(issuer, subject, user string, at time.Time) (bool, error) {
	n, err := q.exec(insertIdentity, issuer, subject, user, micros(at))
	return n > 0, err
}

func (q *queries) UserByIdentity(issuer, subject string) (oncall.User, error) {
	return q.user(userByIdentity, issuer, subject)
}
