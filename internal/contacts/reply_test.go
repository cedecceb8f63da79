package contacts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

const (
	sayThanks = "Thank you: on-call pages reach you here from now on."
	sayNotNow = "This code is not right, or no longer good. Ask for a new one."
)

func TestReplyWithTheCodeActivates(t *testing.T) {
	for text, want := range map[string]bool{"012345": true, " 012 345 ": true, "012-345": true, "My code is 012345.": true, "Code: 012 345!": true,
		"0123456": false, "01234": false, "yes": false, "": false, "1 012345": true} {
		w := oncalltest.New(t, func(o *oncalltest.Options) { o.NewCode = func() string { return "012345" } })
		arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
		answer := oncalltest.Reply(t, w, text)
		if got := oncalltest.LoadChannel(t, w, arn).State() == oncall.Active; got != want || want != (answer == sayThanks) || !want && answer != "" {
			t.Errorf("reply %q: active %t, answer %q, want %t", text, got, answer, want)
		}
	}
}

func TestReplyWithAnotherCodeIsATry(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	code := oncalltest.CodeOf(t, w, arn)
	for range 5 {
		oncalltest.Same(t, "answer", sayNotNow, oncalltest.Reply(t, w, oncalltest.OtherCode(code)))
	}
	oncalltest.Same(t, "answer to the right one, the sixth in an hour", "", oncalltest.Reply(t, w, code))
	oncalltest.Same(t, "where its code is", oncall.CodeBurnt, oncalltest.LoadChannel(t, w, arn).Code.State(w.Now()))
}

func TestReplyIsForChannelsOfItsNumberOnly(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.NewCode = func() string { return "271828" } })
	ana := oncalltest.AddPerson(t, w, "ana")
	voice := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+15005550199"})
	other := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+12065550100"})
	oncalltest.Same(t, "answer at a number without an SMS channel", "", oncalltest.Reply(t, w, "271828"))
	for _, from := range []string{"12345", "", "ana@example.org"} {
		answer, err := w.Reply(t.Context(), oncalltest.Visitor, oncall.Reply{From: from, Text: "271828", Reference: "r" + from})
		if err != nil || answer != "" {
			t.Errorf("from %q: %q, %v", from, answer, err)
		}
	}
	for _, arn := range []oncall.ARN{voice, other} {
		oncalltest.Same(t, "state", oncall.NotActivated, oncalltest.LoadChannel(t, w, arn).State())
	}
}

func TestSameReplyIsHeardOnce(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	code := oncalltest.CodeOf(t, w, arn)
	for n := range 3 {
		answer, err := w.Over(w.Store).Reply(t.Context(), oncalltest.Visitor, oncall.Reply{From: "+15005550199", Text: oncalltest.OtherCode(code), Reference: "one"})
		if err != nil || answer != []string{sayNotNow, "", ""}[n] {
			t.Errorf("time %d: %q, %v", n+1, answer, err)
		}
	}
	oncalltest.Same(t, "tries", 1, oncalltest.LoadChannel(t, w, arn).Code.Tries)
	for range 2 {
		if _, err := w.Reply(t.Context(), oncalltest.Visitor, oncall.Reply{From: "+15005550199", Text: oncalltest.OtherCode(code)}); err != nil {
			t.Fatal(err)
		}
	}
	oncalltest.Same(t, "tries of replies without a reference", 3, oncalltest.LoadChannel(t, w, arn).Code.Tries)
}

