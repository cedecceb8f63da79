package oncall_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// claim takes what is due of a type, for a minute.
func claim(t testing.TB, w *oncalltest.World, of oncall.ChannelType) []oncall.Message {
	t.Helper()
	list, err := w.ClaimMessages(t.Context(), oncall.ActivationClass, of, 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func record(t testing.TB, w *oncalltest.World, m oncall.Message, a oncall.Attempt) {
	t.Helper()
	if err := w.RecordAttempt(t.Context(), m, a); err != nil {
		t.Fatalf("attempt %+v: %v", a, err)
	}
}

func report(t testing.TB, w *oncalltest.World, m oncall.Message, kind oncall.ReceiptKind, reference string) {
	t.Helper()
	if err := w.Report(t.Context(), visitor, oncall.Report{Message: m.ID, Kind: kind, Provider: "P", Reference: reference, Says: saysOf(kind)}); err != nil {
		t.Fatalf("report %s: %v", kind, err)
	}
}

func saysOf(kind oncall.ReceiptKind) string {
	if kind == oncall.ReceiptError {
		return "nobody there"
	}
	return ""
}

// became returns what became of the newest message of a channel: its state, and
// its receipts.
func became(t testing.TB, w *oncalltest.World, arn oncall.ARN) string {
	t.Helper()
	sent, err := w.Messages(t.Context(), manager, arn)
	if err != nil || len(sent) == 0 {
		t.Fatalf("messages: %+v, %v", sent, err)
	}
	text := string(sent[0].State)
	for _, r := range sent[0].Receipts {
		text += " " + string(r.Kind)
	}
	return text
}

func TestMessageIsClaimedForALease(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	code := codeOf(t, w, arn)
	first := claim(t, w, oncall.SMS)
	same(t, "code", code, first[0].Content.Code)
	same(t, "claimed by another", 0, len(claim(t, w.Over(w.Store), oncall.SMS)))
	due, err := w.NextDue(t.Context(), oncall.ActivationClass, oncall.SMS)
	if err != nil || !due.Equal(w.Now().Add(time.Minute)) {
		t.Errorf("next due: %v, %v", due, err)
	}
	w.Clock.Pass(time.Minute) // whoever claimed it is gone
	second := claim(t, w, oncall.SMS)
	same(t, "attempts", []int{1, 2}, []int{first[0].Attempts, second[0].Attempts})
	record(t, w, second[0], oncall.Attempt{Provider: "P", Reference: "2"})
	record(t, w, first[0], oncall.Attempt{Provider: "P", Says: "it was slow"})
	same(t, "message", "sent SENT ERROR", became(t, w, arn))
	w.Clock.Pass(time.Minute)
	same(t, "claimed once it is sent", 0, len(claim(t, w, oncall.SMS)))
}

func TestFailureOfAnOldAttemptDoesNotCount(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	first := claim(t, w, oncall.SMS)[0]
	w.Clock.Pass(time.Minute)
	second := claim(t, w, oncall.SMS)[0]
	record(t, w, first, oncall.Attempt{Says: "for good"})
	same(t, "message", "waiting ERROR", became(t, w, arn))
	record(t, w, second, oncall.Attempt{Says: "for good"})
	same(t, "message", "failed ERROR ERROR", became(t, w, arn))
	same(t, "reachability", oncall.Unreachable, load(t, w, w.Scope().Contact("ana")).Reachability)
	record(t, w, first, oncall.Attempt{Reference: "1"}) // it was only slow
	same(t, "message", "sent ERROR ERROR SENT", became(t, w, arn))
	same(t, "reachability", oncall.Waiting, load(t, w, w.Scope().Contact("ana")).Reachability)
}

func TestTemporaryFailureIsTriedAgainUntilTheCodeEnds(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	record(t, w, claim(t, w, oncall.SMS)[0], oncall.Attempt{Says: "busy", Next: w.Now().Add(5 * time.Minute)})
	c := detail(t, w, arn).Code
	same(t, "state", "on_its_way busy", fmt.Sprint(c.Where(w.Now()), " ", c.Says))
	w.Clock.Pass(5*time.Minute - time.Microsecond)
	same(t, "claimed", 0, len(claim(t, w, oncall.SMS)))
	w.Clock.Pass(time.Microsecond)
	again := claim(t, w, oncall.SMS)[0]
	record(t, w, again, oncall.Attempt{Says: "busy still", Next: w.Now().Add(10 * time.Minute)}) // when the code ends
	same(t, "message", "failed ERROR ERROR", became(t, w, arn))
	same(t, "where", oncall.CodeFailed, detail(t, w, arn).Code.Where(w.Now()))
}

func TestCodeThatFailedMayHaveArrivedAllTheSame(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	m := claim(t, w, oncall.SMS)[0]
	record(t, w, m, oncall.Attempt{Says: "it hung"})
	if err := enter(t, w, arn, m.Content.Code); err != nil {
		t.Error(err)
	}
}

func TestNothingIsClaimedForADeadCode(t *testing.T) {
	for what, end := range map[string]func(*oncalltest.World, oncall.ARN, string) error{
		"used":     func(w *oncalltest.World, arn oncall.ARN, code string) error { return enter(t, w, arn, code) },
		"expired":  func(w *oncalltest.World, _ oncall.ARN, _ string) error { w.Clock.Pass(15 * time.Minute); return nil },
		"replaced": func(w *oncalltest.World, arn oncall.ARN, _ string) error { send(t, w, arn); return nil },
		"burnt": func(w *oncalltest.World, arn oncall.ARN, code string) error {
			for range 5 {
				_ = enter(t, w, arn, another(code))
			}
			return nil
		},
		"at another address": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			_, err := w.UpdateChannel(t.Context(), program, oncall.ChannelChange{Channel: arn, Address: new("+12065550100")})
			return err
		},
		"deleted": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			return w.DeleteChannel(t.Context(), program, arn)
		},
		"stopped": func(w *oncalltest.World, _ oncall.ARN, _ string) error { reply(t, w, "STOP"); return nil },
	} {
		for _, tried := range []bool{false, true} {
			w := oncalltest.New(t)
			arn := mobile(t, w, "ana", "+15005550199")
			old := w.CodeMessage(t, arn)
			if tried {
				record(t, w, claim(t, w, oncall.SMS)[0], oncall.Attempt{Says: "busy", Next: w.Now().Add(time.Second)})
			}
			if err := end(w, arn, old.Content.Code); err != nil {
				t.Fatal(err)
			}
			w.Clock.Pass(2 * time.Minute)
			for _, m := range claim(t, w, oncall.SMS) {
				if m.ID == old.ID {
					t.Errorf("%s, tried before %t: %+v is claimed", what, tried, m)
				}
			}
		}
	}
}

