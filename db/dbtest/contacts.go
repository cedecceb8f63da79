package dbtest

import (
	"callbook/db"

	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

var contactFacts = []fact{
	{"InsertContactStoresAllOfIt", func(t *testing.T, s store) {
		retry := 3
		full := oncall.Contact{Alias: "quo'te", ID: "0190", DisplayName: "Zoë \"Ω\" Müller; --", Type: oncall.Escalation, Reachability: "",
			Version: 1, CreatedAt: start, UpdatedAt: start.Add(time.Microsecond),
			Plan: oncall.Plan{RotationIDs: []oncall.ARN{"arn:r"}, Stages: []oncall.Stage{{}, {DurationInMinutes: 30, Targets: []oncall.Target{
				{Channel: &oncall.ChannelTarget{Channel: "arn:c", RetryIntervalInMinutes: &retry}},
				{Channel: &oncall.ChannelTarget{Channel: "arn:<&>"}},
				{Contact: &oncall.ContactTarget{Contact: "arn:d", Essential: true}},
			}}}}}
		s.add(t, full, person("ana", ""))
		same(t, "contact quo'te", full, s.contact(t, "quo'te"))
		same(t, "contact ana", person("ana", ""), s.contact(t, "ana"))
	}},
	{"PlanComesBackDownToWhatWasLeftOut", func(t *testing.T, s store) {
		for alias, plan := range map[string]oncall.Plan{
			"nothing": {},
			"empty":   {Stages: []oncall.Stage{}, RotationIDs: []oncall.ARN{}},
			"inside":  {Stages: []oncall.Stage{{}, {Targets: []oncall.Target{}}}},
		} {
			c := person(alias, "")
			c.Plan = plan
			s.add(t, c)
			if diff := cmp.Diff(plan, s.contact(t, alias).Plan); diff != "" { // nil and empty differ here
				t.Errorf("plan of %s (-want +got):\n%s", alias, diff)
			}
		}
	}},
	{"InsertContactStoresNothingWhenTheAliasIsTaken", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"))
		other := person("ana", "Other")
		other.ID = "another id"
		other.Reachability = oncall.Reachable
		var ok bool
		s.update(t, func(q db.Queries) (err error) {
			ok, err = q.InsertContact(other, request("other"))
			return err
		})
		if ok {
			t.Error("InsertContact with the alias of another contact: got true, want false")
		}
		same(t, "contact ana", person("ana", "Ana"), s.contact(t, "ana"))
		same(t, "counts", []int{1, 0, 0, 0}, s.counts(t))
		same(t, "list under other", []string(nil), s.list(t, oncall.Reachable, []string{"other"}, contacts.Position{}, 10))
	}},
	{"ContactIsMissing", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"))
		s.view(t, func(q db.Queries) error {
			for _, alias := range []string{"", "ANA", "an", "ana "} {
				if _, err := q.Contact(alias); !errors.Is(err, oncall.ErrMissing) {
					t.Errorf("Contact(%q): got error %v, want %v", alias, err, oncall.ErrMissing)
				}
			}
			return nil
		})
	}},
	{"UpdateContactWritesNamePlanAndTime", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana Silva"))
		change := oncall.Contact{Alias: "ana", DisplayName: "Bea", Type: oncall.Escalation, Reachability: oncall.Reachable,
			Plan: oncall.Plan{RotationIDs: []oncall.ARN{"arn:r"}}, Version: 1, CreatedAt: start.Add(time.Hour), UpdatedAt: start.Add(time.Minute)}
		if !s.updateContact(t, change) {
			t.Fatal("UpdateContact from the stored version: got false, want true")
		}
		want := person("ana", "Bea")
		want.Plan, want.UpdatedAt, want.Version = change.Plan, change.UpdatedAt, 2
		same(t, "contact ana", want, s.contact(t, "ana"))
	}},
	{"UpdateContactChangesTheWordsItIsFoundBy", func(t *testing.T, s store) {
		stored := person("ana", "Ana Silva")
		stored.Reachability = oncall.Reachable
		s.add(t, stored)
		same(t, "reachable under silva", []string{"silva/ana"}, s.list(t, oncall.Reachable, []string{"silva"}, contacts.Position{}, 10))
		change := person("ana", "Bea Silva") // UpdateContact does not write the reachability
		s.updateContact(t, change)
		for word, want := range map[string][]string{"silva": {"silva/ana"}, "bea": {"bea/ana"}, "ana": {"ana/ana"}} {
			same(t, "reachable under "+word, want, s.list(t, oncall.Reachable, []string{word}, contacts.Position{}, 10))
			same(t, "unreachable under "+word, []string(nil), s.list(t, oncall.Unreachable, []string{word}, contacts.Position{}, 10))
		}
		change.Version, change.DisplayName = 2, "Cleo"
		s.updateContact(t, change)
		same(t, "under its old name", []string(nil), s.list(t, oncall.Reachable, []string{"bea"}, contacts.Position{}, 10))
	}},
	{"UpdateContactWritesNothingFromAnotherVersion", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"))
		for _, version := range []int64{0, 2} {
			change := person("ana", "Bea")
			change.Version = version
			if s.updateContact(t, change) {
				t.Errorf("UpdateContact from version %d of a contact at version 1: got true, want false", version)
			}
		}
		if s.updateContact(t, person("nobody", "Nobody")) {
			t.Error("UpdateContact of a contact that is not there: got true, want false")
		}
		same(t, "contact ana", person("ana", "Ana"), s.contact(t, "ana"))
		same(t, "list under bea", []string(nil), s.list(t, oncall.Unreachable, []string{"bea"}, contacts.Position{}, 10))
	}},
	{"SetReachabilityMovesAContactInTheList", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana Silva"), person("ben", "Ben Silva"))
		for _, r := range []oncall.Reachability{oncall.Reachable, oncall.Reachable, "", oncall.Unreachable} {
			s.update(t, func(q db.Queries) error { return q.SetReachability("ana", r) })
			for _, at := range oncall.Reachabilities() {
				for _, words := range [][]string{nil, {"silva"}, {"silva", "an"}} {
					want := []string(nil)
					word := ""
					if len(words) > 0 {
						word = "silva"
					}
					if at == r {
						want = append(want, word+"/ana")
					}
					if at == oncall.Unreachable && len(words) < 2 {
						want = append(want, word+"/ben")
					}
					same(t, "contacts at "+string(at)+" once ana is "+string(r), want, s.list(t, at, words, contacts.Position{}, 10))
				}
			}
			moved := person("ana", "Ana Silva")
			moved.Reachability = r
			same(t, "contact ana", moved, s.contact(t, "ana"))
		}
	}},
	{"DeleteContactTakesItsChannelsAndWords", func(t *testing.T, s store) {
		s.add(t, person("ana", "Silva"), person("ben", "Silva"),
			sms("ana", "one", "+15005550100"), sms("ana", "two", "+15005550101"), sms("ben", "one", "+15005550100"))
		if !s.deleteContact(t, "ana", start) {
			t.Error("DeleteContact: got false, want true")
		}
		same(t, "contact ana", oncall.Contact{}, s.contact(t, "ana"))
		same(t, "channels of ana", []oncall.Channel(nil), s.channels(t, "ana"))
		same(t, "contact ben", person("ben", "Silva"), s.contact(t, "ben"))
		same(t, "channels of ben", []oncall.Channel{sms("ben", "one", "+15005550100")}, s.channels(t, "ben"))
		same(t, "list under silva", []string{"silva/ben"}, s.list(t, oncall.Unreachable, []string{"silva"}, contacts.Position{}, 10))
		again := person("ana", "Again")
		again.ID = "another id"
		s.add(t, again)
		same(t, "the new ana", again, s.contact(t, "ana"))
		same(t, "channels of the new ana", []oncall.Channel(nil), s.channels(t, "ana"))
		same(t, "list under again", []string{"again/ana"}, s.list(t, oncall.Unreachable, []string{"again"}, contacts.Position{}, 10))
	}},
	{"DeleteContactReportsThatThereIsNone", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"))
		if s.deleteContact(t, "ben", start) {
			t.Error("DeleteContact of a contact that is not there: got true, want false")
		}
		same(t, "counts", []int{1, 0, 0, 0}, s.counts(t))
	}},
	{"CountsFollowInsertMoveAndDelete", func(t *testing.T, s store) {
		same(t, "counts of an empty store", []int{0, 0, 0, 0}, s.counts(t))
		plan := person("plan", "")
		plan.Type, plan.Reachability = oncall.Escalation, ""
		s.add(t, person("ana", ""), person("ben", ""), person("cleo", ""), plan)
		same(t, "counts after four inserts", []int{3, 0, 0, 1}, s.counts(t))
		s.update(t, func(q db.Queries) error {
			return errors.Join(q.SetReachability("ana", oncall.Reachable), q.SetReachability("ana", oncall.Reachable),
				q.SetReachability("ben", oncall.Reachable))
		})
		same(t, "counts after two moves", []int{1, 0, 2, 1}, s.counts(t))
		s.deleteContact(t, "ana", start)
		s.deleteContact(t, "plan", start)
		same(t, "counts after two deletions", []int{1, 0, 1, 0}, s.counts(t))
	}},
}

func (s store) updateContact(t *testing.T, c oncall.Contact) (ok bool) {
	t.Helper()
	s.update(t, func(q db.Queries) (err error) {
		ok, err = q.UpdateContact(c)
		return err
	})
	return ok
}

func (s store) deleteContact(t *testing.T, alias string, at time.Time) (ok bool) {
	t.Helper()
	s.update(t, func(q db.Queries) (err error) {
		ok, err = q.DeleteContact(alias, at)
		return err
	})
	return ok
}
