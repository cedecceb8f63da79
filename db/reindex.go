package db

import (
	"database/sql"
	"errors"

	"callbook/internal/oncall"
)

// The statements of a change of index name the column a or b.
func startIndex(column string) string {
	return `UPDATE installation SET ` + column + ` = $1 WHERE id = 1`
}

func switchIndex(from, to string) string {
	return `UPDATE installation SET index_now = '` + to + `', index_` + from + ` = NULL WHERE id = 1`
}

func unfilled(column string) string {
	return `SELECT contact, id FROM channel WHERE ` + column + ` IS NULL ORDER BY contact, type, id LIMIT 0 + $1`
}

func fillIndex(column string) string {
	return `UPDATE channel SET ` + column + ` = $1 WHERE contact = $2 AND id = $3`
}

// What is cleared has the other column filled, as the table demands.
func clearIndex(column string) string {
	return `
UPDATE channel SET ` + column + ` = NULL WHERE (contact, id) IN (
  SELECT contact, id FROM channel WHERE ` + column + ` IS NOT NULL ORDER BY ` + column + `, contact, type LIMIT 0 + $1)`
}

// sides returns the letter of the column that is read, and of the other one, with
// their keys.
func (in indexes) sides() (now, other string, key, next sql.NullInt64) {
	if in.now == "b" {
		return "b", "a", in.b, in.a
	}
	return "a", "b", in.a, in.b
}

func (q *queries) Indexes() (now, next uint32, err error) {
	in, err := q.indexes()
	if err != nil {
		return 0, 0, err
	}
	_, _, key, other := in.sides()
	return uint32(key.Int64), uint32(other.Int64), nil
}

func (q *queries) StartIndex(next uint32) error {
	in, err := q.indexes()
	if err != nil {
		return err
	}
	_, other, _, _ := in.sides()
	_, err = q.exec(startIndex("index_"+other), next)
	q.conn.indexes = nil
	return err
}

func (q *queries) FillIndex(limit int) (int, error) {
	in, err := q.indexes()
	if err != nil {
		return 0, err
	}
	_, other, _, next := in.sides()
	if !next.Valid {
		return 0, nil
	}
	list, err := q.unfilled("index_"+other, limit)
	if err != nil {
		return 0, err
	}
	for _, c := range list {
		address, err := q.Address(c.Alias, c.ID)
		if err != nil {
			return 0, err
		}
		sum, err := q.sum(next, address.Canonical)
		if err != nil {
			return 0, err
		}
		if _, err := q.exec(fillIndex("index_"+other), sum, c.Alias, c.ID); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// unfilled returns channels that lack a sum: their contact and id.
func (q *queries) unfilled(column string, limit int) ([]oncall.Channel, error) {
	var list []oncall.Channel
	err := q.rows(unfilled(column), []any{limit}, func(rows *sql.Rows) error {
		var c oncall.Channel
		err := rows.Scan(&c.Alias, &c.ID)
		list = append(list, c)
		return err
	})
	return list, err
}

func (q *queries) SwitchIndex() (bool, error) {
	in, err := q.indexes()
	if err != nil {
		return false, err
	}
	now, other, _, next := in.sides()
	if !next.Valid {
		return false, nil
	}
	if list, err := q.unfilled("index_"+other, 1); err != nil || len(list) > 0 {
		return false, err
	}
	_, err = q.exec(switchIndex(now, other))
	q.conn.indexes = nil
	return err == nil, err
}

func (q *queries) ClearIndex(limit int) (int, error) {
	in, err := q.indexes()
	if err != nil {
		return 0, err
	}
	_, other, _, next := in.sides()
	if next.Valid {
		return 0, errInUse
	}
	n, err := q.exec(clearIndex("index_"+other), limit)
	return int(n), err
}

var errInUse = errors.New("this column of the index is in use")
