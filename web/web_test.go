package web_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/handlers"
	"callbook/handlers/awsapi"
	"callbook/internal/account"
	"callbook/internal/config"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
	"callbook/web"
)

// site is the whole browser door over a real database.
type site struct {
	*oncalltest.World
	t       *testing.T
	handler http.Handler
	log     *bytes.Buffer
	session map[oncall.Role]string // tokens of somebody of each role
	by      oncall.Role            // who asks; "": nobody
}

// here is the site of a listener on this machine.
var here = web.NewSite(nil, netip.MustParseAddrPort("127.0.0.1:8080"), false)

func newSite(t *testing.T) *site {
	t.Helper()
	w := oncalltest.New(t)
	return siteOver(t, w, w.Rooms)
}

// rooms hands the pages their part of a test's rooms.
func rooms(r *oncalltest.Rooms) handlers.Rooms {
	return handlers.Rooms{Access: r.Control, Audit: r.Trail, Outbox: r.Outbox, Accounts: r.Accounts, Contacts: r.Directory, Transfer: r.Importer,
		ImportJob: transfer.NewJob(r.Importer, nil)}
}

func siteOver(t *testing.T, w *oncalltest.World, service *oncalltest.Rooms) *site {
	t.Helper()
	return siteFor(t, w, service, web.Options{Site: here})
}

func siteWith(t *testing.T, o web.Options) *site {
	t.Helper()
	w := oncalltest.New(t)
	return siteFor(t, w, w.Rooms, o)
}

func siteFor(t *testing.T, w *oncalltest.World, service *oncalltest.Rooms, o web.Options) *site {
	t.Helper()
	return siteOf(t, w, handlers.Options{Origin: "http://127.0.0.1:8080"}, service, o)
}

// siteOf is a site whose pages know more.
func siteOf(t *testing.T, w *oncalltest.World, pages handlers.Options, service *oncalltest.Rooms, o web.Options) *site {
	t.Helper()
	s := &site{World: w, t: t, log: &bytes.Buffer{}}
	o.Log = (&config.Config{LogFormat: "json", LogLevel: "info"}).Log(s.log)
	o.API = awsapi.New(service.Directory, service.Accounts, awsapi.Options{Log: o.Log})
	pages.Log = o.Log
	t.Cleanup(s.logIsClean)
	all := rooms(service)
	t.Cleanup(all.ImportJob.Close)
	s.handler = web.New(handlers.New(all, pages), o)
	s.session, s.by = map[oncall.Role]string{}, oncall.Manager
	for _, role := range oncall.Roles() {
		s.session[role] = s.signIn(role)
	}
	return s
}

// serve puts other pages behind the same door.
func (s *site) serve(pages *handlers.Pages) {
	s.handler = web.New(pages, web.Options{Log: slog.New(slog.DiscardHandler), Site: here})
}

// private are beginnings and ends of what no test's log may hold: addresses,
// passwords and links.
var private = []string{"+44", "+1206", "+1500", "+46", "7700900", "@example", "@gm", oncalltest.Password, "/join/", "/set-up/", "/activate/"}

func (s *site) logIsClean() {
	for _, text := range private {
		for line := range strings.Lines(s.log.String()) {
			if strings.Contains(strings.NewReplacer("/join/:token", "", "/set-up/:token", "", "/activate/:token", "").Replace(line), text) {
				s.t.Errorf("the log holds %s:\n%s", text, line)
			}
		}
	}
}

// operator is somebody at the command line.
var operator = oncall.Actor{Door: oncall.Command, Principal: "root", Name: "root", Role: oncall.Admin}

