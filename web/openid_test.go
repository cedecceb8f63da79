package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/handlers"
	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/internal/openid"
	"callbook/internal/openid/openidtest"
	"callbook/web"
)

const callback = "/sign-in/openid/callback"

// providerSite is a site with a provider of identities.
func providerSite(t *testing.T) (*site, *openidtest.Provider) {
	t.Helper()
	w := oncalltest.New(t)
	idp := openidtest.New(t)
	idp.Now, idp.BackTo = w.Clock.Now, "http://127.0.0.1:8080"+callback
	roles, err := openid.ParseMapping("oncall-admins=admin,oncall=manager,readers=viewer", "viewer", "manager", "admin")
	if err != nil {
		t.Fatal(err)
	}
	way := handlers.OpenID{Client: idp.Client(), Roles: roles, Name: "Example Login"}
	return siteOf(t, w, handlers.Options{Origin: "http://127.0.0.1:8080", OpenID: way}, w.Rooms, web.Options{Site: here}), idp
}

// groups says in which groups the person at the provider is.
func groups(idp *openidtest.Provider, names ...string) {
	idp.Claims = func(claims map[string]any) { claims["groups"] = names }
}

// goThere begins a sign-in and lets the person say yes at the provider, and
// returns what the browser then brings back.
func (s *site) goThere(back string) (begun answer, query url.Values) {
	s.t.Helper()
	begun = s.as("").get("/sign-in/openid?" + formOf("back", back)).status(http.StatusSeeOther)
	return begun, openidtest.Visit(s.t, begun.Header().Get("Location"))
}

// comeBack is the browser on its way back from the provider: a top-level GET from
// another site, which brings Lax cookies along.
func (s *site) comeBack(begun answer, query url.Values) answer {
	s.t.Helper()
	return s.as("").get(callback+"?"+query.Encode(), bring(begun, ceremonyName), header("Sec-Fetch-Site", "cross-site"))
}

func (s *site) enterThere(back string) answer {
	s.t.Helper()
	begun, query := s.goThere(back)
	return s.comeBack(begun, query)
}

func TestPersonOfTheProviderSignsIn(t *testing.T) {
	s, _ := providerSite(t)
	link := s.as("").get("/sign-in?back=%2Fcontacts%2Fnew").says("Sign in with Example Login").page().Find("#openid")
	if href := link.AttrOr("href", ""); href != "/sign-in/openid?back=%2Fcontacts%2Fnew" || link.AttrOr("hx-boost", "") != "false" {
		t.Errorf("the link leads to %s", href)
	}
	begun, query := s.goThere("/contacts/new")
	if c := begun.cookie(ceremonyName); c == nil || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 600 {
		t.Errorf("the cookie is %+v", c)
	}
	a := s.comeBack(begun, query)
	s.isSignedIn(a, "ana@example.org", "/contacts/new")
	s.as("").get("/account", bring(a, sessionName)).says("Ana López").says("Manager")
	s.get("/sign-in/openid?back=%2Faccount").leadsTo("/account") // signed in already
}

func TestRoleFollowsTheGroups(t *testing.T) {
	s, idp := providerSite(t)
	for want, in := range map[string][]string{"Viewer": {"readers", "others"}, "Manager": {"readers", "oncall"}, "Admin": {"oncall-admins", "oncall"}} {
		groups(idp, in...)
		a := s.enterThere("")
		s.as("").get("/account", bring(a, sessionName)).says("Role" + want)
	}
	groups(idp, "readers")
	ana := s.contact("ana", "Ana")
	a := s.enterThere("")
	s.as("").get("/contacts/new", bring(a, sessionName)).status(http.StatusForbidden).says("You may not do this")
	_, channel := s.channel(ana, oncall.SMS, "mobile", "+447700900123")
	s.as("").get(channel, bring(a, sessionName)).status(http.StatusOK).says("+44 ••• ••• 0123").saysNot("+447700900123")
}

func TestNobodyGetsInWithoutARole(t *testing.T) {
	s, idp := providerSite(t)
	for _, in := range [][]string{nil, {"others"}, {"admin"}, {"ONCALL"}} {
		groups(idp, in...)
		s.isRefused(s.enterThere(""), http.StatusForbidden, "None of your groups has a role in Callbook: ask an admin for one.")
	}
	groups(idp, "oncall")
	a := s.enterThere("")
	s.isSignedIn(a, "ana@example.org", "/contacts")
	groups(idp, "others") // has left the team
	s.isRefused(s.enterThere(""), http.StatusForbidden, "None of your groups")
}

func TestOnlyVerifiedEmailsAreLinked(t *testing.T) {
	s, idp := providerSite(t)
	idp.Claims = func(claims map[string]any) { claims["email"], claims["email_verified"] = "admin@example.org", false }
	s.isRefused(s.enterThere(""), http.StatusForbidden, "does not vouch for your email address")
	idp.Claims = func(claims map[string]any) { claims["email"] = "admin@example.org" }
	s.isSignedIn(s.enterThere(""), "admin@example.org", "/contacts")
	idp.Claims = func(claims map[string]any) { claims["email"], claims["sub"] = "admin@example.org", "somebody-else" }
	s.isRefused(s.enterThere(""), http.StatusForbidden, "Another account of the sign-in service is linked")
}

