package oncalltest

import (
	"callbook/db"

	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync/atomic"
	"testing"

	"callbook/internal/account"
	"callbook/internal/oncall"
)

// Password is a good one to CheapPasswords and to package password.
const Password = "mountain lamp river"

// CheapPasswords is an oncall.Passwords for tests: fast, deterministic, and worth
// nothing as a protection. A password is good when it has 12 bytes and no part
// of what is known of the person.
type CheapPasswords struct {
	Compared atomic.Int64 // how often a password was compared, really or with a dummy
	Hashed   atomic.Int64
}

// Hash implements oncall.Passwords.
func (p *CheapPasswords) Hash(_ context.Context, text string) (string, error) {
	p.Hashed.Add(1)
	return cheap(text), nil
}

func cheap(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "cheap:" + hex.EncodeToString(sum[:])
}

// Verify implements oncall.Passwords.
func (p *CheapPasswords) Verify(_ context.Context, hashed, text string) (bool, error) {
	p.Compared.Add(1)
	return hashed == cheap(text), nil
}

// VerifyDummy implements oncall.Passwords.
func (p *CheapPasswords) VerifyDummy(context.Context, string) error {
	p.Compared.Add(1)
	return nil
}

// sentence is an error that people read.
type sentence string

func (s sentence) Error() string { return string(s) }

// Check implements oncall.Passwords.
func (p *CheapPasswords) Check(text string, about ...string) error {
	if len(text) < 12 {
		return sentence("Use at least 12 characters.")
	}
	for _, known := range about {
		if known != "" && strings.Contains(text, known) {
			return sentence("Choose another password.")
		}
	}
	return nil
}

// Member adds a user with Password and signs the user in: who asks from there,
// and the token of the session.
func (w *World) Member(t testing.TB, email string, role oncall.Role) (oncall.Actor, string) {
	t.Helper()
	if _, err := w.AddUser(t.Context(), Admin, account.NewUser{Email: email, Role: role}, Password); err != nil {
		t.Fatal(err)
	}
	token, err := w.SignIn(t.Context(), oncall.Actor{Door: oncall.Browser}, account.Credentials{Email: email, Password: Password})
	if err != nil {
		t.Fatal(err)
	}
	by, _, err := w.Session(t.Context(), token, false)
	if err != nil {
		t.Fatal(err)
	}
	return by, token
}

// WithManager stores Manager as a user, for what looks whether it still is one.
func (w *World) WithManager(t testing.TB) *World {
	t.Helper()
	u := oncall.User{ID: Manager.Principal, Email: Manager.Name, Canonical: Manager.Name, Role: Manager.Role, Handle: make([]byte, 32), Version: 1, CreatedAt: w.Now(), UpdatedAt: w.Now()}
	err := w.Store.Update(t.Context(), func(q db.Queries) error {
		_, err := q.InsertUser(u, "", oncall.Request{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}