func TestStopEndsTextMessagesUntilStart(t *testing.T) {
	for _, word := range []string{"STOP", "stop", " Stop. ", "UNSUBSCRIBE", "cancel", "End", "QUIT", "stopall", "\"STOP\""} {
		w := oncalltest.New(t)
		active, waits := oncalltest.AddMobile(t, w, "ana", "+15005550199"), oncalltest.AddMobile(t, w, "ben", "+15005550199")
		voice := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: w.Scope().Contact("ana"), Type: oncall.Voice, Address: "+15005550199"})
		oncalltest.Activate(t, w, active)
		oncalltest.Activate(t, w, voice)
		code := oncalltest.CodeOf(t, w, waits)
		for range 2 {
			oncalltest.Same(t, word, "", oncalltest.Reply(t, w, word))
		}
		oncalltest.Same(t, "states", []oncall.ActivationState{oncall.NotActivated, oncall.NotActivated, oncall.Active},
			[]oncall.ActivationState{oncalltest.LoadChannel(t, w, active).State(), oncalltest.LoadChannel(t, w, waits).State(), oncalltest.LoadChannel(t, w, voice).State()})
		for _, arn := range []oncall.ARN{active, waits} {
			c := oncalltest.LoadChannel(t, w, arn)
			oncalltest.Same(t, "where its code is", oncall.CodeFailed, c.Code.State(w.Now()))
			oncalltest.Same(t, "why", saidStopped, c.Code.FailureReason)
			sent, err := w.Messages(t.Context(), oncalltest.Manager, arn)
			if err != nil || len(sent) != 1 || len(sent[0].Receipts) != 1 || sent[0].Receipts[0].Kind != oncall.ReceiptStop {
				t.Errorf("messages: %+v, %v", sent, err)
			}
		}
		isWrong(t, "the code that was on its way", oncalltest.EnterCode(t, w, waits, code))
		oncalltest.Same(t, "reachability", oncall.Unreachable, oncalltest.LoadContact(t, w, w.Scope().Contact("ben")).Reachability)
		oncalltest.Same(t, "what waits to be sent", 0, len(w.WaitingMessages(t)))
		w.Clock.Pass(3600e9)
		oncalltest.WantLimited(t, w.SendActivationCode(t.Context(), oncalltest.Program, waits), oncall.Quota, 0, "No code was sent: "+saidStopped+".")
		_, err := w.SendTest(t.Context(), oncalltest.Admin, oncall.SMS, "+15005550199")
		oncalltest.Same(t, "a test", oncall.Quota, oncall.ReasonOf(err))
		_, err = w.SendTest(t.Context(), oncalltest.Admin, oncall.Voice, "+15005550199")
		oncalltest.Same(t, "a test call", nil, err)
		for range 2 {
			oncalltest.Same(t, "START", "", oncalltest.Reply(t, w, "start"))
		}
		oncalltest.Same(t, "state after START", oncall.NotActivated, oncalltest.LoadChannel(t, w, active).State())
		if err := oncalltest.EnterCode(t, w, waits, oncalltest.SendCode(t, w, waits)); err != nil {
			t.Errorf("after START: %v", err)
		}
	}
}

func TestStopThatAProviderReportsIsAStop(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	m := oncalltest.Claim(t, w, oncall.SMS)[0]
	for range 2 {
		if err := w.Report(t.Context(), oncalltest.Visitor, oncall.Report{Message: m.ID, Kind: oncall.ReceiptStop, Provider: "P", Reference: "1", Detail: "blocked"}); err != nil {
			t.Fatal(err)
		}
	}
	sent, err := w.Messages(t.Context(), oncalltest.Manager, arn)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "receipts", []oncall.Receipt{{Message: m.ID, Kind: oncall.ReceiptStop, At: w.Now(), Provider: "P", Reference: "1", Detail: "blocked"}}, sent[0].Receipts)
	oncalltest.Same(t, "message", oncall.MessageFailed, sent[0].State)
	w.Clock.Pass(3600e9)
	oncalltest.Same(t, "a new code", oncall.Quota, oncall.ReasonOf(w.SendActivationCode(t.Context(), oncalltest.Program, arn)))
}

