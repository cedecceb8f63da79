package oncall

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The words by which people end and begin again what is sent to them, as carriers
// have agreed (https://www.ctia.org/the-wireless-industry/industry-commitments/messaging-interoperability-sms-mms).
var (
	stopWords  = []string{"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
	startWords = []string{"START", "UNSTOP"}
)

var sixDigits = regexp.MustCompile(`(?:^|\D)(\d{3}[ \-]?\d{3})(?:\D|$)`)

// How many channels of one number a code that came back is compared with, and a
// STOP is for, at most.
const (
	mostReplied = 100
	mostStopped = 1000
)

// Reply takes what a person sent back to a text message: the code, which
// activates; STOP, after which no text message is sent to the number and no SMS
// channel of it is active; START, which lets messages out again. It returns what to
// answer; "": nothing. A reply that was heard before changes nothing. Whoever
// calls it has made sure that it is the provider who speaks.
func (s *Service) Reply(ctx context.Context, by Actor, r Reply) (answer string, err error) {
	if err := s.permit(ctx, by, AnswerActivation, ""); err != nil {
		return "", err
	}
	e := entry{channel: SMS, text: r.From, costly: true}
	address, refusal := e.parse()
	if refusal != nil {
		return "", nil // nobody's number, such as a short code
	}
	err = s.update(ctx, func(q Queries) error {
		answer = ""
		if r.Reference != "" {
			known, err := s.heard(q, "reply", r.From, r.Reference)
			if err != nil || known {
				return err
			}
		}
		var err error
		answer, err = s.reply(q, by, address.Canonical, r.Text)
		return err
	})
	return answer, err
}

// said is what a text message from somebody means: one of it, or nothing.
type said struct {
	stop, start bool
	digits      string // of a code
}

func readReply(text string) said {
	word := strings.ToUpper(strings.Trim(text, " \t\r\n.!\""))
	switch {
	case slices.Contains(stopWords, word):
		return said{stop: true}
	case slices.Contains(startWords, word):
		return said{start: true}
	}
	if found := sixDigits.FindStringSubmatch(text); found != nil {
		digits, _ := parseCode(found[1])
		return said{digits: digits}
	}
	return said{}
}

func (s *Service) reply(q Queries, by Actor, number, text string) (string, error) {
	says := readReply(text)
	if says.stop || says.start {
		return "", s.stop(q, by, number, says.stop)
	}
	if says.digits == "" {
		return "", nil
	}
	channels, err := s.textChannels(q, number, mostReplied)
	if err != nil || len(channels) == 0 {
		return "", err
	}
	return s.tryAll(q, by, channels, says.digits)
}

const thanks = "Thank you: on-call pages reach you here from now on."

// tryAll compares digits with the codes of all channels of a number. What is right
// for one was no try at the others.
func (s *Service) tryAll(q Queries, by Actor, channels []Channel, digits string) (string, error) {
	var tried []Channel
	for _, c := range channels {
		if !c.Code.Accepted(s.Now()) || c.State() == Active {
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
			return thanks, s.prove(q, thePerson(by, c), c)
		}
		tried = append(tried, before)
	}
	for _, c := range tried {
		c.Code.Tries++
		if err := s.missed(q, thePerson(by, c), &c); err != nil {
			return "", err
		}
	}
	if len(tried) == 0 && slices.ContainsFunc(channels, func(c Channel) bool { return c.State() == Active }) {
		return thanks, nil // it was typed twice
	}
	return "This code is not right, or no longer good. Ask for a new one.", nil
}

// textChannels returns the channels for text messages to a number, whosever they
// are.
func (s *Service) textChannels(q Queries, number string, most int) ([]Channel, error) {
	all, err := q.ChannelsAt(number, "", most)
	return s.named(slices.DeleteFunc(all, func(c Channel) bool { return c.Type != SMS })), err
}

// stop begins or ends that nothing is sent to a number, with what follows.
func (s *Service) stop(q Queries, by Actor, number string, stop bool) error {
	isNew, err := q.Stop(number, stop, s.Now())
	if err != nil || !isNew {
		return err
	}
	channels, err := s.textChannels(q, number, mostStopped)
	if err != nil {
		return err
	}
	for _, c := range channels {
		if !stop {
			if err := s.unmarkStopped(q, c); err != nil {
				return err
			}
			continue
		}
		if err := s.silence(q, thePerson(by, c), c); err != nil {
			return err
		}
	}
	return nil
}

// silence makes an end of what a channel was good for, because the person said
// STOP.
func (s *Service) silence(q Queries, by Actor, c Channel) error {
	was := c
	if err := s.markStopped(q, c); err != nil {
		return err
	}
	if c.State() != Active {
		return s.burn(q, &c)
	}
	c.ActivatedAt, c.DeactivatedAt, c.UpdatedAt = time.Time{}, s.Now(), s.Now()
	if err := s.save(q, &c); err != nil {
		return err
	}
	return s.record(q, by, DeactivateContactChannel, c.ARN, changesOf(was, c)...)
}

// markStopped says so on the message that a channel's code went out in, and on
// what waits to be sent through it.
func (s *Service) markStopped(q Queries, c Channel) error {
	messages, err := q.MessagesOf(c.Alias, c.ID, mostSent)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if m.ID != c.Code.Message && m.State != MessageWaiting {
			continue
		}
		if err := s.stopReceipt(q, m); err != nil {
			return err
		}
		m.State, m.DueAt, m.Says, m.ReportedAt = MessageFailed, time.Time{}, saysStopped, s.Now()
		if err := q.UpdateMessage(m); err != nil {
			return err
		}
	}
	return nil
}

