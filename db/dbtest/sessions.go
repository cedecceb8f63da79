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
	{"ProveSessionWritesWhenItWasProved", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), session("key", "ana"), session("other", "ana"))
		s.update(t, func(q db.Queries) error { return q.ProveSession([]byte("key"), start.Add(time.Minute)) })
		for key, want := range map[string]time.Time{"key": start.Add(time.Minute), "other": start} {
			same(t, "proof of "+key, want, ask(t, s, func(q db.Queries) (time.Time, error) {
				got, _, err := q.Session([]byte(key), start)
				return got.ProvedAt, err
			}))
		}
	}},
	{"DeviceIsOfOneUserUntilItEnds", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), member("ben", oncall.Manager), device("a", "key", "ana"), device("b", "other", "ben"))
		end := start.Add(time.Hour)
		same(t, "just before its end", "a", s.device(t, "key", "ana", end.Add(-time.Microsecond)))
		same(t, "at its end", "", s.device(t, "key", "ana", end))
		same(t, "of another user", "", s.device(t, "key", "ben", start))
		same(t, "with another key", "", s.device(t, "ke", "ana", start))
	}},
	{"DeviceThatSignsInAgainEndsLater", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), device("a", "key", "ana"))
		again := device("b", "key", "ana")
		again.EndsAt = start.Add(2 * time.Hour)
		s.add(t, again)
		same(t, "after the first end", "a", s.device(t, "key", "ana", start.Add(time.Hour)))
	}},
	{"SetDeviceKeyMovesEveryAccountOfACookie", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), member("ben", oncall.Manager),
			device("a", "key", "ana"), device("b", "key", "ben"), device("c", "other", "ben"))
		s.update(t, func(q db.Queries) error { return q.SetDeviceKey([]byte("key"), []byte("new")) })
		for key, want := range map[string][]string{"key": {"", ""}, "new": {"a", "b"}, "other": {"", "c"}} {
			same(t, "devices with the key "+key, want, []string{s.device(t, key, "ana", start), s.device(t, key, "ben", start)})
		}
	}},
	{"DeleteDevicesLeavesThoseOfOthersAndTheException", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), member("ben", oncall.Manager),
			device("a", "one", "ana"), device("b", "two", "ana"), device("c", "one", "ben"))
		left := func() []string {
			return []string{s.device(t, "one", "ana", start), s.device(t, "two", "ana", start), s.device(t, "one", "ben", start)}
		}
		s.update(t, func(q db.Queries) error { return q.DeleteDevices("ana", []byte("two")) })
		same(t, "devices but for one", []string{"", "b", "c"}, left())
		s.update(t, func(q db.Queries) error { return q.DeleteDevices("ana", nil) })
		same(t, "devices without an exception", []string{"", "", "c"}, left())
	}},
	{"TrimDevicesLeavesThoseThatEndLast", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), member("ben", oncall.Manager), device("z", "z", "ben"))
		for n, id := range []string{"c", "a", "b"} {
			d := device(id, id, "ana")
			d.EndsAt = start.Add(time.Duration(n+1) * time.Hour)
			s.add(t, d)
		}
		s.update(t, func(q db.Queries) error { return q.TrimDevices("ana", 2) })
		same(t, "devices", []string{"", "a", "b", "z"}, []string{s.device(t, "c", "ana", start), s.device(t, "a", "ana", start), s.device(t, "b", "ana", start), s.device(t, "z", "ben", start)})
	}},
	{"DeviceEndsWithItsUser", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Manager), device("a", "key", "ana"))
		s.update(t, func(q db.Queries) error {
			_, err := q.DeleteUser("ana", start)
			return err
		})
		same(t, "device", "", s.device(t, "key", "ana", start))
	}},
	{"TriesAreCountedAndForgiven", func(t *testing.T, s store) {
		for n := range 3 {
			s.update(t, func(q db.Queries) error {
				return q.CountFailedSignIn("a", start.Add(time.Duration(n)*time.Second))
			})
		}
		s.update(t, func(q db.Queries) error { return q.CountFailedSignIn("b", start) })
		same(t, "tries", access.FailedSignIns{Count: 3, LastAt: start.Add(2 * time.Second)}, s.tries(t, "a", start))
		for _, want := range []int{1, 0, 0} {
			s.update(t, func(q db.Queries) error { return q.ForgiveFailedSignIns("a", 2) })
			same(t, "count after two were forgiven", want, s.tries(t, "a", start).Count)
		}
		same(t, "tries of another name", 1, s.tries(t, "b", start).Count)
	}},
	{"TryIsTakenBackAsIfItHadNotBeen", func(t *testing.T, s store) {
		last := start.Add(time.Minute)
		for _, at := range []time.Time{start, last} {
			s.update(t, func(q db.Queries) error { return q.CountFailedSignIn("a", at) })
		}
		s.update(t, func(q db.Queries) error { return q.UncountFailedSignIn("a", last, start) })
		same(t, "tries", access.FailedSignIns{Count: 1, LastAt: start}, s.tries(t, "a", start))
		s.update(t, func(q db.Queries) error { return q.CountFailedSignIn("a", last) })
		s.update(t, func(q db.Queries) error { return q.UncountFailedSignIn("a", start, start.Add(-time.Hour)) })
		same(t, "tries after one before the last was taken back", access.FailedSignIns{Count: 1, LastAt: last}, s.tries(t, "a", start))
		for range 2 {
			s.update(t, func(q db.Queries) error { return q.UncountFailedSignIn("a", last, start) })
		}
		same(t, "count, which is never below zero", 0, s.tries(t, "a", start).Count)
	}},
	{"TriesAreForgottenADayAfterTheLast", func(t *testing.T, s store) {
		last := start.Add(time.Minute)
		for _, at := range []time.Time{start, last} {
			s.update(t, func(q db.Queries) error { return q.CountFailedSignIn("a", at) })
		}
		end := last.Add(access.FailedSignInTTL)
		same(t, "just before", 2, s.tries(t, "a", end.Add(-time.Microsecond)).Count)
		same(t, "a day later", access.FailedSignIns{}, s.tries(t, "a", end))
		s.update(t, func(q db.Queries) error { return q.CountFailedSignIn("a", end) })
		same(t, "one more then", 1, s.tries(t, "a", end).Count)
	}},
	{"TriesLeakOneAnHour", func(t *testing.T, s store) {
		for range 3 {
			s.update(t, func(q db.Queries) error { return q.CountFailedSignIn("a", start) })
		}
		for hours, want := range []int{4, 4, 4, 1} {
			at := start.Add(time.Duration(hours) * time.Hour)
			if hours == 3 {
				at = at.Add(6 * time.Hour)
			}
			s.update(t, func(q db.Queries) error { return q.CountFailedSignIn("a", at) })
			same(t, fmt.Sprint("tries at ", at), want, s.tries(t, "a", at).Count)
		}
	}},
	{"TryBeforeTheLastOneCountsAsOne", func(t *testing.T, s store) {
		before := start.Add(-24 * time.Hour) // the clock was set back
		for _, at := range []time.Time{start, start, before} {
			s.update(t, func(q db.Queries) error { return q.CountFailedSignIn("a", at) })
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
			one, l, d := session(id, id), link(id, id), device(id, id, id)
			one.EndsAt, l.EndsAt, d.EndsAt = end, end, end
			s.add(t, one, l, d)
			s.update(t, func(q db.Queries) error {
				if err := q.CountFailedSignIn(id, end.Add(-access.FailedSignInTTL)); err != nil {
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
			var got [4]string
			for _, id := range []string{"a", "b", "c"} {
				for n, there := range []bool{s.sessionUser(t, id, long) != "", s.linkUser(t, id, long) != "", s.tries(t, id, long).Count > 0, s.device(t, id, id, long) != ""} {
					if there {
						got[n] += id + " "
					}
				}
			}
			same(t, fmt.Sprintf("sessions, links, tries and devices at %v", c.at), [4]string{c.want, c.want, c.want, c.want}, got)
		}
	}},
}

func (s store) takeLink(t *testing.T, key string, at time.Time) oncall.OneTimeLink {
	t.Helper()
	return ask(t, s, func(q db.Queries) (oncall.OneTimeLink, error) { return q.TakeLink([]byte(key), at) })
}

func (s store) device(t *testing.T, key, user string, at time.Time) string {
	t.Helper()
	return ask(t, s, func(q db.Queries) (string, error) { return q.Device([]byte(key), user, at) })
}

func (s store) tries(t *testing.T, name string, at time.Time) access.FailedSignIns {
	t.Helper()
	return ask(t, s, func(q db.Queries) (access.FailedSignIns, error) { return q.FailedSignIns(name, at) })
}

func (s store) takeCeremony(t *testing.T, kind account.CeremonyKind, at time.Time) string {
	t.Helper()
	return string(ask(t, s, func(q db.Queries) ([]byte, error) { return q.TakeCeremony([]byte("key"), kind, at) }))
}
