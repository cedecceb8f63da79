package dbtest

import (
	"callbook/db"

	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

var codeFacts = []fact{
	{"SetCodeStandsInThePlaceOfTheOneBefore", func(t *testing.T, s store) {
		c := coded(sms("ana", "one", "+15005550100"), "111111")
		c.DeferredAt = start
		s.add(t, person("ana", ""), c)
		s.update(t, func(q db.Queries) error {
			c.Code.Tries = 3
			return q.UpdateCode(c)
		})
		c.Code = oncall.Code{AskedAt: start.Add(time.Hour), EndsAt: start.Add(2 * time.Hour), Unused: true, Sends: 7, Message: "second", Digits: "222222", Link: "second link"}
		c.DeferredAt, c.Address = time.Time{}, oncall.Address{}
		s.update(t, func(q db.Queries) error { return q.SetCode(c) })
		want := c
		want.Code.Digits, want.Code.Link = "", ""
		same(t, "channel, its version as it was, no try made", want, s.channel(t, "ana", "one"))
		same(t, "codes that are right", "222222", s.right(t, c, "111111", "222222"))
		same(t, "channels of links", "one", s.byLinks(t, "link of one", "second link"))
	}},
	{"SetCodeWithoutDigitsLeavesNoGoodCode", func(t *testing.T, s store) {
		c := coded(sms("ana", "one", "+15005550100"), "111111")
		s.add(t, person("ana", ""), c)
		c.Code = oncall.Code{AskedAt: start.Add(time.Second), Sends: 2, EndsAt: start, Message: "refused"}
		s.update(t, func(q db.Queries) error { return q.SetCode(c) })
		same(t, "code", c.Code, s.channel(t, "ana", "one").Code)
		same(t, "codes that are right", "", s.right(t, c, "111111", ""))
		same(t, "channels of links", "", s.byLinks(t, "link of one", ""))
		c.Code = oncall.Code{}
		s.update(t, func(q db.Queries) error { return q.SetCode(c) })
		same(t, "no code", oncall.Code{}, s.channel(t, "ana", "one").Code)
	}},
	{"InsertChannelStoresItsCodeAsSetCodeDoes", func(t *testing.T, s store) {
		c := coded(sms("ana", "one", "+15005550100"), "012345")
		s.add(t, person("ana", ""), c, sms("ana", "two", "+15005550101"))
		c.Code.Digits, c.Code.Link = "", ""
		same(t, "channel", c, s.channel(t, "ana", "one"))
		same(t, "codes that are right", "012345", s.right(t, c, "012345", "12345"))
		same(t, "channel without a code", oncall.Code{}, s.channel(t, "ana", "two").Code)
		same(t, "codes that are right without one", "", s.right(t, sms("ana", "two", ""), "012345", ""))
	}},
	{"CodeIsBoundToItsChannelAndItsAddress", func(t *testing.T, s store) {
		one, two := coded(sms("ana", "one", "+15005550100"), "111111"), coded(sms("ana", "two", "+15005550101"), "222222")
		s.add(t, person("ana", ""), person("ben", ""), one, two, coded(sms("ben", "one", "+15005550100"), "333333"))
		same(t, "right for one", "111111", s.right(t, one, "111111", "222222", "333333", "1111111", "11111", ""))
		same(t, "right for two", "222222", s.right(t, two, "111111", "222222"))
		same(t, "right for a channel that is not there", "", s.right(t, sms("ana", "three", ""), "111111"))
		one.Address = oncall.Address{Given: "+15005550109", Canonical: "+15005550109"}
		s.changeChannel(t, one, true, "")
		same(t, "right at another address", "", s.right(t, one, "111111"))
		one.Version, one.Address = 2, oncall.Address{Given: "+15005550100", Canonical: "+15005550100"}
		s.changeChannel(t, one, true, "")
		same(t, "right at its own again", "111111", s.right(t, one, "111111"))
	}},
	{"UpdateCodeWritesTriesAndSends", func(t *testing.T, s store) {
		c := coded(sms("ana", "one", "+15005550100"), "111111")
		s.add(t, person("ana", ""), c)
		change := c
		change.Code = oncall.Code{Unused: true, Tries: 2, Sends: 3}
		s.update(t, func(q db.Queries) error { return q.UpdateCode(change) })
		want := c
		want.Code.Digits, want.Code.Link, want.Code.Tries, want.Code.Sends = "", "", 2, 3
		same(t, "channel, its version as it was", want, s.channel(t, "ana", "one"))
		same(t, "codes that are right", "111111", s.right(t, c, "111111"))
	}},
	{"CountCodeTryAddsOne", func(t *testing.T, s store) {
		c := coded(sms("ana", "one", "+15005550100"), "111111")
		c.Code.Tries = 0
		s.add(t, person("ana", ""), c, coded(sms("ana", "two", "+15005550101"), "111111"))
		for want := range 3 {
			same(t, "tries", want+1, ask(t, s, func(q db.Queries) (int, error) { return q.CountCodeTry("ana", "one") }))
		}
		same(t, "tries and version of one", []int64{3, 1}, []int64{int64(s.channel(t, "ana", "one").Code.Tries), s.channel(t, "ana", "one").Version})
		same(t, "tries of two", c.Code.Tries, s.channel(t, "ana", "two").Code.Tries)
		s.update(t, func(q db.Queries) error {
			if _, err := q.CountCodeTry("ana", "none"); !errors.Is(err, oncall.ErrMissing) {
				t.Errorf("CountCodeTry of no channel: got error %v, want %v", err, oncall.ErrMissing)
			}
			return nil
		})
	}},
	{"UpdateCodeForgetsACodeThatIsNotGood", func(t *testing.T, s store) {
		c := coded(sms("ana", "one", "+15005550100"), "111111")
		s.add(t, person("ana", ""), c)
		c.Code.Unused, c.Code.Tries = false, 5
		s.update(t, func(q db.Queries) error { return q.UpdateCode(c) })
		c.Code.Digits, c.Code.Link = "", ""
		same(t, "channel", c, s.channel(t, "ana", "one"))
		same(t, "codes that are right", "", s.right(t, c, "111111"))
		same(t, "channels of links", "", s.byLinks(t, "link of one"))
	}},
	{"ChannelTellsWhatBecameOfTheMessageOfItsCode", func(t *testing.T, s store) {
		m := message("m one", "one")
		m.State, m.Reason, m.FailureReason = oncall.MessageFailed, oncall.ProviderFailed, "nobody there"
		s.add(t, person("ana", ""), coded(sms("ana", "one", "+15005550100"), "111111"), m, message("later", "one"))
		got := s.channel(t, "ana", "one").Code
		same(t, "message", "m one failed provider_failed nobody there", fmt.Sprint(got.Message, " ", got.MessageState, " ", got.Reason, " ", got.FailureReason))
	}},
	{"EndedCodesComeByTheirEnd", func(t *testing.T, s store) {
		s.add(t, person("ana", ""))
		ended := func(at time.Duration, limit int) string {
			return s.ids(t, func(q db.Queries) ([]oncall.Channel, error) { return q.EndedCodes(start.Add(at), limit) })
		}
		next := func() time.Time { return ask(t, s, db.Queries.NextCodeEnd) }
		same(t, "next end of none", time.Time{}, next())
		for n, id := range []string{"c", "a", "b"} {
			c := coded(sms("ana", id, "+1500555010"+id), "111111")
			c.Code.EndsAt = start.Add(time.Duration(n) * time.Minute)
			s.add(t, c)
		}
		used := coded(sms("ana", "used", "+15005550109"), "111111")
		s.add(t, used, sms("ana", "none", "+15005550108"))
		used.Code.Unused, used.Code.EndsAt = false, start
		s.update(t, func(q db.Queries) error { return q.UpdateCode(used) })
		same(t, "next end", start, next())
		for _, c := range []struct {
			at    time.Duration
			limit int
			want  string
		}{{-time.Microsecond, 9, ""}, {0, 9, "c"}, {time.Minute, 9, "c a"}, {time.Hour, 9, "c a b"}, {time.Hour, 2, "c a"}} {
			same(t, fmt.Sprint("ended at ", c.at, ", up to ", c.limit), c.want, ended(c.at, c.limit))
		}
	}},
	{"UnprovedChannelsComeByCreation", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""))
		for n, id := range []string{"c", "a", "b"} {
			c := sms("ana", id, "+1500555010"+id)
			c.CreatedAt = start.Add(time.Duration(n/2) * time.Minute)
			s.add(t, c)
		}
		active := sms("ana", "active", "+15005550109")
		active.ActivatedAt = start
		s.add(t, active, sms("ben", "x", "+15005550100"))
		unproved := func(after contacts.ChannelPlace, limit int) string {
			return s.ids(t, func(q db.Queries) ([]oncall.Channel, error) { return q.InactiveChannels(after, limit) })
		}
		same(t, "from the start", "a c x b", unproved(contacts.ChannelPlace{}, 9))
		same(t, "up to two", "a c", unproved(contacts.ChannelPlace{}, 2))
		same(t, "after c", "x b", unproved(contacts.ChannelPlace{CreatedAt: start, Alias: "ana", ID: "c"}, 9))
		same(t, "after x", "b", unproved(contacts.ChannelPlace{CreatedAt: start, Alias: "ben", ID: "x"}, 9))
		same(t, "after the last", "", unproved(contacts.ChannelPlace{CreatedAt: start.Add(time.Minute), Alias: "ana", ID: "b"}, 9))
		for limit, want := range map[int]int{1: 1, 3: 3, 4: 4, 100: 4} {
			same(t, fmt.Sprint("counted up to ", limit), want, ask(t, s, func(q db.Queries) (int, error) { return q.CountInactiveChannels(limit) }))
		}
	}},
	{"ObjectedChannelsComeByCreation", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""))
		for n, id := range []string{"c", "a", "b", "none"} {
			c := sms("ana", id, "+1500555010"+id)
			c.CreatedAt = start.Add(time.Duration(n) * time.Minute)
			s.add(t, c)
		}
		active := sms("ben", "active", "+15005550109")
		active.ActivatedAt = start
		s.add(t, active)
		object := func(alias, id string, stopped, refused time.Time) {
			s.update(t, func(q db.Queries) error {
				return q.SetObjections(oncall.Channel{Alias: alias, ID: id, StoppedAt: stopped, RefusedAt: refused})
			})
		}
		object("ana", "c", start, time.Time{})
		object("ana", "a", time.Time{}, start)
		object("ana", "b", start, start.Add(time.Hour))
		object("ben", "active", time.Time{}, start)
		want := sms("ana", "b", "+1500555010b")
		want.CreatedAt, want.StoppedAt, want.RefusedAt = start.Add(2*time.Minute), start, start.Add(time.Hour)
		same(t, "channel, its version as it was", want, s.channel(t, "ana", "b"))
		objected := func(after contacts.ChannelPlace, limit int) string {
			return s.ids(t, func(q db.Queries) ([]oncall.Channel, error) { return q.ObjectedChannels(after, limit) })
		}
		same(t, "from the start", "c active a b", objected(contacts.ChannelPlace{}, 9))
		same(t, "up to two", "c active", objected(contacts.ChannelPlace{}, 2))
		same(t, "after a", "b", objected(contacts.ChannelPlace{CreatedAt: start.Add(time.Minute), Alias: "ana", ID: "a"}, 9))
		for limit, want := range map[int]int{1: 1, 4: 4, 100: 4} {
			same(t, fmt.Sprint("counted up to ", limit), want, ask(t, s, func(q db.Queries) (int, error) { return q.CountObjectedChannels(limit) }))
		}
		object("ana", "c", time.Time{}, time.Time{})
		same(t, "without what was taken back", "active a b", objected(contacts.ChannelPlace{}, 9))
		again := s.channel(t, "ana", "b")
		again.StoppedAt = time.Time{}
		s.changeChannel(t, again, true, "")
		same(t, "what a change of the channel writes", start.Add(time.Hour), s.channel(t, "ana", "b").RefusedAt)
		same(t, "and what it takes back", time.Time{}, s.channel(t, "ana", "b").StoppedAt)
	}},
	{"AnswersToANumberAreCountedForATime", func(t *testing.T, s store) {
		answers := func(number string, since time.Duration, limit int) int {
			return ask(t, s, func(q db.Queries) (int, error) { return q.AnswersTo(number, within(since), limit) })
		}
		same(t, "of none", 0, answers("+15005550100", -time.Hour, 9))
		for n, number := range []string{"+15005550100", "+15005550100", "+15005550101", "+15005550100"} {
			s.update(t, func(q db.Queries) error {
				return q.InsertAnswer(fmt.Sprint("a", n), number, start.Add(time.Duration(n)*time.Minute))
			})
		}
		same(t, "to the number", 3, answers("+15005550100", -time.Minute, 9))
		same(t, "to another", 1, answers("+15005550101", -time.Minute, 9))
		same(t, "after the first", 2, answers("+15005550100", 0, 9))
		same(t, "up to two", 2, answers("+15005550100", -time.Minute, 2))
		same(t, "from later than the window", 0, answers("+15005550100", 3*time.Minute, 9))
		s.update(t, func(q db.Queries) error { return q.DeleteExpired(start.Add(time.Minute+outbox.AnswerTTL), 1) })
		same(t, "after one of the ended was deleted", 2, answers("+15005550100", -time.Minute, 9))
		s.update(t, func(q db.Queries) error { return q.DeleteExpired(start.Add(time.Minute+outbox.AnswerTTL), 9) })
		same(t, "after all ended were deleted", 1, answers("+15005550100", -time.Minute, 9))
	}},
}

