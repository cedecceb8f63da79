package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"callbook/internal/oncall"
)

// SendTest sends a test message to an address. It fails with Invalid for an address that
// no channel of this type could have, and with Limited: Quota. All tests together are
// limited, whoever sends them and whereto: each costs money, and reaches a stranger.
func (o *Outbox) SendTest(ctx context.Context, by oncall.Actor, t oncall.ChannelType, to string) (id string, err error) {
	if err := o.PermitOn(ctx, by, oncall.TestDelivery, ""); err != nil {
		return "", err
	}
	m, address, err := testMessage(o.AddressRules().Input(oncall.Browser, t, to, ""), by, o.NewID(), o.Now())
	if err != nil {
		return "", err
	}
	err = o.store.Update(ctx, func(q Queries) error {
		reached, err := o.LimitReached(q, m.Kind, t, address.Canonical, m.CreatedAt)
		if err != nil {
			return err
		}
		if reached != nil {
			refused := reached.Refusal(m.CreatedAt)
			refused.Message = "No test was sent: " + reached.Detail + "."
			return refused
		}
		if err := o.Post(q, m, address.Canonical); err != nil {
			return err
		}
		return o.Record(q, by, oncall.TestDelivery, "", oncall.Change(oncall.FieldType, "", string(t)), oncall.Change(oncall.FieldAddress, "", address.Masked()))
	})
	o.Nudge(err, oncall.AccountQueue, t)
	if err != nil {
		return "", err
	}
	return m.ID, nil
}

// testMessage makes a test message. It fails with Invalid.
func testMessage(e oncall.AddressInput, by oncall.Actor, id string, now time.Time) (oncall.Message, oncall.AddressCheck, error) {
	if fields := oncall.CheckChannelType(e.Type); len(fields) > 0 {
		return oncall.Message{}, oncall.AddressCheck{}, oncall.InvalidError(fields...)
	}
	address, refusal := e.Parse()
	if refusal != nil {
		return oncall.Message{}, oncall.AddressCheck{}, oncall.InvalidError(*refusal)
	}
	return oncall.Message{ID: id, Queue: oncall.AccountQueue, Kind: oncall.TestMessage, Type: e.Type, State: oncall.MessageWaiting,
		DueAt: now, SetAt: now, EndsAt: now.Add(oncall.CodeTTL), CreatedAt: now, ForgetAt: now.Add(MessageTTL),
		Content: oncall.Content{To: address.Destination(), Asked: by.Name}}, address, nil
}

// NewTestMessage makes the message of SendTest for a command that sends it without a
// server. It fails with Invalid.
func NewTestMessage(t oncall.ChannelType, to string, by oncall.Actor) (oncall.Message, error) {
	m, _, err := testMessage(oncall.AddressInput{Type: t, Text: to, Typed: true}, by, uuid.NewString(), time.Now().UTC())
	return m, err
}

// SentTest returns the state and the receipts of a test message by its id. It fails with
// NotFound.
func (o *Outbox) SentTest(ctx context.Context, by oncall.Actor, id string) (m oncall.Message, receipts []oncall.Receipt, err error) {
	if err := o.PermitOn(ctx, by, oncall.TestDelivery, ""); err != nil {
		return m, nil, err
	}
	err = o.store.View(ctx, func(q Queries) (err error) {
		m, err = q.Message(id)
		if errors.Is(err, oncall.ErrMissing) || err == nil && m.Kind != oncall.TestMessage {
			return messageMissing()
		}
		if err != nil {
			return err
		}
		receipts, err = q.Receipts(id)
		return err
	})
	return m, receipts, err
}
