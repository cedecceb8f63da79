package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

// admin is the site as an admin sees it, with somebody who has a password.
func adminSite(t *testing.T) *site {
	t.Helper()
	return newSite(t).as(oncall.Admin)
}

func TestEveryFormOfAnotherSiteIsRefused(t *testing.T) {
	s := adminSite(t)
	for _, r := range routes(s) {
		if r.Method != http.MethodPost {
			continue
		}
		for _, sign := range []with{header("Sec-Fetch-Site", "cross-site"), header("Origin", "https://evil.example"), header("Origin", "null")} {
			s.do(r.Method, s.anywhere(r), formOf("alias", "x"), sign).status(http.StatusForbidden).says("This form came from another site")
		}
	}
}

func TestEveryFormIsBounded(t *testing.T) {
	s := adminSite(t)
	for _, r := range routes(s) {
		if r.Method != http.MethodPost {
			continue
		}
		large := formOf("name", strings.Repeat("a", int(max(r.MaxBytes(), 64<<10))))
		if got := s.do(r.Method, s.anywhere(r), large).Code; got != http.StatusRequestEntityTooLarge {
			t.Errorf("%s takes 64 KiB and answers %d, want 413", r.Path, got)
		}
	}
}

func TestNoPageCanBeFramedOrKept(t *testing.T) {
	s := adminSite(t)
	for _, r := range routes(s) {
		h := s.do(r.Method, s.anywhere(r), "").Header()
		if !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") || h.Get("X-Frame-Options") != "DENY" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: headers %v", r.Method, r.Path, h)
		}
	}
}

func TestEveryRouteRefusesOtherHosts(t *testing.T) {
	s := adminSite(t)
	for _, r := range routes(s) {
		s.do(r.Method, s.anywhere(r), "", as("evil.example")).status(http.StatusMisdirectedRequest)
	}
}

func TestLinksAreMadeOfTheOriginNeverOfTheHost(t *testing.T) {
	s := adminSite(t)
	a := s.do(http.MethodPost, "/settings/users/new", formOf("email", "new@example.org", "role", "viewer", "token", "t"), as("localhost:8080")).status(http.StatusOK)
	link := a.page().Find(".secret code").Text()
	if !strings.HasPrefix(link, "http://127.0.0.1:8080/join/") {
		t.Errorf("the link is %q", link)
	}
}

func TestEveryCookieIsGuarded(t *testing.T) {
	s := newSite(t)
	someone(s, "ana@example.org")
	for _, of := range []struct {
		what string
		answer
	}{
		{"sign-in", s.as("").post("/sign-in", "email", "ana@example.org", "password", oncalltest.Password)},
		{"theme", s.post("/theme", "theme", "dark")},
		{"notice", s.post("/contacts/new", "name", "Bo", "alias", "bo", "token", "t")},
		{"sign-out", s.post("/sign-out")},
	} {
		what, a := of.what, of.answer
		cookies := a.Result().Cookies()
		if len(cookies) == 0 {
			t.Errorf("%s: no cookie, status %d", what, a.Code)
		}
		for _, c := range cookies {
			session := strings.HasPrefix(c.Name, "__Host-")
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || session && !c.Secure {
				t.Errorf("%s: cookie %s", what, c)
			}
			if session != (what == "sign-in" || what == "sign-out") && strings.Contains(c.Name, "session") {
				t.Errorf("%s: cookie %s", what, c)
			}
		}
	}
}

