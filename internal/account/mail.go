package account

import (
	"cmp"
	"context"
	"errors"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// MailedLinkTTL is how long a link is good that goes out by email: it waits in a
// mailbox that others may read later.
const MailedLinkTTL = time.Hour

// Mails reports whether links for users can go out by email.
func (a *Accounts) Mails() bool { return a.mails }

// linkFor makes a link for a user, and the message that takes it there when it is
// to go by email: then the token is in nobody's hands but theirs.
func (a *Accounts) linkFor(by oncall.Actor, u oncall.User, kind oncall.LinkKind, mail bool, keep time.Duration) (token string, l oncall.OneTimeLink, m oncall.Message) {
	now := a.Now()
	if mail {
		keep = MailedLinkTTL
	}
	token = oncall.NewToken()
	l = oncall.OneTimeLink{Key: oncall.TokenKey(token), Kind: kind, User: u.ID, EndsAt: now.Add(keep)}
	if mail {
		m = a.messageTo(u, oncall.InvitationMessage, keep, now)
		if kind == oncall.ForReset {
			m.Kind = oncall.ResetMessage
		}
		m.Content.Asked, m.Content.Token = by.Name, token
		token = ""
	}
	return token, l, m
}

// messageTo is an email for a user, to be sent while it is of use.
func (a *Accounts) messageTo(u oncall.User, kind oncall.MessageKind, keep time.Duration, now time.Time) oncall.Message {
	return oncall.Message{ID: a.NewID(), Queue: oncall.AccountQueue, Kind: kind, Type: oncall.Email, User: u.ID, State: oncall.MessageWaiting,
		DueAt: now, SetAt: now, EndsAt: now.Add(keep), CreatedAt: now, ForgetAt: now.Add(outbox.MessageTTL),
		Content: oncall.Content{To: u.Email, Name: u.Name, GoodFor: keep}}
}

// insertLink stores a link, and the message that takes it to the user, if there
// is one. The links before are dead, and no message takes them anywhere.
func (a *Accounts) insertLink(q Queries, l oncall.OneTimeLink, m oncall.Message) error {
	if err := q.InsertLink(l); err != nil {
		return err
	}
	if err := dropMail(q, l.User, oncall.LinkReplaced); err != nil || m.ID == "" {
		return err
	}
	return a.outbox.Post(q, m, "")
}

// maxWaiting is how many messages for one user are taken out of the outbox at once.
const maxWaiting = 20

// dropMail takes what waits for a user out of the outbox.
func dropMail(q Queries, user string, why oncall.MessageReason) error {
	waiting, err := q.MessagesFor(user, maxWaiting)
	if err != nil {
		return err
	}
	for _, m := range waiting {
		if err := outbox.Drop(q, m, why); err != nil {
			return err
		}
	}
	return nil
}

// MailResetLink sends a user an email with a link, valid MailedLinkTTL, by which
// the user sets another password. It fails as ResetLink does, and with Conflict:
// NoMail where no email can be sent.
func (a *Accounts) MailResetLink(ctx context.Context, by oncall.Actor, user string) error {
	_, err := a.resetLink(ctx, by, user, true)
	a.outbox.Nudge(err, oncall.AccountQueue, oncall.Email)
	return err
}

// How often a link may be asked for without signing in, for one account and from
// one network address, before the next one has to wait.
const (
	freeResetsPerAccount = 3
	freeResetsPerClient  = 20
)

// ForgotPassword sends a reset link to the user with this email address, if there
// is one who may sign in. Whether there is, nobody learns. It fails with Invalid
// for what is no email address, with Limited, and with Conflict: NoMail where no
// email can be sent.
func (a *Accounts) ForgotPassword(ctx context.Context, by oncall.Actor, email string) error {
	if err := a.PermitOn(ctx, by, oncall.SignIn, ""); err != nil {
		return err
	}
	if !a.mails {
		return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.NoMail, Message: "No email can be sent from here: ask an admin for a link."}
	}
	address, refusal := oncall.AddressInput{Type: oncall.Email, Text: email, Typed: true}.Parse()
	if refusal != nil {
		refusal.Field = oncall.FieldEmail
		return oncall.InvalidError(*refusal)
	}
	canonical := address.Canonical
	limits := []access.Limit{access.LimitOn("forgotten", canonical, freeResetsPerAccount), access.LimitOn("forgetful", access.Network(by.Client), freeResetsPerClient)}
	var refused error
	err := a.store.Update(ctx, func(q Queries) error {
		refused = nil
		wait, err := access.CountTry(q, limits, a.Now())
		if err != nil {
			return err
		}
		if wait > 0 {
			refused = &oncall.Error{Kind: oncall.Limited, RetryAfter: wait,
				Message: "A link was asked for a moment ago: look into the mailbox first. Another one can be asked for in " + access.InWords(wait) + "."}
			return nil
		}
		return a.mailForgotten(q, by, canonical)
	})
	a.outbox.Nudge(err, oncall.AccountQueue, oncall.Email)
	return cmp.Or(err, refused)
}

// maxResets is how many reset links strangers can have sent to one mailbox in a
// day.
const maxResets = 5

// mailForgotten mails a reset link to whoever has an email address, if that is a
// user who may sign in.
func (a *Accounts) mailForgotten(q Queries, by oncall.Actor, canonical string) error {
	u, err := q.UserByEmail(canonical)
	if err != nil || !u.DisabledAt.IsZero() || !u.HasCredentials() {
		return access.IgnoreMissing(err) // who was just invited has a link, which stays good
	}
	sent, err := q.SentTo(oncall.ResetMessage, canonical, oncall.LastWindow(a.Now(), 24*time.Hour), maxResets)
	if err != nil || sent.Count >= maxResets {
		return err
	}
	_, l, m := a.linkFor(oncall.Actor{}, u, oncall.ForReset, true, ResetTTL)
	if err := errors.Join(a.insertLink(q, l, oncall.Message{}), a.outbox.Post(q, m, canonical)); err != nil {
		return err
	}
	return a.RecordIfPossible(q, u.Actor(by), oncall.SignIn, oncall.Done, a.Scope().User(u.Email), oncall.AuditChange{Field: oncall.FieldPassword, After: "may be reset by a link that was mailed"})
}

// LastMail returns what became of the newest message for a user; the zero
// Message: there was none within the day.
func (a *Accounts) LastMail(ctx context.Context, by oncall.Actor, user string) (oncall.Message, error) {
	if err := a.PermitOn(ctx, by, oncall.ListUsers, ""); err != nil {
		return oncall.Message{}, err
	}
	var last oncall.Message
	err := a.store.View(ctx, func(q Queries) error {
		list, err := q.MessagesFor(user, 1)
		if len(list) > 0 {
			last = list[0]
		}
		return err
	})
	return last, err
}
