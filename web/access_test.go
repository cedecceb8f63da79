package web_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callbook/db/oncalltest"
	"callbook/handlers"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

// routes is the whole site.
func routes(s *site) []handlers.Route {
	return handlers.New(rooms(s.Rooms), handlers.Options{}).Routes()
}

// filled is a route's path with something that is there for each parameter. A
// parameter that is not known here fails the test.
func (s *site) filled(r handlers.Route) string {
	s.t.Helper()
	path := r.Path
	fill := func(name, value string) { path = strings.ReplaceAll(path, name, value) }
	if strings.HasPrefix(path, "/contacts/:alias") {
		fill(":alias", "ana")
		channel, _ := s.channel(s.contact("ana", "Ana"), oncall.SMS, "mobile", "+447700900123")
		s.activate(channel)
		fill(":id", channel.ID)
	}
	if strings.HasPrefix(path, "/settings/users/:id") {
		user, _, err := s.InviteUser(s.t.Context(), operator, account.NewUser{Email: "other@example.org", Role: oncall.Viewer})
		if err != nil {
			s.t.Fatal(err)
		}
		fill(":id", user.ID)
		fill(":key", "AAAA")
	}
	if strings.HasPrefix(path, "/settings/keys/:id") {
		key, _, err := s.CreateAccessKey(s.t.Context(), operator, account.NewAccessKey{Name: "ci", Role: oncall.Viewer})
		if err != nil {
			s.t.Fatal(err)
		}
		fill(":id", key.ID)
	}
	if strings.HasPrefix(path, "/account/passkeys/:id") {
		fill(":id", "AAAA") // one that is not there: who may ask is told so
	}
	fill("/set-up/:token", "/set-up/none")
	fill("/join/:token", "/join/none")
	fill("/activate/:token", "/activate/none")
	fill(":message", "none")
	fill("/help/:topic", "/help/backup")
	fill("/settings/delivery/tests/:id", "/settings/delivery/tests/none")
	if strings.Contains(path, ":") {
		s.t.Fatalf("say in this test what stands in %s", path)
	}
	return path
}

// everybody is whom a route is asked by, nobody first.
func everybody() []oncall.Role { return append([]oncall.Role{""}, oncall.Roles()...) }

func TestEveryRouteObeysTheRolesTable(t *testing.T) {
	oncalltest.Slow(t)
	for _, r := range routes(newSite(t)) {
		least := r.For.RequiredRole()
		if least == "" {
			t.Errorf("%s %s is for %q, which is in no line of the table", r.Method, r.Path, r.For)
		}
		refusing := newSite(t) // who is refused changes nothing
		refused := refusing.filled(r)
		for _, role := range everybody() {
			s, path := refusing, refused
			if least == oncall.Anyone || role.Covers(least) {
				s = newSite(t)
				path = s.filled(r)
			}
			got := s.as(role).do(r.Method, path, "").Code
			denied := got == http.StatusForbidden || got == http.StatusUnauthorized
			switch {
			case least == oncall.Anyone || role.Covers(least):
				if denied {
					t.Errorf("%s %s by %q, who may %s: status %d", r.Method, r.Path, role, r.For, got)
				}
			case role != "":
				if got != http.StatusForbidden {
					t.Errorf("%s %s by %q, who may not %s: status %d, want 403", r.Method, r.Path, role, r.For, got)
				}
			case r.Method == http.MethodGet:
				s.as(role).get(s.anywhere(r)).leadsToSignIn()
			case got != http.StatusUnauthorized:
				t.Errorf("%s %s by nobody: status %d, want 401", r.Method, r.Path, got)
			}
		}
	}
}

// anywhere is the path of a route of which nothing need be there.
func (s *site) anywhere(r handlers.Route) string {
	return strings.NewReplacer(":alias", "ana", ":id", "1", ":key", "k", ":token", "t", ":message", "m", ":topic", "backup").Replace(r.Path)
}

func (a answer) leadsToSignIn() {
	a.t.Helper()
	a.status(http.StatusSeeOther)
	if got := a.Header().Get("Location"); got != "/sign-in" && !strings.HasPrefix(got, "/sign-in?back=") {
		a.t.Errorf("leads to %q, want the sign-in", got)
	}
}

