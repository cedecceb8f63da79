package oncall_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

const (
	sayThanks = "Thank you: on-call pages reach you here from now on."
	sayNotNow = "This code is not right, or no longer good. Ask for a new one."
)

// reply sends a text message back from +15005550199, by a provider that gives it no
// reference.
func reply(t testing.TB, w *oncalltest.World, text string) string {
	t.Helper()
	answer, err := w.Reply(t.Context(), visitor, oncall.Reply{From: "+15005550199", Text: text})
	if err != nil {
		t.Fatalf("reply %q: %v", text, err)
	}
	return answer
}

func TestReplyWithTheCodeActivates(t *testing.T) {
	for text, want := range map[string]bool{"012345": true, " 012 345 ": true, "012-345": true, "My code is 012345.": true, "Code: 012 345!": true,
		"0123456": false, "01234": false, "yes": false, "": false, "1 012345": true} {
		w := oncalltest.New(t, func(o *oncall.Options) { o.NewCode = func() string { return "012345" } })
		arn := mobile(t, w, "ana", "+15005550199")
		answer := reply(t, w, text)
		if got := detail(t, w, arn).State() == oncall.Active; got != want || want != (answer == sayThanks) || !want && answer != "" {
			t.Errorf("reply %q: active %t, answer %q, want %t", text, got, answer, want)
		}
	}
}

func TestReplyWithAnotherCodeIsATry(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	code := codeOf(t, w, arn)
	for range 5 {
		same(t, "answer", sayNotNow, reply(t, w, another(code)))
	}
	same(t, "answer to the right one", sayNotNow, reply(t, w, code))
	same(t, "where its code is", oncall.CodeBurnt, detail(t, w, arn).Code.Where(w.Now()))
}

func TestReplyIsForChannelsOfItsNumberOnly(t *testing.T) {
	w := oncalltest.New(t, func(o *oncall.Options) { o.NewCode = func() string { return "271828" } })
	ana := person(t, w, "ana")
	voice := channel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+15005550199"})
	other := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+12065550100"})
	same(t, "answer at a number without an SMS channel", "", reply(t, w, "271828"))
	for _, from := range []string{"12345", "", "ana@example.org"} {
		answer, err := w.Reply(t.Context(), visitor, oncall.Reply{From: from, Text: "271828", Reference: "r" + from})
		if err != nil || answer != "" {
			t.Errorf("from %q: %q, %v", from, answer, err)
		}
	}
	for _, arn := range []oncall.ARN{voice, other} {
		same(t, "state", oncall.NotActivated, detail(t, w, arn).State())
	}
}

func TestSameReplyIsHeardOnce(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	code := codeOf(t, w, arn)
	for n := range 3 {
		answer, err := w.Over(w.Store).Reply(t.Context(), visitor, oncall.Reply{From: "+15005550199", Text: another(code), Reference: "one"})
		if err != nil || answer != []string{sayNotNow, "", ""}[n] {
			t.Errorf("time %d: %q, %v", n+1, answer, err)
		}
	}
	same(t, "tries", 1, detail(t, w, arn).Code.Tries)
	for range 2 {
		if _, err := w.Reply(t.Context(), visitor, oncall.Reply{From: "+15005550199", Text: another(code)}); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "tries of replies without a reference", 3, detail(t, w, arn).Code.Tries)
}

func TestStopEndsTextMessagesUntilStart(t *testing.T) {
	for _, word := range []string{"STOP", "stop", " Stop. ", "UNSUBSCRIBE", "cancel", "End", "QUIT", "stopall", "\"STOP\""} {
		w := oncalltest.New(t)
		active, waits := mobile(t, w, "ana", "+15005550199"), mobile(t, w, "ben", "+15005550199")
		voice := channel(t, w, oncall.NewChannel{Contact: w.Scope().Contact("ana"), Type: oncall.Voice, Address: "+15005550199"})
		activate(t, w, active)
		activate(t, w, voice)
		code := codeOf(t, w, waits)
		for range 2 {
			same(t, word, "", reply(t, w, word))
		}
		same(t, "states", []oncall.ActivationState{oncall.NotActivated, oncall.NotActivated, oncall.Active},
			[]oncall.ActivationState{detail(t, w, active).State(), detail(t, w, waits).State(), detail(t, w, voice).State()})
		for _, arn := range []oncall.ARN{active, waits} {
			c := detail(t, w, arn)
			same(t, "where its code is", oncall.CodeFailed, c.Code.Where(w.Now()))
			same(t, "why", saidStopped, c.Code.Says)
			sent, err := w.Messages(t.Context(), manager, arn)
			if err != nil || len(sent) != 1 || len(sent[0].Receipts) != 1 || sent[0].Receipts[0].Kind != oncall.ReceiptStop {
				t.Errorf("messages: %+v, %v", sent, err)
			}
		}
		isWrong(t, "the code that was on its way", enter(t, w, waits, code))
		same(t, "reachability", oncall.Unreachable, load(t, w, w.Scope().Contact("ben")).Reachability)
		same(t, "what waits to be sent", 0, len(w.Outbox(t)))
		w.Clock.Pass(3600e9)
		limited(t, w.SendActivationCode(t.Context(), program, waits), oncall.Quota, 0, "No code was sent: "+saidStopped+".")
		_, err := w.SendTest(t.Context(), admin, oncall.SMS, "+15005550199")
		same(t, "a test", oncall.Quota, oncall.ReasonOf(err))
		_, err = w.SendTest(t.Context(), admin, oncall.Voice, "+15005550199")
		same(t, "a test call", nil, err)
		for range 2 {
			same(t, "START", "", reply(t, w, "start"))
		}
		same(t, "state after START", oncall.NotActivated, detail(t, w, active).State())
		if err := enter(t, w, waits, send(t, w, waits)); err != nil {
			t.Errorf("after START: %v", err)
		}
	}
}

