package oncall

import (
	"cmp"
	"context"
	"time"
)

// wrongCode is the one answer for every code that does not activate: a wrong one,
// one that was used, replaced, burnt or has expired, and one that never was.
func wrongCode() *Error {
	return invalid(FieldError{Field: FieldCode, Reason: WrongCode,
		Message: "This code is not right, or no longer good: check the newest message, or send a new code."})
}

// SendActivationCode makes a new code for a channel and sends it to its address;
// the one before is dead. It fails as Channel does, with Invalid for a channel
// that is active, and with Limited: TooSoon after a code that was just made, and
// Quota when the address, its range or the installation has had as many as it
// may.
func (s *Service) SendActivationCode(ctx context.Context, by Actor, arn ARN) error {
	if err := s.admit(ctx, by, SendActivationCode, FieldChannel, arn); err != nil {
		return err
	}
	var t ChannelType
	err := s.update(ctx, func(q Queries) error {
		c, err := s.channel(q, arn)
		if err != nil {
			return err
		}
		t = c.Type
		return s.resend(q, by, c, s.Now())
	})
	s.nudge(err, ActivationClass, t)
	return err
}

// resend is SendActivationCode inside its transaction.
func (s *Service) resend(q Queries, by Actor, c Channel, now time.Time) error {
	if c.State() == Active {
		return invalid(FieldError{Field: FieldChannel, Reason: Unfitting, Message: "This channel is active: it needs no code."})
	}
	if wait := c.Code.Wait(now); wait > 0 {
		return &Error{Kind: Limited, Reason: TooSoon, RetryAfter: wait,
			Message: "A code was sent a moment ago: look for it first. Another one can be sent in " + inWords(wait) + "."}
	}
	address, err := q.Address(c.Alias, c.ID)
	if err != nil {
		return err
	}
	// The settings may allow less than they did when the address was entered.
	if _, refusal := s.rules.input(API, c.Type, address.Destination(), "").parse(); refusal != nil {
		refusal.Field = FieldChannel
		return invalid(*refusal)
	}
	contact, err := q.Contact(c.Alias)
	if err != nil {
		return err
	}
	was := c
	m, short, err := s.draft(q, by, &c, address.Canonical, contact.Name(), now)
	switch {
	case err != nil:
		return err
	case short != nil:
		return short.refusal(now)
	}
	c.DeferredAt = time.Time{}
	m.Content.To = address.Destination()
	if err := s.replaceCode(q, was, c, m, address.Canonical); err != nil {
		return err
	}
	return s.record(q, by, SendActivationCode, c.ARN, changesOf(was, c)...)
}

// draft makes a new code for a channel, and the message that takes it there, as
// far as limits let it: else the message says why there is none, and the channel
// has no code. Nothing is stored yet.
func (s *Service) draft(q Queries, by Actor, c *Channel, canonical, name string, now time.Time) (Message, *shortage, error) {
	m := Message{ID: s.newID(), Class: ActivationClass, Kind: CodeMessage, Type: c.Type, Alias: c.Alias, Channel: c.ID,
		SetAt: now, CreatedAt: now, ForgetAt: now.Add(historyKeep)}
	short, err := s.shortage(q, c.Type, canonical, now)
	if err != nil {
		return m, nil, err
	}
	if short != nil {
		m.State, m.EndsAt, m.Says = MessageRefused, now, short.says
		c.Code = Code{AskedAt: c.Code.AskedAt, Sends: c.Code.Sends, EndsAt: now, Message: m.ID, State: m.State, Says: m.Says}
		return m, short, nil
	}
	token, keep := newToken(), codeKeep(c.Type)
	c.Code = c.Code.following(now)
	c.Code.AskedBy = by.Name
	c.Code.EndsAt, c.Code.Good, c.Code.Message, c.Code.State = now.Add(keep), true, m.ID, MessageWaiting
	c.Code.Digits, c.Code.Link = s.newCode(), string(keyOf(token))
	m.State, m.DueAt, m.EndsAt = MessageWaiting, now, c.Code.EndsAt
	m.Content = Content{Name: name, Asked: by.Name, Channel: c.Name, Code: c.Code.Digits, Token: token, GoodFor: keep}
	return m, nil, nil
}

