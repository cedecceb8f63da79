package oncall_test

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

// mobile adds a channel for text messages to a person of its own.
func mobile(t testing.TB, w *oncalltest.World, alias, address string) oncall.ARN {
	t.Helper()
	return channel(t, w, oncall.NewChannel{Contact: person(t, w, alias), Address: address})
}

// codeOf returns the code that waits to be sent to a channel.
func codeOf(t testing.TB, w *oncalltest.World, arn oncall.ARN) string {
	t.Helper()
	code := w.CodeMessage(t, arn).Content.Code
	if code == "" {
		t.Fatalf("no code waits for %s", arn)
	}
	return code
}

// another returns a code that is not this one.
func another(code string) string {
	if code == "123456" {
		return "654321"
	}
	return "123456"
}

func enter(t testing.TB, w *oncalltest.World, arn oncall.ARN, code string) error {
	t.Helper()
	return w.ActivateChannel(t.Context(), program, arn, code)
}

// isWrong fails the test unless err is the one answer for a wrong code.
func isWrong(t testing.TB, what string, err error) {
	t.Helper()
	same[error](t, what, theWrongCode, err)
}

// send asks for a new code once the cool-down is over, and returns it.
func send(t testing.TB, w *oncalltest.World, arn oncall.ARN) string {
	t.Helper()
	if wait := detail(t, w, arn).Code.Wait(w.Now()); wait > 0 {
		w.Clock.Pass(wait)
	}
	if err := w.SendActivationCode(t.Context(), program, arn); err != nil {
		t.Fatalf("send a code: %v", err)
	}
	return codeOf(t, w, arn)
}

func TestCodeHasSixDigitsAndIsSentToTheAddress(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	m := w.CodeMessage(t, arn)
	if len(m.Content.Code) != 6 || strings.Trim(m.Content.Code, "0123456789") != "" {
		t.Errorf("code %q", m.Content.Code)
	}
	want := oncall.Content{To: "+15005550199", Name: "ana", Asked: "program", Channel: "mobile", Code: m.Content.Code, Token: m.Content.Token, GoodFor: 15 * time.Minute}
	same(t, "content", want, m.Content)
	same(t, "ends at", w.Now().Add(15*time.Minute), m.EndsAt)
	mail := channel(t, w, oncall.NewChannel{Contact: w.Scope().Contact("ana"), Type: oncall.Email, Address: "Ana@Example.org"})
	same(t, "where an email goes", "Ana@Example.org", w.CodeMessage(t, mail).Content.To)
	same(t, "state", oncall.CodeOnItsWay, detail(t, w, arn).Code.Where(w.Now()))
}

func TestSameTokenSendsNothingAgain(t *testing.T) {
	w := oncalltest.New(t)
	in := oncall.NewChannel{Contact: person(t, w, "ana"), Address: "+15005550199", Token: "t"}
	first := channel(t, w, in)
	before := w.CodeMessage(t, first)
	w.Clock.Pass(time.Hour)
	same(t, "channel", first, channel(t, w, in))
	in.Token = "another"
	in.Name, in.Type = "mobile", oncall.SMS
	_, err := w.CreateChannel(t.Context(), program, in)
	same(t, "reason", oncall.Duplicate, oncall.ReasonOf(err))
	same(t, "what waits to be sent", 1, len(w.Outbox(t)))
	same(t, "code", before.Content, w.CodeMessage(t, first).Content)
}

func TestLeadingZerosOfACodeAreKept(t *testing.T) {
	w := oncalltest.New(t, func(o *oncall.Options) { o.NewCode = func() string { return "000042" } })
	arn := mobile(t, w, "ana", "+15005550199")
	same(t, "code", "000042", codeOf(t, w, arn))
	for _, code := range []string{"42", "0042", "00042", "0000042", "", "00004２", "00a042"} {
		isWrong(t, code, enter(t, w, arn, code))
	}
	same(t, "tries of what is no code", 0, detail(t, w, arn).Code.Tries)
	if err := enter(t, w, arn, " 000-042\n"); err != nil {
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
			arn := channel(t, w, oncall.NewChannel{Contact: person(t, w, "ana"), Type: of, Address: address})
			code := codeOf(t, w, arn)
			w.Clock.Pass(lives + late)
			err := enter(t, w, arn, code)
			if (err == nil) != want {
				t.Errorf("%s at %v after its end: %v", of, late, err)
			}
			if !want {
				isWrong(t, "an expired code", err)
				same(t, "state", oncall.CodeExpired, detail(t, w, arn).Code.Where(w.Now()))
			}
		}
	}
}

