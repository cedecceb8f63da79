package oncall_test

import (
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// changed applies a change as a program does.
func changed(t *testing.T, w *oncalltest.World, in oncall.ChannelChange) oncall.Channel {
	t.Helper()
	c, err := w.UpdateChannel(t.Context(), program, in)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "what is returned is what is stored", detail(t, w, in.Channel).Channel, c)
	return c
}

func TestNewAddressTakesTheProof(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	arn := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	activate(t, w, arn)
	same(t, "reachability", oncall.Reachable, load(t, w, ana).Reachability)
	same(t, "active channels", 1, detail(t, w, arn).Active)
	want := detail(t, w, arn).Channel
	w.Clock.Pass(time.Hour)

	to := "+12065550100"
	got := changed(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	want.Mask = "+1 ••• ••• 0100"
	want.ActivatedAt, want.ReaddressedAt, want.UpdatedAt, want.Version = time.Time{}, w.Now(), w.Now(), want.Version+1
	want.Code = got.Code // the tests of codes are elsewhere
	same(t, "channel", want, got)
	same(t, "address", oncall.Address{Given: to, Canonical: to}, address(t, w, arn))
	same(t, "state", oncall.NotActivated, got.State())
	same(t, "reachability", oncall.Waiting, load(t, w, ana).Reachability)
}

func TestDeferredActivationStaysDeferred(t *testing.T) {
	w := oncalltest.New(t)
	arn := channel(t, w, oncall.NewChannel{Contact: person(t, w, "ana"), Address: "+15005550199", Defer: true})
	deferred := w.Now()
	w.Clock.Pass(time.Hour)
	to := "+12065550100"
	got := changed(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	same(t, "state", oncall.Deferred, got.State())
	same(t, "deferred at", deferred, got.DeferredAt)
}

func TestNameOnlyChangeChangesNothingElse(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	arn := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	activate(t, w, arn)
	want := detail(t, w, arn).Channel
	w.Clock.Pass(time.Hour)
	name := "work"
	want.Name, want.UpdatedAt, want.Version = name, w.Now(), want.Version+1
	same(t, "channel", want, changed(t, w, oncall.ChannelChange{Channel: arn, Name: &name}))
	same(t, "reachability", oncall.Reachable, load(t, w, ana).Reachability)
}

func TestSameCanonicalAddressKeepsTheProof(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	for canonical, again := range map[string]string{"+447911123456": "+4407911123456", "ana@example.org": "Ana@Example.org"} {
		of := oncall.SMS
		if canonical[0] != '+' {
			of = oncall.Email
		}
		arn := channel(t, w, oncall.NewChannel{Contact: ana, Type: of, Address: canonical})
		activate(t, w, arn)
		got := changed(t, w, oncall.ChannelChange{Channel: arn, Address: &again})
		same(t, "state", oncall.Active, got.State())
		same(t, "address", oncall.Address{Given: again, Canonical: canonical}, address(t, w, arn))
		same(t, "readdressed at", time.Time{}, got.ReaddressedAt)
	}
}

func TestRefusedChangeChangesNothing(t *testing.T) {
	w := oncalltest.New(t)
	arn := channel(t, w, oncall.NewChannel{Contact: person(t, w, "ana"), Address: "+15005550199"})
	activate(t, w, arn)
	want := detail(t, w, arn).Channel
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
		_, err := w.UpdateChannel(t.Context(), program, c.change)
		var fields []oncall.Field
		for _, f := range oncall.FieldErrors(err) {
			fields = append(fields, f.Field)
		}
		same(t, "refused fields", c.fields, fields)
	}
	same(t, "channel", want, detail(t, w, arn).Channel)
}

func TestChannelChangeFromAnOldVersionIsStale(t *testing.T) {
	w := oncalltest.New(t)
	arn := channel(t, w, oncall.NewChannel{Contact: person(t, w, "ana"), Address: "+15005550199"})
	one, two := "one", "two"
	changed(t, w, oncall.ChannelChange{Channel: arn, Name: &one, Version: 1})
	for _, version := range []int64{1, 3, -1} {
		_, err := w.UpdateChannel(t.Context(), manager, oncall.ChannelChange{Channel: arn, Name: &two, Version: version})
		refused(t, err, oncall.Conflict, oncall.Stale, "Somebody else changed this channel in the meantime: look at it as it is now, then save again.")
	}
	same(t, "name", "one", detail(t, w, arn).Name)
}

func TestCheckedChangeSaysWhatUpdateWould(t *testing.T) {
	w := oncalltest.New(t)
	ana, bob := person(t, w, "ana"), person(t, w, "bob")
	arn := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	channel(t, w, oncall.NewChannel{Contact: ana, Address: "+12065550100"})
	channel(t, w, oncall.NewChannel{Contact: bob, Address: "+447911123456"})
	for address, want := range map[string][]oncall.Reason{
		"+1 500 555 0199": nil, // its own
		"+1 206 555 0100": {oncall.Duplicate},
		"+44 7911 123456": {oncall.Shared},
		"+1 500":          {oncall.TooShort},
	} {
		before := detail(t, w, arn)
		checked, fields, err := w.CheckChange(t.Context(), manager, oncall.ChannelChange{Channel: arn, Address: &address})
		if err != nil {
			t.Fatal(err)
		}
		var got []oncall.Reason
		for _, f := range append(fields, checked.Warnings...) {
			got = append(got, f.Reason)
		}
		same(t, "check of "+address, want, got)
		same(t, "channel", before, detail(t, w, arn))
		_, err = w.UpdateChannel(t.Context(), manager, oncall.ChannelChange{Channel: arn, Address: &address})
		if (err == nil) != (len(want) == 0) {
			t.Errorf("update to %s: %v, and the check says %v", address, err, want)
		}
	}
}

func TestDeactivationIsIdempotent(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	arn := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	fresh := detail(t, w, arn)
	if err := w.DeactivateChannel(t.Context(), manager, arn); err != nil {
		t.Fatal(err)
	}
	same(t, "channel that was never active", fresh, detail(t, w, arn))

	activate(t, w, arn)
	w.Clock.Pass(time.Hour)
	at := w.Now()
	for range 2 {
		if err := w.DeactivateChannel(t.Context(), manager, arn); err != nil {
			t.Fatal(err)
		}
		d := detail(t, w, arn)
		same(t, "state", oncall.NotActivated, d.State())
		same(t, "deactivated at", at, d.DeactivatedAt)
		same(t, "version", int64(3), d.Version)
		same(t, "reachability", oncall.Unreachable, d.Contact.Reachability)
		w.Clock.Pass(time.Hour)
	}
}

func TestContactIsReachableWhileAChannelIsActive(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	sms := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	voice := channel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+15005550199"})
	expect := func(r oncall.Reachability) {
		t.Helper()
		same(t, "reachability", r, load(t, w, ana).Reachability)
		page, err := w.Contacts(t.Context(), manager, oncall.ContactQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range oncall.Reachabilities() {
			want := 0
			if of == r {
				want = 1
			}
			same(t, "count of "+string(of), want, page.Counts[of])
		}
	}
	expect(oncall.Waiting)
	activate(t, w, sms)
	activate(t, w, voice)
	expect(oncall.Reachable)
	if err := w.DeactivateChannel(t.Context(), program, sms); err != nil {
		t.Fatal(err)
	}
	expect(oncall.Reachable)
	if err := w.DeleteChannel(t.Context(), program, voice); err != nil {
		t.Fatal(err)
	}
	expect(oncall.Unreachable)
}

func TestSecondClickOnSaveChangesNothing(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	arn := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	name, address := "renamed", "+15005550123"
	for range 2 {
		c, err := w.UpdateContact(t.Context(), manager, oncall.ContactChange{Contact: ana, DisplayName: &name, Version: 1})
		if err != nil || c.Version != 2 {
			t.Errorf("contact: version %d, %v; want version 2", c.Version, err)
		}
		ch, err := w.UpdateChannel(t.Context(), program, oncall.ChannelChange{Channel: arn, Name: &name, Address: &address, Version: 1})
		if err != nil || ch.Version != 2 {
			t.Errorf("channel: version %d, %v; want version 2", ch.Version, err)
		}
	}
}
