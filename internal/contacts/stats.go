package contacts

import (
	"context"
	"time"

	"callbook/internal/oncall"
)

// Stats are the figures for monitoring.
type Stats struct {
	Contacts map[oncall.Reachability]int
	Overdue  time.Duration // how long the oldest due message has been due; 0: none is due
}

// Stats returns the figures for monitoring as one snapshot. It asks for no role.
func (d *Directory) Stats(ctx context.Context) (f Stats, err error) {
	now := d.Now()
	err = d.store.View(ctx, func(q Queries) error {
		if f.Contacts, err = q.CountContacts(); err != nil {
			return err
		}
		for _, c := range oncall.Queues() {
			for _, t := range oncall.ChannelTypes() {
				due, err := q.NextDue(c, t)
				if err != nil {
					return err
				}
				if !due.IsZero() {
					f.Overdue = max(f.Overdue, now.Sub(due))
				}
			}
		}
		return nil
	})
	return f, err
}
