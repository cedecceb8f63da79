package account_test

import (
	"sync"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

const other = "another good password"

func TestInvitationSetsTheFirstPassword(t *testing.T) {
	w := oncalltest.New(t)
	u, link := oncalltest.Invite(t, w, "ana@example.org", oncall.Manager)
	oncalltest.Same(t, "has a password", false, u.HasPassword)
	d, err := w.LinkOf(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "link", account.LinkDetail{Kind: oncall.ForInvitation, User: u, EndsAt: w.Now().Add(7 * 24 * time.Hour)}, d)
	_, err = w.RedeemLink(t.Context(), oncalltest.Visitor, link, "short")
	oncalltest.Same(t, "refusals", []oncall.FieldError{{Field: oncall.FieldPassword, Reason: account.Weak, Message: "Use at least 12 characters."}}, oncall.FieldErrors(err))
	w.Clock.Pass(7*24*time.Hour - time.Microsecond)
	token, err := w.RedeemLink(t.Context(), oncalltest.Visitor, link, oncalltest.Password)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "signed in", "ana@example.org", signedIn(t, w, token))
	oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	oncalltest.Same(t, "trail", "RedeemLink done ana@example.org user/ana@example.org", oncalltest.TrailLines(t, w)[1])
}

func TestConcurrentRequestsRedeemALinkOnce(t *testing.T) {
	w := oncalltest.New(t)
	_, link := oncalltest.Invite(t, w, "ana@example.org", oncall.Manager)
	var all sync.WaitGroup
	errs := make([]error, 16)
	for n := range errs {
		all.Go(func() { _, errs[n] = w.RedeemLink(t.Context(), oncalltest.Visitor, link, oncalltest.Password) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	}
	oncalltest.Same(t, "redeemed", 1, won)
}

func TestDeadLinksGetTheSameAnswer(t *testing.T) {
	w := oncalltest.New(t)
	user := func(name string) (oncall.User, string) {
		return oncalltest.Invite(t, w, name+"@example.org", oncall.Viewer)
	}
	_, ended := user("ended")
	w.Clock.Pass(7 * 24 * time.Hour)
	_, used := user("used")
	if _, err := w.RedeemLink(t.Context(), oncalltest.Visitor, used, oncalltest.Password); err != nil {
		t.Fatal(err)
	}
	u, replaced := user("replaced")
	newest, err := w.ResetLink(t.Context(), oncalltest.Admin, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	off, disabled := user("disabled")
	yes := true
	if _, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: off.ID, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	gone, deleted := user("deleted")
	if err := w.DeleteUser(t.Context(), oncalltest.Admin, account.UserDeletion{User: gone.ID}); err != nil {
		t.Fatal(err)
	}
	for what, token := range map[string]string{"ended": ended, "used": used, "replaced": replaced, "disabled": disabled, "deleted": deleted, "none": "x", "empty": ""} {
		d, err1 := w.LinkOf(t.Context(), token)
		oncalltest.Same(t, "what it tells", account.LinkDetail{}, d)
		_, err2 := w.RedeemLink(t.Context(), oncalltest.Visitor, token, other)
		for _, err := range []error{err1, err2} {
			if oncall.KindOf(err) != oncall.NotFound || err.Error() != oncalltest.DeadLinkSentence {
				t.Errorf("%s: got %v, want %q", what, err, oncalltest.DeadLinkSentence)
			}
		}
	}
	w.Clock.Pass(24*time.Hour - time.Microsecond)
	if _, err := w.RedeemLink(t.Context(), oncalltest.Visitor, newest, oncalltest.Password); err != nil {
		t.Errorf("the newest link: %v", err)
	}
}

func TestResetEndsSessionsAndResetsTheLimit(t *testing.T) {
	w := oncalltest.New(t)
	u := oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	before := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	for range 5 {
		_, _ = w.SignIn(t.Context(), oncalltest.Visitor, account.Credentials{Email: "ana@example.org", Password: "wrong"})
	}
	link, err := w.ResetLink(t.Context(), oncalltest.Admin, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "signed in until it is redeemed", "ana@example.org", signedIn(t, w, before))
	token, err := w.RedeemLink(t.Context(), oncalltest.Visitor, link, other)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "sessions", []string{"", "ana@example.org"}, []string{signedIn(t, w, before), signedIn(t, w, token)})
	oncalltest.SignIn(t, w, "ana@example.org", other)
	_, err = w.SignIn(t.Context(), oncalltest.Visitor, account.Credentials{Email: "ana@example.org", Password: oncalltest.Password})
	oncalltest.WantRefusal(t, err, oncall.Denied, oncall.NoSignIn, oncalltest.NoSignInSentence)
}

func TestLinkOfAUserDisabledMeanwhileIsDead(t *testing.T) {
	p := &passwords{}
	w := oncalltest.New(t, withPasswords(p))
	u, link := oncalltest.Invite(t, w, "ana@example.org", oncall.Viewer)
	p.meanwhile = func() {
		yes := true
		if _, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: u.ID, Disabled: &yes}); err != nil {
			t.Error(err)
		}
	}
	_, err := w.RedeemLink(t.Context(), oncalltest.Visitor, link, oncalltest.Password)
	oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	oncalltest.Same(t, "has a password", false, loadUser(t, w, u.ID).HasPassword)
	_, err = w.ResetLink(t.Context(), oncalltest.Admin, u.ID)
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.Disabled, "This user is disabled: a link would lead nowhere. First enable the user.")
}
