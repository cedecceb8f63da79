package db

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// A channel is read together with the state of the message that carries its code.
const (
	channels       = `channel c LEFT JOIN message m ON m.id = c.message`
	channelColumns = `c.contact, c.id, c.name, c.type, c.mask, c.deferred_at, c.activated_at, c.deactivated_at, c.readdressed_at, c.version, c.created_at, c.updated_at, c.stopped_at, c.refused_at,
c.code_at, c.code_by, c.code_ends_at, c.code IS NOT NULL, c.code_tries, c.code_sends, c.message, m.state, m.reason, m.failure`
)

const (
	channelHost = `
SELECT alias, display_name, type, reachability, (SELECT count(*) FROM channel WHERE contact = alias)
FROM contact WHERE alias = $1`
	insertChannel = `
INSERT INTO channel (contact, id, name, type, mask, deferred_at, activated_at, deactivated_at, readdressed_at, version, created_at, updated_at,
request, address, address_hash, code, code_key, code_link, code_at, code_by, code_ends_at, code_sends, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
ON CONFLICT DO NOTHING`
	selectChannel  = `SELECT ` + channelColumns + ` FROM ` + channels + ` WHERE c.contact = $1 AND c.id = $2`
	selectAddress  = `SELECT address FROM channel WHERE contact = $1 AND id = $2`
	selectChannels = `SELECT ` + channelColumns + ` FROM ` + channels + ` WHERE c.contact = $1 ORDER BY c.created_at, c.id`
	updateChannel  = `
UPDATE channel SET name = $4, deferred_at = $5, activated_at = $6, deactivated_at = $7, readdressed_at = $8,
updated_at = $9, stopped_at = $10, refused_at = $11, version = version + 1
WHERE contact = $1 AND id = $2 AND version = $3`
	setObjections = `UPDATE channel SET stopped_at = $3, refused_at = $4 WHERE contact = $1 AND id = $2`
	updateAddress = `UPDATE channel SET mask = $3, address = $4, address_hash = $5 WHERE contact = $1 AND id = $2`
	deleteChannel = `DELETE FROM channel WHERE contact = $1 AND id = $2`
	channelWith   = `SELECT id FROM channel WHERE address_hash = $1 AND contact = $2 AND type = $3`
	channelsAt    = `SELECT ` + channelColumns + ` FROM ` + channels + `
WHERE c.address_hash = $1 AND c.contact <> $2
ORDER BY c.contact, c.type LIMIT 0 + $3`
	channelsBeside = `SELECT ` + channelColumns + ` FROM ` + channels + `
WHERE c.address_hash = (SELECT address_hash FROM channel WHERE contact = $1 AND id = $2) AND c.contact <> $1
ORDER BY c.contact, c.type LIMIT 0 + $3`
)

// parameter names the nth parameter of a statement, counted from 1.
func parameter(n int) string { return "$" + strconv.Itoa(n) }

// contactsBatchSize is for how many contacts one statement reads the channels.
const contactsBatchSize = 50

// channelsOf has a fixed number of parameters, so that it is prepared once.
var channelsOf = func() string {
	names := make([]string, contactsBatchSize)
	for i := range names {
		names[i] = parameter(i + 1)
	}
	return `SELECT ` + channelColumns + ` FROM ` + channels + ` WHERE c.contact IN (` + strings.Join(names, ", ") + `) ORDER BY c.contact, c.created_at, c.id`
}()

func (q *queries) ChannelParent(alias string) (contacts.ChannelParent, error) {
	var h contacts.ChannelParent
	var c oncall.Contact
	err := q.row(channelHost, []any{alias}, &c.Alias, &c.DisplayName, &h.Type, &h.Reachability, &h.Channels)
	h.Name = c.Name()
	return h, err
}

func (q *queries) InsertChannel(c oncall.Channel, r oncall.Request) (existing string, err error) {
	request, err := q.key(r)
	if err != nil {
		return "", err
	}
	sealed, hash, err := q.sealAddress(c)
	if err != nil {
		return "", err
	}
	code, key, link, err := q.codeRow(c, c.Address.Canonical)
	if err != nil {
		return "", err
	}
	n, err := q.exec(insertChannel, c.Alias, c.ID, c.Name, string(c.Type), c.Mask,
		microsOrNull(c.DeferredAt), microsOrNull(c.ActivatedAt), microsOrNull(c.DeactivatedAt), microsOrNull(c.ReaddressedAt),
		c.Version, micros(c.CreatedAt), micros(c.UpdatedAt), request, sealed, hash,
		code, key, link, microsOrNull(c.Code.AskedAt), textOrNull(c.Code.AskedBy), microsOrNull(c.Code.EndsAt), c.Code.Sends, textOrNull(c.Code.Message))
	if err == nil && n > 0 && c.Objected() {
		err = q.SetObjections(c)
	}
	if err != nil || n > 0 {
		return "", err
	}
	return q.ChannelWith(c.Alias, c.Type, c.Address.Canonical)
}

