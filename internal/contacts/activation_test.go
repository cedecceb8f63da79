package contacts_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// theWrongCode is the one answer for every code that does not activate.
var theWrongCode = &oncall.Error{Kind: oncall.Invalid,
	Message: "This code is not right, or no longer good: check the newest message, or send a new code.",
	Fields: []oncall.FieldError{{Field: oncall.FieldCode, Reason: oncall.WrongCode,
		Message: "This code is not right, or no longer good: check the newest message, or send a new code."}}}

// isWrong fails the test unless err is the one answer for a wrong code.
func isWrong(t testing.TB, what string, err error) {
	t.Helper()
	oncalltest.Same[error](t, what, theWrongCode, err)
}

func TestCodeHasSixDigitsAndIsSentToTheAddress(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	m := w.CodeMessage(t, arn)
	if len(m.Content.Code) != 6 || strings.Trim(m.Content.Code, "0123456789") != "" {
		t.Errorf("code %q", m.Content.Code)
	}
	want := oncall.Content{To: "+15005550199", Name: "ana", Asked: "program", Channel: "mobile", Code: m.Content.Code, Token: m.Content.Token, GoodFor: 15 * time.Minute}
	oncalltest.Same(t, "content", want, m.Content)
	oncalltest.Same(t, "ends at", w.Now().Add(15*time.Minute), m.EndsAt)
	mail := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: w.Scope().Contact("ana"), Type: oncall.Email, Address: "Ana@Example.org"})
	oncalltest.Same(t, "where an email goes", "Ana@Example.org", w.CodeMessage(t, mail).Content.To)
	oncalltest.Same(t, "state", oncall.CodeOnItsWay, oncalltest.LoadChannel(t, w, arn).Code.State(w.Now()))
}

func TestSameTokenSendsNothingAgain(t *testing.T) {
	w := oncalltest.New(t)
	in := oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: "+15005550199", Token: "t"}
	first := oncalltest.AddChannel(t, w, in)
	before := w.CodeMessage(t, first)
	w.Clock.Pass(time.Hour)
	oncalltest.Same(t, "channel", first, oncalltest.AddChannel(t, w, in))
	in.Token = "another"
	in.Name, in.Type = "mobile", oncall.SMS
	_, err := w.CreateChannel(t.Context(), oncalltest.Program, in)
	oncalltest.Same(t, "reason", oncall.Duplicate, oncall.ReasonOf(err))
	oncalltest.Same(t, "what waits to be sent", 1, len(w.WaitingMessages(t)))
	oncalltest.Same(t, "code", before.Content, w.CodeMessage(t, first).Content)
}

func TestLeadingZerosOfACodeAreKept(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.NewCode = func() string { return "000042" } })
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	oncalltest.Same(t, "code", "000042", oncalltest.CodeOf(t, w, arn))
	for _, code := range []string{"42", "0042", "00042", "0000042", "", "00a042", "0000 a42", "STOP 000042", "No, 000042", "“Callbook: the code 000042” liked"} {
		isWrong(t, code, oncalltest.EnterCode(t, w, arn, code))
	}
	oncalltest.Same(t, "tries of what is no code", 0, oncalltest.LoadChannel(t, w, arn).Code.Tries)
	if err := oncalltest.EnterCode(t, w, arn, " 000-04２\n"); err != nil {
		t.Error(err)
	}
}

func TestCodeLivesAQuarterOfAnHourAndAnHourByEmail(t *testing.T) {
	for of, lives := range map[oncall.ChannelType]time.Duration{oncall.SMS: 15 * time.Minute, oncall.Voice: 15 * time.Minute, oncall.Email: time.Hour} {
		for late, want := range map[time.Duration]bool{-time.Microsecond: true, 0: false} {
			w := oncalltest.New(t)
			address := "+15005550199"
			if of == oncall.Email {
				address = "ana@example.org"
			}
			arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Type: of, Address: address})
			code := oncalltest.CodeOf(t, w, arn)
			w.Clock.Pass(lives + late)
			err := oncalltest.EnterCode(t, w, arn, code)
			if (err == nil) != want {
				t.Errorf("%s at %v after its end: %v", of, late, err)
			}
			if !want {
				isWrong(t, "an expired code", err)
				oncalltest.Same(t, "state", oncall.CodeExpired, oncalltest.LoadChannel(t, w, arn).Code.State(w.Now()))
			}
		}
	}
}

