package db

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
	"callbook/internal/seal"
)

// messageColumns are set when a message is created.
const messageColumns = `id, queue, kind, type, contact, channel, owner, state, attempts, due_at, set_at, ends_at, provider, reference, reason, failure, created_at, forget_at`

const (
	insertMessage = `
INSERT INTO message (` + messageColumns + `, address, prefix, nth, content)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
CASE WHEN $22 = 1 THEN coalesce((SELECT nth FROM message WHERE nth IS NOT NULL ORDER BY nth DESC LIMIT 1), 0) + 1 END, $21)`
	selectMessage = `SELECT ` + messageColumns + `, reported_at FROM message WHERE id = $1`
	claimMessages = `
UPDATE message SET attempts = attempts + 1, due_at = $4, set_at = $3
WHERE id IN (SELECT id FROM message WHERE queue = $1 AND type = $2 AND due_at <= $3 ORDER BY due_at, id LIMIT 0 + $5) AND due_at <= $3
RETURNING ` + messageColumns + `, reported_at, content`
	nextDue     = `SELECT due_at FROM message WHERE queue = $1 AND type = $2 AND due_at IS NOT NULL ORDER BY due_at LIMIT 1`
	pullForward = `
UPDATE message SET due_at = due_at - CASE WHEN CAST($2 AS BIGINT) = 0 THEN set_at - $3 ELSE $2 END, set_at = set_at - CASE WHEN CAST($2 AS BIGINT) = 0 THEN set_at - $3 ELSE $2 END
WHERE due_at IS NOT NULL AND set_at >= $1`
	updateMessage = `UPDATE message SET state = $2, due_at = $3, provider = $4, reference = $5, reason = $6, failure = $7, reported_at = $8, set_at = $9 WHERE id = $1`
	emptyMessage  = `UPDATE message SET state = $2, due_at = $3, provider = $4, reference = $5, reason = $6, failure = $7, reported_at = $8, content = NULL WHERE id = $1`
	uncount       = `UPDATE message SET address = NULL, prefix = NULL, nth = NULL WHERE id = $1`
	messagesOf    = `SELECT ` + messageColumns + `, reported_at FROM message WHERE contact = $1 AND channel = $2 ORDER BY id DESC LIMIT 0 + $3`
	messagesFor   = `SELECT ` + messageColumns + `, reported_at FROM message WHERE owner = $1 AND owner <> '' ORDER BY id DESC LIMIT 0 + $2`
	// A waiting message is dropped, because its channel is gone.
	forgetMessages = `
UPDATE message SET state = CASE WHEN state = 'waiting' THEN 'dropped' ELSE state END, due_at = NULL, content = NULL, forget_at = $3
WHERE contact = $1 AND channel = $2`
	sentTo = `
SELECT count(*), min(created_at) FROM
(SELECT created_at FROM message WHERE address = $1 AND created_at > $2 AND created_at <= $3 ORDER BY created_at DESC LIMIT 0 + $4) AS found`
	sentToPrefix = `
SELECT count(*), min(created_at) FROM
(SELECT created_at FROM message WHERE prefix = $1 AND created_at > $2 AND created_at <= $3 ORDER BY created_at DESC LIMIT 0 + $4) AS found`
	testsSent = `
SELECT count(*), min(created_at) FROM
(SELECT created_at FROM message WHERE kind = 'test' AND address IS NOT NULL AND created_at > $1 AND created_at <= $2 ORDER BY created_at DESC LIMIT 0 + $3) AS found`
	sentSince = `
SELECT (SELECT nth FROM message WHERE nth IS NOT NULL ORDER BY nth DESC LIMIT 1),
(SELECT nth FROM message WHERE nth IS NOT NULL AND created_at > $1 AND created_at <= $2 ORDER BY created_at, nth LIMIT 1),
(SELECT created_at FROM message WHERE nth IS NOT NULL AND created_at > $1 AND created_at <= $2 ORDER BY created_at, nth LIMIT 1),
(SELECT nth FROM message WHERE nth IS NOT NULL AND created_at > $3 AND created_at <= $4 ORDER BY created_at, nth LIMIT 1),
(SELECT created_at FROM message WHERE nth IS NOT NULL AND created_at > $3 AND created_at <= $4 ORDER BY created_at, nth LIMIT 1)`

	insertReceipt = `
INSERT INTO receipt (message, nth, kind, at, provider, reference, detail)
VALUES ($1, (SELECT count(*) FROM receipt WHERE message = $1) + 1, $2, $3, $4, $5, $6)`
	selectReceipts = `SELECT message, kind, at, provider, reference, detail FROM receipt WHERE message = $1 ORDER BY nth`

	stopNumber       = `INSERT INTO stopped (address, at) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	startNumber      = `DELETE FROM stopped WHERE address = $1`
	selectStopped    = `SELECT at FROM stopped WHERE address = $1`
	insertAnswer     = `INSERT INTO answer (address, at, id) VALUES ($1, $2, $3)`
	answersTo        = `SELECT count(*) FROM (SELECT 1 FROM answer WHERE address = $1 AND at > $2 AND at <= $3 LIMIT 0 + $4) AS found`
	rememberCallback = `INSERT INTO callback (report, ends_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`

	setResend = `
INSERT INTO resend (id, door, principal, actor, role, started_at, finished_at, total, seen, sent, refused, created_at, contact, channel)
VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO UPDATE SET door = excluded.door, principal = excluded.principal, actor = excluded.actor, role = excluded.role,
started_at = excluded.started_at, finished_at = excluded.finished_at, total = excluded.total, seen = excluded.seen, sent = excluded.sent, refused = excluded.refused,
created_at = excluded.created_at, contact = excluded.contact, channel = excluded.channel`
	selectResend = `
SELECT door, principal, actor, role, started_at, finished_at, total, seen, sent, refused, created_at, contact, channel FROM resend WHERE id = 1`
)

// messageScan receives the messageColumns and those after them.
func messageScan(m *oncall.Message) []any {
	return []any{&m.ID, &m.Queue, &m.Kind, &m.Type, &m.Alias, &m.Channel, &m.User, &m.State, &m.Attempts, timeScan{&m.DueAt}, timeScan{&m.SetAt}, timeScan{&m.EndsAt},
		&m.Provider, &m.Reference, &m.Reason, &m.FailureReason, timeScan{&m.CreatedAt}, timeScan{&m.ForgetAt}, timeScan{&m.ReportedAt}}
}

// countedBy returns the keyed hashes by which limits count a message: of its address and of
// its prefix. Their keys never change, because a change would reset the limits.
func (q *queries) countedBy(m oncall.Message, canonical string) (address, prefix any, err error) {
	if canonical == "" {
		return nil, nil, nil
	}
	if address, err = q.sentSum(string(m.Kind), canonical); err != nil || !m.Limited() || m.Type == oncall.Email {
		return address, nil, err
	}
	prefix, err = q.sentSum("prefix", prefixOf(canonical))
	return address, prefix, err
}

// prefixOf returns a number without its last four digits.
func prefixOf(canonical string) string { return canonical[:max(0, len(canonical)-4)] }

func (q *queries) sentSum(label, text string) ([]byte, error) {
	sum, err := q.conn.ring.Sum(seal.Codes, label, []byte(text))
	return sum.MAC[:], q.locked(err)
}

func (q *queries) InsertMessage(m oncall.Message, canonical string) error {
	address, prefix, err := q.countedBy(m, canonical)
	if err != nil {
		return err
	}
	var content any
	if m.State == oncall.MessageWaiting {
		plain, err := json.Marshal(m.Content)
		if err != nil {
			return err
		}
		if content, err = q.seal(padded(plain), "message", "content", m.ID); err != nil {
			return err
		}
	}
	counted := 0 // PostgreSQL cannot infer the type of a parameter that is only compared with NULL
	if address != nil && m.Limited() {
		counted = 1
	}
	_, err = q.exec(insertMessage, m.ID, string(m.Queue), string(m.Kind), string(m.Type), m.Alias, m.Channel, m.User, string(m.State), m.Attempts,
		microsOrNull(m.DueAt), micros(m.SetAt), micros(m.EndsAt), m.Provider, m.Reference, string(m.Reason), m.FailureReason, micros(m.CreatedAt), microsOrNull(m.ForgetAt), address, prefix, content, counted)
	return err
}

func (q *queries) Message(id string) (oncall.Message, error) {
	var m oncall.Message
	err := q.row(selectMessage, []any{id}, messageScan(&m)...)
	return m, err
}

func (q *queries) ClaimMessages(c oncall.Queue, t oncall.ChannelType, now, until time.Time, limit int) ([]oncall.Message, error) {
	type claimed struct {
		m       oncall.Message
		content []byte
	}
	var all []claimed
	err := q.rows(claimMessages, []any{string(c), string(t), micros(now), micros(until), limit}, func(rows *sql.Rows) error {
		var one claimed
		err := rows.Scan(append(messageScan(&one.m), &one.content)...)
		all = append(all, one)
		return err
	})
	list := make([]oncall.Message, 0, len(all))
	for _, one := range all {
		content, openErr := q.content(one.m.ID, one.content)
		if openErr != nil && !errors.Is(openErr, seal.ErrUnknownKey) { // an unknown key may come back, and other messages do not wait for it
			err = errors.Join(err, openErr)
		}
		one.m.Content = content
		one.m.Locked = openErr != nil
		list = append(list, one.m)
	}
	// RETURNING has no order. Ids are in the order of creation.
	slices.SortFunc(list, func(a, b oncall.Message) int { return strings.Compare(a.ID, b.ID) })
	return list, err
}

// content opens the content of a message. It returns none if the content is deleted or was
// altered, because no key will bring it back.
func (q *queries) content(id string, sealed []byte) (c oncall.Content, err error) {
	plain, err := q.open(sealed, "message", "content", id)
	switch {
	case errors.Is(err, seal.ErrAltered), errors.Is(err, seal.ErrNotSealed):
		return c, nil
	case err != nil:
		return c, err
	}
	return c, json.Unmarshal(plain, &c)
}

func (q *queries) NextDue(c oncall.Queue, t oncall.ChannelType) (time.Time, error) {
	return q.timeOrZero(nextDue, string(c), string(t))
}

func (q *queries) PullForward(b oncall.SetBack) (int, error) {
	n, err := q.exec(pullForward, micros(b.From()), b.By.Microseconds(), micros(b.Now))
	return int(n), err
}

func (q *queries) UpdateMessage(m oncall.Message) error {
	text, args := emptyMessage, []any{m.ID, string(m.State), microsOrNull(m.DueAt), m.Provider, m.Reference, string(m.Reason), m.FailureReason, microsOrNull(m.ReportedAt)}
	if m.State == oncall.MessageWaiting {
		text, args = updateMessage, append(args, micros(m.SetAt))
	}
	_, err := q.exec(text, args...)
	return err
}

func (q *queries) ExcludeFromLimits(id string) error {
	_, err := q.exec(uncount, id)
	return err
}

func (q *queries) MessagesOf(alias, channel string, limit int) ([]oncall.Message, error) {
	return q.messages(messagesOf, alias, channel, limit)
}

func (q *queries) MessagesFor(user string, limit int) ([]oncall.Message, error) {
	return q.messages(messagesFor, user, limit)
}

func (q *queries) messages(text string, args ...any) ([]oncall.Message, error) {
	var list []oncall.Message
	err := q.rows(text, args, func(rows *sql.Rows) error {
		var m oncall.Message
		err := rows.Scan(messageScan(&m)...)
		list = append(list, m)
		return err
	})
	return list, err
}

func (q *queries) ForgetMessages(alias, channel string, at time.Time) error {
	_, err := q.exec(forgetMessages, alias, channel, micros(at))
	return err
}

func (q *queries) SentTo(k oncall.MessageKind, canonical string, in oncall.Window, limit int) (outbox.Sent, error) {
	sum, err := q.sentSum(string(k), canonical)
	if err != nil {
		return outbox.Sent{}, err
	}
	return q.sent(sentTo, sum, micros(in.After), micros(in.Until), limit)
}

func (q *queries) SentToPrefix(canonical string, in oncall.Window, limit int) (outbox.Sent, error) {
	sum, err := q.sentSum("prefix", prefixOf(canonical))
	if err != nil {
		return outbox.Sent{}, err
	}
	return q.sent(sentToPrefix, sum, micros(in.After), micros(in.Until), limit)
}

func (q *queries) sent(text string, args ...any) (s outbox.Sent, err error) {
	err = q.row(text, args, &s.Count, timeScan{&s.Oldest})
	return s, err
}

func (q *queries) TestsSent(in oncall.Window, limit int) (outbox.Sent, error) {
	return q.sent(testsSent, micros(in.After), micros(in.Until), limit)
}

func (q *queries) SentSince(hour, day oncall.Window) (inHour, inDay outbox.Sent, err error) {
	var last, firstInHour, firstInDay sql.NullInt64
	err = q.row(sentSince, []any{micros(hour.After), micros(hour.Until), micros(day.After), micros(day.Until)},
		&last, &firstInHour, timeScan{&inHour.Oldest}, &firstInDay, timeScan{&inDay.Oldest})
	if firstInHour.Valid {
		inHour.Count = int(last.Int64 - firstInHour.Int64 + 1)
	}
	if firstInDay.Valid {
		inDay.Count = int(last.Int64 - firstInDay.Int64 + 1)
	}
	return inHour, inDay, err
}

func (q *queries) InsertReceipt(r oncall.Receipt) error {
	_, err := q.exec(insertReceipt, r.Message, string(r.Kind), micros(r.At), r.Provider, r.Reference, r.Detail)
	return err
}

func (q *queries) Receipts(message string) ([]oncall.Receipt, error) {
	var list []oncall.Receipt
	err := q.rows(selectReceipts, []any{message}, func(rows *sql.Rows) error {
		var r oncall.Receipt
		err := rows.Scan(&r.Message, &r.Kind, timeScan{&r.At}, &r.Provider, &r.Reference, &r.Detail)
		list = append(list, r)
		return err
	})
	return list, err
}

func (q *queries) Stop(canonical string, stop bool, at time.Time) (bool, error) {
	sum, err := q.sentSum("stopped", canonical)
	if err != nil {
		return false, err
	}
	text, args := startNumber, []any{sum}
	if stop {
		text, args = stopNumber, append(args, micros(at))
	}
	n, err := q.exec(text, args...)
	return n > 0, err
}

func (q *queries) Stopped(canonical string) (time.Time, error) {
	sum, err := q.sentSum("stopped", canonical)
	if err != nil {
		return time.Time{}, err
	}
	return q.timeOrZero(selectStopped, sum)
}

func (q *queries) InsertAnswer(id, canonical string, at time.Time) error {
	sum, err := q.sentSum("answer", canonical)
	if err == nil {
		_, err = q.exec(insertAnswer, sum, micros(at), id)
	}
	return err
}

func (q *queries) AnswersTo(canonical string, in oncall.Window, limit int) (n int, err error) {
	sum, err := q.sentSum("answer", canonical)
	if err == nil {
		err = q.row(answersTo, []any{sum, micros(in.After), micros(in.Until), limit}, &n)
	}
	return n, err
}

func (q *queries) RememberCallback(report []byte, ends time.Time) (bool, error) {
	n, err := q.exec(rememberCallback, report, micros(ends))
	return n > 0, err
}

func (q *queries) SetResend(r contacts.Resend) error {
	_, err := q.exec(setResend, string(r.By.Door), r.By.Principal, r.By.Name, string(r.By.Role), micros(r.StartedAt), microsOrNull(r.FinishedAt),
		r.Total, r.Seen, r.Sent, r.Refused, microsOrNull(r.At.CreatedAt), r.At.Alias, r.At.ID)
	return err
}

func (q *queries) Resend() (contacts.Resend, error) {
	var r contacts.Resend
	err := q.row(selectResend, nil, &r.By.Door, &r.By.Principal, &r.By.Name, &r.By.Role, timeScan{&r.StartedAt}, timeScan{&r.FinishedAt},
		&r.Total, &r.Seen, &r.Sent, &r.Refused, timeScan{&r.At.CreatedAt}, &r.At.Alias, &r.At.ID)
	return r, err
}
