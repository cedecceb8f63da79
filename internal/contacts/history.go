package contacts

import (
	"context"

	"callbook/internal/oncall"
)

// SentMessage is a message about a channel, and its receipts.
type SentMessage struct {
	oncall.Message
	Receipts []oncall.Receipt
}

// maxHistory is how many messages the history of a channel shows.
const maxHistory = 20

// Messages returns the newest messages about a channel, newest first, without their
// content. It fails as Channel does.
func (d *Directory) Messages(ctx context.Context, by oncall.Actor, arn oncall.ARN) ([]SentMessage, error) {
	if err := d.Admit(ctx, by, oncall.GetContact, oncall.FieldChannel, arn); err != nil {
		return nil, err
	}
	var list []SentMessage
	err := d.store.View(ctx, func(q Queries) error {
		c, err := d.channel(q, arn)
		if err != nil {
			return err
		}
		messages, err := q.MessagesOf(c.Alias, c.ID, maxHistory)
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