// sealAddress returns the sealed address and its keyed hash.
func (q *queries) sealAddress(c oncall.Channel) (sealed, hash []byte, err error) {
	if hash, err = q.addressHash(c.Address.Canonical); err != nil {
		return nil, nil, err
	}
	plain, err := json.Marshal([]string{c.Address.Given, c.Address.Canonical})
	if err != nil {
		return nil, nil, err
	}
	sealed, err = q.seal(padded(plain), "channel", "address", c.Alias+"/"+c.ID)
	return sealed, hash, err
}

func (q *queries) Address(alias, id string) (oncall.Address, error) {
	var sealed []byte
	if err := q.row(selectAddress, []any{alias, id}, &sealed); err != nil {
		return oncall.Address{}, err
	}
	return q.openAddress(sealed, alias, id)
}

// parseAddress reads what sealAddress has sealed.
func parseAddress(plain []byte) (oncall.Address, error) {
	var both [2]string
	err := json.Unmarshal(plain, &both)
	return oncall.Address{Given: both[0], Canonical: both[1]}, err
}

func (q *queries) ChannelWith(alias string, t oncall.ChannelType, canonical string) (id string, err error) {
	hash, err := q.addressHash(canonical)
	if err == nil {
		err = q.row(channelWith, []any{hash, alias, string(t)}, &id)
	}
	return id, err
}

func (q *queries) Channel(alias, id string) (oncall.Channel, error) {
	var c oncall.Channel
	err := q.row(selectChannel, []any{alias, id}, channelScan(&c)...)
	return c, err
}

// channelScan receives the channelColumns.
func channelScan(c *oncall.Channel) []any {
	return append([]any{&c.Alias, &c.ID, &c.Name, &c.Type, &c.Mask,
		timeScan{&c.DeferredAt}, timeScan{&c.ActivatedAt}, timeScan{&c.DeactivatedAt}, timeScan{&c.ReaddressedAt},
		&c.Version, timeScan{&c.CreatedAt}, timeScan{&c.UpdatedAt}, timeScan{&c.StoppedAt}, timeScan{&c.RefusedAt}}, codeScan{&c.Code}.into()...)
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
	hash, err := q.addressHash(canonical)
	if err != nil {
		return nil, err
	}
	return q.channels(channelsAt, hash, otherThan, limit)
}

func (q *queries) ChannelsBeside(alias, id string, limit int) ([]oncall.Channel, error) {
	return q.channels(channelsBeside, alias, id, limit)
}

func (q *queries) ChannelsOf(aliases []string) (map[string][]oncall.Channel, error) {
	of := make(map[string][]oncall.Channel, len(aliases))
	for chunk := range slices.Chunk(aliases, contactsBatchSize) {
		args := make([]any, contactsBatchSize)
		for i := range args {
			args[i] = chunk[min(i, len(chunk)-1)] // the last alias fills the other parameters
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
	if c.Address != (oncall.Address{}) {
		existing, err = q.ChannelWith(c.Alias, c.Type, c.Address.Canonical)
		switch {
		case err != nil && !errors.Is(err, oncall.ErrMissing):
			return false, "", err
		case err == nil && existing != c.ID:
			return false, existing, nil
		}
	}
	n, err := q.exec(updateChannel, c.Alias, c.ID, c.Version, c.Name,
		microsOrNull(c.DeferredAt), microsOrNull(c.ActivatedAt), microsOrNull(c.DeactivatedAt), microsOrNull(c.ReaddressedAt),
		micros(c.UpdatedAt), microsOrNull(c.StoppedAt), microsOrNull(c.RefusedAt))
	if err != nil || n == 0 || c.Address == (oncall.Address{}) {
		return n > 0, "", err
	}
	sealed, hash, err := q.sealAddress(c)
	if err != nil {
		return false, "", err
	}
	_, err = q.exec(updateAddress, c.Alias, c.ID, c.Mask, sealed, hash)
	return err == nil, "", err
}

func (q *queries) SetObjections(c oncall.Channel) error {
	_, err := q.exec(setObjections, c.Alias, c.ID, microsOrNull(c.StoppedAt), microsOrNull(c.RefusedAt))
	return err
}

func (q *queries) DeleteChannel(alias, id string, at time.Time) (bool, error) {
	if err := q.release(at, releaseChannel, alias, id); err != nil {
		return false, err
	}
	n, err := q.exec(deleteChannel, alias, id)
	return n > 0, err
}