func TestFifthWrongTryBurnsTheCode(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	m := w.CodeMessage(t, arn)
	for n := range 5 {
		oncalltest.Same(t, "tries", n, oncalltest.LoadChannel(t, w, arn).Code.Tries)
		oncalltest.Same(t, "reachability", oncall.Waiting, oncalltest.LoadContact(t, w, w.Scope().Contact("ana")).Reachability)
		isWrong(t, "a wrong code", oncalltest.EnterCode(t, w, arn, oncalltest.OtherCode(m.Content.Code)))
	}
	isWrong(t, "the right code, burnt", oncalltest.EnterCode(t, w, arn, m.Content.Code))
	oncalltest.Same(t, "state", oncall.CodeBurnt, oncalltest.LoadChannel(t, w, arn).Code.State(w.Now()))
	oncalltest.Same(t, "tries", 5, oncalltest.LoadChannel(t, w, arn).Code.Tries)
	oncalltest.Same(t, "reachability", oncall.Unreachable, oncalltest.LoadContact(t, w, w.Scope().Contact("ana")).Reachability)
	oncalltest.Same(t, "what waits to be sent", 0, len(w.WaitingMessages(t)))
	_, err := w.ActivateByLink(t.Context(), oncalltest.Visitor, m.Content.Token)
	oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	refusals := slices.DeleteFunc(oncalltest.TrailLines(t, w), func(line string) bool { return !strings.HasPrefix(line, "ActivateContactChannel refused") })
	oncalltest.Same(t, "refusals on record", 5, len(refusals))
	if err := oncalltest.EnterCode(t, w, arn, oncalltest.SendCode(t, w, arn)); err != nil {
		t.Errorf("a new code: %v", err)
	}
}

func TestFifthTryMayBeTheRightOne(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	code := oncalltest.CodeOf(t, w, arn)
	for range 4 {
		isWrong(t, "a wrong code", oncalltest.EnterCode(t, w, arn, oncalltest.OtherCode(code)))
	}
	if err := oncalltest.EnterCode(t, w, arn, code); err != nil {
		t.Error(err)
	}
}

func TestEveryWrongCodeHasTheSameAnswer(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	first := oncalltest.CodeOf(t, w, arn)
	isWrong(t, "a wrong one", oncalltest.EnterCode(t, w, arn, oncalltest.OtherCode(first)))
	second := oncalltest.SendCode(t, w, arn)
	if second != first {
		isWrong(t, "one that was replaced", oncalltest.EnterCode(t, w, arn, first))
	}
	w.Clock.Pass(15 * time.Minute)
	isWrong(t, "one that has expired", oncalltest.EnterCode(t, w, arn, second))
	oncalltest.Activate(t, w, arn)
	if err := w.DeactivateChannel(t.Context(), oncalltest.Program, arn); err != nil {
		t.Fatal(err)
	}
	isWrong(t, "one of a channel that has none", oncalltest.EnterCode(t, w, arn, second))
	isWrong(t, "no code at all", oncalltest.EnterCode(t, w, arn, ""))
	deferred := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: w.Scope().Contact("ana"), Address: "+12065550100", Defer: true})
	isWrong(t, "one of a channel that never had one", oncalltest.EnterCode(t, w, deferred, "123456"))
}

func TestCodeIsGoodOnceAndForItsChannelOnly(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.NewCode = func() string { return "271828" } })
	ana, ben := oncalltest.AddMobile(t, w, "ana", "+15005550199"), oncalltest.AddMobile(t, w, "ben", "+15005550199")
	// Both have the same digits; each proves its own.
	if err := oncalltest.EnterCode(t, w, ana, "271828"); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "state of the other one", oncall.NotActivated, oncalltest.LoadChannel(t, w, ben).State())
	if err := w.DeactivateChannel(t.Context(), oncalltest.Program, ana); err != nil {
		t.Fatal(err)
	}
	isWrong(t, "used", oncalltest.EnterCode(t, w, ana, "271828"))
}

