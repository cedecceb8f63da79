package contacts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// ourText is the message of a channel with the code 123456.
const ourText = "Callbook: tell program the code 123456, good for 15 minutes."

// knownWorld is a world in which every code is 123456.
func knownWorld(t testing.TB, options ...func(*oncalltest.Options)) *oncalltest.World {
	t.Helper()
	return oncalltest.New(t, append(options, func(o *oncalltest.Options) { o.NewCode = func() string { return "123456" } })...)
}

// heard sends a reply from a number, and returns the answer.
func heard(t testing.TB, w *oncalltest.World, from, text, optOut string) string {
	t.Helper()
	answer, err := w.Reply(t.Context(), oncalltest.Visitor, oncall.Reply{From: from, Text: text, OptOut: optOut})
	if err != nil {
		t.Fatalf("reply %q from %q: %v", text, from, err)
	}
	return answer
}

// outcome is what a reply made of a channel with a code.
type outcome struct {
	State            oncall.ActivationState
	Stopped, Refused bool
	Tries            int
	Answer           string
}

func outcomeOf(t testing.TB, w *oncalltest.World, arn oncall.ARN, answer string) outcome {
	t.Helper()
	c := oncalltest.LoadChannel(t, w, arn)
	return outcome{c.State(), !c.StoppedAt.IsZero(), !c.RefusedAt.IsZero(), c.Code.Tries, answer}
}

func TestReplyDoesWhatItMeans(t *testing.T) {
	stopped, refused, nothing := outcome{State: oncall.NotActivated, Stopped: true}, outcome{State: oncall.NotActivated, Refused: true}, outcome{State: oncall.NotActivated}
	active, wrong := outcome{State: oncall.Active, Answer: sayThanks}, outcome{State: oncall.NotActivated, Tries: 1, Answer: sayNotNow}
	for _, c := range []struct {
		want   outcome
		optOut string
		texts  []string
	}{
		{stopped, "", []string{"STOP 123456", "123 456 stop", "opt out", "“STOP” 123456", "ＳＴＯＰ　１２３４５６", "S\u200bTOP 123456", "please stop\n123456\nSent from my iPhone", "Unsubscribe! 123456", "stop texting me. 123456"}},
		{stopped, "STOP", []string{"ARRET", "123456", "alto 123456", "やめて", "I stopped at the shop, 123456"}},
		{refused, "", []string{"No! Who is this? … 123456", "wrong number 123456", "“No” 123456", "Who dis? 123456", "Sorry, you have the wrong number: 123456", "nope, 123456", "NO 123 456", "no"}},
		{nothing, "", []string{"Disliked “" + ourText + "”", "Liked “" + ourText + "”", "> " + ourText, "Hat „" + ourText + "“ markiert", "HELP", "start", "hello", "driving right now, call 206 555 0199", "call +1 206 555 0199", "2065550199"}},
		{nothing, "HELP", []string{"123456", "STOP 123456", "aide"}},
		{active, "", []string{"123\u00a0456", "١٢٣٤٥٦", "Ref 204519, code 123456", ourText, "I stopped at the shop, 123456", "don't stop, 123456", "No problem, 123456", "１２３-４５６", "1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣", "call 206 555 0199, it is 123456", "START 123456"}},
		{wrong, "", []string{"204519", "Ref 204519, code 204520, 204521", "٢٠٤٥١٩", "654321 or 654322"}},
	} {
		for _, text := range c.texts {
			w := knownWorld(t)
			arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
			answer := heard(t, w, "+15005550199", text, c.optOut)
			oncalltest.Same(t, fmt.Sprintf("%q %s", text, c.optOut), c.want, outcomeOf(t, w, arn, answer))
		}
	}
}

