package account_test

import (
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

func identity(subject, email string, role oncall.Role) account.Identity {
	return account.Identity{Issuer: "https://id.example.org", Subject: subject, Email: email, EmailVerified: true, Name: "N", Role: role}
}

func external(t testing.TB, w *oncalltest.World, in account.Identity) oncall.User {
	t.Helper()
	u, err := w.ExternalUser(t.Context(), oncalltest.Visitor, in)
	if err != nil {
		t.Fatalf("%+v: %v", in, err)
	}
	return u
}

func TestIdentityCreatesOneUser(t *testing.T) {
	w := oncalltest.New(t)
	u := external(t, w, identity("1", "Ana@example.org", oncall.Viewer))
	oncalltest.Same(t, "email, name and role", []any{"Ana@example.org", "N", oncall.Viewer, false}, []any{u.Email, u.Name, u.Role, u.HasPassword})
	moved := identity("1", "new@example.org", oncall.Manager) // with a new address and group
	moved.EmailVerified = false
	again := external(t, w, moved)
	oncalltest.Same(t, "user", u.ID, again.ID)
	oncalltest.Same(t, "email and role", []any{"Ana@example.org", oncall.Manager}, []any{again.Email, again.Role})
	oncalltest.Same(t, "stored", again, loadUser(t, w, u.ID))
}

func TestIdentityIsLinkedByVerifiedEmail(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	unverified := identity("1", "ana@example.org", oncall.Manager)
	unverified.EmailVerified = false
	_, err := w.ExternalUser(t.Context(), oncalltest.Visitor, unverified)
	oncalltest.Same(t, "reason for one that is not verified", oncall.Stranger, oncall.ReasonOf(err))
	oncalltest.Same(t, "user", ana, loadUser(t, w, ana.ID))
	linked := external(t, w, identity("1", "ANA@example.org", oncall.Manager))
	oncalltest.Same(t, "user and role", []any{ana.ID, oncall.Manager}, []any{linked.ID, linked.Role})
	_, err = w.ExternalUser(t.Context(), oncalltest.Visitor, identity("2", "ana@example.org", oncall.Manager)) // which got the address later
	oncalltest.Same(t, "reason for another subject", oncall.Stranger, oncall.ReasonOf(err))
}

func TestRefusedIdentityCreatesNoUser(t *testing.T) {
	w := oncalltest.New(t)
	for what, change := range map[string]func(*account.Identity){
		"no role": func(in *account.Identity) { in.Role = "" }, "no such role": func(in *account.Identity) { in.Role = "root" },
		"Anyone": func(in *account.Identity) { in.Role = oncall.Anyone }, "unverified": func(in *account.Identity) { in.EmailVerified = false },
		"no email": func(in *account.Identity) { in.Email = "" }, "no subject": func(in *account.Identity) { in.Subject = "" },
		"no issuer": func(in *account.Identity) { in.Issuer = "" },
	} {
		in := identity("1", "ana@example.org", oncall.Viewer)
		change(&in)
		u, err := w.ExternalUser(t.Context(), oncalltest.Visitor, in)
		if oncall.KindOf(err) != oncall.Denied || oncall.ReasonOf(err) != oncall.Stranger || u.ID != "" {
			t.Errorf("%s: got %+v, %v, want it refused", what, u, err)
		}
	}
	users, err := w.Users(t.Context(), oncalltest.Admin)
	if err != nil || len(users) > 0 {
		t.Errorf("got users %+v, %v, want none", users, err)
	}
	external(t, w, identity("1", "ana@example.org", oncall.Viewer))
	_, err = w.ExternalUser(t.Context(), oncalltest.Visitor, identity("1", "ana@example.org", "")) // no longer in the group
	oncalltest.Same(t, "reason once the role is gone", oncall.Stranger, oncall.ReasonOf(err))
}

func TestIdentityLengthLimit(t *testing.T) {
	w := oncalltest.New(t)
	in := identity("", "ana@example.org", oncall.Viewer)
	in.Subject = strings.Repeat("s", account.MaxIdentityLen-len(in.Issuer))
	oncalltest.Same(t, "user", external(t, w, in).ID, external(t, w, in).ID)
	in.Subject += "s"
	_, err := w.ExternalUser(t.Context(), oncalltest.Visitor, in)
	oncalltest.Same(t, "reason", oncall.Stranger, oncall.ReasonOf(err))
}

func TestRoleMappingKeepsTheLastAdmin(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddUser(t, w, "ana@example.org", oncall.Admin)
	oncalltest.Same(t, "role of the only one", oncall.Admin, external(t, w, identity("1", "ana@example.org", oncall.Viewer)).Role)
	oncalltest.AddUser(t, w, "ben@example.org", oncall.Admin)
	oncalltest.Same(t, "role of one of two", oncall.Viewer, external(t, w, identity("1", "ana@example.org", oncall.Viewer)).Role)
	oncalltest.Same(t, "stored", oncall.Viewer, loadUser(t, w, ana.ID).Role)
}
