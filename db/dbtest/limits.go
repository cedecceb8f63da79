package dbtest

import (
	"callbook/db"

	"fmt"
	"testing"
	"time"

	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

var limitFacts = []fact{
	{"SentToCountsAKindToAnAddress", func(t *testing.T, s store) {
		voice := at(1, "+15005550100")
		voice.Type = oncall.Voice
		notice := at(2, "+15005550100")
		notice.Kind = oncall.ChangeNotice
		s.add(t, at(0, "+15005550100"), voice, notice, at(3, "+15005550101"), at(4, ""), at(5, "+15005550100"))
		for _, c := range []struct {
			since time.Duration
			limit int
			want  outbox.Sent
		}{
			{-time.Microsecond, 9, outbox.Sent{Count: 3, Oldest: start}},
			{0, 9, outbox.Sent{Count: 2, Oldest: start.Add(time.Minute)}},
			{-time.Hour, 2, outbox.Sent{Count: 2, Oldest: start.Add(time.Minute)}},
			{5 * time.Minute, 9, outbox.Sent{}},
		} {
			same(t, fmt.Sprint("since ", c.since, ", up to ", c.limit), c.want, s.sentTo(t, oncall.CodeMessage, "+15005550100", c.since, c.limit))
		}
		same(t, "notices", outbox.Sent{Count: 1, Oldest: start.Add(2 * time.Minute)}, s.sentTo(t, oncall.ChangeNotice, "+15005550100", -time.Hour, 9))
		same(t, "to nobody", outbox.Sent{}, s.sentTo(t, oncall.CodeMessage, "+15005550109", -time.Hour, 9))
	}},
	{"SentToPrefixCountsLimitedMessagesToNumbersAround", func(t *testing.T, s store) {
		email, reset := at(3, "+15005550@example.org"), at(4, "+15005550103")
		email.Type, reset.Kind, reset.Queue = oncall.Email, oncall.ResetMessage, oncall.AccountQueue
		voice := at(1, "+15005561234")
		voice.Type = oncall.Voice
		s.add(t, at(0, "+15005550100"), voice, at(2, "+15005570100"), email, reset)
		near := func(number string, since time.Duration, limit int) outbox.Sent {
			return ask(t, s, func(q db.Queries) (outbox.Sent, error) { return q.SentToPrefix(number, within(since), limit) })
		}
		same(t, "near", outbox.Sent{Count: 1, Oldest: start}, near("+15005550199", -time.Hour, 9))
		same(t, "near another", outbox.Sent{Count: 1, Oldest: start.Add(time.Minute)}, near("+15005569999", -time.Hour, 9))
		same(t, "since then", outbox.Sent{}, near("+15005550199", 0, 9))
		s.add(t, at(5, "+15005550177"), at(6, "+15005550178"))
		same(t, "up to two", outbox.Sent{Count: 2, Oldest: start.Add(5 * time.Minute)}, near("+15005550100", -time.Hour, 2))
		notice, test := at(7, "+15005561111"), at(8, "+15005562222")
		notice.Kind, test.Kind, test.Queue = oncall.ChangeNotice, oncall.TestMessage, oncall.AccountQueue
		s.add(t, notice, test)
		same(t, "with a notice and a test", outbox.Sent{Count: 3, Oldest: start.Add(time.Minute)}, near("+15005569999", -time.Hour, 9))
	}},
	{"SentSinceCountsAllThatLimitsCount", func(t *testing.T, s store) {
		same(t, "of none", outbox.Sent{}, s.sentSince(t, -time.Hour))
		email := at(1, "ana@example.org")
		email.Type = oncall.Email
		s.add(t, at(0, "+15005550100"), email, at(2, ""), at(3, "+15005550102"))
		same(t, "from the start", outbox.Sent{Count: 3, Oldest: start}, s.sentSince(t, -time.Microsecond))
		for _, c := range []struct {
			in, day time.Duration
			want    [2]outbox.Sent
		}{
			{0, -time.Hour, [2]outbox.Sent{{Count: 2, Oldest: start.Add(time.Minute)}, {Count: 3, Oldest: start}}},
			{3 * time.Minute, 0, [2]outbox.Sent{{}, {Count: 2, Oldest: start.Add(time.Minute)}}},
		} {
			same(t, fmt.Sprint("in an hour since ", c.in, " and a day since ", c.day), c.want, ask(t, s, func(q db.Queries) ([2]outbox.Sent, error) {
				hour, day, err := q.SentSince(within(c.in), within(c.day))
				return [2]outbox.Sent{hour, day}, err
			}))
		}
		same(t, "since the first", outbox.Sent{Count: 2, Oldest: start.Add(time.Minute)}, s.sentSince(t, 0))
		same(t, "since the last", outbox.Sent{}, s.sentSince(t, 3*time.Minute))
		s.update(t, func(q db.Queries) error { return q.ForgetMessages("ana", "one", start) })
		s.update(t, func(q db.Queries) error { return q.DeleteExpired(start, 1) })
		same(t, "after the first was forgotten", outbox.Sent{Count: 2, Oldest: start.Add(time.Minute)}, s.sentSince(t, -time.Hour))
	}},
	{"OnlyLimitedMessagesAreCountedInAll", func(t *testing.T, s store) {
		notice, test, link, reset, page := at(1, "a@example.org"), at(2, "+15005550199"), at(3, "c@example.org"), at(4, "d@example.org"), at(5, "+15005550188")
		notice.Kind, test.Kind, link.Kind, reset.Kind, page.Kind = oncall.ChangeNotice, oncall.TestMessage, oncall.InvitationMessage, oncall.ResetMessage, "page"
		for _, of := range []*counted{&test, &link, &reset} {
			of.Queue = oncall.AccountQueue
		}
		page.Queue = "page" // a queue that limits do not know
		s.add(t, page, reset, link)
		same(t, "pages and links", outbox.Sent{}, s.sentSince(t, -time.Hour))
		s.add(t, at(0, "+15005550100"), notice, test)
		same(t, "with a code, a notice and a test", outbox.Sent{Count: 3, Oldest: start}, s.sentSince(t, -time.Hour))
		same(t, "near the page", 2, ask(t, s, func(q db.Queries) (outbox.Sent, error) { return q.SentToPrefix("+15005550177", within(-time.Hour), 9) }).Count)
	}},
	{"TestsSentCountsTestsWhereverTheyWent", func(t *testing.T, s store) {
		tests := []counted{at(0, "+15005550100"), at(1, "ana@example.org"), at(2, "+12065550100"), at(3, "+12065550100"), at(4, "+12065550111")}
		for _, test := range tests {
			test.Kind, test.Queue = oncall.TestMessage, oncall.AccountQueue
			s.add(t, test)
		}
		s.add(t, at(5, "+15005550100"))
		sent := func(since time.Duration, limit int) outbox.Sent {
			return ask(t, s, func(q db.Queries) (outbox.Sent, error) { return q.TestsSent(within(since), limit) })
		}
		same(t, "all", outbox.Sent{Count: 5, Oldest: start}, sent(-time.Hour, 9))
		same(t, "up to two", outbox.Sent{Count: 2, Oldest: start.Add(3 * time.Minute)}, sent(-time.Hour, 2))
		same(t, "since the second", outbox.Sent{Count: 3, Oldest: start.Add(2 * time.Minute)}, sent(time.Minute, 9))
		s.update(t, func(q db.Queries) error { return q.ExcludeFromLimits("4") })
		same(t, "without one that never left", outbox.Sent{Count: 4, Oldest: start}, sent(-time.Hour, 9))
	}},
	{"WhatComesFromLaterIsNotCounted", func(t *testing.T, s store) {
		s.add(t, at(10, "+15005550100"), at(11, "+15005550100"))
		same(t, "to the address", outbox.Sent{Count: 1, Oldest: start.Add(10 * time.Minute)}, s.sentTo(t, oncall.CodeMessage, "+15005550100", 0, 9))
		same(t, "near", 1, ask(t, s, func(q db.Queries) (outbox.Sent, error) { return q.SentToPrefix("+15005550100", within(0), 9) }).Count)
		same(t, "in all", start.Add(10*time.Minute), s.sentSince(t, 0).Oldest)
		same(t, "in all, of none", outbox.Sent{}, s.sentSince(t, 10*time.Minute))
	}},
	{"UncountedMessagesAreForgottenByLimits", func(t *testing.T, s store) {
		s.add(t, at(0, "+15005550100"), at(1, "+15005550100"), at(2, "+15005550100"))
		s.update(t, func(q db.Queries) error { return q.ExcludeFromLimits("2") })
		same(t, "to the address", outbox.Sent{Count: 2, Oldest: start}, s.sentTo(t, oncall.CodeMessage, "+15005550100", -time.Hour, 9))
		same(t, "near", 2, ask(t, s, func(q db.Queries) (outbox.Sent, error) {
			return q.SentToPrefix("+15005550100", within(-time.Hour), 9)
		}).Count)
		same(t, "in all", outbox.Sent{Count: 2, Oldest: start}, s.sentSince(t, -time.Hour))
		s.add(t, at(3, "+15005550100"))
		same(t, "in all, with another", outbox.Sent{Count: 3, Oldest: start}, s.sentSince(t, -time.Hour))
		s.update(t, func(q db.Queries) error { return q.ExcludeFromLimits("0") })
		same(t, "in all, without the first", outbox.Sent{Count: 2, Oldest: start.Add(time.Minute)}, s.sentSince(t, -time.Hour))
		same(t, "what is uncounted waits on", 4, len(s.claim(t, oncall.ActivationQueue, oncall.SMS, start.Add(time.Hour), 9)))
	}},
}

// within returns the window from since after start to the tenth minute.
func within(since time.Duration) oncall.Window {
	return oncall.Window{After: start.Add(since), Until: start.Add(10 * time.Minute)}
}

// counted is a message and the address under which limits count it.
type counted struct {
	oncall.Message
	canonical string
}

// at returns the message of the nth minute, with the id n.
func at(n int, canonical string) counted {
	m := message(fmt.Sprint(n), "one")
	m.CreatedAt = start.Add(time.Duration(n) * time.Minute)
	return counted{m, canonical}
}

func (s store) sentTo(t *testing.T, k oncall.MessageKind, canonical string, since time.Duration, limit int) outbox.Sent {
	t.Helper()
	return ask(t, s, func(q db.Queries) (outbox.Sent, error) { return q.SentTo(k, canonical, within(since), limit) })
}

func (s store) sentSince(t *testing.T, since time.Duration) outbox.Sent {
	t.Helper()
	return ask(t, s, func(q db.Queries) (outbox.Sent, error) {
		hour, _, err := q.SentSince(within(since), within(-time.Hour))
		return hour, err
	})
}
