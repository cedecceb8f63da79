package contacts_test

import (
	"strconv"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

const sayDuplicate = "This contact already has an SMS channel with this address: use that one, or enter another address."

func TestChannelIsWhatWasCreated(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.NewID = func() string { return "1" } })
	ana := oncalltest.AddPerson(t, w, "ana")
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Name: "Ana mobile", Address: "+4407911123456", Defer: true})
	oncalltest.Same(t, "ARN", "arn:aws:ssm-contacts:us-east-2:111122223333:contact-channel/ana/1", arn)
	want := oncall.Channel{ARN: arn, ID: "1", Alias: "ana", Name: "Ana mobile", Type: oncall.SMS,
		Mask:       "+44 ••• ••• 3456",
		DeferredAt: w.Now(), Version: 1, CreatedAt: w.Now(), UpdatedAt: w.Now()}
	oncalltest.Same(t, "detail", contacts.ChannelDetail{Channel: want, Contact: oncalltest.LoadContact(t, w, ana)}, oncalltest.LoadChannel(t, w, arn))
	oncalltest.Same(t, "state", oncall.Deferred, want.State())
	_, listed, err := w.Channels(t.Context(), oncalltest.Program, ana)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "list", []oncall.Channel{want}, listed)
	oncalltest.Same(t, "address", oncall.Address{Given: "+4407911123456", Canonical: "+447911123456"}, oncalltest.AddressOf(t, w, arn))
}

func TestChannelsAreListedByCreation(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	var want []oncall.ARN
	for n := range 20 { // all within one tick of the clock
		want = append(want, oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+150055501" + strconv.Itoa(99-n)}))
	}
	oncalltest.Same(t, "channels", want, oncalltest.ChannelsOf(t, w, ana))
}

func TestMissingContactOfANewChannelIsInvalid(t *testing.T) {
	w := oncalltest.New(t)
	gone := w.Scope().Contact("gone")
	in := oncall.NewChannel{Contact: gone, Name: "n", Type: oncall.SMS, Address: "+15005550199"}
	for _, by := range []oncall.Actor{oncalltest.Manager, oncalltest.Program} {
		_, err := w.CreateChannel(t.Context(), by, in)
		oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Unfitting, "Invalid value provided - Contact not found: "+string(gone))
		oncalltest.Same(t, "field", oncall.FieldContact, oncall.FieldErrors(err)[0].Field)
	}
	if _, _, err := w.CheckChannel(t.Context(), oncalltest.Manager, in); oncall.KindOf(err) != oncall.NotFound {
		t.Errorf("check says %v, want not found", err)
	}
}

func TestOnlyPersonalContactsHaveChannels(t *testing.T) {
	w := oncalltest.New(t)
	for _, of := range []oncall.ContactType{oncall.Escalation, oncall.OncallSchedule} {
		arn := oncalltest.AddContact(t, w, oncall.NewContact{Alias: "team-" + strconv.Itoa(len(of)), Type: of})
		_, err := w.CreateChannel(t.Context(), oncalltest.Program, oncall.NewChannel{Contact: arn, Name: "n", Type: oncall.SMS, Address: "+15005550199"})
		oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Unfitting, "Add the channel to a PERSONAL contact: "+string(arn)+" is of another type.")
		oncalltest.Same(t, "channels", nil, oncalltest.ChannelsOf(t, w, arn))
	}
}

func TestContactHasAtMost100Channels(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	for n := range 100 {
		oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Email, Address: "ana" + strconv.Itoa(n) + "@example.org"})
	}
	in := oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.Email, Address: "ana@example.org"}
	_, err := w.CreateChannel(t.Context(), oncalltest.Program, in)
	oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Range, "A contact has at most 100 channels: first delete one that is no longer used.")
	all := oncalltest.ChannelsOf(t, w, ana)
	if err := w.DeleteChannel(t.Context(), oncalltest.Program, all[50]); err != nil {
		t.Fatal(err)
	}
	if _, err = w.CreateChannel(t.Context(), oncalltest.Program, in); err != nil {
		t.Errorf("after one was deleted: %v", err)
	}
}