func TestMessageThatWasNotSentInTimeIsGivenUp(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	w.Clock.Pass(15 * time.Minute)
	same(t, "claimed", 0, len(claim(t, w, oncall.SMS)))
	same(t, "message", "failed ERROR", became(t, w, arn))
	same(t, "why", "there was no time left to send it", detail(t, w, arn).Code.Says)
	same(t, "reachability", oncall.Unreachable, load(t, w, w.Scope().Contact("ana")).Reachability)
}

func TestAttemptThatEndsAfterItsCodeWasReplaced(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	for _, a := range []oncall.Attempt{{Reference: "1"}, {Says: "no"}, {Says: "no", Unsent: true}, {Says: "later", Next: w.Now().Add(time.Hour)}} {
		m := claim(t, w, oncall.SMS)[0]
		send(t, w, arn)
		before := detail(t, w, arn)
		record(t, w, m, a)
		same(t, fmt.Sprintf("channel after %+v", a), before, detail(t, w, arn))
	}
	sent, err := w.Messages(t.Context(), manager, arn)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the one that was taken", oncall.MessageSent, sent[len(sent)-1].State)
	same(t, "one that was not", oncall.MessageDropped, sent[len(sent)-2].State)
}

func TestWhatWasNeverSentIsNotCounted(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	for range 15 {
		record(t, w, claim(t, w, oncall.SMS)[0], oncall.Attempt{Says: "no SMS provider is configured", Unsent: true})
		c := detail(t, w, arn)
		same(t, "where", oncall.CodeFailed, c.Code.Where(w.Now()))
		same(t, "why", "no SMS provider is configured", c.Code.Says)
		if err := w.SendActivationCode(t.Context(), program, arn); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "wait after one that may be sent", time.Minute, oncall.RetryAfterOf(w.SendActivationCode(t.Context(), program, arn)))
}

