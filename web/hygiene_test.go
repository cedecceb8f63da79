package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/handlers"
	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/web"
)

// everyPage returns a path of every page that can be opened, in a book with an
// active and an inactive channel.
func everyPage(s *site) []string {
	ana := s.contact("ana", "Ana Silva")
	c, active := s.channel(ana, oncall.SMS, "mobile", "+447700900123")
	s.activate(c)
	_, other := s.channel(ana, oncall.Email, "mail", "ana@example.org")
	return []string{"/contacts", "/contacts?q=nobody", "/contacts?show=reachable", "/contacts/new", "/contacts/import", "/contacts/ana", "/contacts/ana/edit",
		"/contacts/ana/delete", "/contacts/ana/channels/new", active, active + "/edit", active + "/deactivate", active + "/delete",
		other, other + "/edit", "/nothing/here", "/contacts/nobody",
		"/audit", "/audit?contact=ana&actor=program&action=CreateContact", "/audit?contact=nobody", "/audit?before=1",
		"/account", "/account/confirm", "/account/sign-out", "/settings/users", "/settings/users/new", s.userPath(), s.userPath() + "/disable", s.userPath() + "/delete",
		"/settings/keys", "/settings/keys/new", s.keyPath() + "/delete", "/settings/delivery", "/settings/about", "/activations", "/activate/none",
		"/help", "/help/settings", "/help/clients"}
}

// userPath is the page of the viewer.
func (s *site) userPath() string {
	s.t.Helper()
	users, err := s.Users(s.t.Context(), operator)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range users {
		if u.Role == oncall.Viewer {
			return "/settings/users/" + u.ID
		}
	}
	s.t.Fatal("there is no viewer")
	return ""
}

// keyPath is below what is done to an access key, which it makes.
func (s *site) keyPath() string {
	s.t.Helper()
	k, _, err := s.CreateAccessKey(s.t.Context(), operator, account.NewAccessKey{Name: "ci", Role: oncall.Manager})
	if err != nil {
		s.t.Fatal(err)
	}
	return "/settings/keys/" + k.ID
}

func TestEveryPageIsSoundHTML(t *testing.T) {
	s := newSite(t).as(oncall.Admin)
	for _, path := range everyPage(s) {
		a := s.get(path)
		doc := a.page()
		if n := doc.Find("h1").Length(); n != 1 {
			t.Errorf("%s: %d h1, want 1", path, n)
		}
		for _, control := range doc.Find("input:not([type=hidden]), select").EachIter() {
			id, within := control.AttrOr("id", ""), control.Closest("label").Length() == 1
			if !within && (id == "" || doc.Find(`label[for="`+id+`"]`).Length() != 1) {
				t.Errorf("%s: the control %q has no label", path, control.AttrOr("name", ""))
			}
		}
		for _, described := range doc.Find("[aria-describedby]").EachIter() {
			for id := range strings.FieldsSeq(described.AttrOr("aria-describedby", "")) {
				if doc.Find("#"+id).Length() != 1 {
					t.Errorf("%s: aria-describedby names %q, which is not there once", path, id)
				}
			}
		}
		seen := map[string]bool{}
		for _, e := range doc.Find("[id]").EachIter() {
			if id := e.AttrOr("id", ""); seen[id] {
				t.Errorf("%s: the id %q stands twice", path, id)
			} else {
				seen[id] = true
			}
		}
		for _, form := range doc.Find("form:has(input[type=text]), form:has(input[type=tel]), form:has(input[type=email])").EachIter() {
			if first := form.Find("button").First(); first.AttrOr("type", "") != "submit" || first.AttrOr("name", "") != "" {
				t.Errorf("%s: Enter would press %q", path, first.Text())
			}
		}
		strict(t, path, doc)
	}
}

func TestEverySummaryLinkLeadsToItsControl(t *testing.T) {
	s := newSite(t)
	_, path := s.channel(s.contact("ana", "Ana"), oncall.Email, "mail", "ana@example.org")
	for _, a := range []answer{
		s.post("/contacts/new", "name", "a/b", "alias", "A", "token", " "),
		s.post("/contacts/ana/channels/new", "type", "FAX", "name", "", "token", " "),
		s.post("/contacts/ana/channels/new", "type", "SMS", "name", "", "phone", "x", "country", "XX"),
		s.post("/contacts/ana/channels/new", "type", "SMS", "name", "a", "phone", "1", "country", "XX"),
		s.post("/contacts/ana/channels/new", "type", "EMAIL", "name", "a", "email", "x"),
		s.post(path+"/edit", "name", "", "email", "x", "version", "1"),
	} {
		a.status(http.StatusUnprocessableEntity)
		links := a.page().Find("#error-summary a")
		if links.Length() == 0 {
			t.Errorf("no links:\n%s", a.text())
		}
		for _, link := range links.EachIter() {
			if id := link.AttrOr("href", "#"); a.page().Find(id).Length() != 1 {
				t.Errorf("%q leads to %s, which is not there", link.Text(), id)
			}
		}
	}
}

