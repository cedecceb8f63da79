package oncall

import (
	"strings"
	"time"
)

// How long a code is good.
const (
	CodeTTL      = 15 * time.Minute
	EmailCodeTTL = time.Hour
)

// MaxTries is how many codes are compared with one that is out.
const MaxTries = 5

// Code is what is known of the last activation code that was made for a channel.
// The zero Code: none was.
type Code struct {
	AskedAt       time.Time // when it was made
	AskedBy       string    // name of who asked for it
	EndsAt        time.Time
	Good          bool   // it was neither used nor replaced, and tries are left
	Tries         int    // how many codes were compared with it
	Sends         int    // how many were made, one soon after the other
	Message       string // id of the message it went out in; "": none since the channel last changed
	MessageState  MessageState
	Reason        MessageReason // why it was not sent or has failed
	FailureReason string        // the same in words

	Digits string // in the clear where it is about to be stored; else empty
	Link   string // key of the link's token, likewise
}

// CodeState says where the last code of a channel is.
type CodeState string

// Where a code can be.
const (
	NoCode        CodeState = "none"       // none was made since the channel last changed
	CodeOnItsWay  CodeState = "on_its_way" // no provider has taken it yet
	CodeSent      CodeState = "sent"
	CodeDelivered CodeState = "delivered"
	CodeExpired   CodeState = "expired"
	CodeBurnt     CodeState = "burnt"   // all tries were used
	CodeFailed    CodeState = "failed"  // it could not be sent or delivered: Says
	CodeRefused   CodeState = "refused" // it was not sent, because of a limit: Says
)

// State returns where the code is at a time.
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
	case !c.Good || !now.Before(c.EndsAt):
		return CodeExpired
	case c.MessageState == MessageWaiting:
		return CodeOnItsWay
	case c.MessageState == MessageSent:
		return CodeSent
	}
	return CodeDelivered
}

// Out reports whether a code is on its way to somebody who can still enter it.
func (c Code) Out(now time.Time) bool {
	switch c.State(now) {
	case CodeOnItsWay, CodeSent, CodeDelivered:
		return true
	}
	return false
}

// Accepted reports whether a code can be entered: one that is said to have
// failed may have arrived all the same.
func (c Code) Accepted(now time.Time) bool {
	return c.Good && c.Tries < MaxTries && now.Before(c.EndsAt)
}

// CodeTTLOf returns how long a code for a type of channel is good.
func CodeTTLOf(t ChannelType) time.Duration {
	if t == Email {
		return EmailCodeTTL
	}
	return CodeTTL
}

// ParseCode returns the six digits of what somebody typed or pasted.
func ParseCode(text string) (digits string, ok bool) {
	digits = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '-' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, text)
	return digits, len(digits) == 6 && strings.Trim(digits, "0123456789") == ""
}

// The wait before another code may be asked for: it doubles with each one that
// was asked for soon after the other.
const (
	firstCoolDown = time.Minute
	maxCoolDown   = 15 * time.Minute
	coolDownReset = 24 * time.Hour
)

// Reached reports whether a provider took the message with the code.
func (c Code) Reached() bool {
	return c.MessageState == MessageSent || c.MessageState == MessageDelivered || c.MessageState == MessageRead
}

// Wait returns how long it is until the next code may be asked for; 0: it may be now.
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

// Next is the code that comes after this one, made at a time.
func (c Code) Next(now time.Time) Code {
	next := Code{AskedAt: now, Sends: 1}
	if now.Sub(c.AskedAt) < coolDownReset {
		next.Sends = c.Sends + 1
	}
	return next
}

// Ended is a code that nobody can enter any more. What is known of it stays.
func (c Code) Ended() Code {
	c.Good = false
	return c
}