func TestNoticeThatWasNotSentFreesNoCode(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	activate(t, w, arn)
	to := "+12065550100"
	changed(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	for _, m := range claim(t, w, oncall.SMS) {
		if m.Kind == oncall.ChangeNotice {
			record(t, w, m, oncall.Attempt{Says: "no", Unsent: true})
		}
	}
	c := detail(t, w, arn)
	same(t, "wait", time.Minute, c.Code.Wait(w.Now()))
	same(t, "reachability", oncall.Waiting, c.Contact.Reachability)
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
		w := oncalltest.New(t, func(o *oncall.Options) {
			o.Reported = func(_ oncall.Message, to oncall.MessageState) { told = append(told, to) }
		})
		arn := mobile(t, w, "ana", "+15005550199")
		m := claim(t, w, oncall.SMS)[0]
		for _, kind := range c.before {
			report(t, w, m, kind, "ref")
		}
		record(t, w, m, oncall.Attempt{Provider: "P", Reference: "ref"})
		for _, kind := range c.after {
			report(t, w, m, kind, "ref")
		}
		same(t, fmt.Sprintf("%v, %v", c.before, c.after), c.want, became(t, w, arn))
		if where, _, _ := strings.Cut(c.want, " "); where != "sent" {
			same(t, "told last", where, strings.ToLower(string(told[len(told)-1])))
		}
		if len(told) > 2 {
			t.Errorf("%v, %v: told twice: %v", c.before, c.after, told)
		}
		same(t, "where", c.where, detail(t, w, arn).Code.Where(w.Now()))
		want := oncall.Waiting
		if c.where == oncall.CodeFailed {
			want = oncall.Unreachable
		}
		same(t, "reachability", want, load(t, w, w.Scope().Contact("ana")).Reachability)
		w.Clock.Pass(2 * time.Minute)
		same(t, "claimed again", 0, len(claim(t, w, oncall.SMS)))
		if err := enter(t, w, arn, m.Content.Code); err != nil {
			t.Error(err)
		}
	}
}

func TestReportAfterAnAttemptThatFailedIsHeard(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	record(t, w, claim(t, w, oncall.SMS)[0], oncall.Attempt{Says: "timeout", Next: w.Now().Add(time.Second)})
	w.Clock.Pass(time.Second)
	m := claim(t, w, oncall.SMS)[0]
	record(t, w, m, oncall.Attempt{Provider: "P"}) // which gives no reference
	report(t, w, m, oncall.ReceiptError, "")
	same(t, "message", "failed ERROR SENT ERROR", became(t, w, arn))
}

func TestExpiredCodesAreSettled(t *testing.T) {
	w := oncalltest.New(t)
	for n := range 3 {
		mobile(t, w, fmt.Sprint("a", n), fmt.Sprintf("+1500555010%d", n))
		w.Clock.Pass(time.Minute)
	}
	mail := channel(t, w, oncall.NewChannel{Contact: person(t, w, "mail"), Type: oncall.Email, Address: "ana@example.org"})
	expire := func(limit int, want time.Time) {
		t.Helper()
		next, err := w.ExpireCodes(t.Context(), limit)
		if err != nil || !next.Equal(want) {
			t.Errorf("next: %v, %v, want %v", next, err, want)
		}
	}
	waiting := func() int {
		page, err := w.Contacts(t.Context(), manager, oncall.ContactQuery{})
		if err != nil {
			t.Fatal(err)
		}
		return page.Counts[oncall.Waiting]
	}
	first := w.Now().Add(12 * time.Minute)
	expire(9, first)
	same(t, "waiting", 4, waiting())
	w.Clock.Pass(13 * time.Minute)
	expire(1, first.Add(time.Minute))
	same(t, "waiting", 3, waiting())
	expire(9, first.Add(2*time.Minute))
	same(t, "waiting", 2, waiting())
	w.Clock.Pass(time.Hour)
	expire(9, time.Time{})
	same(t, "waiting", 0, waiting())
	same(t, "where", oncall.CodeExpired, detail(t, w, mail).Code.Where(w.Now()))
}

