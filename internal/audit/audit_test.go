package audit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// eve has every field of an actor that an entry records.
var eve = oncall.Actor{Door: oncall.Browser, Principal: "u-7", Name: "eve@example.org", Role: oncall.Manager, Request: "req-1", Client: "192.0.2.7"}

// wantEntries checks the entries that a step of eve wantEntries, except the fields that the store sets.
func wantEntries(t *testing.T, w *oncalltest.World, step string, before int, want ...oncall.Entry) {
	t.Helper()
	for i := range want {
		e := &want[i]
		e.At, e.Door, e.Principal, e.Actor, e.Request, e.Client = w.Now(), eve.Door, eve.Principal, eve.Name, eve.Request, eve.Client
		if e.Outcome == "" {
			e.Outcome = oncall.Done
		}
	}
	oncalltest.Same(t, "entries of: "+step, want, oncalltest.Entries(t, w)[before:], cmpopts.EquateEmpty(), cmpopts.IgnoreFields(oncall.Entry{}, "Seq", "Key", "MAC"))
}

func TestEveryChangeLeavesOneEntryAndItsRepetitionNone(t *testing.T) {
	w := oncalltest.New(t)
	ctx := t.Context()
	ana := w.Scope().Contact("ana")
	var sms, email oncall.ARN
	create := func(into *oncall.ARN, in oncall.NewChannel) func() error {
		return func() (err error) {
			*into, err = w.CreateChannel(ctx, eve, in)
			return err
		}
	}
	change := func(in oncall.ChannelChange) func() error {
		return func() error {
			in.Channel = sms
			_, err := w.UpdateChannel(ctx, eve, in)
			return err
		}
	}
	type changes = []oncall.AuditChange
	entry := func(op oncall.Operation, resource oncall.ARN, c changes) oncall.Entry {
		return oncall.Entry{Operation: op, Resource: resource, Contact: "ana", Changes: c}
	}
	for _, step := range []struct {
		name  string
		do    func() error
		again oncall.Kind // the error of the repetition; Internal: none
		want  func() []oncall.Entry
	}{
		{"a new contact", func() error {
			_, err := w.CreateContact(ctx, eve, oncall.NewContact{Alias: "ana", DisplayName: "Ana", Type: oncall.Personal,
				Tags: []oncall.Tag{{Key: "zone", Value: "b"}, {Key: "cell", Value: "1"}}, Token: "1"})
			return err
		}, 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.CreateContact, ana, changes{{Field: oncall.FieldDisplayName, After: "Ana"}, {Field: oncall.FieldType, After: "PERSONAL"},
				{Field: oncall.FieldTags, After: "cell=1, zone=b"}})}
		}},
		{"a changed contact", func() error {
			_, err := w.UpdateContact(ctx, eve, oncall.ContactChange{Contact: ana, DisplayName: new("Ana S")})
			return err
		}, 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.UpdateContact, ana, changes{{Field: oncall.FieldDisplayName, Before: "Ana", After: "Ana S"}})}
		}},
		{"new tags", func() error {
			return w.TagContact(ctx, eve, oncall.TagChange{Contact: ana, Tags: []oncall.Tag{{Key: "team", Value: "sre"}, {Key: "env", Value: "dev"}}})
		}, 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.TagResource, ana, changes{{Field: oncall.FieldTags, After: "env=dev, team=sre"}})}
		}},
		{"another value of one tag", func() error {
			return w.TagContact(ctx, eve, oncall.TagChange{Contact: ana, Tags: []oncall.Tag{{Key: "team", Value: "sre"}, {Key: "env", Value: "prod"}}})
		}, 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.TagResource, ana, changes{{Field: oncall.FieldTags, Before: "env=dev", After: "env=prod"}})}
		}},
		{"a removed tag", func() error {
			return w.UntagContact(ctx, eve, oncall.TagRemoval{Contact: ana, Keys: []string{"team", "nothing"}})
		}, 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.UntagResource, ana, changes{{Field: oncall.FieldTags, Before: "team=sre"}})}
		}},
		{"a policy", func() error {
			return w.PutPolicy(ctx, eve, oncall.PolicyChange{Contact: ana, Policy: `{"Sid":"ü"}`})
		}, 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.PutContactPolicy, ana, changes{{Field: oncall.FieldPolicy, After: "11 characters, sha256 " + oncalltest.ShortSum(`{"Sid":"ü"}`)}})}
		}},
		{"another policy", func() error {
			return w.PutPolicy(ctx, eve, oncall.PolicyChange{Contact: ana, Policy: `{}`})
		}, 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.PutContactPolicy, ana, changes{{Field: oncall.FieldPolicy,
				Before: "11 characters, sha256 " + oncalltest.ShortSum(`{"Sid":"ü"}`), After: "2 characters, sha256 " + oncalltest.ShortSum(`{}`)}})}
		}},
		{"a new channel", create(&sms, oncall.NewChannel{Contact: ana, Name: "mobile", Type: oncall.SMS, Address: "+1 500 555 0199", Token: "2"}), 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.CreateContactChannel, sms, changes{{Field: oncall.FieldName, After: "mobile"},
				{Field: oncall.FieldType, After: "SMS"}, {Field: oncall.FieldAddress, After: "+1 ••• ••• 0199"}, {Field: oncall.FieldState, After: "not_activated"}})}
		}},
		{"another channel, put off", create(&email, oncall.NewChannel{Contact: ana, Name: "mail", Type: oncall.Email, Address: "Ana@Example.org", Defer: true, Token: "3"}), 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.CreateContactChannel, email, changes{{Field: oncall.FieldName, After: "mail"},
				{Field: oncall.FieldType, After: "EMAIL"}, {Field: oncall.FieldAddress, After: "a•••@example.org"}, {Field: oncall.FieldState, After: "deferred"}})}
		}},
		{"a renamed channel", change(oncall.ChannelChange{Name: new("work")}), 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.UpdateContactChannel, sms, changes{{Field: oncall.FieldName, Before: "mobile", After: "work"}})}
		}},
		{"an activated channel", func() error {
			return w.ActivateChannel(ctx, eve, sms, w.CodeMessage(t, sms).Content.Code)
		}, 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.ActivateContactChannel, sms, changes{{Field: oncall.FieldState, Before: "not_activated", After: "active"}})}
		}},
		{"a deactivated channel", func() error { return w.DeactivateChannel(ctx, eve, sms) }, 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.DeactivateContactChannel, sms, changes{{Field: oncall.FieldState, Before: "active", After: "not_activated"}})}
		}},
		{"another address with another mask", change(oncall.ChannelChange{Address: new("+15005550142")}), 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.UpdateContactChannel, sms, changes{{Field: oncall.FieldAddress, Before: "+1 ••• ••• 0199", After: "+1 ••• ••• 0142"}})}
		}},
		{"another address with the same mask", change(oncall.ChannelChange{Address: new("+12025550142")}), 0, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.UpdateContactChannel, sms, changes{{Field: oncall.FieldAddress, Before: "+1 ••• ••• 0142", After: "+1 ••• ••• 0142 (another one)"}})}
		}},
		{"a deleted channel", func() error { return w.DeleteChannel(ctx, eve, email) }, oncall.NotFound, func() []oncall.Entry {
			return []oncall.Entry{entry(oncall.DeleteContactChannel, email, changes{{Field: oncall.FieldName, Before: "mail"},
				{Field: oncall.FieldType, Before: "EMAIL"}, {Field: oncall.FieldAddress, Before: "a•••@example.org"}, {Field: oncall.FieldState, Before: "deferred"}})}
		}},
		{"a deleted contact, with its channel", func() error { return w.DeleteContact(ctx, eve, ana) }, oncall.NotFound, func() []oncall.Entry {
			return []oncall.Entry{
				entry(oncall.DeleteContactChannel, sms, changes{{Field: oncall.FieldName, Before: "work"},
					{Field: oncall.FieldType, Before: "SMS"}, {Field: oncall.FieldAddress, Before: "+1 ••• ••• 0142"}, {Field: oncall.FieldState, Before: "not_activated"}}),
				entry(oncall.DeleteContact, ana, changes{{Field: oncall.FieldDisplayName, Before: "Ana S"}, {Field: oncall.FieldType, Before: "PERSONAL"},
					{Field: oncall.FieldTags, Before: "cell=1, env=prod, zone=b"}, {Field: oncall.FieldPolicy, Before: "2 characters, sha256 44136fa355b3678a"}}),
			}
		}},
	} {
		before := len(oncalltest.Entries(t, w))
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		wantEntries(t, w, step.name, before, step.want()...)
		before = len(oncalltest.Entries(t, w))
		if err := step.do(); oncall.KindOf(err) != step.again || (err == nil) != (step.again == 0) {
			t.Errorf("%s, again: got %v, want kind %d", step.name, err, step.again)
		}
		wantEntries(t, w, step.name+", again", before)
	}
	if end, faults, err := w.VerifyAudit(ctx, oncalltest.Operator, nil); err != nil || len(faults) > 0 || end.Seq != 17 {
		t.Errorf("verification: got the end %v, %v, %v", end, faults, err)
	}
}

