package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// sealAddresses moves the channels of a version that kept their addresses in the
// clear to the table in which they are sealed.
func sealAddresses(ctx context.Context, c *sql.Conn, ring *seal.Ring) error {
	index, err := ring.Primary(seal.Index)
	if err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, `
		INSERT INTO sealed_installation (id, scope, key_file, index_a, index_now) SELECT id, scope, $1, $2, 'a' FROM installation`,
		ring.ID(), index)
	if err != nil {
		return err
	}
	if err := sealChannels(ctx, c, ring, index); err != nil {
		return err
	}
	for _, text := range []string{
		`DROP TABLE installation`,
		`ALTER TABLE sealed_installation RENAME TO installation`,
		`DROP TABLE channel`,
		`ALTER TABLE sealed_channel RENAME TO channel`,
		`CREATE UNIQUE INDEX channel_by_index_a ON channel (index_a, contact, type)`,
		`CREATE UNIQUE INDEX channel_by_index_b ON channel (index_b, contact, type)`,
	} {
		if _, err := c.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func sealChannels(ctx context.Context, c *sql.Conn, ring *seal.Ring, index uint32) error {
	rows, err := c.QueryContext(ctx, `SELECT contact, id, address, canonical FROM channel`)
	if err != nil {
		return err
	}
	defer rows.Close()
	move, err := c.PrepareContext(ctx, `
		INSERT INTO sealed_channel (contact, id, name, type, address, mask, index_a, deferred_at, activated_at, deactivated_at, readdressed_at, version, created_at, updated_at, request)
		SELECT contact, id, name, type, $3, $4, $5, deferred_at, activated_at, deactivated_at, readdressed_at, version, created_at, updated_at, request
		FROM channel WHERE contact = $1 AND id = $2`)
	if err != nil {
		return err
	}
	defer move.Close()
	for rows.Next() {
		var contact, id string
		var address oncall.Address
		if err := rows.Scan(&contact, &id, &address.Given, &address.Canonical); err != nil {
			return err
		}
		plain, err := json.Marshal([]string{address.Given, address.Canonical})
		if err != nil {
			return err
		}
		sealed, err := ring.Seal(plain, seal.Place{Table: "channel", Column: "address", Row: contact + "/" + id})
		if err != nil {
			return err
		}
		sum, err := addressSum(ring, index, address.Canonical)
		if err != nil {
			return err
		}
		if _, err := move.ExecContext(ctx, contact, id, sealed, address.Masked(), sum); err != nil {
			return err
		}
	}
	return rows.Err()
}

// scrub writes the file anew, so that nothing of what an older version kept in
// the clear is left in it, in the parts that are free or in the log. It is done
// once, and again until it was.
func scrub(ctx context.Context, c *sql.Conn) error {
	var scrubbed sql.NullInt64
	if err := c.QueryRowContext(ctx, `SELECT scrubbed_at FROM installation WHERE id = 1`).Scan(&scrubbed); err != nil || scrubbed.Valid {
		return err
	}
	// The copy that VACUUM makes may be larger than the memory.
	for _, text := range []string{"PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA temp_store = FILE", "VACUUM", "PRAGMA temp_store = MEMORY", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := c.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	var busy, log, done int
	if err := c.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
		return err
	}
	if busy != 0 {
		return errors.New("addresses of an older version cannot be removed while another process has the database open: end it and start again")
	}
	_, err := c.ExecContext(ctx, `UPDATE installation SET scrubbed_at = $1 WHERE id = 1`, micros(time.Now()))
	return err
}
