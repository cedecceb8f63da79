package account_test

import (
	"cmp"
	"strings"
	"sync"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

const sayLastAdmin = "This is the last admin who can sign in: first make somebody else an admin."

func TestNewUserReportsEveryWrongField(t *testing.T) {
	w := oncalltest.New(t)
	bad := account.NewUser{Email: "ana", Name: "a\nb", Role: "root", Token: "é"}
	_, _, err := w.InviteUser(t.Context(), oncalltest.Admin, bad)
	var got []string
	for _, f := range oncall.FieldErrors(err) {
		got = append(got, string(f.Field)+" "+string(f.Reason))
		if f.Message == "" {
			t.Errorf("%s has no sentence", f.Field)
		}
	}
	oncalltest.Same(t, "refusals", []string{"email not_plain", "name pattern", "role not_one_of", "token pattern"}, got)
	_, err = w.AddUser(t.Context(), oncalltest.Admin, account.NewUser{Email: "ana@example.org", Name: strings.Repeat("é", 256), Role: oncall.Viewer}, "")
	got = nil
	for _, f := range oncall.FieldErrors(err) {
		got = append(got, string(f.Field)+" "+string(f.Reason))
	}
	oncalltest.Same(t, "refusals", []string{"name too_long", "password required"}, got)
}

func TestEmailIsUniqueRegardlessOfCase(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "Ana@Example.org", oncall.Viewer)
	_, _, err := w.InviteUser(t.Context(), oncalltest.Admin, account.NewUser{Email: "ana@example.ORG", Role: oncall.Viewer})
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.EmailTaken, "There is a user with the address ana@example.ORG already: use that one, or another address.")
	_, err = w.AddUser(t.Context(), oncalltest.Admin, account.NewUser{Email: "ANA@example.org", Role: oncall.Viewer}, oncalltest.Password)
	oncalltest.Same(t, "reason", oncall.EmailTaken, oncall.ReasonOf(err))
}

func TestUserNamesAllowAnyLetter(t *testing.T) {
	w := oncalltest.New(t)
	for n, name := range []string{"O'Brien", "Zoë Müller-Lüdenscheidt", "李小龍", "Ana (ops) <script>", ""} {
		u, _, err := w.InviteUser(t.Context(), oncalltest.Admin, account.NewUser{Email: string(rune('a'+n)) + "@example.org", Name: " " + name, Role: oncall.Viewer})
		if err != nil || u.Name != name {
			t.Errorf("%q: got %q, %v", name, u.Name, err)
		}
	}
}

func TestRepeatedInvitationReturnsNoToken(t *testing.T) {
	w := oncalltest.New(t)
	in := account.NewUser{Email: "ana@example.org", Name: "Ana", Role: oncall.Viewer, Token: "t"}
	first, link, err := w.InviteUser(t.Context(), oncalltest.Admin, in)
	if err != nil || link == "" {
		t.Fatalf("got %q, %v", link, err)
	}
	again, none, err := w.InviteUser(t.Context(), oncalltest.Admin, in)
	if err != nil || none != "" {
		t.Errorf("again: got link %q, %v, want none", none, err)
	}
	oncalltest.Same(t, "user", first, again)
	if _, err := w.LinkOf(t.Context(), link); err != nil {
		t.Errorf("the first link: %v", err)
	}
	in.Role = oncall.Admin
	_, _, err = w.InviteUser(t.Context(), oncalltest.Admin, in)
	oncalltest.Same(t, "reason", oncall.TokenReused, oncall.ReasonOf(err))
	if err := w.DeleteUser(t.Context(), oncalltest.Admin, account.UserDeletion{User: first.ID}); err != nil {
		t.Fatal(err)
	}
	in.Role = oncall.Viewer
	_, _, err = w.InviteUser(t.Context(), oncalltest.Admin, in)
	oncalltest.Same(t, "kind once the user is gone", oncall.NotFound, oncall.KindOf(err))
}

func TestUsersAreListedByEmail(t *testing.T) {
	w := oncalltest.New(t)
	var want []string
	for n := range 230 { // more than one query reads
		email := string(rune('a'+n/26)) + string(rune('a'+n%26)) + "@example.org"
		oncalltest.Invite(t, w, email, oncall.Viewer)
		want = append(want, email)
	}
	users, err := w.Users(t.Context(), oncalltest.Admin)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range users {
		got = append(got, u.Email)
	}
	oncalltest.Same(t, "users", want, got)
}

