package db

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// Lists omit the plan, which may be large.
const (
	listedColumns  = `c.alias, c.id, c.display_name, c.type, c.reachability, c.version, c.created_at, c.updated_at`
	contactColumns = listedColumns + `, c.plan`
)

const (
	insertContact = `
INSERT INTO contact (alias, id, display_name, type, plan, reachability, version, created_at, updated_at, request)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (alias) DO NOTHING`
	deleteWords    = `DELETE FROM contact_word WHERE contact = $1`
	moveWords      = `UPDATE contact_word SET reachability = $2 WHERE contact = $1`
	selectContact  = `SELECT ` + contactColumns + ` FROM contact c WHERE c.alias = $1`
	updateContact  = `UPDATE contact SET display_name = $3, plan = $4, updated_at = $5, version = version + 1 WHERE alias = $1 AND version = $2`
	reachabilityOf = `SELECT reachability FROM contact WHERE alias = $1`
	moveContact    = `UPDATE contact SET reachability = $2 WHERE alias = $1`
	deleteContact  = `DELETE FROM contact WHERE alias = $1`
	addToCount     = `
INSERT INTO contact_count (reachability, contacts) VALUES ($1, 1)
ON CONFLICT (reachability) DO UPDATE SET contacts = contact_count.contacts + 1`
	takeFromCount = `UPDATE contact_count SET contacts = contacts - 1 WHERE reachability = $1`
	selectCounts  = `SELECT reachability, contacts FROM contact_count`
	listContacts  = `
SELECT ` + listedColumns + `, '' FROM contact c
WHERE c.reachability = $1 AND c.alias > $2
ORDER BY c.alias LIMIT 0 + $3`
	contactsByAlias = `SELECT ` + listedColumns + ` FROM contact c WHERE c.alias >= $1 AND c.alias < $2 ORDER BY c.alias LIMIT 0 + $3`
	contactsOfType  = `SELECT ` + listedColumns + ` FROM contact c WHERE c.type = $4 AND c.alias >= $1 AND c.alias < $2 ORDER BY c.alias LIMIT 0 + $3`
)

// The candidates of a search are the words, after a position, that begin with its leading
// word: first the same word of later contacts, then later words. Both are ranges of the
// index. One comparison of (word, contact) would compare again row by row, which costs three
// times as much.
const (
	sameWord        = `FROM contact_word WHERE reachability = $1 AND word = $3 AND contact > $4`
	laterWords      = `FROM contact_word WHERE reachability = $1 AND word > $3 AND word < $2`
	candidates      = `SELECT word, contact ` + sameWord + ` UNION ALL SELECT word, contact ` + laterWords + ` ORDER BY word, contact`
	countCandidates = `SELECT count(*) FROM (SELECT 1 ` + sameWord + ` UNION ALL SELECT 1 ` + laterWords + ` LIMIT 0 + $5) AS found`
	nthCandidate    = candidates + ` LIMIT 1 OFFSET 0 + $5`
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
	return true, q.insertWords(c, c.Reachability)
}

func (q *queries) insertWords(c oncall.Contact, r oncall.Reachability) error {
	words := c.Words()
	if len(words) == 0 { // an alias may be a hyphen
		return nil
	}
	args := []any{string(r), c.Alias}
	for _, w := range words {
		args = append(args, w)
	}
	_, err := q.exec(insertWords(len(words)), args...)
	return err
}

// insertWords returns the statement that stores n words of a contact. Each is prepared once,
// and there are no more of them than a contact can have words.
func insertWords(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = "($1, " + parameter(i+3) + ", $2)"
	}
	return `INSERT INTO contact_word (reachability, word, contact) VALUES ` + strings.Join(rows, ", ")
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
	if _, err := q.exec(deleteWords, c.Alias); err != nil {
		return false, err
	}
	var r oncall.Reachability // c may hold an older one
	if err := q.row(reachabilityOf, []any{c.Alias}, &r); err != nil {
		return false, err
	}
	return true, q.insertWords(c, r)
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
		{moveWords, []any{alias, string(r)}},
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
	_, err = q.exec(deleteContact, alias) // the channels and words go with it
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

func (q *queries) Contacts(r oncall.Reachability, after string, limit int) ([]contacts.ContactAt, error) {
	return q.contacts(listContacts, string(r), after, limit)
}

func (q *queries) FindContacts(r oncall.Reachability, lead string, others []string, after contacts.Position, limit, candidates int) ([]contacts.ContactAt, error) {
	args := append(candidatesArgs(r, lead, after), candidates, limit, lead)
	for _, word := range others {
		args = append(args, word, word+lastRune)
	}
	return q.contacts(findContacts(len(others)), args...)
}

func (q *queries) CountCandidates(r oncall.Reachability, lead string, after contacts.Position, max int) (n int, err error) {
	err = q.row(countCandidates, append(candidatesArgs(r, lead, after), max), &n)
	return n, err
}

func (q *queries) Candidate(r oncall.Reachability, lead string, after contacts.Position, n int) (p contacts.Position, err error) {
	err = q.row(nthCandidate, append(candidatesArgs(r, lead, after), n-1), &p.Word, &p.Alias)
	return p, err
}

func (q *queries) contacts(text string, args ...any) ([]contacts.ContactAt, error) {
	var list []contacts.ContactAt
	err := q.rows(text, args, func(rows *sql.Rows) error {
		var c contacts.ContactAt
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

// candidatesArgs are the first parameters of a statement about candidates.
func candidatesArgs(r oncall.Reachability, lead string, after contacts.Position) []any {
	if after.Word < lead {
		after = contacts.Position{Word: lead} // nothing before it begins with it
	}
	return []any{string(r), lead + lastRune, after.Word, after.Alias}
}

// findContacts returns the statement that asks of each candidate whether its
// contact has n other words. A contact that it meets twice counts at the first.
func findContacts(n int) string {
	var text strings.Builder
	// The contacts themselves are read once it is known which they are, and
	// whether a contact was met before is asked last: the limit of f, which none
	// reaches, keeps SQLite from asking it of every candidate.
	text.WriteString(`
SELECT ` + listedColumns + `, f.word FROM (
SELECT w.word, w.contact FROM (
` + candidates + ` LIMIT 0 + $5
) w`)
	for i := range n {
		text.WriteString([]string{"\nWHERE ", "\nAND "}[min(i, 1)] + "EXISTS (SELECT 1 FROM contact_word o WHERE o.contact = w.contact AND o.word >= " +
			parameter(2*i+8) + " AND o.word < " + parameter(2*i+9) + ")")
	}
	text.WriteString(`
ORDER BY w.word, w.contact LIMIT 0 + $5
) f JOIN contact c ON c.alias = f.contact
WHERE NOT EXISTS (SELECT 1 FROM contact_word o WHERE o.contact = f.contact AND o.word >= $7 AND o.word < f.word)
ORDER BY f.word, f.contact LIMIT 0 + $6`)
	return text.String()
}
