package oncall

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"
)

// post puts a message into the outbox; one that is refused leaves its receipt at
// once. Limits count it by the canonical address, unless that is "".
func (s *Service) post(q Queries, m Message, canonical string) error {
	if m.State == MessageRefused {
		canonical = ""
	}
	if err := q.InsertMessage(m, canonical); err != nil || m.State != MessageRefused {
		return err
	}
	return q.InsertReceipt(Receipt{Message: m.ID, Kind: ReceiptError, At: m.CreatedAt, Says: m.Says})
}

// nudge says that a transaction may have put something into the outbox.
func (s *Service) nudge(err error, c Class, t ChannelType) {
	if err == nil && s.posted != nil && t != "" {
		s.posted(c, t)
	}
}

// dropMessage takes the message of a code that is dead out of the outbox.
func dropMessage(q Queries, c Code) error {
	if c.Message == "" || c.State != MessageWaiting {
		return nil
	}
	m, err := q.Message(c.Message)
	if err != nil {
		return missingIsFine(err)
	}
	return drop(q, m, "its code was no longer good")
}

// drop takes a message out of the outbox, if it waits there.
func drop(q Queries, m Message, says string) error {
	if m.State != MessageWaiting {
		return nil
	}
	m.State, m.DueAt, m.Says = MessageDropped, time.Time{}, says
	return q.UpdateMessage(m)
}

func missingIsFine(err error) error {
	if errors.Is(err, ErrMissing) {
		return nil
	}
	return err
}

