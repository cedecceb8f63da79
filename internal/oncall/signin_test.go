package oncall_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

const sayNoSignIn = "This did not sign you in: check the email address and the password."

// try signs in with a wrong password and returns how long it says to wait.
func try(t testing.TB, w *oncalltest.World, by oncall.Actor, email string) time.Duration {
	t.Helper()
	_, err := w.SignIn(t.Context(), by, oncall.Credentials{Email: email, Password: "wrong password"})
	if oncall.KindOf(err) != oncall.Limited {
		refused(t, err, oncall.Denied, oncall.NoSignIn, sayNoSignIn)
	}
	return oncall.RetryAfterOf(err)
}

func TestEveryFailureIsTheSameAndComparesOnce(t *testing.T) {
	p := &oncalltest.CheapPasswords{}
	w := oncalltest.New(t, withPasswords(p))
	addUser(t, w, "ana@example.org", oncall.Viewer)
	invite(t, w, "invited@example.org", oncall.Viewer)
	off := addUser(t, w, "off@example.org", oncall.Viewer)
	yes := true
	if _, err := w.UpdateUser(t.Context(), admin, oncall.UserChange{User: off.ID, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	var first error
	for _, in := range []oncall.Credentials{
		{Email: "ana@example.org", Password: "wrong password"}, {Email: "ana@example.org"}, {Email: "nobody@example.org", Password: good},
		{Email: "invited@example.org", Password: good}, {Email: "invited@example.org"}, {Email: "off@example.org", Password: good},
		{Email: "off@example.org", Password: "wrong password"}, {Email: "no email", Password: good}, {Email: "", Password: good}, {},
		{Email: strings.Repeat("é", 1000), Password: good}, {Email: "\xff\x00", Password: good},
	} {
		before := p.Compared.Load()
		token, err := w.SignIn(t.Context(), visitor, in)
		if first == nil {
			first = err
			refused(t, err, oncall.Denied, oncall.NoSignIn, sayNoSignIn)
		}
		if diff := cmp.Diff(first, err); diff != "" || token != "" {
			t.Errorf("%+v: got token %q and another error: -want +got\n%s", in, token, diff)
		}
		if n := p.Compared.Load() - before; n != 1 {
			t.Errorf("%+v: compared %d times, want once", in, n)
		}
	}
	for _, line := range trail(t, w)[:12] {
		if !strings.HasPrefix(line, "SignIn refused  user/") {
			t.Errorf("trail: got %q, want a refused sign-in of nobody", line)
		}
	}
}

func TestSignInTakesTheEmailWithoutRegardToCase(t *testing.T) {
	w := oncalltest.New(t)
	u := addUser(t, w, "Ana@Example.org", oncall.Viewer)
	for _, email := range []string{"Ana@Example.org", "ANA@EXAMPLE.ORG", " ana@example.org\n"} {
		same(t, "signed in", "Ana@Example.org", signedIn(t, w, signIn(t, w, email, good)))
	}
	same(t, "time", w.Now(), loadUser(t, w, u.ID).SignedInAt)
	same(t, "trail", "SignIn done Ana@Example.org user/Ana@Example.org", trail(t, w)[0])
}

func TestAccountIsLimitedWithGrowingDelays(t *testing.T) {
	for _, email := range []string{"ana@example.org", "nobody@example.org", "no email"} {
		w := oncalltest.New(t)
		addUser(t, w, "ana@example.org", oncall.Viewer)
		by := func(n int) oncall.Actor { // from everywhere
			return oncall.Actor{Door: oncall.Browser, Client: fmt.Sprintf("203.0.113.%d", n)}
		}
		for n := range 5 {
			same(t, "delay of a free try", time.Duration(0), try(t, w, by(n), email))
		}
		for n, seconds := range []int{2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900} {
			delay := time.Duration(seconds) * time.Second
			same(t, "delay", delay, try(t, w, by(100+n), strings.ToUpper(email)))
			w.Clock.Pass(delay - time.Microsecond)
			same(t, "rest of the delay", time.Microsecond, try(t, w, by(150+n), email))
			w.Clock.Pass(time.Microsecond)
			same(t, "delay once it is over", time.Duration(0), try(t, w, by(200+n), email))
		}
	}
}

func TestLimitedSignInIsNotCompared(t *testing.T) {
	p := &oncalltest.CheapPasswords{}
	w := oncalltest.New(t, withPasswords(p))
	addUser(t, w, "ana@example.org", oncall.Viewer)
	for range 5 {
		try(t, w, visitor, "ana@example.org")
	}
	before := p.Compared.Load()
	_, err := w.SignIn(t.Context(), visitor, oncall.Credentials{Email: "ana@example.org", Password: good})
	refused(t, err, oncall.Limited, "", "There were too many failed attempts: try again in 2 seconds.")
	same(t, "comparisons", before, p.Compared.Load())
	w.Clock.Pass(2 * time.Second)
	signIn(t, w, "ana@example.org", good)
	for range 5 { // the success has cleared the account
		same(t, "delay", time.Duration(0), try(t, w, visitor, "ana@example.org"))
	}
}

func TestManyTriesAtOnceAreCountedBeforeTheyAreCompared(t *testing.T) {
	p := &oncalltest.CheapPasswords{}
	w := oncalltest.New(t, withPasswords(p))
	addUser(t, w, "ana@example.org", oncall.Viewer)
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() { try(t, w, visitor, "ana@example.org") })
	}
	all.Wait()
	same(t, "comparisons", int64(5), p.Compared.Load())
}

