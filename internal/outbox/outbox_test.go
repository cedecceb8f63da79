package outbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

func TestMessageIsClaimedForALease(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	code := oncalltest.CodeOf(t, w, arn)
	first := oncalltest.Claim(t, w, oncall.SMS)
	oncalltest.Same(t, "code", code, first[0].Content.Code)
	oncalltest.Same(t, "claimed by another", 0, len(oncalltest.Claim(t, w.Over(w.Store), oncall.SMS)))
	due, err := w.NextDue(t.Context(), oncall.ActivationQueue, oncall.SMS)
	if err != nil || !due.Equal(w.Now().Add(time.Minute)) {
		t.Errorf("next due: %v, %v", due, err)
	}
	w.Clock.Pass(time.Minute) // whoever claimed it is gone
	second := oncalltest.Claim(t, w, oncall.SMS)
	oncalltest.Same(t, "attempts", []int{1, 2}, []int{first[0].Attempts, second[0].Attempts})
	oncalltest.RecordAttempt(t, w, second[0], oncall.Attempt{Provider: "P", Reference: "2"})
	oncalltest.RecordAttempt(t, w, first[0], oncall.Attempt{Provider: "P", FailureReason: "it was slow"})
	oncalltest.Same(t, "message", "sent SENT ERROR", oncalltest.MessageHistory(t, w, arn))
	w.Clock.Pass(time.Minute)
	oncalltest.Same(t, "claimed once it is sent", 0, len(oncalltest.Claim(t, w, oncall.SMS)))
}

func TestFailureOfAnOldAttemptDoesNotCount(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	first := oncalltest.Claim(t, w, oncall.SMS)[0]
	w.Clock.Pass(time.Minute)
	second := oncalltest.Claim(t, w, oncall.SMS)[0]
	oncalltest.RecordAttempt(t, w, first, oncall.Attempt{FailureReason: "for good"})
	oncalltest.Same(t, "message", "waiting ERROR", oncalltest.MessageHistory(t, w, arn))
	oncalltest.RecordAttempt(t, w, second, oncall.Attempt{FailureReason: "for good"})
	oncalltest.Same(t, "message", "failed ERROR ERROR", oncalltest.MessageHistory(t, w, arn))
	oncalltest.Same(t, "reachability", oncall.Unreachable, oncalltest.LoadContact(t, w, w.Scope().Contact("ana")).Reachability)
	oncalltest.RecordAttempt(t, w, first, oncall.Attempt{Reference: "1"}) // it was only slow
	oncalltest.Same(t, "message", "sent ERROR ERROR SENT", oncalltest.MessageHistory(t, w, arn))
	oncalltest.Same(t, "reachability", oncall.Waiting, oncalltest.LoadContact(t, w, w.Scope().Contact("ana")).Reachability)
}

func TestTemporaryFailureIsTriedAgainUntilTheCodeEnds(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	oncalltest.RecordAttempt(t, w, oncalltest.Claim(t, w, oncall.SMS)[0], oncall.Attempt{FailureReason: "busy", Next: w.Now().Add(5 * time.Minute)})
	c := oncalltest.LoadChannel(t, w, arn).Code
	oncalltest.Same(t, "state", "on_its_way busy", fmt.Sprint(c.State(w.Now()), " ", c.FailureReason))
	w.Clock.Pass(5*time.Minute - time.Microsecond)
	oncalltest.Same(t, "claimed", 0, len(oncalltest.Claim(t, w, oncall.SMS)))
	w.Clock.Pass(time.Microsecond)
	again := oncalltest.Claim(t, w, oncall.SMS)[0]
	oncalltest.RecordAttempt(t, w, again, oncall.Attempt{FailureReason: "busy still", Next: w.Now().Add(10 * time.Minute)}) // when the code ends
	oncalltest.Same(t, "message", "failed ERROR ERROR", oncalltest.MessageHistory(t, w, arn))
	oncalltest.Same(t, "where", oncall.CodeFailed, oncalltest.LoadChannel(t, w, arn).Code.State(w.Now()))
}

