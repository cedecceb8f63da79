package oncall_test

import (
	"sync"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// sayReused is what a token gets that stands for something else.
func sayReused(arn oncall.ARN) string {
	return "This idempotency token was used with other parameters, for " + string(arn) + ": use a new token for something new."
}

func TestSameTokenAndParametersCreateOnce(t *testing.T) {
	w := oncalltest.New(t)
	newContact := oncall.NewContact{Alias: "ana", DisplayName: "Ana", Type: oncall.Personal, Token: "t"}
	ana := contact(t, w, newContact)
	same(t, "contact again", ana, contact(t, w, newContact))
	same(t, "version", int64(1), load(t, w, ana).Version)

	in := oncall.NewChannel{Contact: ana, Name: "mobile", Type: oncall.SMS, Address: "+15005550199", Token: "t"} // another operation
	first := channel(t, w, in)
	w.Clock.Pass(365 * 24 * time.Hour) // kept while the resource lives
	same(t, "channel again", first, channel(t, w, in))
	name := "renamed"
	if _, err := w.UpdateChannel(t.Context(), program, oncall.ChannelChange{Channel: first, Name: &name}); err != nil {
		t.Fatal(err)
	}
	same(t, "channel again after a change", first, channel(t, w, in))
	same(t, "channels", []oncall.ARN{first}, channelsOf(t, w, ana))
}

func TestTokenWithOtherParametersIsAConflict(t *testing.T) {
	w := oncalltest.New(t)
	plan := oncall.Plan{Stages: []oncall.Stage{}}
	newContact := oncall.NewContact{Alias: "ana", DisplayName: "Ana", Type: oncall.Personal, Token: "t"}
	ana, bob := contact(t, w, newContact), person(t, w, "bob")
	for _, other := range []oncall.NewContact{
		{Alias: "eve", DisplayName: "Ana", Type: oncall.Personal},
		{Alias: "ana", DisplayName: "Eve", Type: oncall.Personal},
		{Alias: "ana", DisplayName: "Ana", Type: oncall.Escalation},
		{Alias: "ana", DisplayName: "Ana", Type: oncall.Personal, Plan: plan}, // given, though empty
	} {
		other.Token = "t"
		_, err := w.CreateContact(t.Context(), program, other)
		refused(t, err, oncall.Conflict, oncall.TokenReused, sayReused(ana))
		stands(t, err, ana)
	}
	first := channel(t, w, oncall.NewChannel{Contact: ana, Name: "mobile", Type: oncall.SMS, Address: "+447911123456", Token: "t"})
	for _, other := range []oncall.NewChannel{
		{Contact: bob, Name: "mobile", Type: oncall.SMS, Address: "+447911123456"},
		{Contact: ana, Name: "Mobile", Type: oncall.SMS, Address: "+447911123456"},
		{Contact: ana, Name: "mobile", Type: oncall.Voice, Address: "+447911123456"},
		{Contact: ana, Name: "mobile", Type: oncall.SMS, Address: "+4407911123456"}, // the same number, but not as it came
		{Contact: ana, Name: "mobile", Type: oncall.SMS, Address: "+447911123456", Defer: true},
	} {
		other.Token = "t"
		_, err := w.CreateChannel(t.Context(), program, other)
		refused(t, err, oncall.Conflict, oncall.TokenReused, sayReused(first))
		stands(t, err, first)
	}
	same(t, "channels", []oncall.ARN{first}, channelsOf(t, w, ana))
}

func TestTokensOfOthersDoNotMeet(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	seen := map[oncall.ARN]bool{}
	for n, by := range []oncall.Actor{program, {Door: oncall.API, Principal: "another", Role: oncall.Manager}, manager, {Door: oncall.Browser, Principal: "program", Role: oncall.Manager},
		{Door: oncall.Command, Principal: "program", Role: oncall.Manager}} {
		in := oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+1206555010" + string(rune('0'+n)), Token: "t"}
		arn, err := w.CreateChannel(t.Context(), by, in)
		if err != nil || seen[arn] {
			t.Errorf("%+v: got %s, %v, want a channel of its own", by, arn, err)
		}
		seen[arn] = true
		again, err := w.CreateChannel(t.Context(), by, in)
		if err != nil || again != arn {
			t.Errorf("%+v again: got %s, %v, want %s", by, again, err, arn)
		}
	}
}

func TestPersonWhoSendsAFormTwiceCreatesOnce(t *testing.T) {
	w := oncalltest.New(t)
	in := oncall.NewChannel{Contact: person(t, w, "ana"), Name: "n", Type: oncall.SMS, Address: "+1 500 555 0199", Token: "t"}
	first, err := w.CreateChannel(t.Context(), manager, in)
	if err != nil {
		t.Fatal(err)
	}
	in.Address = "(500) 555-0199"
	in.Country = "US"
	again, err := w.CreateChannel(t.Context(), manager, in)
	if err != nil || again != first {
		t.Errorf("got %s, %v, want %s", again, err, first)
	}
}

func TestTokenOfADeletedResourceCreatesNothing(t *testing.T) {
	w := oncalltest.New(t)
	newContact := oncall.NewContact{Alias: "ana", Type: oncall.Personal, Token: "t"}
	ana := contact(t, w, newContact)
	byChannel := oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+15005550199", Token: "one"}
	byContact := oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+12065550100", Token: "two"}
	one, two := channel(t, w, byChannel), channel(t, w, byContact)
	w.Clock.Pass(48 * time.Hour) // the day begins with the deletion
	if err := w.DeleteChannel(t.Context(), program, one); err != nil {
		t.Fatal(err)
	}
	same(t, "channel deleted alone", one, channel(t, w, byChannel))
	same(t, "channels", []oncall.ARN{two}, channelsOf(t, w, ana))
	if err := w.DeleteContact(t.Context(), program, ana); err != nil {
		t.Fatal(err)
	}
	for _, after := range []time.Duration{0, 24*time.Hour - time.Second} {
		w.Clock.Pass(after)
		if err := w.DeleteContact(t.Context(), program, person(t, w, "housekeeping")); err != nil { // forgets what may be forgotten
			t.Fatal(err)
		}
		same(t, "contact", ana, contact(t, w, newContact))
		same(t, "channel deleted alone", one, channel(t, w, byChannel))
		same(t, "channel deleted with its contact", two, channel(t, w, byContact))
		_, err := w.Contact(t.Context(), program, ana)
		refused(t, err, oncall.NotFound, "", "Contact not found: "+string(ana))
	}
}

func TestFailedRequestLeavesItsTokenFree(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	first := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	_, err := w.CreateChannel(t.Context(), program, oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+15005550199", Token: "t"})
	stands(t, err, first)
	channel(t, w, oncall.NewChannel{Contact: ana, Address: "+12065550100", Token: "t"})
}

func TestSixtyFourAtOnceCreateOneChannel(t *testing.T) {
	w := oncalltest.New(t)
	in := oncall.NewChannel{Contact: person(t, w, "ana"), Name: "n", Type: oncall.SMS, Address: "+15005550199", Token: "t"}
	var all sync.WaitGroup
	arns, errs := make([]oncall.ARN, 64), make([]error, 64)
	for n := range arns {
		all.Go(func() { arns[n], errs[n] = w.CreateChannel(t.Context(), program, in) })
	}
	all.Wait()
	for n := range arns {
		if errs[n] != nil || arns[n] != arns[0] {
			t.Errorf("caller %d: got %s, %v, want %s", n, arns[n], errs[n], arns[0])
		}
	}
	same(t, "channels", []oncall.ARN{arns[0]}, channelsOf(t, w, in.Contact))
}

func TestSixtyFourAtOnceWithoutATokenCreateOneChannel(t *testing.T) {
	w := oncalltest.New(t)
	in := oncall.NewChannel{Contact: person(t, w, "ana"), Name: "n", Type: oncall.SMS, Address: "+15005550199"}
	var all sync.WaitGroup
	var mu sync.Mutex
	created, refusals := []oncall.ARN(nil), 0
	for range 64 {
		all.Go(func() {
			arn, err := w.CreateChannel(t.Context(), program, in)
			mu.Lock()
			defer mu.Unlock()
			if oncall.ReasonOf(err) == oncall.Duplicate {
				refusals++
			} else {
				created = append(created, arn)
			}
		})
	}
	all.Wait()
	same(t, "refusals", 63, refusals)
	same(t, "created", channelsOf(t, w, in.Contact), created)
}
