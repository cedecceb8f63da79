package access

import (
	"context"
	"time"
)

// CheckWritable writes something, which shows that the store can be written to. It is for
// the program itself.
func (c *Control) CheckWritable(ctx context.Context) error {
	return c.store.Update(ctx, func(q Queries) error { return q.WriteHeartbeat(c.Now()) })
}

// PurgeExpired forgets what has ended, up to limit of each kind. It is for this
// installation itself and asks for no role.
func (c *Control) PurgeExpired(ctx context.Context, limit int) error {
	return c.store.Update(ctx, func(q Queries) error { return c.Purge(q, c.Now(), limit) })
}

// Purge forgets what has ended, unless HoldPurge says to wait.
func (c *Control) Purge(q Queries, now time.Time, limit int) error {
	if now.UnixMicro() < c.purgeFrom.Load() {
		return nil
	}
	return q.DeleteExpired(now, limit)
}

// purgeHold is for how long nothing is purged after the clock was set forward: one
// that is a year ahead must not empty the history.
const purgeHold = time.Hour

// HoldPurge is for a wall clock that was set forward: nothing is purged for an hour.
func (c *Control) HoldPurge() { c.purgeFrom.Store(c.Now().Add(purgeHold).UnixMicro()) }

// ResumePurge ends what HoldPurge began.
func (c *Control) ResumePurge() { c.purgeFrom.Store(0) }
