package account_test

import (
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

func mailing(o *oncalltest.Options) { o.Mails = true }

// mails returns the messages to users that wait to be sent.
func mails(t testing.TB, w *oncalltest.World) (list []oncall.Message) {
	t.Helper()
	for _, m := range w.WaitingMessages(t) {
		if m.Queue == oncall.AccountQueue {
			list = append(list, m)
		}
	}
	return list
}

func TestMailedInvitationWorksOnceWithinAnHour(t *testing.T) {
	w := oncalltest.New(t, mailing)
	u, token, err := w.InviteUser(t.Context(), oncalltest.Admin, account.NewUser{Email: "Ana@Example.org", Name: "Ana", Role: oncall.Manager, Mail: true})
	if err != nil || token != "" {
		t.Fatalf("got the token %q, %v, want none: only the user may get it", token, err)
	}
	m := mails(t, w)[0]
	link := m.Content.Token
	oncalltest.Same(t, "content", oncall.Content{To: "Ana@Example.org", Name: "Ana", Asked: "admin", Token: link, GoodFor: time.Hour}, m.Content)
	oncalltest.Same(t, "message", "invitation EMAIL "+u.ID, string(m.Kind)+" "+string(m.Type)+" "+m.User)
	w.Clock.Pass(time.Hour - time.Microsecond)
	if _, err := w.RedeemLink(t.Context(), oncalltest.Visitor, link, oncalltest.Password); err != nil {
		t.Fatal(err)
	}
	_, err = w.RedeemLink(t.Context(), oncalltest.Visitor, link, other)
	oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
}

func TestMailedLinkEndsAfterAnHour(t *testing.T) {
	w := oncalltest.New(t, mailing)
	u := oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	if err := w.MailResetLink(t.Context(), oncalltest.Admin, u.ID); err != nil {
		t.Fatal(err)
	}
	link := mails(t, w)[0].Content.Token
	d, err := w.LinkOf(t.Context(), link)
	if err != nil || d.Kind != oncall.ForReset || !d.EndsAt.Equal(w.Now().Add(time.Hour)) {
		t.Errorf("link: %+v, %v", d, err)
	}
	w.Clock.Pass(time.Hour)
	_, err = w.RedeemLink(t.Context(), oncalltest.Visitor, link, other)
	oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	claimed, err := w.ClaimMessages(t.Context(), oncall.AccountQueue, oncall.Email, 9, time.Minute)
	if err != nil || len(claimed) > 0 {
		t.Errorf("claimed too late: %+v, %v", claimed, err)
	}
	last, err := w.LastMail(t.Context(), oncalltest.Admin, u.ID)
	if err != nil || last.State != oncall.MessageFailed {
		t.Errorf("last mail: %+v, %v", last, err)
	}
}

func TestNewerLinkReplacesAWaitingMail(t *testing.T) {
	w := oncalltest.New(t, mailing)
	u := oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	for range 2 {
		if err := w.MailResetLink(t.Context(), oncalltest.Admin, u.ID); err != nil {
			t.Fatal(err)
		}
		oncalltest.Same(t, "mails that wait", 1, len(mails(t, w)))
	}
	if _, err := w.ResetLink(t.Context(), oncalltest.Admin, u.ID); err != nil { // not mailed
		t.Fatal(err)
	}
	oncalltest.Same(t, "mails that wait", 0, len(mails(t, w)))
}

func TestLinksAreReturnedIfNoEmailCanBeSent(t *testing.T) {
	w := oncalltest.New(t)
	u, token, err := w.InviteUser(t.Context(), oncalltest.Admin, account.NewUser{Email: "ana@example.org", Role: oncall.Viewer, Mail: true})
	if err != nil || token == "" {
		t.Errorf("invitation: %q, %v", token, err)
	}
	err = w.MailResetLink(t.Context(), oncalltest.Admin, u.ID)
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.NoMail, "No email can be sent: make a link and hand it over.")
	err = w.ForgotPassword(t.Context(), oncalltest.Visitor, "ana@example.org", "")
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.NoMail, "No email can be sent from here: ask an admin for a link.")
	oncalltest.Same(t, "mails", 0, len(mails(t, w)))
}

