package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/internal/passkey/passkeytest"
)

const deviceName = "__Host-callbook-device"

func bringDevice(value string) with {
	return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: deviceName, Value: value}) }
}

// try posts the form of the sign-in to ana's account.
func (s *site) try(password string, changes ...with) answer {
	s.t.Helper()
	return s.as("").do(http.MethodPost, "/sign-in", formOf("email", "ana@example.org", "password", password), changes...)
}

func TestStrangersOfANetworkDoNotKeepAnOwnerOut(t *testing.T) {
	for name, address := range map[string]func(int) string{
		"one address": func(int) string { return "198.51.100.7:4711" },
		"a /24":       func(n int) string { return fmt.Sprintf("198.51.100.%d:4711", n) },
		"a /64":       func(n int) string { return fmt.Sprintf("[2001:db8::%x]:4711", n) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			someone(s, "ana@example.org")
			device := s.try(oncalltest.Password, from("192.0.2.1:1")).status(http.StatusSeeOther).cookie(deviceName)
			if device == nil || !device.HttpOnly || !device.Secure || device.Path != "/" || device.Domain != "" || device.MaxAge != 180*24*3600 {
				t.Fatalf("the device cookie is %+v", device)
			}
			compared := 0
			for n := range 200 {
				a := s.try("wrong password", from(address(n)))
				if a.Code == http.StatusUnprocessableEntity {
					compared++
				} else {
					a.status(http.StatusTooManyRequests)
				}
			}
			if compared > 12 {
				t.Errorf("%d of 200 guesses were compared, want 12 at most", compared)
			}
			s.try(oncalltest.Password, from(address(7))).status(http.StatusTooManyRequests)
			s.try(oncalltest.Password, from(address(7)), bringDevice(string(device.Value[0]^1)+device.Value[1:])).status(http.StatusTooManyRequests)
			s.try(oncalltest.Password, from(address(7)), bringDevice(device.Value)).leadsTo("/contacts")
			s.try(oncalltest.Password, from("203.0.113.9:1")).leadsTo("/contacts")
		})
	}
}

func TestSignInPageTellsTheTrueWaitingTime(t *testing.T) {
	s := newSite(t)
	someone(s, "ana@example.org")
	for range 30 {
		a := s.try("wrong password", from("198.51.100.7:1"))
		if a.Code != http.StatusTooManyRequests {
			continue
		}
		var seconds int
		if _, err := fmt.Sscan(a.Header().Get("Retry-After"), &seconds); err != nil || seconds < 1 {
			t.Fatalf("Retry-After: %q", a.Header().Get("Retry-After"))
		}
		s.Clock.Pass(time.Duration(seconds) * time.Second)
		if got := s.try("wrong password", from("198.51.100.7:1")).Code; got != http.StatusUnprocessableEntity {
			t.Fatalf("after the %d seconds that the page said: status %d", seconds, got)
		}
	}
	s.try(oncalltest.Password, from("198.51.100.7:1")).says("There were too many failed attempts: try again in 15 minutes.")
}

func TestEverySignInMakesTheBrowserKnown(t *testing.T) {
	s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
	s.register(d, "phone").leadsTo("/account")
	d.Count = 1
	first := s.enter(d, "").cookie(deviceName)
	if first == nil {
		t.Fatal("a passkey: no device cookie")
	}
	u, _, err := s.InviteUser(t.Context(), operator, account.NewUser{Email: "new@example.org", Role: oncall.Viewer})
	if err != nil {
		t.Fatal(err)
	}
	link, err := s.ResetLink(t.Context(), operator, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	second := s.as("").do(http.MethodPost, "/join/"+link, formOf("password", oncalltest.Password), bringDevice(first.Value)).cookie(deviceName)
	if second == nil || second.Value == first.Value {
		t.Errorf("a link: got %+v after %+v, want a new cookie", second, first)
	}
	p, _ := providerSite(t)
	if p.enterThere("").cookie(deviceName) == nil {
		t.Error("a provider: no device cookie")
	}
}

// trail returns the newest entries as "operation outcome resource way".
func (s *site) trail(n int) (lines []string) {
	s.t.Helper()
	list, err := s.Audit(s.t.Context(), operator, oncall.AuditQuery{Limit: n})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range list.Entries {
		lines = append(lines, fmt.Sprintln(e.Operation, e.Outcome, e.Resource[strings.LastIndexByte(string(e.Resource), ':')+1:], e.After(oncall.FieldSignInMethod)))
	}
	return lines
}

func TestFailedPasskeySignInIsAnEntry(t *testing.T) {
	for name, c := range map[string]struct {
		lie  func(*passkeytest.Device)
		want string
	}{
		"origin":      {func(d *passkeytest.Device) { d.Origin = "http://evil.localhost:8080" }, "user/manager@example.org"},
		"key":         {func(d *passkeytest.Device) { d.Key = passkeytest.NewDevice(t, local).Key }, "user/manager@example.org"},
		"handle":      {func(d *passkeytest.Device) { d.Handle = []byte("somebody else") }, "user/manager@example.org"},
		"another key": {func(d *passkeytest.Device) { d.ID = []byte("another") }, ""},
		"unverified":  {func(d *passkeytest.Device) { d.Flags &^= passkeytest.Verified }, "user/manager@example.org"},
		"a copy":      {func(d *passkeytest.Device) { d.Count = 7 }, "user/manager@example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
			d.Count = 7
			s.register(d, "phone").leadsTo("/account")
			if name != "a copy" {
				d.Count = 8
			}
			c.lie(d)
			before := len(s.trail(100))
			s.isRefused(s.enter(d, ""), http.StatusUnprocessableEntity, "")
			lines := s.trail(100)
			if got, want := lines[0], fmt.Sprintln("SignIn refused", c.want, "passkey"); len(lines) != before+1 || got != want {
				t.Errorf("got %d entries, the last %q, want one more, %q", len(lines)-before, got, want)
			}
		})
	}
}

