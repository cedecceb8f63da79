package db

import (
	"crypto/hmac"
	"database/sql"
	"errors"
	"time"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/internal/seal"
)

const (
	setCode = `
UPDATE channel SET deferred_at = $3, code = $4, code_key = $5, code_link = $6, code_at = $7, code_ends_at = $8, code_tries = 0, code_sends = $9, message = $10, code_by = $11
WHERE contact = $1 AND id = $2`
	updateCode    = `UPDATE channel SET code_tries = $3, code_sends = $4 WHERE contact = $1 AND id = $2`
	endCode       = `UPDATE channel SET code_tries = $3, code_sends = $4, code = NULL, code_key = NULL, code_link = NULL WHERE contact = $1 AND id = $2`
	countCodeTry  = `UPDATE channel SET code_tries = code_tries + 1 WHERE contact = $1 AND id = $2 RETURNING code_tries`
	selectCode    = `SELECT code, code_key FROM channel WHERE contact = $1 AND id = $2 AND code IS NOT NULL`
	channelByLink = `SELECT ` + channelColumns + ` FROM ` + channels + ` WHERE c.code_link = $1`
	endedCodes    = `SELECT ` + channelColumns + ` FROM ` + channels + ` WHERE c.code IS NOT NULL AND c.code_ends_at <= $1
ORDER BY c.code_ends_at, c.contact, c.id LIMIT 0 + $2`
	nextCodeEnd      = `SELECT code_ends_at FROM channel WHERE code IS NOT NULL ORDER BY code_ends_at LIMIT 1`
	inactiveChannels = `SELECT ` + channelColumns + ` FROM ` + channels + ` WHERE c.activated_at IS NULL AND (c.created_at, c.contact, c.id) > ($1, $2, $3)
ORDER BY c.created_at, c.contact, c.id LIMIT 0 + $4`
	objectedChannels = `SELECT ` + channelColumns + ` FROM ` + channels + ` WHERE (c.stopped_at IS NOT NULL OR c.refused_at IS NOT NULL) AND (c.created_at, c.contact, c.id) > ($1, $2, $3)
ORDER BY c.created_at, c.contact, c.id LIMIT 0 + $4`
	countObjected = `SELECT count(*) FROM (SELECT 1 FROM channel WHERE stopped_at IS NOT NULL OR refused_at IS NOT NULL LIMIT 0 + $1) AS found`
	countInactive = `SELECT count(*) FROM (SELECT 1 FROM channel WHERE activated_at IS NULL LIMIT 0 + $1) AS found`
)

// codeSum returns the keyed hash of a code. It differs for every channel and address.
func codeSum(ring *seal.Ring, key uint32, c oncall.Channel, canonical, digits string) (sum seal.Sum, err error) {
	bound := []byte(c.Alias + "/" + c.ID + "\x00" + canonical + "\x00" + digits)
	if key == 0 {
		return ring.Sum(seal.Codes, "code", bound)
	}
	return ring.SumWith(seal.Codes, key, "code", bound)
}

// codeRow returns the columns of a code. They are NULL when no code is valid.
func (q *queries) codeRow(c oncall.Channel, canonical string) (code, key, link any, err error) {
	if c.Code.Digits == "" {
		return nil, nil, nil, nil
	}
	sum, err := codeSum(q.conn.ring, 0, c, canonical, c.Code.Digits)
	return sum.MAC[:], sum.KeyID, []byte(c.Code.Link), q.locked(err)
}

func (q *queries) SetCode(c oncall.Channel) error {
	canonical := c.Address.Canonical
	if canonical == "" && c.Code.Digits != "" {
		address, err := q.Address(c.Alias, c.ID)
		if err != nil {
			return err
		}
		canonical = address.Canonical
	}
	code, key, link, err := q.codeRow(c, canonical)
	if err != nil {
		return err
	}
	_, err = q.exec(setCode, c.Alias, c.ID, microsOrNull(c.DeferredAt), code, key, link, microsOrNull(c.Code.AskedAt),
		microsOrNull(c.Code.EndsAt), c.Code.Sends, textOrNull(c.Code.Message), textOrNull(c.Code.AskedBy))
	return err
}

