package oncall_test

import (
	"sync"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

const (
	sayDeadLink = "This link is no longer good: ask for a new one."
	saySetUp    = "Callbook is set up already: sign in, or ask an admin for an invitation."
)

func setUpLink(t testing.TB, w *oncalltest.World) string {
	t.Helper()
	token, err := w.NewSetUpLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func firstAdmin(token string) oncall.FirstAdmin {
	return oncall.FirstAdmin{Token: token, Email: "Ana@Example.org", Name: "Ana", Password: good}
}

func TestSetUpMakesAnAdminWhoIsSignedIn(t *testing.T) {
	w := oncalltest.New(t)
	link := setUpLink(t, w)
	d, err := w.LinkOf(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "link", oncall.LinkDetail{Kind: oncall.ForSetUp, EndsAt: w.Now().Add(time.Hour)}, d)
	token, err := w.SetUp(t.Context(), visitor, firstAdmin(link))
	if err != nil {
		t.Fatal(err)
	}
	by, session, err := w.Session(t.Context(), token, false)
	if err != nil {
		t.Fatal(err)
	}
	u := loadUser(t, w, by.Principal)
	same(t, "actor", oncall.Actor{Door: oncall.Browser, Principal: u.ID, Name: "Ana@Example.org", Role: oncall.Admin}, by)
	same(t, "way", oncall.ByLink, session.How)
	same(t, "user can keep the users", true, u.Keeper())
	same(t, "trail", []string{"SetUp done Ana@Example.org user/Ana@Example.org"}, trail(t, w))
	signIn(t, w, "ana@example.ORG", good)
}

func TestSetUpLinkIsGoodOnceForAnHourAndOnlyTheNewest(t *testing.T) {
	w := oncalltest.New(t)
	older, newer := setUpLink(t, w), setUpLink(t, w)
	w.Clock.Pass(time.Hour)
	for _, token := range []string{older, newer, "", "x"} {
		_, err := w.SetUp(t.Context(), visitor, firstAdmin(token))
		refused(t, err, oncall.NotFound, oncall.DeadLink, sayDeadLink)
		_, err = w.LinkOf(t.Context(), token)
		refused(t, err, oncall.NotFound, oncall.DeadLink, sayDeadLink)
	}
	newest := setUpLink(t, w)
	w.Clock.Pass(time.Hour - time.Microsecond)
	bad := firstAdmin(newest)
	bad.Email, bad.Password = "ana", "short"
	_, err := w.SetUp(t.Context(), visitor, bad) // which does not use the link up
	same(t, "refusals", 2, len(oncall.FieldErrors(err)))
	if _, err := w.SetUp(t.Context(), visitor, firstAdmin(newest)); err != nil {
		t.Fatal(err)
	}
	_, err = w.SetUp(t.Context(), visitor, firstAdmin(newest))
	refused(t, err, oncall.Conflict, oncall.SetUpDone, saySetUp)
}

func TestThereIsNothingToSetUpOnceThereIsAUser(t *testing.T) {
	w := oncalltest.New(t)
	link := setUpLink(t, w)
	invite(t, w, "ana@example.org", oncall.Viewer)
	token, err := w.NewSetUpLink(t.Context())
	if token != "" || err != nil {
		t.Errorf("got a set-up link %q, %v, want none", token, err)
	}
	_, err = w.SetUp(t.Context(), visitor, firstAdmin(link))
	refused(t, err, oncall.Conflict, oncall.SetUpDone, saySetUp)
	_, err = w.LinkOf(t.Context(), link)
	refused(t, err, oncall.NotFound, oncall.DeadLink, sayDeadLink)
}

func TestUserWhoIsAddedDuringTheSetUpEndsIt(t *testing.T) {
	p := &passwords{}
	w := oncalltest.New(t, withPasswords(p))
	link := setUpLink(t, w)
	p.meanwhile = func() { invite(t, w, "eve@example.org", oncall.Viewer) }
	_, err := w.SetUp(t.Context(), visitor, firstAdmin(link))
	refused(t, err, oncall.Conflict, oncall.SetUpDone, saySetUp)
	users, err := w.Users(t.Context(), admin)
	if err != nil || len(users) != 1 {
		t.Errorf("got users %+v, %v, want one", users, err)
	}
}

func TestOneOfManySetUpsAtOnceWins(t *testing.T) {
	w := oncalltest.New(t)
	link := setUpLink(t, w)
	var all sync.WaitGroup
	tokens := make([]string, 16)
	for n := range tokens {
		all.Go(func() {
			in := firstAdmin(link)
			in.Email = string(rune('a'+n)) + "@example.org"
			var err error
			tokens[n], err = w.SetUp(t.Context(), visitor, in)
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
	users, err := w.Users(t.Context(), admin)
	if err != nil || len(users) != 1 || won != 1 {
		t.Errorf("%d of %d won and made %+v, %v, want one", won, len(tokens), users, err)
	}
}

func TestLinksOfOneKindDoNotServeTheOther(t *testing.T) {
	w := oncalltest.New(t)
	_, err := w.RedeemLink(t.Context(), visitor, setUpLink(t, w), good)
	refused(t, err, oncall.NotFound, oncall.DeadLink, sayDeadLink)
	_, invitation := invite(t, w, "ana@example.org", oncall.Viewer)
	_, err = w.SetUp(t.Context(), visitor, firstAdmin(invitation))
	refused(t, err, oncall.Conflict, oncall.SetUpDone, saySetUp)
}
