package oncall

import (
	"context"
	"time"
)

// Figures is what whoever runs the program watches.
type Figures struct {
	Contacts map[Reachability]int
	Overdue  time.Duration // for how long the message that is due longest has been so; 0: none is
}

// Figures returns what the book holds, as one snapshot. It is for the program
// itself: nobody asks, and nobody is told of.
func (s *Service) Figures(ctx context.Context) (f Figures, err error) {
	now := s.Now()
	err = s.view(ctx, func(q Queries) error {
		if f.Contacts, err = q.CountContacts(); err != nil {
			return err
		}
		for _, c := range Classes() {
			for _, t := range ChannelTypes() {
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

// Pulse writes something, which shows that the store can be written to. It is for
// the program itself.
func (s *Service) Pulse(ctx context.Context) error {
	return s.update(ctx, func(q Queries) error { return q.WritePulse(s.Now()) })
}
