package db

import (
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"callbook/internal/oncall"
)

const channelColumns = `contact, id, name, type, address, canonical, deferred_at, activated_at, deactivated_at, readdressed_at, version, created_at, updated_at`

const (
	channelHost   = `SELECT type, (SELECT count(*) FROM channel WHERE contact = alias) FROM contact WHERE alias = $1`
	insertChannel = `
INSERT INTO channel (` + channelColumns + `, request)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (canonical, contact, type) DO NOTHING`
	channelWith    = `SELECT id FROM channel WHERE canonical = $1 AND contact = $2 AND type = $3`
	selectChannel  = `SELECT ` + channelColumns + ` FROM channel WHERE contact = $1 AND id = $2`
	selectChannels = `SELECT ` + channelColumns + ` FROM channel WHERE contact = $1 ORDER BY created_at, id`
	channelsAt     = `SELECT ` + channelColumns + ` FROM channel WHERE canonical = $1 AND contact <> $2 ORDER BY contact, type LIMIT $3`
	updateChannel  = `
UPDATE channel SET name = $4, address = $5, canonical = $6, deferred_at = $7, activated_at = $8,
deactivated_at = $9, readdressed_at = $10, updated_at = $11, version = version + 1
WHERE contact = $1 AND id = $2 AND version = $3`
	deleteChannel = `DELETE FROM channel WHERE contact = $1 AND id = $2`
)

// parameter names the nth parameter of a statement, counted from 1.
func parameter(n int) string { return "$" + strconv.Itoa(n) }

// contactsAtOnce is how many contacts' channels one statement reads.
const contactsAtOnce = 50

// channelsOf has a fixed number of parameters, so that it is prepared once.
var channelsOf = func() string {
	names := make([]string, contactsAtOnce)
	for i := range names {
		names[i] = parameter(i + 1)
	}
	return `SELECT ` + channelColumns + ` FROM channel WHERE contact IN (` + strings.Join(names, ", ") + `) ORDER BY contact, created_at, id`
}()

func (q *queries) ChannelHost(alias string) (oncall.ContactType, int, error) {
	var t oncall.ContactType
	var channels int
	err := q.row(channelHost, []any{alias}, &t, &channels)
	return t, channels, err
}

func (q *queries) InsertChannel(c oncall.Channel, r oncall.Request) (existing string, err error) {
	n, err := q.exec(insertChannel, c.Alias, c.ID, c.Name, string(c.Type), c.Address.Given, c.Address.Canonical,
		microsOrNull(c.DeferredAt), microsOrNull(c.ActivatedAt), microsOrNull(c.DeactivatedAt), microsOrNull(c.ReaddressedAt),
		c.Version, micros(c.CreatedAt), micros(c.UpdatedAt), q.key(r))
	if err != nil || n > 0 {
		return "", err
	}
	err = q.row(channelWith, []any{c.Address.Canonical, c.Alias, string(c.Type)}, &existing)
	return existing, err
}

func (q *queries) Channel(alias, id string) (oncall.Channel, error) {
	var c oncall.Channel
	err := q.row(selectChannel, []any{alias, id}, channelScan(&c)...)
	return c, err
}

// channelScan receives the channelColumns.
func channelScan(c *oncall.Channel) []any {
	return []any{&c.Alias, &c.ID, &c.Name, &c.Type, &c.Address.Given, &c.Address.Canonical,
		timeScan{&c.DeferredAt}, timeScan{&c.ActivatedAt}, timeScan{&c.DeactivatedAt}, timeScan{&c.ReaddressedAt},
		&c.Version, timeScan{&c.CreatedAt}, timeScan{&c.UpdatedAt}}
}

func (q *queries) channels(text string, args ...any) ([]oncall.Channel, error) {
	var list []oncall.Channel
	err := q.rows(text, args, func(rows *sql.Rows) error {
		var c oncall.Channel
		err := rows.Scan(channelScan(&c)...)
		list = append(list, c)
		return err
	})
	return list, err
}

func (q *queries) Channels(alias string) ([]oncall.Channel, error) {
	return q.channels(selectChannels, alias)
}

func (q *queries) ChannelsAt(canonical, otherThan string, limit int) ([]oncall.Channel, error) {
	return q.channels(channelsAt, canonical, otherThan, limit)
}

func (q *queries) ChannelsOf(aliases []string) (map[string][]oncall.Channel, error) {
	of := make(map[string][]oncall.Channel, len(aliases))
	for some := range slices.Chunk(aliases, contactsAtOnce) {
		args := make([]any, contactsAtOnce)
		for i := range args {
			args[i] = some[min(i, len(some)-1)] // the last one fills up the rest
		}
		list, err := q.channels(channelsOf, args...)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			of[c.Alias] = append(of[c.Alias], c)
		}
	}
	return of, nil
}

func (q *queries) UpdateChannel(c oncall.Channel) (ok bool, existing string, err error) {
	err = q.row(channelWith, []any{c.Address.Canonical, c.Alias, string(c.Type)}, &existing)
	switch {
	case err != nil && !errors.Is(err, oncall.ErrMissing):
		return false, "", err
	case err == nil && existing != c.ID:
		return false, existing, nil
	}
	n, err := q.exec(updateChannel, c.Alias, c.ID, c.Version, c.Name, c.Address.Given, c.Address.Canonical,
		microsOrNull(c.DeferredAt), microsOrNull(c.ActivatedAt), microsOrNull(c.DeactivatedAt), microsOrNull(c.ReaddressedAt),
		micros(c.UpdatedAt))
	return n > 0, "", err
}

func (q *queries) DeleteChannel(alias, id string, at time.Time) (bool, error) {
	if err := q.release(at, releaseChannel, alias, id); err != nil {
		return false, err
	}
	n, err := q.exec(deleteChannel, alias, id)
	return n > 0, err
}
