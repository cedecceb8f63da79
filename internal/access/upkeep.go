package access

import (
	"context"
	"time"
)

// CheckWritable writes a heartbeat to check that the store can be written to. It checks no
// role, because only the program itself calls it.
func (c *Control) CheckWritable(ctx context.Context) error {
	return c.store.Update(ctx, func(q Queries) error { return q.WriteHeartbeat(c.Now()) })
}

// PurgeExpired deletes expired rows, up to limit of each kind, unless HoldPurge prevents
// it. It checks no role, because only the program itself calls it.
func (c *Control) PurgeExpired(ctx context.Context, limit int) error {
	return c.store.Update(ctx, func(q Queries) error { return c.Purge(q, c.Now(), limit) })
}

// Purge is PurgeExpired inside a transaction.
func (c *Control) Purge(q Queries, now time.Time, limit int) error {
	if now.UnixMicro() < c.purgeFrom.Load() {
		return nil
	}
	return q.DeleteExpired(now, limit)
}

// purgeHold is how long nothing is purged after the clock was set forward. A clock that is
// a year ahead must not delete the history.
const purgeHold = time.Hour

// HoldPurge stops purging for an hour. It is called after the wall clock was set forward.
func (c *Control) HoldPurge() { c.purgeFrom.Store(c.Now().Add(purgeHold).UnixMicro()) }

// ResumePurge ends HoldPurge.
func (c *Control) ResumePurge() { c.purgeFrom.Store(0) }
