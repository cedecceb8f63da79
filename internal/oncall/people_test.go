package oncall_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// Who asks in the tests about people.
var (
	admin   = oncalltest.Admin
	visitor = oncall.Actor{Door: oncall.Browser, Client: "203.0.113.7", Request: "r1"}
)

const good = oncalltest.Password

// addUser adds a user with a good password.
func addUser(t testing.TB, w *oncalltest.World, email string, role oncall.Role) oncall.User {
	t.Helper()
	u, err := w.AddUser(t.Context(), admin, oncall.NewUser{Email: email, Role: role}, good)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// signIn returns the token of a session.
func signIn(t testing.TB, w *oncalltest.World, email, password string) string {
	t.Helper()
	token, err := w.SignIn(t.Context(), visitor, oncall.Credentials{Email: email, Password: password})
	if err != nil {
		t.Fatalf("sign-in of %s: %v", email, err)
	}
	return token
}

// signedIn returns the email of who is signed in by a token, or "".
func signedIn(t testing.TB, w *oncalltest.World, token string) string {
	t.Helper()
	by, _, err := w.Session(t.Context(), token, false)
	if err != nil && oncall.ReasonOf(err) != oncall.Unknown {
		t.Fatal(err)
	}
	return by.Name
}

// invite invites a user and returns the token of the link.
func invite(t testing.TB, w *oncalltest.World, email string, role oncall.Role) (oncall.User, string) {
	t.Helper()
	u, token, err := w.InviteUser(t.Context(), admin, oncall.NewUser{Email: email, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return u, token
}

func loadUser(t testing.TB, w *oncalltest.World, id string) oncall.User {
	t.Helper()
	u, err := w.User(t.Context(), admin, id)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// trail returns the audit trail, the newest entry first, as
// "operation outcome actor resource".
func trail(t testing.TB, w *oncalltest.World) []string {
	t.Helper()
	page, err := w.Audit(t.Context(), admin, oncall.AuditQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range page.Entries {
		resource := string(e.Resource[strings.LastIndexByte(string(e.Resource), ':')+1:])
		lines = append(lines, strings.Join([]string{string(e.Operation), string(e.Outcome), e.Actor, resource}, " "))
	}
	return lines
}

// passwords stands before CheapPasswords and calls something when a password is
// hashed or compared, which is between two transactions.
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

func withPasswords(p oncall.Passwords) func(*oncall.Options) {
	return func(o *oncall.Options) { o.Passwords = p }
}

func TestSecretsAreNowhereInTheFile(t *testing.T) {
	w := oncalltest.New(t)
	setUp, err := w.NewSetUpLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"password": good, "set-up link": setUp}
	addUser(t, w, "ana@example.org", oncall.Admin)
	secrets["session"] = signIn(t, w, "ana@example.org", good)
	ben, token := invite(t, w, "ben@example.org", oncall.Viewer)
	secrets["invitation"] = token
	if secrets["reset link"], err = w.ResetLink(t.Context(), admin, ben.ID); err != nil {
		t.Fatal(err)
	}
	if secrets["ceremony"], err = w.BeginCeremony(t.Context(), oncall.OpenIDSignIn, []byte("data of a ceremony")); err != nil {
		t.Fatal(err)
	}
	key, secret, err := w.CreateAccessKey(t.Context(), admin, oncall.NewAccessKey{Name: "ci", Role: oncall.Viewer})
	if err != nil {
		t.Fatal(err)
	}
	secrets["secret of an access key"] = secret
	secrets["password typed as an email"] = "hunter2 hunter2"
	_, _ = w.SignIn(t.Context(), visitor, oncall.Credentials{Email: "hunter2 hunter2", Password: "x"})
	_, _ = w.SignIn(t.Context(), visitor, oncall.Credentials{Email: "ana@example.org", Password: "wrong password"})
	secrets["wrong password"] = "wrong password"
	secrets["client address"] = "limited-by-address"
	_, _ = w.SignIn(t.Context(), oncall.Actor{Door: oncall.Browser}, oncall.Credentials{Email: "limited-by-address", Password: "x"})
	file := contents(t, w)
	for what, secret := range secrets {
		if secret == "" || strings.Contains(file, secret) {
			t.Errorf("the %s %q stands in the database", what, secret)
		}
	}
	for _, known := range []string{"ben@example.org", key.ID} { // else the test sees nothing
		if !strings.Contains(file, known) {
			t.Errorf("%q is not in the file", known)
		}
	}
}

// contents returns the database's file and its log.
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
