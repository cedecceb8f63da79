package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// Finding is the result of one check.
type Finding struct {
	About    string   // the subject of the check
	Count    int64    // how many values were checked, or -1
	Problems []string // what is wrong and where, by ids and never by addresses
	Note     string   // what is not wrong and could be better, or ""
}

// checks are all checks of this package. Package audit checks the audit trail.
var checks = []struct {
	about string
	do    func(*Store, context.Context, *problems) (int64, error)
}{
	{"pages and indexes", (*Store).checkPages},
	{"tables, columns, indexes and triggers", (*Store).checkSchema},
	{"references", (*Store).checkReferences},
	{"encrypted values", (*Store).checkSealed},
	{"masks and hashes of addresses", (*Store).checkAddresses},
	{"words to search by", (*Store).checkWords},
	{"counts of contacts", (*Store).checkCounts},
	{"roles and states", (*Store).checkStates},
}

// Check reads the whole database and calls each with the result of every check. It changes
// nothing and does not block writers. It returns the error of each, and an error that keeps
// it from going on.
func (s *Store) Check(ctx context.Context, each func(Finding) error) error {
	damaged := false // a part of the schema may be missing, which others need
	for _, c := range checks {
		var w problems
		n, err := c.do(s, ctx, &w)
		if err != nil && (s.engine.Trouble(err) == oncall.Damaged || damaged && ctx.Err() == nil) {
			if e, ok := errors.AsType[*oncall.Error](err); ok && e.Cause != nil {
				err = e.Cause // the message for people only says to run a check
			}
			w.add("cannot be read: %v", err)
			err = nil
		}
		damaged = damaged || w.n > 0
		if err == nil {
			err = each(Finding{c.about, n, w.list(), w.note()})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// maxProblems is how many problems a Finding lists.
const maxProblems = 20

// problems collects the problems of one Finding.
type problems struct {
	texts    []string
	n        int
	unpadded int // addresses that an older version has sealed
}

func (w *problems) note() string {
	if w.unpadded == 0 {
		return ""
	}
	return fmt.Sprintf("an older version sealed %d without hiding how long they are: callbook seal rotate seals them again", w.unpadded)
}

func (w *problems) add(format string, args ...any) {
	if w.n++; w.n <= maxProblems {
		w.texts = append(w.texts, fmt.Sprintf(format, args...))
	}
}

func (w *problems) list() []string {
	if w.n > maxProblems {
		return append(w.texts, fmt.Sprintf("and %d more", w.n-maxProblems))
	}
	return w.texts
}

// look runs a function over one snapshot.
func (s *Store) look(ctx context.Context, fn func(*queries) error) error {
	return s.View(ctx, func(q Queries) error { return fn(q.(*queries)) })
}

// engineRows calls scan for every row of a statement of the engine, which may be empty.
func (q *queries) engineRows(text string, scan func(*sql.Rows) error) error {
	if text == "" {
		return nil
	}
	return q.rows(text, nil, scan)
}

func (s *Store) checkPages(ctx context.Context, w *problems) (int64, error) {
	return -1, s.look(ctx, func(q *queries) error {
		return q.engineRows(q.conn.texts.Integrity, func(rows *sql.Rows) error {
			var detail string
			err := rows.Scan(&detail)
			if err == nil {
				w.add("%s", detail)
			}
			return err
		})
	})
}

// reference is a foreign key that rows violate.
type reference struct{ table, parent, from, to string }

func (s *Store) checkReferences(ctx context.Context, w *problems) (int64, error) {
	return -1, s.look(ctx, func(q *queries) error {
		var list []reference
		err := q.engineRows(q.conn.texts.References, func(rows *sql.Rows) error {
			var r reference
			err := rows.Scan(&r.table, &r.parent, &r.from, &r.to)
			list = append(list, r)
			return err
		})
		for _, r := range list {
			err = errors.Join(err, r.report(q, w))
		}
		return err
	})
}

// report names each missing contact, user or message that rows refer to.
func (r reference) report(q *queries, w *problems) error {
	from, table, to, parent := quoted(r.from), quoted(r.table), quoted(r.to), quoted(r.parent)
	text := `SELECT ` + from + `, count(*) FROM ` + table + ` WHERE ` + from + ` NOT IN (SELECT ` + to + ` FROM ` + parent + `) GROUP BY 1`
	return q.rows(text, nil, func(rows *sql.Rows) error {
		var id string
		var n int
		err := rows.Scan(&id, &n)
		if err == nil {
			w.add("%s: %d rows belong to %s %q, which is not there", r.table, n, r.parent, id)
		}
		return err
	})
}

// quoted returns a name as SQL writes it.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// CheckBatchSize is how many rows Check reads in one snapshot.
const CheckBatchSize = 500

// checkSealed opens every sealed value.
func (s *Store) checkSealed(ctx context.Context, w *problems) (int64, error) {
	if s.locked != nil {
		w.add("cannot be opened: %v", s.locked)
		return 0, nil
	}
	return s.OpenAll(ctx, func(err error) { w.add("%v", err) })
}

// OpenAll opens every sealed value and checks that the key of the address index is there. It
// calls wrong with each error of package seal, and returns the number of values. It can read
// an older version of the database.
func (s *Store) OpenAll(ctx context.Context, wrong func(error)) (n int64, err error) {
	if err := s.look(ctx, func(q *queries) error { return q.checkIndexKey(wrong) }); err != nil {
		return 0, err
	}
	for _, c := range sealedColumns {
		for last, more := "", true; more; {
			err := s.look(ctx, func(q *queries) error {
				rows, err := q.openBatch(c, last, wrong)
				if more = len(rows) == CheckBatchSize; more {
					last = rows[len(rows)-1].row
				}
				n += int64(len(rows))
				return err
			})
			if err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// openBatch opens the next values of a column after a row. An older version may lack the
// column.
func (q *queries) openBatch(c SealedColumn, after string, wrong func(error)) ([]sealedRow, error) {
	if there, err := q.has(c.Table, c.Column); err != nil || !there {
		return nil, err
	}
	rows, err := q.sealedRows(c, c.all(), append(c.key(after), CheckBatchSize))
	for _, r := range rows {
		if _, err := q.conn.ring.Open(r.sealed, seal.Place{Table: c.Table, Column: c.Column, Row: r.row}); err != nil {
			wrong(err)
		}
	}
	return rows, err
}

func (q *queries) checkIndexKey(wrong func(error)) error {
	key, err := q.indexKey()
	if err != nil {
		return err
	}
	if _, err := q.hashWith(key, ""); err != nil {
		wrong(fmt.Errorf("addresses cannot be found: %w", err))
	}
	return nil
}

// has reports whether a table has a column. Older versions of the database have fewer.
func (q *queries) has(table, column string) (bool, error) {
	n := 0
	err := q.row(q.conn.texts.HasColumn, []any{table, column}, &n)
	return n > 0, err
}

// checkWords compares the stored search words of each contact with those that it must have.
func (s *Store) checkWords(ctx context.Context, w *problems) (n int64, err error) {
	for after, more := "", true; more; {
		err := s.look(ctx, func(q *queries) error {
			list, err := q.contactsFrom(after)
			for _, c := range list {
				err = errors.Join(err, q.checkWordsOf(c, w))
				n, after = n+1, c.Alias
			}
			more = len(list) == CheckBatchSize
			return err
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// contactsFrom returns the next contacts after an alias, with the fields that their words
// depend on.
func (q *queries) contactsFrom(after string) (list []oncall.Contact, err error) {
	err = q.rows(`SELECT alias, display_name, reachability FROM contact WHERE alias > $1 ORDER BY alias LIMIT 0 + $2`, []any{after, CheckBatchSize},
		func(rows *sql.Rows) error {
			var c oncall.Contact
			err := rows.Scan(&c.Alias, &c.DisplayName, &c.Reachability)
			list = append(list, c)
			return err
		})
	return list, err
}

func (q *queries) checkWordsOf(c oncall.Contact, w *problems) error {
	missing := map[string]bool{}
	for _, word := range c.Words() {
		missing[word] = true
	}
	wrong := 0
	err := q.rows(`SELECT reachability, word FROM contact_word WHERE contact = $1`, []any{c.Alias}, func(rows *sql.Rows) error {
		var r oncall.Reachability
		var word string
		err := rows.Scan(&r, &word)
		if r != c.Reachability || !missing[word] {
			wrong++
		}
		delete(missing, word)
		return err
	})
	if err == nil && wrong+len(missing) > 0 {
		w.add("contact %s: %d are missing, %d are not its own or stand in another list", c.Alias, len(missing), wrong)
	}
	return err
}

const countsThatDiffer = `
SELECT reachability, sum(kept), sum(counted) FROM (
  SELECT reachability, contacts AS kept, 0 AS counted FROM contact_count
  UNION ALL SELECT reachability, 0, count(*) FROM contact GROUP BY reachability) AS counts
GROUP BY reachability HAVING sum(kept) <> sum(counted)`

func (s *Store) checkCounts(ctx context.Context, w *problems) (n int64, err error) {
	err = s.look(ctx, func(q *queries) error {
		if err := q.row(`SELECT count(*) FROM contact`, nil, &n); err != nil {
			return err
		}
		return q.rows(countsThatDiffer, nil, func(rows *sql.Rows) error {
			var r string
			var kept, counted int64
			err := rows.Scan(&r, &kept, &counted)
			if err == nil {
				w.add("%s: %d are on record and %d are there", r, kept, counted)
			}
			return err
		})
	})
	return n, err
}
