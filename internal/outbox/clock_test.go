package outbox_test

import (
	"fmt"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// A machine may start with a clock that is a month ahead and be corrected later, or be
// a month behind: what was written by the wrong time must hold nothing up by the right
// one.
func TestClockThatIsSetBackHoldsNothingUp(t *testing.T) {
	const jump = 30 * 24 * time.Hour
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.Limits = outbox.Limits{PerHour: 12} })
	oncalltest.AddUser(t, w, "ben@example.org", oncall.Manager)
	token := oncalltest.SignIn(t, w, "ben@example.org", oncalltest.Password)

	w.Clock.Pass(jump)
	oncalltest.SpendCodes(t, w, "+15005550199", 10)
	ana := oncalltest.AddMobile(t, w, "ana", "+15005550142")
	oncalltest.AddMobile(t, w, "eve", "+15005550143")
	oncalltest.WantRefusal(t, w.SendActivationCode(t.Context(), oncalltest.Program, ana), oncall.Limited, oncall.TooSoon, "A code was sent a moment ago: look for it first. Another one can be sent in 60 seconds.")
	for range 9 {
		oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ben@example.org")
	}
	if oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ben@example.org") == 0 {
		t.Fatal("the account is not limited: the test tests nothing")
	}

	setBack(t, w, jump)
	due, err := w.NextDue(t.Context(), oncall.ActivationQueue, oncall.SMS)
	if err != nil || !due.Equal(w.Now()) {
		t.Errorf("next due: %v, %v, want now, %v", due, err, w.Now())
	}
	if n := len(oncalltest.Claim(t, w, oncall.SMS)); n != 7 {
		t.Errorf("%d text messages are due, want the 7 that wait", n)
	}
	for n, arn := range []oncall.ARN{ana, oncalltest.AddMobile(t, w, "zoe", "+15005550199")} { // the limits have forgotten the time that did not come yet
		if n == 1 {
			w.Clock.Pass(time.Minute)
		}
		if err := w.SendActivationCode(t.Context(), oncalltest.Program, arn); err != nil {
			t.Errorf("code %d: %v", n, err)
		}
	}
	oncalltest.Same(t, "wait for the next code", time.Minute, oncall.RetryAfterOf(w.SendActivationCode(t.Context(), oncalltest.Program, ana)))
	if wait := oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ben@example.org"); wait != 0 {
		t.Errorf("the first try has to wait %v", wait)
	}
	if wait := oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ben@example.org"); wait == 0 || wait > 15*time.Minute {
		t.Errorf("the tries after it have to wait %v, want up to a quarter of an hour", wait)
	}
	w.Clock.Pass(15 * time.Minute)
	oncalltest.SignIn(t, w, "ben@example.org", oncalltest.Password)
	holds(t, w, token)
}

// An hour is what a summer and a hardware clock make of it.
func TestClockThatIsSetBackByAnHourHoldsNoMessageUp(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddMobile(t, w, "ana", "+15005550142")
	setBack(t, w, time.Hour)
	if due, err := w.NextDue(t.Context(), oncall.ActivationQueue, oncall.SMS); err != nil || !due.Equal(w.Now()) {
		t.Errorf("next due: %v, %v, want now, %v", due, err, w.Now())
	}
	claimed := oncalltest.Claim(t, w, oncall.SMS)
	oncalltest.Same(t, "claimed", 1, len(claimed))
	w.Clock.Pass(40 * 24 * time.Hour)
	oncalltest.RecordAttempt(t, w, claimed[0], oncall.Attempt{Provider: "P", FailureReason: "later", Next: w.Now().Add(time.Minute)})
	setBack(t, w, 40*24*time.Hour)
	if due, err := w.NextDue(t.Context(), oncall.ActivationQueue, oncall.SMS); err != nil || due.After(w.Now().Add(time.Minute)) {
		t.Errorf("next due of what was put off by the wrong clock: %v, %v, want about now, %v", due, err, w.Now())
	}
}

