package oncall

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// MailedLinkKeep is how long a link is good that goes out by email: it waits in a
// mailbox that others may read later.
const MailedLinkKeep = time.Hour

// Mails reports whether links for users can go out by email.
func (s *Service) Mails() bool { return s.mails }

// linkFor makes a link for a user, and the message that takes it there when it is
// to go by email: then the token is in nobody's hands but theirs.
func (s *Service) linkFor(by Actor, u User, kind LinkKind, mail bool, keep time.Duration) (token string, l OneTimeLink, m Message) {
	now := s.Now()
	if mail {
		keep = MailedLinkKeep
	}
	token = newToken()
	l = OneTimeLink{Key: keyOf(token), Kind: kind, User: u.ID, EndsAt: now.Add(keep)}
	if mail {
		m = s.messageTo(u, InvitationMessage, keep, now)
		if kind == ForReset {
			m.Kind = ResetMessage
		}
		m.Content.Asked, m.Content.Token = by.Name, token
		token = ""
	}
	return token, l, m
}

// messageTo is an email for a user, to be sent while it is of use.
func (s *Service) messageTo(u User, kind MessageKind, keep time.Duration, now time.Time) Message {
	return Message{ID: s.newID(), Class: AccountClass, Kind: kind, Type: Email, User: u.ID, State: MessageWaiting,
		DueAt: now, SetAt: now, EndsAt: now.Add(keep), CreatedAt: now, ForgetAt: now.Add(messageKeep),
		Content: Content{To: u.Email, Name: u.Name, GoodFor: keep}}
}

// insertLink stores a link, and the message that takes it to the user, if there
// is one. The links before are dead, and no message takes them anywhere.
func (s *Service) insertLink(q Queries, l OneTimeLink, m Message) error {
	if err := q.InsertLink(l); err != nil {
		return err
	}
	if err := dropMail(q, l.User, "a newer link has taken its place"); err != nil || m.ID == "" {
		return err
	}
	return s.post(q, m, "")
}

// dropMail takes what waits for a user out of the outbox.
func dropMail(q Queries, user, says string) error {
	waiting, err := q.MessagesFor(user, mostSent)
	if err != nil {
		return err
	}
	for _, m := range waiting {
		if err := drop(q, m, says); err != nil {
			return err
		}
	}
	return nil
}

// MailResetLink sends a user an email with a link, valid MailedLinkKeep, by which
// the user sets another password. It fails as ResetLink does, and with Conflict:
// NoMail where no email can be sent.
func (s *Service) MailResetLink(ctx context.Context, by Actor, user string) error {
	_, err := s.resetLink(ctx, by, user, true)
	s.nudge(err, AccountClass, Email)
	return err
}

// How often a link may be asked for without signing in, for one account and from
// one network address, before the next one has to wait.
const (
	freeForForgotten = 3
	freeForForgetful = 20
)

// ForgotPassword sends a reset link to the user with this email address, if there
// is one who may sign in. Whether there is, nobody learns. It fails with Invalid
// for what is no email address, with Limited, and with Conflict: NoMail where no
// email can be sent.
func (s *Service) ForgotPassword(ctx context.Context, by Actor, email string) error {
	if err := s.permit(ctx, by, SignIn, ""); err != nil {
		return err
	}
	if !s.mails {
		return &Error{Kind: Conflict, Reason: NoMail, Message: "No email can be sent from here: ask an admin for a link."}
	}
	address, refusal := entry{channel: Email, text: email, typed: true}.parse()
	if refusal != nil {
		refusal.Field = FieldEmail
		return invalid(*refusal)
	}
	canonical := address.Canonical
	limits := []limit{limitOn("forgotten", canonical, freeForForgotten), limitOn("forgetful", network(by.Client), freeForForgetful)}
	var refused error
	err := s.update(ctx, func(q Queries) error {
		refused = nil
		wait, err := countTry(q, limits, s.Now())
		if err != nil {
			return err
		}
		if wait > 0 {
			refused = &Error{Kind: Limited, RetryAfter: wait,
				Message: "A link was asked for a moment ago: look into the mailbox first. Another one can be asked for in " + inWords(wait) + "."}
			return nil
		}
		return s.mailForgotten(q, by, canonical)
	})
	s.nudge(err, AccountClass, Email)
	return cmp.Or(err, refused)
}

// mostResets is how many reset links strangers can have sent to one mailbox in a
// day.
const mostResets = 5