func TestDisabledUserIsRefusedAtTheProviderToo(t *testing.T) {
	s, _ := providerSite(t)
	a := s.enterThere("")
	by, _, err := s.Session(t.Context(), a.cookie(sessionName).Value, false)
	if err != nil {
		t.Fatal(err)
	}
	disabled := true
	if _, err := s.UpdateUser(t.Context(), operator, account.UserChange{User: by.Principal, Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	s.isRefused(s.enterThere(""), http.StatusUnprocessableEntity, "Your account is disabled: ask an admin.")
}

func TestProviderLeadsNowhereElse(t *testing.T) {
	s, _ := providerSite(t)
	for _, back := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "javascript:alert(1)", ""} {
		s.enterThere(back).leadsTo("/contacts")
	}
	begun, query := s.goThere("")
	query.Set("back", "/account")
	s.comeBack(begun, query).leadsTo("/contacts") // what comes back says nothing of where to go
}

func TestAnswerOfTheProviderIsGoodOnce(t *testing.T) {
	s, idp := providerSite(t)
	const tooLate = "This took too long, or was finished already: begin again."
	begun, query := s.goThere("")
	s.isRefused(s.comeBack(s.as("").get("/sign-in"), query), http.StatusUnprocessableEntity, tooLate) // another browser
	s.isSignedIn(s.comeBack(begun, query), "ana@example.org", "/contacts")
	s.isRefused(s.comeBack(begun, query), http.StatusUnprocessableEntity, tooLate)

	other, _ := s.goThere("")
	s.isRefused(s.comeBack(other, query), http.StatusUnprocessableEntity, "was begun in another browser") // with its state
	other, fresh := s.goThere("")
	fresh.Set("code", query.Get("code"))
	s.isRefused(s.comeBack(other, fresh), http.StatusUnprocessableEntity, "does not prove who you are") // the used code

	for name, change := range map[string]func(url.Values){
		"other state": func(q url.Values) { q.Set("state", "other") },
		"no state":    func(q url.Values) { q.Del("state") },
		"two states":  func(q url.Values) { q.Add("state", "other") },
	} {
		begun, query := s.goThere("/account")
		was := query.Encode()
		change(query)
		t.Log(name)
		a := s.comeBack(begun, query)
		s.isRefused(a, http.StatusUnprocessableEntity, "was begun in another browser")
		if back := a.page().Find(".theme [name=back]").AttrOr("value", ""); back != "/sign-in?back=%2Faccount" {
			t.Errorf("the page leads back to %q", back)
		}
		query, _ = url.ParseQuery(was)
		s.isRefused(s.comeBack(begun, query), http.StatusUnprocessableEntity, tooLate) // the wrong one used it up
	}
	begun, query = s.goThere("")
	s.Clock.Pass(account.CeremonyTTL)
	s.isRefused(s.comeBack(begun, query), http.StatusUnprocessableEntity, tooLate)

	idp.Claims = func(claims map[string]any) { claims["nonce"] = "other" }
	s.isRefused(s.enterThere(""), http.StatusUnprocessableEntity, "does not prove who you are")
}

func TestWhatGoesWrongAtTheProviderIsTold(t *testing.T) {
	s, idp := providerSite(t)
	for code, want := range map[string]struct {
		status int
		says   string
	}{
		"access_denied":  {http.StatusForbidden, "the sign-in service declined, or you did"},
		"server_error":   {http.StatusServiceUnavailable, "does not answer"},
		"invalid_scope":  {http.StatusBadGateway, "does not accept Callbook"},
		"<script>alert(": {http.StatusBadGateway, "does not accept Callbook"},
	} {
		begun, query := s.goThere("")
		query.Set("error", code)
		query.Set("error_description", "ana@example.org said no")
		a := s.comeBack(begun, query)
		s.isRefused(a, want.status, want.says)
		a.says("Sign in with Example Login")
		if id := a.Header().Get("X-Request-Id"); strings.Contains(s.log.String(), id+`","cause`) != (code != "access_denied") {
			t.Errorf("%s: the log says\n%s", code, s.log)
		}
	}
	idp.Secret = "changed"
	s.isRefused(s.enterThere(""), http.StatusBadGateway, "does not accept Callbook")
	idp.Answer["/token"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	s.isRefused(s.enterThere(""), http.StatusServiceUnavailable, "does not answer")
	if strings.Contains(s.log.String(), openidtest.ClientSecret) {
		t.Error("the log holds the client secret")
	}
}

func TestProviderThatIsDownKeepsNobodyOut(t *testing.T) {
	s, idp := providerSite(t)
	const document = "/.well-known/openid-configuration"
	idp.Answer[document] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	a := s.as("").get("/sign-in/openid?back=%2Faccount")
	s.isRefused(a, http.StatusServiceUnavailable, "The sign-in service does not answer")
	if back := a.value("back"); back != "/account" || a.page().Find("#password").Length() != 1 {
		t.Errorf("the password leads back to %q", back)
	}
	delete(idp.Answer, document)
	s.Clock.Pass(time.Minute)
	s.isSignedIn(s.enterThere(""), "ana@example.org", "/contacts")
}

func TestWithoutAProviderNothingIsShown(t *testing.T) {
	s := newSite(t).as("")
	s.get("/sign-in").saysNot("Sign in with")
	s.get("/sign-in/openid").status(http.StatusNotFound)
	s.get(callback + "?state=x&code=y").status(http.StatusNotFound)
}
