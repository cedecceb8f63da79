package oncall_test

import (
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

func identity(subject, email string, role oncall.Role) oncall.Identity {
	return oncall.Identity{Issuer: "https://id.example.org", Subject: subject, Email: email, EmailVerified: true, Name: "N", Role: role}
}

func external(t testing.TB, w *oncalltest.World, in oncall.Identity) oncall.User {
	t.Helper()
	u, err := w.ExternalUser(t.Context(), visitor, in)
	if err != nil {
		t.Fatalf("%+v: %v", in, err)
	}
	return u
}

func TestIdentityBecomesAUserAndStaysTheSame(t *testing.T) {
	w := oncalltest.New(t)
	u := external(t, w, identity("1", "Ana@example.org", oncall.Viewer))
	same(t, "email, name and role", []any{"Ana@example.org", "N", oncall.Viewer, false}, []any{u.Email, u.Name, u.Role, u.HasPassword})
	moved := identity("1", "new@example.org", oncall.Manager) // who has another address and another group now
	moved.EmailVerified = false
	again := external(t, w, moved)
	same(t, "user", u.ID, again.ID)
	same(t, "email and role", []any{"Ana@example.org", oncall.Manager}, []any{again.Email, again.Role})
	same(t, "stored", again, loadUser(t, w, u.ID))
}

func TestIdentityIsLinkedToWhoeverHasItsVerifiedEmail(t *testing.T) {
	w := oncalltest.New(t)
	ana := addUser(t, w, "ana@example.org", oncall.Viewer)
	unverified := identity("1", "ana@example.org", oncall.Manager)
	unverified.EmailVerified = false
	_, err := w.ExternalUser(t.Context(), visitor, unverified)
	same(t, "reason for one that is not verified", oncall.Stranger, oncall.ReasonOf(err))
	same(t, "user", ana, loadUser(t, w, ana.ID))
	linked := external(t, w, identity("1", "ANA@example.org", oncall.Manager))
	same(t, "user and role", []any{ana.ID, oncall.Manager}, []any{linked.ID, linked.Role})
	_, err = w.ExternalUser(t.Context(), visitor, identity("2", "ana@example.org", oncall.Manager)) // who got the address later
	same(t, "reason for another subject", oncall.Stranger, oncall.ReasonOf(err))
}

func TestIdentityThatIsNobodyHereMakesNoUser(t *testing.T) {
	w := oncalltest.New(t)
	for what, change := range map[string]func(*oncall.Identity){
		"no role": func(in *oncall.Identity) { in.Role = "" }, "no such role": func(in *oncall.Identity) { in.Role = "root" },
		"Anyone": func(in *oncall.Identity) { in.Role = oncall.Anyone }, "unverified": func(in *oncall.Identity) { in.EmailVerified = false },
		"no email": func(in *oncall.Identity) { in.Email = "" }, "no subject": func(in *oncall.Identity) { in.Subject = "" },
		"no issuer": func(in *oncall.Identity) { in.Issuer = "" },
	} {
		in := identity("1", "ana@example.org", oncall.Viewer)
		change(&in)
		u, err := w.ExternalUser(t.Context(), visitor, in)
		if oncall.KindOf(err) != oncall.Denied || oncall.ReasonOf(err) != oncall.Stranger || u.ID != "" {
			t.Errorf("%s: got %+v, %v, want it refused", what, u, err)
		}
	}
	users, err := w.Users(t.Context(), admin)
	if err != nil || len(users) > 0 {
		t.Errorf("got users %+v, %v, want none", users, err)
	}
	external(t, w, identity("1", "ana@example.org", oncall.Viewer))
	_, err = w.ExternalUser(t.Context(), visitor, identity("1", "ana@example.org", "")) // who left the group
	same(t, "reason once the role is gone", oncall.Stranger, oncall.ReasonOf(err))
}

func TestIdentityOfMaximalLengthIsLinkedAndALongerOneIsNot(t *testing.T) {
	w := oncalltest.New(t)
	in := identity("", "ana@example.org", oncall.Viewer)
	in.Subject = strings.Repeat("s", oncall.MaxIdentityLen-len(in.Issuer))
	same(t, "user", external(t, w, in).ID, external(t, w, in).ID)
	in.Subject += "s"
	_, err := w.ExternalUser(t.Context(), visitor, in)
	same(t, "reason", oncall.Stranger, oncall.ReasonOf(err))
}

func TestMappingDoesNotTakeTheLastAdmin(t *testing.T) {
	w := oncalltest.New(t)
	ana := addUser(t, w, "ana@example.org", oncall.Admin)
	same(t, "role of the only one", oncall.Admin, external(t, w, identity("1", "ana@example.org", oncall.Viewer)).Role)
	addUser(t, w, "ben@example.org", oncall.Admin)
	same(t, "role of one of two", oncall.Viewer, external(t, w, identity("1", "ana@example.org", oncall.Viewer)).Role)
	same(t, "stored", oncall.Viewer, loadUser(t, w, ana.ID).Role)
}
