package contacts

import (
	"context"
	"time"

	"callbook/internal/oncall"
)

// Stats is what whoever runs the program watches.
type Stats struct {
	Contacts map[oncall.Reachability]int
	Overdue  time.Duration // for how long the message that is due longest has been so; 0: none is
}

// Stats returns what the book holds, as one snapshot. It is for the program
// itself: nobody asks, and nobody is told of.
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