func TestAddressIsLimitedOverAllAccounts(t *testing.T) {
	w := oncalltest.New(t)
	addUser(t, w, "ana@example.org", oncall.Viewer)
	at := func(client string) oncall.Actor { return oncall.Actor{Door: oncall.Browser, Client: client} }
	for n := range 20 {
		same(t, "delay", time.Duration(0), try(t, w, at("2001:db8::1"), fmt.Sprintf("u%d@example.org", n)))
	}
	for client, want := range map[string]time.Duration{
		"2001:db8::1": 2 * time.Second, "2001:db8::ffff:1:1:1": 2 * time.Second, "2001:db8:0:1::1": 0, "192.0.2.1": 0, "": 0,
	} {
		same(t, "delay at "+client, want, try(t, w, at(client), "one-of-"+fmt.Sprint(len(client))+"@example.org"))
	}
	_, err := w.SignIn(t.Context(), at("2001:db8::2"), oncall.Credentials{Email: "ana@example.org", Password: good})
	same(t, "kind for a good password from there", oncall.Limited, oncall.KindOf(err))
	if _, err := w.SignIn(t.Context(), at("192.0.2.2"), oncall.Credentials{Email: "ana@example.org", Password: good}); err != nil {
		t.Errorf("a good password from elsewhere: %v", err)
	}
}

func TestSuccessDoesNotCountAgainstTheAddressNorClearIt(t *testing.T) {
	w := oncalltest.New(t)
	addUser(t, w, "ana@example.org", oncall.Viewer)
	for range 30 {
		signIn(t, w, "ana@example.org", good)
	}
	for n := range 20 {
		same(t, "delay", time.Duration(0), try(t, w, visitor, fmt.Sprintf("u%d@example.org", n)))
		if n < 19 {
			signIn(t, w, "ana@example.org", good)
		}
	}
	same(t, "delay after 20 failures among successes", 2*time.Second, try(t, w, visitor, "last@example.org"))
}

func TestFailuresLeakOneAnHour(t *testing.T) {
	w := oncalltest.New(t)
	for range 5 {
		try(t, w, visitor, "ana@example.org")
	}
	w.Clock.Pass(5 * time.Hour)
	for range 5 {
		same(t, "delay", time.Duration(0), try(t, w, visitor, "ana@example.org"))
	}
	same(t, "delay of the sixth", 2*time.Second, try(t, w, visitor, "ana@example.org"))
}

func TestWhatAnOfficeMistypesDoesNotAddUp(t *testing.T) {
	w := oncalltest.New(t)
	addUser(t, w, "ana@example.org", oncall.Manager)
	for range 40 {
		same(t, "delay after one failure a day", time.Duration(0), try(t, w, visitor, "ana@example.org"))
		for range 2 {
			signIn(t, w, "ana@example.org", good)
			w.Clock.Pass(12 * time.Hour)
		}
	}
}

func TestPasswordThatChangesDuringASignInCountsAsItIsThen(t *testing.T) {
	yes := true
	for what, change := range map[string]func(*oncalltest.World, oncall.User) error{
		"disabled": func(w *oncalltest.World, u oncall.User) error {
			_, err := w.UpdateUser(t.Context(), admin, oncall.UserChange{User: u.ID, Disabled: &yes})
			return err
		},
		"deleted": func(w *oncalltest.World, u oncall.User) error { return w.DeleteUser(t.Context(), admin, u.ID) },
		"reset": func(w *oncalltest.World, u oncall.User) error {
			link, err := w.ResetLink(t.Context(), admin, u.ID)
			if err == nil {
				_, err = w.RedeemLink(t.Context(), visitor, link, other)
			}
			return err
		},
	} {
		p := &passwords{}
		w := oncalltest.New(t, withPasswords(p))
		u := addUser(t, w, "ana@example.org", oncall.Viewer)
		p.meanwhile = func() {
			if err := change(w, u); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		token, err := w.SignIn(t.Context(), visitor, oncall.Credentials{Email: "ana@example.org", Password: good})
		if token != "" {
			t.Errorf("%s during the sign-in: got a session", what)
		}
		refused(t, err, oncall.Denied, oncall.NoSignIn, sayNoSignIn)
	}
}

func TestSignInAsNeedsAUserWhoIsEnabled(t *testing.T) {
	w := oncalltest.New(t)
	u := addUser(t, w, "ana@example.org", oncall.Viewer)
	old := signIn(t, w, "ana@example.org", good)
	token, err := w.SignInAs(t.Context(), visitor, u.ID, oncall.ByPasskey, old)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "sessions", []string{"", "ana@example.org"}, []string{signedIn(t, w, old), signedIn(t, w, token)})
	yes := true
	if _, err := w.UpdateUser(t.Context(), admin, oncall.UserChange{User: u.ID, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{u.ID, "nobody", ""} {
		token, err := w.SignInAs(t.Context(), visitor, id, oncall.ByPasskey, "")
		refused(t, err, oncall.Denied, oncall.NoSignIn, sayNoSignIn)
		same(t, "token", "", token)
	}
}
