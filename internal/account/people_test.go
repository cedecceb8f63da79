package account_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

// signedIn returns the email of the user signed in by a token, or "".
func signedIn(t testing.TB, w *oncalltest.World, token string) string {
	t.Helper()
	by, _, err := w.Session(t.Context(), token, false)
	if err != nil && oncall.ReasonOf(err) != oncall.Unknown {
		t.Fatal(err)
	}
	return by.Name
}

func loadUser(t testing.TB, w *oncalltest.World, id string) oncall.User {
	t.Helper()
	u, err := w.User(t.Context(), oncalltest.Admin, id)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// passwords wraps CheapPasswords and calls a function when a password is hashed or
// verified, which is between two transactions.
type passwords struct {
	oncalltest.CheapPasswords
	meanwhile func()
}

func (p *passwords) between() {
	if fn := p.meanwhile; fn != nil {
		p.meanwhile = nil
		fn()
	}
}

func (p *passwords) Hash(ctx context.Context, text string) (string, error) {
	p.between()
	return p.CheapPasswords.Hash(ctx, text)
}

func (p *passwords) Verify(ctx context.Context, hashed, text string) (bool, error) {
	p.between()
	return p.CheapPasswords.Verify(ctx, hashed, text)
}

func withPasswords(p account.Passwords) func(*oncalltest.Options) {
	return func(o *oncalltest.Options) { o.Passwords = p }
}

func TestSecretsAreNotStoredInTheClear(t *testing.T) {
	w := oncalltest.New(t)
	setUp, err := w.NewSetUpLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"password": oncalltest.Password, "set-up link": setUp}
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Admin)
	secrets["session"] = oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	ben, token := oncalltest.Invite(t, w, "ben@example.org", oncall.Viewer)
	secrets["invitation"] = token
	if secrets["reset link"], err = w.ResetLink(t.Context(), oncalltest.Admin, ben.ID); err != nil {
		t.Fatal(err)
	}
	if secrets["ceremony"], err = w.BeginCeremony(t.Context(), account.OpenIDSignIn, []byte("data of a ceremony")); err != nil {
		t.Fatal(err)
	}
	key, secret, err := w.CreateAccessKey(t.Context(), oncalltest.Admin, account.NewAccessKey{Name: "ci", Role: oncall.Viewer})
	if err != nil {
		t.Fatal(err)
	}
	secrets["secret of an access key"] = secret
	secrets["password typed as an email"] = "hunter2 hunter2"
	_, _ = w.SignIn(t.Context(), oncalltest.Visitor, account.Credentials{Email: "hunter2 hunter2", Password: "x"})
	_, _ = w.SignIn(t.Context(), oncalltest.Visitor, account.Credentials{Email: "ana@example.org", Password: "wrong password"})
	secrets["wrong password"] = "wrong password"
	secrets["client address"] = "limited-by-address"
	_, _ = w.SignIn(t.Context(), oncall.Actor{Door: oncall.Browser}, account.Credentials{Email: "limited-by-address", Password: "x"})
	file := contents(t, w)
	for what, secret := range secrets {
		if secret == "" || strings.Contains(file, secret) {
			t.Errorf("the %s %q is in the database", what, secret)
		}
	}
	for _, known := range []string{"ben@example.org", key.ID} { // otherwise the test proves nothing
		if !strings.Contains(file, known) {
			t.Errorf("%q is not in the file", known)
		}
	}
}

// contents returns the bytes of the database file and its log.
func contents(t *testing.T, w *oncalltest.World) string {
	t.Helper()
	all := ""
	for _, path := range []string{w.Path, w.Path + "-wal"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	return all
}