func TestCodeThatFailedMayHaveArrivedAllTheSame(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	m := oncalltest.Claim(t, w, oncall.SMS)[0]
	oncalltest.RecordAttempt(t, w, m, oncall.Attempt{FailureReason: "it hung"})
	if err := oncalltest.EnterCode(t, w, arn, m.Content.Code); err != nil {
		t.Error(err)
	}
}

func TestNothingIsClaimedForADeadCode(t *testing.T) {
	for what, end := range map[string]func(*oncalltest.World, oncall.ARN, string) error{
		"used": func(w *oncalltest.World, arn oncall.ARN, code string) error {
			return oncalltest.EnterCode(t, w, arn, code)
		},
		"expired":  func(w *oncalltest.World, _ oncall.ARN, _ string) error { w.Clock.Pass(15 * time.Minute); return nil },
		"replaced": func(w *oncalltest.World, arn oncall.ARN, _ string) error { oncalltest.SendCode(t, w, arn); return nil },
		"burnt": func(w *oncalltest.World, arn oncall.ARN, code string) error {
			for range 5 {
				_ = oncalltest.EnterCode(t, w, arn, oncalltest.OtherCode(code))
			}
			return nil
		},
		"at another address": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			_, err := w.UpdateChannel(t.Context(), oncalltest.Program, oncall.ChannelChange{Channel: arn, Address: new("+12065550100")})
			return err
		},
		"deleted": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			return w.DeleteChannel(t.Context(), oncalltest.Program, arn)
		},
		"stopped": func(w *oncalltest.World, _ oncall.ARN, _ string) error { oncalltest.Reply(t, w, "STOP"); return nil },
	} {
		for _, tried := range []bool{false, true} {
			w := oncalltest.New(t)
			arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
			old := w.CodeMessage(t, arn)
			if tried {
				oncalltest.RecordAttempt(t, w, oncalltest.Claim(t, w, oncall.SMS)[0], oncall.Attempt{FailureReason: "busy", Next: w.Now().Add(time.Second)})
			}
			if err := end(w, arn, old.Content.Code); err != nil {
				t.Fatal(err)
			}
			w.Clock.Pass(2 * time.Minute)
			for _, m := range oncalltest.Claim(t, w, oncall.SMS) {
				if m.ID == old.ID {
					t.Errorf("%s, tried before %t: %+v is claimed", what, tried, m)
				}
			}
		}
	}
}

func TestMessageThatWasNotSentInTimeIsGivenUp(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	w.Clock.Pass(15 * time.Minute)
	oncalltest.Same(t, "claimed", 0, len(oncalltest.Claim(t, w, oncall.SMS)))
	oncalltest.Same(t, "message", "failed ERROR", oncalltest.MessageHistory(t, w, arn))
	oncalltest.Same(t, "why", "there was no time left to send it", oncalltest.LoadChannel(t, w, arn).Code.FailureReason)
	oncalltest.Same(t, "reachability", oncall.Unreachable, oncalltest.LoadContact(t, w, w.Scope().Contact("ana")).Reachability)
}

func TestAttemptThatEndsAfterItsCodeWasReplaced(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	for _, a := range []oncall.Attempt{{Reference: "1"}, {FailureReason: "no"}, {FailureReason: "no", Unsent: true}, {FailureReason: "later", Next: w.Now().Add(time.Hour)}} {
		m := oncalltest.Claim(t, w, oncall.SMS)[0]
		oncalltest.SendCode(t, w, arn)
		before := oncalltest.LoadChannel(t, w, arn)
		oncalltest.RecordAttempt(t, w, m, a)
		oncalltest.Same(t, fmt.Sprintf("channel after %+v", a), before, oncalltest.LoadChannel(t, w, arn))
	}
	sent, err := w.Messages(t.Context(), oncalltest.Manager, arn)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "the one that was taken", oncall.MessageSent, sent[len(sent)-1].State)
	oncalltest.Same(t, "one that was not", oncall.MessageDropped, sent[len(sent)-2].State)
}

