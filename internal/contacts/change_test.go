package contacts_test

import (
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

func TestNewAddressTakesTheProof(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	oncalltest.Activate(t, w, arn)
	oncalltest.Same(t, "reachability", oncall.Reachable, oncalltest.LoadContact(t, w, ana).Reachability)
	oncalltest.Same(t, "active channels", 1, oncalltest.LoadChannel(t, w, arn).Active)
	want := oncalltest.LoadChannel(t, w, arn).Channel
	w.Clock.Pass(time.Hour)

	to := "+12065550100"
	got := oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	want.Mask = "+1 ••• ••• 0100"
	want.ActivatedAt, want.ReaddressedAt, want.UpdatedAt, want.Version = time.Time{}, w.Now(), w.Now(), want.Version+1
	want.Code = got.Code // the tests of codes are elsewhere
	oncalltest.Same(t, "channel", want, got)
	oncalltest.Same(t, "address", oncall.Address{Given: to, Canonical: to}, oncalltest.AddressOf(t, w, arn))
	oncalltest.Same(t, "state", oncall.NotActivated, got.State())
	oncalltest.Same(t, "reachability", oncall.Waiting, oncalltest.LoadContact(t, w, ana).Reachability)
}

func TestDeferredActivationStaysDeferred(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: "+15005550199", Defer: true})
	deferred := w.Now()
	w.Clock.Pass(time.Hour)
	to := "+12065550100"
	got := oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	oncalltest.Same(t, "state", oncall.Deferred, got.State())
	oncalltest.Same(t, "deferred at", deferred, got.DeferredAt)
}

func TestNameOnlyChangeChangesNothingElse(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	oncalltest.Activate(t, w, arn)
	want := oncalltest.LoadChannel(t, w, arn).Channel
	w.Clock.Pass(time.Hour)
	name := "work"
	want.Name, want.UpdatedAt, want.Version = name, w.Now(), want.Version+1
	oncalltest.Same(t, "channel", want, oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Name: &name}))
	oncalltest.Same(t, "reachability", oncall.Reachable, oncalltest.LoadContact(t, w, ana).Reachability)
}

func TestSameCanonicalAddressKeepsTheProof(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	for canonical, again := range map[string]string{"+447911123456": "+4407911123456", "ana@example.org": "Ana@Example.org"} {
		of := oncall.SMS
		if canonical[0] != '+' {
			of = oncall.Email
		}
		arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: of, Address: canonical})
		oncalltest.Activate(t, w, arn)
		got := oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &again})
		oncalltest.Same(t, "state", oncall.Active, got.State())
		oncalltest.Same(t, "address", oncall.Address{Given: again, Canonical: canonical}, oncalltest.AddressOf(t, w, arn))
		oncalltest.Same(t, "readdressed at", time.Time{}, got.ReaddressedAt)
	}
}

func TestRefusedChangeChangesNothing(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: "+15005550199"})
	oncalltest.Activate(t, w, arn)
	want := oncalltest.LoadChannel(t, w, arn).Channel
	bad, empty, name, number := "O'Brien", "", "work", "+1500555"
	for _, c := range []struct {
		change oncall.ChannelChange
		fields []oncall.Field
	}{
		{oncall.ChannelChange{Name: &bad}, []oncall.Field{oncall.FieldName}},
		{oncall.ChannelChange{Name: &empty}, []oncall.Field{oncall.FieldName}},
		{oncall.ChannelChange{Name: &name, Address: &empty}, []oncall.Field{oncall.FieldAddress}},
		{oncall.ChannelChange{Name: &bad, Address: &number}, []oncall.Field{oncall.FieldName, oncall.FieldAddress}},
		{oncall.ChannelChange{Name: &name, Address: &bad}, []oncall.Field{oncall.FieldAddress}},
	} {
		c.change.Channel = arn
		_, err := w.UpdateChannel(t.Context(), oncalltest.Program, c.change)
		var fields []oncall.Field
		for _, f := range oncall.FieldErrors(err) {
			fields = append(fields, f.Field)
		}
		oncalltest.Same(t, "refused fields", c.fields, fields)
	}
	oncalltest.Same(t, "channel", want, oncalltest.LoadChannel(t, w, arn).Channel)
}