func TestRefusedInputLeavesNoEntry(t *testing.T) {
	w := oncalltest.New(t)
	ctx := t.Context()
	ana := oncalltest.AddPerson(t, w, "ana")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	mail := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Email, Address: "ana@example.org"})
	nobody, none := w.Scope().Contact("nobody"), w.Scope().Channel("ana", "none")
	before := len(oncalltest.Entries(t, w))
	for name, do := range map[string]func() error{
		"alias taken": func() error {
			_, err := w.CreateContact(ctx, eve, oncall.NewContact{Alias: "ana", Type: oncall.Personal})
			return err
		},
		"bad alias": func() error {
			_, err := w.CreateContact(ctx, eve, oncall.NewContact{Alias: "A!", Type: oncall.Personal})
			return err
		},
		"stale contact": func() error {
			_, err := w.UpdateContact(ctx, eve, oncall.ContactChange{Contact: ana, DisplayName: new("x"), Version: 9})
			return err
		},
		"duplicate key": func() error {
			return w.TagContact(ctx, eve, oncall.TagChange{Contact: ana, Tags: []oncall.Tag{{Key: "k", Value: "1"}, {Key: "k", Value: "2"}}})
		},
		"tag of a missing contact": func() error {
			return w.TagContact(ctx, eve, oncall.TagChange{Contact: nobody, Tags: []oncall.Tag{{Key: "k", Value: "1"}}})
		},
		"tag removal of a missing contact": func() error {
			return w.UntagContact(ctx, eve, oncall.TagRemoval{Contact: nobody, Keys: []string{"k"}})
		},
		"bad policy":                  func() error { return w.PutPolicy(ctx, eve, oncall.PolicyChange{Contact: ana, Policy: "[]"}) },
		"policy of a missing contact": func() error { return w.PutPolicy(ctx, eve, oncall.PolicyChange{Contact: nobody, Policy: "{}"}) },
		"no contact":                  func() error { return w.DeleteContact(ctx, eve, nobody) },
		"duplicate": func() error {
			_, err := w.CreateChannel(ctx, eve, oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+15005550199"})
			return err
		},
		"bad address": func() error {
			_, err := w.CreateChannel(ctx, eve, oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "12"})
			return err
		},
		"warned address": func() error {
			_, err := w.CreateChannel(ctx, eve, oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.Email, Address: "ana@gmial.com"})
			return err
		},
		"stale channel": func() error {
			_, err := w.UpdateChannel(ctx, eve, oncall.ChannelChange{Channel: sms, Name: new("x"), Version: 9})
			return err
		},
		"changed to bad": func() error {
			_, err := w.UpdateChannel(ctx, eve, oncall.ChannelChange{Channel: mail, Address: new("x")})
			return err
		},
		"no channel":      func() error { return w.DeleteChannel(ctx, eve, none) },
		"no channel seen": func() error { _, err := w.RevealAddress(ctx, eve, none); return err },
		"no channel off":  func() error { return w.DeactivateChannel(ctx, eve, none) },
	} {
		if err := do(); err == nil {
			t.Errorf("%s: succeeded", name)
		}
		wantEntries(t, w, name, before)
	}
	if err := w.DeactivateChannel(ctx, eve, sms); err != nil {
		t.Errorf("deactivation of an inactive channel: %v", err)
	}
	wantEntries(t, w, "deactivation of an inactive channel", before)
}

