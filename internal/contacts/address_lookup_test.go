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

func aliasesOf(list []contacts.ContactSummary) (aliases []string) {
	for _, c := range list {
		aliases = append(aliases, c.Alias)
	}
	return aliases
}

func TestWholeAddressIsFoundAndNothingLess(t *testing.T) {
	w := oncalltest.New(t)
	for _, alias := range []string{"ana", "bob", "cleo"} {
		oncalltest.AddPerson(t, w, alias)
	}
	ana, bob := w.Scope().Contact("ana"), w.Scope().Contact("bob")
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+447911123456"})
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+447911123456"})
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: bob, Type: oncall.Voice, Address: "+447911123456"})
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: bob, Type: oncall.Email, Address: "Bob@Example.org"})
	for text, want := range map[string][]string{
		"+447911123456": {"ana", "bob"}, " +44 7911 123456 ": {"ana", "bob"}, "0044 7911 123456": {"ana", "bob"}, "bob@example.ORG": {"bob"},
		"+447911123457": nil, "ob@example.org": nil, "nobody@example.org": nil,
	} {
		found, err := w.FindAddress(t.Context(), oncalltest.Manager, text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		oncalltest.Same(t, "contacts with "+text, want, aliasesOf(found))
	}
	for _, text := range []string{"", "ana", "7911", "@", "+44", "ana@"} {
		if _, err := w.FindAddress(t.Context(), oncalltest.Manager, text); oncall.KindOf(err) != oncall.Invalid || contacts.IsAddress(text) {
			t.Errorf("%q: got %v, want it to be no address", text, err)
		}
	}
}

// guess is a way in which a form tells whether another contact has an address.
type guess struct {
	name string
	ask  func(w *oncalltest.World, address string) (warnings []oncall.FieldError, err error)
}

// guesses are all of them, for a contact bob who has one channel.
func guesses(t *testing.T, w *oncalltest.World) []guess {
	bob := oncalltest.AddPerson(t, w, "bob")
	own := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: bob, Address: "+12065550100"})
	in := func(name, address string) oncall.NewChannel {
		return oncall.NewChannel{Contact: bob, Name: name, Type: oncall.SMS, Address: address, Defer: true}
	}
	return []guess{
		{"the check of a new channel", func(w *oncalltest.World, address string) ([]oncall.FieldError, error) {
			check, _, err := w.CheckChannel(t.Context(), oncalltest.Manager, in("n", address))
			return check.Warnings, err
		}},
		{"a form that is refused for another field", func(w *oncalltest.World, address string) ([]oncall.FieldError, error) {
			check, _, err := w.CheckChannel(t.Context(), oncalltest.Manager, in("", address))
			return check.Warnings, err
		}},
		{"the check of a change", func(w *oncalltest.World, address string) ([]oncall.FieldError, error) {
			check, _, err := w.CheckChange(t.Context(), oncalltest.Manager, oncall.ChannelChange{Channel: own, Address: &address})
			return check.Warnings, err
		}},
	}
}

const anasNumber = "+447911123456"

func TestCheckThatNamesAContactIsOnRecordAndLimited(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: anasNumber})
	all := guesses(t, w)
	before := lookupEntries(t, w)
	for n := range contacts.MaxAddressLookups {
		g := all[n%len(all)]
		if got, err := g.ask(w, anasNumber); err != nil || len(got) != 1 || got[0].Message != "This number is also on the contact ana." {
			t.Fatalf("%s: got %+v, %v", g.name, got, err)
		}
	}
	oncalltest.Same(t, "entries", before+contacts.MaxAddressLookups, lookupEntries(t, w))
	for _, g := range all {
		hit, err1 := g.ask(w, anasNumber)
		miss, err2 := g.ask(w, "+447911123457")
		if err1 != nil || err2 != nil || len(hit) != 1 || len(miss) != 1 {
			t.Fatalf("%s: got %+v and %+v, %v, %v", g.name, hit, miss, err1, err2)
		}
		if hit[0].Message != miss[0].Message || !strings.Contains(hit[0].Message, "was not compared") || strings.Contains(hit[0].Message, "ana") {
			t.Errorf("%s tells them apart: %q and %q", g.name, hit[0].Message, miss[0].Message)
		}
	}
	oncalltest.Same(t, "entries beyond the limit", before+contacts.MaxAddressLookups, lookupEntries(t, w))
	if _, err := w.FindAddress(t.Context(), oncalltest.Manager, anasNumber); oncall.KindOf(err) != oncall.Limited {
		t.Errorf("a look-up after the checks: got %v, want Limited", err)
	}
	w.Clock.Pass(contacts.AddressLookupTTL)
	if got, err := all[0].ask(w, anasNumber); err != nil || len(got) != 1 || !strings.Contains(got[0].Message, "ana") {
		t.Errorf("a minute later: got %+v, %v", got, err)
	}
}