func TestForgotPasswordRevealsNoUsers(t *testing.T) {
	w := oncalltest.New(t, mailing)
	oncalltest.AddUser(t, w, "Ana@Example.org", oncall.Viewer)
	off := oncalltest.AddUser(t, w, "off@example.org", oncall.Viewer)
	yes := true
	if _, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: off.ID, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"ana@example.org", "off@example.org", "nobody@example.org"} {
		for n := range 5 {
			err := w.ForgotPassword(t.Context(), oncalltest.Visitor, email, "")
			switch {
			case n < 3 && err != nil:
				t.Errorf("%s, time %d: %v", email, n+1, err)
			case n >= 3:
				oncalltest.WantLimited(t, err, "", 2*time.Second, "A link was requested a moment ago: check your mailbox first. You can request another one in 2 seconds.")
			}
		}
	}
	waiting := mails(t, w)
	if len(waiting) != 1 || waiting[0].Content.To != "Ana@Example.org" || waiting[0].Kind != oncall.ResetMessage || waiting[0].Content.Asked != "" {
		t.Fatalf("mails: %+v", waiting)
	}
	err := w.ForgotPassword(t.Context(), oncalltest.Visitor, "no address", "")
	oncalltest.Same(t, "what is no address", oncall.Invalid, oncall.KindOf(err))
	oncalltest.Same(t, "field", oncall.FieldEmail, oncall.FieldErrors(err)[0].Field)
	if _, err := w.RedeemLink(t.Context(), oncalltest.Visitor, waiting[0].Content.Token, other); err != nil {
		t.Error(err)
	}
	oncalltest.SignIn(t, w, "ana@example.org", other)
}

func TestForgotPasswordIsLimitedByClient(t *testing.T) {
	w := oncalltest.New(t, mailing)
	for n := range 20 {
		if err := w.ForgotPassword(t.Context(), oncalltest.Visitor, string(rune('a'+n))+"@example.org", ""); err != nil {
			t.Fatalf("time %d: %v", n+1, err)
		}
	}
	err := w.Over(w.Store).ForgotPassword(t.Context(), oncalltest.Visitor, "z@example.org", "")
	oncalltest.Same(t, "kind", oncall.Limited, oncall.KindOf(err))
}

func TestDeliveryTestMessage(t *testing.T) {
	w := oncalltest.New(t)
	for of, to := range map[oncall.ChannelType][2]string{
		oncall.SMS: {"+1 500 555 0199", "+15005550199"}, oncall.Voice: {"+15005550199", "+15005550199"}, oncall.Email: {"Ana@Example.org", "Ana@Example.org"},
	} {
		id, err := w.SendTest(t.Context(), oncalltest.Admin, of, to[0])
		if err != nil {
			t.Fatal(err)
		}
		claimed, err := w.ClaimMessages(t.Context(), oncall.AccountQueue, of, 9, time.Minute)
		if err != nil || len(claimed) != 1 {
			t.Fatalf("claimed: %+v, %v", claimed, err)
		}
		oncalltest.Same(t, "content", oncall.Content{To: to[1], Asked: "admin"}, claimed[0].Content)
		oncalltest.RecordAttempt(t, w, claimed[0], oncall.Attempt{Provider: "P", Reference: "r"})
		m, receipts, err := w.SentTest(t.Context(), oncalltest.Admin, id)
		if err != nil || m.State != oncall.MessageSent || len(receipts) != 1 || receipts[0].Kind != oncall.ReceiptSent {
			t.Errorf("sent test: %+v, %+v, %v", m, receipts, err)
		}
	}
	last, err := w.LastMail(t.Context(), oncalltest.Admin, oncalltest.Admin.Principal)
	if err != nil || last != (oncall.Message{}) {
		t.Errorf("last mail: got the test message %+v, %v", last, err)
	}
	for of, to := range map[oncall.ChannelType]string{oncall.SMS: "ana@example.org", oncall.Email: "+15005550199", "FAX": "+15005550199", "": "x"} {
		if id, err := w.SendTest(t.Context(), oncalltest.Admin, of, to); oncall.KindOf(err) != oncall.Invalid || id != "" {
			t.Errorf("%s to %s: %q, %v", of, to, id, err)
		}
	}
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550142")
	for _, id := range []string{"", "none", w.CodeMessage(t, arn).ID} {
		_, _, err := w.SentTest(t.Context(), oncalltest.Admin, id)
		oncalltest.Same(t, "what is no test", oncall.NotFound, oncall.KindOf(err))
	}
	_, err = w.SendTest(t.Context(), oncalltest.Manager, oncall.SMS, "+15005550199")
	oncalltest.Same(t, "by a manager", oncall.Denied, oncall.KindOf(err))
}