func TestRefusedRoleChangesNothing(t *testing.T) {
	s := newSite(t)
	channel, path := s.channel(s.contact("ana", "Ana"), oncall.SMS, "mobile", "+447700900123")
	s.activate(channel)
	viewer := s.as(oncall.Viewer)
	viewer.post("/contacts/new", "name", "Bo", "alias", "bo", "token", "t").status(http.StatusForbidden).says("You are signed in as a viewer, who may not add contacts: ask an admin for the role manager.")
	viewer.post(path + "/address").status(http.StatusForbidden).saysNot("7700900123")
	viewer.post(path + "/deactivate").status(http.StatusForbidden)
	viewer.post(path + "/delete").status(http.StatusForbidden)
	viewer.get(path).status(http.StatusOK).says("Active").says("+44 ••• ••• 0123").saysNot("7700900123")
	s.get("/contacts/bo").status(http.StatusNotFound)
	s.as(oncall.Manager).get("/settings/users").status(http.StatusForbidden)
}

func TestChangeOfRoleCountsAtOnce(t *testing.T) {
	s := newSite(t)
	s.get("/contacts/new").status(http.StatusOK)
	users, err := s.Users(t.Context(), operator)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		if u.Role != oncall.Manager {
			continue
		}
		role, disabled := oncall.Viewer, true
		if _, err := s.UpdateUser(t.Context(), operator, account.UserChange{User: u.ID, Role: &role}); err != nil {
			t.Fatal(err)
		}
		s.get("/contacts/new").status(http.StatusForbidden)
		s.get("/contacts").status(http.StatusOK)
		if _, err := s.UpdateUser(t.Context(), operator, account.UserChange{User: u.ID, Disabled: &disabled}); err != nil {
			t.Fatal(err)
		}
		s.get("/contacts").leadsToSignIn()
	}
}

func TestSignedOutPartHasALinkToTheSignIn(t *testing.T) {
	s := newSite(t)
	a := s.as("").get("/contacts?q=an", partial, header("HX-Current-URL", "http://127.0.0.1:8080/contacts?show=reachable")).status(http.StatusUnauthorized)
	if got := a.page().Find("a").AttrOr("href", ""); got != "/sign-in?back=%2Fcontacts%3Fshow%3Dreachable" || a.Header().Get("HX-Redirect") != "" {
		t.Errorf("the link leads to %q, and the page to %q", got, a.Header().Get("HX-Redirect"))
	}
	a = s.as("").do(http.MethodPost, "/contacts/new", formOf("alias", "ana"), partial).status(http.StatusUnauthorized).says("what you typed is still here")
	if got := a.Header().Get("HX-Retarget"); got != "#notice" {
		t.Errorf("a form that was sent is answered in %q", got)
	}
}

func TestLineOfARequestHasItsID(t *testing.T) {
	s := newSite(t)
	seen := map[string]bool{}
	for _, a := range []answer{
		s.get("/contacts"), s.get("/no/such/page"), s.post("/contacts/new", "alias", ""), s.as("").get("/contacts"),
		s.do(http.MethodPost, "/", "{}", header("Content-Type", "application/x-amz-json-1.1")), s.get("/contacts", header("X-Request-Id", "mine")),
	} {
		id := a.Header().Get("X-Request-Id")
		if len(id) != 16 || seen[id] || strings.Count(s.log.String(), `"msg":"request","id":"`+id+`"`) != 1 {
			t.Errorf("the request %q has no line of its own in the log:\n%s", id, s.log)
		}
		seen[id] = true
	}
}

// The routes and who may take them, written down a second time: a line of the
// table that lets somebody else in is a change of this file too.
func TestOnlyTheseMayTakeARoute(t *testing.T) {
	want, err := os.ReadFile("testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, r := range routes(newSite(t)) {
		fmt.Fprintf(&got, "%s %s %s\n", r.For.RequiredRole(), r.Method, r.Path)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the routes (-written down, +registered):\n%s", diff)
	}
}
