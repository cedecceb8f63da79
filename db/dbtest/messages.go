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
)

var messageFacts = []fact{
	{"InsertMessageStoresAllOfIt", func(t *testing.T, s store) {
		full := oncall.Message{ID: "m", Queue: oncall.AccountQueue, Kind: oncall.InvitationMessage, Type: oncall.Email, Alias: "ana", Channel: "one",
			User: "u", State: oncall.MessageWaiting, Attempts: 1, DueAt: start.Add(time.Second), SetAt: start, EndsAt: start.Add(time.Minute), Provider: "SMTP",
			Reference: "r", Reason: oncall.ProviderFailed, FailureReason: "wait", CreatedAt: start, ForgetAt: start.Add(time.Hour),
			Content: oncall.Content{To: "Ana@Example.org", Name: "Ana \"Ω\"", Asked: "eve", Channel: "mail", Code: "012345", Token: "t", Mask: "a•••@example.org",
				GoodFor: time.Hour}}
		s.add(t, full)
		claimed := s.claim(t, oncall.AccountQueue, oncall.Email, start.Add(time.Second), 9)
		same(t, "content", full.Content, claimed[0].Content)
		full.Attempts, full.DueAt, full.SetAt, full.Content = 2, start.Add(time.Second+lease), start.Add(time.Second), oncall.Content{}
		same(t, "message without its content", full, s.message(t, "m"))
	}},
	{"MessageIsMissing", func(t *testing.T, s store) {
		s.add(t, message("m", "one"))
		s.view(t, func(q db.Queries) error {
			for _, id := range []string{"", "M", "m "} {
				if _, err := q.Message(id); !errors.Is(err, oncall.ErrMissing) {
					t.Errorf("Message(%q): got error %v, want %v", id, err, oncall.ErrMissing)
				}
			}
			return nil
		})
	}},
	{"ClaimedMessagesAreThoseThatWereDueFirst", func(t *testing.T, s store) {
		for n, id := range []string{"c", "a", "b"} {
			m := message(id, "one")
			m.DueAt = start.Add(time.Duration(n) * time.Minute)
			s.add(t, m)
		}
		voice, account, never := message("v", "one"), message("account", "one"), message("never", "one")
		voice.Type, account.Queue, never.DueAt = oncall.Voice, oncall.AccountQueue, time.Time{}
		s.add(t, voice, account, never)
		claim := func(at time.Duration, limit int) string {
			var ids []string
			for _, m := range s.claim(t, oncall.ActivationQueue, oncall.SMS, start.Add(at), limit) {
				ids = append(ids, fmt.Sprintf("%s%d", m.ID, m.Attempts))
			}
			return strings.Join(ids, " ")
		}
		same(t, "before any is due", "", claim(-time.Microsecond, 9))
		same(t, "one at a time", "c1", claim(time.Hour, 1))
		same(t, "the others, by id", "a1 b1", claim(time.Hour, 9))
		same(t, "within the lease", "", claim(time.Hour+lease-time.Microsecond, 9))
		same(t, "after the lease", "a2 b2", claim(time.Hour+lease, 2))
		same(t, "messages of another class and another type", "", claim(time.Hour+lease, 0))
	}},
	{"ClaimedMessageIsDueAgainWhenTheLeaseEnds", func(t *testing.T, s store) {
		s.add(t, message("m", "one"))
		claimed := s.claim(t, oncall.ActivationQueue, oncall.SMS, start, 9)
		want := message("m", "one")
		want.Attempts, want.DueAt = 1, start.Add(lease)
		same(t, "claimed", []oncall.Message{want}, claimed)
		want.Content = oncall.Content{}
		same(t, "stored", want, s.message(t, "m"))
		same(t, "due next", start.Add(lease), s.nextDue(t, oncall.ActivationQueue, oncall.SMS))
	}},
	{"NextDueIsThatOfAClassAndAType", func(t *testing.T, s store) {
		same(t, "without messages", time.Time{}, s.nextDue(t, oncall.ActivationQueue, oncall.SMS))
		late, early, never := message("a", "one"), message("b", "one"), message("c", "one")
		late.DueAt, early.DueAt, never.DueAt = start.Add(time.Hour), start.Add(time.Minute), time.Time{}
		s.add(t, late, early, never)
		same(t, "of three", start.Add(time.Minute), s.nextDue(t, oncall.ActivationQueue, oncall.SMS))
		same(t, "of another type", time.Time{}, s.nextDue(t, oncall.ActivationQueue, oncall.Voice))
		same(t, "of another class", time.Time{}, s.nextDue(t, oncall.AccountQueue, oncall.SMS))
	}},
	{"MessagesThatWaitMoveWithAClockThatIsSetBack", func(t *testing.T, s store) {
		hour := start.Add(time.Hour)
		for what, back := range map[string]oncall.SetBack{
			"at a start":                       {Now: start},
			"by an hour, long after the start": {Now: start, By: time.Hour, Since: start.Add(-2 * time.Minute)},
			"by an hour, soon after the start": {Now: start, By: time.Hour, Since: hour.Add(-time.Minute)},
		} {
			want := map[string]oncall.Message{}
			for n, set := range []time.Duration{-time.Hour, -2*time.Minute - 1000, -2 * time.Minute, 0, time.Microsecond, time.Minute, time.Minute + time.Microsecond, time.Hour} {
				m := message(fmt.Sprint(what, n), "one")
				m.SetAt = start.Add(set)
				m.DueAt, m.CreatedAt = m.SetAt.Add(time.Minute), start.Add(-time.Hour)
				s.add(t, m)
				m.SetAt, m.DueAt, m.Content = m.SetAt.Add(-back.Moves(m.SetAt)), m.DueAt.Add(-back.Moves(m.SetAt)), oncall.Content{}
				want[m.ID] = m
			}
			never := message(what+" never", "one")
			never.DueAt, never.SetAt, never.State = time.Time{}, hour, oncall.MessageSent
			s.add(t, never)
			never.Content = oncall.Content{}
			want[never.ID] = never
			s.update(t, func(q db.Queries) error {
				_, err := q.PullForward(back)
				return err
			})
			for id, m := range want {
				same(t, what, m, s.message(t, id))
				s.updateMessage(t, oncall.Message{ID: id, State: oncall.MessageSent}) // so that the next step pulls other messages forward
			}
		}
	}},
	{"UpdateMessageWritesWhatBecameOfIt", func(t *testing.T, s store) {
		s.add(t, message("m", "one"), message("other", "one"))
		change := oncall.Message{ID: "m", State: oncall.MessageWaiting, DueAt: start.Add(time.Minute), SetAt: start.Add(time.Second), Provider: "p", Reference: "r", Reason: oncall.ProviderFailed, FailureReason: "later"}
		s.updateMessage(t, change)
		want := message("m", "one")
		want.DueAt, want.SetAt, want.Provider, want.Reference, want.Reason, want.FailureReason = change.DueAt, change.SetAt, "p", "r", oncall.ProviderFailed, "later"
		waiting := want
		waiting.Content = oncall.Content{}
		same(t, "message that waits", waiting, s.message(t, "m"))
		claimed := s.claim(t, oncall.ActivationQueue, oncall.SMS, start.Add(time.Minute), 1) // the other one
		same(t, "the other one", "other", claimed[0].ID)
		claimed = s.claim(t, oncall.ActivationQueue, oncall.SMS, start.Add(time.Minute), 1)
		want.Attempts, want.DueAt, want.SetAt = 1, start.Add(time.Minute+lease), start.Add(time.Minute)
		same(t, "message that waits, with its content", []oncall.Message{want}, claimed)
	}},
	{"ContentOfAMessageThatDoesNotWaitIsGone", func(t *testing.T, s store) {
		for _, state := range []oncall.MessageState{oncall.MessageSent, oncall.MessageDelivered, oncall.MessageRead, oncall.MessageFailed, oncall.MessageDropped} {
			m := message(string(state), "one")
			m.Type = oncall.Voice
			s.add(t, m)
			s.updateMessage(t, oncall.Message{ID: m.ID, State: state})
			m.State, m.DueAt, m.Content = state, time.Time{}, oncall.Content{}
			same(t, "message", m, s.message(t, m.ID))
			s.updateMessage(t, oncall.Message{ID: m.ID, State: oncall.MessageWaiting, DueAt: start})
			s.sayNothing(t, oncall.Voice)
			s.updateMessage(t, oncall.Message{ID: m.ID, State: state})
		}
		refused := message("refused", "one")
		refused.State = oncall.MessageRefused
		s.add(t, refused)
		s.sayNothing(t, oncall.SMS)
	}},
	{"MessagesComeTheNewestFirst", func(t *testing.T, s store) {
		mine := message("3", "")
		mine.Alias, mine.User = "", "u"
		yours := message("4", "")
		yours.Alias, yours.User = "", "w"
		also := message("5", "one")
		also.User = "u"
		ben := message("7", "one")
		ben.Alias = "ben"
		s.add(t, message("2", "one"), message("1", "one"), mine, yours, also, message("6", "two"), ben)
		list := func(fn func(db.Queries) ([]oncall.Message, error)) (ids string) {
			for _, m := range ask(t, s, fn) {
				same(t, "content of "+m.ID, oncall.Content{}, m.Content)
				ids += m.ID
			}
			return ids
		}
		for want, of := range map[string]func(db.Queries) ([]oncall.Message, error){
			"521": func(q db.Queries) ([]oncall.Message, error) { return q.MessagesOf("ana", "one", 9) },
			"52":  func(q db.Queries) ([]oncall.Message, error) { return q.MessagesOf("ana", "one", 2) },
			"53":  func(q db.Queries) ([]oncall.Message, error) { return q.MessagesFor("u", 9) },
			"5":   func(q db.Queries) ([]oncall.Message, error) { return q.MessagesFor("u", 1) },
			"":    func(q db.Queries) ([]oncall.Message, error) { return q.MessagesFor("", 9) },
		} {
			same(t, "messages", want, list(of))
		}
	}},
	{"ForgetMessagesDropsWhatWaitsAndItsContent", func(t *testing.T, s store) {
		sent := message("sent", "one")
		s.add(t, message("waits", "one"), sent, message("other", "two"))
		s.updateMessage(t, oncall.Message{ID: "sent", State: oncall.MessageSent, Reference: "r"})
		s.update(t, func(q db.Queries) error { return q.ForgetMessages("ana", "one", start.Add(time.Hour)) })
		same(t, "claimed", "other", s.claim(t, oncall.ActivationQueue, oncall.SMS, start.Add(time.Hour), 9)[0].ID)
		for id, want := range map[string]oncall.MessageState{"waits": oncall.MessageDropped, "sent": oncall.MessageSent} {
			m := s.message(t, id)
			same(t, id, fmt.Sprint(want, " ", start.Add(time.Hour), " ", time.Time{}), fmt.Sprint(m.State, " ", m.ForgetAt, " ", m.DueAt))
		}
		s.updateMessage(t, oncall.Message{ID: "waits", State: oncall.MessageWaiting, DueAt: start})
		s.sayNothing(t, oncall.SMS)
	}},
	{"ReceiptsComeInTheOrderOfTheirComing", func(t *testing.T, s store) {
		s.add(t, message("m", "one"), message("other", "one"))
		var want []oncall.Receipt
		for n, kind := range []oncall.ReceiptKind{oncall.ReceiptError, oncall.ReceiptSent, oncall.ReceiptRead, oncall.ReceiptDelivered, oncall.ReceiptStop} {
			want = append(want, oncall.Receipt{Message: "m", Kind: kind, At: start.Add(-time.Duration(n) * time.Second), Provider: "p", Reference: "r", Detail: "says"})
		}
		s.update(t, func(q db.Queries) error {
			for _, r := range want {
				if err := q.InsertReceipt(r); err != nil {
					return err
				}
			}
			return q.InsertReceipt(oncall.Receipt{Message: "other", Kind: oncall.ReceiptSent, At: start})
		})
		same(t, "receipts", want, s.receipts(t, "m"))
		same(t, "receipts of none", []oncall.Receipt{}, s.receipts(t, "none"))
	}},
	{"ForgetRemovesMessagesWithTheirReceipts", func(t *testing.T, s store) {
		for n, id := range []string{"c", "a", "b", "stays"} {
			m := message(id, "one")
			if m.ForgetAt = start.Add(time.Duration(n) * time.Minute); id == "stays" {
				m.ForgetAt = time.Time{}
			}
			s.add(t, m)
			s.update(t, func(q db.Queries) error {
				return q.InsertReceipt(oncall.Receipt{Message: id, Kind: oncall.ReceiptSent, At: start})
			})
		}
		for _, c := range []struct {
			at    time.Duration
			limit int
			want  string
		}{{-time.Microsecond, 9, "a b c stays "}, {time.Minute, 1, "a b stays "}, {time.Minute, 9, "b stays "}, {time.Hour, 9, "stays "}} {
			s.update(t, func(q db.Queries) error { return q.DeleteExpired(start.Add(c.at), c.limit) })
			left, receipts := "", ""
			for _, id := range []string{"a", "b", "c", "stays"} {
				if s.message(t, id).ID != "" {
					left += id + " "
				}
				if len(s.receipts(t, id)) > 0 {
					receipts += id + " "
				}
			}
			same(t, fmt.Sprint("messages and those with receipts at ", c.at), []string{c.want, c.want}, []string{left, receipts})
		}
	}},
	{"NumberIsStoppedUntilItStarts", func(t *testing.T, s store) {
		stop := func(stop bool, at time.Time) bool {
			return ask(t, s, func(q db.Queries) (bool, error) { return q.Stop("+15005550100", stop, at) })
		}
		stopped := func(number string) time.Time {
			return ask(t, s, func(q db.Queries) (time.Time, error) { return q.Stopped(number) })
		}
		same(t, "start of one that was not stopped is new", false, stop(false, start))
		same(t, "stopped", time.Time{}, stopped("+15005550100"))
		same(t, "stop is new", true, stop(true, start))
		same(t, "stop again is new", false, stop(true, start.Add(time.Hour)))
		same(t, "stopped since the first time", start, stopped("+15005550100"))
		same(t, "another is stopped", time.Time{}, stopped("+15005550101"))
		same(t, "start is new", true, stop(false, start))
		same(t, "stopped", time.Time{}, stopped("+15005550100"))
	}},
	{"ReportIsHeardForTheFirstTimeUntilItIsForgotten", func(t *testing.T, s store) {
		hear := func(report string, ends time.Time) bool {
			return ask(t, s, func(q db.Queries) (bool, error) { return q.RememberCallback([]byte(report), ends) })
		}
		end := start.Add(time.Hour)
		same(t, "first time", []bool{true, true, false, false}, []bool{hear("one", end), hear("two", end.Add(1)), hear("one", end), hear("two", end)})
		s.update(t, func(q db.Queries) error { return q.DeleteExpired(end.Add(-time.Microsecond), 9) })
		same(t, "before its end", false, hear("one", end))
		s.update(t, func(q db.Queries) error { return q.DeleteExpired(end, 1) })
		same(t, "after it", []bool{true, false}, []bool{hear("one", end), hear("two", end)})
	}},
	{"ThereIsOneResend", func(t *testing.T, s store) {
		s.view(t, func(q db.Queries) error {
			if _, err := q.Resend(); !errors.Is(err, oncall.ErrMissing) {
				t.Errorf("Resend: got error %v, want %v", err, oncall.ErrMissing)
			}
			return nil
		})
		full := contacts.Resend{By: oncall.Actor{Door: oncall.Browser, Principal: "u", Name: "ana@example.org", Role: oncall.Manager},
			StartedAt: start, FinishedAt: start.Add(time.Minute), Total: 7, Seen: 6, Sent: 5, At: contacts.ChannelPlace{CreatedAt: start, Alias: "ana", ID: "one"}}
		begun := contacts.Resend{By: oncall.Actor{Door: oncall.API, Principal: "k", Name: "ci", Role: oncall.Admin}, StartedAt: start.Add(time.Hour)}
		for _, job := range []contacts.Resend{full, begun} {
			s.update(t, func(q db.Queries) error { return q.SetResend(job) })
			same(t, "job", job, ask(t, s, db.Queries.Resend))
		}
	}},
}

