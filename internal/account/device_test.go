package account_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/db/sqlite"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

// from is somebody who is not signed in at an address.
func from(client string) oncall.Actor { return oncall.Actor{Door: oncall.Browser, Client: client} }

// attempt signs in to ana's account and returns how the attempt ended: "in", "wrong", or how
// long it has to wait.
func attempt(t testing.TB, w *oncalltest.World, client, device, password string) string {
	t.Helper()
	_, err := w.SignIn(t.Context(), from(client), account.Credentials{Email: "ana@example.org", Password: password, Device: device})
	switch {
	case err == nil:
		return "in"
	case oncall.KindOf(err) == oncall.Limited:
		return oncall.RetryAfterOf(err).String()
	}
	oncalltest.WantRefusal(t, err, oncall.Denied, oncall.NoSignIn, oncalltest.NoSignInSentence)
	return "wrong"
}

// guesses counts which of n wrong attempts are compared with the password.
func guesses(t testing.TB, w *oncalltest.World, n int, client func(int) string) (compared int) {
	t.Helper()
	for i := range n {
		if attempt(t, w, client(i), "", "wrong password") == "wrong" {
			compared++
		}
	}
	return compared
}

// deviceOf signs ana in and returns the token of the browser.
func deviceOf(t testing.TB, w *oncalltest.World, email, before string) string {
	t.Helper()
	device, err := w.RememberDevice(t.Context(), oncalltest.SignIn(t, w, email, oncalltest.Password), before)
	if err != nil {
		t.Fatal(err)
	}
	return device
}

// attackers are addresses from which strangers try 200 times.
var attackers = map[string]func(int) string{
	"one address":         func(int) string { return "198.51.100.7" },
	"a /24":               func(n int) string { return fmt.Sprintf("198.51.100.%d", n) },
	"a /64":               func(n int) string { return fmt.Sprintf("2001:db8::%x", n) },
	"a /56":               func(n int) string { return fmt.Sprintf("2001:db8:0:%x::1", n) },
	"a mapped address":    func(int) string { return "::ffff:198.51.100.7" },
	"mapped addresses":    func(n int) string { return fmt.Sprintf("::ffff:198.51.100.%d", n) },
	"an address and zone": func(n int) string { return fmt.Sprintf("fe80::1%%eth%d", n) },
	"no address":          func(int) string { return "" },
	"a name":              func(int) string { return "unix" },
}

func TestStrangersDoNotKeepAUserOut(t *testing.T) {
	for name, client := range attackers {
		t.Run(name, func(t *testing.T) {
			w := oncalltest.New(t)
			oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
			device := deviceOf(t, w, "ana@example.org", "")
			if n := guesses(t, w, 200, client); n > 12 {
				t.Errorf("%d of 200 guesses were compared at once, want 12 at most", n)
			}
			oncalltest.Same(t, "from the known browser", "in", attempt(t, w, client(0), device, oncalltest.Password))
			oncalltest.Same(t, "from the known browser elsewhere", "in", attempt(t, w, "192.0.2.1", device, oncalltest.Password))
			oncalltest.Same(t, "from a network without failures", "in", attempt(t, w, "203.0.113.9", "", oncalltest.Password))
			oncalltest.Same(t, "from an IPv6 network without failures", "in", attempt(t, w, "2001:db8:ffff::1", "", oncalltest.Password))
		})
	}
}

func TestNeighbourOfOneAttackerGetsAFirstTry(t *testing.T) {
	for attacker, owner := range map[string]string{"127.0.0.1": "127.0.0.2", "198.51.100.7": "198.51.100.8", "2001:db8:0:1::1": "2001:db8:0:2::1"} {
		w := oncalltest.New(t)
		oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
		guesses(t, w, 200, func(int) string { return attacker })
		oncalltest.Same(t, "the first try from "+owner, "in", attempt(t, w, owner, "", oncalltest.Password))
	}
}

func TestMistypedFirstTryWaitsForItsOwnNetworkOnly(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	poll := func() { guesses(t, w, 5, attackers["one address"]) }
	for range 60 { // until every delay is the longest
		poll()
		w.Clock.Pass(15 * time.Minute)
	}
	oncalltest.Same(t, "first try", "wrong", attempt(t, w, "203.0.113.9", "", "mistyped password"))
	for range 14 {
		w.Clock.Pass(time.Minute)
		poll()
	}
	oncalltest.Same(t, "before the time that was said", "1m0s", attempt(t, w, "203.0.113.9", "", oncalltest.Password))
	w.Clock.Pass(time.Minute)
	poll()
	oncalltest.Same(t, "at the time that was said", "in", attempt(t, w, "203.0.113.9", "", oncalltest.Password))
}