func TestWhatWasNeverSentIsNotCounted(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	for range 15 {
		oncalltest.RecordAttempt(t, w, oncalltest.Claim(t, w, oncall.SMS)[0], oncall.Attempt{FailureReason: "no SMS provider is configured", Unsent: true})
		c := oncalltest.LoadChannel(t, w, arn)
		oncalltest.Same(t, "where", oncall.CodeFailed, c.Code.State(w.Now()))
		oncalltest.Same(t, "why", "no SMS provider is configured", c.Code.FailureReason)
		if err := w.SendActivationCode(t.Context(), oncalltest.Program, arn); err != nil {
			t.Fatal(err)
		}
	}
	oncalltest.Same(t, "wait after one that may be sent", time.Minute, oncall.RetryAfterOf(w.SendActivationCode(t.Context(), oncalltest.Program, arn)))
}

func TestNoticeThatWasNotSentFreesNoCode(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	oncalltest.Activate(t, w, arn)
	to := "+12065550100"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	for _, m := range oncalltest.Claim(t, w, oncall.SMS) {
		if m.Kind == oncall.ChangeNotice {
			oncalltest.RecordAttempt(t, w, m, oncall.Attempt{FailureReason: "no", Unsent: true})
		}
	}
	c := oncalltest.LoadChannel(t, w, arn)
	oncalltest.Same(t, "wait", time.Minute, c.Code.Wait(w.Now()))
	oncalltest.Same(t, "reachability", oncall.Waiting, c.Contact.Reachability)
}

func TestReportsComeInAnyOrderAndTwice(t *testing.T) {
	const sent, delivered, read, failed = oncall.ReceiptSent, oncall.ReceiptDelivered, oncall.ReceiptRead, oncall.ReceiptError
	for _, c := range []struct {
		before, after []oncall.ReceiptKind // the answer of the provider
		want          string
		where         oncall.CodeState
	}{
		{nil, nil, "sent SENT", oncall.CodeSent},
		{nil, []oncall.ReceiptKind{delivered, delivered}, "delivered SENT DELIVERED", oncall.CodeDelivered},
		{nil, []oncall.ReceiptKind{sent, delivered, read}, "read SENT DELIVERED READ", oncall.CodeDelivered},
		{nil, []oncall.ReceiptKind{read, delivered, sent}, "read SENT READ DELIVERED", oncall.CodeDelivered},
		{nil, []oncall.ReceiptKind{failed, failed}, "failed SENT ERROR", oncall.CodeFailed},
		{nil, []oncall.ReceiptKind{failed, delivered}, "delivered SENT ERROR DELIVERED", oncall.CodeDelivered},
		{nil, []oncall.ReceiptKind{delivered, failed}, "delivered SENT DELIVERED ERROR", oncall.CodeDelivered},
		{[]oncall.ReceiptKind{delivered, delivered}, nil, "delivered DELIVERED SENT", oncall.CodeDelivered},
		{[]oncall.ReceiptKind{failed}, nil, "failed ERROR SENT", oncall.CodeFailed},
		{[]oncall.ReceiptKind{sent}, []oncall.ReceiptKind{sent, delivered}, "delivered SENT SENT DELIVERED", oncall.CodeDelivered},
	} {
		var told []oncall.MessageState
		w := oncalltest.New(t, func(o *oncalltest.Options) {
			o.OnReport = func(_ oncall.Message, to oncall.MessageState) { told = append(told, to) }
		})
		arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
		m := oncalltest.Claim(t, w, oncall.SMS)[0]
		for _, kind := range c.before {
			oncalltest.Report(t, w, m, kind, "ref")
		}
		oncalltest.RecordAttempt(t, w, m, oncall.Attempt{Provider: "P", Reference: "ref"})
		for _, kind := range c.after {
			oncalltest.Report(t, w, m, kind, "ref")
		}
		oncalltest.Same(t, fmt.Sprintf("%v, %v", c.before, c.after), c.want, oncalltest.MessageHistory(t, w, arn))
		if where, _, _ := strings.Cut(c.want, " "); where != "sent" {
			oncalltest.Same(t, "told last", where, strings.ToLower(string(told[len(told)-1])))
		}
		if len(told) > 2 {
			t.Errorf("%v, %v: told twice: %v", c.before, c.after, told)
		}
		oncalltest.Same(t, "where", c.where, oncalltest.LoadChannel(t, w, arn).Code.State(w.Now()))
		want := oncall.Waiting
		if c.where == oncall.CodeFailed {
			want = oncall.Unreachable
		}
		oncalltest.Same(t, "reachability", want, oncalltest.LoadContact(t, w, w.Scope().Contact("ana")).Reachability)
		w.Clock.Pass(2 * time.Minute)
		oncalltest.Same(t, "claimed again", 0, len(oncalltest.Claim(t, w, oncall.SMS)))
		if err := oncalltest.EnterCode(t, w, arn, m.Content.Code); err != nil {
			t.Error(err)
		}
	}
}