// strict finds what the content security policy would refuse or htmx evaluate.
func strict(t *testing.T, path string, doc *goquery.Document) {
	t.Helper()
	if doc.Find("[style], style, script:not([src])").Length() > 0 {
		t.Errorf("%s: inline style or script", path)
	}
	doc.Find("article.prose").Each(func(_ int, document *goquery.Selection) { inert(t, path, document) })
	rest := goquery.CloneDocument(doc)
	rest.Find("article.prose").Remove() // it may speak of other sites
	html, _ := rest.Html()
	for _, forbidden := range []string{" onclick", " onload", " hx-on", "javascript:", "js:", "http://", "https://"} {
		if strings.Contains(html, forbidden) {
			t.Errorf("%s holds %q", path, forbidden)
		}
	}
	for _, boosted := range doc.Find("[hx-boost=true]").EachIter() {
		for _, needed := range []string{"hx-target", "hx-swap", "hx-select"} {
			if boosted.AttrOr(needed, "") == "" {
				t.Errorf("%s: a boosted element without %s of its own", path, needed)
			}
		}
	}
}

// inert finds what is more than text in a document, or leads elsewhere by itself.
func inert(t *testing.T, path string, document *goquery.Selection) {
	t.Helper()
	elements := strings.Fields("h1 h2 h3 p a ul ol li strong em code pre div table thead tbody tr th td")
	attributes := strings.Fields("id href class role aria-label tabindex start align")
	for _, e := range document.Find("*").EachIter() {
		if !slices.Contains(elements, goquery.NodeName(e)) {
			t.Errorf("%s: the document has an element %s", path, goquery.NodeName(e))
		}
		for _, a := range e.Nodes[0].Attr {
			if !slices.Contains(attributes, a.Key) || a.Key == "href" && !strings.HasPrefix(a.Val, "/help/") && !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "#") {
				t.Errorf("%s: the document has the attribute %s=%q", path, a.Key, a.Val)
			}
		}
	}
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	s := newSite(t).as(oncall.Admin)
	want := map[string]string{
		"Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		"Referrer-Policy":         "same-origin", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Cache-Control": "no-store",
	}
	answers := map[string]answer{"POST": s.post("/contacts/new"), "static": s.get("/static/nothing.css"),
		"421": s.get("/contacts", func(r *http.Request) { r.Host = "evil.example" })}
	for _, path := range everyPage(s) {
		answers[path] = s.get(path)
	}
	for name, a := range answers {
		for header, value := range want {
			if got := a.Header().Get(header); got != value {
				t.Errorf("%s: %s is %q, want %q", name, header, got, value)
			}
		}
		if len(a.Header().Get("X-Request-Id")) != 16 {
			t.Errorf("%s: request id %q", name, a.Header().Get("X-Request-Id"))
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := newSite(t)
	form := formOf("name", "Bo", "alias", "bo", "token", "c")
	for _, sign := range []with{header("Sec-Fetch-Site", "cross-site"), header("Sec-Fetch-Site", "same-site"),
		header("Origin", "http://evil.example"), header("Origin", "null"), header("Origin", "http://127.0.0.1:9090")} {
		s.do(http.MethodPost, "/contacts/new", form, sign).status(http.StatusForbidden).says("This form came from another site")
	}
	s.get("/contacts/bo").status(http.StatusNotFound)
	s.do(http.MethodPost, "/contacts/new", form, header("Sec-Fetch-Site", "same-origin"), header("Origin", "http://127.0.0.1:8080")).leadsTo("/contacts/bo")
}

func TestLargeFormsAreRefused(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana")
	large := formOf("name", strings.Repeat("a", 64<<10), "alias", "bo")
	for _, path := range []string{"/contacts/new", "/contacts/new/check", "/contacts/ana/edit", "/contacts/ana/channels/new", "/theme"} {
		s.do(http.MethodPost, path, large).status(http.StatusRequestEntityTooLarge).says("This form is too large")
		s.do(http.MethodPost, path, large, func(r *http.Request) {
			r.ContentLength = -1
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(large)))
		}).status(http.StatusRequestEntityTooLarge)
	}
	s.post("/contacts/new", "name", strings.Repeat("a", 60<<10), "alias", "bo").status(http.StatusUnprocessableEntity).says("at most 255")
}