func TestFifthWrongTryBurnsTheCode(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	m := w.CodeMessage(t, arn)
	for n := range 5 {
		same(t, "tries", n, detail(t, w, arn).Code.Tries)
		same(t, "reachability", oncall.Waiting, load(t, w, w.Scope().Contact("ana")).Reachability)
		isWrong(t, "a wrong code", enter(t, w, arn, another(m.Content.Code)))
	}
	isWrong(t, "the right code, burnt", enter(t, w, arn, m.Content.Code))
	same(t, "state", oncall.CodeBurnt, detail(t, w, arn).Code.Where(w.Now()))
	same(t, "tries", 5, detail(t, w, arn).Code.Tries)
	same(t, "reachability", oncall.Unreachable, load(t, w, w.Scope().Contact("ana")).Reachability)
	same(t, "what waits to be sent", 0, len(w.Outbox(t)))
	_, err := w.ActivateByLink(t.Context(), visitor, m.Content.Token)
	refused(t, err, oncall.NotFound, oncall.DeadLink, sayDeadLink)
	refusals := slices.DeleteFunc(trail(t, w), func(line string) bool { return !strings.HasPrefix(line, "ActivateContactChannel refused") })
	same(t, "refusals on record", 5, len(refusals))
	if err := enter(t, w, arn, send(t, w, arn)); err != nil {
		t.Errorf("a new code: %v", err)
	}
}

func TestFifthTryMayBeTheRightOne(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	code := codeOf(t, w, arn)
	for range 4 {
		isWrong(t, "a wrong code", enter(t, w, arn, another(code)))
	}
	if err := enter(t, w, arn, code); err != nil {
		t.Error(err)
	}
}

func TestEveryWrongCodeHasTheSameAnswer(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	first := codeOf(t, w, arn)
	isWrong(t, "a wrong one", enter(t, w, arn, another(first)))
	second := send(t, w, arn)
	if second != first {
		isWrong(t, "one that was replaced", enter(t, w, arn, first))
	}
	w.Clock.Pass(15 * time.Minute)
	isWrong(t, "one that has expired", enter(t, w, arn, second))
	activate(t, w, arn)
	if err := w.DeactivateChannel(t.Context(), program, arn); err != nil {
		t.Fatal(err)
	}
	isWrong(t, "one of a channel that has none", enter(t, w, arn, second))
	isWrong(t, "no code at all", enter(t, w, arn, ""))
	deferred := channel(t, w, oncall.NewChannel{Contact: w.Scope().Contact("ana"), Address: "+12065550100", Defer: true})
	isWrong(t, "one of a channel that never had one", enter(t, w, deferred, "123456"))
}

func TestCodeIsGoodOnceAndForItsChannelOnly(t *testing.T) {
	w := oncalltest.New(t, func(o *oncall.Options) { o.NewCode = func() string { return "271828" } })
	ana, ben := mobile(t, w, "ana", "+15005550199"), mobile(t, w, "ben", "+15005550199")
	// Both have the same digits; each proves its own.
	if err := enter(t, w, ana, "271828"); err != nil {
		t.Fatal(err)
	}
	same(t, "state of the other one", oncall.NotActivated, detail(t, w, ben).State())
	if err := w.DeactivateChannel(t.Context(), program, ana); err != nil {
		t.Fatal(err)
	}
	isWrong(t, "used", enter(t, w, ana, "271828"))
}