func TestDeniedOperationLeavesOneRefusalAMinute(t *testing.T) {
	w := oncalltest.New(t)
	ctx := t.Context()
	ana := oncalltest.AddPerson(t, w, "ana")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	viewer := eve
	viewer.Role = oncall.Viewer
	before := len(oncalltest.Entries(t, w))
	denied := func(want ...oncall.Entry) {
		t.Helper()
		if _, err := w.RevealAddress(ctx, viewer, sms); oncall.KindOf(err) != oncall.Denied {
			t.Errorf("reveal by a viewer: got %v", err)
		}
		wantEntries(t, w, "reveal by a viewer", before, want...)
		before = len(oncalltest.Entries(t, w))
	}
	refusal := oncall.Entry{Operation: oncall.GetContactChannel, Resource: sms, Contact: "ana", Outcome: oncall.Refused}
	denied(refusal)
	denied()
	if err := w.DeleteContact(ctx, viewer, ana); oncall.KindOf(err) != oncall.Denied { // another operation of the same actor
		t.Errorf("deletion by a viewer: got %v", err)
	}
	wantEntries(t, w, "another operation", before, oncall.Entry{Operation: oncall.DeleteContact, Resource: ana, Contact: "ana", Outcome: oncall.Refused})
	before++
	w.Clock.Pass(59 * time.Second)
	if _, err := w.UpdateContact(ctx, eve, oncall.ContactChange{Contact: ana, DisplayName: new("Ana")}); err != nil { // as a manager
		t.Fatal(err)
	}
	before++
	denied() // the entry in between does not matter
	other := viewer
	other.Principal = "u-8" // of the same name
	if _, err := w.RevealAddress(ctx, other, sms); err == nil {
		t.Error("reveal by another viewer succeeded")
	}
	if got := oncalltest.Entries(t, w)[before:]; len(got) != 1 || got[0].Principal != "u-8" {
		t.Errorf("another actor of the same name: got %+v", got)
	}
	before++
	w.Clock.Pass(time.Second)
	denied(refusal)
	w.Clock.Pass(time.Minute)
	_, err := w.RevealAddress(ctx, viewer, w.Scope().Channel("ana", "+15005550199"))
	if oncall.KindOf(err) != oncall.Denied {
		t.Errorf("reveal of an unknown channel: got %v", err)
	}
	wantEntries(t, w, "refusal for an unknown channel", before, oncall.Entry{Operation: oncall.GetContactChannel, Outcome: oncall.Refused})
}

