package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"callbook/internal/oncall"
)

// The forms ask, or say why: each row is one text in the form of a channel, and in the check
// that runs while somebody types.
func TestFormSaysWhyAnAddressIsNotTaken(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana Silva")
	for _, c := range []struct{ field, text, country, want string }{
		{"phone", "3012345678.0", "DE", "A spreadsheet has made a decimal of this phone number"},
		{"phone", "4.91701E+11", "DE", "A spreadsheet has shortened this phone number"},
		{"phone", "+43 1 5123\n4512", "", "Write one phone number on one line"},
		{"phone", "+43 1 5123\u20284512", "", "Write one phone number on one line"},
		{"phone", "030 12345/46", "DE", "may be an extension or the end of another number"},
		{"phone", "+43 1 5123 (4512)", "", "may be an extension or the end of another number"},
		{"phone", "4915123456789", "DE", "has no +"},
		{"phone", "+375 8105261733", "", "dialled only within Belarus"},
		{"phone", "+52 1 55 1234 5678", "", "leave out the 1 after +52"},
		{"phone", "+15551234567", "", "may be older than the number"},
		{"email", "ana@gm\u0430il.com", "", "mixes Cyrillic and Latin letters"},
		{"email", "ana@xn--a.example", "", "xn--a.example is not a valid domain"},
	} {
		kind := "VOICE"
		if c.field == "email" {
			kind = "EMAIL"
		}
		form := []string{"type", kind, "name", "mobile", c.field, c.text, "country", c.country, "token", "t"}
		s.post("/contacts/ana/channels/new", form...).status(http.StatusUnprocessableEntity).says(c.want)
		s.post("/contacts/ana/channels/new/check", form...).status(http.StatusOK).says(c.want)
	}
	if n := s.get("/contacts/ana").page().Find("#channels li").Length(); n != 0 {
		t.Errorf("%d channels, want none", n)
	}
}

// One click takes the other reading of a number, and one tick the first one.
func TestBothReadingsOfANumberCanBeChosen(t *testing.T) {
	for _, c := range []struct{ text, country, use, accept string }{
		{"4915123456789", "DE", "+49 ••• ••• 6789", "+49 ••• ••• 6789"},
		{"030 12345/46", "DE", "+49 ••• ••• 45", "+49 ••• ••• 4546"},
		{"+43 1 5123 (4512)", "", "+43 ••• ••• 23", "+43 ••• ••• 4512"},
	} {
		for _, how := range []string{"use", "accept"} {
			s := newSite(t)
			s.contact("ana", "Ana Silva")
			form := []string{"type", "VOICE", "name", "mobile", "phone", c.text, "country", c.country, "token", "t"}
			a := s.post("/contacts/ana/channels/new", form...).status(http.StatusUnprocessableEntity)
			want := map[string]string{"use": c.use, "accept": c.accept}[how]
			s.post("/contacts/ana/channels/new", append(form, how, a.value(how))...).leadsTo("/contacts/ana")
			s.get("/contacts/ana").says(want)
		}
	}
}

func TestSuggestionForARefusedNumberIsTaken(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana Silva")
	form := []string{"type", "VOICE", "name", "mobile", "phone", "+52 1 55 1234 5678", "country", "", "token", "t"}
	a := s.post("/contacts/ana/channels/new", form...).status(http.StatusUnprocessableEntity)
	s.post("/contacts/ana/channels/new", append(form, "use", a.value("use"))...).leadsTo("/contacts/ana")
	s.get("/contacts/ana").says("+52 ••• ••• 5678")
}

func TestOneAddressIsOneChannelHoweverItIsWritten(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana Silva")
	add := func(email, token string) answer {
		return s.post("/contacts/ana/channels/new", "type", "EMAIL", "name", "mail", "email", email, "token", token)
	}
	add("jose\u0301@example.org", "a").leadsTo("/contacts/ana")
	for n, same := range []string{"josé@example.org", "JOSÉ@EXAMPLE.org", "JOSE\u0301@example.org"} {
		add(same, string(rune('b'+n))).status(http.StatusConflict).says("already has an email channel with this address")
	}
	s.post("/contacts", "q", "josé@example.org").says("Ana Silva")
}

func TestAliasIsShownInPlaceOfANameThatNobodySees(t *testing.T) {
	s := newSite(t)
	blank := "\u3164\u3000"
	_, path := s.channel(s.contact("hidden", blank), oncall.SMS, blank, "+15005550199")
	if got := strings.TrimSpace(s.get("/contacts/hidden").page().Find("h1").Text()); got != "hidden" {
		t.Errorf("heading of the contact: got %q, want the alias", got)
	}
	if got := strings.TrimSpace(s.get(path).page().Find("h1").Text()); got != "hidden" {
		t.Errorf("heading of the channel: got %q, want the alias", got)
	}
	for _, page := range []string{"/contacts", "/contacts/hidden", "/activations", path, path + "/edit", path + "/delete", "/contacts/hidden/delete", "/audit"} {
		s.get(page).page().Find("a, h1, h2, strong, button, title").Each(func(_ int, e *goquery.Selection) {
			if text := strings.TrimSpace(e.Text()); !oncall.HasVisible(text) || strings.Contains(text, "\u3164") {
				t.Errorf("%s: <%s %s> reads %+q", page, goquery.NodeName(e), e.AttrOr("href", ""), text)
			}
		})
	}
	for _, name := range []string{blank, "\u115f", "\u1160", "\uffa0", "\u3000"} {
		s.post("/contacts/new", "name", name+".", "alias", "x", "token", "x").status(http.StatusUnprocessableEntity).says("at least one letter or digit")
		s.post("/contacts/hidden/channels/new", "type", "SMS", "name", name+".", "phone", "+15005550198", "token", "y").
			status(http.StatusUnprocessableEntity).says("at least one letter or digit")
	}
}
