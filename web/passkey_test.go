package web_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/handlers"
	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/internal/passkey"
	"callbook/internal/passkey/passkeytest"
	"callbook/web"
)

const (
	sessionName  = "__Host-callbook-session"
	ceremonyName = "__Host-callbook-ceremony"
)

// cookie is what an answer sets, or nil.
func (a answer) cookie(name string) *http.Cookie {
	for _, c := range a.Result().Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// bring sends along a cookie of an earlier answer.
func bring(a answer, name string) with {
	return func(r *http.Request) {
		if c := a.cookie(name); c != nil {
			r.AddCookie(&http.Cookie{Name: name, Value: c.Value})
		}
	}
}

// passkeySite is a site at an address where browsers may offer passkeys.
func passkeySite(t *testing.T, origin string) *site {
	t.Helper()
	w := oncalltest.New(t)
	keys, err := passkey.New(passkey.Options{Origin: origin, DisplayName: "Callbook", Now: w.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	public, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	return siteOf(t, w, handlers.Options{Origin: origin, Passkeys: keys}, w.Rooms,
		web.Options{Site: web.NewSite(public, netip.MustParseAddrPort("127.0.0.1:8080"), false)})
}

const local = "http://localhost:8080"

// begin asks for the options of a ceremony.
func (s *site) begin(path string) answer {
	s.t.Helper()
	a := s.post(path).status(http.StatusOK)
	c := a.cookie(ceremonyName)
	if c == nil || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 600 || c.Domain != "" {
		s.t.Errorf("%s: the cookie is %+v", path, c)
	}
	return a
}

// finish answers to a ceremony.
func (s *site) finish(path string, begun answer, form ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, path, formOf(form...), bring(begun, ceremonyName))
}

// register gives who asks a passkey.
func (s *site) register(d *passkeytest.Device, name string) answer {
	s.t.Helper()
	begun := s.begin("/account/passkeys/options")
	return s.finish("/account/passkeys", begun, "name", name, "response", string(d.Register(begun.Body.Bytes())))
}

// prove lets who asks prove again to be the one, as if by a passkey.
func (s *site) prove() {
	s.t.Helper()
	session := s.session[s.by]
	by, _, err := s.Session(s.t.Context(), session, true)
	if err == nil {
		err = s.ProveByPasskey(s.t.Context(), by, session, by.Principal)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// enter signs nobody in particular in.
func (s *site) enter(d *passkeytest.Device, back string) answer {
	s.t.Helper()
	begun := s.as("").begin("/sign-in/passkey/options")
	return s.as("").finish("/sign-in/passkey", begun, "back", back, "response", string(d.SignIn(begun.Body.Bytes())))
}

// isSignedIn expects an answer that let somebody in.
func (s *site) isSignedIn(a answer, name, leadsTo string) {
	s.t.Helper()
	a.leadsTo(leadsTo)
	if c := a.cookie(ceremonyName); c == nil || c.MaxAge >= 0 {
		s.t.Errorf("the ceremony's cookie stays: %+v", c)
	}
	s.as("").get("/account", bring(a, sessionName)).status(http.StatusOK).says(name)
}

// isRefused expects an answer that let nobody in.
func (s *site) isRefused(a answer, status int, says string) {
	s.t.Helper()
	a.status(status).says(says)
	if c := a.cookie(sessionName); c != nil {
		s.t.Errorf("a session began: %+v", c)
	}
	for _, link := range a.page().Find("#error-summary a").EachIter() {
		if id := link.AttrOr("href", "#"); a.page().Find(id).Length() != 1 {
			s.t.Errorf("%q leads to %s, which is not there", link.Text(), id)
		}
	}
}

func TestPasskeyIsAddedUsedAndDeleted(t *testing.T) {
	s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
	s.register(d, " blue phone ").leadsTo("/account")
	a := s.get("/account").says("blue phone").says("not used yet")
	s.Clock.Pass(time.Hour)
	d.Count = 1
	s.isSignedIn(s.enter(d, "/contacts/new"), "manager@example.org", "/contacts/new")
	s.get("/account").says("used just now")
	path := a.page().Find(`.passkeys a`).AttrOr("href", "")
	s.get(path).status(http.StatusOK).says("Delete the passkey “blue phone”?").says("It is your last passkey, and you have no password")
	s.as(oncall.Admin).get(path).status(http.StatusNotFound)
	s.as(oncall.Admin).post(path)
	s.get(path).status(http.StatusOK) // it is somebody else's
	s.post(path).leadsTo("/account")
	s.get("/account").saysNot("blue phone")
	s.get(path).status(http.StatusNotFound)
	s.post("/account/passkeys/!/delete").status(http.StatusNotFound)
	d.Count = 2
	s.isRefused(s.enter(d, ""), http.StatusUnprocessableEntity, "This did not sign you in: use another passkey")
}

func TestPasskeyLeadsNowhereElse(t *testing.T) {
	s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
	s.register(d, "phone").leadsTo("/account")
	for _, back := range []string{"https://evil.example", "//evil.example", `/\evil.example`, ""} {
		d.Count++
		s.enter(d, back).leadsTo("/contacts")
	}
}

func TestAnswerToNoCeremonySignsNobodyIn(t *testing.T) {
	s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
	s.register(d, "phone").leadsTo("/account")
	nobody := s.as("")
	const path, options = "/sign-in/passkey", "/sign-in/passkey/options"
	const tooLate = "This took too long, or was finished already: begin again."

	begun := nobody.begin(options)
	response := string(d.SignIn(begun.Body.Bytes()))
	s.isRefused(nobody.post(path, "response", response), http.StatusUnprocessableEntity, tooLate) // another browser
	s.isSignedIn(nobody.finish(path, begun, "response", response), "manager@example.org", "/contacts")
	s.isRefused(nobody.finish(path, begun, "response", response), http.StatusUnprocessableEntity, tooLate) // again
	s.isRefused(nobody.finish(path, nobody.begin(options), "response", response), http.StatusUnprocessableEntity, "try again, use another passkey")

	// A first answer that is wrong uses the ceremony up.
	begun = nobody.begin(options)
	s.isRefused(nobody.finish(path, begun, "response", "{}"), http.StatusUnprocessableEntity, "try again, use another passkey")
	s.isRefused(nobody.finish(path, begun, "response", string(d.SignIn(begun.Body.Bytes()))), http.StatusUnprocessableEntity, tooLate)

	for _, wait := range []time.Duration{5 * time.Minute, 10 * time.Minute} {
		begun = nobody.begin(options)
		s.Clock.Pass(wait)
		s.isRefused(nobody.finish(path, begun, "response", string(d.SignIn(begun.Body.Bytes()))), http.StatusUnprocessableEntity, "")
	}
	s.prove()
	begun = s.begin("/account/passkeys/options") // of another kind
	s.isRefused(nobody.finish(path, begun, "response", string(d.SignIn(begun.Body.Bytes()))), http.StatusUnprocessableEntity, tooLate)
}

func TestPasskeyLiesAreRefused(t *testing.T) {
	for name, lie := range map[string]func(*passkeytest.Device){
		"origin": func(d *passkeytest.Device) { d.Origin = "http://evil.localhost:8080" },
		"key":    func(d *passkeytest.Device) { d.Key = passkeytest.NewDevice(t, local).Key },
		"handle": func(d *passkeytest.Device) { d.Handle = []byte("somebody else") },
		"id":     func(d *passkeytest.Device) { d.ID = []byte("another") },
		"flags":  func(d *passkeytest.Device) { d.Flags &^= passkeytest.Verified },
	} {
		s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
		s.register(d, "phone").leadsTo("/account")
		lie(d)
		t.Log(name)
		s.isRefused(s.enter(d, ""), http.StatusUnprocessableEntity, "This did not sign you in")
	}
}

func TestCopiedPasskeyIsRefusedAndItsCountIsKept(t *testing.T) {
	s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
	d.Count = 7
	s.register(d, "phone").leadsTo("/account")
	for range 2 {
		d.Count = 7
		s.isRefused(s.enter(d, ""), http.StatusUnprocessableEntity, "there may be a copy of it")
	}
	if !strings.Contains(s.log.String(), "there may be a copy of it") {
		t.Error("the log does not tell of it")
	}
	d.Count = 8
	s.isSignedIn(s.enter(d, ""), "manager@example.org", "/contacts")
}

func TestDisabledUserHasNoPasskey(t *testing.T) {
	s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
	s.register(d, "phone").leadsTo("/account")
	by, _, err := s.Session(t.Context(), s.session[oncall.Manager], false)
	if err != nil {
		t.Fatal(err)
	}
	disabled := true
	if _, err := s.UpdateUser(t.Context(), operator, account.UserChange{User: by.Principal, Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	s.isRefused(s.enter(d, ""), http.StatusUnprocessableEntity, "This did not sign you in")
}

func TestSessionThatCameAlongEnds(t *testing.T) {
	s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
	s.register(d, "phone").leadsTo("/account")
	begun := s.begin("/sign-in/passkey/options")
	a := s.finish("/sign-in/passkey", begun, "response", string(d.SignIn(begun.Body.Bytes())))
	s.isSignedIn(a, "manager@example.org", "/contacts")
	s.get("/account").leadsTo("/sign-in?back=%2Faccount") // planted or not, it is over
}

func TestRefusedPasskeyKeepsItsName(t *testing.T) {
	s, d := passkeySite(t, local), passkeytest.NewDevice(t, local)
	for want, register := range map[string]func() answer{
		"This took too long, or was finished already": func() answer { return s.post("/account/passkeys", "name", "phone", "response", "{}") },
		"Your device did not create a usable passkey": func() answer {
			return s.finish("/account/passkeys", s.begin("/account/passkeys/options"), "name", "phone", "response", "{}")
		},
		"Write the name without line breaks": func() answer { return s.register(passkeytest.NewDevice(t, local), "pho\u200bne") },
	} {
		a := register()
		s.isRefused(a, http.StatusUnprocessableEntity, want)
		if !strings.HasPrefix(a.value("name"), "pho") {
			t.Errorf("%s: the name reads %q", want, a.value("name"))
		}
	}
	begun := s.begin("/account/passkeys/options")
	s.Clock.Pass(6 * time.Minute)
	late := s.finish("/account/passkeys", begun, "name", "phone", "response", string(d.Register(begun.Body.Bytes())))
	s.isRefused(late.says("you first confirm that it is you"), http.StatusUnprocessableEntity, "This took too long: add the passkey again")
	s.prove()
	s.register(passkeytest.NewDevice(t, local), "").status(http.StatusUnprocessableEntity).says("Enter a name for the passkey")
	s.register(d, "phone").leadsTo("/account")
	s.register(d, "phone").status(http.StatusConflict).says("registered already")
	// begun by one person, finished by another
	begun = s.begin("/account/passkeys/options")
	s.as(oncall.Admin).finish("/account/passkeys", begun, "name", "x", "response", string(passkeytest.NewDevice(t, local).Register(begun.Body.Bytes()))).
		status(http.StatusUnprocessableEntity)
	s.as(oncall.Admin).get("/account").saysNot("not used yet")
}

func TestTenPasskeysAreTheLimit(t *testing.T) {
	s := passkeySite(t, local)
	for range oncall.MaxPasskeys {
		s.register(passkeytest.NewDevice(t, local), "phone").leadsTo("/account")
	}
	if a := s.get("/account").says("You have as many passkeys as you can have"); a.page().Find("[data-passkey]").Length() != 0 {
		t.Error("there is a form all the same")
	}
	s.register(passkeytest.NewDevice(t, local), "phone").status(http.StatusConflict).says("You have 10 passkeys, which is the limit")
}

func TestPasskeysHideWhereThereAreNone(t *testing.T) {
	s := passkeySite(t, "http://127.0.0.1:8080")
	s.get("/account").says("Passkeys do not work at this address: 127.0.0.1 is an IP address, and passkeys need a host name, such as localhost.")
	for _, a := range []answer{s.get("/account"), s.as("").get("/sign-in"), newSite(t).get("/account"), newSite(t).as("").get("/sign-in")} {
		if a.status(http.StatusOK).page().Find("[data-passkey]").Length() != 0 {
			t.Error("there is a form of passkeys")
		}
	}
	for _, path := range []string{"/account/passkeys/options", "/account/passkeys", "/sign-in/passkey/options", "/sign-in/passkey"} {
		s.post(path, "name", "phone", "response", "{}").status(http.StatusNotFound)
	}
	// Without JavaScript the forms stay hidden, and say what they need.
	s = passkeySite(t, local)
	for _, a := range []answer{s.get("/account").says("To add one, you need JavaScript"), s.as("").get("/sign-in")} {
		if form := a.page().Find("form[data-passkey]"); form.Length() != 1 || form.AttrOr("data-host", "") != "localhost:8080" || !form.Is("[hidden]") {
			t.Error("the form is not hidden")
		}
		strict(t, "passkeys", a.page())
	}
}
