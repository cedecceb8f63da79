package account_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

func TestFailedSignInsAreIndistinguishable(t *testing.T) {
	p := &oncalltest.CheapPasswords{}
	w := oncalltest.New(t, withPasswords(p))
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	oncalltest.Invite(t, w, "invited@example.org", oncall.Viewer)
	off := oncalltest.AddUser(t, w, "off@example.org", oncall.Viewer)
	yes := true
	if _, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: off.ID, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	var first error
	for _, in := range []account.Credentials{
		{Email: "ana@example.org", Password: "wrong password"}, {Email: "ana@example.org"}, {Email: "nobody@example.org", Password: oncalltest.Password},
		{Email: "invited@example.org", Password: oncalltest.Password}, {Email: "invited@example.org"}, {Email: "off@example.org", Password: oncalltest.Password},
		{Email: "off@example.org", Password: "wrong password"}, {Email: "no email", Password: oncalltest.Password}, {Email: "", Password: oncalltest.Password}, {},
		{Email: strings.Repeat("é", 1000), Password: oncalltest.Password}, {Email: "\xff\x00", Password: oncalltest.Password},
	} {
		before := p.Compared.Load()
		token, err := w.SignIn(t.Context(), oncalltest.Visitor, in)
		if first == nil {
			first = err
			oncalltest.WantRefusal(t, err, oncall.Denied, oncall.NoSignIn, oncalltest.NoSignInSentence)
		}
		if diff := cmp.Diff(first, err); diff != "" || token != "" {
			t.Errorf("%+v: got token %q and another error: -want +got\n%s", in, token, diff)
		}
		if n := p.Compared.Load() - before; n != 1 {
			t.Errorf("%+v: verified %d times, want once", in, n)
		}
	}
	for _, line := range oncalltest.TrailLines(t, w)[:12] {
		if !strings.HasPrefix(line, "SignIn refused  user/") {
			t.Errorf("trail: got %q, want a refused sign-in without a user", line)
		}
	}
}

func TestSignInIgnoresTheCaseOfTheEmail(t *testing.T) {
	w := oncalltest.New(t)
	u := oncalltest.AddUser(t, w, "Ana@Example.org", oncall.Viewer)
	for _, email := range []string{"Ana@Example.org", "ANA@EXAMPLE.ORG", " ana@example.org\n"} {
		oncalltest.Same(t, "signed in", "Ana@Example.org", signedIn(t, w, oncalltest.SignIn(t, w, email, oncalltest.Password)))
	}
	oncalltest.Same(t, "time", w.Now(), loadUser(t, w, u.ID).SignedInAt)
	oncalltest.Same(t, "trail", "SignIn done Ana@Example.org user/Ana@Example.org", oncalltest.TrailLines(t, w)[0])
}

func TestAccountIsLimitedWithGrowingDelays(t *testing.T) {
	for _, email := range []string{"ana@example.org", "nobody@example.org", "no email"} {
		w := oncalltest.New(t)
		oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
		// Each of them had a first try already, and then they are delayed together.
		by := func(n int) oncall.Actor { return from(fmt.Sprintf("203.0.113.%d", n%5)) }
		for n := range 5 {
			oncalltest.Same(t, "delay of a free try", time.Duration(0), oncalltest.WrongSignIn(t, w, by(n), email))
		}
		for n, seconds := range []int{2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900} {
			delay := time.Duration(seconds) * time.Second
			oncalltest.Same(t, "delay", delay, oncalltest.WrongSignIn(t, w, by(n), strings.ToUpper(email)))
			w.Clock.Pass(delay - time.Microsecond)
			oncalltest.Same(t, "rest of the delay", time.Microsecond, oncalltest.WrongSignIn(t, w, by(n+1), email))
			w.Clock.Pass(time.Microsecond)
			oncalltest.Same(t, "delay once it is over", time.Duration(0), oncalltest.WrongSignIn(t, w, by(n+2), email))
		}
	}
}

