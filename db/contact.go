package db

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"callbook/internal/oncall"
)

// Lists leave the plan out: it may be large.
const (
	listedColumns  = `c.alias, c.id, c.display_name, c.type, c.reachability, c.version, c.created_at, c.updated_at`
	contactColumns = listedColumns + `, c.plan`
)

const (
	insertContact = `
INSERT INTO contact (alias, id, display_name, type, plan, reachability, version, created_at, updated_at, request)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (alias) DO NOTHING`
	insertTerm     = `INSERT INTO contact_term (reachability, first, word, contact) VALUES ($1, $2, $3, $4)`
	deleteTerms    = `DELETE FROM contact_term WHERE contact = $1`
	moveTerms      = `UPDATE contact_term SET reachability = $2 WHERE contact = $1`
	selectContact  = `SELECT ` + contactColumns + ` FROM contact c WHERE c.alias = $1`
	updateContact  = `UPDATE contact SET display_name = $3, plan = $4, updated_at = $5, version = version + 1 WHERE alias = $1 AND version = $2`
	reachabilityOf = `SELECT reachability FROM contact WHERE alias = $1`
	moveContact    = `UPDATE contact SET reachability = $2 WHERE alias = $1`
	deleteContact  = `DELETE FROM contact WHERE alias = $1`
	addToCount     = `
INSERT INTO contact_count (reachability, contacts) VALUES ($1, 1)
ON CONFLICT (reachability) DO UPDATE SET contacts = contact_count.contacts + 1`
	takeFromCount = `UPDATE contact_count SET contacts = contacts - 1 WHERE reachability = $1`
	countTerm     = `SELECT count(*) FROM (SELECT 1 FROM contact_term WHERE reachability = $1 AND first = $2 AND word >= $3 AND word < $4 LIMIT 0 + $5)`
	selectCounts  = `SELECT reachability, contacts FROM contact_count`
	listContacts  = `
SELECT ` + listedColumns + `, '' FROM contact c
WHERE c.reachability = $1 AND c.alias > $2
ORDER BY c.alias LIMIT 0 + $3`
	contactsByAlias = `SELECT ` + listedColumns + ` FROM contact c WHERE c.alias >= $1 AND c.alias < $2 ORDER BY c.alias LIMIT 0 + $3`
	contactsOfType  = `SELECT ` + listedColumns + ` FROM contact c WHERE c.type = $4 AND c.alias >= $1 AND c.alias < $2 ORDER BY c.alias LIMIT 0 + $3`
)

func (q *queries) InsertContact(c oncall.Contact, r oncall.Request) (bool, error) {
	plan, err := json.Marshal(c.Plan)
	if err != nil {
		return false, err
	}
	request, err := q.key(r)
	if err != nil {
		return false, err
	}
	n, err := q.exec(insertContact, c.Alias, c.ID, c.DisplayName, string(c.Type), string(plan), string(c.Reachability),
		c.Version, micros(c.CreatedAt), micros(c.UpdatedAt), request)
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := q.exec(addToCount, string(c.Reachability)); err != nil {
		return false, err
	}
	return true, q.insertTerms(c, c.Reachability)
}

func (q *queries) insertTerms(c oncall.Contact, r oncall.Reachability) error {
	for _, t := range c.Terms() {
		if _, err := q.exec(insertTerm, string(r), t.First, t.Word, c.Alias); err != nil {
			return err
		}
	}
	return nil
}

func (q *queries) Contact(alias string) (oncall.Contact, error) {
	var c oncall.Contact
	err := q.row(selectContact, []any{alias}, append(listedScan(&c), planScan{&c.Plan})...)
	return c, err
}

// listedScan receives the listedColumns.
func listedScan(c *oncall.Contact) []any {
	return []any{&c.Alias, &c.ID, &c.DisplayName, &c.Type, &c.Reachability, &c.Version, timeScan{&c.CreatedAt}, timeScan{&c.UpdatedAt}}
}

// planScan reads a plan from its JSON.
type planScan struct{ plan *oncall.Plan }

// Scan implements sql.Scanner.
func (s planScan) Scan(value any) error {
	text, _ := value.(string)
	*s.plan = oncall.Plan{}
	if text == "{}" {
		return nil
	}
	return json.Unmarshal([]byte(text), s.plan)
}

func (q *queries) UpdateContact(c oncall.Contact) (bool, error) {
	plan, err := json.Marshal(c.Plan)
	if err != nil {
		return false, err
	}
	n, err := q.exec(updateContact, c.Alias, c.Version, c.DisplayName, string(plan), micros(c.UpdatedAt))
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := q.exec(deleteTerms, c.Alias); err != nil {
		return false, err
	}
	var r oncall.Reachability // c may know an older one
	if err := q.row(reachabilityOf, []any{c.Alias}, &r); err != nil {
		return false, err
	}
	return true, q.insertTerms(c, r)
}