func TestKeyPressedDuringTheCallActivates(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+15005550199"})
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	accept := func(id string) bool {
		got, err := w.AcceptCall(t.Context(), oncalltest.Visitor, id, "1")
		if err != nil || got != contacts.CallAccepted && got != contacts.CallOver {
			t.Fatalf("accept %s: %d, %v", id, got, err)
		}
		return got == contacts.CallAccepted
	}
	old, text := w.CodeMessage(t, arn).ID, w.CodeMessage(t, sms).ID
	oncalltest.SendCode(t, w, arn)
	call := w.CodeMessage(t, arn).ID
	oncalltest.Same(t, "a call that was replaced, a text message, none", []bool{false, false, false}, []bool{accept(old), accept(text), accept("none")})
	oncalltest.Same(t, "state", oncall.NotActivated, oncalltest.LoadChannel(t, w, arn).State())
	oncalltest.Same(t, "the call, and again", []bool{true, true}, []bool{accept(call), accept(call)})
	oncalltest.Same(t, "states", []oncall.ActivationState{oncall.Active, oncall.NotActivated}, []oncall.ActivationState{oncalltest.LoadChannel(t, w, arn).State(), oncalltest.LoadChannel(t, w, sms).State()})
	oncalltest.Same(t, "entries of the activation", "SendActivationCode done program", oncalltest.TrailLines(t, w)[1][:len("SendActivationCode done program")])
	if err := w.DeactivateChannel(t.Context(), oncalltest.Program, arn); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "the call, once it is deactivated", false, accept(call))
	oncalltest.SendCode(t, w, arn)
	late := w.CodeMessage(t, arn).ID
	w.Clock.Pass(oncall.CodeTTL)
	oncalltest.Same(t, "a call whose code has expired", false, accept(late))
}

// What is right for one channel of a shared number was no try at the others.
func TestRightReplyIsNoTryAtOtherChannels(t *testing.T) {
	w := oncalltest.New(t)
	var arns []oncall.ARN
	for n := range 3 {
		arns = append(arns, oncalltest.AddMobile(t, w, fmt.Sprint("a", n), "+15005550199"))
	}
	for _, arn := range arns {
		if oncalltest.LoadChannel(t, w, arn).State() == oncall.Active {
			continue
		}
		answer, err := w.Reply(t.Context(), oncall.Actor{}, oncall.Reply{From: "+15005550199", Text: oncalltest.CodeOf(t, w, arn), Reference: string(arn)})
		if err != nil || !strings.HasPrefix(answer, "Thank you") {
			t.Errorf("answer %q, %v", answer, err)
		}
	}
	for _, arn := range arns {
		d := oncalltest.LoadChannel(t, w, arn)
		if d.State() != oncall.Active || d.Code.Tries > 1 {
			t.Errorf("%s is %s after %d tries", arn, d.State(), d.Code.Tries)
		}
	}
	answer, err := w.Reply(t.Context(), oncall.Actor{}, oncall.Reply{From: "+15005550199", Text: "123456", Reference: "again"})
	if err != nil || answer != "" {
		t.Errorf("digits at active channels are answered with %q, %v", answer, err)
	}
}

// The provider may be the first to know that the person does not want texts.
func TestStopThatTheProviderKnowsCounts(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	oncalltest.RecordAttempt(t, w, oncalltest.Claim(t, w, oncall.SMS)[0], oncall.Attempt{Provider: "Twilio", FailureReason: "the person replied STOP", Stopped: true})
	w.Clock.Pass(time.Hour)
	if err := w.SendActivationCode(t.Context(), oncalltest.Program, arn); oncall.ReasonOf(err) != oncall.Quota {
		t.Errorf("after STOP: got %v", err)
	}
	if _, err := w.Reply(t.Context(), oncall.Actor{}, oncall.Reply{From: "+15005550199", Text: "START", Reference: "1"}); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "why", "the person replied STOP and then START: send a new code", oncalltest.LoadChannel(t, w, arn).Code.FailureReason)
	oncalltest.SendCode(t, w, arn)
}