// ClaimMessages returns up to limit messages of a class and a type that are due,
// to be sent at once: who sends one tells how it ended by RecordAttempt, within
// the lease. After it the message is due again. It is for the dispatcher of this
// installation and asks for no role.
func (s *Service) ClaimMessages(ctx context.Context, c Class, t ChannelType, limit int, lease time.Duration) ([]Message, error) {
	var live []Message
	err := s.update(ctx, func(q Queries) error {
		live = nil
		now := s.Now()
		claimed, err := q.ClaimMessages(c, t, now, now.Add(lease), limit)
		if err != nil {
			return err
		}
		for _, m := range claimed {
			says, err := s.hopeless(q, m, now)
			if err != nil {
				return err
			}
			if says == "" && !m.Locked {
				live = append(live, m)
			}
			if says == "" {
				continue
			}
			if err := s.giveUp(q, m, says, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err // the claims were not kept
	}
	return live, nil
}

// hopeless returns why a message cannot be sent; "": it can. One that cannot be
// read would keep those behind it waiting.
func (s *Service) hopeless(q Queries, m Message, now time.Time) (string, error) {
	switch {
	case !now.Before(m.EndsAt):
		return "there was no time left to send it", nil
	case m.Locked:
		return "", nil // until its time is over
	case m.Content.To == "":
		return "what it was to say cannot be read any more", nil
	case m.Type == SMS:
		stopped, err := q.Stopped(m.Content.To)
		if err != nil || !stopped {
			return "", err
		}
		return saysStopped, nil
	}
	return "", nil
}

// giveUp ends a message that cannot be sent.
func (s *Service) giveUp(q Queries, m Message, says string, now time.Time) error {
	m.State, m.DueAt, m.Says = MessageFailed, time.Time{}, says
	if err := q.UpdateMessage(m); err != nil {
		return err
	}
	if err := q.InsertReceipt(Receipt{Message: m.ID, Kind: ReceiptError, At: now, Says: says}); err != nil {
		return err
	}
	return s.settleMessage(q, m)
}

// settleMessage writes what follows for a contact from what became of a message.
func (s *Service) settleMessage(q Queries, m Message) error {
	if m.Alias == "" || m.Kind != CodeMessage {
		return nil
	}
	return missingIsFine(s.settle(q, m.Alias))
}

// LongestWait is how long a message waits at most until it is tried again: no
// provider may ask for more.
const LongestWait = time.Hour

// NextDue returns when the next message of a class and a type is due; zero: none is.
// Like ClaimMessages it is for the dispatcher.
func (s *Service) NextDue(ctx context.Context, c Class, t ChannelType) (at time.Time, err error) {
	err = s.view(ctx, func(q Queries) (err error) {
		at, err = q.NextDue(c, t)
		return err
	})
	return at, err
}

// holdPurge is for how long nothing is purged after the clock was set forward: one
// that is a year ahead must not empty the history.
const holdPurge = time.Hour

// HoldPurge is for a wall clock that was set forward: nothing is purged for an hour.
func (s *Service) HoldPurge() { s.purgeFrom.Store(s.Now().Add(holdPurge).UnixMicro()) }

// FollowClock moves what waits with a clock that was set back, and returns how many
// messages moved. Things are purged again as they end. It is for this installation
// itself and asks for no role.
func (s *Service) FollowClock(ctx context.Context, b SetBack) (moved int, err error) {
	err = s.update(ctx, func(q Queries) (err error) {
		moved, err = q.PullForward(b)
		return err
	})
	if err == nil {
		s.purgeFrom.Store(0)
	}
	return moved, err
}

// RecordAttempt keeps how the sending of a claimed message ended, with a receipt.
// What a provider took is sent, whatever happened to the message meanwhile. A
// failure counts for the newest attempt only, and never against a message of
// which a provider has said more already. Like ClaimMessages it is for the
// dispatcher.
func (s *Service) RecordAttempt(ctx context.Context, m Message, a Attempt) error {
	return s.update(ctx, func(q Queries) error {
		stored, err := q.Message(m.ID)
		if err != nil {
			return missingIsFine(err) // its channel is gone, and the day is over
		}
		r := Receipt{Message: m.ID, Kind: ReceiptError, At: s.Now(), Provider: a.Provider, Reference: a.Reference, Says: a.Says}
		if a.Says == "" {
			r.Kind = ReceiptSent
		}
		if err := q.InsertReceipt(r); err != nil {
			return err
		}
		if a.Says == "" {
			return s.recordSent(q, stored, a)
		}
		if stored.State != MessageWaiting || stored.Attempts != m.Attempts {
			return nil
		}
		return s.recordFailure(q, stored, a)
	})
}

// recordSent moves a message on, unless its provider has said more of this very
// sending already.
func (s *Service) recordSent(q Queries, m Message, a Attempt) error {
	given := m.State == MessageWaiting || m.State == MessageDropped
	if m.State == MessageFailed && m.ReportedAt.IsZero() { // it was given up while it was on its way
		given = true
	}
	if m.Provider, m.Reference = a.Provider, a.Reference; given {
		m.State, m.DueAt, m.Says = MessageSent, time.Time{}, ""
	}
	if err := q.UpdateMessage(m); err != nil {
		return err
	}
	return s.settleMessage(q, m)
}

func (s *Service) recordFailure(q Queries, m Message, a Attempt) error {
	m.Provider, m.Says, m.DueAt, m.SetAt = a.Provider, a.Says, a.Next, s.Now()
	if !a.Next.IsZero() && a.Next.Before(m.EndsAt) {
		return q.UpdateMessage(m)
	}
	m.State, m.DueAt = MessageFailed, time.Time{}
	if err := q.UpdateMessage(m); err != nil {
		return err
	}
	if a.Stopped {
		if err := s.stopAfter(q, Actor{}, m); err != nil {
			return err
		}
	}
	if a.Unsent {
		if err := s.uncount(q, m); err != nil {
			return err
		}
	}
	return s.settleMessage(q, m)
}

// uncount makes limits forget a message that never left: neither the day nor the
// wait before the next one counts it, and nobody can enter its code.
func (s *Service) uncount(q Queries, m Message) error {
	if err := q.Uncount(m.ID); err != nil || m.Channel == "" {
		return err
	}
	c, err := q.Channel(m.Alias, m.Channel)
	if err != nil || c.Code.Message != m.ID {
		return missingIsFine(err)
	}
	c.Code.Sends = 0
	c.Code = c.Code.over()
	return q.UpdateCode(c)
}

// reportKeep is for how long what a provider said is not heard a second time.
const reportKeep = 7 * day

// heard reports whether something from outside was heard before.
func (s *Service) heard(q Queries, parts ...string) (bool, error) {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	isNew, err := q.Hear(h.Sum(nil), s.Now().Add(reportKeep))
	return !isNew, err
}

// reach is how far each receipt says that a message has come.
var reach = map[ReceiptKind]MessageState{ReceiptSent: MessageSent, ReceiptDelivered: MessageDelivered, ReceiptRead: MessageRead, ReceiptError: MessageFailed}

// further reports whether a message goes on from one state to another.
func further(from, to MessageState) bool {
	rank := map[MessageState]int{MessageWaiting: 0, MessageSent: 1, MessageFailed: 2, MessageDelivered: 3, MessageRead: 4}
	a, known := rank[from]
	return known && a < rank[to]
}

// Report keeps what a provider says of a message. It may come before the answer
// of the same provider, twice, and in any order. It fails with NotFound for a
// message that never was or is forgotten. Whoever calls it has made sure that it
// is the provider who speaks.
func (s *Service) Report(ctx context.Context, by Actor, r Report) error {
	if err := s.permit(ctx, by, AnswerActivation, ""); err != nil {
		return err
	}
	var m Message
	err := s.update(ctx, func(q Queries) (err error) {
		m, err = q.Message(r.Message)
		if errors.Is(err, ErrMissing) {
			return messageMissing()
		}
		if err != nil {
			return err
		}
		return s.report(q, by, m, r)
	})
	if to := reach[r.Kind]; err == nil && s.reported != nil && further(m.State, to) {
		s.reported(m, to)
	}
	return err
}

func messageMissing() *Error {
	return &Error{Kind: NotFound, Message: "There is no such message, or no longer."}
}

// tells reports whether a receipt tells what the report does.
func tells(have Receipt, r Report) bool {
	return have.Kind == r.Kind && have.Reference == r.Reference && have.Says == r.Says
}

// report is Report inside its transaction.
func (s *Service) report(q Queries, by Actor, m Message, r Report) error {
	receipts, err := q.Receipts(m.ID)
	if err != nil || slices.ContainsFunc(receipts, func(have Receipt) bool { return tells(have, r) }) {
		return err
	}
	err = q.InsertReceipt(Receipt{Message: m.ID, Kind: r.Kind, At: s.Now(), Provider: r.Provider, Reference: r.Reference, Says: r.Says})
	if err != nil {
		return err
	}
	if r.Kind == ReceiptStop {
		return s.stopAfter(q, by, m)
	}
	to := reach[r.Kind]
	if !further(m.State, to) {
		return nil
	}
	m.State, m.DueAt, m.Provider, m.Reference, m.Says = to, time.Time{}, r.Provider, cmp.Or(r.Reference, m.Reference), ""
	m.ReportedAt = s.Now()
	if to == MessageFailed {
		m.Says = r.Says
	}
	if err := q.UpdateMessage(m); err != nil {
		return err
	}
	return s.settleMessage(q, m)
}

// ExpireCodes makes an end of codes whose time is over, up to limit, with what
// follows for their contacts, and returns when the next one ends; zero: none is
// out. It is for this installation itself and asks for no role.
func (s *Service) ExpireCodes(ctx context.Context, limit int) (next time.Time, err error) {
	err = s.view(ctx, func(q Queries) (err error) {
		next, err = q.NextCodeEnd()
		return err
	})
	if err != nil || next.IsZero() || next.After(s.Now()) {
		return next, err
	}
	err = s.update(ctx, func(q Queries) error {
		ended, err := q.EndedCodes(s.Now(), limit)
		if err != nil {
			return err
		}
		for _, c := range ended {
			c.Code = c.Code.over()
			if err := errors.Join(q.UpdateCode(c), s.settle(q, c.Alias)); err != nil {
				return err
			}
		}
		next, err = q.NextCodeEnd()
		return err
	})
	return next, err
}
