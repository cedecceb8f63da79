package oncall

import (
	"time"
)

// How long a code is good. By email it takes longer to arrive.
const (
	CodeTTL      = 15 * time.Minute
	EmailCodeTTL = time.Hour
)

// MaxTries is how many wrong codes may be entered before a code expires.
const MaxTries = 5

// Code is the newest activation code of a channel. It is zero if no code was made.
type Code struct {
	AskedAt       time.Time // when it was made
	AskedBy       string    // name of the actor who requested it
	EndsAt        time.Time
	Unused        bool   // neither entered nor replaced, and tries are left
	Tries         int    // how often a code was entered
	Sends         int    // how many codes were requested in a row; see Wait
	Message       string // id of the message with the code; "" if none since the channel last changed
	MessageState  MessageState
	Reason        MessageReason // why it was not sent or failed
	FailureReason string        // the reason in words

	Digits string // in the clear while it is being stored; otherwise empty
	Link   string // key of the link's token, likewise
}

// CodeState says what became of the newest code of a channel.
type CodeState string

// The states of a code.
const (
	NoCode        CodeState = "none"       // none was made since the channel last changed
	CodeOnItsWay  CodeState = "on_its_way" // no provider has accepted it yet
	CodeSent      CodeState = "sent"
	CodeDelivered CodeState = "delivered"
	CodeExpired   CodeState = "expired"
	CodeBurnt     CodeState = "burnt"   // all tries were used
	CodeFailed    CodeState = "failed"  // it could not be sent or delivered; see FailureReason
	CodeRefused   CodeState = "refused" // a limit kept it from being sent; see FailureReason
)

// State returns the state of the code at a time.
func (c Code) State(now time.Time) CodeState {
	switch {
	case c.Message == "":
		return NoCode
	case c.MessageState == MessageRefused:
		return CodeRefused
	case c.MessageState == MessageFailed:
		return CodeFailed
	case c.Tries >= MaxTries:
		return CodeBurnt
	case !c.Unused || !now.Before(c.EndsAt):
		return CodeExpired
	case c.MessageState == MessageWaiting:
		return CodeOnItsWay
	case c.MessageState == MessageSent:
		return CodeSent
	}
	return CodeDelivered
}

// Out reports whether the code was sent, or soon is, and can still be entered.
func (c Code) Out(now time.Time) bool {
	switch c.State(now) {
	case CodeOnItsWay, CodeSent, CodeDelivered:
		return true
	}
	return false
}

// Accepted reports whether the code can be entered. A code whose message failed counts
// too, because it may have arrived all the same.
func (c Code) Accepted(now time.Time) bool {
	return c.Unused && c.Tries < MaxTries && now.Before(c.EndsAt)
}

// CodeTTLOf returns how long a code for a type of channel is good.
func CodeTTLOf(t ChannelType) time.Duration {
	if t == Email {
		return EmailCodeTTL
	}
	return CodeTTL
}

// The wait before the next code may be requested. It doubles with each request, until
// none came for coolDownReset.
const (
	firstCoolDown = time.Minute
	maxCoolDown   = 15 * time.Minute
	coolDownReset = 24 * time.Hour
)

// Reached reports whether a provider accepted the message with the code.
func (c Code) Reached() bool {
	return c.MessageState == MessageSent || c.MessageState == MessageDelivered || c.MessageState == MessageRead
}

// Wait returns the time until the next code may be requested, or 0.
func (c Code) Wait(now time.Time) time.Duration {
	if c.AskedAt.IsZero() || c.Sends == 0 {
		return 0
	}
	wait := maxCoolDown
	if c.Sends < 6 { // 2⁵ minutes are more than 15
		wait = min(wait, firstCoolDown<<(c.Sends-1))
	}
	return max(0, wait-Elapsed(c.AskedAt, now))
}

// Next returns the code that replaces this one, made at a time.
func (c Code) Next(now time.Time) Code {
	next := Code{AskedAt: now, Sends: 1}
	if now.Sub(c.AskedAt) < coolDownReset {
		next.Sends = c.Sends + 1
	}
	return next
}

// Ended returns the code with Unused unset, so that it cannot be entered any more.
func (c Code) Ended() Code {
	c.Unused = false
	return c
}
