package contacts_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

func TestContactIsWhatWasCreated(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddContact(t, w, oncall.NewContact{Alias: "akuam", DisplayName: "Akua Mansa", Type: oncall.Personal})
	oncalltest.Same(t, "ARN", "arn:aws:ssm-contacts:us-east-2:111122223333:contact/akuam", arn)
	created := oncalltest.LoadContact(t, w, arn)
	oncalltest.Same(t, "contact", oncall.Contact{ARN: arn, Alias: "akuam", ID: created.ID, DisplayName: "Akua Mansa", Type: oncall.Personal,
		Reachability: oncall.Unreachable, Version: 1, CreatedAt: w.Now(), UpdatedAt: w.Now()}, created)
	schedule := oncalltest.LoadContact(t, w, oncalltest.AddContact(t, w, oncall.NewContact{Alias: "nights", Type: oncall.OncallSchedule}))
	oncalltest.Same(t, "reachability of a schedule", "", schedule.Reachability)
	oncalltest.Same(t, "name of a contact without one", "nights", schedule.Name())
}

func TestContactMadeAgainHasAnotherID(t *testing.T) {
	w := oncalltest.New(t)
	first := oncalltest.LoadContact(t, w, oncalltest.AddPerson(t, w, "ana"))
	if err := w.DeleteContact(t.Context(), oncalltest.Manager, first.ARN); err != nil {
		t.Fatal(err)
	}
	again := oncalltest.LoadContact(t, w, oncalltest.AddPerson(t, w, "ana"))
	for _, c := range []oncall.Contact{first, again} {
		if id, err := uuid.Parse(c.ID); err != nil || id.Version() != 7 {
			t.Errorf("id %q: got version %d, %v, want a UUID of version 7", c.ID, id.Version(), err)
		}
	}
	if first.ARN != again.ARN || first.ID == again.ID {
		t.Errorf("ids: got %s and %s of %s, want two of one contact's name", first.ID, again.ID, again.ARN)
	}
}

func TestTakenAliasIsAConflict(t *testing.T) {
	w := oncalltest.New(t)
	first := oncalltest.AddPerson(t, w, "ana")
	_, err := w.CreateContact(t.Context(), oncalltest.Manager, oncall.NewContact{Alias: "ana", Type: oncall.Escalation})
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.AliasTaken, "Another contact has the alias ana: choose a different one.")
	oncalltest.WantResource(t, err, first)
	oncalltest.Same(t, "type", oncall.Personal, oncalltest.LoadContact(t, w, first).Type)
}

func TestScheduleCannotHaveStages(t *testing.T) {
	const say = "Invalid value provided - ONCALL SCHEDULE contact cannot have stages in plan"
	w := oncalltest.New(t)
	stages := oncall.Plan{Stages: []oncall.Stage{{DurationInMinutes: 5}}}
	_, err := w.CreateContact(t.Context(), oncalltest.Program, oncall.NewContact{Alias: "nights", Type: oncall.OncallSchedule, Plan: stages})
	oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Unfitting, say)
	arn := oncalltest.AddContact(t, w, oncall.NewContact{Alias: "nights", Type: oncall.OncallSchedule})
	_, err = w.UpdateContact(t.Context(), oncalltest.Program, oncall.ContactChange{Contact: arn, Plan: &stages})
	oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Unfitting, say)
	oncalltest.Same(t, "stages", 0, len(oncalltest.LoadContact(t, w, arn).Plan.Stages))
}

