package outbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// test sends a test message and returns its error.
func test(t *testing.T, w *oncalltest.World, of oncall.ChannelType, to string) error {
	t.Helper()
	_, err := w.SendTest(t.Context(), oncalltest.Admin, of, to)
	return err
}

// limited is a world with limits.
func limited(t *testing.T, l outbox.Limits) *oncalltest.World {
	t.Helper()
	return oncalltest.New(t, func(o *oncalltest.Options) { o.Limits, o.Mails = l, true })
}

// whyNoCode is why the newest code of a new channel was not sent, or "".
func whyNoCode(t *testing.T, w *oncalltest.World, alias, number string) string {
	t.Helper()
	c := oncalltest.LoadChannel(t, w, oncalltest.AddMobile(t, w, alias, number))
	if c.Code.State(w.Now()) == oncall.CodeOnItsWay {
		return ""
	}
	return c.Code.FailureReason
}

func TestTwentyTestsAnHourLeaveInAll(t *testing.T) {
	w := limited(t, outbox.Limits{})
	const say = "No test was sent: 20 tests an hour reached, next possible at 04:00 UTC on 22 November."
	for n := range 20 {
		to, of := fmt.Sprintf("+1206555%04d", 100+n*7), oncall.ChannelTypes()[n%2]
		if n%5 == 4 {
			to, of = fmt.Sprintf("ana%d@example.org", n), oncall.Email
		}
		if err := test(t, w, of, to); err != nil {
			t.Fatalf("test %d: %v", n+1, err)
		}
		w.Clock.Pass(time.Second)
	}
	for _, again := range []*oncalltest.World{w, w.Over(w.Store)} { // as after a restart
		for of, to := range map[oncall.ChannelType]string{oncall.Email: "zoe@example.org", oncall.SMS: "+447911123456", oncall.Voice: "+12065550100"} {
			oncalltest.WantLimited(t, test(t, again, of, to), oncall.Quota, time.Hour-20*time.Second, say)
		}
	}
	if why := whyNoCode(t, w, "ana", "+15005550199"); why != "" {
		t.Errorf("a code after the tests: %s", why)
	}
	w.Clock.Pass(time.Hour - 20*time.Second)
	if err := test(t, w, oncall.Email, "zoe@example.org"); err != nil {
		t.Error(err)
	}
	oncalltest.WantLimited(t, test(t, w, oncall.Email, "zoe@example.org"), oncall.Quota, time.Second, say)
}

func TestTestThatNeverLeftIsNotCounted(t *testing.T) {
	w := limited(t, outbox.Limits{PerHour: 30, PerDay: 30})
	for n := range 40 {
		if err := test(t, w, oncall.SMS, fmt.Sprintf("+1206555%04d", 100+n)); err != nil {
			t.Fatalf("test %d: %v", n+1, err)
		}
		claimed, err := w.ClaimMessages(t.Context(), oncall.AccountQueue, oncall.SMS, 1, time.Minute)
		if err != nil || len(claimed) != 1 {
			t.Fatal(claimed, err)
		}
		oncalltest.RecordAttempt(t, w, claimed[0], oncall.Attempt{FailureReason: "no SMS provider is configured", Unsent: true})
	}
}

