package oncall_test

import (
	"fmt"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

const (
	sayCap      = "10 a day to one address reached, next possible at 03:00 UTC on 23 November"
	saidStopped = "the person replied STOP to this number, and first has to reply START"
)

// limited fails the test unless err is a Limited with this reason, wait and
// sentence.
func limited(t testing.TB, err error, reason oncall.Reason, wait time.Duration, message string) {
	t.Helper()
	refused(t, err, oncall.Limited, reason, message)
	same(t, "wait", wait, oncall.RetryAfterOf(err))
}

// spend sends codes to an address by channels of other contacts.
func spend(t testing.TB, w *oncalltest.World, address string, codes int) {
	t.Helper()
	for n := range codes {
		of := oncall.SMS
		if n%2 == 1 {
			of = oncall.Voice
		}
		channel(t, w, oncall.NewChannel{Contact: person(t, w, fmt.Sprintf("s%s-%d", address[1:], n)), Type: of, Address: address})
	}
}

// forget removes what has ended.
func forget(t testing.TB, w *oncalltest.World) {
	t.Helper()
	if err := w.Store.Update(t.Context(), func(q oncall.Queries) error { return q.Forget(w.Now(), 1000) }); err != nil {
		t.Fatal(err)
	}
}

func TestCoolDownDoublesUpToAQuarterOfAnHour(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	for n, minutes := range []int{1, 2, 4, 8, 15, 15, 15} {
		wait := time.Duration(minutes) * time.Minute
		ask := func(w *oncalltest.World) error { return w.SendActivationCode(t.Context(), program, arn) }
		err := ask(w)
		if oncall.ReasonOf(err) != oncall.TooSoon || oncall.RetryAfterOf(err) != wait {
			t.Errorf("code %d: got %v, wait %v, want %v", n+2, err, oncall.RetryAfterOf(err), wait)
		}
		w.Clock.Pass(wait - time.Second)
		limited(t, ask(w.Over(w.Store)), oncall.TooSoon, time.Second, "A code was sent a moment ago: look for it first. Another one can be sent in 1 second.")
		w.Clock.Pass(time.Second)
		if err := ask(w); err != nil {
			t.Errorf("code %d: %v", n+2, err)
		}
	}
}

func TestCoolDownBeginsAgain(t *testing.T) {
	ask := func(w *oncalltest.World, arn oncall.ARN) time.Duration {
		return oncall.RetryAfterOf(w.SendActivationCode(t.Context(), program, arn))
	}
	for what, do := range map[string]func(*oncalltest.World, oncall.ARN){
		"after a day": func(w *oncalltest.World, arn oncall.ARN) { w.Clock.Pass(24 * time.Hour) },
		"after it was active": func(w *oncalltest.World, arn oncall.ARN) {
			w.Activate(t, arn)
			if err := w.DeactivateChannel(t.Context(), program, arn); err != nil {
				t.Fatal(err)
			}
		},
	} {
		w := oncalltest.New(t)
		arn := mobile(t, w, "ana", "+15005550199")
		send(t, w, arn)
		send(t, w, arn)
		same(t, "before", 4*time.Minute, ask(w, arn))
		do(w, arn)
		if err := w.SendActivationCode(t.Context(), program, arn); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		same(t, what, time.Minute, ask(w, arn))
	}
}

func TestCoolDownOfAProvenChannelBeginsAgainAtItsNewAddress(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	send(t, w, arn)
	send(t, w, arn)
	activate(t, w, arn)
	to := "+12065550100"
	changed(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	same(t, "wait", time.Minute, oncall.RetryAfterOf(w.SendActivationCode(t.Context(), program, arn)))
}

func TestCoolDownGoesOnAcrossAnAddressChange(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	to := "+12065550100"
	changed(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	same(t, "wait", 2*time.Minute, oncall.RetryAfterOf(w.SendActivationCode(t.Context(), program, arn)))
}

func TestTenCodesADayGoToOneAddress(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	spend(t, w, "+15005550199", 9)
	w.Clock.Pass(time.Hour)
	err := w.SendActivationCode(t.Context(), program, arn)
	limited(t, err, oncall.Quota, 23*time.Hour, "No code was sent: "+sayCap+".")
	w = w.Over(w.Store)
	w.Clock.Pass(23*time.Hour - time.Microsecond)
	limited(t, w.SendActivationCode(t.Context(), program, arn), oncall.Quota, time.Microsecond, "No code was sent: "+sayCap+".")
	w.Clock.Pass(time.Microsecond)
	if err := w.SendActivationCode(t.Context(), program, arn); err != nil {
		t.Errorf("a day after the first: %v", err)
	}
}

func TestCapOutlivesTheChannelsButNotTheDay(t *testing.T) {
	w := oncalltest.New(t)
	for range 10 {
		arn := mobile(t, w, "ana", "+15005550199")
		if err := w.DeleteChannel(t.Context(), program, arn); err != nil {
			t.Fatal(err)
		}
		if err := w.DeleteContact(t.Context(), program, w.Scope().Contact("ana")); err != nil {
			t.Fatal(err)
		}
		forget(t, w)
	}
	arn := mobile(t, w, "ana", "+15005550199")
	same(t, "state", oncall.CodeRefused, detail(t, w, arn).Code.Where(w.Now()))
	w.Clock.Pass(24 * time.Hour)
	forget(t, w)
	if err := w.SendActivationCode(t.Context(), program, arn); err != nil {
		t.Error(err)
	}
	sent, err := w.Messages(t.Context(), manager, arn)
	if err != nil || len(sent) != 2 {
		t.Errorf("messages of the channel that lives: %+v, %v", sent, err)
	}
}

func TestChannelIsCreatedWhenNoCodeMayLeave(t *testing.T) {
	w := oncalltest.New(t)
	spend(t, w, "+15005550199", 10)
	before := len(w.Outbox(t))
	arn := mobile(t, w, "ana", "+15005550199")
	c := detail(t, w, arn)
	same(t, "where its code is", oncall.CodeRefused, c.Code.Where(w.Now()))
	same(t, "why", sayCap, c.Code.Says)
	same(t, "reachability", oncall.Unreachable, c.Contact.Reachability)
	same(t, "what waits to be sent", before, len(w.Outbox(t)))
	sent, err := w.Messages(t.Context(), manager, arn)
	if err != nil || len(sent) != 1 {
		t.Fatalf("messages: %+v, %v", sent, err)
	}
	same(t, "message", oncall.MessageRefused, sent[0].State)
	same(t, "receipts", []oncall.Receipt{{Message: sent[0].ID, Kind: oncall.ReceiptError, At: w.Now(), Says: sayCap}}, sent[0].Receipts)
	isWrong(t, "no code", enter(t, w, arn, "123456"))
	limited(t, w.SendActivationCode(t.Context(), program, arn), oncall.Quota, 24*time.Hour, "No code was sent: "+sayCap+".")

	other := mobile(t, w, "ben", "+12065550100")
	code, to := codeOf(t, w, other), "+15005550199"
	moved := changed(t, w, oncall.ChannelChange{Channel: other, Address: &to})
	same(t, "where its code is", oncall.CodeRefused, moved.Code.Where(w.Now()))
	isWrong(t, "the code of the old address", enter(t, w, other, code))
}

func TestCodesToOneRangeOfNumbersAreBounded(t *testing.T) {
	w := oncalltest.New(t, func(o *oncall.Options) { o.Limits.PerPrefix = 3 })
	for n := range 3 {
		arn := mobile(t, w, fmt.Sprint("a", n), fmt.Sprintf("+1500555010%d", n))
		same(t, "where", oncall.CodeOnItsWay, detail(t, w, arn).Code.Where(w.Now()))
	}
	w = w.Over(w.Store)
	near := mobile(t, w, "near", "+15005550199")
	same(t, "why", "3 an hour to numbers of this range reached, next possible at 04:00 UTC on 22 November", detail(t, w, near).Code.Says)
	far := mobile(t, w, "far", "+12065550100")
	same(t, "where", oncall.CodeOnItsWay, detail(t, w, far).Code.Where(w.Now()))
	mail := channel(t, w, oncall.NewChannel{Contact: w.Scope().Contact("near"), Type: oncall.Email, Address: "ana@example.org"})
	same(t, "where", oncall.CodeOnItsWay, detail(t, w, mail).Code.Where(w.Now()))
	w.Clock.Pass(time.Hour)
	send(t, w, near)
}

func TestCodesOfTheWholeInstallationAreBounded(t *testing.T) {
	w := oncalltest.New(t, func(o *oncall.Options) { o.Limits.PerHour = 3 })
	for n := range 3 {
		mobile(t, w, fmt.Sprint("a", n), fmt.Sprintf("+1500555010%d", n))
		w.Clock.Pass(time.Minute)
	}
	w = w.Over(w.Store)
	mail := channel(t, w, oncall.NewChannel{Contact: person(t, w, "ana"), Type: oncall.Email, Address: "ana@example.org"})
	say := "3 an hour for the whole of Callbook reached, next possible at 04:00 UTC on 22 November"
	same(t, "why", say, detail(t, w, mail).Code.Says)
	limited(t, w.SendActivationCode(t.Context(), program, mail), oncall.Quota, 57*time.Minute, "No code was sent: "+say+".")
	if _, err := w.SendTest(t.Context(), admin, oncall.Email, "ana@example.org"); err != nil { // a test is no code
		t.Error(err)
	}
	w.Clock.Pass(57 * time.Minute)
	send(t, w, mail)
}

func TestNumbersOfOtherCountriesAreRefused(t *testing.T) {
	w := oncalltest.New(t, func(o *oncall.Options) { o.Countries = []string{"US", "DE"} })
	ana := person(t, w, "ana")
	for of, addresses := range map[oncall.ChannelType]map[string]bool{
		oncall.SMS:   {"+15005550199": true, "+12065550100": true, "+4915123456789": true, "+447911123456": false},
		oncall.Voice: {"+447911123456": false},
		oncall.Email: {"ana@example.co.uk": true},
	} {
		for address, want := range addresses {
			_, err := w.CreateChannel(t.Context(), program, oncall.NewChannel{Contact: ana, Name: "n", Type: of, Address: address})
			if (err == nil) != want {
				t.Errorf("%s %s: %v", of, address, err)
			}
			if !want && oncall.FieldErrors(err)[0].Reason != oncall.Elsewhere {
				t.Errorf("%s %s: got %+v", of, address, oncall.FieldErrors(err))
			}
		}
	}
}

// A country that is no longer allowed gets no code, though the channel stands.
func TestCountryThatIsNoLongerAllowedGetsNoCode(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+447911123456")
	w.Clock.Pass(time.Hour)
	later := oncall.New(w.Store, oncall.Options{Scope: oncalltest.Scope, Now: w.Clock.Now, Countries: []string{"DE"}})
	if err := later.SendActivationCode(t.Context(), program, arn); oncall.KindOf(err) != oncall.Invalid {
		t.Errorf("got %v, want it refused", err)
	}
}
