package outbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// NudgeAll is Nudge for every channel type.
func (o *Outbox) NudgeAll(err error) {
	for _, t := range oncall.ChannelTypes() {
		o.Nudge(err, oncall.ActivationQueue, t)
	}
}

// MessageTTL is how long messages of a deleted channel are kept. Limits count them for a
// day.
const MessageTTL = 24 * time.Hour

// Post puts a message into the outbox. A refused one gets its receipt at once. Limits
// count the message by the canonical address, unless that is "".
func (o *Outbox) Post(q Queries, m oncall.Message, canonical string) error {
	if m.State == oncall.MessageRefused {
		canonical = ""
	}
	if err := q.InsertMessage(m, canonical); err != nil || m.State != oncall.MessageRefused {
		return err
	}
	return q.InsertReceipt(oncall.Receipt{Message: m.ID, Kind: oncall.ReceiptError, At: m.CreatedAt, Detail: m.FailureReason})
}

// Nudge wakes the dispatcher after a transaction that may have posted a message. It does
// nothing if err is not nil.
func (o *Outbox) Nudge(err error, c oncall.Queue, t oncall.ChannelType) {
	if err == nil && o.onPosted != nil && t != "" {
		o.onPosted(c, t)
	}
}

// Drop takes a waiting message out of the outbox. Any other stays as it is.
func Drop(q Queries, m oncall.Message, why oncall.MessageReason) error {
	if m.State != oncall.MessageWaiting {
		return nil
	}
	m.End(oncall.MessageDropped, why)
	return q.UpdateMessage(m)
}

