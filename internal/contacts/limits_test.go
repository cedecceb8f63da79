package contacts_test

import (
	"fmt"
	"testing"
	"time"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

const (
	sayCap      = "10 a day to one address reached, next possible at 03:00 UTC on 23 November"
	saidStopped = "the person replied STOP to this number and has to reply START first"
)

// forget removes what has ended.
func forget(t testing.TB, w *oncalltest.World) {
	t.Helper()
	if err := w.Store.Update(t.Context(), func(q db.Queries) error { return q.DeleteExpired(w.Now(), 1000) }); err != nil {
		t.Fatal(err)
	}
}

func TestCoolDownDoublesUpToAQuarterOfAnHour(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	for n, minutes := range []int{1, 2, 4, 8, 15, 15, 15} {
		wait := time.Duration(minutes) * time.Minute
		ask := func(w *oncalltest.World) error { return w.SendActivationCode(t.Context(), oncalltest.Program, arn) }
		err := ask(w)
		if oncall.ReasonOf(err) != oncall.TooSoon || oncall.RetryAfterOf(err) != wait {
			t.Errorf("code %d: got %v, wait %v, want %v", n+2, err, oncall.RetryAfterOf(err), wait)
		}
		w.Clock.Pass(wait - time.Second)
		oncalltest.WantLimited(t, ask(w.Over(w.Store)), oncall.TooSoon, time.Second, "A code was sent a moment ago: look for it first. Another one can be sent in 1 second.")
		w.Clock.Pass(time.Second)
		if err := ask(w); err != nil {
			t.Errorf("code %d: %v", n+2, err)
		}
	}
}

func TestCoolDownBeginsAgain(t *testing.T) {
	ask := func(w *oncalltest.World, arn oncall.ARN) time.Duration {
		return oncall.RetryAfterOf(w.SendActivationCode(t.Context(), oncalltest.Program, arn))
	}
	for what, do := range map[string]func(*oncalltest.World, oncall.ARN){
		"after a day": func(w *oncalltest.World, arn oncall.ARN) { w.Clock.Pass(24 * time.Hour) },
		"after it was active": func(w *oncalltest.World, arn oncall.ARN) {
			w.Activate(t, arn)
			if err := w.DeactivateChannel(t.Context(), oncalltest.Program, arn); err != nil {
				t.Fatal(err)
			}
		},
	} {
		w := oncalltest.New(t)
		arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
		oncalltest.SendCode(t, w, arn)
		oncalltest.SendCode(t, w, arn)
		oncalltest.Same(t, "before", 4*time.Minute, ask(w, arn))
		do(w, arn)
		if err := w.SendActivationCode(t.Context(), oncalltest.Program, arn); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		oncalltest.Same(t, what, time.Minute, ask(w, arn))
	}
}

func TestCoolDownOfAProvenChannelBeginsAgainAtItsNewAddress(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	oncalltest.SendCode(t, w, arn)
	oncalltest.SendCode(t, w, arn)
	oncalltest.Activate(t, w, arn)
	to := "+12065550100"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	oncalltest.Same(t, "wait", time.Minute, oncall.RetryAfterOf(w.SendActivationCode(t.Context(), oncalltest.Program, arn)))
}

func TestCoolDownGoesOnAcrossAnAddressChange(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	to := "+12065550100"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	oncalltest.Same(t, "wait", 2*time.Minute, oncall.RetryAfterOf(w.SendActivationCode(t.Context(), oncalltest.Program, arn)))
}

func TestTenCodesADayGoToOneAddress(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	oncalltest.SpendCodes(t, w, "+15005550199", 9)
	w.Clock.Pass(time.Hour)
	err := w.SendActivationCode(t.Context(), oncalltest.Program, arn)
	oncalltest.WantLimited(t, err, oncall.Quota, 23*time.Hour, "No code was sent: "+sayCap+".")
	w = w.Over(w.Store)
	w.Clock.Pass(23*time.Hour - time.Microsecond)
	oncalltest.WantLimited(t, w.SendActivationCode(t.Context(), oncalltest.Program, arn), oncall.Quota, time.Microsecond, "No code was sent: "+sayCap+".")
	w.Clock.Pass(time.Microsecond)
	if err := w.SendActivationCode(t.Context(), oncalltest.Program, arn); err != nil {
		t.Errorf("a day after the first: %v", err)
	}
}

func TestCapOutlivesTheChannelsButNotTheDay(t *testing.T) {
	w := oncalltest.New(t)
	for range 10 {
		arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
		if err := w.DeleteChannel(t.Context(), oncalltest.Program, arn); err != nil {
			t.Fatal(err)
		}
		if err := w.DeleteContact(t.Context(), oncalltest.Program, w.Scope().Contact("ana")); err != nil {
			t.Fatal(err)
		}
		forget(t, w)
	}
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	oncalltest.Same(t, "state", oncall.CodeRefused, oncalltest.LoadChannel(t, w, arn).Code.State(w.Now()))
	w.Clock.Pass(24 * time.Hour)
	forget(t, w)
	if err := w.SendActivationCode(t.Context(), oncalltest.Program, arn); err != nil {
		t.Error(err)
	}
	sent, err := w.Messages(t.Context(), oncalltest.Manager, arn)
	if err != nil || len(sent) != 2 {
		t.Errorf("messages of the channel that lives: %+v, %v", sent, err)
	}
}

func TestChannelIsCreatedWhenNoCodeMayLeave(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.SpendCodes(t, w, "+15005550199", 10)
	before := len(w.WaitingMessages(t))
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	c := oncalltest.LoadChannel(t, w, arn)
	oncalltest.Same(t, "where its code is", oncall.CodeRefused, c.Code.State(w.Now()))
	oncalltest.Same(t, "why", sayCap, c.Code.FailureReason)
	oncalltest.Same(t, "reachability", oncall.Unreachable, c.Contact.Reachability)
	oncalltest.Same(t, "what waits to be sent", before, len(w.WaitingMessages(t)))
	sent, err := w.Messages(t.Context(), oncalltest.Manager, arn)
	if err != nil || len(sent) != 1 {
		t.Fatalf("messages: %+v, %v", sent, err)
	}
	oncalltest.Same(t, "message", oncall.MessageRefused, sent[0].State)
	oncalltest.Same(t, "receipts", []oncall.Receipt{{Message: sent[0].ID, Kind: oncall.ReceiptError, At: w.Now(), Detail: sayCap}}, sent[0].Receipts)
	isWrong(t, "no code", oncalltest.EnterCode(t, w, arn, "123456"))
	oncalltest.WantLimited(t, w.SendActivationCode(t.Context(), oncalltest.Program, arn), oncall.Quota, 24*time.Hour, "No code was sent: "+sayCap+".")

	other := oncalltest.AddMobile(t, w, "ben", "+12065550100")
	code, to := oncalltest.CodeOf(t, w, other), "+15005550199"
	moved := oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: other, Address: &to})
	oncalltest.Same(t, "where its code is", oncall.CodeRefused, moved.Code.State(w.Now()))
	isWrong(t, "the code of the old address", oncalltest.EnterCode(t, w, other, code))
}

