package contacts

import (
	"context"
	"errors"
	"slices"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// How many channels of one number a reply is for, at most.
const (
	maxReplied = 100
	maxStopped = 1000
)

// HeardReply is what became of a reply, for the log and the metrics.
type HeardReply struct {
	From     string // masked
	Meaning  oncall.ReplyMeaning
	Channels int // how many SMS channels have the number
}

// Reply takes an incoming text message. What it means is decided by oncall.ReadReply. A
// code activates the channel. STOP ends text messages to the number and deactivates its
// SMS channels, and START allows messages again. A refusal is recorded with the channels,
// and activates none. A quotation of our own message changes nothing. It returns the
// answer to send, or "": a number gets at most outbox.MaxAnswers an hour, and none to
// STOP, START and HELP, which the provider answers. A repeated reply changes nothing. The
// caller has verified that the reply comes from the provider.
func (d *Directory) Reply(ctx context.Context, by oncall.Actor, r oncall.Reply) (answer string, err error) {
	if err := d.PermitOn(ctx, by, oncall.AnswerActivation, ""); err != nil {
		return "", err
	}
	heard := HeardReply{From: oncall.MaskedSender(r.From)}
	numbers, read := oncall.SenderNumbers(r.From), oncall.ReadReply(r.Text, r.OptOut)
	known := false
	err = d.store.Update(ctx, func(q Queries) (err error) {
		answer, known, heard.Channels = "", false, 0
		if r.Reference != "" {
			if known, err = d.outbox.SeenCallback(q, "reply", r.From, r.Reference); err != nil || known {
				return err
			}
		}
		if len(numbers) == 0 {
			return nil // not a phone number, for example a short code
		}
		channels, err := d.textChannels(q, numbers, maxReplied)
		if err != nil {
			return err
		}
		heard.Channels = len(channels)
		answer, err = d.reply(q, by, numbers, channels, read)
		return err
	})
	if heard.Meaning = read.Meaning; err == nil && !known && d.onReply != nil {
		d.onReply(heard)
	}
	return answer, err
}

// reply acts on a reply and returns the answer.
func (d *Directory) reply(q Queries, by oncall.Actor, numbers []string, channels []oncall.Channel, read oncall.Reading) (string, error) {
	switch read.Meaning {
	case oncall.ReplyStop:
		return "", d.stop(q, by, numbers, true)
	case oncall.ReplyStart:
		if err := d.stop(q, by, numbers, false); err != nil {
			return "", err
		}
	case oncall.ReplyRefusal:
		return "", d.refuse(q, by, channels, read.WrongNumber)
	case oncall.ReplyHelp, oncall.ReplyQuote, oncall.ReplyOther:
		return "", nil
	case oncall.ReplyCode, oncall.ReplyDigits:
	}
	stopped := read.Meaning != oncall.ReplyStart && slices.ContainsFunc(channels, func(c oncall.Channel) bool { return !c.StoppedAt.IsZero() })
	if len(read.Codes) == 0 || len(channels) == 0 || stopped { // STOP has ended the codes, and answers too
		return "", nil
	}
	answer, err := d.tryAll(q, by, channels, read.Codes)
	if err != nil || answer == "" {
		return "", err
	}
	// The forms of one number are counted together.
	may, err := d.outbox.MayAnswer(q, slices.Min(numbers))
	if err != nil || !may {
		return "", err
	}
	return answer, nil
}

// The automatic answers.
const (
	thanks     = "Thank you: on-call pages reach you here from now on."
	notTheCode = "This code is not right, or no longer good. Ask for a new one."
)

// tryAll compares codes with those of all channels of a number that are not active. All
// codes of one message are one try at each channel. A match for one channel is no try at
// the others. It answers nothing if every channel is active.
func (d *Directory) tryAll(q Queries, by oncall.Actor, channels []oncall.Channel, codes []string) (string, error) {
	var tried []oncall.Channel
	inactive := false
	for _, c := range channels {
		if c.State() == oncall.Active {
			continue
		}
		inactive = true
		if !c.Code.Accepted(d.Now()) {
			continue
		}
		before := c
		if _, err := q.CountCodeTry(c.Alias, c.ID); err != nil {
			return "", err
		}
		right, err := isOneOf(q, c, codes)
		if err != nil {
			return "", err
		}
		if right {
			for _, other := range tried {
				if err := q.UpdateCode(other); err != nil {
					return "", err
				}
			}
			return thanks, d.prove(q, recipientActor(by, c), c)
		}
		tried = append(tried, before)
	}
	for _, c := range tried {
		c.Code.Tries++
		if err := d.recordWrongCode(q, recipientActor(by, c), &c); err != nil {
			return "", err
		}
	}
	if !inactive {
		return "", nil
	}
	return notTheCode, nil
}

// textChannels returns the SMS channels of a line, of any contact.
func (d *Directory) textChannels(q Queries, numbers []string, limit int) ([]oncall.Channel, error) {
	var list []oncall.Channel
	for _, number := range numbers {
		at, err := q.ChannelsAt(number, "", limit)
		if err != nil {
			return nil, err
		}
		list = append(list, slices.DeleteFunc(at, func(c oncall.Channel) bool { return c.Type != oncall.SMS })...)
	}
	return d.WithARNs(list), nil
}

// refuse records with the channels of a number that the person refused. An active channel
// was proved, so a mere no is no news of it.
func (d *Directory) refuse(q Queries, by oncall.Actor, channels []oncall.Channel, wrongNumber bool) error {
	for _, c := range channels {
		if !c.RefusedAt.IsZero() || c.State() == oncall.Active && !wrongNumber {
			continue
		}
		c.RefusedAt = d.Now()
		if err := q.SetObjections(c); err != nil {
			return err
		}
		if err := d.recordReply(q, by, c, "", saidWrongNumber); err != nil {
			return err
		}
	}
	return nil
}

// recordReply puts on record what the person of a channel replied.
func (d *Directory) recordReply(q Queries, by oncall.Actor, c oncall.Channel, before, after string) error {
	return d.Record(q, recipientActor(by, c), oncall.AnswerActivation, c.ARN, oncall.Change(oncall.FieldReply, before, after))
}

// What a person replied, in the audit trail.
const (
	saidStop        = "STOP"
	saidStart       = "START"
	saidWrongNumber = "wrong number"
)

// stop begins or ends that a line gets no text messages, and updates its channels.
func (d *Directory) stop(q Queries, by oncall.Actor, numbers []string, stop bool) error {
	isNew := !stop // START also takes back a refusal
	for _, number := range numbers {
		changed, err := q.Stop(number, stop, d.Now())
		if err != nil {
			return err
		}
		isNew = isNew || changed
	}
	if !isNew {
		return nil
	}
	channels, err := d.textChannels(q, numbers, maxStopped)
	if err != nil {
		return err
	}
	for _, c := range channels {
		switch {
		case stop:
			err = d.applyStop(q, recipientActor(by, c), c)
		case c.Objected():
			err = d.endStop(q, by, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// markStopped writes StoppedAt of a channel that gets an address.
func (d *Directory) markStopped(q Queries, c *oncall.Channel, canonical string) (err error) {
	if c.Type == oncall.SMS {
		c.StoppedAt, err = q.Stopped(canonical)
	}
	return err
}

// applyStop deactivates a channel whose owner replied STOP, and ends its code.
func (d *Directory) applyStop(q Queries, by oncall.Actor, c oncall.Channel) error {
	was := c
	c.StoppedAt = d.Now()
	if err := d.stopMessages(q, c); err != nil {
		return err
	}
	if c.State() != oncall.Active {
		if err := errors.Join(q.SetObjections(c), d.expireCode(q, &c)); err != nil {
			return err
		}
		return d.recordReply(q, by, c, "", saidStop)
	}
	c.ActivatedAt, c.DeactivatedAt, c.UpdatedAt = time.Time{}, d.Now(), d.Now()
	if err := d.save(q, &c); err != nil {
		return err
	}
	return d.Record(q, by, oncall.DeactivateContactChannel, c.ARN, append(oncall.ChannelChanges(was, c), oncall.Change(oncall.FieldReply, "", saidStop))...)
}

// endStop records that the person of a channel wants messages again.
func (d *Directory) endStop(q Queries, by oncall.Actor, c oncall.Channel) error {
	before := saidWrongNumber
	if !c.StoppedAt.IsZero() {
		before = saidStop
	}
	c.StoppedAt, c.RefusedAt = time.Time{}, time.Time{}
	if err := errors.Join(q.SetObjections(c), d.unmarkStopped(q, c)); err != nil {
		return err
	}
	return d.recordReply(q, by, c, before, saidStart)
}

// stopMessages records the STOP on the message that carried the code of a channel, and on
// waiting messages.
func (d *Directory) stopMessages(q Queries, c oncall.Channel) error {
	messages, err := q.MessagesOf(c.Alias, c.ID, maxHistory)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if m.ID != c.Code.Message && m.State != oncall.MessageWaiting {
			continue
		}
		if err := d.stopReceipt(q, m); err != nil {
			return err
		}
		m.End(oncall.MessageFailed, oncall.RepliedStop)
		m.ReportedAt = d.Now()
		if err := q.UpdateMessage(m); err != nil {
			return err
		}
	}
	return nil
}

// unmarkStopped records that the person wants messages again.
func (d *Directory) unmarkStopped(q Queries, c oncall.Channel) error {
	if c.Code.Reason != oncall.RepliedStop {
		return nil
	}
	m, err := q.Message(c.Code.Message)
	if err != nil {
		return access.IgnoreMissing(err)
	}
	m.Reason, m.FailureReason = oncall.RepliedStart, oncall.RepliedStart.Words()
	return q.UpdateMessage(m)
}

// stopReceipt adds a STOP receipt to a message, unless the provider reported it already.
func (d *Directory) stopReceipt(q Queries, m oncall.Message) error {
	receipts, err := q.Receipts(m.ID)
	if err != nil || slices.ContainsFunc(receipts, func(r oncall.Receipt) bool { return r.Kind == oncall.ReceiptStop }) {
		return err
	}
	return q.InsertReceipt(oncall.Receipt{Message: m.ID, Kind: oncall.ReceiptStop, At: d.Now(), Provider: m.Provider, Reference: m.Reference, Detail: oncall.RepliedStop.Words()})
}

// CallAnswer is what became of the keys that were pressed in a call.
type CallAnswer int

// The answers.
const (
	CallIgnored  CallAnswer = iota // the keys mean nothing
	CallAccepted                   // the channel is active
	CallWrong                      // the keys are a code, but not the one of the call
	CallOver                       // the code of the call is no longer good
)

// AcceptCall activates a channel by the keys pressed during the call of a message: 1, or
// the code. A wrong code is a try, as in ActivateChannel.
func (d *Directory) AcceptCall(ctx context.Context, by oncall.Actor, message, keys string) (CallAnswer, error) {
	if err := d.PermitOn(ctx, by, oncall.AnswerActivation, ""); err != nil {
		return CallIgnored, err
	}
	read, yes := oncall.ReadReply(keys, ""), oncall.PressedYes(keys)
	if !yes && read.Meaning != oncall.ReplyCode {
		return CallIgnored, nil
	}
	answer := CallOver
	err := d.store.Update(ctx, func(q Queries) error {
		answer = CallOver
		c, err := d.calledChannel(q, message)
		if err != nil || c.ID == "" {
			return err
		}
		if c.State() == oncall.Active {
			answer = CallAccepted
			return nil
		}
		if !c.Code.Accepted(d.Now()) {
			return nil
		}
		by := recipientActor(by, c)
		if !yes {
			if right, err := d.try(q, by, &c, read.Codes); err != nil || !right {
				answer = CallWrong
				return err
			}
		}
		answer = CallAccepted
		return d.prove(q, by, c)
	})
	if err != nil {
		return CallIgnored, err
	}
	return answer, nil
}

// calledChannel returns the channel whose newest code a call reads out; the zero Channel:
// there is none.
func (d *Directory) calledChannel(q Queries, message string) (oncall.Channel, error) {
	m, err := q.Message(message)
	if err != nil || m.Type != oncall.Voice || m.Channel == "" {
		return oncall.Channel{}, access.IgnoreMissing(err)
	}
	c, err := q.Channel(m.Alias, m.Channel)
	if err != nil || c.Code.Message != message {
		return oncall.Channel{}, access.IgnoreMissing(err)
	}
	c.ARN = d.Scope().Channel(c.Alias, c.ID)
	return c, nil
}