func TestFailedProviderSignInIsAnEntry(t *testing.T) {
	s, idp := providerSite(t)
	groups(idp, "others")
	s.isRefused(s.enterThere(""), http.StatusForbidden, "None of your groups")
	groups(idp, "oncall")
	begun, query := s.goThere("")
	query.Set("state", "another")
	s.isRefused(s.comeBack(begun, query), http.StatusUnprocessableEntity, "was begun in another browser")
	begun, query = s.goThere("")
	query.Del("code")
	query.Set("error", "access_denied")
	s.isRefused(s.comeBack(begun, query), http.StatusForbidden, "declined")
	want := []string{"SignIn refused  openid\n", "SignIn refused  openid\n", "SignIn refused user/ana@example.org openid\n"}
	if got := s.trail(3); strings.Join(got, "") != strings.Join(want, "") {
		t.Errorf("trail: got %q, want %q", got, want)
	}
	before := len(s.trail(100))
	s.as("").get(callback + "?code=x&state=y").status(http.StatusUnprocessableEntity) // nobody began one
	if n := len(s.trail(100)); n != before {
		t.Errorf("an answer to no sign-in made %d entries", n-before)
	}
}

func TestPasskeyNeedsAFreshProof(t *testing.T) {
	s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
	someone(s, "ana@example.org")
	s.session[oncall.Manager] = s.try(oncalltest.Password).tokenOf()
	s.get("/account").saysNot("you first confirm that it is you")
	begun := s.begin("/account/passkeys/options")
	late := s.begin("/account/passkeys/options")
	s.Clock.Pass(5 * time.Minute)
	s.post("/account/passkeys/options").status(http.StatusForbidden)
	if a := s.get("/account").says("you first confirm that it is you"); a.page().Find(`a[href="/account/confirm"]`).Length() != 1 || a.page().Find(`[data-passkey="create"]`).Length() != 0 {
		t.Error("the account offers the form, or no way to confirm")
	}
	// What began in time may end.
	s.finish("/account/passkeys", begun, "name", "phone", "response", string(d.Register(begun.Body.Bytes()))).status(http.StatusUnprocessableEntity).says("This took too long")
	s.Clock.Pass(10 * time.Minute)
	s.finish("/account/passkeys", late, "name", "phone", "response", "{}").status(http.StatusUnprocessableEntity)

	s.get("/account/confirm").status(http.StatusOK).says("Confirm that it is you").says("Current password")
	s.post("/account/confirm", "current", "wrong password").status(http.StatusUnprocessableEntity).says("This is not your current password")
	s.post("/account/passkeys/options").status(http.StatusForbidden)
	s.post("/account/confirm", "current", oncalltest.Password).leadsTo("/account")
	s.register(d, "phone").leadsTo("/account")

	s.Clock.Pass(time.Hour)
	s.register2(d)
	s.Clock.Pass(time.Hour)
	for range 5 {
		s.post("/account/confirm", "current", "wrong password").status(http.StatusUnprocessableEntity)
	}
	a := s.post("/account/confirm", "current", oncalltest.Password).status(http.StatusTooManyRequests).says("try again in 2 seconds")
	if a.Header().Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q, want 2", a.Header().Get("Retry-After"))
	}
}