// replaceCode stores a code in the place of the one before, whose message leaves
// the outbox, and what follows for the contact.
func (s *Service) replaceCode(q Queries, was, c Channel, m Message, canonical string) error {
	if err := dropMessage(q, was.Code); err != nil {
		return err
	}
	if err := q.SetCode(c); err != nil {
		return err
	}
	if err := s.post(q, m, canonical); err != nil {
		return err
	}
	return s.settle(q, c.Alias)
}

// ActivateChannel proves a channel by the code that was sent through it. On a
// channel that is active it changes nothing and succeeds. It fails as Channel
// does, and with Invalid, always in the same words, for every code that is not
// good; a wrong one counts before it is compared, and the fifth ends the code.
func (s *Service) ActivateChannel(ctx context.Context, by Actor, arn ARN, code string) error {
	if err := s.admit(ctx, by, ActivateContactChannel, FieldChannel, arn); err != nil {
		return err
	}
	digits, ok := parseCode(code)
	var refused error
	err := s.update(ctx, func(q Queries) error {
		refused = nil
		c, err := s.channel(q, arn)
		if err != nil || c.State() == Active {
			return err
		}
		if !ok {
			refused = wrongCode()
			return nil
		}
		right, err := s.try(q, by, &c, digits)
		if err != nil {
			return err
		}
		if !right {
			refused = wrongCode()
			return nil
		}
		return s.prove(q, by, c)
	})
	return cmp.Or(err, refused)
}

// try compares digits with the code of a channel, as often as it may be: the try
// is counted before. A wrong one is on record.
func (s *Service) try(q Queries, by Actor, c *Channel, digits string) (right bool, err error) {
	if !c.Code.Accepted(s.Now()) {
		return false, nil
	}
	if c.Code.Tries, err = q.CountCodeTry(c.Alias, c.ID); err != nil {
		return false, err
	}
	if right, err = q.CodeIs(*c, digits); err != nil || right {
		return right, err
	}
	return false, s.missed(q, by, c)
}

// missed is what follows from a wrong code.
func (s *Service) missed(q Queries, by Actor, c *Channel) error {
	if c.Code.Tries >= MostTries {
		if err := s.burn(q, c); err != nil {
			return err
		}
	}
	return q.Record(s.entryOf(by, ActivateContactChannel, Refused, c.ARN, nil))
}

// burn makes an end of a code that may be compared no more, with what follows for
// the contact.
func (s *Service) burn(q Queries, c *Channel) error {
	if err := dropMessage(q, c.Code); err != nil {
		return err
	}
	c.Code = c.Code.over()
	if err := q.UpdateCode(*c); err != nil {
		return err
	}
	return s.settle(q, c.Alias)
}

// prove makes a channel active, by a code that came back.
func (s *Service) prove(q Queries, by Actor, c Channel) error {
	was := c
	c.ActivatedAt, c.DeferredAt, c.DeactivatedAt, c.UpdatedAt = s.Now(), time.Time{}, time.Time{}, s.Now()
	if err := s.endCode(q, &c); err != nil {
		return err
	}
	if err := s.save(q, &c); err != nil {
		return err
	}
	return s.record(q, by, ActivateContactChannel, c.ARN, changesOf(was, c)...)
}

// endCode makes an end of the code of a channel; the next one can be asked for at
// once.
func (s *Service) endCode(q Queries, c *Channel) error {
	if err := dropMessage(q, c.Code); err != nil {
		return err
	}
	c.Code = c.Code.over()
	c.Code.Sends = 0
	return q.UpdateCode(*c)
}

// nudgeAll is nudge for what may concern every type.
func (s *Service) nudgeAll(err error) {
	for _, t := range ChannelTypes() {
		s.nudge(err, ActivationClass, t)
	}
}