// unmarkStopped says that a person wants messages again.
func (s *Service) unmarkStopped(q Queries, c Channel) error {
	if c.Code.Says != saysStopped {
		return nil
	}
	m, err := q.Message(c.Code.Message)
	if err != nil {
		return missingIsFine(err)
	}
	m.Says = "the person replied STOP, and START since: send a new code"
	return q.UpdateMessage(m)
}

// stopReceipt leaves a STOP on a message, unless its provider has told it already.
func (s *Service) stopReceipt(q Queries, m Message) error {
	receipts, err := q.Receipts(m.ID)
	if err != nil || slices.ContainsFunc(receipts, func(r Receipt) bool { return r.Kind == ReceiptStop }) {
		return err
	}
	return q.InsertReceipt(Receipt{Message: m.ID, Kind: ReceiptStop, At: s.Now(), Provider: m.Provider, Reference: m.Reference, Says: saysStopped})
}

// stopAfter is the STOP that a provider reports for a message instead of handing
// on the reply.
func (s *Service) stopAfter(q Queries, by Actor, m Message) error {
	if m.Channel == "" || m.Type != SMS {
		return nil
	}
	address, err := q.Address(m.Alias, m.Channel)
	if err != nil {
		return missingIsFine(err)
	}
	return s.stop(q, by, address.Canonical, true)
}

// AcceptCall proves a channel by the key that was pressed during the call of a
// message. It reports false when the code of that call is no longer good.
func (s *Service) AcceptCall(ctx context.Context, by Actor, message string) (accepted bool, err error) {
	if err := s.permit(ctx, by, AnswerActivation, ""); err != nil {
		return false, err
	}
	err = s.update(ctx, func(q Queries) error {
		accepted = false
		m, err := q.Message(message)
		if err != nil || m.Type != Voice || m.Channel == "" {
			return missingIsFine(err)
		}
		c, err := q.Channel(m.Alias, m.Channel)
		if errors.Is(err, ErrMissing) || err == nil && c.Code.Message != message {
			return nil
		}
		if err != nil {
			return err
		}
		if accepted = c.State() == Active; accepted || !c.Code.Accepted(s.Now()) {
			return nil
		}
		accepted, c.ARN = true, s.scope.Channel(c.Alias, c.ID)
		return s.prove(q, thePerson(by, c), c)
	})
	return accepted && err == nil, err
}