// unwritten is a store that cannot add audit entries.
type unwritten struct{ db.Transactor }

var errUnwritten = errors.New("no room for an entry")

type unwrittenQueries struct{ db.Queries }

func (unwrittenQueries) Record(oncall.Entry) error { return errUnwritten }

func (s unwritten) Update(ctx context.Context, fn func(db.Queries) error) error {
	return s.Transactor.Update(ctx, func(q db.Queries) error { return fn(unwrittenQueries{q}) })
}

func TestOperationFailsIfItCannotBeRecorded(t *testing.T) {
	w := oncalltest.New(t)
	ctx := t.Context()
	ana := oncalltest.AddPerson(t, w, "ana")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	oncalltest.Activate(t, w, sms)
	wantContact, wantChannel := oncalltest.LoadContact(t, w, ana), oncalltest.LoadChannel(t, w, sms)
	mute := oncalltest.NewRooms(unwritten{w.Store}, oncalltest.Options{Scope: oncalltest.Scope, Now: w.Clock.Now})
	shown, err := mute.RevealAddress(ctx, eve, sms)
	if !errors.Is(err, errUnwritten) || shown != (oncall.Address{}) {
		t.Errorf("reveal: got %+v, %v", shown, err)
	}
	_, err1 := mute.CreateContact(ctx, eve, oncall.NewContact{Alias: "ben", Type: oncall.Personal})
	_, err2 := mute.UpdateContact(ctx, eve, oncall.ContactChange{Contact: ana, DisplayName: new("x")})
	_, err3 := mute.CreateChannel(ctx, eve, oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.Voice, Address: "+15005550199"})
	_, err4 := mute.UpdateChannel(ctx, eve, oncall.ChannelChange{Channel: sms, Name: new("x")})
	_, err5 := mute.ExportAudit(ctx, oncalltest.Operator, oncall.AuditQuery{}, func(oncall.Entry) error { t.Error("an entry was exported"); return nil })
	for i, err := range []error{err1, err2, err3, err4, err5, mute.DeactivateChannel(ctx, eve, sms), mute.DeleteChannel(ctx, eve, sms), mute.DeleteContact(ctx, eve, ana)} {
		if !errors.Is(err, errUnwritten) {
			t.Errorf("operation %d: got %v", i+1, err)
		}
	}
	oncalltest.Same(t, "contact", wantContact, oncalltest.LoadContact(t, w, ana))
	oncalltest.Same(t, "channel", wantChannel, oncalltest.LoadChannel(t, w, sms))
	if _, err := w.Contact(ctx, oncalltest.Program, w.Scope().Contact("ben")); oncall.KindOf(err) != oncall.NotFound {
		t.Errorf("contact without an entry: %v", err)
	}
}