// The codes of the property stand for every spelling: the reader has tests of its own.
func TestNoReplyThatAsksToStopEverActivates(t *testing.T) {
	w := knownWorld(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	rapid.Check(t, func(r *rapid.T) {
		word := rapid.SampledFrom([]string{"stop", "STOPALL", "Quit", "end", "cancel", "unsubscribe", "revoke", "opt out", "ｓｔｏｐ", "s\u200btop", "“stop”"}).Draw(r, "word")
		code := rapid.SampledFrom([]string{"123456", "123 456", "١٢٣٤٥٦", "my code is 123456"}).Draw(r, "code")
		text := rapid.SampledFrom([]string{word + " " + code, word + "\n" + code, code + ". " + word, code + "\n" + word + " please", "please " + word + "! " + code}).Draw(r, "text")
		optOut := rapid.SampledFrom([]string{"", "", "STOP", "stop"}).Draw(r, "opt-out")
		if optOut != "" {
			text = rapid.SampledFrom([]string{text, code, "ARRET " + code}).Draw(r, "any text")
		}
		answer := heard(t, w, "+15005550199", text, optOut)
		c := oncalltest.LoadChannel(t, w, arn)
		if c.State() == oncall.Active || c.StoppedAt.IsZero() || answer != "" {
			r.Fatalf("after %q %s the channel is %s, stopped at %v, answered %q", text, optOut, c.State(), c.StoppedAt, answer)
		}
		heard(t, w, "+15005550199", "START", "")
		w.Clock.Pass(25 * time.Hour) // no limit is reached
		oncalltest.SendCode(t, w, arn)
	})
}

func TestNumberGetsFiveAnswersAnHour(t *testing.T) {
	w := knownWorld(t)
	for n := range 3 {
		oncalltest.AddMobile(t, w, fmt.Sprint("a", n), "+525512345678")
	}
	senders := []string{"+525512345678", "+5215512345678", "whatsapp:+525512345678"}
	answers := 0
	for n := range 12 {
		// Rooms of their own: what a process remembers does not count.
		answer, err := w.Over(w.Store).Reply(t.Context(), oncalltest.Visitor, oncall.Reply{From: senders[n%3], Text: "Your reference is 204519", Reference: fmt.Sprint(n)})
		if err != nil {
			t.Fatal(err)
		}
		if answer != "" {
			answers++
		}
		w.Clock.Pass(time.Minute)
	}
	oncalltest.Same(t, "answers in an hour", outbox.MaxAnswers, answers)
	w.Clock.Pass(time.Hour)
	oncalltest.Same(t, "the next hour", sayNotNow, heard(t, w, senders[0], "204519", ""))
	oncalltest.AddMobile(t, w, "other", "+15005550199")
	oncalltest.Same(t, "another number", sayThanks, heard(t, w, "+15005550199", "123456", ""))
}

func TestNumberGetsNoAnswerAfterStop(t *testing.T) {
	w := knownWorld(t)
	oncalltest.AddMobile(t, w, "ana", "+15005550199")
	heard(t, w, "+15005550199", "STOP", "")
	for _, text := range []string{"123456", "204519", "code 123 456", "Ref 204519, code 123456", ourText} {
		oncalltest.Same(t, text, "", heard(t, w, "+15005550199", text, ""))
	}
	oncalltest.Same(t, "answer after START", sayNotNow, heard(t, w, "+15005550199", "START 123456", ""))
}

func TestRobotsDoNotEndACode(t *testing.T) {
	w := knownWorld(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	for range 12 {
		oncalltest.Same(t, "answer", "", heard(t, w, "+15005550199", "driving right now, call 206 555 0199", ""))
	}
	oncalltest.Same(t, "tries", 0, oncalltest.LoadChannel(t, w, arn).Code.Tries)
	oncalltest.Same(t, "the code", sayThanks, heard(t, w, "+15005550199", "123456", ""))
	for range 12 {
		oncalltest.Same(t, "answer at an active channel", "", heard(t, w, "+15005550199", "Out of office, ticket 204519", ""))
	}
}

func TestSenderInAnOlderFormIsMatched(t *testing.T) {
	for _, c := range []struct{ stored, from string }{
		{"+525512345678", "+5215512345678"}, {"+525512345678", "whatsapp:+5215512345678"}, {"+5491123456789", "+541123456789"}, {"+541123456789", "+5491123456789"},
		{"+5511987654321", "+551187654321"}, {"+551187654321", "+5511987654321"}, {"+15005550199", "whatsapp:+15005550199"}, {"+15005550199", "rcs:+15005550199"}, {"+447911123456", "RCS:+447911123456"},
	} {
		w := knownWorld(t)
		arn := oncalltest.AddMobile(t, w, "ana", c.stored)
		oncalltest.Same(t, c.from+" for "+c.stored, sayThanks, heard(t, w, c.from, "123456", ""))
		heard(t, w, c.from, "STOP", "")
		if got := oncalltest.LoadChannel(t, w, arn); got.State() == oncall.Active || got.StoppedAt.IsZero() {
			t.Errorf("STOP from %s: %s is %s, stopped at %v", c.from, c.stored, got.State(), got.StoppedAt)
		}
		oncalltest.WantLimited(t, w.SendActivationCode(t.Context(), oncalltest.Program, arn), oncall.Quota, 0, "No code was sent: "+saidStopped+".")
		heard(t, w, c.from, "START", "")
		oncalltest.SendCode(t, w, arn)
	}
	w := knownWorld(t)
	landline := oncalltest.AddMobile(t, w, "ana", "+551134567890")
	heard(t, w, "+5511934567890", "123456", "")
	oncalltest.Same(t, "the landline with the digits of a mobile phone", oncall.NotActivated, oncalltest.LoadChannel(t, w, landline).State())
}

func TestReplyIsReportedOnce(t *testing.T) {
	var got []contacts.HeardReply
	w := knownWorld(t, func(o *oncalltest.Options) { o.OnReply = func(r contacts.HeardReply) { got = append(got, r) } })
	oncalltest.AddMobile(t, w, "ana", "+15005550199")
	for _, r := range []oncall.Reply{
		{From: "+15005550199", Text: "204519", Reference: "1"}, {From: "+15005550199", Text: "204519", Reference: "1"},
		{From: "+12065550100", Text: "stop", Reference: "2"}, {From: "12345", Text: "hi", Reference: "3"}, {From: "rcs:+447700900123", Text: "Liked “" + ourText + "”", Reference: "4"},
	} {
		if _, err := w.Reply(t.Context(), oncalltest.Visitor, r); err != nil {
			t.Fatal(err)
		}
	}
	oncalltest.Same(t, "reported", []contacts.HeardReply{{From: "+1 ••• ••• 0199", Meaning: oncall.ReplyCode, Channels: 1}, {From: "+1 ••• ••• 0100", Meaning: oncall.ReplyStop},
		{From: "•••", Meaning: oncall.ReplyOther}, {From: "+44 ••• ••• 0123", Meaning: oncall.ReplyQuote}}, got)
}

// replied is when a channel was objected to: STOP, then wrong number.
func replied(t testing.TB, w *oncalltest.World, arn oncall.ARN) [2]time.Time {
	t.Helper()
	c := oncalltest.LoadChannel(t, w, arn)
	return [2]time.Time{c.StoppedAt, c.RefusedAt}
}

func TestStopIsMarkedUntilStartOrANewAddress(t *testing.T) {
	w := knownWorld(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	voice := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: w.Scope().Contact("ana"), Type: oncall.Voice, Address: "+15005550199"})
	at := w.Now()
	heard(t, w, "+15005550199", "STOP", "")
	w.Clock.Pass(time.Hour)
	heard(t, w, "+15005550199", "STOP", "")
	oncalltest.Same(t, "since the first", [2]time.Time{at}, replied(t, w, arn))
	oncalltest.Same(t, "calls", [2]time.Time{}, replied(t, w, voice))
	later := oncalltest.AddMobile(t, w, "ben", "+15005550199")
	deferred := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "cy"), Address: "+15005550199", Defer: true})
	moved := oncalltest.AddMobile(t, w, "dan", "+12065550100")
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: moved, Address: new("+15005550199")})
	for _, other := range []oncall.ARN{later, deferred, moved} {
		oncalltest.Same(t, "a channel that gets the number later", [2]time.Time{at}, replied(t, w, other))
	}
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: moved, Address: new("+12065550100")})
	oncalltest.Same(t, "after another address", [2]time.Time{}, replied(t, w, moved))
	heard(t, w, "+15005550199", "START", "")
	for _, other := range []oncall.ARN{arn, later, deferred} {
		oncalltest.Same(t, "after START", [2]time.Time{}, replied(t, w, other))
	}
}

