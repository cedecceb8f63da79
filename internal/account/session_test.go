package account_test

import (
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

const saySignedOut = "You are not signed in any more: sign in and try again."

func TestSignInEndsThePreviousSession(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	oncalltest.AddUser(t, w, "eve@example.org", oncall.Viewer)
	planted := oncalltest.SignIn(t, w, "eve@example.org", oncalltest.Password)
	elsewhere := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	token, err := w.SignIn(t.Context(), oncalltest.Visitor, account.Credentials{Email: "ana@example.org", Password: oncalltest.Password, Session: planted})
	if err != nil || token == planted {
		t.Fatalf("got token %q, %v, want a new one", token, err)
	}
	oncalltest.Same(t, "sessions", []string{"", "ana@example.org", "ana@example.org"},
		[]string{signedIn(t, w, planted), signedIn(t, w, elsewhere), signedIn(t, w, token)})
	_, err = w.SignIn(t.Context(), oncalltest.Visitor, account.Credentials{Email: "ana@example.org", Password: "wrong password", Session: token})
	oncalltest.WantRefusal(t, err, oncall.Denied, oncall.NoSignIn, oncalltest.NoSignInSentence)
	oncalltest.Same(t, "session after a failure", "ana@example.org", signedIn(t, w, token))
}

func TestUnknownSessionTokenIsDenied(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	token := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	oncalltest.Same(t, "length of a token", 43, len(token))
	for _, forged := range []string{"", "x", token[:42], token + "A", "\x00"} {
		by, session, err := w.Session(t.Context(), forged, true)
		oncalltest.WantRefusal(t, err, oncall.Denied, oncall.Unknown, saySignedOut)
		oncalltest.Same(t, "actor", oncall.Actor{}, by)
		oncalltest.Same(t, "session", oncall.Session{}, session)
	}
}

func TestSessionEndsWhenItIsIdle(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	for _, touch := range []bool{false, true} {
		token := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
		w.Clock.Pass(12*time.Hour - time.Microsecond)
		if _, _, err := w.Session(t.Context(), token, touch); err != nil {
			t.Fatalf("just before the idle limit: %v", err)
		}
		w.Clock.Pass(time.Microsecond)
		_, _, err := w.Session(t.Context(), token, touch)
		if ended := oncall.ReasonOf(err) == oncall.Unknown; ended == touch {
			t.Errorf("12 h after sign-in, touched %t: got %v", touch, err)
		}
	}
}

func TestSessionEndsAfterAWeekOfUse(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	token := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	for hours := 0; hours < 7*24; hours += 8 {
		if _, session, err := w.Session(t.Context(), token, true); err != nil || session.EndsAt.Sub(session.CreatedAt) > 7*24*time.Hour {
			t.Fatalf("after %d hours: got %+v, %v", hours, session, err)
		}
		w.Clock.Pass(8 * time.Hour)
	}
	_, _, err := w.Session(t.Context(), token, true)
	oncalltest.WantRefusal(t, err, oncall.Denied, oncall.Unknown, saySignedOut)
}

func TestUseOfASessionIsStoredOnceAMinute(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	token := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	seen := func() time.Time {
		_, session, err := w.Session(t.Context(), token, false)
		if err != nil {
			t.Fatal(err)
		}
		return session.SeenAt
	}
	created := w.Now()
	for range 120 { // twice a second
		if _, _, err := w.Session(t.Context(), token, true); err != nil {
			t.Fatal(err)
		}
		oncalltest.Same(t, "seen", created, seen())
		w.Clock.Pass(time.Second / 2)
	}
	if _, _, err := w.Session(t.Context(), token, true); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "seen after a minute", created.Add(time.Minute), seen())
}

func TestNewRoleAppliesFromTheNextRequest(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "boss@example.org", oncall.Admin)
	u := oncalltest.AddUser(t, w, "ana@example.org", oncall.Admin)
	token := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	for _, role := range oncall.Roles() {
		if _, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: u.ID, Role: &role}); err != nil {
			t.Fatal(err)
		}
		by, _, err := w.Session(t.Context(), token, false)
		if err != nil || by.Role != role {
			t.Errorf("got %+v, %v, want the role %s", by, err, role)
		}
	}
}

func TestDisabledUserStaysSignedOut(t *testing.T) {
	w := oncalltest.New(t)
	u := oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	token := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	for _, disabled := range []bool{true, false} {
		if _, err := w.UpdateUser(t.Context(), oncalltest.Admin, account.UserChange{User: u.ID, Disabled: &disabled}); err != nil {
			t.Fatal(err)
		}
		oncalltest.Same(t, "signed in", "", signedIn(t, w, token))
	}
	token = oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	if err := w.DeleteUser(t.Context(), oncalltest.Admin, account.UserDeletion{User: u.ID}); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "signed in after the deletion", "", signedIn(t, w, token))
}

func TestSignOutEndsOneSessionAndSignOutEverywhereAll(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddUser(t, w, "ana@example.org", oncall.Viewer)
	oncalltest.AddUser(t, w, "ben@example.org", oncall.Viewer)
	one, two, three := oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password), oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password), oncalltest.SignIn(t, w, "ana@example.org", oncalltest.Password)
	bens := oncalltest.SignIn(t, w, "ben@example.org", oncalltest.Password)
	by, _, err := w.Session(t.Context(), one, false)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time no session is left
		if err := w.SignOut(t.Context(), by, one); err != nil {
			t.Fatal(err)
		}
	}
	oncalltest.Same(t, "sessions", []string{"", "ana@example.org", "ana@example.org"}, []string{signedIn(t, w, one), signedIn(t, w, two), signedIn(t, w, three)})
	if err := w.SignOutEverywhere(t.Context(), by); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "sessions", []string{"", "", "ben@example.org"}, []string{signedIn(t, w, two), signedIn(t, w, three), signedIn(t, w, bens)})
	oncalltest.Same(t, "trail", []string{"SignOut done ana@example.org user/ana@example.org", "SignOut done ana@example.org user/ana@example.org"}, oncalltest.TrailLines(t, w)[:2])
	if err := w.SignOut(t.Context(), oncall.Actor{}, bens); err != nil { // anyone with the token
		t.Fatal(err)
	}
	oncalltest.Same(t, "session", "", signedIn(t, w, bens))
}