func TestSameAddressOnTheContactIsAConflict(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+447911123456"})
	mail := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Email, Address: "ana@bücher.example"})
	for _, c := range []struct {
		by       oncall.Actor
		of       oncall.ChannelType
		address  string
		existing oncall.ARN
		say      string
	}{
		{oncalltest.Program, oncall.SMS, "+447911123456", sms, sayDuplicate},
		{oncalltest.Program, oncall.SMS, "+4407911123456", sms, sayDuplicate},
		{oncalltest.Manager, oncall.SMS, "0044 (0)7911 123456", sms, sayDuplicate},
		{oncalltest.Program, oncall.Email, "ANA@Bücher.example", mail, "This contact already has an email channel with this address: use that one, or enter another address."},
		{oncalltest.Program, oncall.Email, "ana@xn--bcher-kva.example", mail, "This contact already has an email channel with this address: use that one, or enter another address."},
	} {
		in := oncall.NewChannel{Contact: ana, Name: "another", Type: c.of, Address: c.address, Token: "t"}
		_, err := w.CreateChannel(t.Context(), c.by, in)
		oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.Duplicate, c.say)
		oncalltest.WantResource(t, err, c.existing)
		_, fields, err := w.CheckChannel(t.Context(), c.by, in)
		if err != nil {
			t.Fatal(err)
		}
		oncalltest.Same(t, "check of "+c.address, []oncall.FieldError{{Field: oncall.FieldAddress, Reason: oncall.Duplicate, Message: c.say}}, fields)
	}
	voice := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+447911123456"})
	oncalltest.Same(t, "channels", []oncall.ARN{sms, mail, voice}, oncalltest.ChannelsOf(t, w, ana))
	moved := "+447911123456"
	other := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	_, err := w.UpdateChannel(t.Context(), oncalltest.Program, oncall.ChannelChange{Channel: other, Address: &moved})
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.Duplicate, sayDuplicate)
	oncalltest.WantResource(t, err, sms)
	oncalltest.Same(t, "address", "+15005550199", oncalltest.AddressOf(t, w, other).Given)
}

func TestAddressOfAnotherContactIsAllowedAndShown(t *testing.T) {
	w := oncalltest.New(t)
	ana, bob := oncalltest.AddPerson(t, w, "ana"), oncalltest.AddPerson(t, w, "bob")
	first := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	in := oncall.NewChannel{Contact: bob, Name: "n", Type: oncall.Voice, Address: "+1 500 555 0199", Token: "t"}
	warning := oncall.FieldError{Field: oncall.FieldAddress, Reason: oncall.Shared,
		Message: "This number is also on the contact ana.", Accept: "shared:+15005550199"}

	checked, fields, err := w.CheckChannel(t.Context(), oncalltest.Manager, in)
	if err != nil || len(fields) > 0 {
		t.Errorf("check says %+v, %v", fields, err)
	}
	oncalltest.Same(t, "warnings", []oncall.FieldError{warning}, checked.Warnings)
	_, err = w.CreateChannel(t.Context(), oncalltest.Manager, in)
	oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Shared, "This number is also on another contact.")
	oncalltest.Same(t, "channels after the warning", nil, oncalltest.ChannelsOf(t, w, bob))

	in.Accept = []string{warning.Accept}
	second, err := w.CreateChannel(t.Context(), oncalltest.Manager, in) // the form's token is still good
	if err != nil {
		t.Fatal(err)
	}
	also := oncalltest.LoadChannel(t, w, second).AlsoAt
	if len(also) != 1 || also[0].ARN != first {
		t.Errorf("also at: %+v, want %s", also, first)
	}
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: bob, Address: "+15005550199"}) // a program is not warned
}