func TestCodesToOneRangeOfNumbersAreBounded(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.Limits.PerPrefix = 3 })
	for n := range 3 {
		arn := oncalltest.AddMobile(t, w, fmt.Sprint("a", n), fmt.Sprintf("+1500555010%d", n))
		oncalltest.Same(t, "where", oncall.CodeOnItsWay, oncalltest.LoadChannel(t, w, arn).Code.State(w.Now()))
	}
	w = w.Over(w.Store)
	near := oncalltest.AddMobile(t, w, "near", "+15005550199")
	oncalltest.Same(t, "why", "3 an hour to numbers of this range reached, next possible at 04:00 UTC on 22 November", oncalltest.LoadChannel(t, w, near).Code.FailureReason)
	far := oncalltest.AddMobile(t, w, "far", "+12065550100")
	oncalltest.Same(t, "where", oncall.CodeOnItsWay, oncalltest.LoadChannel(t, w, far).Code.State(w.Now()))
	mail := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: w.Scope().Contact("near"), Type: oncall.Email, Address: "ana@example.org"})
	oncalltest.Same(t, "where", oncall.CodeOnItsWay, oncalltest.LoadChannel(t, w, mail).Code.State(w.Now()))
	w.Clock.Pass(time.Hour)
	oncalltest.SendCode(t, w, near)
}

func TestCodesOfTheWholeInstallationAreBounded(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.Limits.PerHour = 3 })
	for n := range 3 {
		oncalltest.AddMobile(t, w, fmt.Sprint("a", n), fmt.Sprintf("+1500555010%d", n))
		w.Clock.Pass(time.Minute)
	}
	w = w.Over(w.Store)
	mail := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Type: oncall.Email, Address: "ana@example.org"})
	say := "3 an hour for the whole of Callbook reached, next possible at 04:00 UTC on 22 November"
	oncalltest.Same(t, "why", say, oncalltest.LoadChannel(t, w, mail).Code.FailureReason)
	oncalltest.WantLimited(t, w.SendActivationCode(t.Context(), oncalltest.Program, mail), oncall.Quota, 57*time.Minute, "No code was sent: "+say+".")
	_, err := w.SendTest(t.Context(), oncalltest.Admin, oncall.Email, "ana@example.org")
	oncalltest.WantLimited(t, err, oncall.Quota, 57*time.Minute, "No test was sent: "+say+".")
	w.Clock.Pass(57 * time.Minute)
	oncalltest.SendCode(t, w, mail)
}

func TestNumbersOfOtherCountriesAreRefused(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.Countries = []string{"US", "DE"} })
	ana := oncalltest.AddPerson(t, w, "ana")
	for of, addresses := range map[oncall.ChannelType]map[string]bool{
		oncall.SMS:   {"+15005550199": true, "+12065550100": true, "+4915123456789": true, "+447911123456": false},
		oncall.Voice: {"+447911123456": false},
		oncall.Email: {"ana@example.co.uk": true},
	} {
		for address, want := range addresses {
			_, err := w.CreateChannel(t.Context(), oncalltest.Program, oncall.NewChannel{Contact: ana, Name: "n", Type: of, Address: address})
			if (err == nil) != want {
				t.Errorf("%s %s: %v", of, address, err)
			}
			if !want && oncall.FieldErrors(err)[0].Reason != oncall.CountryNotAllowed {
				t.Errorf("%s %s: got %+v", of, address, oncall.FieldErrors(err))
			}
		}
	}
}

// A country that is no longer allowed gets no code, though the channel stands.
func TestCountryThatIsNoLongerAllowedGetsNoCode(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+447911123456")
	w.Clock.Pass(time.Hour)
	later := oncalltest.NewRooms(w.Store, oncalltest.Options{Scope: oncalltest.Scope, Now: w.Clock.Now, Countries: []string{"DE"}})
	if err := later.SendActivationCode(t.Context(), oncalltest.Program, arn); oncall.KindOf(err) != oncall.Invalid {
		t.Errorf("got %v, want it refused", err)
	}
}
