package handlers

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"callbook/internal/oncall"
)

// FuzzForm reads what a browser, or somebody in its place, sends as a form.
func FuzzForm(f *testing.F) {
	f.Add("alias=ana&name=+Ana+Silva+&version=3&was=x")
	f.Add("type=EMAIL&email=ana%40gmial.con&use=ana%40gmail.com&country=DE&accept=a+b&accept=c&version=-1")
	f.Add("type=SMS&phone=030+1&country=DE&defer=true&was_since=99999999999999999999&version=%00")
	f.Add("type=SMS&phone=%2B52+1+55+1234+5678&use=%2B525512345678")
	f.Add("contact=a%CC%81&actor=%E2%80%80&action=CreateContact&before=-5")
	f.Fuzz(func(t *testing.T, body string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		contact, channel, query := contactForm(form), channelForm(form), auditQuery(form)
		for _, text := range []string{contact.Alias, contact.Name, channel.Name, query.Contact, query.Actor} {
			if text != strings.TrimSpace(text) || !norm.NFC.IsNormalString(text) {
				t.Errorf("%q: %q is not as it is typed", body, text)
			}
		}
		for _, v := range []int64{contact.Version, channel.Version} {
			if v < 1 && v != -1 {
				t.Errorf("%q: version %d", body, v)
			}
		}
		for _, accepted := range channel.Accept {
			if accepted == "" || len(strings.Fields(accepted)) != 1 {
				t.Errorf("%q accepts %q", body, accepted)
			}
		}
		if query.Before < 0 || query.Operation != "" && !query.Operation.Recorded() {
			t.Errorf("%q asks for %+v", body, query)
		}
		address, country, phone := addressOf(channel), countryOf(channel), form.Get("phone")
		if use := form.Get("use"); use != "" && !strings.Contains(use, "@") {
			phone = use
		}
		if mail := channel.Type == oncall.Email; mail && (country != "" || address != channel.Email) || !mail && (country != form.Get("country") || address != phone) {
			t.Errorf("%q: address %q in %q", body, address, country)
		}
	})
}

// FuzzFileName looks for a file's name that holds a path or fills the page.
func FuzzFileName(f *testing.F) {
	for _, name := range []string{"", "team.csv", `C:\Users\ana\team.csv`, "../../etc/passwd", "/", "a/", strings.Repeat("\u00e9", 100), "\xff/.."} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := fileName(name)
		if got == "" || got != "/" && strings.ContainsAny(got, `/\`) || utf8.RuneCountInString(got) > 81 || fileName(got) != got && utf8.RuneCountInString(got) < 81 {
			t.Errorf("%q is called %q", name, got)
		}
	})
}