func TestWarningIsAcceptedForItsAddressOnly(t *testing.T) {
	w := oncalltest.New(t)
	ana, bob := oncalltest.AddPerson(t, w, "ana"), oncalltest.AddPerson(t, w, "bob")
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: bob, Address: "+18005551234"})
	in := oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+18005551234"}
	for _, accept := range [][]string{
		nil,
		{"no_texts:+18005551235", "shared:+18005551235"},
		{"no_texts", "shared"},
		{"no_texts:+18005551234"}, // one of two
		{"shared:+18005551234"},
	} {
		in.Accept = accept
		_, err := w.CreateChannel(t.Context(), oncalltest.Manager, in)
		if got := oncall.FieldErrors(err); len(got) != 2 || got[0].Reason != oncall.NoTexts || got[1].Reason != oncall.Shared {
			t.Errorf("accepted %q: got %+v, want both warnings", accept, got)
		}
	}
	in.Accept = []string{"shared:+18005551234", "no_texts:+18005551234", "misspelt:x"}
	arn, err := w.CreateChannel(t.Context(), oncalltest.Manager, in)
	if err != nil {
		t.Fatal(err)
	}
	to := "+442079460958"
	change := oncall.ChannelChange{Channel: arn, Address: &to, Accept: in.Accept}
	_, err = w.UpdateChannel(t.Context(), oncalltest.Manager, change)
	if got := oncall.FieldErrors(err); len(got) != 1 || got[0].Accept != "no_texts:+442079460958" {
		t.Errorf("change to %s: got %+v, want its own warning", to, got)
	}
	oncalltest.Same(t, "address after the warning", "+18005551234", oncalltest.AddressOf(t, w, arn).Canonical)
	change.Accept = append(change.Accept, "no_texts:+442079460958")
	if _, err = w.UpdateChannel(t.Context(), oncalltest.Manager, change); err != nil {
		t.Error(err)
	}
}

func TestSuggestionIsAcceptedOrTaken(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	in := oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.Email, Address: "ana@gmial.com"}
	_, err := w.CreateChannel(t.Context(), oncalltest.Manager, in)
	oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Misspelt, "Did you mean ana@gmail.com?")
	taken := in
	taken.Address = oncall.FieldErrors(err)[0].Suggestion
	if _, err := w.CreateChannel(t.Context(), oncalltest.Manager, taken); err != nil {
		t.Errorf("suggestion taken: %v", err)
	}
	in.Accept = []string{oncall.FieldErrors(err)[0].Accept}
	if _, err := w.CreateChannel(t.Context(), oncalltest.Manager, in); err != nil {
		t.Errorf("warning accepted: %v", err)
	}
}

func TestCheckChangesNothing(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	in := oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+1 500 555 0199", Token: "t"}
	got, fields, err := w.CheckChannel(t.Context(), oncalltest.Manager, in)
	if err != nil || len(fields) > 0 {
		t.Fatal(fields, err)
	}
	oncalltest.Same(t, "address", "+15005550199", got.Canonical)
	oncalltest.Same(t, "channels", nil, oncalltest.ChannelsOf(t, w, ana))
	in.Name = "another" // the token was not used
	if _, err := w.CreateChannel(t.Context(), oncalltest.Manager, in); err != nil {
		t.Error(err)
	}
}

func TestDeletedChannelIsGone(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	if err := w.DeleteChannel(t.Context(), oncalltest.Manager, arn); err != nil {
		t.Fatal(err)
	}
	say := "Contact channel not found: " + string(arn)
	name := "n"
	_, err := w.Channel(t.Context(), oncalltest.Manager, arn)
	oncalltest.WantRefusal(t, err, oncall.NotFound, "", say)
	_, err = w.RevealAddress(t.Context(), oncalltest.Manager, arn)
	oncalltest.WantRefusal(t, err, oncall.NotFound, "", say)
	_, err = w.UpdateChannel(t.Context(), oncalltest.Manager, oncall.ChannelChange{Channel: arn, Name: &name})
	oncalltest.WantRefusal(t, err, oncall.NotFound, "", say)
	oncalltest.WantRefusal(t, w.DeactivateChannel(t.Context(), oncalltest.Manager, arn), oncall.NotFound, "", say)
	oncalltest.WantRefusal(t, w.DeleteChannel(t.Context(), oncalltest.Manager, arn), oncall.NotFound, "", say)
	w.Clock.Pass(time.Hour)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
}
