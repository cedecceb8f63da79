package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"callbook/handlers"
	"callbook/internal/oncall"
)

// routeOf finds the route that answers a request, as the router does: a part
// that is spelt out goes before one that is a parameter.
func routeOf(routes []handlers.Route, method, target string) (handlers.Route, bool) {
	path, _, _ := strings.Cut(target, "?")
	var best handlers.Route
	for _, r := range routes {
		if r.Method == method && fits(r.Path, path) && (best.Path == "" || strings.Count(r.Path, ":") < strings.Count(best.Path, ":")) {
			best = r
		}
	}
	return best, best.Path != ""
}

func fits(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && (!strings.HasPrefix(want[i], ":") || got[i] == "") {
			return false
		}
	}
	return true
}

// control is something on a page that leads somewhere.
type control struct{ method, target, text string }

func controlsOf(doc *goquery.Document) []control {
	var all []control
	for _, e := range doc.Find("[href], [action], [hx-get], [hx-post]").EachIter() {
		text := strings.Join(strings.Fields(e.Text()), " ")
		for attribute, method := range map[string]string{"href": http.MethodGet, "action": strings.ToUpper(e.AttrOr("method", "get")),
			"hx-get": http.MethodGet, "hx-post": http.MethodPost} {
			target, there := e.Attr(attribute)
			if there && strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "/static/") {
				all = append(all, control{method, target, text})
			}
		}
	}
	return all
}

func TestNoPageHasAControlThatTheRoleDoesNotCover(t *testing.T) {
	admin := newSite(t).as(oncall.Admin)
	routes := handlers.New(rooms(admin.Rooms), handlers.Options{}).Routes()
	pages := everyPage(admin)
	for _, role := range oncall.Roles() {
		s := admin.as(role)
		who := oncall.Actor{Door: oncall.Browser, Principal: "somebody", Role: role}
		seen, open := map[string]bool{}, append([]string{"/contacts"}, pages...)
		for len(open) > 0 {
			path := open[0]
			open = open[1:]
			if seen[path] {
				continue
			}
			seen[path] = true
			for _, c := range controlsOf(s.get(path).page()) {
				route, found := routeOf(routes, c.method, c.target)
				switch {
				case !found:
					t.Errorf("%s on %s: %s %s (%q) is no route", role, path, c.method, c.target, c.text)
				case !who.May(route.For):
					t.Errorf("%s on %s: %s %s (%q) takes %s", role, path, c.method, c.target, c.text, route.For)
				case c.method == http.MethodGet:
					open = append(open, c.target)
				}
			}
		}
	}
}

func TestViewerIsToldWhatManagersDo(t *testing.T) {
	s := newSite(t)
	s.as(oncall.Viewer).get("/contacts").says("Managers add contacts").saysNot("Add the first contact")
	ana := s.contact("ana", "Ana Silva")
	s.as(oncall.Viewer).get("/contacts/ana").says("Ana Silva has no channel").saysNot("Add the first channel").saysNot("Edit").saysNot("History")
	_, path := s.channel(ana, oncall.Email, "mail", "ana@example.org")
	s.as(oncall.Viewer).get(path).says("a•••@example.org").saysNot("Show").saysNot("Delete")
	s.get(path).says("Show").says("Delete")
	s.as(oncall.Viewer).post(path + "/address").status(http.StatusForbidden).saysNot("ana@example.org")
}