// The docs state this bound: see sign-in.md.
func TestGuessesAreBoundedForAnAccount(t *testing.T) {
	for _, networks := range []int{1, 2, 12} {
		w := oncalltest.New(t)
		oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
		var hours [3]int
		for second := 0; second < 3*3600; second += 30 {
			hours[second/3600] += guesses(t, w, networks, func(n int) string { return fmt.Sprintf("198.18.%d.%d", n, second%250) })
			w.Clock.Pass(30 * time.Second)
		}
		for hour, n := range hours {
			most := 14 + 12*networks
			if hour > 0 {
				most = 5 * networks
			}
			if n > most {
				t.Errorf("%d networks: %d guesses in hour %d, want %d at most", networks, n, hour+1, most)
			}
		}
		t.Logf("%d networks: %v guesses", networks, hours)
	}
}

func TestDeviceHasALimitOfItsOwn(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	one, two := deviceOf(t, w, "ana@example.org", ""), deviceOf(t, w, "ana@example.org", "")
	for range 5 {
		oncalltest.Same(t, "free try", "wrong", attempt(t, w, "198.51.100.7", one, "wrong password"))
	}
	oncalltest.Same(t, "the right password then", "2s", attempt(t, w, "198.51.100.7", one, oncalltest.Password))
	oncalltest.Same(t, "from another network too", "2s", attempt(t, w, "203.0.113.9", one, oncalltest.Password))
	oncalltest.Same(t, "the other device", "in", attempt(t, w, "198.51.100.7", two, oncalltest.Password))
	oncalltest.Same(t, "a stranger", "in", attempt(t, w, "198.51.100.7", "", oncalltest.Password))
	w.Clock.Pass(2 * time.Second)
	oncalltest.Same(t, "after the delay", "in", attempt(t, w, "198.51.100.7", one, oncalltest.Password))
	oncalltest.Same(t, "a failure after the success", "wrong", attempt(t, w, "198.51.100.7", one, "wrong password"))
	oncalltest.Same(t, "the next one", "wrong", attempt(t, w, "198.51.100.7", one, "wrong password"))
}

func TestDeviceIsKnownToItsAccountsOnly(t *testing.T) {
	yes := true
	for what, spoil := range map[string]func(t *testing.T, w *oncalltest.World, device string) string{
		"forged": func(_ *testing.T, _ *oncalltest.World, device string) string {
			return string(device[0]^1) + device[1:]
		},
		"cut":          func(_ *testing.T, _ *oncalltest.World, device string) string { return device[:20] },
		"with a space": func(_ *testing.T, _ *oncalltest.World, device string) string { return device + " " },
		"made up":      func(*testing.T, *oncalltest.World, string) string { return oncall.NewToken() },
		"the token of a session": func(t *testing.T, w *oncalltest.World, _ string) string {
			return oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
		},
		"another user's": func(t *testing.T, w *oncalltest.World, _ string) string { return deviceOf(t, w, "eve@example.org", "") },
		"replaced": func(t *testing.T, w *oncalltest.World, device string) string {
			deviceOf(t, w, "eve@example.org", device)
			return device
		},
		"half a year old": func(_ *testing.T, w *oncalltest.World, device string) string {
			w.Clock.Pass(oncall.DeviceTTL)
			return device
		},
		"forgotten by a new password": func(t *testing.T, w *oncalltest.World, device string) string {
			session := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
			by, _, err := w.Session(t.Context(), session, false)
			if err == nil {
				err = w.ChangePassword(t.Context(), by, account.PasswordChange{Current: oncalltest.Password, New: other, Session: session})
			}
			if err != nil {
				t.Fatal(err)
			}
			return device
		},
		"forgotten by a reset": func(t *testing.T, w *oncalltest.World, device string) string {
			u, err := w.Users(t.Context(), oncalltest.Admin)
			if err != nil {
				t.Fatal(err)
			}
			link, err := w.ResetLink(t.Context(), oncalltest.Admin, u[0].ID)
			if err == nil {
				_, err = w.RedeemLink(t.Context(), oncalltest.Visitor, link, oncalltest.Password)
			}
			if err != nil {
				t.Fatal(err)
			}
			return device
		},
		"forgotten by signing out everywhere": func(t *testing.T, w *oncalltest.World, device string) string {
			by, _, err := w.Session(t.Context(), oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password), false)
			if err == nil {
				err = w.SignOutEverywhere(t.Context(), by)
			}
			if err != nil {
				t.Fatal(err)
			}
			return device
		},
		"forgotten while the user was disabled": func(t *testing.T, w *oncalltest.World, device string) string {
			no := false
			u, err := w.Users(t.Context(), oncalltest.Admin)
			if err != nil {
				t.Fatal(err)
			}
			for _, disabled := range []*bool{&yes, &no} {
				if _, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: u[0].ID, Disabled: disabled}); err != nil {
					t.Fatal(err)
				}
			}
			return device
		},
		"pushed out by twenty others": func(t *testing.T, w *oncalltest.World, device string) string {
			for range oncall.MaxDevices {
				w.Clock.Pass(time.Minute)
				deviceOf(t, w, "ana@example.org", "")
			}
			return device
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := oncalltest.New(t)
			oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
			oncalltest.AddUser(t, w, "eve@example.org", oncall.Viewer)
			device := spoil(t, w, deviceOf(t, w, "ana@example.org", ""))
			guesses(t, w, 20, attackers["one address"])
			if got := attempt(t, w, "198.51.100.7", device, oncalltest.Password); got == "in" || got == "wrong" {
				t.Errorf("a device that is not known any more: got %q, want the delay of strangers", got)
			}
		})
	}
}