func TestRefusalIsMarkedUntilANewCode(t *testing.T) {
	for what, end := range map[string]func(*oncalltest.World, oncall.ARN){
		"a new code": func(w *oncalltest.World, arn oncall.ARN) { oncalltest.SendCode(t, w, arn) },
		"a new address": func(w *oncalltest.World, arn oncall.ARN) {
			oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: new("+12065550100")})
		},
		"the code": func(w *oncalltest.World, _ oncall.ARN) { heard(t, w, "+15005550199", "123456", "") },
		"START":    func(w *oncalltest.World, _ oncall.ARN) { heard(t, w, "+15005550199", "START", "") },
	} {
		w := knownWorld(t)
		arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
		at := w.Now()
		heard(t, w, "+15005550199", "Wrong number!", "")
		w.Clock.Pass(time.Minute)
		heard(t, w, "+15005550199", "No, 123456", "")
		oncalltest.Same(t, "since the first", [2]time.Time{{}, at}, replied(t, w, arn))
		end(w, arn)
		oncalltest.Same(t, "after "+what, [2]time.Time{}, replied(t, w, arn))
	}
}

func TestRefusalAtAnActiveChannelMustSayWrongNumber(t *testing.T) {
	w := knownWorld(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	oncalltest.Activate(t, w, arn)
	heard(t, w, "+15005550199", "No, I am out tonight", "")
	oncalltest.Same(t, "after no", [2]time.Time{}, replied(t, w, arn))
	heard(t, w, "+15005550199", "Wrong number", "")
	oncalltest.Same(t, "after wrong number", [2]time.Time{{}, w.Now()}, replied(t, w, arn))
	oncalltest.Same(t, "state", oncall.Active, oncalltest.LoadChannel(t, w, arn).State())
}

func TestObjectionsAreOnRecord(t *testing.T) {
	w := knownWorld(t)
	waits, active := oncalltest.AddMobile(t, w, "ana", "+15005550199"), oncalltest.AddMobile(t, w, "ben", "+15005550199")
	oncalltest.Activate(t, w, active)
	for _, text := range []string{"wrong number", "STOP", "STOP", "START"} {
		heard(t, w, "+15005550199", text, "")
	}
	var lines []string
	for _, e := range oncalltest.Entries(t, w)[5:] {
		for _, c := range e.Changes {
			if c.Field == oncall.FieldReply {
				lines = append(lines, fmt.Sprint(e.Contact, " ", e.Operation, " ", e.Door, " ", e.Actor, " ", c.Before, ">", c.After))
			}
		}
	}
	oncalltest.Same(t, "entries", []string{
		"ana AnswerActivation link +1 ••• ••• 0199 >wrong number", "ben AnswerActivation link +1 ••• ••• 0199 >wrong number",
		"ana AnswerActivation link +1 ••• ••• 0199 >STOP", "ben DeactivateContactChannel link +1 ••• ••• 0199 >STOP",
		"ana AnswerActivation link +1 ••• ••• 0199 STOP>START", "ben AnswerActivation link +1 ••• ••• 0199 STOP>START"}, lines)
	oncalltest.Same(t, "states", []oncall.ActivationState{oncall.NotActivated, oncall.NotActivated}, []oncall.ActivationState{oncalltest.LoadChannel(t, w, waits).State(), oncalltest.LoadChannel(t, w, active).State()})
}

func TestQueueShowsWhatWasObjectedTo(t *testing.T) {
	w := knownWorld(t)
	arns := oncalltest.AddCrowd(t, w, 60)
	objected := func(after string) contacts.ActivationBacklog {
		page, err := w.Activations(t.Context(), oncalltest.Manager, contacts.BacklogQuery{After: after, Objected: true})
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	oncalltest.Same(t, "without objections", 0, len(objected("").Channels)+objected("").Objected)
	oncalltest.Activate(t, w, arns["p003"])
	heard(t, w, "+15005000001", "STOP", "")
	heard(t, w, "+15005000002", "who is this", "")
	heard(t, w, "+15005000003", "wrong number", "")
	var aliases []string
	for _, c := range objected("").Channels {
		aliases = append(aliases, c.Alias)
	}
	oncalltest.Same(t, "objected to", []string{"p001", "p002", "p003"}, aliases)
	oncalltest.Same(t, "counted, also without the filter", []int{3, 3, 59}, []int{objected("").Objected, queue(t, w, "").Objected, queue(t, w, "").Total})
	for n := range 60 {
		heard(t, w, fmt.Sprintf("+15005%06d", n), "STOP", "")
	}
	first := objected("")
	oncalltest.Same(t, "pages", []int{50, 10}, []int{len(first.Channels), len(objected(first.Next).Channels)})
}

func TestNewCodesForAllLeaveOutWhoObjected(t *testing.T) {
	w := knownWorld(t).WithManager(t)
	for n, text := range []string{"hello", "wrong number", "STOP"} {
		number := fmt.Sprintf("+1500555010%d", n)
		oncalltest.AddMobile(t, w, fmt.Sprint("a", n), number)
		heard(t, w, number, text, "")
	}
	w.Clock.Pass(time.Hour)
	if _, err := w.ExpireCodes(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	if err := w.ResendExpired(t.Context(), oncalltest.Manager); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ResendSome(t.Context()); err != nil {
		t.Fatal(err)
	}
	job := queue(t, w, "").Job
	oncalltest.Same(t, "looked at, sent, refused", [3]int{3, 1, 0}, [3]int{job.Seen, job.Sent, job.Refused})
}

// The field of the page and the keys of a call read as a text message does.
func TestEveryDoorReadsACode(t *testing.T) {
	right := []string{"123456", "123 456", "123\u00a0456", "１２３４５６", "١٢٣٤٥٦", "1-2-3-4-5-6", "\u202a123456\u202c", "Your code is 123 456", ourText, "Ref 204519, code 123456", "#123456"}
	none := []string{"", "12345", "1234567", "abcdef", "STOP 123456", "No! Who is this? 123456", "Disliked “" + ourText + "”", "206 555 0199", "½23456", "0x123456789"}
	for _, text := range slices.Concat(right, none) {
		for _, by := range []oncall.Actor{oncalltest.Manager, oncalltest.Program} {
			w := knownWorld(t)
			arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
			err := w.ActivateChannel(t.Context(), by, arn, text)
			switch {
			case slices.Contains(right, text):
				if err != nil {
					t.Errorf("%q: %v", text, err)
				}
				continue
			case by.Door == oncall.API:
				isWrong(t, text, err)
			default:
				oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Pattern, "Write all six digits of the code and nothing else: six digits, 0 to 9.")
			}
			oncalltest.Same(t, "tries of "+text, 0, oncalltest.LoadChannel(t, w, arn).Code.Tries)
		}
	}
}

func TestSeveralWrongCodesAreOneTry(t *testing.T) {
	w := knownWorld(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	isWrong(t, "two wrong codes", w.ActivateChannel(t.Context(), oncalltest.Manager, arn, "204519 or 204520"))
	heard(t, w, "+15005550199", strings.Repeat("204519 ", 8)+"204521, 204522", "")
	oncalltest.Same(t, "tries", 2, oncalltest.LoadChannel(t, w, arn).Code.Tries)
}

func TestKeysOfACallAreReadAsACode(t *testing.T) {
	for keys, want := range map[string]contacts.CallAnswer{"1": contacts.CallAccepted, "1#": contacts.CallAccepted, "123456": contacts.CallAccepted, "123456#": contacts.CallAccepted, "１２３４５６": contacts.CallAccepted,
		"204519": contacts.CallWrong, "2": contacts.CallIgnored, "": contacts.CallIgnored, "11": contacts.CallIgnored, "12345": contacts.CallIgnored, "stop": contacts.CallIgnored, "2065550199": contacts.CallIgnored} {
		w := knownWorld(t)
		arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Type: oncall.Voice, Address: "+15005550199"})
		got, err := w.AcceptCall(t.Context(), oncalltest.Visitor, w.CodeMessage(t, arn).ID, keys)
		c := oncalltest.LoadChannel(t, w, arn)
		if err != nil || got != want || (c.State() == oncall.Active) != (want == contacts.CallAccepted) || (c.Code.Tries > 0) != (len(keys) >= 6 && want != contacts.CallIgnored) {
			t.Errorf("keys %q: %d, %v, want %d; the channel is %s after %d tries", keys, got, err, want, c.State(), c.Code.Tries)
		}
	}
}
