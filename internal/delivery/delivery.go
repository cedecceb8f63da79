// Package delivery sends the messages of the outbox. A Worker claims due messages and hands
// each to the Deliverer of its channel type, which knows one provider. A Writer puts them
// into words. The package hides providers, and decides when a message is tried again. The
// outbox records what became of it.
package delivery

import (
	"context"
	"regexp"
	"strings"
	"time"
	"unicode"

	"callbook/internal/oncall"
)

// Deliverer sends messages by one provider. It is safe for concurrent use.
type Deliverer interface {
	// Name is the provider in words, such as "SMTP".
	Name() string
	// Deliver hands a message to the provider, and returns the reference by which
	// the provider knows it. It fails with a *Failure, or with the error of ctx. A
	// message whose Deliver fails may have been accepted all the same, because
	// sending is at least once.
	Deliver(ctx context.Context, m oncall.Message) (reference string, err error)
}

// Failure is the reason why a provider did not accept a message.
type Failure struct {
	// Detail is shown to managers. It holds no address, no code and no password.
	Detail     string
	Stopped    bool          // the person does not want text messages
	Permanent  bool          // another attempt would fail too
	RetryAfter time.Duration // how long the provider asks to wait; 0: it does not ask
	Cause      error         // may be nil; not shown, and not logged
}

// Error returns the detail.
func (f *Failure) Error() string { return f.Detail }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// maxDetailLen is how much of a provider's own words is kept.
const maxDetailLen = 200

// digitsRun is what may be a number or a code, also one that is spelled out.
var digitsRun = regexp.MustCompile(`\+?(?:\d[^\p{L}\d]{0,2}){5,}\d`)

// urlLike is what may be a link: who holds it needs no code.
var urlLike = regexp.MustCompile(`(?i)[a-z][a-z0-9+.\-]*://\S+`)

// tokenLike is what may be part of a link without its beginning.
var tokenLike = regexp.MustCompile(`[A-Za-z0-9_-]{24,}`)

// addressLike is what may be an email address.
var addressLike = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)

// plainWords makes a provider's words fit to be shown: one line, not too long,
// without what may be an address, a link or a code.
func plainWords(text string) string {
	text = strings.Map(dropUnseen, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	text = urlLike.ReplaceAllString(text, "•••")
	text = tokenLike.ReplaceAllString(text, "•••")
	text = addressLike.ReplaceAllString(text, "•••")
	text = digitsRun.ReplaceAllString(text, "•••")
	return cutTo(text, maxDetailLen)
}

// cutTo cuts a text to a number of characters, and shows that it did.
func cutTo(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// maxReferenceLen is how much of a provider's reference is kept.
const maxReferenceLen = 128

// referenceOf is the reference that a provider gave a message, or the message's own
// id where it gave none that is fit to be kept: one in print, and without what the
// message holds.
func referenceOf(said string, m oncall.Message) string {
	secret := func(text string) bool { return text != "" && strings.Contains(said, text) }
	switch {
	case said == "", len(said) > maxReferenceLen, strings.ContainsFunc(said, func(r rune) bool { return r < ' ' || r > '~' }),
		secret(strings.TrimPrefix(m.Content.To, "+")), secret(m.Content.Code), secret(m.Content.Token):
		return m.ID
	}
	return said
}

// dropUnseen drops what is not seen, or turns what follows it around. Of spaces
// and line breaks it makes plain spaces.
func dropUnseen(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.IsPrint(r):
		return r
	}
	return -1
}