func (q *queries) SetReachability(alias string, r oncall.Reachability) error {
	var now oncall.Reachability
	if err := q.row(reachabilityOf, []any{alias}, &now); err != nil || now == r {
		return err
	}
	for _, move := range []struct {
		text string
		args []any
	}{
		{moveContact, []any{alias, string(r)}},
		{moveTerms, []any{alias, string(r)}},
		{takeFromCount, []any{string(now)}},
		{addToCount, []any{string(r)}},
	} {
		if _, err := q.exec(move.text, move.args...); err != nil {
			return err
		}
	}
	return nil
}

func (q *queries) DeleteContact(alias string, at time.Time) (bool, error) {
	var r oncall.Reachability
	err := q.row(reachabilityOf, []any{alias}, &r)
	if errors.Is(err, oncall.ErrMissing) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := q.release(at, releaseContact, alias); err != nil {
		return false, err
	}
	if _, err := q.exec(takeFromCount, string(r)); err != nil {
		return false, err
	}
	_, err = q.exec(deleteContact, alias) // the channels and terms go with it
	return err == nil, err
}

func (q *queries) CountContacts() (map[oncall.Reachability]int, error) {
	counts := map[oncall.Reachability]int{}
	err := q.rows(selectCounts, nil, func(rows *sql.Rows) error {
		var r oncall.Reachability
		var n int
		err := rows.Scan(&r, &n)
		counts[r] = n
		return err
	})
	return counts, err
}

func (q *queries) CountTerm(r oncall.Reachability, t oncall.Term, most int) (n int, err error) {
	err = q.row(countTerm, []any{string(r), t.First, t.Word, t.Word + lastRune, most}, &n)
	return n, err
}

func (q *queries) Contacts(r oncall.Reachability, after string, limit int) ([]oncall.ContactAt, error) {
	return q.contacts(listContacts, string(r), after, limit)
}

func (q *queries) FindContacts(r oncall.Reachability, by oncall.Term, others []string, after oncall.Position, limit int) ([]oncall.ContactAt, error) {
	text, args := findContacts(r, by, others, after, limit)
	return q.contacts(text, args...)
}

func (q *queries) contacts(text string, args ...any) ([]oncall.ContactAt, error) {
	var list []oncall.ContactAt
	err := q.rows(text, args, func(rows *sql.Rows) error {
		var c oncall.ContactAt
		err := rows.Scan(append(listedScan(&c.Contact), &c.Word)...)
		list = append(list, c)
		return err
	})
	return list, err
}

func (q *queries) ContactsByAlias(prefix string, t oncall.ContactType, after string, limit int) ([]oncall.Contact, error) {
	first := max(prefix, after+" ") // a space comes before every character of an alias
	text, args := contactsByAlias, []any{first, prefix + lastRune, limit}
	if t != "" {
		text, args = contactsOfType, append(args, string(t))
	}
	var list []oncall.Contact
	err := q.rows(text, args, func(rows *sql.Rows) error {
		var c oncall.Contact
		err := rows.Scan(listedScan(&c)...)
		list = append(list, c)
		return err
	})
	return list, err
}

// lastRune ends the range of everything that begins with a word.
const lastRune = "\U0010FFFF"

// findContacts walks the words that the term's word begins, in order, among
// those of contacts that have the term's first, and asks of each contact whether
// it has the others. A contact that it meets twice counts at the first.
func findContacts(r oncall.Reachability, by oncall.Term, others []string, after oncall.Position, limit int) (string, []any) {
	if after.Word < by.Word {
		after = oncall.Position{Word: by.Word} // nothing before it begins with it
	}
	var text strings.Builder
	// The contacts themselves are read once it is known which they are, and
	// whether a contact was met before is asked last.
	text.WriteString(`
SELECT ` + listedColumns + `, f.word FROM (
SELECT t.word, t.contact FROM contact_term t
WHERE t.reachability = $1 AND t.first = $2 AND t.word < $4 AND (t.word, t.contact) > ($5, $6)`)
	args := []any{string(r), by.First, by.Word, by.Word + lastRune, after.Word, after.Alias, limit}
	for _, word := range others {
		text.WriteString("\nAND EXISTS (SELECT 1 FROM contact_term o WHERE o.contact = t.contact AND o.first = '' AND o.word >= " +
			parameter(len(args)+1) + " AND o.word < " + parameter(len(args)+2) + ")")
		args = append(args, word, word+lastRune)
	}
	text.WriteString(`
AND NOT EXISTS (SELECT 1 FROM contact_term o WHERE o.contact = t.contact AND o.first = $2 AND o.word >= $3 AND o.word < t.word)
ORDER BY t.word, t.contact LIMIT 0 + $7
) f JOIN contact c ON c.alias = f.contact ORDER BY f.word, f.contact`)
	return text.String(), args
}
