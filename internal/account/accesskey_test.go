package account_test

import (
	"os"
	"regexp"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/db/sqlite"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

func accessKey(t testing.TB, w *oncalltest.World, in account.NewAccessKey) (oncall.AccessKey, string) {
	t.Helper()
	k, secret, err := w.CreateAccessKey(t.Context(), oncalltest.Admin, in)
	if err != nil {
		t.Fatal(err)
	}
	return k, secret
}

func TestAccessKeyHasTheFormOfAWS(t *testing.T) {
	w := oncalltest.New(t)
	id, form := regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`), regexp.MustCompile(`^[A-Za-z0-9/+]{40}$`)
	seen := map[string]bool{}
	for range 50 {
		k, secret := accessKey(t, w, account.NewAccessKey{Name: "ci", Role: oncall.Manager})
		if !id.MatchString(k.ID) || !form.MatchString(secret) || seen[k.ID] || seen[secret] {
			t.Errorf("got id %q, secret %q, want new ones like AWS's", k.ID, secret)
		}
		seen[k.ID], seen[secret] = true, true
		by, known, err := w.AccessKeySecret(t.Context(), k.ID)
		if err != nil || known != secret {
			t.Errorf("got secret %q, %v, want %q", known, err, secret)
		}
		oncalltest.Same(t, "actor", oncall.Actor{Door: oncall.API, Principal: k.ID, Name: "ci", Role: oncall.Manager}, by)
	}
}

func TestNewAccessKeyReportsEveryWrongField(t *testing.T) {
	w := oncalltest.New(t)
	for name, want := range map[string]oncall.Reason{"": oncall.Required, "a b": oncall.Pattern, "é": oncall.Pattern, "a/b": oncall.Pattern, "ci\n": oncall.Pattern,
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": oncall.TooLong} {
		_, _, err := w.CreateAccessKey(t.Context(), oncalltest.Admin, account.NewAccessKey{Name: name, Role: "root", Token: "é"})
		var got []oncall.Reason
		for _, f := range oncall.FieldErrors(err) {
			got = append(got, f.Reason)
		}
		oncalltest.Same(t, "refusals of "+name, []oncall.Reason{want, oncall.NotOneOf, oncall.Pattern}, got)
	}
}

func TestRepeatedAccessKeyRequestReturnsNoSecret(t *testing.T) {
	w := oncalltest.New(t)
	in := account.NewAccessKey{Name: "ci", Role: oncall.Viewer, Token: "t"}
	first, _ := accessKey(t, w, in)
	again, none := accessKey(t, w, in)
	oncalltest.Same(t, "key", first, again)
	oncalltest.Same(t, "secret", "", none)
	in.Role = oncall.Admin
	_, _, err := w.CreateAccessKey(t.Context(), oncalltest.Admin, in)
	oncalltest.Same(t, "reason", oncall.TokenReused, oncall.ReasonOf(err))
	keys, err := w.AccessKeys(t.Context(), oncalltest.Admin)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "keys", []oncall.AccessKey{first}, keys)
}

func TestDisabledOrDeletedAccessKeyIsDenied(t *testing.T) {
	w := oncalltest.New(t)
	k, secret := accessKey(t, w, account.NewAccessKey{Name: "ci", Role: oncall.Viewer})
	const say = "There is no access key with this id that may be used."
	for _, disabled := range []bool{true, true, false} {
		changed, err := w.UpdateAccessKey(t.Context(), oncalltest.Admin, account.AccessKeyChange{ID: k.ID, Disabled: disabled})
		if err != nil || changed.DisabledAt.IsZero() == disabled {
			t.Errorf("disabled %t: got %+v, %v", disabled, changed, err)
		}
		by, known, err := w.AccessKeySecret(t.Context(), k.ID)
		if disabled {
			oncalltest.WantRefusal(t, err, oncall.Denied, oncall.Unknown, say)
			oncalltest.Same(t, "actor", oncall.Actor{}, by)
			oncalltest.Same(t, "secret", "", known)
			continue
		}
		oncalltest.Same(t, "secret", secret, known)
	}
	for _, want := range []oncall.Kind{0, oncall.NotFound} {
		if err := w.DeleteAccessKey(t.Context(), oncalltest.Admin, k.ID); oncall.KindOf(err) != want {
			t.Errorf("deletion: got %v, want kind %d", err, want)
		}
		_, _, err := w.AccessKeySecret(t.Context(), k.ID)
		oncalltest.WantRefusal(t, err, oncall.Denied, oncall.Unknown, say)
	}
	oncalltest.Same(t, "trail", []string{"DeleteAccessKey done admin access-key/" + k.ID, "UpdateAccessKey done admin access-key/" + k.ID,
		"UpdateAccessKey done admin access-key/" + k.ID, "CreateAccessKey done admin access-key/" + k.ID}, oncalltest.TrailLines(t, w))
}

func TestUseOfAnAccessKeyIsStoredOnceAMinute(t *testing.T) {
	w := oncalltest.New(t)
	k, _ := accessKey(t, w, account.NewAccessKey{Name: "ci", Role: oncall.Viewer})
	used := func() time.Time {
		if err := w.UseAccessKey(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
		keys, err := w.AccessKeys(t.Context(), oncalltest.Admin)
		if err != nil {
			t.Fatal(err)
		}
		return keys[0].UsedAt
	}
	first := w.Now()
	oncalltest.Same(t, "first use", first, used())
	w.Clock.Pass(time.Minute - time.Microsecond)
	oncalltest.Same(t, "within a minute", first, used())
	w.Clock.Pass(time.Microsecond)
	oncalltest.Same(t, "after a minute", w.Now(), used())
	if err := w.UseAccessKey(t.Context(), "AKIANONE"); err != nil {
		t.Errorf("use of a deleted key: %v", err)
	}
}

// locked returns the same world without its key file.
func locked(t *testing.T, w *oncalltest.World) *oncalltest.World {
	t.Helper()
	if err := os.Rename(sqlite.KeyFile(w.Path), sqlite.KeyFile(w.Path)+".away"); err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), w.Path, sqlite.Options{Scope: oncalltest.Scope})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	o := oncalltest.Options{Scope: oncalltest.Scope, Now: w.Clock.Now, Passwords: &oncalltest.CheapPasswords{}}
	return &oncalltest.World{Rooms: oncalltest.NewRooms(store, o), Store: store, Clock: w.Clock, Path: w.Path}
}

func TestPeopleSignInWithoutTheKeyFile(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Admin)
	linked := external(t, w, identity("1", "ben@example.org", oncall.Admin))
	k, _ := accessKey(t, w, account.NewAccessKey{Name: "ci", Role: oncall.Viewer})
	w = locked(t, w)
	oncalltest.Same(t, "delay after a failure", time.Duration(0), oncalltest.WrongSignIn(t, w, oncalltest.Visitor, "ana@example.org"))
	token := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	by, _, err := w.Session(t.Context(), token, true)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "user", linked.ID, external(t, w, identity("1", "ben@example.org", oncall.Admin)).ID)
	for _, in := range []account.Identity{identity("1", "ben@example.org", oncall.Viewer), identity("2", "new@example.org", oncall.Viewer)} {
		// A new role or user cannot be recorded without the key.
		if _, err := w.ExternalUser(t.Context(), oncalltest.Visitor, in); oncall.KindOf(err) != oncall.Sealed {
			t.Errorf("%+v: got %v, want Sealed", in, err)
		}
	}
	oncalltest.Same(t, "role", oncall.Admin, loadUser(t, w, linked.ID).Role)

	_, _, err1 := w.AccessKeySecret(t.Context(), k.ID)
	_, _, err2 := w.CreateAccessKey(t.Context(), by, account.NewAccessKey{Name: "ci", Role: oncall.Viewer})
	_, _, err3 := w.InviteUser(t.Context(), by, account.NewUser{Email: "eve@example.org", Role: oncall.Viewer})
	for n, err := range []error{err1, err2, err3, w.DeleteUser(t.Context(), by, account.UserDeletion{User: linked.ID})} {
		if oncall.KindOf(err) != oncall.Sealed {
			t.Errorf("operation %d: got %v, want it Sealed", n+1, err)
		}
	}
	if err := w.SignOutEverywhere(t.Context(), by); err != nil {
		t.Errorf("sign out everywhere: %v", err)
	}
	token = oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	if err := w.SignOut(t.Context(), by, token); err != nil {
		t.Errorf("sign out: %v", err)
	}
}