func TestBrowserOfTwoPeopleIsKnownToBoth(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	oncalltest.AddUser(t, w, "eve@example.org", oncall.Viewer)
	device := deviceOf(t, w, "ana@example.org", "")
	guesses(t, w, 20, attackers["one address"])
	for range 5 {
		oncalltest.Same(t, "a free guess of eve's", "wrong", attempt(t, w, "198.51.100.7", device, "wrong password"))
	}
	device = deviceOf(t, w, "eve@example.org", device) // her own sign-in does not give her more guesses
	oncalltest.Same(t, "one more", "2s", attempt(t, w, "198.51.100.7", device, "wrong password"))
	w.Clock.Pass(2 * time.Second)
	oncalltest.Same(t, "ana", "in", attempt(t, w, "198.51.100.7", device, oncalltest.Password))
}

// reopened is the same world after a restart.
func reopened(t *testing.T, w *oncalltest.World) *oncalltest.World {
	t.Helper()
	store, err := sqlite.Open(t.Context(), w.Path, sqlite.Options{Scope: oncalltest.Scope})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w.Over(store)
}

func TestLimitsHoldAcrossARestart(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	device, free := deviceOf(t, w, "ana@example.org", ""), deviceOf(t, w, "ana@example.org", "")
	guesses(t, w, 20, attackers["one address"])
	for range 5 {
		attempt(t, w, "198.51.100.7", device, "wrong password")
	}
	w = reopened(t, w)
	oncalltest.Same(t, "a stranger", "2s", attempt(t, w, "198.51.100.7", "", oncalltest.Password))
	oncalltest.Same(t, "a delayed device", "2s", attempt(t, w, "203.0.113.9", device, oncalltest.Password))
	oncalltest.Same(t, "another device", "in", attempt(t, w, "198.51.100.7", free, oncalltest.Password))
	oncalltest.Same(t, "a first try", "in", attempt(t, w, "203.0.113.9", "", oncalltest.Password))
}

func TestClockThatIsSetBackDelaysNobody(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	w.Clock.Pass(30 * 24 * time.Hour) // ahead
	device := deviceOf(t, w, "ana@example.org", "")
	guesses(t, w, 20, attackers["one address"])
	for range 6 {
		attempt(t, w, "198.51.100.7", device, "wrong password")
	}
	w.Clock.Pass(-30 * 24 * time.Hour)
	oncalltest.Same(t, "a stranger", "wrong", attempt(t, w, "198.51.100.7", "", "wrong password"))
	oncalltest.Same(t, "the device, which stays known", "in", attempt(t, w, "198.51.100.7", device, oncalltest.Password))
	if n := guesses(t, w, 200, attackers["one address"]); n > 5 {
		t.Errorf("%d of 200 guesses were compared after the clock was set back, want 5 at most", n)
	}
}

// busyPasswords compare nothing while they are busy.
type busyPasswords struct {
	oncalltest.CheapPasswords
	busy error
}

func (p *busyPasswords) Verify(ctx context.Context, hashed, text string) (bool, error) {
	if p.busy != nil {
		return false, p.busy
	}
	return p.CheapPasswords.Verify(ctx, hashed, text)
}

func (p *busyPasswords) VerifyDummy(ctx context.Context, text string) error {
	return errors.Join(p.busy, p.CheapPasswords.VerifyDummy(ctx, text))
}