// coded gives a channel a code that ends after a quarter of an hour.
func coded(c oncall.Channel, digits string) oncall.Channel {
	c.Code = oncall.Code{AskedAt: start, EndsAt: start.Add(15 * time.Minute), Unused: true, Sends: 1, Message: "m " + c.ID,
		Digits: digits, Link: "link of " + c.ID}
	if c.Alias != "ana" {
		c.Code.Link += c.Alias
	}
	return c
}

// right returns the codes that CodeIs accepts for the channel.
func (s store) right(t *testing.T, c oncall.Channel, codes ...string) string {
	t.Helper()
	var right []string
	s.view(t, func(q db.Queries) error {
		for _, code := range codes {
			ok, err := q.CodeIs(c, code)
			if err != nil {
				return err
			}
			if ok {
				right = append(right, code)
			}
		}
		return nil
	})
	return strings.Join(right, " ")
}

// byLinks returns the ids of the channels whose codes have these links.
func (s store) byLinks(t *testing.T, keys ...string) string {
	t.Helper()
	return s.ids(t, func(q db.Queries) (list []oncall.Channel, err error) {
		for _, key := range keys {
			c, err := q.ChannelByLink([]byte(key))
			switch {
			case err == nil:
				list = append(list, c)
			case !errors.Is(err, oncall.ErrMissing):
				return nil, err
			}
		}
		return list, nil
	})
}

// ids returns the ids of the channels that fn returns.
func (s store) ids(t *testing.T, fn func(db.Queries) ([]oncall.Channel, error)) string {
	t.Helper()
	var ids []string
	for _, c := range ask(t, s, fn) {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, " ")
}