// lookupEntries counts the entries of look-ups in the trail.
func lookupEntries(t *testing.T, w *oncalltest.World) (n int) {
	t.Helper()
	page, err := w.Audit(t.Context(), oncalltest.Manager, oncall.AuditQuery{Operation: oncall.FindAddress, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		if e.Actor != oncalltest.Manager.Name || len(e.Changes) != 1 || strings.Contains(e.Changes[0].After, "7911") {
			t.Errorf("entry %+v", e)
		}
	}
	return len(page.Entries)
}

// Guessing a number from its mask takes many checks that find nothing.
func TestGuessesThatFindNothingCountToo(t *testing.T) {
	for n := range 3 {
		w := oncalltest.New(t)
		oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: anasNumber})
		g := guesses(t, w)[n]
		before := lookupEntries(t, w)
		for n := range contacts.MaxAddressLookups {
			if got, err := g.ask(w, fmt.Sprintf("+4479111234%02d", n+10)); err != nil || len(got) != 0 {
				t.Fatalf("%s, guess %d: got %+v, %v", g.name, n, got, err)
			}
		}
		got, err := g.ask(w, anasNumber)
		if err != nil || len(got) != 1 || strings.Contains(got[0].Message, "ana") {
			t.Errorf("%s, the guess that is right: got %+v, %v", g.name, got, err)
		}
		oncalltest.Same(t, "entries", before, lookupEntries(t, w))
	}
}

// A refused form and a saved one tell the same as a check.
func TestSavingBeyondTheLimitTellsNothing(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: anasNumber})
	bob := oncalltest.AddPerson(t, w, "bob")
	own := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: bob, Address: "+12065550100"})
	save := func(address string, accept ...string) map[string]error {
		_, create := w.CreateChannel(t.Context(), oncalltest.Manager, oncall.NewChannel{Contact: bob, Name: "n", Type: oncall.SMS, Address: address, Defer: true, Accept: accept})
		_, update := w.UpdateChannel(t.Context(), oncalltest.Manager, oncall.ChannelChange{Channel: own, Address: &address, Accept: accept})
		return map[string]error{"a new channel": create, "a new address": update}
	}
	for range contacts.MaxAddressLookups {
		if _, err := w.FindAddress(t.Context(), oncalltest.Manager, "+447911123499"); err != nil {
			t.Fatal(err)
		}
	}
	hits, misses := save(anasNumber), save("+447911123457")
	for door, hit := range hits {
		oncalltest.WantRefusal(t, hit, oncall.Invalid, oncall.Shared, oncall.FieldErrors(misses[door])[0].Message)
		if !strings.Contains(oncall.FieldErrors(hit)[0].Message, "was not compared") {
			t.Errorf("%s: got %v", door, hit)
		}
	}
	// An honest manager does not have to wait.
	for _, address := range []string{anasNumber, "+447911123457"} {
		if err := save(address, "shared:"+address)["a new channel"]; err != nil {
			t.Errorf("%s, accepted: %v", address, err)
		}
	}
	if _, err := w.CreateChannel(t.Context(), oncalltest.Program, oncall.NewChannel{Contact: bob, Name: "n", Type: oncall.Voice, Address: anasNumber}); err != nil {
		t.Errorf("a program: %v", err)
	}
}

// A channel whose address is changed again and again tries one number after the other.
func TestNewAddressesCountAsLookUps(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: anasNumber})
	own := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "bob"), Address: "+12065550100", Defer: true})
	save := func(address string) error {
		_, err := w.UpdateChannel(t.Context(), oncalltest.Manager, oncall.ChannelChange{Channel: own, Address: &address})
		return err
	}
	for n := range contacts.MaxAddressLookups {
		if err := save(fmt.Sprintf("+4479111234%02d", n+10)); err != nil {
			t.Fatal(err)
		}
	}
	for _, address := range []string{anasNumber, "+447911123457"} {
		if err := save(address); err == nil || !strings.Contains(err.Error(), "was not compared") {
			t.Errorf("%s: got %v", address, err)
		}
	}
}

func TestLimitOfLookUpsOutlastsARestart(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: anasNumber})
	all := guesses(t, w)
	for n := range contacts.MaxAddressLookups {
		address := anasNumber
		if n%2 == 0 {
			address = fmt.Sprintf("+4479111234%02d", n+10)
		}
		if _, err := all[0].ask(w, address); err != nil {
			t.Fatal(err)
		}
	}
	w = w.Over(w.Store) // nothing but the database remains
	for _, g := range all {
		if got, err := g.ask(w, anasNumber); err != nil || len(got) != 1 || strings.Contains(got[0].Message, "ana") {
			t.Errorf("%s: got %+v, %v", g.name, got, err)
		}
	}
}

func TestLookUpsAreOnRecordMaskedAndBounded(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: "+447911123456"})
	for n := range contacts.MaxAddressLookups {
		if _, err := w.FindAddress(t.Context(), oncalltest.Manager, fmt.Sprintf("+4479111234%02d", n+40)); err != nil {
			t.Fatal(err)
		}
		w.Clock.Pass(time.Second)
	}
	page, err := w.Audit(t.Context(), oncalltest.Manager, oncall.AuditQuery{Operation: oncall.FindAddress, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "entry", []oncall.AuditChange{{Field: oncall.FieldAddress, After: "+44 ••• ••• 3469"}}, page.Entries[0].Changes)
	_, err = w.FindAddress(t.Context(), oncalltest.Manager, "+447911123456")
	if oncall.KindOf(err) != oncall.Limited || oncall.RetryAfterOf(err) != 30*time.Second {
		t.Errorf("one more: got %v after %v, want Limited for 30 s", err, oncall.RetryAfterOf(err))
	}
	if _, err := w.FindAddress(t.Context(), oncalltest.Program, "+447911123456"); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	w.Clock.Pass(30 * time.Second)
	if _, err := w.FindAddress(t.Context(), oncalltest.Manager, "+447911123456"); err != nil {
		t.Errorf("a minute after the first: %v", err)
	}
}