func TestActivationMakesTheChannelActive(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	code := oncalltest.CodeOf(t, w, arn)
	w.Clock.Pass(time.Minute)
	if err := oncalltest.EnterCode(t, w, arn, code); err != nil {
		t.Fatal(err)
	}
	c := oncalltest.LoadChannel(t, w, arn)
	oncalltest.Same(t, "active since", w.Now(), c.ActivatedAt)
	oncalltest.Same(t, "reachability", oncall.Reachable, c.Contact.Reachability)
	oncalltest.Same(t, "what waits to be sent", 0, len(w.WaitingMessages(t)))
	w.Clock.Pass(time.Minute)
	for _, code := range []string{code, oncalltest.OtherCode(code), ""} {
		if err := oncalltest.EnterCode(t, w, arn, code); err != nil {
			t.Errorf("%q on an active channel: %v", code, err)
		}
	}
	oncalltest.Same(t, "channel", c, oncalltest.LoadChannel(t, w, arn))
	err := w.SendActivationCode(t.Context(), oncalltest.Program, arn)
	oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Unfitting, "This channel is active: it needs no code.")
	oncalltest.Same(t, "field", oncall.FieldChannel, oncall.FieldErrors(err)[0].Field)
}

func TestNewCodeKillsTheOneBefore(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	old := w.CodeMessage(t, arn)
	code := oncalltest.SendCode(t, w, arn)
	oncalltest.Same(t, "messages that wait", 1, len(w.WaitingMessages(t)))
	_, err := w.ActivateByLink(t.Context(), oncalltest.Visitor, old.Content.Token)
	oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	sent, err := w.Messages(t.Context(), oncalltest.Manager, arn)
	if err != nil || len(sent) != 2 {
		t.Fatalf("messages: %+v, %v", sent, err)
	}
	oncalltest.Same(t, "messages", []oncall.MessageState{oncall.MessageWaiting, oncall.MessageDropped}, []oncall.MessageState{sent[0].State, sent[1].State})
	if err := oncalltest.EnterCode(t, w, arn, code); err != nil {
		t.Error(err)
	}
}

func TestDeferredChannelGetsItsCodeWhenOneIsAskedFor(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: "+15005550199", Defer: true})
	c := oncalltest.LoadChannel(t, w, arn)
	oncalltest.Same(t, "code", oncall.Code{}, c.Code)
	oncalltest.Same(t, "reachability", oncall.Unreachable, c.Contact.Reachability)
	oncalltest.Same(t, "what waits to be sent", 0, len(w.WaitingMessages(t)))
	code := oncalltest.SendCode(t, w, arn)
	oncalltest.Same(t, "state", oncall.NotActivated, oncalltest.LoadChannel(t, w, arn).State())
	oncalltest.Same(t, "reachability", oncall.Waiting, oncalltest.LoadContact(t, w, w.Scope().Contact("ana")).Reachability)
	if err := oncalltest.EnterCode(t, w, arn, code); err != nil {
		t.Error(err)
	}
}

func TestNothingThatActivatesIsReadableInTheFiles(t *testing.T) {
	const code = "a code that is easily found"
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.NewCode = func() string { return code }; o.Mails = true })
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	secrets := []string{code, "5005550199", "2065550100", "eve@example.org", "7911123456"}
	tell := func() {
		for _, m := range w.WaitingMessages(t) {
			if m.Content.Token != "" {
				secrets = append(secrets, m.Content.Token)
			}
		}
	}
	tell()
	oncalltest.SendCode(t, w, arn)
	to := "+12065550100"
	tell()
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	tell()
	if _, err := w.ActivateByLink(t.Context(), oncalltest.Visitor, w.CodeMessage(t, arn).Content.Token); err != nil {
		t.Fatal(err)
	}
	oncalltest.Invite(t, w, "ben@example.org", oncall.Viewer)
	if _, err := w.SendTest(t.Context(), oncalltest.Admin, oncall.Email, "eve@example.org"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Reply(t.Context(), oncalltest.Visitor, oncall.Reply{From: "+447911123456", Text: "STOP " + code, Reference: "1"}); err != nil {
		t.Fatal(err)
	}
	tell()
	if err := w.DeleteChannel(t.Context(), oncalltest.Manager, arn); err != nil {
		t.Fatal(err)
	}
	stored := oncalltest.RawTrail(t, w)
	for _, secret := range secrets {
		if strings.Contains(stored, secret) {
			t.Errorf("%q is in the trail or in the files", secret)
		}
	}
	oncalltest.Same(t, "secrets looked for", 8, len(slices.Compact(secrets)))
}
