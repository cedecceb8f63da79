package access_test

import (
	"sync"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

func TestSameTokenAndParametersCreateOnce(t *testing.T) {
	w := oncalltest.New(t)
	newContact := oncall.NewContact{Alias: "ana", DisplayName: "Ana", Type: oncall.Personal, Token: "t"}
	ana := oncalltest.AddContact(t, w, newContact)
	oncalltest.Same(t, "contact again", ana, oncalltest.AddContact(t, w, newContact))
	oncalltest.Same(t, "version", int64(1), oncalltest.LoadContact(t, w, ana).Version)

	in := oncall.NewChannel{Contact: ana, Name: "mobile", Type: oncall.SMS, Address: "+15005550199", Token: "t"} // another operation
	first := oncalltest.AddChannel(t, w, in)
	w.Clock.Pass(365 * 24 * time.Hour) // kept while the resource exists
	oncalltest.Same(t, "channel again", first, oncalltest.AddChannel(t, w, in))
	name := "renamed"
	if _, err := w.UpdateChannel(t.Context(), oncalltest.Program, oncall.ChannelChange{Channel: first, Name: &name}); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "channel again after a change", first, oncalltest.AddChannel(t, w, in))
	oncalltest.Same(t, "channels", []oncall.ARN{first}, oncalltest.ChannelsOf(t, w, ana))
}

func TestTokenWithOtherParametersIsAConflict(t *testing.T) {
	w := oncalltest.New(t)
	plan := oncall.Plan{Stages: []oncall.Stage{}}
	newContact := oncall.NewContact{Alias: "ana", DisplayName: "Ana", Type: oncall.Personal, Token: "t"}
	ana, bob := oncalltest.AddContact(t, w, newContact), oncalltest.AddPerson(t, w, "bob")
	for _, other := range []oncall.NewContact{
		{Alias: "eve", DisplayName: "Ana", Type: oncall.Personal},
		{Alias: "ana", DisplayName: "Eve", Type: oncall.Personal},
		{Alias: "ana", DisplayName: "Ana", Type: oncall.Escalation},
		{Alias: "ana", DisplayName: "Ana", Type: oncall.Personal, Plan: plan}, // empty, but given
	} {
		other.Token = "t"
		_, err := w.CreateContact(t.Context(), oncalltest.Program, other)
		oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.TokenReused, oncalltest.TokenReusedSentence(ana))
		oncalltest.WantResource(t, err, ana)
	}
	first := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Name: "mobile", Type: oncall.SMS, Address: "+447911123456", Token: "t"})
	for _, other := range []oncall.NewChannel{
		{Contact: bob, Name: "mobile", Type: oncall.SMS, Address: "+447911123456"},
		{Contact: ana, Name: "Mobile", Type: oncall.SMS, Address: "+447911123456"},
		{Contact: ana, Name: "mobile", Type: oncall.Voice, Address: "+447911123456"},
		{Contact: ana, Name: "mobile", Type: oncall.SMS, Address: "+4407911123456"}, // the same number, spelt otherwise
		{Contact: ana, Name: "mobile", Type: oncall.SMS, Address: "+447911123456", Defer: true},
	} {
		other.Token = "t"
		_, err := w.CreateChannel(t.Context(), oncalltest.Program, other)
		oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.TokenReused, oncalltest.TokenReusedSentence(first))
		oncalltest.WantResource(t, err, first)
	}
	oncalltest.Same(t, "channels", []oncall.ARN{first}, oncalltest.ChannelsOf(t, w, ana))
}

func TestTokensOfDifferentActorsAreIndependent(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	seen := map[oncall.ARN]bool{}
	for n, by := range []oncall.Actor{oncalltest.Program, {Door: oncall.API, Principal: "another", Role: oncall.Manager}, oncalltest.Manager, {Door: oncall.Browser, Principal: "program", Role: oncall.Manager},
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
	in := oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Name: "n", Type: oncall.SMS, Address: "+1 500 555 0199", Token: "t"}
	first, err := w.CreateChannel(t.Context(), oncalltest.Manager, in)
	if err != nil {
		t.Fatal(err)
	}
	in.Address = "(500) 555-0199"
	in.Country = "US"
	again, err := w.CreateChannel(t.Context(), oncalltest.Manager, in)
	if err != nil || again != first {
		t.Errorf("got %s, %v, want %s", again, err, first)
	}
}