func TestAttemptThatIsNotComparedDoesNotCount(t *testing.T) {
	for what, busy := range map[string]error{"busy": account.Busy(nil), "the person went away": context.Canceled} {
		p := &busyPasswords{}
		w := oncalltest.New(t, withPasswords(p))
		oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
		device := deviceOf(t, w, "ana@example.org", "")
		by, session := w.Member(t, "ben@example.org", oncall.Viewer)
		tries := map[string]func() error{
			"a stranger": func() error {
				_, err := w.SignIn(t.Context(), from("198.51.100.7"), account.Credentials{Email: "ana@example.org", Password: oncalltest.Password})
				return err
			},
			"a device": func() error {
				_, err := w.SignIn(t.Context(), from("198.51.100.7"), account.Credentials{Email: "ana@example.org", Password: oncalltest.Password, Device: device})
				return err
			},
			"a new password": func() error {
				return w.ChangePassword(t.Context(), by, account.PasswordChange{Current: oncalltest.Password, New: other, Session: session})
			},
			"a proof": func() error { return w.ProveByPassword(t.Context(), by, session, oncalltest.Password) },
		}
		p.busy = busy
		for who, try := range tries {
			for range 40 {
				if err := try(); err == nil || oncall.RetryAfterOf(err) > 5*time.Second {
					t.Fatalf("%s, %s: got %v", what, who, err)
				}
			}
		}
		p.busy = nil
		for _, who := range []string{"a stranger", "a device", "a proof", "a new password"} {
			if err := tries[who](); err != nil {
				t.Errorf("%s, %s, afterwards: got %v, want none", what, who, err)
			}
		}
	}
}

func TestUncomparedAttemptLeavesTheDelayAsItWas(t *testing.T) {
	p := &busyPasswords{}
	w := oncalltest.New(t, withPasswords(p))
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	for range 5 {
		attempt(t, w, "198.51.100.7", "", "wrong password")
	}
	w.Clock.Pass(2 * time.Second)
	p.busy = account.Busy(nil)
	oncalltest.Same(t, "while it is busy", "5s", attempt(t, w, "198.51.100.7", "", oncalltest.Password))
	p.busy = nil
	oncalltest.Same(t, "right after it", "in", attempt(t, w, "198.51.100.7", "", oncalltest.Password))
}

func TestStrangersDoNotKeepAUserFromANewPassword(t *testing.T) {
	w := oncalltest.New(t)
	by, session := w.Member(t, "ana@example.org", oncall.Viewer)
	by.Client = "198.51.100.7"
	guesses(t, w, 200, attackers["one address"])
	if err := w.ProveByPassword(t.Context(), by, session, oncalltest.Password); err != nil {
		t.Errorf("a proof: %v", err)
	}
	if err := w.ChangePassword(t.Context(), by, account.PasswordChange{Current: oncalltest.Password, New: other, Session: session}); err != nil {
		t.Errorf("a new password: %v", err)
	}
}

func TestStrangersDoNotKeepAUserFromALink(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.Mails = true })
	u := oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	device := deviceOf(t, w, "ana@example.org", "")
	mails := func() (n int) {
		t.Helper()
		err := w.Store.View(t.Context(), func(q db.Queries) error {
			list, err := q.MessagesFor(u.ID, 500)
			n = len(list)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for hour := range 12 {
		for range 20 {
			_ = w.ForgotPassword(t.Context(), from(fmt.Sprintf("198.51.100.%d", hour)), "ana@example.org", "")
			w.Clock.Pass(3 * time.Minute)
		}
	}
	if n := mails(); n > 5 {
		t.Errorf("strangers caused %d mails, want 5 a day at most", n)
	}
	before := mails()
	if err := w.ForgotPassword(t.Context(), from("198.51.100.7"), "ana@example.org", device); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "mails to the known browser", 1, mails()-before)
	if err := w.ForgotPassword(t.Context(), from("203.0.113.9"), "ana@example.org", ""); err != nil {
		t.Errorf("from a network that has asked for nothing: %v", err)
	}
}

func TestCountersDoNotTellWhoTried(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	guesses(t, w, 3, attackers["one address"])
	names := func(w *oncalltest.World) (list []string) {
		pool, err := sql.Open("sqlite", w.Path)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		rows, err := pool.QueryContext(t.Context(), "SELECT hex(name) FROM sign_in_failure ORDER BY name")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			list = append(list, name)
		}
		return list
	}
	first := names(w)
	oncalltest.Same(t, "counters", 5, len(first))
	second := oncalltest.New(t) // with another key file
	guesses(t, second, 3, attackers["one address"])
	for _, name := range names(second) {
		for _, same := range first {
			if name == same {
				t.Errorf("the counter %s has the same name under two keys: an address can be guessed from it", name)
			}
		}
	}
}