// ClaimMessages returns up to limit due messages of a queue and a type, to be sent now.
// The caller records the result by RecordAttempt within the lease; afterwards the message
// is due again. It is for the dispatcher and asks for no role.
func (o *Outbox) ClaimMessages(ctx context.Context, c oncall.Queue, t oncall.ChannelType, limit int, lease time.Duration) ([]oncall.Message, error) {
	var live []oncall.Message
	err := o.store.Update(ctx, func(q Queries) error {
		live = nil
		now := o.Now()
		claimed, err := q.ClaimMessages(c, t, now, now.Add(lease), limit)
		if err != nil {
			return err
		}
		for _, m := range claimed {
			why, err := o.undeliverableReason(q, m, now)
			if err != nil {
				return err
			}
			if why == "" && !m.Locked {
				live = append(live, m)
			}
			if why == "" {
				continue
			}
			if err := o.giveUp(q, m, why, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err // nothing was claimed
	}
	return live, nil
}

// undeliverableReason returns why a message cannot be sent; "": it can. One that cannot be
// read would keep those behind it waiting.
func (o *Outbox) undeliverableReason(q Queries, m oncall.Message, now time.Time) (oncall.MessageReason, error) {
	switch {
	case !now.Before(m.EndsAt):
		return oncall.TimeOver, nil
	case m.Locked:
		return "", nil // it waits for its key until it ends
	case m.Content.To == "":
		return oncall.Unreadable, nil
	case m.Type == oncall.SMS:
		stopped, err := q.Stopped(m.Content.To)
		if err != nil || stopped.IsZero() {
			return "", err
		}
		return oncall.RepliedStop, nil
	}
	return "", nil
}

// giveUp ends a message that cannot be sent.
func (o *Outbox) giveUp(q Queries, m oncall.Message, why oncall.MessageReason, now time.Time) error {
	m.End(oncall.MessageFailed, why)
	if err := q.UpdateMessage(m); err != nil {
		return err
	}
	if err := q.InsertReceipt(oncall.Receipt{Message: m.ID, Kind: oncall.ReceiptError, At: now, Detail: m.FailureReason}); err != nil {
		return err
	}
	return o.followerOf(m).Settled(q, m)
}

// MaxRetryWait is the longest wait before the next attempt. A Retry-After beyond it is
// cut.
const MaxRetryWait = time.Hour

// NextDue returns when the next message of a queue and a type is due; zero if none waits.
// It is for the dispatcher.
func (o *Outbox) NextDue(ctx context.Context, c oncall.Queue, t oncall.ChannelType) (at time.Time, err error) {
	err = o.store.View(ctx, func(q Queries) (err error) {
		at, err = q.NextDue(c, t)
		return err
	})
	return at, err
}

// FollowClock moves waiting messages with a clock that was set back, and returns how many
// moved. It also ends HoldPurge. It is for the server itself and asks for no role.
func (o *Outbox) FollowClock(ctx context.Context, b oncall.SetBack) (moved int, err error) {
	err = o.store.Update(ctx, func(q Queries) (err error) {
		moved, err = q.PullForward(b)
		return err
	})
	if err == nil {
		o.ResumePurge()
	}
	return moved, err
}

// RecordAttempt records the result of sending a claimed message, with a receipt. An
// accepted message becomes sent, whatever happened to it meanwhile. A failure counts only
// for the newest attempt, and never against a message that the provider has reported on.
// It is for the dispatcher.
func (o *Outbox) RecordAttempt(ctx context.Context, m oncall.Message, a oncall.Attempt) error {
	return o.store.Update(ctx, func(q Queries) error {
		stored, err := q.Message(m.ID)
		if err != nil {
			return access.IgnoreMissing(err) // it was deleted with its channel
		}
		r := oncall.Receipt{Message: m.ID, Kind: oncall.ReceiptError, At: o.Now(), Provider: a.Provider, Reference: a.Reference, Detail: a.FailureReason}
		if a.FailureReason == "" {
			r.Kind = oncall.ReceiptSent
		}
		if err := q.InsertReceipt(r); err != nil {
			return err
		}
		if a.FailureReason == "" {
			return o.recordSent(q, stored, a)
		}
		if stored.State != oncall.MessageWaiting || stored.Attempts != m.Attempts {
			return nil
		}
		return o.recordFailure(q, stored, a)
	})
}

// recordSent marks a message as sent, unless the provider has already reported more about
// this attempt.
func (o *Outbox) recordSent(q Queries, m oncall.Message, a oncall.Attempt) error {
	given := m.State == oncall.MessageWaiting || m.State == oncall.MessageDropped
	if m.State == oncall.MessageFailed && m.ReportedAt.IsZero() { // it was given up while it was being sent
		given = true
	}
	if m.Provider, m.Reference = a.Provider, a.Reference; given {
		m.End(oncall.MessageSent, "")
	}
	if err := q.UpdateMessage(m); err != nil {
		return err
	}
	return o.followerOf(m).Settled(q, m)
}

func (o *Outbox) recordFailure(q Queries, m oncall.Message, a oncall.Attempt) error {
	m.Provider, m.Reason, m.FailureReason, m.DueAt, m.SetAt = a.Provider, a.Reason(), a.FailureReason, a.Next, o.Now()
	if !a.Next.IsZero() && a.Next.Before(m.EndsAt) {
		return q.UpdateMessage(m)
	}
	m.State, m.DueAt = oncall.MessageFailed, time.Time{}
	if err := q.UpdateMessage(m); err != nil {
		return err
	}
	if a.Stopped {
		if err := o.followerOf(m).Stopped(q, oncall.Actor{}, m); err != nil {
			return err
		}
	}
	if a.Unsent {
		if err := o.exclude(q, m); err != nil {
			return err
		}
	}
	return o.followerOf(m).Settled(q, m)
}

// exclude removes a message that never left from all limits.
func (o *Outbox) exclude(q Queries, m oncall.Message) error {
	if err := q.ExcludeFromLimits(m.ID); err != nil {
		return err
	}
	return o.followerOf(m).Uncounted(q, m)
}

// callbackTTL is how long a callback is remembered, so that a repetition is ignored.
const callbackTTL = 7 * day

// SeenCallback reports whether the same callback came before, and remembers it.
func (o *Outbox) SeenCallback(q Queries, parts ...string) (bool, error) {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	isNew, err := q.RememberCallback(h.Sum(nil), o.Now().Add(callbackTTL))
	return !isNew, err
}

// reach is the state that a receipt moves a message to.
var reach = map[oncall.ReceiptKind]oncall.MessageState{oncall.ReceiptSent: oncall.MessageSent, oncall.ReceiptDelivered: oncall.MessageDelivered, oncall.ReceiptRead: oncall.MessageRead, oncall.ReceiptError: oncall.MessageFailed}

// further reports whether a message may move from one state to another.
func further(from, to oncall.MessageState) bool {
	rank := map[oncall.MessageState]int{oncall.MessageWaiting: 0, oncall.MessageSent: 1, oncall.MessageFailed: 2, oncall.MessageDelivered: 3, oncall.MessageRead: 4}
	a, known := rank[from]
	return known && a < rank[to]
}

// Report records what a provider reports about a message. Reports may come before the
// answer to the request, twice, and in any order. It fails with NotFound for an unknown
// or deleted message. The caller has verified that the report comes from the provider.
func (o *Outbox) Report(ctx context.Context, by oncall.Actor, r oncall.Report) error {
	if err := o.PermitOn(ctx, by, oncall.AnswerActivation, ""); err != nil {
		return err
	}
	var m oncall.Message
	err := o.store.Update(ctx, func(q Queries) (err error) {
		m, err = q.Message(r.Message)
		if errors.Is(err, oncall.ErrMissing) {
			return messageMissing()
		}
		if err != nil {
			return err
		}
		return o.report(q, by, m, r)
	})
	if to := reach[r.Kind]; err == nil && o.onReport != nil && further(m.State, to) {
		o.onReport(m, to)
	}
	return err
}

func messageMissing() *oncall.Error {
	return &oncall.Error{Kind: oncall.NotFound, Message: "There is no such message, or no longer."}
}

// tells reports whether a receipt already records the report.
func tells(have oncall.Receipt, r oncall.Report) bool {
	return have.Kind == r.Kind && have.Reference == r.Reference && have.Detail == r.Detail
}

// report is Report inside its transaction.
func (o *Outbox) report(q Queries, by oncall.Actor, m oncall.Message, r oncall.Report) error {
	receipts, err := q.Receipts(m.ID)
	if err != nil || slices.ContainsFunc(receipts, func(have oncall.Receipt) bool { return tells(have, r) }) {
		return err
	}
	err = q.InsertReceipt(oncall.Receipt{Message: m.ID, Kind: r.Kind, At: o.Now(), Provider: r.Provider, Reference: r.Reference, Detail: r.Detail})
	if err != nil {
		return err
	}
	if r.Kind == oncall.ReceiptStop {
		return o.followerOf(m).Stopped(q, by, m)
	}
	to := reach[r.Kind]
	if !further(m.State, to) {
		return nil
	}
	m.End(to, "")
	m.Provider, m.Reference, m.ReportedAt = r.Provider, cmp.Or(r.Reference, m.Reference), o.Now()
	if to == oncall.MessageFailed {
		m.Reason, m.FailureReason = oncall.ProviderFailed, r.Detail
	}
	if err := q.UpdateMessage(m); err != nil {
		return err
	}
	return o.followerOf(m).Settled(q, m)
}