func TestOddRequestsAreAnsweredWithAPage(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana")
	form := header("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range []struct {
		method, path, body string
		change             with
		want               int
	}{
		{"GET", "/nothing", "", form, 404},
		{"GET", "/contacts/ana/channels/none", "", form, 404},
		{"GET", "/contacts/%00", "", form, 404},
		{"GET", "/contacts/..%2f..%2fetc", "", form, 404},
		{"GET", "/static/../app.css", "", form, 404},
		{"GET", "/contacts/new/check", "", form, 405},
		{"PUT", "/contacts/ana", "", form, 405},
		{"DELETE", "/contacts/ana/delete", "", form, 405},
		{"POST", "/contacts/new", "{}", header("Content-Type", "application/json"), 415},
		{"POST", "/contacts/new", "x", header("Content-Type", "multipart/form-data; boundary=x"), 415},
		{"POST", "/contacts/new", "name=%zz", form, 400},
		{"POST", "/contacts/new?a;b=%zz", "alias=Q", header("Content-Type", "Application/X-WWW-Form-URLencoded; charset=UTF-8"), 422},
		{"POST", "/contacts/A%20B/edit", "name=a", form, 404},
		{"POST", "/contacts/A%20B/channels/new", "name=a&type=EMAIL&email=a@example.org", form, 404},
		{"POST", "/contacts/new", "", form, 422},
		{"POST", "/contacts/new", "alias=%ff%fe&name=%00", form, 422},
		{"POST", "/contacts/ana/channels/new", "type=FAX&name=%ff&phone=%00", form, 422},
		{"POST", "/contacts/ana/channels/new", "type=EMAIL&name=a&email=a%0d%0aBcc:b@example.org", form, 422},
		{"POST", "/contacts/ana/channels/none/deactivate", "", form, 404},
		{"POST", "/contacts/ana/channels/none/address", "", form, 404},
		{"POST", "/contacts/ana/channels/none/edit", "name=a", form, 404},
		{"GET", "/contacts?q=%ff%00%27%22%3E%3Cscript%3E", "", form, 200},
		{"GET", "/contacts?after=eyJhIjoiYSJ9&show=x&q=%25", "", form, 200},
		{"HEAD", "/contacts", "", form, 200},
	} {
		a := s.do(c.method, c.path, c.body, c.change)
		if a.Code != c.want {
			t.Errorf("%s %s %q: status %d, want %d", c.method, c.path, c.body, a.Code, c.want)
		}
		if a.page().Find("h1").Length() != 1 {
			t.Errorf("%s %s: not a page:\n%s", c.method, c.path, a.text())
		}
	}
}

func TestFailedPartGoesToTheNotice(t *testing.T) {
	s := newSite(t)
	goesToTheNotice(t, s.get("/contacts/nobody/channels/new", partial).status(http.StatusNotFound))
	sent := s.do(http.MethodPost, "/contacts/nobody/edit", formOf("name", "Bo", "version", "1"), partial, header("HX-Boosted", "true"))
	goesToTheNotice(t, sent.status(http.StatusNotFound)) // the form and what was typed stay
}