// someone is a manager with a password.
func someone(s *site, email string) oncall.User {
	s.t.Helper()
	u, err := s.AddUser(s.t.Context(), operator, account.NewUser{Email: email, Role: oncall.Manager}, oncalltest.Password)
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// tokenOf is the session that an answer started.
func (a answer) tokenOf() string {
	for _, c := range a.Result().Cookies() {
		if c.Name == "__Host-callbook-session" {
			return c.Value
		}
	}
	return ""
}

func withSession(token string) with {
	return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-callbook-session", Value: token}) }
}

func TestPlantedSessionIsNotTakenUp(t *testing.T) {
	s := newSite(t)
	someone(s, "ana@example.org")
	nobody := s.as("")
	for _, planted := range []string{"planted", s.session[oncall.Viewer]} {
		a := nobody.do(http.MethodPost, "/sign-in", formOf("email", "ana@example.org", "password", oncalltest.Password), withSession(planted)).status(http.StatusSeeOther)
		if token := a.tokenOf(); token == "" || token == planted {
			t.Errorf("planted %q: the session is %q", planted, token)
		}
		nobody.do(http.MethodGet, "/contacts", "", withSession(planted)).leadsToSignIn()
	}
}

func TestSignOutEndsTheSessionItself(t *testing.T) {
	s := newSite(t)
	s.get("/contacts").status(http.StatusOK)
	s.post("/sign-out").leadsTo("/sign-in")
	s.get("/contacts").leadsToSignIn() // although the browser still sends the cookie
}

func TestFailedSignInsReadAlike(t *testing.T) {
	s := newSite(t).as("")
	someone(s, "ana@example.org")
	disabled := someone(s, "off@example.org")
	yes := true
	if _, err := s.UpdateUser(t.Context(), operator, account.UserChange{User: disabled.ID, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	const wrong = "not the password at all"
	first := ""
	for _, try := range [][2]string{{"ana@example.org", wrong}, {"nobody@example.org", wrong}, {"off@example.org", oncalltest.Password}, {"viewer@example.org", wrong}, {"no address", wrong}} {
		a := s.post("/sign-in", "email", try[0], "password", try[1]).status(http.StatusUnprocessableEntity)
		said := strings.ReplaceAll(a.text(), try[0], "")
		if first == "" {
			first = said
		}
		if said != first || strings.Contains(a.Body.String(), wrong) {
			t.Errorf("%s: the page says\n%s\nand for the first\n%s", try[0], said, first)
		}
	}
}

func TestSignInSlowsDown(t *testing.T) {
	s := newSite(t).as("")
	someone(s, "ana@example.org")
	for range 5 {
		s.post("/sign-in", "email", "ana@example.org", "password", "wrong wrong wrong").status(http.StatusUnprocessableEntity)
	}
	a := s.post("/sign-in", "email", "ana@example.org", "password", oncalltest.Password).status(http.StatusTooManyRequests)
	if a.Header().Get("Retry-After") == "" || a.value("email") != "ana@example.org" {
		t.Errorf("headers %v", a.Header())
	}
}

// elsewhere are ways to name another site.
var elsewhere = []string{"https://evil.example", "//evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "javascript:alert(1)", "/..//evil.example", "http:evil.example", "/%09/evil.example"}

func TestNobodyIsLedElsewhere(t *testing.T) {
	s := newSite(t)
	someone(s, "ana@example.org")
	for _, back := range elsewhere {
		answers := []answer{
			s.as("").post("/sign-in", "email", "ana@example.org", "password", oncalltest.Password, "back", back),
			s.get("/sign-in?" + url.Values{"back": {back}}.Encode()),
			s.post("/theme", "theme", "dark", "back", back),
		}
		for _, a := range answers {
			a.status(http.StatusSeeOther)
			to, err := url.Parse(a.Header().Get("Location"))
			if err != nil || to.Host != "" || to.Scheme != "" || strings.HasPrefix(to.Path, "//") || !strings.HasPrefix(to.Path, "/") {
				t.Errorf("back to %q leads to %q", back, a.Header().Get("Location"))
			}
		}
		if got := s.as("").get("/sign-in?" + url.Values{"back": {back}}.Encode()).value("back"); strings.HasPrefix(got, "//") || !strings.HasPrefix(got, "/") {
			t.Errorf("back to %q becomes %q in the form", back, got)
		}
	}
}

func TestPathsDoNotLeaveTheStaticFiles(t *testing.T) {
	s := adminSite(t)
	for _, path := range []string{"/static/../go.mod", "/static/%2e%2e/go.mod", "/static/..%2fgo.mod", "/static//etc/passwd", "/static/%00", "/static/app.css%00", `/static/..\go.mod`, "/contacts/../../etc/passwd"} {
		a := s.get(path)
		if a.Code != http.StatusNotFound || strings.Contains(a.Body.String(), "module callbook") || strings.Contains(a.Body.String(), "root:") {
			t.Errorf("%s: status %d\n%.200s", path, a.Code, a.Body)
		}
	}
}

// nasty are texts that mean something to a browser, to SQL or in a header.
var nasty = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'; DROP TABLE contact; --`, `" OR 1=1 --`, "%' OR '1'='1", "a\r\nSet-Cookie: evil=1",
	"a\x00b", "\xff\xfe", `{{.}}`, `javascript:alert(1)`, strings.Repeat("é", 5000),
}

// fields are all that a form or a query may hold.
var fields = []string{"alias", "name", "type", "phone", "country", "email", "defer", "accept", "use", "token", "version", "was", "was_address", "was_state",
	"was_since", "theme", "back", "role", "password", "current", "q", "show", "after", "contact", "actor", "action", "before", "format", "response", "code", "state"}

// Whatever is typed into every field of every form, and into every query: the
// answer is a page of ours, in one piece, without a script and without a fault.
func TestNothingTypedBreaksAPage(t *testing.T) {
	oncalltest.Slow(t)
	s := adminSite(t)
	for _, r := range routes(s) {
		for _, text := range nasty {
			var form []string
			for _, f := range fields {
				form = append(form, f, text)
			}
			path, body := s.anywhere(r), ""
			if r.Method == http.MethodGet {
				path += "?" + formOf(form...)
			} else {
				body = formOf(form...)
			}
			s.isOurs(r.Path, text, s.do(r.Method, path, body))
			s.isOurs(r.Path, text, s.do(r.Method, strings.NewReplacer(":alias", url.PathEscape(text), ":id", url.PathEscape(text), ":token", url.PathEscape(text)).Replace(r.Path), body))
		}
		if r.Path == "/account/sign-out" || r.Path == "/sign-out" {
			s.session[oncall.Admin] = s.again(oncall.Admin)
		}
	}
	s.get("/contacts").status(http.StatusOK)
}

// again signs the somebody of a role in once more.
func (s *site) again(role oncall.Role) string {
	s.t.Helper()
	users, err := s.Users(s.t.Context(), operator)
	if err != nil {
		s.t.Fatal(err)
	}
	i := slices.IndexFunc(users, func(u oncall.User) bool { return u.Role == role && u.Email == string(role)+"@example.org" })
	token, err := s.SignInAs(s.t.Context(), oncall.Actor{Door: oncall.Browser}, users[i].ID, oncall.ByPasskey, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

func (s *site) isOurs(path, text string, a answer) {
	s.t.Helper()
	if a.Code >= http.StatusInternalServerError {
		s.t.Errorf("%s with %.40q: status %d", path, text, a.Code)
	}
	for name, values := range a.Header() {
		if strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00") || name == "Set-Cookie" && strings.Contains(strings.Join(values, ""), "evil=1;") {
			s.t.Errorf("%s with %.40q: header %s: %q", path, text, name, values)
		}
	}
	if a.page().Find("script:not([src]), [onerror], [onload], img").Length() > 0 {
		s.t.Errorf("%s with %.40q: the page has markup that was typed", path, text)
	}
}

func TestStoredTextIsNeverMarkup(t *testing.T) {
	s := adminSite(t)
	const name = `<script>alert(1)</script>`
	u, err := s.AddUser(t.Context(), operator, account.NewUser{Email: "x@example.org", Name: name, Role: oncall.Admin}, oncalltest.Password)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/settings/users", "/settings/users/" + u.ID, "/settings/users/" + u.ID + "/delete"} {
		s.isOurs(path, name, s.get(path).status(http.StatusOK))
	}
	s.get("/settings/users").says(name)
	token, err := s.SignInAs(t.Context(), oncall.Actor{Door: oncall.Browser}, u.ID, oncall.ByPasskey, "")
	if err != nil {
		t.Fatal(err)
	}
	s.isOurs("/account", name, s.as("").do(http.MethodGet, "/account", "", withSession(token)).status(http.StatusOK).says(name))
}
