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

// MailedLinkTTL is the lifetime of a link that is sent by email. It is short, because other
// people may read the mailbox later.
const MailedLinkTTL = time.Hour

// Mails reports whether links can be sent to users by email.
func (a *Accounts) Mails() bool { return a.mails }

// linkFor returns a new link for a user, and its token. If mail is set, it returns the
// message with the link instead of the token, so that only the user gets the token.
func (a *Accounts) linkFor(by oncall.Actor, u oncall.User, kind oncall.LinkKind, mail bool, ttl time.Duration) (token string, l oncall.OneTimeLink, m oncall.Message) {
	now := a.Now()
	if mail {
		ttl = MailedLinkTTL
	}
	token = oncall.NewToken()
	l = oncall.OneTimeLink{Key: oncall.TokenKey(token), Kind: kind, User: u.ID, EndsAt: now.Add(ttl)}
	if mail {
		m = a.messageTo(u, oncall.InvitationMessage, ttl, now)
		if kind == oncall.ForReset {
			m.Kind = oncall.ResetMessage
		}
		m.Content.Asked, m.Content.Token = by.Name, token
		token = ""
	}
	return token, l, m
}

// messageTo returns an email to a user that is sent within ttl.
func (a *Accounts) messageTo(u oncall.User, kind oncall.MessageKind, ttl time.Duration, now time.Time) oncall.Message {
	return oncall.Message{ID: a.NewID(), Queue: oncall.AccountQueue, Kind: kind, Type: oncall.Email, User: u.ID, State: oncall.MessageWaiting,
		DueAt: now, SetAt: now, EndsAt: now.Add(ttl), CreatedAt: now, ForgetAt: now.Add(outbox.MessageTTL),
		Content: oncall.Content{To: u.Email, Name: u.Name, GoodFor: ttl}}
}

// insertLink stores a link, and its message if it has one. It drops the waiting messages
// with the user's older links.
func (a *Accounts) insertLink(q Queries, l oncall.OneTimeLink, m oncall.Message) error {
	if err := q.InsertLink(l); err != nil {
		return err
	}
	if err := dropMail(q, l.User, oncall.LinkReplaced); err != nil || m.ID == "" {
		return err
	}
	return a.outbox.Post(q, m, "")
}

// maxWaiting is how many messages of one user are dropped.
const maxWaiting = 20

// dropMail removes the waiting messages of a user from the outbox.
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

// MailResetLink sends a user an email with a link to set a new password, valid for
// MailedLinkTTL. It fails as ResetLink does, and with Conflict: NoMail if no email can be
// sent.
func (a *Accounts) MailResetLink(ctx context.Context, by oncall.Actor, user string) error {
	_, err := a.resetLink(ctx, by, user, true)
	a.outbox.Nudge(err, oncall.AccountQueue, oncall.Email)
	return err
}

// The number of reset links that can be requested without a delay, for one account and from
// one network address.
const (
	freeResetsPerAccount = 3
	freeResetsPerClient  = 20
)

// ForgotPassword sends a reset link to the user with this email address, if that user may
// sign in. The result does not reveal whether there is such a user. The device is the token
// of RememberDevice that the browser has, or "": the requests of a known browser are counted
// apart from those of strangers. ForgotPassword fails with Invalid for a malformed address,
// with Limited, and with Conflict: NoMail if no email can be sent.
func (a *Accounts) ForgotPassword(ctx context.Context, by oncall.Actor, email, device string) error {
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
	var refused error
	now := a.Now()
	err := a.store.Update(ctx, func(q Queries) error {
		refused = nil
		u, err := q.UserByEmail(canonical)
		if access.IgnoreMissing(err) != nil {
			return err
		}
		known, err := knownDevice(q, device, u.ID, now)
		if err != nil {
			return err
		}
		wait, err := access.CountTry(q, resetLimits(canonical, by.Client, known), now)
		if err != nil {
			return err
		}
		if wait > 0 {
			refused = &oncall.Error{Kind: oncall.Limited, RetryAfter: wait,
				Message: "A link was requested a moment ago: check your mailbox first. You can request another one in " + access.InWords(wait) + "."}
			return nil
		}
		return a.mailForgotten(q, by, u, known != "")
	})
	a.outbox.Nudge(err, oncall.AccountQueue, oncall.Email)
	return cmp.Or(err, refused)
}

// resetLimits returns the limits on requests for a link, as access.SignInLimits does.
func resetLimits(account, client, device string) []access.Limit {
	if device != "" {
		return []access.Limit{access.LimitOn("forgotten by device", device, freeResetsPerAccount)}
	}
	return access.StrangerLimits("forgotten", account, client, freeResetsPerAccount, freeResetsPerClient)
}

// maxResets is how many reset links are sent to one mailbox in a day on request of browsers
// that have not signed in to the account. They do not keep the user's own browser from it.
const maxResets = 5

// mailForgotten mails a reset link to a user who may sign in. The zero User stands for a user
// who does not exist.
func (a *Accounts) mailForgotten(q Queries, by oncall.Actor, u oncall.User, known bool) error {
	if u.ID == "" || !u.DisabledAt.IsZero() || !u.HasCredentials() {
		return nil // an invited user's invitation stays valid
	}
	canonical := u.Canonical
	sent, err := q.SentTo(oncall.ResetMessage, canonical, oncall.LastWindow(a.Now(), 24*time.Hour), maxResets)
	if err != nil || sent.Count >= maxResets && !known {
		return err
	}
	_, l, m := a.linkFor(oncall.Actor{}, u, oncall.ForReset, true, ResetTTL)
	if err := errors.Join(a.insertLink(q, l, oncall.Message{}), a.outbox.Post(q, m, canonical)); err != nil {
		return err
	}
	return a.RecordIfPossible(q, u.Actor(by), oncall.SignIn, oncall.Done, a.Scope().User(u.Email), oncall.AuditChange{Field: oncall.FieldPassword, After: "may be reset by a link that was mailed"})
}

// LastMail returns the newest message for a user, or the zero Message if none is stored. It
// fails with Denied.
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
