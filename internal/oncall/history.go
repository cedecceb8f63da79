package oncall

import (
	"context"
	"time"
)

// SentMessage is a message about a channel, and its receipts.
type SentMessage struct {
	Message
	Receipts []Receipt
}

// mostSent is how many messages the history of a channel shows.
const mostSent = 20

// Messages returns the newest messages about a channel, the newest first, without
// what they say. It fails as Channel does.
func (s *Service) Messages(ctx context.Context, by Actor, arn ARN) ([]SentMessage, error) {
	if err := s.admit(ctx, by, GetContact, FieldChannel, arn); err != nil {
		return nil, err
	}
	var list []SentMessage
	err := s.view(ctx, func(q Queries) error {
		c, err := s.channel(q, arn)
		if err != nil {
			return err
		}
		messages, err := q.MessagesOf(c.Alias, c.ID, mostSent)
		if err != nil {
			return err
		}
		for _, m := range messages {
			receipts, err := q.Receipts(m.ID)
			if err != nil {
				return err
			}
			list = append(list, SentMessage{m, receipts})
		}
		return nil
	})
	return list, err
}

// Tidy forgets what has ended, up to limit of each kind. It is for this
// installation itself and asks for no role.
func (s *Service) Tidy(ctx context.Context, limit int) error {
	return s.update(ctx, func(q Queries) error { return s.purge(q, s.Now(), limit) })
}

// purge forgets what has ended, unless HoldPurge says to wait.
func (s *Service) purge(q Queries, now time.Time, limit int) error {
	if now.UnixMicro() < s.purgeFrom.Load() {
		return nil
	}
	return q.Forget(now, limit)
}
