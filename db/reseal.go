package db

import (
	"database/sql"
	"slices"
	"strings"

	"callbook/internal/keyring"
)

// SealedColumn is a column whose values are sealed.
type SealedColumn struct {
	Table, Column string
	id            []string // its primary key; the Row of a place has a slash between the parts
	isJSON        bool     // it is padded
}

// sealedColumns are all of them. The next rotation would lose the values of a column that is
// missing here. A test compares them with the schema.
var sealedColumns = []SealedColumn{
	channelAddress,
	{"access_key", "secret", []string{"id"}, false},
	{"message", "content", []string{"id"}, true},
}

// SealedColumns returns every sealed column.
func SealedColumns() []SealedColumn { return slices.Clone(sealedColumns) }

var channelAddress = SealedColumn{"channel", "address", []string{"contact", "id"}, true}

// stale selects the values after a row that another key has sealed.
func (c SealedColumn) stale() string {
	return c.walk(`substr(`+c.Column+`, 1, 5) <> `+parameter(len(c.id)+1), parameter(len(c.id)+2))
}

// all selects every value after a row.
func (c SealedColumn) all() string {
	return c.walk(c.Column+` IS NOT NULL`, parameter(len(c.id)+1))
}

// walk selects up to limit rows after one that match a condition.
func (c SealedColumn) walk(condition, limit string) string {
	id := strings.Join(c.id, ", ")
	var after []string
	for i := range c.id {
		after = append(after, parameter(i+1))
	}
	return `SELECT ` + id + `, ` + c.Column + ` FROM ` + c.Table + ` WHERE (` + id + `) > (` + strings.Join(after, ", ") + `) AND ` +
		condition + ` ORDER BY ` + id + ` LIMIT 0 + ` + limit
}

func (c SealedColumn) update() string {
	var row []string
	for i, name := range c.id {
		row = append(row, name+` = `+parameter(i+2))
	}
	return `UPDATE ` + c.Table + ` SET ` + c.Column + ` = $1 WHERE ` + strings.Join(row, " AND ")
}

// key returns the primary key of a row. The key of "" sorts before all others.
func (c SealedColumn) key(row string) []any {
	key := make([]any, len(c.id))
	parts := strings.SplitN(row, "/", len(c.id))
	for i := range key {
		if key[i] = ""; i < len(parts) {
			key[i] = parts[i]
		}
	}
	return key
}

// sealedRow is a sealed value and its row.
type sealedRow struct {
	row    string
	sealed []byte
}

func (q *queries) Reseal(after keyring.SealedRow, limit int) (keyring.SealedRow, int, error) {
	prefix, err := q.conn.ring.Prefix()
	if err != nil {
		return after, 0, q.locked(err)
	}
	n := 0
	for i := after.Column; i < len(sealedColumns) && n < limit; i++ {
		if i > after.Column {
			after = keyring.SealedRow{Column: i}
		}
		stale, err := q.staleRows(sealedColumns[i], after.Row, prefix, limit-n)
		if err != nil {
			return after, n, err
		}
		for _, r := range stale {
			if err := q.resealRow(sealedColumns[i], r); err != nil {
				return after, n, err
			}
			n, after.Row = n+1, r.row
		}
	}
	return after, n, nil
}

func (q *queries) staleRows(c SealedColumn, after string, prefix []byte, limit int) ([]sealedRow, error) {
	return q.sealedRows(c, c.stale(), append(c.key(after), prefix, limit))
}

// sealedRows returns the rows that a statement selects in a sealed column.
func (q *queries) sealedRows(c SealedColumn, text string, args []any) ([]sealedRow, error) {
	var list []sealedRow
	err := q.rows(text, args, func(rows *sql.Rows) error {
		var r sealedRow
		id := make([]string, len(c.id))
		into := []any{}
		for i := range id {
			into = append(into, &id[i])
		}
		err := rows.Scan(append(into, &r.sealed)...)
		r.row = strings.Join(id, "/")
		list = append(list, r)
		return err
	})
	return list, err
}

func (q *queries) resealRow(c SealedColumn, r sealedRow) error {
	plain, err := q.open(r.sealed, c.Table, c.Column, r.row)
	if err != nil {
		return err
	}
	if c.isJSON {
		plain = padded(plain)
	}
	sealed, err := q.seal(plain, c.Table, c.Column, r.row)
	if err != nil {
		return err
	}
	_, err = q.exec(c.update(), slices.Concat([]any{sealed}, c.key(r.row))...)
	return err
}