func TestPlanComesBackExactly(t *testing.T) {
	for _, plan := range []string{
		`{}`,
		`{"Stages":[]}`,
		`{"RotationIds":[]}`,
		`{"Stages":[],"RotationIds":["arn:aws:ssm-contacts:us-east-2:111122223333:rotation/1"]}`,
		`{"Stages":[{"DurationInMinutes":5,"Targets":[]}]}`,
		`{"Stages":[{"DurationInMinutes":0,"Targets":[{"ChannelTargetInfo":{"ContactChannelId":"arn:aws:ssm-contacts:us-east-2:111122223333:contact-channel/ana/1"}}]}]}`,
		`{"Stages":[{"DurationInMinutes":0,"Targets":[{"ChannelTargetInfo":{"ContactChannelId":"arn:aws:ssm-contacts:us-east-2:111122223333:contact-channel/ana/1","RetryIntervalInMinutes":0}}]}]}`,
		`{"Stages":[{"DurationInMinutes":1,"Targets":[{"ContactTargetInfo":{"IsEssential":false}},{"ContactTargetInfo":{"ContactId":"arn:aws:ssm-contacts:us-west-1:999999999999:contact/elsewhere","IsEssential":true}}]},{"DurationInMinutes":30,"Targets":[]}]}`,
	} {
		w := oncalltest.New(t)
		in := oncall.NewContact{Alias: "ana", Type: oncall.Personal, Token: "t"}
		if err := json.Unmarshal([]byte(plan), &in.Plan); err != nil {
			t.Fatal(err)
		}
		arn := oncalltest.AddContact(t, w, in)
		oncalltest.Same(t, "plan", in.Plan, oncalltest.LoadContact(t, w, arn).Plan)
		again, err := json.Marshal(oncalltest.LoadContact(t, w, arn).Plan)
		if err != nil || string(again) != plan {
			t.Errorf("%s came back as %s, %v", plan, again, err)
		}
		changed, err := w.UpdateContact(t.Context(), oncalltest.Program, oncall.ContactChange{Contact: arn, Plan: new(oncall.Plan)})
		if err != nil {
			t.Fatal(err)
		}
		oncalltest.Same(t, "emptied plan", oncall.Plan{}, changed.Plan)
		if _, err = w.UpdateContact(t.Context(), oncalltest.Program, oncall.ContactChange{Contact: arn, Plan: &in.Plan}); err != nil {
			t.Fatal(err)
		}
		oncalltest.Same(t, "plan again", in.Plan, oncalltest.LoadContact(t, w, arn).Plan)
	}
}

func TestChangedNameLeavesEverythingElse(t *testing.T) {
	w := oncalltest.New(t)
	plan := oncall.Plan{Stages: []oncall.Stage{{DurationInMinutes: 5, Targets: []oncall.Target{}}}}
	arn := oncalltest.AddContact(t, w, oncall.NewContact{Alias: "ana", DisplayName: "Ana", Type: oncall.Personal, Plan: plan})
	want := oncalltest.LoadContact(t, w, arn)
	w.Clock.Pass(time.Hour)
	name := "Ana Silva"
	got, err := w.UpdateContact(t.Context(), oncalltest.Manager, oncall.ContactChange{Contact: arn, DisplayName: &name, Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	want.DisplayName, want.Version, want.UpdatedAt = name, 2, w.Now()
	oncalltest.Same(t, "returned", want, got)
	oncalltest.Same(t, "stored", want, oncalltest.LoadContact(t, w, arn))
	empty := ""
	if got, err = w.UpdateContact(t.Context(), oncalltest.Manager, oncall.ContactChange{Contact: arn, DisplayName: &empty}); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "emptied name", "", got.DisplayName)
}

func TestContactChangeFromAnOldVersionIsStale(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddPerson(t, w, "ana")
	one, two := "One", "Two"
	if _, err := w.UpdateContact(t.Context(), oncalltest.Manager, oncall.ContactChange{Contact: arn, DisplayName: &one, Version: 1}); err != nil {
		t.Fatal(err)
	}
	_, err := w.UpdateContact(t.Context(), oncalltest.Manager, oncall.ContactChange{Contact: arn, DisplayName: &two, Version: 1})
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.Stale, "Somebody else changed this contact in the meantime: look at it as it is now, then save again.")
	oncalltest.Same(t, "name", "One", oncalltest.LoadContact(t, w, arn).DisplayName)
	if _, err := w.UpdateContact(t.Context(), oncalltest.Program, oncall.ContactChange{Contact: arn, DisplayName: &two}); err != nil {
		t.Errorf("without a version: %v", err)
	}
}