func (q *queries) UpdateCode(c oncall.Channel) error {
	text := updateCode
	if !c.Code.Unused {
		text = endCode
	}
	_, err := q.exec(text, c.Alias, c.ID, c.Code.Tries, c.Code.Sends)
	return err
}

func (q *queries) CountCodeTry(alias, id string) (tries int, err error) {
	err = q.change(countCodeTry, []any{alias, id}, &tries)
	return tries, err
}

func (q *queries) CodeIs(c oncall.Channel, digits string) (bool, error) {
	var code []byte
	var key uint32
	if err := q.row(selectCode, []any{c.Alias, c.ID}, &code, &key); err != nil {
		if errors.Is(err, oncall.ErrMissing) {
			return false, nil
		}
		return false, err
	}
	address, err := q.Address(c.Alias, c.ID)
	if err != nil {
		return false, err
	}
	sum, err := codeSum(q.conn.ring, key, c, address.Canonical, digits)
	return hmac.Equal(sum.MAC[:], code), q.locked(err)
}

func (q *queries) ChannelByLink(key []byte) (oncall.Channel, error) {
	var c oncall.Channel
	err := q.row(channelByLink, []any{key}, channelScan(&c)...)
	return c, err
}

func (q *queries) EndedCodes(at time.Time, limit int) ([]oncall.Channel, error) {
	return q.channels(endedCodes, micros(at), limit)
}

// timeOrZero reads the time that a statement returns, or the zero time for no row.
func (q *queries) timeOrZero(text string, args ...any) (at time.Time, err error) {
	err = q.row(text, args, timeScan{&at})
	if errors.Is(err, oncall.ErrMissing) {
		err = nil
	}
	return at, err
}

func (q *queries) NextCodeEnd() (time.Time, error) { return q.timeOrZero(nextCodeEnd) }

func (q *queries) InactiveChannels(after contacts.ChannelPlace, limit int) ([]oncall.Channel, error) {
	return q.channelsAfter(inactiveChannels, after, limit)
}

func (q *queries) ObjectedChannels(after contacts.ChannelPlace, limit int) ([]oncall.Channel, error) {
	return q.channelsAfter(objectedChannels, after, limit)
}

func (q *queries) channelsAfter(text string, after contacts.ChannelPlace, limit int) ([]oncall.Channel, error) {
	var from int64
	if !after.CreatedAt.IsZero() {
		from = micros(after.CreatedAt)
	}
	return q.channels(text, from, after.Alias, after.ID, limit)
}

func (q *queries) CountObjectedChannels(limit int) (n int, err error) {
	err = q.row(countObjected, []any{limit}, &n)
	return n, err
}

func (q *queries) CountInactiveChannels(limit int) (n int, err error) {
	err = q.row(countInactive, []any{limit}, &n)
	return n, err
}

// codeScan receives the channelColumns of a code.
type codeScan struct{ c *oncall.Code }

func (s codeScan) into() []any {
	return []any{timeScan{&s.c.AskedAt}, nullText{&s.c.AskedBy}, timeScan{&s.c.EndsAt}, &s.c.Unused, &s.c.Tries, &s.c.Sends,
		nullText{&s.c.Message}, nullText{(*string)(&s.c.MessageState)}, nullText{(*string)(&s.c.Reason)}, nullText{&s.c.FailureReason}}
}

// nullText reads a text. NULL becomes the empty text.
type nullText struct{ text *string }

// Scan implements sql.Scanner.
func (s nullText) Scan(value any) error {
	var text sql.NullString
	err := text.Scan(value)
	*s.text = text.String
	return err
}