// mailForgotten mails a reset link to whoever has an email address, if that is a
// user who may sign in.
func (s *Service) mailForgotten(q Queries, by Actor, canonical string) error {
	u, err := q.UserByEmail(canonical)
	if err != nil || !u.DisabledAt.IsZero() || !u.cameIn() {
		return missingIsFine(err) // who was just invited has a link, which stays good
	}
	sent, err := q.SentTo(ResetMessage, canonical, LastWindow(s.Now(), 24*time.Hour), mostResets)
	if err != nil || sent.Count >= mostResets {
		return err
	}
	_, l, m := s.linkFor(Actor{}, u, ForReset, true, ResetKeep)
	if err := errors.Join(s.insertLink(q, l, Message{}), s.post(q, m, canonical)); err != nil {
		return err
	}
	return s.note(q, u.actor(by), SignIn, Done, s.scope.User(u.Email), AuditChange{Field: FieldPassword, After: "may be reset by a link that was mailed"})
}

// LastMail returns what became of the newest message for a user; the zero
// Message: there was none within the day.
func (s *Service) LastMail(ctx context.Context, by Actor, user string) (Message, error) {
	if err := s.permit(ctx, by, ListUsers, ""); err != nil {
		return Message{}, err
	}
	var last Message
	err := s.view(ctx, func(q Queries) error {
		list, err := q.MessagesFor(user, 1)
		if len(list) > 0 {
			last = list[0]
		}
		return err
	})
	return last, err
}

// SendTest sends a message that only shows that a deliverer works. It fails with
// Invalid for an address that no channel of this type could have, and with
// Limited: Quota.
func (s *Service) SendTest(ctx context.Context, by Actor, t ChannelType, to string) (id string, err error) {
	if err := s.permit(ctx, by, TestDelivery, ""); err != nil {
		return "", err
	}
	m, address, err := testMessage(s.rules.input(Browser, t, to, ""), by, s.newID(), s.Now())
	if err != nil {
		return "", err
	}
	err = s.update(ctx, func(q Queries) error {
		if err := s.testAllowed(q, t, address.Canonical, m.CreatedAt); err != nil {
			return err
		}
		if err := s.post(q, m, address.Canonical); err != nil {
			return err
		}
		return s.record(q, by, TestDelivery, "", change(FieldType, "", string(t)), change(FieldAddress, "", address.Masked()))
	})
	s.nudge(err, AccountClass, t)
	if err != nil {
		return "", err
	}
	return m.ID, nil
}

// mostTests is how many tests go to one address in a day.
const mostTests = 10

func (s *Service) testAllowed(q Queries, t ChannelType, canonical string, now time.Time) error {
	short, err := s.stopped(q, t, canonical)
	if err != nil {
		return err
	}
	sent, err := q.SentTo(TestMessage, canonical, LastWindow(now, day), mostTests)
	if err == nil && sent.Count >= mostTests {
		short = sent.short(strconv.Itoa(mostTests)+" a day to one address reached", day)
	}
	if err != nil || short == nil {
		return err
	}
	refused := short.refusal(now)
	refused.Message = "No test was sent: " + short.says + "."
	return refused
}

// testMessage is a message that only shows that it arrives. It fails with Invalid.
func testMessage(e entry, by Actor, id string, now time.Time) (Message, AddressCheck, error) {
	if fields := checkChannelType(e.channel); len(fields) > 0 {
		return Message{}, AddressCheck{}, invalid(fields...)
	}
	address, refusal := e.parse()
	if refusal != nil {
		return Message{}, AddressCheck{}, invalid(*refusal)
	}
	return Message{ID: id, Class: AccountClass, Kind: TestMessage, Type: e.channel, State: MessageWaiting,
		DueAt: now, SetAt: now, EndsAt: now.Add(CodeKeep), CreatedAt: now, ForgetAt: now.Add(messageKeep),
		Content: Content{To: address.Destination(), Asked: by.Name}}, address, nil
}

// NewTestMessage is the message that SendTest sends, for a command that sends it
// without a server. It fails with Invalid.
func NewTestMessage(t ChannelType, to string, by Actor) (Message, error) {
	m, _, err := testMessage(entry{channel: t, text: to, typed: true}, by, uuid.NewString(), time.Now().UTC())
	return m, err
}

// SentTest returns what became of a message of SendTest, by its id. It fails with
// NotFound.
func (s *Service) SentTest(ctx context.Context, by Actor, id string) (m Message, receipts []Receipt, err error) {
	if err := s.permit(ctx, by, TestDelivery, ""); err != nil {
		return m, nil, err
	}
	err = s.view(ctx, func(q Queries) (err error) {
		m, err = q.Message(id)
		if errors.Is(err, ErrMissing) || err == nil && m.Kind != TestMessage {
			return messageMissing()
		}
		if err != nil {
			return err
		}
		receipts, err = q.Receipts(id)
		return err
	})
	return m, receipts, err
}
