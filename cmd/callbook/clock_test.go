package main

import (
	"log/slog"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// clocks are the wall clock of a world and a monotonic one.
type clocks struct {
	*oncalltest.World
	watch *clockWatch
	ran   time.Duration
}

func newClocks(t *testing.T) *clocks {
	c := &clocks{World: oncalltest.New(t)}
	c.watch = newClockWatch(c.Outbox, c.Now, func() time.Duration { return c.ran }, slog.New(slog.DiscardHandler))
	c.watch.look(t.Context())
	return c
}

// pass lets time pass by both clocks, looks each second, and sets the wall clock.
func (c *clocks) pass(t *testing.T, d, set time.Duration) {
	t.Helper()
	for ; d > 0; d -= time.Second {
		c.ran += time.Second
		c.Clock.Pass(time.Second)
		c.watch.look(t.Context())
	}
	c.Clock.Pass(set)
	c.watch.look(t.Context())
}

// wait makes a message that waits for five minutes.
func (c *clocks) wait(t *testing.T) {
	t.Helper()
	ana, err := c.CreateContact(t.Context(), oncalltest.Admin, oncall.NewContact{Alias: "ana", Type: oncall.Personal})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateChannel(t.Context(), oncalltest.Admin, oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+15005550100"}); err != nil {
		t.Fatal(err)
	}
	claimed, err := c.ClaimMessages(t.Context(), oncall.ActivationQueue, oncall.SMS, 1, time.Minute)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %v, %v", claimed, err)
	}
	if err := c.RecordAttempt(t.Context(), claimed[0], oncall.Attempt{Provider: "P", FailureReason: "later", Next: c.Now().Add(5 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
}

// dueIn is how long from now on the message waits.
func (c *clocks) dueIn(t *testing.T) time.Duration {
	t.Helper()
	due, err := c.NextDue(t.Context(), oncall.ActivationQueue, oncall.SMS)
	if err != nil {
		t.Fatal(err)
	}
	return due.Sub(c.Now())
}

func TestMessageWaitsAsLongWhenTheClockIsSetBack(t *testing.T) {
	for name, before := range map[string]time.Duration{"soon after the start": 0, "long after the start": 3 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			c := newClocks(t)
			c.pass(t, before, 0)
			c.wait(t)
			c.pass(t, 4*time.Minute, -time.Hour)
			same(t, "due in", time.Minute, c.dueIn(t))
			c.pass(t, 10*time.Second, -30*time.Second)
			same(t, "due in, after a correction that is no jump", 80*time.Second, c.dueIn(t))
			c.pass(t, 0, -24*time.Hour)
			same(t, "due in, after another jump", 80*time.Second, c.dueIn(t))
		})
	}
}

func TestMessageOfTheRightClockDoesNotMoveWhenALeapForwardIsUndone(t *testing.T) {
	c := newClocks(t)
	c.wait(t)
	c.pass(t, 2*time.Minute, time.Hour)
	c.pass(t, time.Minute, -time.Hour)
	same(t, "due in", 2*time.Minute, c.dueIn(t))
}