func TestStopThatAProviderReportsIsAStop(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	m := claim(t, w, oncall.SMS)[0]
	for range 2 {
		if err := w.Report(t.Context(), visitor, oncall.Report{Message: m.ID, Kind: oncall.ReceiptStop, Provider: "P", Reference: "1", Says: "blocked"}); err != nil {
			t.Fatal(err)
		}
	}
	sent, err := w.Messages(t.Context(), manager, arn)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "receipts", []oncall.Receipt{{Message: m.ID, Kind: oncall.ReceiptStop, At: w.Now(), Provider: "P", Reference: "1", Says: "blocked"}}, sent[0].Receipts)
	same(t, "message", oncall.MessageFailed, sent[0].State)
	w.Clock.Pass(3600e9)
	same(t, "a new code", oncall.Quota, oncall.ReasonOf(w.SendActivationCode(t.Context(), program, arn)))
}

func TestKeyPressedDuringTheCallActivates(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	arn := channel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+15005550199"})
	sms := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	accept := func(id string) bool {
		ok, err := w.AcceptCall(t.Context(), visitor, id)
		if err != nil {
			t.Fatalf("accept %s: %v", id, err)
		}
		return ok
	}
	old, text := w.CodeMessage(t, arn).ID, w.CodeMessage(t, sms).ID
	send(t, w, arn)
	call := w.CodeMessage(t, arn).ID
	same(t, "a call that was replaced, a text message, none", []bool{false, false, false}, []bool{accept(old), accept(text), accept("none")})
	same(t, "state", oncall.NotActivated, detail(t, w, arn).State())
	same(t, "the call, and again", []bool{true, true}, []bool{accept(call), accept(call)})
	same(t, "states", []oncall.ActivationState{oncall.Active, oncall.NotActivated}, []oncall.ActivationState{detail(t, w, arn).State(), detail(t, w, sms).State()})
	same(t, "entries of the activation", "SendActivationCode done program", trail(t, w)[1][:len("SendActivationCode done program")])
	if err := w.DeactivateChannel(t.Context(), program, arn); err != nil {
		t.Fatal(err)
	}
	same(t, "the call, once it is deactivated", false, accept(call))
	send(t, w, arn)
	late := w.CodeMessage(t, arn).ID
	w.Clock.Pass(oncall.CodeKeep)
	same(t, "a call whose code has expired", false, accept(late))
}

// What is right for one channel of a shared number was no try at the others.
func TestRightReplyIsNoTryAtOtherChannels(t *testing.T) {
	w := oncalltest.New(t)
	var arns []oncall.ARN
	for n := range 3 {
		arns = append(arns, mobile(t, w, fmt.Sprint("a", n), "+15005550199"))
	}
	for _, arn := range arns {
		if detail(t, w, arn).State() == oncall.Active {
			continue
		}
		answer, err := w.Reply(t.Context(), oncall.Actor{}, oncall.Reply{From: "+15005550199", Text: codeOf(t, w, arn), Reference: string(arn)})
		if err != nil || !strings.HasPrefix(answer, "Thank you") {
			t.Errorf("answer %q, %v", answer, err)
		}
	}
	for _, arn := range arns {
		d := detail(t, w, arn)
		if d.State() != oncall.Active || d.Code.Tries > 1 {
			t.Errorf("%s is %s after %d tries", arn, d.State(), d.Code.Tries)
		}
	}
	answer, err := w.Reply(t.Context(), oncall.Actor{}, oncall.Reply{From: "+15005550199", Text: "123456", Reference: "again"})
	if err != nil || !strings.HasPrefix(answer, "Thank you") {
		t.Errorf("who is active already and types it twice reads %q, %v", answer, err)
	}
}

// The provider may be the first to know that the person does not want texts.
func TestStopThatTheProviderKnowsCounts(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	record(t, w, claim(t, w, oncall.SMS)[0], oncall.Attempt{Provider: "Twilio", Says: "the person replied STOP", Stopped: true})
	w.Clock.Pass(time.Hour)
	if err := w.SendActivationCode(t.Context(), program, arn); oncall.ReasonOf(err) != oncall.Quota {
		t.Errorf("after STOP: got %v", err)
	}
	if _, err := w.Reply(t.Context(), oncall.Actor{}, oncall.Reply{From: "+15005550199", Text: "START", Reference: "1"}); err != nil {
		t.Fatal(err)
	}
	same(t, "why", "the person replied STOP, and START since: send a new code", detail(t, w, arn).Code.Says)
	send(t, w, arn)
}