func TestTokenOfADeletedResourceCreatesNothing(t *testing.T) {
	w := oncalltest.New(t)
	newContact := oncall.NewContact{Alias: "ana", Type: oncall.Personal, Token: "t"}
	ana := oncalltest.AddContact(t, w, newContact)
	byChannel := oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+15005550199", Token: "one"}
	byContact := oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+12065550100", Token: "two"}
	one, two := oncalltest.AddChannel(t, w, byChannel), oncalltest.AddChannel(t, w, byContact)
	w.Clock.Pass(48 * time.Hour) // the token expires a day after the deletion
	if err := w.DeleteChannel(t.Context(), oncalltest.Program, one); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "channel deleted alone", one, oncalltest.AddChannel(t, w, byChannel))
	oncalltest.Same(t, "channels", []oncall.ARN{two}, oncalltest.ChannelsOf(t, w, ana))
	if err := w.DeleteContact(t.Context(), oncalltest.Program, ana); err != nil {
		t.Fatal(err)
	}
	for _, after := range []time.Duration{0, 24*time.Hour - time.Second} {
		w.Clock.Pass(after)
		if err := w.DeleteContact(t.Context(), oncalltest.Program, oncalltest.AddPerson(t, w, "housekeeping")); err != nil { // a deletion purges expired tokens
			t.Fatal(err)
		}
		oncalltest.Same(t, "contact", ana, oncalltest.AddContact(t, w, newContact))
		oncalltest.Same(t, "channel deleted alone", one, oncalltest.AddChannel(t, w, byChannel))
		oncalltest.Same(t, "channel deleted with its contact", two, oncalltest.AddChannel(t, w, byContact))
		_, err := w.Contact(t.Context(), oncalltest.Program, ana)
		oncalltest.WantRefusal(t, err, oncall.NotFound, "", "Contact not found: "+string(ana))
	}
}

func TestFailedRequestLeavesItsTokenFree(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	first := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	_, err := w.CreateChannel(t.Context(), oncalltest.Program, oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+15005550199", Token: "t"})
	oncalltest.WantResource(t, err, first)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+12065550100", Token: "t"})
}

func TestConcurrentRequestsWithATokenCreateOneChannel(t *testing.T) {
	w := oncalltest.New(t)
	in := oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Name: "n", Type: oncall.SMS, Address: "+15005550199", Token: "t"}
	var all sync.WaitGroup
	arns, errs := make([]oncall.ARN, 64), make([]error, 64)
	for n := range arns {
		all.Go(func() { arns[n], errs[n] = w.CreateChannel(t.Context(), oncalltest.Program, in) })
	}
	all.Wait()
	for n := range arns {
		if errs[n] != nil || arns[n] != arns[0] {
			t.Errorf("caller %d: got %s, %v, want %s", n, arns[n], errs[n], arns[0])
		}
	}
	oncalltest.Same(t, "channels", []oncall.ARN{arns[0]}, oncalltest.ChannelsOf(t, w, in.Contact))
}

func TestConcurrentRequestsWithoutATokenCreateOneChannel(t *testing.T) {
	w := oncalltest.New(t)
	in := oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Name: "n", Type: oncall.SMS, Address: "+15005550199"}
	var all sync.WaitGroup
	var mu sync.Mutex
	created, refusals := []oncall.ARN(nil), 0
	for range 64 {
		all.Go(func() {
			arn, err := w.CreateChannel(t.Context(), oncalltest.Program, in)
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
	oncalltest.Same(t, "refusals", 63, refusals)
	oncalltest.Same(t, "created", oncalltest.ChannelsOf(t, w, in.Contact), created)
}
