package oncall_test

import (
	"fmt"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

func aliasesOf(list []oncall.ContactSummary) (aliases []string) {
	for _, c := range list {
		aliases = append(aliases, c.Alias)
	}
	return aliases
}

func TestWholeAddressIsFoundAndNothingLess(t *testing.T) {
	w := oncalltest.New(t)
	for _, alias := range []string{"ana", "bob", "cleo"} {
		person(t, w, alias)
	}
	ana, bob := w.Scope().Contact("ana"), w.Scope().Contact("bob")
	channel(t, w, oncall.NewChannel{Contact: ana, Address: "+447911123456"})
	channel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+447911123456"})
	channel(t, w, oncall.NewChannel{Contact: bob, Type: oncall.Voice, Address: "+447911123456"})
	channel(t, w, oncall.NewChannel{Contact: bob, Type: oncall.Email, Address: "Bob@Example.org"})
	for text, want := range map[string][]string{
		"+447911123456": {"ana", "bob"}, " +44 7911 123456 ": {"ana", "bob"}, "0044 7911 123456": {"ana", "bob"}, "bob@example.ORG": {"bob"},
		"+447911123457": nil, "ob@example.org": nil, "nobody@example.org": nil,
	} {
		found, err := w.FindAddress(t.Context(), manager, text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		same(t, "contacts with "+text, want, aliasesOf(found))
	}
	for _, text := range []string{"", "ana", "7911", "@", "+44", "ana@"} {
		if _, err := w.FindAddress(t.Context(), manager, text); oncall.KindOf(err) != oncall.Invalid || oncall.IsAddress(text) {
			t.Errorf("%q: got %v, want it to be no address", text, err)
		}
	}
}

func TestLookUpsAreOnRecordMaskedAndBounded(t *testing.T) {
	w := oncalltest.New(t)
	channel(t, w, oncall.NewChannel{Contact: person(t, w, "ana"), Address: "+447911123456"})
	for n := range oncall.MostFinds {
		if _, err := w.FindAddress(t.Context(), manager, fmt.Sprintf("+4479111234%02d", n+40)); err != nil {
			t.Fatal(err)
		}
		w.Clock.Pass(time.Second)
	}
	page, err := w.Audit(t.Context(), manager, oncall.AuditQuery{Operation: oncall.FindAddress, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "entry", []oncall.AuditChange{{Field: oncall.FieldAddress, After: "+44 ••• ••• 3469"}}, page.Entries[0].Changes)
	_, err = w.FindAddress(t.Context(), manager, "+447911123456")
	if oncall.KindOf(err) != oncall.Limited || oncall.RetryAfterOf(err) != 30*time.Second {
		t.Errorf("one more: got %v after %v, want Limited for 30 s", err, oncall.RetryAfterOf(err))
	}
	if _, err := w.FindAddress(t.Context(), program, "+447911123456"); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	w.Clock.Pass(30 * time.Second)
	if _, err := w.FindAddress(t.Context(), manager, "+447911123456"); err != nil {
		t.Errorf("a minute after the first: %v", err)
	}
}
