package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

func TestWholeAddressIsLookedUpByAFormAndNeverByAPath(t *testing.T) {
	s := newSite(t)
	s.channel(s.contact("ana", "Ana Silva"), oncall.SMS, "mobile", "+447700900123")
	s.contact("bob", "Bob")
	for q, want := range map[string]string{"+44 7700 900123": "One contact has this number or address.", "bob@example.org": "Nobody has this number or address."} {
		a := s.post("/contacts", "q", q).status(http.StatusOK).says(want)
		if got := a.value("q"); got != q {
			t.Errorf("the field holds %q, want %q", got, q)
		}
		if back := a.page().Find(".theme [name=back]").AttrOr("value", ""); back != "/contacts" {
			t.Errorf("the theme leads back to %q", back)
		}
		if found := a.page().Find("#results a[href='/contacts/ana']").Length() == 1; found != (q[0] == '+') {
			t.Errorf("%s: Ana is found: %t", q, found)
		}
	}
	for _, part := range []string{"+1500555019", "206 555 0100", "Ana <ana@example.org>", "044 668 18 00"} {
		s.post("/contacts", "q", part).status(http.StatusUnprocessableEntity).says("start a number with + and the country code")
	}
	s.post("/contacts", "q", "person-000042").leadsTo("/contacts?q=person-000042")
	s.post("/contacts", "q", "ana si").leadsTo("/contacts?q=ana+si")
	s.post("/contacts", "q", "ana", "show", "reachable").leadsTo("/contacts?q=ana&show=reachable")
	if got := s.get("/contacts?q=%2B447700900123").page().Find("#results li").Length(); got != 0 {
		t.Errorf("a path with the address finds %d", got)
	}
}

func TestViewersLookUpNoAddress(t *testing.T) {
	s := newSite(t)
	s.channel(s.contact("ana", "Ana Silva"), oncall.SMS, "mobile", "+447700900123")
	viewer := s.as(oncall.Viewer)
	viewer.post("/contacts", "q", "+447700900123").status(http.StatusForbidden).saysNot("Ana")
	if method := viewer.get("/contacts").page().Find("form.search").AttrOr("method", ""); method != "get" {
		t.Errorf("the search is sent by %s", method)
	}
}

func TestLookUpsSlowDown(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana")
	for range contacts.MaxAddressLookups {
		s.post("/contacts", "q", "nobody@example.org").status(http.StatusOK)
	}
	a := s.post("/contacts", "q", "nobody@example.org").status(http.StatusTooManyRequests).says("You looked up or checked 30 addresses within a minute")
	if a.Header().Get("Retry-After") == "" || strings.Contains(a.Body.String(), "nobody@") {
		t.Errorf("headers %v", a.Header())
	}
}

// A mask leaves 10,000 numbers. Whoever tries them in a form is stopped, by whichever route.
func TestGuessingAnAddressFromItsMaskFails(t *testing.T) {
	guess := func(n int) string { return fmt.Sprintf("+44770090%04d", n) }
	for route, form := range map[string]func(own string) (path string, fields []string){
		"the check of a new channel": func(string) (string, []string) {
			return "/contacts/bo/channels/new/check", []string{"type", "SMS", "name", "n"}
		},
		"the check of an edited one": func(own string) (string, []string) { return own + "/edit/check", []string{"name", "n"} },
		"a new one that is refused": func(string) (string, []string) {
			return "/contacts/bo/channels/new", []string{"type", "SMS", "name", ""}
		},
		"an edited one that is refused": func(own string) (string, []string) {
			return own + "/edit", []string{"name", "", "version", "1"}
		},
		"an edited one that is stale": func(own string) (string, []string) { return own + "/edit", []string{"name", "n", "version", "7"} },
	} {
		s := newSite(t)
		s.channel(s.contact("anaconda", "Ana"), oncall.SMS, "mobile", guess(300))
		_, own := s.channel(s.contact("bo", "Bo"), oncall.SMS, "mobile", "+12065550100")
		path, fields := form(own)
		named := 0
		for n := range 40 {
			a := s.post(path, append(fields, "phone", guess(261+n))...)
			if strings.Contains(a.Body.String(), "anaconda") {
				named++
			}
			if a.Code >= 500 || n == 39 && !strings.Contains(a.text(), "was not compared with those of other contacts") {
				t.Errorf("%s, guess %d: status %d\n%s", route, n, a.Code, a.text())
			}
		}
		if named > 0 {
			t.Errorf("%s: the guess that is right is answered", route)
		}
		s.Clock.Pass(contacts.AddressLookupTTL)
		if a := s.post(path, append(fields, "phone", guess(300))...); !strings.Contains(a.text(), "is also on the contact anaconda") {
			t.Errorf("%s, a minute later: the reader is not told\n%s", route, a.text())
		}
		s.get("/audit").says("looked up an address").says("+44 ••• ••• 0300")
	}
}
