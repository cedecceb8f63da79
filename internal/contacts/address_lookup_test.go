package contacts_test

import (
	"fmt"
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