func TestLongActorIsClipped(t *testing.T) {
	w := oncalltest.New(t)
	by := oncalltest.Manager
	by.Name = "x" + strings.Repeat("ü", oncall.MaxActorLen) // the limit is inside the last letter
	if _, err := w.CreateContact(t.Context(), by, oncall.NewContact{Alias: "ana", Type: oncall.Personal}); err != nil {
		t.Fatal(err)
	}
	page, err := w.Audit(t.Context(), oncalltest.Manager, oncall.AuditQuery{Contact: "ana"})
	if err != nil || len(page.Entries) != 1 {
		t.Fatalf("entries: got %+v, %v, want one", page.Entries, err)
	}
	oncalltest.Same(t, "actor", by.Name[:oncall.MaxActorLen-1], page.Entries[0].Actor)
}

func TestEveryRevealIsRecorded(t *testing.T) {
	w := oncalltest.New(t)
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: "+15005550199"})
	for range 2 {
		before := len(oncalltest.Entries(t, w))
		a, err := w.RevealAddress(t.Context(), eve, sms)
		if err != nil || a.Canonical != "+15005550199" {
			t.Fatalf("reveal: got %+v, %v", a, err)
		}
		wantEntries(t, w, "reveal", before, oncall.Entry{Operation: oncall.GetContactChannel, Resource: sms, Contact: "ana"})
	}
}

func TestAuditPages(t *testing.T) {
	w := oncalltest.New(t)
	for _, alias := range []string{"ana", "ben", "eve", "zoe"} {
		oncalltest.AddPerson(t, w, alias)
	}
	var got []string
	in := oncall.AuditQuery{Operation: oncall.CreateContact, Limit: 3}
	for pages := 1; ; pages++ {
		page, err := w.Audit(t.Context(), eve, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			got = append(got, e.Contact)
		}
		if in.Before = page.Next; page.Next == 0 || pages > 2 {
			break
		}
	}
	oncalltest.Same(t, "entries", "zoe eve ben ana", strings.Join(got, " "))
	for _, in := range []oncall.AuditQuery{{Limit: -1}, {Limit: 1025}, {Before: -1}} {
		if _, err := w.Audit(t.Context(), eve, in); oncall.KindOf(err) != oncall.Invalid {
			t.Errorf("%+v: got %v", in, err)
		}
	}
}