// register2 proves by a passkey, and adds another.
func (s *site) register2(d *passkeytest.Device) {
	s.t.Helper()
	s.get("/account/confirm").says("Confirm with a passkey")
	d.Count++
	begun := s.begin("/account/confirm/passkey/options")
	s.finish("/account/confirm/passkey", begun, "response", string(d.SignIn(begun.Body.Bytes()))).leadsTo("/account")
	s.register(passkeytest.NewDevice(s.t, local), "second").leadsTo("/account")
}

func TestPasskeyOfAnotherProvesNothing(t *testing.T) {
	s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
	admin := s.as(oncall.Admin)
	admin.register(d, "phone").leadsTo("/account")
	s.register(passkeytest.NewDevice(t, local), "own").leadsTo("/account")
	s.Clock.Pass(time.Hour)
	d.Count++
	begun := s.begin("/account/confirm/passkey/options")
	s.finish("/account/confirm/passkey", begun, "response", string(d.SignIn(begun.Body.Bytes()))).status(http.StatusUnprocessableEntity).says("the passkey of another user")
	s.post("/account/passkeys/options").status(http.StatusForbidden)
	s.get("/account").says("manager@example.org") // still who they were
}

func TestAdminDeletesAPasskeyOfAUser(t *testing.T) {
	s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
	s.register(d, "lost phone").leadsTo("/account")
	by, _, err := s.Session(t.Context(), s.session[oncall.Manager], false)
	if err != nil {
		t.Fatal(err)
	}
	admin, page := s.as(oncall.Admin), "/settings/users/"+by.Principal
	link := admin.get(page).says("lost phone").page().Find(`.passkeys a`).AttrOr("href", "")
	admin.get(link).status(http.StatusOK).says("Delete the passkey “lost phone”?").says("they will need a link from you")
	s.get(link).status(http.StatusForbidden)
	s.post(link).status(http.StatusForbidden)
	viewer := strings.Replace(link, by.Principal, strings.TrimPrefix(admin.userPath(), "/settings/users/"), 1)
	admin.get(viewer).status(http.StatusNotFound)
	admin.post(viewer) // it is not the viewer's
	admin.get(page).says("lost phone")
	admin.post(link).leadsTo(page)
	admin.get(page).saysNot("lost phone").says("This user has no passkey.")
	s.isRefused(s.enter(d, ""), http.StatusUnprocessableEntity, "This did not sign you in")
}

func TestDisablingAUserOffersToDisableTheirKeys(t *testing.T) {
	for _, verb := range []string{"disable", "delete"} {
		for _, also := range []bool{true, false} {
			s := newSite(t).as(oncall.Admin)
			boss, err := s.AddUser(t.Context(), operator, account.NewUser{Email: "boss@example.org", Role: oncall.Admin}, oncalltest.Password)
			if err != nil {
				t.Fatal(err)
			}
			actor := boss.Actor(oncall.Actor{Door: oncall.Browser})
			var ids []string
			for _, by := range []oncall.Actor{actor, actor, operator} {
				k, _, err := s.CreateAccessKey(t.Context(), by, account.NewAccessKey{Name: "of-" + by.Name, Role: oncall.Viewer})
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, k.ID)
			}
			s.get("/settings/keys").says("made by boss@example.org").says("made by root")
			path := "/settings/users/" + boss.ID
			s.get(path).says("2 access keys: of-boss@example.org, of-boss@example.org")
			box := s.get(path + "/" + verb).says("2 access keys").page().Find(`input[type="checkbox"][form="confirmation"]`)
			if box.Length() != 1 || box.Is("[checked]") {
				t.Errorf("%s: the offer is %d boxes", verb, box.Length())
			}
			form := []string{}
			if also {
				form = []string{box.AttrOr("name", ""), box.AttrOr("value", "")}
			}
			s.post(path+"/"+verb, form...).status(http.StatusSeeOther)
			for n, id := range ids {
				_, _, err := s.AccessKeySecret(t.Context(), id)
				if disabled := oncall.ReasonOf(err) == oncall.Unknown; disabled != (also && n < 2) {
					t.Errorf("%s, with the keys: %t: key %d is disabled: %t", verb, also, n, disabled)
				}
			}
		}
	}
	s := newSite(t).as(oncall.Admin) // a user without access keys gets no offer to disable them
	if n := s.get(s.userPath() + "/disable").page().Find(`input[type="checkbox"]`).Length(); n != 0 {
		t.Errorf("%d boxes for a user without keys", n)
	}
}