func TestDeletedContactTakesItsChannelsAlong(t *testing.T) {
	w := oncalltest.New(t)
	ana, bob := oncalltest.AddPerson(t, w, "ana"), oncalltest.AddPerson(t, w, "bob")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	other := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: bob, Address: "+15005550199"})
	plan := oncall.Plan{Stages: []oncall.Stage{{DurationInMinutes: 1, Targets: []oncall.Target{{Channel: &oncall.ChannelTarget{Channel: sms}}}}}}
	escalation := oncalltest.AddContact(t, w, oncall.NewContact{Alias: "team", Type: oncall.Escalation, Plan: plan})

	if err := w.DeleteContact(t.Context(), oncalltest.Manager, ana); err != nil {
		t.Fatal(err)
	}
	_, err := w.Contact(t.Context(), oncalltest.Program, ana)
	oncalltest.WantRefusal(t, err, oncall.NotFound, "", "Contact not found: "+string(ana))
	_, err = w.Channel(t.Context(), oncalltest.Program, sms)
	oncalltest.WantRefusal(t, err, oncall.NotFound, "", "Contact channel not found: "+string(sms))
	oncalltest.WantRefusal(t, w.DeleteContact(t.Context(), oncalltest.Manager, ana), oncall.NotFound, "", "Contact not found: "+string(ana))
	oncalltest.Same(t, "channels of the other", []oncall.ARN{other}, oncalltest.ChannelsOf(t, w, bob))
	oncalltest.Same(t, "plan that names a deleted channel", plan, oncalltest.LoadContact(t, w, escalation).Plan)
	if again := oncalltest.AddPerson(t, w, "ana"); len(oncalltest.ChannelsOf(t, w, again)) != 0 {
		t.Error("a new contact with the alias has the old one's channels")
	}
}

func TestSuggestedAliasIsFree(t *testing.T) {
	w := oncalltest.New(t)
	for _, alias := range []string{"zoe-muller", "bob", "bob-2"} {
		oncalltest.AddPerson(t, w, alias)
	}
	for n := range 10 {
		oncalltest.AddPerson(t, w, []string{"eve", "eve-2", "eve-3", "eve-4", "eve-5", "eve-6", "eve-7", "eve-8", "eve-9", "eve-10"}[n])
	}
	for name, want := range map[string]string{
		"Zoë Müller":   "zoe-muller-2",
		"Bob":          "bob-3",
		"Ana Silva":    "ana-silva",
		"Łukasz Żak":   "lukasz-zak",
		"Ana_Silva.2":  "ana-silva-2",
		"Søren Straße": "soren-strasse",
		"Eve":          "", // ten tries are enough
		"李小龍":          "",
		"- -":          "",
		"":             "",
	} {
		got, fields, err := w.CheckContact(t.Context(), oncalltest.Program, oncall.NewContact{Alias: "x", DisplayName: name, Type: oncall.Personal})
		if err != nil || len(fields) > 0 || got != want {
			t.Errorf("%q: got %q, %+v, %v, want %q", name, got, fields, err, want)
		}
	}
}

func TestCheckedContactSaysThatItsAliasIsTaken(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddPerson(t, w, "ana")
	_, fields, err := w.CheckContact(t.Context(), oncalltest.Manager, oncall.NewContact{Alias: "ana", DisplayName: "...", Type: oncall.Personal})
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "fields", []oncall.FieldError{
		{Field: oncall.FieldDisplayName, Reason: oncall.Unfitting, Message: "Use at least one letter or digit in the name, or leave it empty."},
		{Field: oncall.FieldAlias, Reason: oncall.AliasTaken, Message: "Another contact has the alias ana: choose a different one."},
	}, fields)
}