// Codes, notices and tests share the limits: each of them is refused after the others.
func TestLimitsOfTheInstallationCountCodesNoticesAndTests(t *testing.T) {
	for name, c := range map[string]struct {
		limits outbox.Limits
		says   string
		wait   time.Duration
		far    bool // another range of numbers is refused too
	}{
		"range": {outbox.Limits{PerPrefix: 4}, "4 an hour to numbers of this range reached, next possible at 04:00 UTC on 22 November", time.Hour, false},
		"hour":  {outbox.Limits{PerHour: 4}, "4 an hour for the whole of Callbook reached, next possible at 04:00 UTC on 22 November", time.Hour, true},
		"day":   {outbox.Limits{PerDay: 4}, "4 a day for the whole of Callbook reached, next possible at 03:00 UTC on 23 November", 24 * time.Hour, true},
	} {
		w := limited(t, c.limits)
		ana := oncalltest.AddMobile(t, w, "ana", "+15005550101") // 1: a code
		oncalltest.Activate(t, w, ana)
		to := "+15005550102"
		oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: ana, Address: &to}) // 2 and 3: a notice and a code
		if err := test(t, w, oncall.Voice, "+15005550103"); err != nil {                 // 4: a test
			t.Fatal(name, err)
		}
		w = w.Over(w.Store)
		oncalltest.Same(t, name+": a code", c.says, whyNoCode(t, w, "ben", "+15005550104"))
		oncalltest.WantLimited(t, test(t, w, oncall.SMS, "+15005550105"), oncall.Quota, c.wait, "No test was sent: "+c.says+".")
		if why := whyNoCode(t, w, "far", "+12065550100"); (why == c.says) != c.far {
			t.Errorf("%s: a code to another range: %q", name, why)
		}
		if err := test(t, w, oncall.Email, "ana@example.org"); (err != nil) != c.far {
			t.Errorf("%s: a test by email: %v", name, err)
		}
		// Links to users have limits of their own, which codes do not use up.
		if _, _, err := w.InviteUser(t.Context(), oncalltest.Admin, account.NewUser{Email: "eve@example.org", Role: oncall.Viewer, Mail: true}); err != nil {
			t.Errorf("%s: an invitation: %v", name, err)
		}
		w.Clock.Pass(c.wait)
		oncalltest.SendCode(t, w, ana)
		if err := test(t, w, oncall.SMS, "+15005550105"); err != nil {
			t.Errorf("%s: later: %v", name, err)
		}
	}
}

// A notice that a limit holds back is not silently gone: the channel shows it as refused.
func TestNoticeThatALimitForbidsIsShownAsRefused(t *testing.T) {
	for says, limits := range map[string]outbox.Limits{
		"2 an hour to numbers of this range reached, next possible at 04:00 UTC on 22 November":   {PerPrefix: 2},
		"2 an hour for the whole of Callbook reached, next possible at 04:00 UTC on 22 November":  {PerHour: 2},
		"2 a day for the whole of Callbook reached, next possible at 03:00 UTC on 23 November":    {PerDay: 2},
		"10 a day to one address reached, next possible at 03:00 UTC on 23 November, of a notice": {PerDay: 1000},
	} {
		w := limited(t, limits)
		ana := oncalltest.AddMobile(t, w, "ana", "+15005550101")
		oncalltest.Activate(t, w, ana)
		mail := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: w.Scope().Contact("ana"), Type: oncall.Email, Address: "ana@example.org", Defer: true})
		says, often := strings.CutSuffix(says, ", of a notice")
		if often {
			for n := range 10 {
				to := fmt.Sprintf("ana%d@example.org", n)
				oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: mail, Address: &to})
			}
		} else {
			oncalltest.AddMobile(t, w, "ben", "+15005550109")
		}
		to := "changed@example.org"
		oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: mail, Address: &to})
		sent, err := w.Messages(t.Context(), oncalltest.Manager, ana)
		if err != nil || len(sent) == 0 {
			t.Fatal(sent, err)
		}
		newest := sent[0]
		oncalltest.Same(t, says, fmt.Sprint(oncall.ChangeNotice, oncall.MessageRefused, says), fmt.Sprint(newest.Kind, newest.State, newest.FailureReason))
		if len(newest.Receipts) != 1 || newest.Receipts[0].Kind != oncall.ReceiptError || newest.Receipts[0].Detail != says {
			t.Errorf("%s: receipts %+v", says, newest.Receipts)
		}
		if newest.Content != (oncall.Content{}) {
			t.Errorf("what was not sent is kept: %+v", newest.Content)
		}
	}
}

// Whatever queue comes later, the limits count only what is named here: a page is never
// held back.
func TestOnlyCodesNoticesAndTestsAreLimited(t *testing.T) {
	for _, c := range []struct {
		queue oncall.Queue
		kind  oncall.MessageKind
		want  bool
	}{
		{oncall.ActivationQueue, oncall.CodeMessage, true}, {oncall.ActivationQueue, oncall.ChangeNotice, true}, {oncall.AccountQueue, oncall.TestMessage, true},
		{oncall.AccountQueue, oncall.InvitationMessage, false}, {oncall.AccountQueue, oncall.ResetMessage, false}, {"page", "page", false}, {"page", oncall.CodeMessage, false}, {"event", "event", false},
	} {
		if got := (oncall.Message{Queue: c.queue, Kind: c.kind}).Limited(); got != c.want {
			t.Errorf("%s in the queue %s: limited %t, want %t", c.kind, c.queue, got, c.want)
		}
	}
}
