package db

import (
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"strings"

	"callbook/internal/audit"
	"callbook/internal/oncall"
	"callbook/internal/seal"
)

const auditColumns = `seq, at, door, principal, actor, operation, outcome, resource, contact, changes, request, client, key, mac`

const (
	auditEnd    = `SELECT seq, mac FROM audit WHERE seq = (SELECT max(seq) FROM audit)`
	insertEntry = `
INSERT INTO audit (` + auditColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`
	addedSince = `
SELECT count(*) FILTER (WHERE operation = $6), count(*) FILTER (WHERE operation = $7) FROM audit
WHERE actor = $1 AND seq > $2 AND door = $3 AND principal = $4 AND request = $5 AND outcome = $8`
	entriesFrom = `SELECT ` + auditColumns + ` FROM audit WHERE seq >= $1 ORDER BY seq LIMIT 0 + $2`
)

func (q *queries) AuditEnd() (audit.Anchor, error) {
	var end audit.Anchor
	err := q.row(auditEnd, nil, &end.Seq, &end.MAC)
	if errors.Is(err, oncall.ErrMissing) {
		err = nil
	}
	return end, err
}

func (q *queries) Record(e oncall.Entry) error {
	key, err := q.conn.ring.Primary(seal.Audit)
	if err != nil {
		return q.locked(err)
	}
	if q.conn.auditEnd == nil { // read once for all updates that share the transaction
		end, err := q.AuditEnd()
		if err != nil {
			return err
		}
		q.conn.auditEnd = &end
	}
	end := *q.conn.auditEnd
	e.Seq, e.Key = end.Seq+1, key
	// The MAC covers JSON, in which all invalid UTF-8 looks alike. PostgreSQL stores neither
	// invalid UTF-8 nor a NUL.
	for _, text := range texts(&e) {
		*text = strings.ReplaceAll(strings.ToValidUTF8(*text, "\uFFFD"), "\x00", "\uFFFD")
	}
	changes, err := json.Marshal(e.Changes)
	if err != nil {
		return err
	}
	if e.MAC, err = q.entryMAC(e, changes, end.MAC); err != nil {
		return err
	}
	_, err = q.exec(insertEntry, e.Seq, micros(e.At), string(e.Door), e.Principal, e.Actor, string(e.Operation), string(e.Outcome),
		string(e.Resource), e.Contact, string(changes), e.Request, e.Client, e.Key, e.MAC)
	if err == nil {
		q.conn.auditEnd = &audit.Anchor{Seq: e.Seq, MAC: e.MAC}
	}
	return err
}

func (q *queries) EntryMAC(e oncall.Entry, before []byte) ([]byte, error) {
	changes, err := json.Marshal(e.Changes)
	if err != nil {
		return nil, err
	}
	mac, err := q.entryMAC(e, changes, before)
	if errors.Is(err, seal.ErrUnknownKey) {
		return nil, nil
	}
	return mac, err
}

// entryMAC covers every column of the entry. Each text follows its length, so two different
// entries never have the same bytes.
func (q *queries) entryMAC(e oncall.Entry, changes, before []byte) ([]byte, error) {
	covered := make([]byte, 0, 512)
	for _, n := range []uint64{uint64(e.Seq), uint64(micros(e.At)), uint64(e.Key)} {
		covered = binary.BigEndian.AppendUint64(covered, n)
	}
	for _, text := range []string{string(e.Door), e.Principal, e.Actor, string(e.Operation), string(e.Outcome),
		string(e.Resource), e.Contact, string(changes), e.Request, e.Client, string(before)} {
		covered = binary.BigEndian.AppendUint64(covered, uint64(len(text)))
		covered = append(covered, text...)
	}
	sum, err := q.conn.ring.SumWith(seal.Audit, e.Key, "entry", covered)
	return sum.MAC[:], q.locked(err)
}

func (q *queries) EntriesFrom(seq int64, limit int) ([]oncall.Entry, error) {
	return q.entries(entriesFrom, seq, limit)
}

func (q *queries) AddedSince(e oncall.Entry) (contacts, channels int, err error) {
	err = q.row(addedSince, []any{e.Actor, e.Seq, string(e.Door), e.Principal, e.Request,
		string(oncall.CreateContact), string(oncall.CreateContactChannel), string(oncall.Done)}, &contacts, &channels)
	return contacts, channels, err
}

func (q *queries) Entries(in oncall.AuditQuery) ([]oncall.Entry, error) {
	if in.Before == 0 {
		in.Before = math.MaxInt64
	}
	text, args := findEntries(in)
	return q.entries(text, args...)
}

// findEntries walks the index of the most selective filter: first contact, then actor, then
// operation.
func findEntries(in oncall.AuditQuery) (string, []any) {
	where, args := []string{"seq < $1"}, []any{in.Before, in.Limit}
	for _, f := range []struct{ column, value string }{{"contact", in.Contact}, {"actor", in.Actor}, {"operation", string(in.Operation)}} {
		if f.value == "" {
			continue
		}
		args = append(args, f.value)
		if len(where) == 1 {
			where = append(where, f.column+" = "+parameter(len(args)))
			continue
		}
		where = append(where, f.column+" || '' = "+parameter(len(args))) // the first filter's index is walked
	}
	return `SELECT ` + auditColumns + ` FROM audit WHERE ` + strings.Join(where, " AND ") + ` ORDER BY seq DESC LIMIT 0 + $2`, args
}

func (q *queries) entries(text string, args ...any) ([]oncall.Entry, error) {
	var list []oncall.Entry
	err := q.rows(text, args, func(rows *sql.Rows) error {
		var e oncall.Entry
		var changes string
		var key int64
		err := rows.Scan(&e.Seq, timeScan{&e.At}, &e.Door, &e.Principal, &e.Actor, &e.Operation, &e.Outcome, &e.Resource,
			&e.Contact, &changes, &e.Request, &e.Client, &key, &e.MAC)
		e.Key = uint32(key)
		e.Damaged = int64(e.Key) != key || !readChanges(&e, changes)
		list = append(list, e)
		return err
	})
	return list, err
}

// readChanges reads the changes of an entry. It reports false for a text that Record would
// have written differently, because the MAC covers only the meaning of the text.
func readChanges(e *oncall.Entry, text string) bool {
	if json.Unmarshal([]byte(text), &e.Changes) != nil {
		e.Changes = nil
	}
	again, err := json.Marshal(e.Changes)
	return err == nil && string(again) == text
}

// texts are the columns of an entry that hold text from outside.
func texts(e *oncall.Entry) []*string {
	return []*string{(*string)(&e.Door), &e.Principal, &e.Actor, (*string)(&e.Operation), (*string)(&e.Outcome),
		(*string)(&e.Resource), &e.Contact, &e.Request, &e.Client}
}
