package account_test

import (
	"sync"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

func setUpLink(t testing.TB, w *oncalltest.World) string {
	t.Helper()
	token, err := w.NewSetUpLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func firstAdmin(token string) account.FirstAdmin {
	return account.FirstAdmin{Token: token, Email: "Ana@Example.org", Name: "Ana", Password: oncalltest.Password}
}

func TestSetUpCreatesASignedInAdmin(t *testing.T) {
	w := oncalltest.New(t)
	link := setUpLink(t, w)
	d, err := w.LinkOf(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "link", account.LinkDetail{Kind: oncall.ForSetUp, EndsAt: w.Now().Add(time.Hour)}, d)
	token, err := w.SetUp(t.Context(), oncalltest.Visitor, firstAdmin(link))
	if err != nil {
		t.Fatal(err)
	}
	by, session, err := w.Session(t.Context(), token, false)
	if err != nil {
		t.Fatal(err)
	}
	u := loadUser(t, w, by.Principal)
	oncalltest.Same(t, "actor", oncall.Actor{Door: oncall.Browser, Principal: u.ID, Name: "Ana@Example.org", Role: oncall.Admin}, by)
	oncalltest.Same(t, "way", oncall.ByLink, session.Method)
	oncalltest.Same(t, "user can keep the users", true, u.CanAdminister())
	oncalltest.Same(t, "trail", []string{"SetUp done Ana@Example.org user/Ana@Example.org"}, oncalltest.TrailLines(t, w))
	oncalltest.SignIn(t, w, "ana@example.ORG", oncalltest.Password)
}

func TestOnlyTheNewestSetUpLinkWorksOnceWithinAnHour(t *testing.T) {
	w := oncalltest.New(t)
	older, newer := setUpLink(t, w), setUpLink(t, w)
	w.Clock.Pass(time.Hour)
	for _, token := range []string{older, newer, "", "x"} {
		_, err := w.SetUp(t.Context(), oncalltest.Visitor, firstAdmin(token))
		oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
		_, err = w.LinkOf(t.Context(), token)
		oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	}
	newest := setUpLink(t, w)
	w.Clock.Pass(time.Hour - time.Microsecond)
	bad := firstAdmin(newest)
	bad.Email, bad.Password = "ana", "short"
	_, err := w.SetUp(t.Context(), oncalltest.Visitor, bad) // the link can still be used
	oncalltest.Same(t, "refusals", 2, len(oncall.FieldErrors(err)))
	if _, err := w.SetUp(t.Context(), oncalltest.Visitor, firstAdmin(newest)); err != nil {
		t.Fatal(err)
	}
	_, err = w.SetUp(t.Context(), oncalltest.Visitor, firstAdmin(newest))
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.SetUpDone, oncalltest.SaySetUp)
}

func TestSetUpIsRefusedIfThereIsAUser(t *testing.T) {
	w := oncalltest.New(t)
	link := setUpLink(t, w)
	oncalltest.Invite(t, w, "ana@example.org", oncall.Viewer)
	token, err := w.NewSetUpLink(t.Context())
	if token != "" || err != nil {
		t.Errorf("got a set-up link %q, %v, want none", token, err)
	}
	_, err = w.SetUp(t.Context(), oncalltest.Visitor, firstAdmin(link))
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.SetUpDone, oncalltest.SaySetUp)
	_, err = w.LinkOf(t.Context(), link)
	oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
}

func TestUserAddedDuringTheSetUpEndsIt(t *testing.T) {
	p := &passwords{}
	w := oncalltest.New(t, withPasswords(p))
	link := setUpLink(t, w)
	p.meanwhile = func() { oncalltest.Invite(t, w, "eve@example.org", oncall.Viewer) }
	_, err := w.SetUp(t.Context(), oncalltest.Visitor, firstAdmin(link))
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.SetUpDone, oncalltest.SaySetUp)
	users, err := w.Users(t.Context(), oncalltest.Admin)
	if err != nil || len(users) != 1 {
		t.Errorf("got users %+v, %v, want one", users, err)
	}
}

func TestConcurrentSetUpsCreateOneAdmin(t *testing.T) {
	w := oncalltest.New(t)
	link := setUpLink(t, w)
	var all sync.WaitGroup
	tokens := make([]string, 16)
	for n := range tokens {
		all.Go(func() {
			in := firstAdmin(link)
			in.Email = string(rune('a'+n)) + "@example.org"
			var err error
			tokens[n], err = w.SetUp(t.Context(), oncalltest.Visitor, in)
			if err != nil && oncall.ReasonOf(err) != oncall.SetUpDone {
				t.Errorf("got %v, want a session or SetUpDone", err)
			}
		})
	}
	all.Wait()
	won := 0
	for _, token := range tokens {
		if token != "" {
			won++
		}
	}
	users, err := w.Users(t.Context(), oncalltest.Admin)
	if err != nil || len(users) != 1 || won != 1 {
		t.Errorf("%d of %d won and made %+v, %v, want one", won, len(tokens), users, err)
	}
}

func TestLinksWorkOnlyForTheirKind(t *testing.T) {
	w := oncalltest.New(t)
	_, err := w.RedeemLink(t.Context(), oncalltest.Visitor, setUpLink(t, w), oncalltest.Password)
	oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	_, invitation := oncalltest.Invite(t, w, "ana@example.org", oncall.Viewer)
	_, err = w.SetUp(t.Context(), oncalltest.Visitor, firstAdmin(invitation))
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.SetUpDone, oncalltest.SaySetUp)
}