func TestReportAfterAnAttemptThatFailedIsHeard(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	oncalltest.RecordAttempt(t, w, oncalltest.Claim(t, w, oncall.SMS)[0], oncall.Attempt{FailureReason: "timeout", Next: w.Now().Add(time.Second)})
	w.Clock.Pass(time.Second)
	m := oncalltest.Claim(t, w, oncall.SMS)[0]
	oncalltest.RecordAttempt(t, w, m, oncall.Attempt{Provider: "P"}) // which gives no reference
	oncalltest.Report(t, w, m, oncall.ReceiptError, "")
	oncalltest.Same(t, "message", "failed ERROR SENT ERROR", oncalltest.MessageHistory(t, w, arn))
}

func TestExpiredCodesAreSettled(t *testing.T) {
	w := oncalltest.New(t)
	for n := range 3 {
		oncalltest.AddMobile(t, w, fmt.Sprint("a", n), fmt.Sprintf("+1500555010%d", n))
		w.Clock.Pass(time.Minute)
	}
	mail := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "mail"), Type: oncall.Email, Address: "ana@example.org"})
	expire := func(limit int, want time.Time) {
		t.Helper()
		next, err := w.ExpireCodes(t.Context(), limit)
		if err != nil || !next.Equal(want) {
			t.Errorf("next: %v, %v, want %v", next, err, want)
		}
	}
	waiting := func() int {
		page, err := w.Contacts(t.Context(), oncalltest.Manager, contacts.ContactQuery{})
		if err != nil {
			t.Fatal(err)
		}
		return page.Counts[oncall.Waiting]
	}
	first := w.Now().Add(12 * time.Minute)
	expire(9, first)
	oncalltest.Same(t, "waiting", 4, waiting())
	w.Clock.Pass(13 * time.Minute)
	expire(1, first.Add(time.Minute))
	oncalltest.Same(t, "waiting", 3, waiting())
	expire(9, first.Add(2*time.Minute))
	oncalltest.Same(t, "waiting", 2, waiting())
	w.Clock.Pass(time.Hour)
	expire(9, time.Time{})
	oncalltest.Same(t, "waiting", 0, waiting())
	oncalltest.Same(t, "where", oncall.CodeExpired, oncalltest.LoadChannel(t, w, mail).Code.State(w.Now()))
}