func goesToTheNotice(t *testing.T, a answer) {
	t.Helper()
	for name, want := range map[string]string{"HX-Retarget": "#notice", "HX-Reswap": "innerHTML show:window:top", "HX-Reselect": ".notice"} {
		if got := a.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if a.page().Find(".notice").Length() != 1 || a.page().Find("main").Length() != 0 {
		t.Errorf("not a notice alone: %s", a.text())
	}
}

// brokenStore fails the way it is told to.
type brokenStore struct{ fail func() error }

func (b brokenStore) View(context.Context, func(db.Queries) error) error   { return b.fail() }
func (b brokenStore) Update(context.Context, func(db.Queries) error) error { return b.fail() }

func TestPanicsAndFaultsBecomeAPageWithTheRequestID(t *testing.T) {
	for name, fail := range map[string]func() error{
		"panic": func() error { panic("secret +15005550199") },
		"fault": func() error { return errors.New("disk I/O error") },
	} {
		w := oncalltest.New(t)
		s := siteOver(t, w, oncalltest.NewRooms(brokenStore{fail}, oncalltest.Options{Scope: oncalltest.Scope}))
		a := s.get("/contacts").status(http.StatusInternalServerError).says("Something went wrong on our side").saysNot("secret").saysNot("disk")
		id := a.Header().Get("X-Request-Id")
		a.says(id)
		if log := s.log.String(); !strings.Contains(log, id) || !strings.Contains(log, `"status":500`) {
			t.Errorf("%s: the log does not tell of it:\n%s", name, log)
		}
		s.do(http.MethodPost, "/contacts/new", formOf("name", "Bo", "alias", "bo"), partial).status(http.StatusInternalServerError).says(" Request ")
	}
}

func TestTextOfPeopleIsNeverMarkup(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana")
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	for _, a := range []answer{
		s.get("/contacts?q=" + strings.ReplaceAll(evil, " ", "+")),
		s.post("/contacts/new", "name", evil, "alias", evil, "token", evil),
		s.post("/contacts/ana/edit", "name", evil, "was", evil, "version", "7"),
		s.post("/contacts/ana/channels/new", "type", evil, "name", evil, "phone", evil, "email", evil, "country", evil, "token", evil, "accept", evil),
		s.post("/contacts/ana/channels/new", "type", "EMAIL", "name", evil, "email", evil, "use", evil),
		s.post("/contacts/ana/channels/new/check", "type", "EMAIL", "name", evil, "email", evil),
		s.get("/" + strings.ReplaceAll(evil, " ", "%20")),
	} {
		doc := a.page()
		if n := doc.Find("script:not([src]), img, [onerror]").Length(); n > 0 {
			t.Errorf("status %d: %d elements came from what was typed:\n%s", a.Code, n, a.Body)
		}
	}
}

func TestLogHoldsNoAddressOrName(t *testing.T) {
	s := newSite(t)
	path := "/contacts/ana/channels/new"
	s.post("/contacts/new", "name", "Ana Silva", "alias", "ana", "token", "t").leadsTo("/contacts/ana")
	s.post(path, "type", "SMS", "name", "mobile", "phone", "+447700900123", "token", "a").status(http.StatusUnprocessableEntity)
	s.post(path, "type", "EMAIL", "name", "mail", "email", "ana@example.org", "token", "b").leadsTo("/contacts/ana")
	s.post(path, "type", "EMAIL", "name", "mail", "email", "ana@example.org", "token", "c").status(http.StatusConflict)
	s.get("/contacts?q=silva")
	log := s.log.String()
	for _, secret := range []string{"447700900123", "example.org", "ilva", "mobile"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
	for _, wanted := range []string{`"route":"/contacts/:alias/channels/new"`, `"method":"POST"`, `"status":409`} {
		if !strings.Contains(log, wanted) {
			t.Errorf("the log does not hold %s:\n%s", wanted, log)
		}
	}
}

func TestStaticFilesAreCompressedAndImmutable(t *testing.T) {
	s := newSite(t)
	for _, e := range s.get("/contacts").page().Find("script[src], link[href]").EachIter() {
		path := e.AttrOr("src", e.AttrOr("href", ""))
		a := s.get(path, header("Accept-Encoding", "gzip, br")).status(http.StatusOK)
		if a.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(a.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v", path, a.Header())
		}
		plain := s.get(path).status(http.StatusOK)
		if plain.Header().Get("Content-Encoding") != "" || plain.Body.Len() <= a.Body.Len() {
			t.Errorf("%s: %d bytes plain, %d compressed", path, plain.Body.Len(), a.Body.Len())
		}
	}
}

func TestAcceptedRequestFinishesWhenStopping(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started, finish := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-finish
		_, _ = io.WriteString(w, "done")
	})
	ctx, stop := context.WithCancel(t.Context())
	var log bytes.Buffer
	served := make(chan error, 1)
	go func() {
		served <- web.Serve(ctx, listener, handler, slog.New(slog.NewTextHandler(&log, nil)))
	}()
	got := make(chan string, 1)
	go func() {
		r, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			got <- err.Error()
			return
		}
		defer r.Body.Close()
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
	}()
	<-started
	stop()
	// The listener closes first; only then may the request finish.
	for {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(finish)
	if body := <-got; body != "done" {
		t.Errorf("the request got %q, want done", body)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve returned %v, want nil", err)
	}
}

func TestDemonstrationIsNamedOnEveryPage(t *testing.T) {
	w := oncalltest.New(t)
	s := siteOver(t, w, w.Rooms)
	s.handler = web.New(handlers.New(rooms(w.Rooms), handlers.Options{Demo: oncall.Actor{Principal: "visitor", Name: "visitor@example.org", Role: oncall.Admin}}), web.Options{Log: slog.New(slog.DiscardHandler), Site: here})
	for _, path := range everyPage(s) {
		s.get(path).says("Demonstration.")
	}
}
