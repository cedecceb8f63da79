package dbtest

import (
	"callbook/db"

	"errors"
	"testing"
	"time"

	"callbook/internal/audit"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

var auditFacts = []fact{
	{"AddressesAreSeenOnceAnHour", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("bob", ""))
		see := func(principal, alias string, hour int) bool {
			at := start.Truncate(time.Hour).Add(time.Duration(hour) * time.Hour)
			var seen, first, noted bool
			s.update(t, func(q db.Queries) (err error) {
				if seen, err = q.AddressAccessRecorded(principal, alias, at); err != nil {
					return err
				}
				if first, err = q.RecordAddressAccess(principal, alias, at); err != nil {
					return err
				}
				noted, err = q.AddressAccessRecorded(principal, alias, at)
				return err
			})
			if seen == first || !noted {
				t.Errorf("%s sees %s: seen %t, first %t, then seen %t", principal, alias, seen, first, noted)
			}
			return first
		}
		same(t, "first times", []bool{true, false, true, true, true, false}, []bool{
			see("key", "ana", 0), see("key", "ana", 0), see("other", "ana", 0), see("key", "bob", 0), see("key", "ana", 1), see("key", "ana", 0)})
		s.update(t, func(q db.Queries) error {
			return q.DeleteExpired(start.Truncate(time.Hour).Add(contacts.AddressAccessTTL), 9)
		})
		same(t, "after an hour", []bool{true, false}, []bool{see("key", "ana", 0), see("key", "ana", 1)})
		s.update(t, func(q db.Queries) error {
			_, err := q.DeleteContact("ana", start)
			return err
		})
		s.add(t, person("ana", ""))
		same(t, "of another contact of this name", true, see("key", "ana", 1))
	}},
	{"AddressLookupsAreCountedForAPrincipal", func(t *testing.T, s store) {
		count := func(principal, id string, second int) {
			s.update(t, func(q db.Queries) error {
				return q.CountAddressLookup(principal, id, start.Add(time.Duration(second)*time.Second))
			})
		}
		checks := func(principal string, limit int) (ago []int) {
			s.view(t, func(q db.Queries) error {
				times, err := q.AddressLookups(principal, limit)
				for _, at := range times {
					ago = append(ago, int(at.Sub(start)/time.Second))
				}
				return err
			})
			return ago
		}
		same(t, "at first", []int(nil), checks("ana", 9))
		for n, id := range []string{"a", "b", "c"} {
			count("ana", id, n)
		}
		count("ana", "d", 2) // at the same time
		count("bob", "e", 1)
		same(t, "of ana", []int{2, 2, 1, 0}, checks("ana", 9))
		same(t, "the last of ana", []int{2, 2}, checks("ana", 2))
		same(t, "of bob", []int{1}, checks("bob", 9))
		s.update(t, func(q db.Queries) error {
			return q.DeleteExpired(start.Add(contacts.AddressLookupTTL+time.Second), 2)
		})
		same(t, "of ana after two have expired", []int{2, 2}, checks("ana", 9))
		same(t, "of bob, whose turn it is not", []int{1}, checks("bob", 9))
		s.update(t, func(q db.Queries) error { return q.DeleteExpired(start.Add(contacts.AddressLookupTTL), 9) })
		same(t, "of bob before its end", []int{1}, checks("bob", 9))
	}},
	{"EntriesGetNumbersKeysAndMACs", func(t *testing.T, s store) {
		same(t, "end of an empty trail", audit.Anchor{}, s.auditEnd(t))
		s.record(t, entry("ana", "eve", oncall.CreateContact), entry("ben", "eve", oncall.CreateContact))
		s.record(t, entry("ana", "mallory", oncall.DeleteContact))
		trail := s.trail(t, 1, 10)
		for i, e := range trail {
			if e.Seq != int64(i+1) || e.Key == 0 || len(e.MAC) != 32 || e.Damaged {
				t.Errorf("entry %d: got number %d, key %d, %d bytes of MAC, damaged %t", i+1, e.Seq, e.Key, len(e.MAC), e.Damaged)
			}
		}
		same(t, "end of the trail", audit.Anchor{Seq: 3, MAC: trail[2].MAC}, s.auditEnd(t))
	}},
	{"EntryComesBackAsItWasRecorded", func(t *testing.T, s store) {
		whole := oncall.Entry{At: start, Door: oncall.API, Principal: "AKIA", Actor: "ci", Operation: oncall.UpdateContact,
			Outcome: oncall.Refused, Resource: "arn:x", Contact: "ana", Request: "r-1", Client: "192.0.2.7",
			Changes: []oncall.AuditChange{{Field: oncall.FieldName, Before: "<a & b>", After: "ü\x00\n"}, {Field: oncall.FieldAddress}}}
		s.record(t, whole, oncall.Entry{At: start, Actor: "half a letter \xc3", Client: "n\x00"})
		got := s.trail(t, 1, 10)
		whole.Seq, whole.Key, whole.MAC = 1, got[0].Key, got[0].MAC
		same(t, "entry", whole, got[0])
		same(t, "actor that was no UTF-8, client with a NUL", "half a letter \uFFFD n\uFFFD", got[1].Actor+" "+got[1].Client)
	}},
	{"EntryOfTheLongestActorIsFound", func(t *testing.T, s store) {
		actor := long(oncall.MaxActorLen)
		s.record(t, entry("ana", actor, oncall.CreateContact))
		found := ask(t, s, func(q db.Queries) ([]oncall.Entry, error) {
			return q.Entries(oncall.AuditQuery{Actor: actor, Limit: 9})
		})
		same(t, "entries", 1, len(found))
	}},
	{"EntriesComeNewestFirstAndMatch", func(t *testing.T, s store) {
		for _, contact := range []string{"ana", "ben"} {
			for _, actor := range []string{"eve", "mallory"} {
				s.record(t, entry(contact, actor, oncall.CreateContact), entry(contact, actor, oncall.DeleteContact))
			}
		}
		for _, c := range []struct {
			in   oncall.AuditQuery
			want []int64
		}{
			{oncall.AuditQuery{Limit: 3}, []int64{8, 7, 6}},
			{oncall.AuditQuery{Limit: 3, Before: 3}, []int64{2, 1}},
			{oncall.AuditQuery{Limit: 9, Contact: "ana"}, []int64{4, 3, 2, 1}},
			{oncall.AuditQuery{Limit: 9, Actor: "eve"}, []int64{6, 5, 2, 1}},
			{oncall.AuditQuery{Limit: 9, Operation: oncall.DeleteContact}, []int64{8, 6, 4, 2}},
			{oncall.AuditQuery{Limit: 9, Contact: "ben", Actor: "mallory"}, []int64{8, 7}},
			{oncall.AuditQuery{Limit: 9, Contact: "ben", Operation: oncall.CreateContact}, []int64{7, 5}},
			{oncall.AuditQuery{Limit: 9, Actor: "mallory", Operation: oncall.CreateContact}, []int64{7, 3}},
			{oncall.AuditQuery{Limit: 9, Contact: "ana", Actor: "mallory", Operation: oncall.CreateContact}, []int64{3}},
			{oncall.AuditQuery{Limit: 9, Contact: "ana", Before: 3, Actor: "eve"}, []int64{2, 1}},
			{oncall.AuditQuery{Limit: 9, Contact: "nobody"}, nil},
		} {
			var found []oncall.Entry
			s.view(t, func(q db.Queries) (err error) {
				found, err = q.Entries(c.in)
				return err
			})
			var got []int64
			for _, e := range found {
				got = append(got, e.Seq)
			}
			same(t, "entries that match", c.want, got)
		}
	}},
	{"EntriesFromANumberComeOldestFirst", func(t *testing.T, s store) {
		for range 5 {
			s.record(t, entry("ana", "eve", oncall.CreateContact))
		}
		for _, c := range []struct {
			from  int64
			limit int
			want  []int64
		}{{-9, 2, []int64{1, 2}}, {3, 2, []int64{3, 4}}, {3, 9, []int64{3, 4, 5}}, {6, 9, nil}} {
			var got []int64
			for _, e := range s.trail(t, c.from, c.limit) {
				got = append(got, e.Seq)
			}
			same(t, "entries from a number", c.want, got)
		}
	}},
	{"WhatOneRequestAddedSinceIsCounted", func(t *testing.T, s store) {
		begun := entry("", "eve", oncall.ImportBook)
		contact, channel := entry("ana", "eve", oncall.CreateContact), entry("ana", "eve", oncall.CreateContactChannel)
		begun.Request, contact.Request, channel.Request = "r", "r", "r"
		other, refused, door, name := contact, contact, contact, contact
		other.Request, refused.Outcome, door.Door, name.Actor = "r2", oncall.Refused, oncall.Command, "mallory"
		principal, deleted := contact, entry("ana", "eve", oncall.DeleteContact)
		principal.Principal, deleted.Request = "p", "r"
		s.record(t, contact, begun, contact, channel, other, refused, door, name, principal, deleted, channel)
		for seq, want := range map[int64][2]int{2: {1, 2}, 1: {1, 2}, 0: {2, 2}, 10: {0, 1}, 11: {0, 0}} {
			begun.Seq = seq
			var got [2]int
			s.view(t, func(q db.Queries) (err error) {
				got[0], got[1], err = q.AddedSince(begun)
				return err
			})
			same(t, "contacts and channels", want, got)
		}
	}},
	{"MACCoversTheEntryAndTheOneBefore", func(t *testing.T, s store) {
		s.record(t, entry("ana", "eve", oncall.CreateContact), entry("ana", "eve", oncall.DeleteContact))
		trail := s.trail(t, 1, 10)
		same(t, "MAC of the first entry", trail[0].MAC, s.mac(t, trail[0], nil))
		same(t, "MAC of the second entry", trail[1].MAC, s.mac(t, trail[1], trail[0].MAC))
		if got := s.mac(t, trail[1], nil); string(got) == string(trail[1].MAC) {
			t.Error("the MAC is the same without the entry before")
		}
		for what, change := range map[string]func(*oncall.Entry){
			"number": func(e *oncall.Entry) { e.Seq++ }, "time": func(e *oncall.Entry) { e.At = e.At.Add(time.Microsecond) },
			"door": func(e *oncall.Entry) { e.Door = "d" }, "principal": func(e *oncall.Entry) { e.Principal = "p" },
			"actor": func(e *oncall.Entry) { e.Actor = "a" }, "operation": func(e *oncall.Entry) { e.Operation = "o" },
			"outcome": func(e *oncall.Entry) { e.Outcome = "o" }, "resource": func(e *oncall.Entry) { e.Resource = "r" },
			"contact": func(e *oncall.Entry) { e.Contact = "c" }, "changes": func(e *oncall.Entry) { e.Changes[0].After = "x" },
			"request": func(e *oncall.Entry) { e.Request = "r" }, "client": func(e *oncall.Entry) { e.Client = "c" },
			"a moved border": func(e *oncall.Entry) { e.Principal, e.Actor = e.Principal+e.Actor[:1], e.Actor[1:] },
		} {
			e := s.trail(t, 2, 1)[0]
			if change(&e); string(s.mac(t, e, trail[0].MAC)) == string(trail[1].MAC) {
				t.Errorf("the MAC does not cover the %s", what)
			}
		}
		unknown := trail[1]
		unknown.Key++
		same(t, "MAC by a key that there never was", []byte(nil), s.mac(t, unknown, trail[0].MAC))
	}},
	{"EntryOfAFailedUpdateIsGone", func(t *testing.T, s store) {
		s.record(t, entry("ana", "eve", oncall.CreateContact))
		end, refused := s.auditEnd(t), errors.New("refused")
		err := s.Update(t.Context(), func(q db.Queries) error {
			return errors.Join(q.Record(entry("ben", "eve", oncall.CreateContact)), refused)
		})
		if !errors.Is(err, refused) {
			t.Errorf("Update: got error %v", err)
		}
		same(t, "end of the trail", end, s.auditEnd(t))
	}},
}