func TestUpdateUserWritesOnlyChangesToItsVersion(t *testing.T) {
	w := oncalltest.New(t)
	u := oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	role, name := oncall.Manager, " Ana "
	changed, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: u.ID, Role: &role, Name: &name, Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "user", changed, loadUser(t, w, u.ID))
	oncalltest.Same(t, "version, name and role", []any{int64(2), "Ana", oncall.Manager}, []any{changed.Version, changed.Name, changed.Role})
	again, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: u.ID, Role: &role, Version: 1}) // a second click
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "user again", changed, again)
	role = oncall.Admin
	_, err = w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: u.ID, Role: &role, Version: 1})
	oncalltest.Same(t, "reason", oncall.Stale, oncall.ReasonOf(err))
	_, err = w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: "nobody", Role: &role})
	oncalltest.Same(t, "kind", oncall.NotFound, oncall.KindOf(err))
	page, err := w.Audit(t.Context(), oncalltest.Admin, oncall.AuditQuery{Operation: oncall.UpdateUser})
	if err != nil || len(page.Entries) != 1 {
		t.Fatalf("got %+v, %v, want one entry", page, err)
	}
	oncalltest.Same(t, "changes on record", []oncall.AuditChange{{Field: oncall.FieldName, After: "Ana"}, {Field: oncall.FieldRole, Before: "viewer", After: "manager"}}, page.Entries[0].Changes)
}

// ends are the operations that remove an admin.
func ends(w *oncalltest.World, t testing.TB, id string) map[string]func() error {
	role, yes := oncall.Manager, true
	change := func(in account.UserChange) func() error {
		return func() error {
			in.User = id
			_, err := w.UpdateUser(t.Context(), oncalltest.Admin, in)
			return err
		}
	}
	return map[string]func() error{
		"demote": change(account.UserChange{Role: &role}), "disable": change(account.UserChange{Disabled: &yes}),
		"delete": func() error { return w.DeleteUser(t.Context(), oncalltest.Admin, account.UserDeletion{User: id}) },
	}
}

func TestLastAdminWhoCanSignInStays(t *testing.T) {
	w := oncalltest.New(t)
	u := oncalltest.AddUser(t, w, "ana@example.org", oncall.Admin)
	oncalltest.Invite(t, w, "invited@example.org", oncall.Admin) // not accepted yet
	off := oncalltest.AddUser(t, w, "off@example.org", oncall.Admin)
	if err := ends(w, t, off.ID)["disable"](); err != nil {
		t.Fatal(err)
	}
	oncalltest.AddUser(t, w, "manager@example.org", oncall.Manager)
	before := loadUser(t, w, u.ID)
	for what, end := range ends(w, t, u.ID) {
		err := end()
		if oncall.ReasonOf(err) != oncall.LastAdmin || err.Error() != sayLastAdmin {
			t.Errorf("%s: got %v, want %q", what, err, sayLastAdmin)
		}
	}
	oncalltest.Same(t, "user", before, loadUser(t, w, u.ID))
	second := oncalltest.AddUser(t, w, "second@example.org", oncall.Admin)
	if err := ends(w, t, u.ID)["demote"](); err != nil {
		t.Errorf("beside another: %v", err)
	}
	oncalltest.Same(t, "the other's reason", oncall.LastAdmin, oncall.ReasonOf(ends(w, t, second.ID)["delete"]()))
}

func TestOneOfTwoConcurrentlyRemovedAdminsStays(t *testing.T) {
	for _, what := range []string{"demote", "disable", "delete"} {
		for range 5 {
			w := oncalltest.New(t)
			go1 := ends(w, t, oncalltest.AddUser(t, w, "a@example.org", oncall.Admin).ID)[what]
			go2 := ends(w, t, oncalltest.AddUser(t, w, "b@example.org", oncall.Admin).ID)[what]
			var all sync.WaitGroup
			var err1, err2 error
			all.Go(func() { err1 = go1() })
			all.Go(func() { err2 = go2() })
			all.Wait()
			if (err1 == nil) == (err2 == nil) || oncall.ReasonOf(cmp.Or(err1, err2)) != oncall.LastAdmin {
				t.Errorf("%s: got %v and %v, want one success and one refusal", what, err1, err2)
			}
		}
	}
}