// What became of a code is known for a year; then it is one that was good once.
func TestMessagesAreForgottenAfterAYear(t *testing.T) {
	w := oncalltest.New(t)
	arn := channel(t, w, oncall.NewChannel{Contact: person(t, w, "ana"), Address: "+15005550199"})
	messages, err := w.ClaimMessages(t.Context(), oncall.ActivationClass, oncall.SMS, 1, time.Minute)
	if err != nil || len(messages) != 1 {
		t.Fatal(messages, err)
	}
	if err := w.RecordAttempt(t.Context(), messages[0], oncall.Attempt{Provider: "Twilio", Says: "nobody has this number"}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		pass time.Duration
		want oncall.CodeState
		kept int
	}{{364 * 24 * time.Hour, oncall.CodeFailed, 1}, {2 * 24 * time.Hour, oncall.CodeExpired, 0}} {
		w.Clock.Pass(step.pass)
		if err := w.Tidy(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		same(t, "the code", step.want, detail(t, w, arn).Code.Where(w.Now()))
		sent, err := w.Messages(t.Context(), manager, arn)
		if err != nil || len(sent) != step.kept {
			t.Errorf("%d messages, %v; want %d", len(sent), err, step.kept)
		}
	}
}

// A provider may say that it failed before it answers, and name nothing.
func TestFailureReportedBeforeTheAnswerStays(t *testing.T) {
	w := oncalltest.New(t)
	arn := channel(t, w, oncall.NewChannel{Contact: person(t, w, "ana"), Address: "+15005550199"})
	m := claim(t, w, oncall.SMS)[0]
	if err := w.Report(t.Context(), oncall.Actor{}, oncall.Report{Message: m.ID, Kind: oncall.ReceiptError, Provider: "the webhook", Says: "blocked"}); err != nil {
		t.Fatal(err)
	}
	record(t, w, m, oncall.Attempt{Provider: "the webhook", Reference: m.ID})
	c := detail(t, w, arn).Code
	same(t, "the code", oncall.CodeFailed, c.Where(w.Now()))
	same(t, "why", "blocked", c.Says)
}

func TestNothingIsMailedToWhoIsGone(t *testing.T) {
	for what, goes := range map[string]func(*oncalltest.World, string) error{
		"disabled": func(w *oncalltest.World, id string) error {
			yes := true
			_, err := w.UpdateUser(context.Background(), admin, oncall.UserChange{User: id, Disabled: &yes})
			return err
		},
		"deleted": func(w *oncalltest.World, id string) error { return w.DeleteUser(context.Background(), admin, id) },
	} {
		w := oncalltest.New(t, func(o *oncall.Options) { o.Mails = true })
		u, _, err := w.InviteUser(t.Context(), admin, oncall.NewUser{Email: "ben@example.org", Role: oncall.Viewer, Mail: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := goes(w, u.ID); err != nil {
			t.Fatal(what, err)
		}
		messages, err := w.ClaimMessages(t.Context(), oncall.AccountClass, oncall.Email, 10, time.Minute)
		if err != nil || len(messages) != 0 {
			t.Errorf("%s: %d messages, %v", what, len(messages), err)
		}
	}
}

// What a key has sealed that is not there waits for it until its time is over, and
// holds up nobody.
func TestMessageOfALostKeyHoldsUpNobody(t *testing.T) {
	w := oncalltest.New(t)
	arns := crowd(t, w, 3)
	damage(t, w, "UPDATE message SET content = CAST(substr(content, 1, 1) || x'01020304' || substr(content, 6) AS BLOB) WHERE contact = 'p000'")
	same(t, "messages", 2, len(claim(t, w, oncall.SMS)))
	same(t, "the code", oncall.CodeOnItsWay, detail(t, w, arns["p000"]).Code.Where(w.Now()))
	w.Clock.Pass(oncall.CodeKeep)
	claim(t, w, oncall.SMS)
	same(t, "the code", oncall.CodeFailed, detail(t, w, arns["p000"]).Code.Where(w.Now()))
}
