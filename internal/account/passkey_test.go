package account_test

import (
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

const sayNoPasskey = "This did not sign you in: use another passkey, or your password."

func newPasskey(id string) oncall.Passkey {
	return oncall.Passkey{ID: []byte(id), Name: "phone", Credential: []byte(`{"k":1}`)}
}

func TestPasskeyBelongsToOneUser(t *testing.T) {
	w := oncalltest.New(t)
	ana, session := w.Member(t, "ana@example.org", oncall.Viewer)
	ben, bens := w.Member(t, "ben@example.org", oncall.Viewer)
	forged := newPasskey("one")
	forged.User, forged.UsedAt = ben.Principal, w.Now()
	made, err := w.AddPasskey(t.Context(), ana, session, forged)
	if err != nil {
		t.Fatal(err)
	}
	want := newPasskey("one")
	want.User, want.CreatedAt = ana.Principal, w.Now()
	oncalltest.Same(t, "passkey", want, made)
	_, err = w.AddPasskey(t.Context(), ben, bens, newPasskey("one"))
	oncalltest.Same(t, "reason for the same passkey", oncall.Duplicate, oncall.ReasonOf(err))
	oncalltest.Same(t, "kind of another's deletion", oncall.NotFound, oncall.KindOf(w.DeletePasskey(t.Context(), ben, []byte("one"))))

	handle := loadUser(t, w, ana.Principal).Handle
	u, list, err := w.PasskeyUser(t.Context(), []byte("one"), handle)
	if err != nil || u.ID != ana.Principal {
		t.Errorf("got %+v, %v, want ana", u, err)
	}
	oncalltest.Same(t, "passkeys", []oncall.Passkey{want}, list)
	w.Clock.Pass(time.Hour)
	if err := w.UsePasskey(t.Context(), []byte("one"), []byte(`{"k":2}`)); err != nil {
		t.Fatal(err)
	}
	want.Credential, want.UsedAt = []byte(`{"k":2}`), w.Now()
	list, err = w.Passkeys(t.Context(), ana)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "passkeys after use", []oncall.Passkey{want}, list)
	if err := w.DeletePasskey(t.Context(), ana, []byte("one")); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "kind of a use after that", oncall.NotFound, oncall.KindOf(w.UsePasskey(t.Context(), []byte("one"), []byte(`{}`))))
}

func TestUnknownPasskeyIsDenied(t *testing.T) {
	w := oncalltest.New(t)
	ana, session := w.Member(t, "ana@example.org", oncall.Viewer)
	ben, _ := w.Member(t, "ben@example.org", oncall.Viewer)
	if _, err := w.AddPasskey(t.Context(), ana, session, newPasskey("one")); err != nil {
		t.Fatal(err)
	}
	handle := loadUser(t, w, ana.Principal).Handle
	none := func(id string, handle []byte) {
		t.Helper()
		u, list, err := w.PasskeyUser(t.Context(), []byte(id), handle)
		oncalltest.WantRefusal(t, err, oncall.Denied, oncall.NoSignIn, sayNoPasskey)
		oncalltest.Same(t, "user", oncall.User{}, u)
		oncalltest.Same(t, "passkeys", 0, len(list))
	}
	none("two", handle)
	none("one", loadUser(t, w, ben.Principal).Handle)
	none("one", nil)
	yes := true
	if _, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: ana.Principal, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	none("one", handle)
}

func TestUserHasAtMostTenPasskeys(t *testing.T) {
	w := oncalltest.New(t)
	ana, session := w.Member(t, "ana@example.org", oncall.Viewer)
	for n := range 11 {
		_, err := w.AddPasskey(t.Context(), ana, session, newPasskey(string(rune('a'+n))))
		if want := n == 10; (oncall.ReasonOf(err) == oncall.TooMany) != want || err != nil && !want {
			t.Errorf("passkey %d: got %v", n+1, err)
		}
	}
	for _, bad := range []oncall.Passkey{{}, {ID: make([]byte, 1024), Name: "n", Credential: []byte("{}")}, {ID: []byte("x"), Name: " ", Credential: []byte("{}")}} {
		if _, err := w.AddPasskey(t.Context(), ana, session, bad); oncall.KindOf(err) != oncall.Invalid {
			t.Errorf("%+v: got %v, want Invalid", bad, err)
		}
	}
}

func TestCeremonyIsTakenOnceWithinTenMinutes(t *testing.T) {
	w := oncalltest.New(t)
	begin := func() string {
		token, err := w.BeginCeremony(t.Context(), account.OpenIDSignIn, []byte("data"))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	gone := func(kind account.CeremonyKind, token string) {
		t.Helper()
		_, err := w.TakeCeremony(t.Context(), kind, token)
		oncalltest.WantRefusal(t, err, oncall.NotFound, "", "This took too long, or was finished already: begin again.")
	}
	token, late := begin(), begin()
	gone(account.PasskeySignIn, token)
	w.Clock.Pass(10*time.Minute - time.Microsecond)
	data, err := w.TakeCeremony(t.Context(), account.OpenIDSignIn, token)
	if err != nil || string(data) != "data" {
		t.Errorf("got %q, %v, want the data", data, err)
	}
	gone(account.OpenIDSignIn, token)
	w.Clock.Pass(time.Microsecond)
	gone(account.OpenIDSignIn, late)
	if _, err := w.BeginCeremony(t.Context(), account.OpenIDSignIn, make([]byte, 64<<10+1)); oncall.KindOf(err) != oncall.Internal {
		t.Errorf("too much data: got %v, want an Internal error", err)
	}
}