func entry(contact, actor string, op oncall.Operation) oncall.Entry {
	return oncall.Entry{At: start, Door: oncall.Browser, Principal: "p-" + actor, Actor: actor, Operation: op, Outcome: oncall.Done,
		Contact: contact, Changes: []oncall.AuditChange{{Field: oncall.FieldName, After: contact}}}
}

// record adds entries in one update.
func (s store) record(t *testing.T, entries ...oncall.Entry) {
	t.Helper()
	s.update(t, func(q db.Queries) error {
		for _, e := range entries {
			if err := q.Record(e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s store) trail(t *testing.T, from int64, limit int) (list []oncall.Entry) {
	t.Helper()
	s.view(t, func(q db.Queries) (err error) {
		list, err = q.EntriesFrom(from, limit)
		return err
	})
	return list
}

func (s store) auditEnd(t *testing.T) (end audit.Anchor) {
	t.Helper()
	s.view(t, func(q db.Queries) (err error) {
		end, err = q.AuditEnd()
		return err
	})
	return end
}

func (s store) mac(t *testing.T, e oncall.Entry, before []byte) (mac []byte) {
	t.Helper()
	s.view(t, func(q db.Queries) (err error) {
		mac, err = q.EntryMAC(e, before)
		return err
	})
	return mac
}
