package dbtest

import (
	"callbook/db"

	"context"
	"errors"
	"testing"
	"time"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

var storeFacts = []fact{
	{"PulseIsReplaced", func(t *testing.T, s store) {
		for n := range 3 {
			s.update(t, func(q db.Queries) error { return q.WriteHeartbeat(start.Add(time.Duration(n) * time.Second)) })
		}
	}},
	{"CommittedUpdateIsSeenByTheNextView", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"))
		same(t, "contact ana", person("ana", "Ana"), s.contact(t, "ana"))
	}},
	{"UpdateSeesItsOwnWrites", func(t *testing.T, s store) {
		var c oncall.Contact
		s.update(t, func(q db.Queries) (err error) {
			if err := insert(q, person("ana", "Ana")); err != nil {
				return err
			}
			c, err = q.Contact("ana")
			return err
		})
		same(t, "contact ana inside the update that inserts it", person("ana", "Ana"), c)
	}},
	{"FailedUpdateLeavesNothing", func(t *testing.T, s store) {
		s.add(t, person("old", "Old"), sms("old", "one", "+15005550100"))
		refused := errors.New("refused")
		err := s.Update(t.Context(), func(q db.Queries) error { return errors.Join(writeEverything(q), refused) })
		if !errors.Is(err, refused) {
			t.Errorf("Update with a function that returns %q: got error %v", refused, err)
		}
		nothingWritten(t, s)
	}},
	{"PanickingUpdateLeavesNothingAndIsInternal", func(t *testing.T, s store) {
		s.add(t, person("old", "Old"), sms("old", "one", "+15005550100"))
		var wrote error
		err := s.Update(t.Context(), func(q db.Queries) error {
			wrote = writeEverything(q)
			panic("a bug")
		})
		if wrote != nil {
			t.Fatal(wrote)
		}
		if e, ok := errors.AsType[*oncall.Error](err); !ok || e.Kind != oncall.Internal {
			t.Errorf("Update with a function that panics: got error %v, want an *oncall.Error of Kind Internal", err)
		}
		nothingWritten(t, s)
	}},
	{"EndedContextIsHonouredBeforeTheFunctionStarts", func(t *testing.T, s store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for name, run := range map[string]func(context.Context, func(db.Queries) error) error{"Update": s.Update, "View": s.View} {
			for range 20 { // a store that succeeds by chance fails in one of them
				ran := false
				err := run(ctx, func(db.Queries) error { ran = true; return nil })
				if !errors.Is(err, context.Canceled) || ran {
					t.Fatalf("%s with an ended context: got error %v and ran = %t, want %v and false", name, err, ran, context.Canceled)
				}
			}
		}
	}},
	{"ContextThatEndsDuringAnUpdateIsNotHonoured", func(t *testing.T, s store) {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Update(ctx, func(q db.Queries) error {
			cancel()
			return insert(q, person("ana", "Ana"))
		})
		if err != nil {
			t.Errorf("Update whose context ends after its function started: got error %v, want none", err)
		}
		same(t, "contact ana", person("ana", "Ana"), s.contact(t, "ana"))
	}},
	{"ViewsGoOnAfterOnesWhoseContextEnded", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"))
		for range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			_ = s.View(ctx, func(q db.Queries) error {
				cancel()
				_, err := q.Contacts(oncall.Unreachable, "", 10)
				return err
			})
			same(t, "contact ana", person("ana", "Ana"), s.contact(t, "ana"))
		}
	}},
	{"ViewIsOneUnchangingSnapshot", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"))
		s.view(t, func(q db.Queries) error {
			for range 2 {
				found, err := q.Contacts(oncall.Unreachable, "", 10)
				if err != nil || len(found) != 1 {
					t.Errorf("contacts in a view that began with 1, after another was added beside it: got %d and error %v, want 1", len(found), err)
				}
				// In the second round there is one more contact, but not in this view.
				if err := s.Update(t.Context(), func(q db.Queries) error {
					return ignoreTaken(insert(q, person("ben", "Ben")))
				}); err != nil {
					return err
				}
			}
			return nil
		})
		same(t, "contacts in the next view", []string{"/ana", "/ben"}, s.list(t, oncall.Unreachable, nil, contacts.Position{}, 10))
	}},
}

func ignoreTaken(err error) error {
	if errors.Is(err, errTaken) {
		return nil
	}
	return err
}

// writeEverything calls every write once. The store has the contact old with one channel.
func writeEverything(q db.Queries) error {
	renamed := person("old", "New")
	moved := sms("old", "one", "+15005550101")
	_, err1 := q.Remember(request("t"), "arn", start)
	_, err2 := q.UpdateContact(renamed)
	_, _, err3 := q.UpdateChannel(moved)
	return errors.Join(err1, err2, err3,
		insert(q, person("ana", "Ana")),
		insert(q, sms("old", "two", "+15005550102")),
		q.SetReachability("old", oncall.Reachable),
		q.SetTags("old", tags("env", "prod")),
		q.SetPolicy("old", "{}"))
}

// nothingWritten fails the test when a write of writeEverything is visible.
func nothingWritten(t *testing.T, s store) {
	t.Helper()
	same(t, "contact ana", oncall.Contact{}, s.contact(t, "ana"))
	same(t, "contact old", person("old", "Old"), s.contact(t, "old"))
	same(t, "channels of old", []oncall.Channel{sms("old", "one", "+15005550100")}, s.channels(t, "old"))
	same(t, "list under old", []string{"old/old"}, s.list(t, oncall.Unreachable, []string{"old"}, contacts.Position{}, 10))
	same(t, "list under new", []string(nil), s.list(t, oncall.Unreachable, []string{"new"}, contacts.Position{}, 10))
	same(t, "counts", []int{1, 0, 0, 0}, s.counts(t))
	same(t, "tags of old", tags(), s.tags(t, "old"))
	same(t, "policy of old", "", s.policy(t, "old"))
	same(t, "memory of the request", oncall.Memory{}, s.remember(t, request("t"), "arn", start))
}