func TestLimitedSignInIsNotVerified(t *testing.T) {
	p := &oncalltest.CheapPasswords{}
	w := oncalltest.New(t, withPasswords(p))
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	for range 5 {
		oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ana@example.org")
	}
	before := p.Compared.Load()
	_, err := w.SignIn(t.Context(), oncalltest.Visitor, account.Credentials{Email: "ana@example.org", Password: oncalltest.Password})
	oncalltest.WantRefusal(t, err, oncall.Limited, "", "There were too many failed attempts: try again in 2 seconds.")
	oncalltest.Same(t, "comparisons", before, p.Compared.Load())
	w.Clock.Pass(2 * time.Second)
	oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	for range 5 { // the success has reset the count
		oncalltest.Same(t, "delay", time.Duration(0), oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ana@example.org"))
	}
}

func TestConcurrentSignInsAreCountedBeforeVerification(t *testing.T) {
	p := &oncalltest.CheapPasswords{}
	w := oncalltest.New(t, withPasswords(p))
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() { oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ana@example.org") })
	}
	all.Wait()
	oncalltest.Same(t, "comparisons", int64(5), p.Compared.Load())
}

func TestClientIsLimitedAcrossAccounts(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	at := func(client string) oncall.Actor { return oncall.Actor{Door: oncall.Browser, Client: client} }
	for n := range 20 {
		oncalltest.Same(t, "delay", time.Duration(0), oncalltest.WrongSignIn(t, w, at("2001:db8::1"), fmt.Sprintf("u%d@example.org", n)))
	}
	for client, want := range map[string]time.Duration{
		"2001:db8::1": 2 * time.Second, "2001:db8::ffff:1:1:1": 2 * time.Second, "2001:db8:0:1::1": 0, "192.0.2.1": 0, "": 0,
	} {
		oncalltest.Same(t, "delay at "+client, want, oncalltest.WrongSignIn(t, w, at(client), "one-of-"+fmt.Sprint(len(client))+"@example.org"))
	}
	_, err := w.SignIn(t.Context(), at("2001:db8::2"), account.Credentials{Email: "ana@example.org", Password: oncalltest.Password})
	oncalltest.Same(t, "kind for a good password from there", oncall.Limited, oncall.KindOf(err))
	if _, err := w.SignIn(t.Context(), at("192.0.2.2"), account.Credentials{Email: "ana@example.org", Password: oncalltest.Password}); err != nil {
		t.Errorf("the right password from another client: %v", err)
	}
}

func TestSuccessLeavesTheCountOfTheClient(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	for range 30 {
		oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	}
	for n := range 20 {
		oncalltest.Same(t, "delay", time.Duration(0), oncalltest.WrongSignIn(t, w, oncalltest.Visitor, fmt.Sprintf("u%d@example.org", n)))
		if n < 19 {
			oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
		}
	}
	oncalltest.Same(t, "delay after 20 failures among successes", 2*time.Second, oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "last@example.org"))
}

func TestCountOfFailuresDropsByOneAnHour(t *testing.T) {
	w := oncalltest.New(t)
	for range 5 {
		oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ana@example.org")
	}
	w.Clock.Pass(5 * time.Hour)
	for range 5 {
		oncalltest.Same(t, "delay", time.Duration(0), oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ana@example.org"))
	}
	oncalltest.Same(t, "delay of the sixth", 2*time.Second, oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ana@example.org"))
}

func TestTypingErrorsOfAnOfficeDoNotAddUp(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Manager)
	for range 40 {
		oncalltest.Same(t, "delay after one failure a day", time.Duration(0), oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ana@example.org"))
		for range 2 {
			oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
			w.Clock.Pass(12 * time.Hour)
		}
	}
}

func TestChangesDuringASignInApply(t *testing.T) {
	yes := true
	for what, change := range map[string]func(*oncalltest.World, oncall.User) error{
		"disabled": func(w *oncalltest.World, u oncall.User) error {
			_, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: u.ID, Disabled: &yes})
			return err
		},
		"deleted": func(w *oncalltest.World, u oncall.User) error {
			return w.DeleteUser(t.Context(), oncalltest.Admin, account.UserDeletion{User: u.ID})
		},
		"reset": func(w *oncalltest.World, u oncall.User) error {
			link, err := w.ResetLink(t.Context(), oncalltest.Admin, u.ID)
			if err == nil {
				_, err = w.RedeemLink(t.Context(), oncalltest.Visitor, link, other)
			}
			return err
		},
	} {
		p := &passwords{}
		w := oncalltest.New(t, withPasswords(p))
		u := oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
		p.meanwhile = func() {
			if err := change(w, u); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		token, err := w.SignIn(t.Context(), oncalltest.Visitor, account.Credentials{Email: "ana@example.org", Password: oncalltest.Password})
		if token != "" {
			t.Errorf("%s during the sign-in: got a session", what)
		}
		oncalltest.WantRefusal(t, err, oncall.Denied, oncall.NoSignIn, oncalltest.NoSignInSentence)
	}
}

func TestSignInAsNeedsAnEnabledUser(t *testing.T) {
	w := oncalltest.New(t)
	u := oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	old := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	token, err := w.SignInAs(t.Context(), oncalltest.Visitor, u.ID, oncall.ByPasskey, old)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "sessions", []string{"", "ana@example.org"}, []string{signedIn(t, w, old), signedIn(t, w, token)})
	yes := true
	if _, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: u.ID, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{u.ID, "nobody", ""} {
		token, err := w.SignInAs(t.Context(), oncalltest.Visitor, id, oncall.ByPasskey, "")
		oncalltest.WantRefusal(t, err, oncall.Denied, oncall.NoSignIn, oncalltest.NoSignInSentence)
		oncalltest.Same(t, "token", "", token)
	}
}
