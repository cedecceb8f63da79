package dbtest

import (
	"callbook/db"

	"fmt"
	"testing"
	"time"

	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

var sessionFacts = []fact{
	{"SessionComesWithItsUser", func(t *testing.T, s store) {
		ana := member("ana", oncall.Manager)
		kept := session("key", "ana")
		kept.SeenAt, kept.EndsAt = start.Add(time.Minute), start.Add(2*time.Minute)
		s.add(t, ana, kept)
		s.view(t, func(q db.Queries) error {
			got, u, err := q.Session([]byte("key"), start)
			same(t, "session", kept, got)
			same(t, "user", ana, u)
			return err
		})
	}},
	{"SessionIsMissingOnceItEnds", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), session("key", "ana"))
		end := start.Add(time.Hour)
		same(t, "just before", "ana", s.sessionUser(t, "key", end.Add(-time.Microsecond)))
		same(t, "at its end", "", s.sessionUser(t, "key", end))
		same(t, "another key", "", s.sessionUser(t, "ke", start))
	}},
	{"SessionOfADisabledUserIsMissing", func(t *testing.T, s store) {
		ana := member("ana", oncall.Manager)
		s.add(t, ana, session("key", "ana"))
		ana.DisabledAt = start
		s.updateUser(t, ana)
		same(t, "session of one who is disabled", "", s.sessionUser(t, "key", start))
	}},
	{"SeeSessionWritesWhenItWasSeenAndEnds", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), session("key", "ana"), session("other", "ana"))
		s.update(t, func(q db.Queries) error {
			return q.TouchSession([]byte("key"), start.Add(time.Minute), start.Add(2*time.Hour))
		})
		s.view(t, func(q db.Queries) error {
			got, _, err := q.Session([]byte("key"), start.Add(time.Hour))
			same(t, "times", []time.Time{start, start.Add(time.Minute), start.Add(2 * time.Hour)}, []time.Time{got.CreatedAt, got.SeenAt, got.EndsAt})
			return err
		})
		same(t, "the other session, at its old end", "", s.sessionUser(t, "other", start.Add(time.Hour)))
	}},
	{"DeleteSessionRemovesOne", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), session("one", "ana"), session("two", "ana"))
		for _, want := range []bool{true, false} {
			if got := ask(t, s, func(q db.Queries) (bool, error) { return q.DeleteSession([]byte("one")) }); got != want {
				t.Errorf("DeleteSession: got %t, want %t", got, want)
			}
		}
		same(t, "sessions", []string{"", "ana"}, []string{s.sessionUser(t, "one", start), s.sessionUser(t, "two", start)})
	}},
	{"DeleteSessionsLeavesThoseOfOthersAndTheException", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), member("ben", oncall.Manager),
			session("one", "ana"), session("two", "ana"), session("three", "ben"))
		left := func() []string {
			return []string{s.sessionUser(t, "one", start), s.sessionUser(t, "two", start), s.sessionUser(t, "three", start)}
		}
		s.update(t, func(q db.Queries) error { return q.DeleteSessions("ana", []byte("two")) })
		same(t, "sessions but for one", []string{"", "ana", "ben"}, left())
		s.update(t, func(q db.Queries) error { return q.DeleteSessions("ana", nil) })
		same(t, "sessions without an exception", []string{"", "", "ben"}, left())
	}},
	{"LinkIsGoodUntilItEnds", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), link("key", "ana"))
		end := start.Add(time.Hour)
		s.view(t, func(q db.Queries) error {
			l, err := q.Link([]byte("key"), end.Add(-time.Microsecond))
			same(t, "link", link("key", "ana"), l)
			return err
		})
		same(t, "at its end", "", s.linkUser(t, "key", end))
		same(t, "taken at its end", oncall.OneTimeLink{}, s.takeLink(t, "key", end))
	}},
	{"LinkIsTakenOnce", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), link("key", "ana"), link("up", ""))
		same(t, "link", link("key", "ana"), s.takeLink(t, "key", start))
		same(t, "link again", oncall.OneTimeLink{}, s.takeLink(t, "key", start))
		same(t, "the other link", link("up", ""), s.takeLink(t, "up", start))
	}},
	{"NewestLinkOfAUserIsTheOnlyOne", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), member("ben", oncall.Manager),
			link("ana1", "ana"), link("ben1", "ben"), link("up1", ""), link("ana2", "ana"), link("up2", ""))
		for key, want := range map[string]string{"ana1": "", "ana2": "reset ana", "ben1": "reset ben", "up1": "", "up2": "set_up "} {
			same(t, "link "+key, want, s.linkUser(t, key, start))
		}
	}},
	{"TriesAreCountedAndForgiven", func(t *testing.T, s store) {
		for n := range 3 {
			s.update(t, func(q db.Queries) error {
				return q.CountFailedSignIn([]byte("a"), start.Add(time.Duration(n)*time.Second))
			})
		}
		s.update(t, func(q db.Queries) error { return q.CountFailedSignIn([]byte("b"), start) })
		same(t, "tries", access.FailedSignIns{Count: 3, LastAt: start.Add(2 * time.Second)}, s.tries(t, "a", start))
		for n := 2; n >= -1; n-- {
			s.update(t, func(q db.Queries) error { return q.ForgiveFailedSignIn([]byte("a")) })
			same(t, "count after one was taken back", max(n, 0), s.tries(t, "a", start).Count)
		}
		s.update(t, func(q db.Queries) error { return q.ForgiveFailedSignIns([]byte("b")) })
		same(t, "tries after all were taken back", access.FailedSignIns{}, s.tries(t, "b", start))
	}},
	{"TriesAreForgottenADayAfterTheLast", func(t *testing.T, s store) {
		last := start.Add(time.Minute)
		for _, at := range []time.Time{start, last} {
			s.update(t, func(q db.Queries) error { return q.CountFailedSignIn([]byte("a"), at) })
		}
		end := last.Add(access.FailedSignInTTL)
		same(t, "just before", 2, s.tries(t, "a", end.Add(-time.Microsecond)).Count)
		same(t, "a day later", access.FailedSignIns{}, s.tries(t, "a", end))
		s.update(t, func(q db.Queries) error { return q.CountFailedSignIn([]byte("a"), end) })
		same(t, "one more then", 1, s.tries(t, "a", end).Count)
	}},
	{"TriesLeakOneAnHour", func(t *testing.T, s store) {
		for range 3 {
			s.update(t, func(q db.Queries) error { return q.CountFailedSignIn([]byte("a"), start) })
		}
		for hours, want := range []int{4, 4, 4, 1} {
			at := start.Add(time.Duration(hours) * time.Hour)
			if hours == 3 {
				at = at.Add(6 * time.Hour)
			}
			s.update(t, func(q db.Queries) error { return q.CountFailedSignIn([]byte("a"), at) })
			same(t, fmt.Sprint("tries at ", at), want, s.tries(t, "a", at).Count)
		}
	}},
	{"TryBeforeTheLastOneCountsAsOne", func(t *testing.T, s store) {
		before := start.Add(-24 * time.Hour) // the clock was set back
		for _, at := range []time.Time{start, start, before} {
			s.update(t, func(q db.Queries) error { return q.CountFailedSignIn([]byte("a"), at) })
		}
		same(t, "tries", access.FailedSignIns{Count: 3, LastAt: before}, s.tries(t, "a", before))
	}},
	{"CeremonyIsTakenOnceByItsKindInTime", func(t *testing.T, s store) {
		end := start.Add(time.Minute)
		s.update(t, func(q db.Queries) error {
			return q.InsertCeremony([]byte("key"), account.OpenIDSignIn, []byte("data\x00"), end)
		})
		same(t, "of another kind", "", s.takeCeremony(t, account.PasskeySignIn, start))
		same(t, "at its end", "", s.takeCeremony(t, account.OpenIDSignIn, end))
		same(t, "in time", "data\x00", s.takeCeremony(t, account.OpenIDSignIn, end.Add(-time.Microsecond)))
		same(t, "again", "", s.takeCeremony(t, account.OpenIDSignIn, start))
	}},
	{"ForgetRemovesWhatEndedFirst", func(t *testing.T, s store) {
		s.add(t, member("a", oncall.Viewer), member("b", oncall.Viewer), member("c", oncall.Viewer))
		for n, id := range []string{"c", "a", "b"} {
			end := start.Add(time.Duration(n) * time.Minute)
			one, l := session(id, id), link(id, id)
			one.EndsAt, l.EndsAt = end, end
			s.add(t, one, l)
			s.update(t, func(q db.Queries) error {
				if err := q.CountFailedSignIn([]byte(id), end.Add(-access.FailedSignInTTL)); err != nil {
					return err
				}
				return q.InsertCeremony([]byte(id), account.OpenIDSignIn, nil, end)
			})
		}
		for _, c := range []struct {
			at    time.Duration
			limit int
			want  string
		}{{-time.Microsecond, 9, "a b c "}, {time.Minute, 1, "a b "}, {time.Minute, 9, "b "}, {time.Hour, 9, ""}} {
			s.update(t, func(q db.Queries) error { return q.DeleteExpired(start.Add(c.at), c.limit) })
			long := start.Add(-time.Hour) // when none had ended
			var got [3]string
			for _, id := range []string{"a", "b", "c"} {
				for n, there := range []bool{s.sessionUser(t, id, long) != "", s.linkUser(t, id, long) != "", s.tries(t, id, long).Count > 0} {
					if there {
						got[n] += id + " "
					}
				}
			}
			same(t, fmt.Sprintf("sessions, links and tries at %v", c.at), [3]string{c.want, c.want, c.want}, got)
		}
	}},
}

func (s store) takeLink(t *testing.T, key string, at time.Time) oncall.OneTimeLink {
	t.Helper()
	return ask(t, s, func(q db.Queries) (oncall.OneTimeLink, error) { return q.TakeLink([]byte(key), at) })
}

func (s store) tries(t *testing.T, name string, at time.Time) access.FailedSignIns {
	t.Helper()
	return ask(t, s, func(q db.Queries) (access.FailedSignIns, error) { return q.FailedSignIns([]byte(name), at) })
}

func (s store) takeCeremony(t *testing.T, kind account.CeremonyKind, at time.Time) string {
	t.Helper()
	return string(ask(t, s, func(q db.Queries) ([]byte, error) { return q.TakeCeremony([]byte("key"), kind, at) }))
}