// signIn makes a user of this role and returns the token of a session.
func (s *site) signIn(role oncall.Role) string {
	s.t.Helper()
	user, _, err := s.InviteUser(s.t.Context(), operator, account.NewUser{Email: string(role) + "@example.org", Role: role})
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := s.SignInAs(s.t.Context(), oncall.Actor{Door: oncall.Browser}, user.ID, oncall.ByPasskey, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// as lets somebody of another role ask; "" is nobody.
func (s *site) as(role oncall.Role) *site {
	other := *s
	other.by = role
	return &other
}

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t *testing.T
}

// with changes a request before it is sent.
type with func(*http.Request)

func header(name, value string) with { return func(r *http.Request) { r.Header.Set(name, value) } }

// partial is what htmx says when an element asks for a part of a page.
var partial = header("HX-Request", "true")

func (s *site) do(method, path, body string, changes ...with) answer {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token := s.session[s.by]; token != "" {
		r.AddCookie(&http.Cookie{Name: "__Host-callbook-session", Value: token})
	}
	for _, change := range changes {
		change(r)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return answer{w, s.t}
}

func (s *site) get(path string, changes ...with) answer {
	s.t.Helper()
	return s.do(http.MethodGet, path, "", changes...)
}

// post sends a form of names and values in turn.
func (s *site) post(path string, form ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, path, formOf(form...))
}

func formOf(form ...string) string {
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	return values.Encode()
}

func (a answer) status(want int) answer {
	a.t.Helper()
	if a.Code != want {
		a.t.Fatalf("status %d, want %d; the page says:\n%s", a.Code, want, a.text())
	}
	return a
}

func (a answer) leadsTo(want string) {
	a.t.Helper()
	a.status(http.StatusSeeOther)
	if got := a.Header().Get("Location"); got != want {
		a.t.Errorf("leads to %q, want %q", got, want)
	}
}

func (a answer) page() *goquery.Document {
	a.t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(a.Body.Bytes()))
	if err != nil {
		a.t.Fatal(err)
	}
	return doc
}

// text is what a reader sees, in one line.
func (a answer) text() string {
	return strings.Join(strings.Fields(a.page().Find("body").Text()), " ")
}

func (a answer) says(want string) answer {
	a.t.Helper()
	if got := a.text(); !strings.Contains(got, want) {
		a.t.Errorf("the page does not say %q; it says:\n%s", want, got)
	}
	return a
}

func (a answer) saysNot(unwanted string) answer {
	a.t.Helper()
	if got := a.text(); strings.Contains(got, unwanted) {
		a.t.Errorf("the page says %q:\n%s", unwanted, got)
	}
	return a
}

// value is what a field of the page holds.
func (a answer) value(field string) string {
	a.t.Helper()
	input := a.page().Find(`[name="` + field + `"]`)
	if input.Length() == 0 {
		a.t.Fatalf("the page has no field %q", field)
	}
	return input.AttrOr("value", "")
}

func (s *site) contact(alias, name string) oncall.ARN {
	s.t.Helper()
	arn, err := s.CreateContact(s.t.Context(), oncalltest.Program, oncall.NewContact{Alias: alias, DisplayName: name, Type: oncall.Personal})
	if err != nil {
		s.t.Fatal(err)
	}
	return arn
}

// channel adds a channel and returns it with the path of its page.
func (s *site) channel(contact oncall.ARN, kind oncall.ChannelType, name, address string) (oncall.Channel, string) {
	s.t.Helper()
	arn, err := s.CreateChannel(s.t.Context(), oncalltest.Program, oncall.NewChannel{Contact: contact, Type: kind, Name: name, Address: address})
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := s.Channel(s.t.Context(), oncalltest.Program, arn)
	if err != nil {
		s.t.Fatal(err)
	}
	return d.Channel, "/contacts/" + d.Alias + "/channels/" + d.ID
}

// activate writes what a code would prove.
func (s *site) activate(c oncall.Channel) {
	s.t.Helper()
	c.ActivatedAt = s.Now()
	err := s.Store.Update(s.t.Context(), func(q db.Queries) error {
		if ok, _, err := q.UpdateChannel(c); !ok || err != nil {
			s.t.Errorf("activating: %v %v", ok, err)
		}
		return q.SetReachability(c.Alias, oncall.Reachable)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