// What became of a code is known for a year; then it is one that was good once.
func TestMessagesAreForgottenAfterAYear(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: "+15005550199"})
	messages, err := w.ClaimMessages(t.Context(), oncall.ActivationQueue, oncall.SMS, 1, time.Minute)
	if err != nil || len(messages) != 1 {
		t.Fatal(messages, err)
	}
	if err := w.RecordAttempt(t.Context(), messages[0], oncall.Attempt{Provider: "Twilio", FailureReason: "nobody has this number"}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		pass time.Duration
		want oncall.CodeState
		kept int
	}{{364 * 24 * time.Hour, oncall.CodeFailed, 1}, {2 * 24 * time.Hour, oncall.CodeExpired, 0}} {
		w.Clock.Pass(step.pass)
		if err := w.PurgeExpired(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		oncalltest.Same(t, "the code", step.want, oncalltest.LoadChannel(t, w, arn).Code.State(w.Now()))
		sent, err := w.Messages(t.Context(), oncalltest.Manager, arn)
		if err != nil || len(sent) != step.kept {
			t.Errorf("%d messages, %v; want %d", len(sent), err, step.kept)
		}
	}
}

// A provider may say that it failed before it answers, and name nothing.
func TestFailureReportedBeforeTheAnswerStays(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: "+15005550199"})
	m := oncalltest.Claim(t, w, oncall.SMS)[0]
	if err := w.Report(t.Context(), oncall.Actor{}, oncall.Report{Message: m.ID, Kind: oncall.ReceiptError, Provider: "the webhook", Detail: "blocked"}); err != nil {
		t.Fatal(err)
	}
	oncalltest.RecordAttempt(t, w, m, oncall.Attempt{Provider: "the webhook", Reference: m.ID})
	c := oncalltest.LoadChannel(t, w, arn).Code
	oncalltest.Same(t, "the code", oncall.CodeFailed, c.State(w.Now()))
	oncalltest.Same(t, "why", "blocked", c.FailureReason)
}

func TestNothingIsMailedToWhoIsGone(t *testing.T) {
	for what, goes := range map[string]func(*oncalltest.World, string) error{
		"disabled": func(w *oncalltest.World, id string) error {
			yes := true
			_, err := w.UpdateUser(context.Background(), oncalltest.Admin, account.UserChange{User: id, Disabled: &yes})
			return err
		},
		"deleted": func(w *oncalltest.World, id string) error {
			return w.DeleteUser(context.Background(), oncalltest.Admin, account.UserDeletion{User: id})
		},
	} {
		w := oncalltest.New(t, func(o *oncalltest.Options) { o.Mails = true })
		u, _, err := w.InviteUser(t.Context(), oncalltest.Admin, account.NewUser{Email: "ben@example.org", Role: oncall.Viewer, Mail: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := goes(w, u.ID); err != nil {
			t.Fatal(what, err)
		}
		messages, err := w.ClaimMessages(t.Context(), oncall.AccountQueue, oncall.Email, 10, time.Minute)
		if err != nil || len(messages) != 0 {
			t.Errorf("%s: %d messages, %v", what, len(messages), err)
		}
	}
}

// What a key has sealed that is not there waits for it until its time is over, and
// holds up nobody.
func TestMessageOfALostKeyHoldsUpNobody(t *testing.T) {
	w := oncalltest.New(t)
	arns := oncalltest.AddCrowd(t, w, 3)
	oncalltest.Exec(t, w, "UPDATE message SET content = CAST(substr(content, 1, 1) || x'01020304' || substr(content, 6) AS BLOB) WHERE contact = 'p000'")
	oncalltest.Same(t, "messages", 2, len(oncalltest.Claim(t, w, oncall.SMS)))
	oncalltest.Same(t, "the code", oncall.CodeOnItsWay, oncalltest.LoadChannel(t, w, arns["p000"]).Code.State(w.Now()))
	w.Clock.Pass(oncall.CodeTTL)
	oncalltest.Claim(t, w, oncall.SMS)
	oncalltest.Same(t, "the code", oncall.CodeFailed, oncalltest.LoadChannel(t, w, arns["p000"]).Code.State(w.Now()))
}