func TestActivationMakesTheChannelActive(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	code := codeOf(t, w, arn)
	w.Clock.Pass(time.Minute)
	if err := enter(t, w, arn, code); err != nil {
		t.Fatal(err)
	}
	c := detail(t, w, arn)
	same(t, "active since", w.Now(), c.ActivatedAt)
	same(t, "reachability", oncall.Reachable, c.Contact.Reachability)
	same(t, "what waits to be sent", 0, len(w.Outbox(t)))
	w.Clock.Pass(time.Minute)
	for _, code := range []string{code, another(code), ""} {
		if err := enter(t, w, arn, code); err != nil {
			t.Errorf("%q on an active channel: %v", code, err)
		}
	}
	same(t, "channel", c, detail(t, w, arn))
	err := w.SendActivationCode(t.Context(), program, arn)
	refused(t, err, oncall.Invalid, oncall.Unfitting, "This channel is active: it needs no code.")
	same(t, "field", oncall.FieldChannel, oncall.FieldErrors(err)[0].Field)
}

func TestNewCodeKillsTheOneBefore(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	old := w.CodeMessage(t, arn)
	code := send(t, w, arn)
	same(t, "messages that wait", 1, len(w.Outbox(t)))
	_, err := w.ActivateByLink(t.Context(), visitor, old.Content.Token)
	refused(t, err, oncall.NotFound, oncall.DeadLink, sayDeadLink)
	sent, err := w.Messages(t.Context(), manager, arn)
	if err != nil || len(sent) != 2 {
		t.Fatalf("messages: %+v, %v", sent, err)
	}
	same(t, "messages", []oncall.MessageState{oncall.MessageWaiting, oncall.MessageDropped}, []oncall.MessageState{sent[0].State, sent[1].State})
	if err := enter(t, w, arn, code); err != nil {
		t.Error(err)
	}
}

func TestDeferredChannelGetsItsCodeWhenOneIsAskedFor(t *testing.T) {
	w := oncalltest.New(t)
	arn := channel(t, w, oncall.NewChannel{Contact: person(t, w, "ana"), Address: "+15005550199", Defer: true})
	c := detail(t, w, arn)
	same(t, "code", oncall.Code{}, c.Code)
	same(t, "reachability", oncall.Unreachable, c.Contact.Reachability)
	same(t, "what waits to be sent", 0, len(w.Outbox(t)))
	code := send(t, w, arn)
	same(t, "state", oncall.NotActivated, detail(t, w, arn).State())
	same(t, "reachability", oncall.Waiting, load(t, w, w.Scope().Contact("ana")).Reachability)
	if err := enter(t, w, arn, code); err != nil {
		t.Error(err)
	}
}

func TestNothingThatActivatesIsReadableInTheFiles(t *testing.T) {
	const code = "a code that is easily found"
	w := oncalltest.New(t, func(o *oncall.Options) { o.NewCode = func() string { return code }; o.Mails = true })
	arn := mobile(t, w, "ana", "+15005550199")
	secrets := []string{code, "5005550199", "2065550100", "eve@example.org", "7911123456"}
	tell := func() {
		for _, m := range w.Outbox(t) {
			if m.Content.Token != "" {
				secrets = append(secrets, m.Content.Token)
			}
		}
	}
	tell()
	send(t, w, arn)
	to := "+12065550100"
	tell()
	changed(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	tell()
	if _, err := w.ActivateByLink(t.Context(), visitor, w.CodeMessage(t, arn).Content.Token); err != nil {
		t.Fatal(err)
	}
	invite(t, w, "ben@example.org", oncall.Viewer)
	if _, err := w.SendTest(t.Context(), admin, oncall.Email, "eve@example.org"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Reply(t.Context(), visitor, oncall.Reply{From: "+447911123456", Text: "STOP " + code, Reference: "1"}); err != nil {
		t.Fatal(err)
	}
	tell()
	if err := w.DeleteChannel(t.Context(), manager, arn); err != nil {
		t.Fatal(err)
	}
	stored := raw(t, w)
	for _, secret := range secrets {
		if strings.Contains(stored, secret) {
			t.Errorf("%q is in the trail or in the files", secret)
		}
	}
	same(t, "secrets looked for", 8, len(slices.Compact(secrets)))
}