// lease is how long a claim is valid.
const lease = time.Minute

// message returns a message with a code for a channel of ana's. It is due from the start.
func message(id, channel string) oncall.Message {
	return oncall.Message{ID: id, Queue: oncall.ActivationQueue, Kind: oncall.CodeMessage, Type: oncall.SMS, Alias: "ana", Channel: channel,
		State: oncall.MessageWaiting, DueAt: start, SetAt: start, EndsAt: start.Add(time.Hour), CreatedAt: start,
		Content: oncall.Content{To: "+15005550100", Code: "123456"}}
}

func (s store) message(t *testing.T, id string) oncall.Message {
	t.Helper()
	return ask(t, s, func(q db.Queries) (oncall.Message, error) { return q.Message(id) })
}

func (s store) receipts(t *testing.T, message string) []oncall.Receipt {
	t.Helper()
	return ask(t, s, func(q db.Queries) ([]oncall.Receipt, error) { return q.Receipts(message) })
}

func (s store) updateMessage(t *testing.T, m oncall.Message) {
	t.Helper()
	s.update(t, func(q db.Queries) error { return q.UpdateMessage(m) })
}

func (s store) claim(t *testing.T, c oncall.Queue, of oncall.ChannelType, at time.Time, limit int) []oncall.Message {
	t.Helper()
	return ask(t, s, func(q db.Queries) ([]oncall.Message, error) {
		return q.ClaimMessages(c, of, at, at.Add(lease), limit)
	})
}

// sayNothing fails the test unless every due message comes without its content.
func (s store) sayNothing(t *testing.T, of oncall.ChannelType) {
	t.Helper()
	list := s.claim(t, oncall.ActivationQueue, of, start.Add(time.Hour), 9)
	if len(list) == 0 {
		t.Error("no message is due")
	}
	for _, m := range list {
		same(t, "content of "+m.ID, oncall.Content{}, m.Content)
	}
}

func (s store) nextDue(t *testing.T, c oncall.Queue, of oncall.ChannelType) time.Time {
	t.Helper()
	return ask(t, s, func(q db.Queries) (time.Time, error) { return q.NextDue(c, of) })
}