func TestChannelChangeFromAnOldVersionIsStale(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: "+15005550199"})
	one, two := "one", "two"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Name: &one, Version: 1})
	for _, version := range []int64{1, 3, -1} {
		_, err := w.UpdateChannel(t.Context(), oncalltest.Manager, oncall.ChannelChange{Channel: arn, Name: &two, Version: version})
		oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.Stale, "Somebody else changed this channel in the meantime: look at it as it is now, then save again.")
	}
	oncalltest.Same(t, "name", "one", oncalltest.LoadChannel(t, w, arn).Name)
}

func TestCheckedChangeSaysWhatUpdateWould(t *testing.T) {
	w := oncalltest.New(t)
	ana, bob := oncalltest.AddPerson(t, w, "ana"), oncalltest.AddPerson(t, w, "bob")
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+12065550100"})
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: bob, Address: "+447911123456"})
	for address, want := range map[string][]oncall.Reason{
		"+1 500 555 0199": nil, // its own
		"+1 206 555 0100": {oncall.Duplicate},
		"+44 7911 123456": {oncall.Shared},
		"+1 500":          {oncall.TooShort},
	} {
		before := oncalltest.LoadChannel(t, w, arn)
		checked, fields, err := w.CheckChange(t.Context(), oncalltest.Manager, oncall.ChannelChange{Channel: arn, Address: &address})
		if err != nil {
			t.Fatal(err)
		}
		var got []oncall.Reason
		for _, f := range append(fields, checked.Warnings...) {
			got = append(got, f.Reason)
		}
		oncalltest.Same(t, "check of "+address, want, got)
		oncalltest.Same(t, "channel", before, oncalltest.LoadChannel(t, w, arn))
		_, err = w.UpdateChannel(t.Context(), oncalltest.Manager, oncall.ChannelChange{Channel: arn, Address: &address})
		if (err == nil) != (len(want) == 0) {
			t.Errorf("update to %s: %v, and the check says %v", address, err, want)
		}
	}
}

func TestDeactivationIsIdempotent(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	fresh := oncalltest.LoadChannel(t, w, arn)
	if err := w.DeactivateChannel(t.Context(), oncalltest.Manager, arn); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "channel that was never active", fresh, oncalltest.LoadChannel(t, w, arn))

	oncalltest.Activate(t, w, arn)
	w.Clock.Pass(time.Hour)
	at := w.Now()
	for range 2 {
		if err := w.DeactivateChannel(t.Context(), oncalltest.Manager, arn); err != nil {
			t.Fatal(err)
		}
		d := oncalltest.LoadChannel(t, w, arn)
		oncalltest.Same(t, "state", oncall.NotActivated, d.State())
		oncalltest.Same(t, "deactivated at", at, d.DeactivatedAt)
		oncalltest.Same(t, "version", int64(3), d.Version)
		oncalltest.Same(t, "reachability", oncall.Unreachable, d.Contact.Reachability)
		w.Clock.Pass(time.Hour)
	}
}

func TestContactIsReachableWhileAChannelIsActive(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	voice := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+15005550199"})
	expect := func(r oncall.Reachability) {
		t.Helper()
		oncalltest.Same(t, "reachability", r, oncalltest.LoadContact(t, w, ana).Reachability)
		page, err := w.Contacts(t.Context(), oncalltest.Manager, contacts.ContactQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range oncall.Reachabilities() {
			want := 0
			if of == r {
				want = 1
			}
			oncalltest.Same(t, "count of "+string(of), want, page.Counts[of])
		}
	}
	expect(oncall.Waiting)
	oncalltest.Activate(t, w, sms)
	oncalltest.Activate(t, w, voice)
	expect(oncall.Reachable)
	if err := w.DeactivateChannel(t.Context(), oncalltest.Program, sms); err != nil {
		t.Fatal(err)
	}
	expect(oncall.Reachable)
	if err := w.DeleteChannel(t.Context(), oncalltest.Program, voice); err != nil {
		t.Fatal(err)
	}
	expect(oncall.Unreachable)
}

func TestSecondClickOnSaveChangesNothing(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	name, address := "renamed", "+15005550123"
	for range 2 {
		c, err := w.UpdateContact(t.Context(), oncalltest.Manager, oncall.ContactChange{Contact: ana, DisplayName: &name, Version: 1})
		if err != nil || c.Version != 2 {
			t.Errorf("contact: version %d, %v; want version 2", c.Version, err)
		}
		ch, err := w.UpdateChannel(t.Context(), oncalltest.Program, oncall.ChannelChange{Channel: arn, Name: &name, Address: &address, Version: 1})
		if err != nil || ch.Version != 2 {
			t.Errorf("channel: version %d, %v; want version 2", ch.Version, err)
		}
	}
}
