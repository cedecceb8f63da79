package db

import (
	"database/sql"
	"errors"
	"time"

	"callbook/internal/oncall"
)

const userColumns = `u.id, u.email, u.canonical, u.name, u.role, u.password IS NOT NULL, u.handle, u.signed_in_at, u.disabled_at, u.version, u.created_at, u.updated_at`

const (
	insertUser = `
INSERT INTO users (id, email, canonical, name, role, password, handle, signed_in_at, disabled_at, version, created_at, updated_at, request)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (canonical) DO NOTHING`
	selectUser  = `SELECT ` + userColumns + ` FROM users u WHERE u.id = $1`
	userByEmail = `SELECT ` + userColumns + ` FROM users u WHERE u.canonical = $1`
	listUsers   = `SELECT ` + userColumns + ` FROM users u WHERE u.canonical > $1 ORDER BY u.canonical LIMIT 0 + $2`
	// The condition is that of oncall.User.CanAdminister.
	otherKeeper = `
SELECT u.id FROM users u
WHERE u.role = 'admin' AND u.disabled_at IS NULL AND (u.password IS NOT NULL OR u.signed_in_at IS NOT NULL) AND u.id <> $1
ORDER BY u.id LIMIT 1`
	updateUser     = `UPDATE users SET name = $3, role = $4, disabled_at = $5, updated_at = $6, version = version + 1 WHERE id = $1 AND version = $2`
	selectPassword = `SELECT password FROM users WHERE id = $1`
	setPassword    = `UPDATE users SET password = $2, updated_at = $3 WHERE id = $1` // #nosec G101 -- a statement, not a password
	setSignedIn    = `UPDATE users SET signed_in_at = $2 WHERE id = $1`
	releaseUser    = `UPDATE idempotency SET released_at = $1 WHERE request = (SELECT request FROM users WHERE id = $2)`
	deleteUser     = `DELETE FROM users WHERE id = $1`
)

// userScan receives the userColumns.
func userScan(u *oncall.User) []any {
	return []any{&u.ID, &u.Email, &u.Canonical, &u.Name, &u.Role, &u.HasPassword, &u.Handle,
		timeScan{&u.SignedInAt}, timeScan{&u.DisabledAt}, &u.Version, timeScan{&u.CreatedAt}, timeScan{&u.UpdatedAt}}
}

func (q *queries) InsertUser(u oncall.User, password string, r oncall.Request) (bool, error) {
	request, err := q.key(r)
	if err != nil {
		return false, err
	}
	n, err := q.exec(insertUser, u.ID, u.Email, u.Canonical, u.Name, string(u.Role), textOrNull(password), u.Handle,
		microsOrNull(u.SignedInAt), microsOrNull(u.DisabledAt), u.Version, micros(u.CreatedAt), micros(u.UpdatedAt), request)
	return n > 0, err
}

// textOrNull stores the empty text, "none", as NULL.
func textOrNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (q *queries) user(text string, args ...any) (oncall.User, error) {
	var u oncall.User
	err := q.row(text, args, userScan(&u)...)
	return u, err
}

func (q *queries) User(id string) (oncall.User, error) { return q.user(selectUser, id) }

func (q *queries) UserByEmail(canonical string) (oncall.User, error) {
	return q.user(userByEmail, canonical)
}

func (q *queries) Users(after string, limit int) ([]oncall.User, error) {
	var list []oncall.User
	err := q.rows(listUsers, []any{after, limit}, func(rows *sql.Rows) error {
		var u oncall.User
		err := rows.Scan(userScan(&u)...)
		list = append(list, u)
		return err
	})
	return list, err
}

func (q *queries) OtherAdministrator(id string) (bool, error) {
	var other string
	err := q.row(otherKeeper, []any{id}, &other)
	if errors.Is(err, oncall.ErrMissing) {
		return false, nil
	}
	return err == nil, err
}

func (q *queries) UpdateUser(u oncall.User) (bool, error) {
	n, err := q.exec(updateUser, u.ID, u.Version, u.Name, string(u.Role), microsOrNull(u.DisabledAt), micros(u.UpdatedAt))
	return n > 0, err
}

func (q *queries) Password(id string) (string, error) {
	var password sql.NullString
	err := q.row(selectPassword, []any{id}, &password)
	return password.String, err
}

func (q *queries) SetPassword(id, password string, at time.Time) error {
	_, err := q.exec(setPassword, id, textOrNull(password), micros(at))
	return err
}

func (q *queries) SetSignedIn(id string, at time.Time) error {
	_, err := q.exec(setSignedIn, id, micros(at))
	return err
}

func (q *queries) DeleteUser(id string, at time.Time) (bool, error) {
	if err := q.release(at, releaseUser, id); err != nil {
		return false, err
	}
	n, err := q.exec(deleteUser, id) // the passkeys, sessions and links go with it
	return n > 0, err
}