func TestChangePasswordKeepsTheCurrentSession(t *testing.T) {
	w := oncalltest.New(t)
	by, here := w.Member(t, "ana@example.org", oncall.Viewer)
	elsewhere := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	if err := w.ChangePassword(t.Context(), by, account.PasswordChange{Current: oncalltest.Password, New: other, Session: here}); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "sessions", []string{"ana@example.org", ""}, []string{signedIn(t, w, here), signedIn(t, w, elsewhere)})
	oncalltest.SignIn(t, w, "ana@example.org", other)
	oncalltest.Same(t, "trail", "UseAccount done ana@example.org user/ana@example.org", oncalltest.TrailLines(t, w)[1])
}

func TestWrongCurrentPasswordsAreLimitedApartFromSignIns(t *testing.T) {
	w := oncalltest.New(t)
	by, here := w.Member(t, "ana@example.org", oncall.Viewer)
	elsewhere := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	for range 5 {
		err := w.ChangePassword(t.Context(), by, account.PasswordChange{Current: oncalltest.Password, New: "short", Session: here})
		oncalltest.WantRefusal(t, err, oncall.Invalid, account.Weak, "Use at least 12 characters.") // resets the count, as the current one was right
	}
	for range 5 {
		err := w.ChangePassword(t.Context(), by, account.PasswordChange{Current: other, New: other, Session: here})
		oncalltest.WantRefusal(t, err, oncall.Invalid, account.Wrong, "This is not your current password: type it again.")
	}
	err := w.ChangePassword(t.Context(), by, account.PasswordChange{Current: oncalltest.Password, New: other, Session: here})
	oncalltest.Same(t, "kind", oncall.Limited, oncall.KindOf(err))
	oncalltest.Same(t, "kind of a proof", oncall.Limited, oncall.KindOf(w.ProveByPassword(t.Context(), by, here, oncalltest.Password)))
	again := by
	again.Client = "192.0.2.1" // the limit is the user's, wherever the session is used
	err = w.ChangePassword(t.Context(), again, account.PasswordChange{Current: oncalltest.Password, New: other, Session: elsewhere})
	oncalltest.Same(t, "kind in another session", oncall.Limited, oncall.KindOf(err))
	oncalltest.Same(t, "sessions", []string{"ana@example.org", "ana@example.org"}, []string{signedIn(t, w, here), signedIn(t, w, elsewhere)})
	oncalltest.Same(t, "trail", "UseAccount refused ana@example.org user/ana@example.org", oncalltest.TrailLines(t, w)[0])
}

func TestOnlyPeopleHaveAnAccount(t *testing.T) {
	w := oncalltest.New(t)
	u := oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	for _, by := range []oncall.Actor{
		{Door: oncall.API, Principal: u.ID, Role: oncall.Admin}, {Door: oncall.Command, Principal: u.ID, Role: oncall.Admin},
		{Door: oncall.Browser, Principal: "nobody", Role: oncall.Admin},
	} {
		_, err1 := w.Account(t.Context(), by)
		_, err2 := w.Passkeys(t.Context(), by)
		for _, err := range []error{
			err1, err2, w.SignOutEverywhere(t.Context(), by),
			w.ChangePassword(t.Context(), by, account.PasswordChange{Current: oncalltest.Password, New: other}),
		} {
			if oncall.KindOf(err) != oncall.NotFound {
				t.Errorf("%+v: got %v, want NotFound", by, err)
			}
		}
	}
	own, err := w.Account(t.Context(), oncall.Actor{Door: oncall.Browser, Principal: u.ID, Role: oncall.Viewer})
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "user", u, own)
}

func TestNoSignInWithoutPasswords(t *testing.T) {
	w := oncalltest.New(t, withPasswords(nil))
	_, err := w.SignIn(t.Context(), oncalltest.Visitor, account.Credentials{Email: "ana@example.org", Password: oncalltest.Password})
	oncalltest.Same(t, "kind", oncall.Internal, oncall.KindOf(err))
}
