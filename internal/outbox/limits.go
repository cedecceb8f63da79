package outbox

import (
	"strconv"
	"time"

	"callbook/internal/oncall"
)

// MaxToAddress is how many messages of one kind an address gets in 24 hours, through all
// channels together.
const MaxToAddress = 10

// maxTestsPerHour is how many test messages the installation sends in an hour, whoever asks
// for them.
const maxTestsPerHour = 20

// Limits bound how many messages the whole installation sends: codes, notices and tests
// together, as Message.Limited says. The zero Limits bounds nothing.
type Limits struct {
	PerHour   int // in an hour; 0: any number
	PerPrefix int // in an hour to numbers that share all but the last four digits; 0: any number
	PerDay    int // in 24 hours; 0: any number
}

// ReachedLimit is a limit that keeps a message from being sent.
type ReachedLimit struct {
	Reason oncall.MessageReason
	Detail string    // "10 a day to one address reached, next possible at ..."
	Since  time.Time // when the person replied STOP; zero for other reasons
	next   time.Time // when the next message is possible; zero: unknown
}

// Refusal returns the Limited error for a request to send a code.
func (s ReachedLimit) Refusal(now time.Time) *oncall.Error {
	e := &oncall.Error{Kind: oncall.Limited, Reason: oncall.Quota, Message: "No code was sent: " + s.Detail + "."}
	if s.next.After(now) {
		e.RetryAfter = s.next.Sub(now)
	}
	return e
}

// LimitReached returns the limit that forbids another message of a kind to an address, or
// nil. Only codes, notices and tests have limits.
func (o *Outbox) LimitReached(q Queries, k oncall.MessageKind, t oncall.ChannelType, canonical string, now time.Time) (*ReachedLimit, error) {
	stopped, err := o.stopReached(q, t, canonical)
	if err != nil || stopped != nil {
		return stopped, err
	}
	sent, err := q.SentTo(k, canonical, oncall.LastWindow(now, day), MaxToAddress)
	if err != nil || sent.Count >= MaxToAddress {
		return sent.reached(strconv.Itoa(MaxToAddress)+" a day to one address reached", day), err
	}
	if k == oncall.TestMessage {
		sent, err := q.TestsSent(oncall.LastWindow(now, time.Hour), maxTestsPerHour)
		if err != nil || sent.Count >= maxTestsPerHour {
			return sent.reached(strconv.Itoa(maxTestsPerHour)+" tests an hour reached", time.Hour), err
		}
	}
	if limit := o.limits.PerPrefix; limit > 0 && t != oncall.Email {
		sent, err := q.SentToPrefix(canonical, oncall.LastWindow(now, time.Hour), limit)
		if err != nil || sent.Count >= limit {
			return sent.reached(strconv.Itoa(limit)+" an hour to numbers of this range reached", time.Hour), err
		}
	}
	return o.totalReached(q, now)
}

// totalReached returns the limit of the whole installation that is reached, or nil.
func (o *Outbox) totalReached(q Queries, now time.Time) (*ReachedLimit, error) {
	if o.limits.PerHour == 0 && o.limits.PerDay == 0 {
		return nil, nil
	}
	hour, today, err := q.SentSince(oncall.LastWindow(now, time.Hour), oncall.LastWindow(now, day))
	switch {
	case err != nil:
		return nil, err
	case o.limits.PerDay > 0 && today.Count >= o.limits.PerDay:
		return today.reached(strconv.Itoa(o.limits.PerDay)+" a day for the whole of Callbook reached", day), nil
	case o.limits.PerHour > 0 && hour.Count >= o.limits.PerHour:
		return hour.reached(strconv.Itoa(o.limits.PerHour)+" an hour for the whole of Callbook reached", time.Hour), nil
	}
	return nil, nil
}

const day = 24 * time.Hour

// reached is the limit that has been reached, in these words.
func (s Sent) reached(reason string, window time.Duration) *ReachedLimit {
	next := s.Oldest.Add(window)
	return &ReachedLimit{Reason: oncall.LimitReached, Detail: reason + ", next possible at " + next.Format("15:04 UTC on 2 January"), next: next}
}

// stopReached returns the limit for a number whose owner replied STOP, or nil. It
// concerns text messages only.
func (o *Outbox) stopReached(q Queries, t oncall.ChannelType, canonical string) (*ReachedLimit, error) {
	if t != oncall.SMS {
		return nil, nil
	}
	stopped, err := q.Stopped(canonical)
	if err != nil || stopped.IsZero() {
		return nil, err
	}
	return &ReachedLimit{Reason: oncall.RepliedStop, Detail: oncall.RepliedStop.Words(), Since: stopped}, nil
}
