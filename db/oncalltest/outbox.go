package oncalltest

import (
	"callbook/db"

	"errors"
	"testing"
	"time"

	"callbook/internal/oncall"
)

// errLooked undoes what looking into the outbox has changed.
var errLooked = errors.New("only looked")

// WaitingMessages returns the messages that wait to be sent, with what they say, as a
// dispatcher will get them. They wait on.
func (w *World) WaitingMessages(t testing.TB) []oncall.Message {
	t.Helper()
	var all []oncall.Message
	err := w.Store.Update(t.Context(), func(q db.Queries) error {
		all = nil
		for _, c := range oncall.Queues() {
			for _, of := range oncall.ChannelTypes() {
				some, err := q.ClaimMessages(c, of, w.Now().Add(1000*time.Hour), w.Now(), 10_000)
				if err != nil {
					return err
				}
				all = append(all, some...)
			}
		}
		return errLooked
	})
	if !errors.Is(err, errLooked) {
		t.Fatal(err)
	}
	return all
}

// CodeMessage returns the message that takes a channel its code; the zero
// Message: none waits.
func (w *World) CodeMessage(t testing.TB, channel oncall.ARN) oncall.Message {
	t.Helper()
	for _, m := range w.WaitingMessages(t) {
		if m.Kind == oncall.CodeMessage && w.Scope().Channel(m.Alias, m.Channel) == channel {
			return m
		}
	}
	return oncall.Message{}
}

// Activate proves a channel by a code: the one that waits to be sent to it, or
// else a new one.
func (w *World) Activate(t testing.TB, channel oncall.ARN) {
	t.Helper()
	m := w.CodeMessage(t, channel)
	if !w.Now().Before(m.EndsAt) {
		if err := w.SendActivationCode(t.Context(), Program, channel); err != nil {
			t.Fatalf("a code for %s: %v", channel, err)
		}
		m = w.CodeMessage(t, channel)
	}
	if err := w.ActivateChannel(t.Context(), Program, channel, m.Content.Code); err != nil {
		t.Fatalf("activation of %s by %q: %v", channel, m.Content.Code, err)
	}
}