// Whatever ends while the clock is ahead has ended, as it says; nothing else is gone.
func TestClockThatIsSetForwardEndsWhatEnds(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ben@example.org", oncall.Manager)
	proven, waiting := oncalltest.AddMobile(t, w, "ana", "+15005550142"), oncalltest.AddMobile(t, w, "eve", "+15005550143")
	oncalltest.Activate(t, w, proven)
	w.Clock.Pass(400 * 24 * time.Hour)
	if _, err := w.ExpireCodes(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	if err := w.PurgeExpired(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "claimed of a code that has ended", 0, len(oncalltest.Claim(t, w, oncall.SMS)))
	if d := oncalltest.LoadChannel(t, w, proven); d.ActivatedAt.IsZero() {
		t.Error("the proven channel is no longer active")
	}
	if err := w.SendActivationCode(t.Context(), oncalltest.Program, waiting); err != nil {
		t.Errorf("a new code: %v", err)
	}
	oncalltest.Same(t, "claimed of the new code", 1, len(oncalltest.Claim(t, w, oncall.SMS)))
	setBack(t, w, 400*24*time.Hour)
	if err := w.SendActivationCode(t.Context(), oncalltest.Program, waiting); err != nil {
		t.Errorf("a new code by the right time: %v", err)
	}
	oncalltest.Activate(t, w, waiting)
	holds(t, w, oncalltest.SignIn(t, w, "ben@example.org", oncalltest.Password))
}

// setBack sets the clock back under a program that has run since the clock started, and
// lets what waits follow.
func setBack(t *testing.T, w *oncalltest.World, by time.Duration) {
	t.Helper()
	w.Clock.Pass(-by)
	if _, err := w.FollowClock(t.Context(), oncall.SetBack{Now: w.Now(), By: by, Since: oncalltest.NewClock().Now()}); err != nil {
		t.Fatal(err)
	}
}

// A program that starts does not know by how much the clock was set back before.
func TestMessagesOfAClockThatWasAheadWaitAsLongAfterAStart(t *testing.T) {
	w := oncalltest.New(t)
	start := w.Now()
	oncalltest.AddMobile(t, w, "ana", "+15005550142")
	oncalltest.RecordAttempt(t, w, oncalltest.Claim(t, w, oncall.SMS)[0], oncall.Attempt{Provider: "P", FailureReason: "later", Next: w.Now().Add(4 * time.Minute)})
	due := func() time.Time {
		t.Helper()
		if _, err := w.FollowClock(t.Context(), oncall.SetBack{Now: w.Now()}); err != nil {
			t.Fatal(err)
		}
		due, err := w.NextDue(t.Context(), oncall.ActivationQueue, oncall.SMS)
		if err != nil {
			t.Fatal(err)
		}
		return due
	}
	w.Clock.Pass(time.Minute)
	oncalltest.Same(t, "set by the right clock", start.Add(4*time.Minute), due())
	w.Clock.Pass(-2 * time.Minute)
	oncalltest.Same(t, "set by a clock that was a minute ahead", start.Add(4*time.Minute), due())
	w.Clock.Pass(-time.Hour)
	oncalltest.Same(t, "set by a clock that was an hour ahead", w.Now().Add(4*time.Minute), due())
	w.Clock.Pass(time.Minute)
	oncalltest.Same(t, "after another start", w.Now().Add(3*time.Minute), due())
}

func TestNothingIsPurgedForAnHourAfterTheClockWasSetForward(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ben@example.org", oncall.Manager)
	token := oncalltest.SignIn(t, w, "ben@example.org", oncalltest.Password)
	purged := func() int {
		t.Helper()
		if err := w.PurgeExpired(t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
		if _, err := w.BeginCeremony(t.Context(), account.PasskeySignIn, nil); err != nil {
			t.Fatal(err)
		}
		known := w.Now()
		w.Clock.Pass(oncalltest.NewClock().Now().Sub(known)) // by which the session is one
		_, _, err := w.Session(t.Context(), token, false)
		w.Clock.Pass(known.Sub(w.Now()))
		if err != nil {
			return 1
		}
		return 0
	}
	w.Clock.Pass(400 * 24 * time.Hour)
	w.HoldPurge()
	oncalltest.Same(t, "purged at once", 0, purged())
	w.Clock.Pass(time.Hour - time.Microsecond)
	oncalltest.Same(t, "purged within an hour", 0, purged())
	w.Clock.Pass(time.Microsecond)
	oncalltest.Same(t, "purged after an hour", 1, purged())
}

// holds expects that a session is one still, and that the trail is whole.
func holds(t *testing.T, w *oncalltest.World, token string) {
	t.Helper()
	if by, _, err := w.Session(t.Context(), token, true); err != nil || by.Name != "ben@example.org" {
		t.Errorf("the session: %+v, %v", by, err)
	}
	if _, found, err := w.VerifyAudit(t.Context(), oncalltest.Admin, nil); err != nil || len(found) != 0 {
		t.Errorf("the trail: %v, %v", fmt.Sprint(found), err)
	}
}
