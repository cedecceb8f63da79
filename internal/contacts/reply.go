package contacts

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// The words by which people stop and resume text messages, as agreed by carriers
// (https://www.ctia.org/the-wireless-industry/industry-commitments/messaging-interoperability-sms-mms).
var (
	stopWords  = []string{"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
	startWords = []string{"START", "UNSTOP"}
)

var sixDigits = regexp.MustCompile(`(?:^|\D)(\d{3}[ \-]?\d{3})(?:\D|$)`)

// How many channels of one number a reply is for, at most.
const (
	maxReplied = 100
	maxStopped = 1000
)

// Reply takes an incoming text message. A code activates the channel. STOP ends text
// messages to the number and deactivates its SMS channels, and START allows messages
// again. It returns the answer to send, or "". A repeated reply changes nothing. The
// caller has verified that the reply comes from the provider.
func (d *Directory) Reply(ctx context.Context, by oncall.Actor, r oncall.Reply) (answer string, err error) {
	if err := d.PermitOn(ctx, by, oncall.AnswerActivation, ""); err != nil {
		return "", err
	}
	e := oncall.AddressInput{Type: oncall.SMS, Text: r.From, AllowCostly: true}
	address, refusal := e.Parse()
	if refusal != nil {
		return "", nil // not a phone number, for example a short code
	}
	err = d.store.Update(ctx, func(q Queries) error {
		answer = ""
		if r.Reference != "" {
			known, err := d.outbox.SeenCallback(q, "reply", r.From, r.Reference)
			if err != nil || known {
				return err
			}
		}
		var err error
		answer, err = d.reply(q, by, address.Canonical, r.Text)
		return err
	})
	return answer, err
}

// replyMeaning is the meaning of a reply: one of these, or none.
type replyMeaning struct {
	stop, start bool
	digits      string // of a code
}

func readReply(text string) replyMeaning {
	word := strings.ToUpper(strings.Trim(text, " \t\r\n.!\""))
	switch {
	case slices.Contains(stopWords, word):
		return replyMeaning{stop: true}
	case slices.Contains(startWords, word):
		return replyMeaning{start: true}
	}
	if found := sixDigits.FindStringSubmatch(text); found != nil {
		digits, _ := oncall.ParseCode(found[1])
		return replyMeaning{digits: digits}
	}
	return replyMeaning{}
}

func (d *Directory) reply(q Queries, by oncall.Actor, number, text string) (string, error) {
	meaning := readReply(text)
	if meaning.stop || meaning.start {
		return "", d.stop(q, by, number, meaning.stop)
	}
	if meaning.digits == "" {
		return "", nil
	}
	channels, err := d.textChannels(q, number, maxReplied)
	if err != nil || len(channels) == 0 {
		return "", err
	}
	return d.tryAll(q, by, channels, meaning.digits)
}

const thanks = "Thank you: on-call pages reach you here from now on."

// tryAll compares digits with the codes of all channels of a number. A match for one
// channel is no try at the others.
func (d *Directory) tryAll(q Queries, by oncall.Actor, channels []oncall.Channel, digits string) (string, error) {
	var tried []oncall.Channel
	for _, c := range channels {
		if !c.Code.Accepted(d.Now()) || c.State() == oncall.Active {
			continue
		}
		before := c
		if _, err := q.CountCodeTry(c.Alias, c.ID); err != nil {
			return "", err
		}
		right, err := q.CodeIs(c, digits)
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
	if len(tried) == 0 && slices.ContainsFunc(channels, func(c oncall.Channel) bool { return c.State() == oncall.Active }) {
		return thanks, nil // the code was sent twice
	}
	return "This code is not right, or no longer good. Ask for a new one.", nil
}

// textChannels returns the SMS channels of a number, of any contact.
func (d *Directory) textChannels(q Queries, number string, most int) ([]oncall.Channel, error) {
	all, err := q.ChannelsAt(number, "", most)
	return d.WithARNs(slices.DeleteFunc(all, func(c oncall.Channel) bool { return c.Type != oncall.SMS })), err
}

// stop begins or ends that a number gets no text messages, and updates its channels.
func (d *Directory) stop(q Queries, by oncall.Actor, number string, stop bool) error {
	isNew, err := q.Stop(number, stop, d.Now())
	if err != nil || !isNew {
		return err
	}
	channels, err := d.textChannels(q, number, maxStopped)
	if err != nil {
		return err
	}
	for _, c := range channels {
		if !stop {
			if err := d.unmarkStopped(q, c); err != nil {
				return err
			}
			continue
		}
		if err := d.applyStop(q, recipientActor(by, c), c); err != nil {
			return err
		}
	}
	return nil
}

// applyStop deactivates a channel whose owner replied STOP, and ends its code.
func (d *Directory) applyStop(q Queries, by oncall.Actor, c oncall.Channel) error {
	was := c
	if err := d.markStopped(q, c); err != nil {
		return err
	}
	if c.State() != oncall.Active {
		return d.expireCode(q, &c)
	}
	c.ActivatedAt, c.DeactivatedAt, c.UpdatedAt = time.Time{}, d.Now(), d.Now()
	if err := d.save(q, &c); err != nil {
		return err
	}
	return d.Record(q, by, oncall.DeactivateContactChannel, c.ARN, oncall.ChannelChanges(was, c)...)
}

// markStopped records the STOP on the message that carried the code of a channel, and on
// waiting messages.
func (d *Directory) markStopped(q Queries, c oncall.Channel) error {
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

// AcceptCall activates a channel by a key pressed during the call of a message. It
// reports false if the code of that call is no longer valid.
func (d *Directory) AcceptCall(ctx context.Context, by oncall.Actor, message string) (accepted bool, err error) {
	if err := d.PermitOn(ctx, by, oncall.AnswerActivation, ""); err != nil {
		return false, err
	}
	err = d.store.Update(ctx, func(q Queries) error {
		accepted = false
		m, err := q.Message(message)
		if err != nil || m.Type != oncall.Voice || m.Channel == "" {
			return access.IgnoreMissing(err)
		}
		c, err := q.Channel(m.Alias, m.Channel)
		if errors.Is(err, oncall.ErrMissing) || err == nil && c.Code.Message != message {
			return nil
		}
		if err != nil {
			return err
		}
		if accepted = c.State() == oncall.Active; accepted || !c.Code.Accepted(d.Now()) {
			return nil
		}
		accepted, c.ARN = true, d.Scope().Channel(c.Alias, c.ID)
		return d.prove(q, recipientActor(by, c), c)
	})
	return accepted && err == nil, err
}
