package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

func TestContactIsAddedShownEditedAndDeleted(t *testing.T) {
	s := newSite(t)
	s.get("/contacts").status(http.StatusOK).says("No contacts yet")
	s.post("/contacts/new", "name", "Akua Mansa", "alias", "akuam", "token", "t1").leadsTo("/contacts/akuam")
	s.get("/contacts/akuam").status(http.StatusOK).
		says("Akua Mansa").says("arn:aws:ssm-contacts:us-east-2:111122223333:contact/akuam").says("Unreachable")
	form := s.get("/contacts/akuam/edit").status(http.StatusOK)
	s.post("/contacts/akuam/edit", "name", "Akua M.", "version", form.value("version")).leadsTo("/contacts/akuam")
	s.get("/contacts").says("Akua M.").says("The only person here cannot be reached.")
	s.get("/contacts/akuam/delete").status(http.StatusOK).says("Delete the contact “Akua M.”?")
	s.post("/contacts/akuam/delete").leadsTo("/contacts")
	s.get("/contacts/akuam").status(http.StatusNotFound).says("Nothing is here")
	s.post("/contacts/akuam/delete").leadsTo("/contacts")
}

func TestRefusedContactKeepsWhatWasTyped(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana")
	for _, c := range []struct {
		name, alias string
		status      int
		says        string
	}{
		{"O'Brien", "obrien", http.StatusUnprocessableEntity, "Write the name without “'”"},
		{"Bo", "Upper", http.StatusUnprocessableEntity, "Use only lower-case letters"},
		{"Bo", "ana", http.StatusConflict, "Another contact has the alias ana"},
		{"Zoë Müller", "", http.StatusUnprocessableEntity, "Enter an alias"},
	} {
		a := s.post("/contacts/new", "name", c.name, "alias", c.alias, "token", "t").status(c.status).says(c.says)
		if got := a.value("name"); got != c.name {
			t.Errorf("the name reads %q, want %q", got, c.name)
		}
		want := c.alias
		if want == "" {
			want = "zoe-muller" // suggested
		}
		if got := a.value("alias"); got != want {
			t.Errorf("the alias reads %q, want %q", got, want)
		}
		if a.page().Find("#error-summary a").Length() == 0 || a.page().Find(`[aria-invalid="true"]`).Length() == 0 {
			t.Errorf("%q: no summary with links, or no field marked", c.says)
		}
		if !strings.HasPrefix(a.page().Find("title").Text(), "Not saved: ") {
			t.Errorf("the title does not say that nothing was saved: %q", a.page().Find("title").Text())
		}
	}
}

func TestContactCalledNewHasAPage(t *testing.T) {
	s := newSite(t)
	s.post("/contacts/new", "name", "New", "alias", "new", "token", "t").leadsTo("/contacts/=new")
	s.get("/contacts/=new").status(http.StatusOK).says("contact/new")
	s.post("/contacts/=new/channels/new", "type", "EMAIL", "name", "mail", "email", "new@example.org", "token", "t").leadsTo("/contacts/=new")
	s.get("/contacts/new").status(http.StatusOK).says("Add a contact")
}

func TestAllThreeKindsOfChannelAreAdded(t *testing.T) {
	s := newSite(t)
	s.contact("akuam", "Akua Mansa")
	path := "/contacts/akuam/channels/new"
	s.get(path).status(http.StatusOK).says("Add a channel").says("Phone number").says("Email address")
	for _, c := range []struct{ kind, name, field, address, masked string }{
		{"SMS", "akuas sms-test", "phone", "+1 (500) 555-0199", "+1 ••• ••• 0199"},
		{"VOICE", "desk", "phone", "0012065550100", "+1 ••• ••• 0100"},
		{"EMAIL", "mail", "email", " Akua@Example.org ", "a•••@example.org"},
	} {
		s.post(path, "type", c.kind, "name", c.name, c.field, c.address, "token", c.kind).leadsTo("/contacts/akuam")
		s.get("/contacts/akuam").says(c.name).says(c.masked).says("Waiting").says("Code on its way").
			says("arn:aws:ssm-contacts:us-east-2:111122223333:contact-channel/akuam/")
	}
	s.post(path, "type", "SMS", "name", "again", "phone", "+15005550199", "token", "x").status(http.StatusConflict).
		says("This contact already has an SMS channel with this address").says("Go to the channel “akuas sms-test”")
	s.post(path, "type", "SMS", "name", "later", "phone", "020 7946 0958", "country", "GB", "accept", "no_texts:+442079460958", "defer", "true", "token", "y").
		leadsTo("/contacts/akuam")
	s.get("/contacts/akuam").says("Activation deferred").says("+44 ••• ••• 0958")
}

func TestRefusedChannelKeepsWhatWasTyped(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana Silva")
	a := s.post("/contacts/ana/channels/new", "type", "SMS", "name", "!", "phone", "555 0199", "country", "", "defer", "true", "token", "t").
		status(http.StatusUnprocessableEntity).says("Start with + and the country code")
	for field, want := range map[string]string{"name": "!", "phone": "555 0199", "token": "t"} {
		if got := a.value(field); got != want {
			t.Errorf("the field %s reads %q, want %q", field, got, want)
		}
	}
	if a.page().Find(`input[name="defer"][checked]`).Length() != 1 || a.page().Find(`input[value="SMS"][checked]`).Length() != 1 {
		t.Error("the type or the deferral was lost")
	}
	s.post("/contacts/nobody/channels/new", "type", "SMS", "name", "a", "phone", "+15005550199", "token", "t").status(http.StatusNotFound)
}

func TestDoubtfulAddressIsAddedOnlyAfterAWarning(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana Silva")
	form := []string{"type", "SMS", "name", "mobile", "phone", "+15551234567", "token", "t"}
	a := s.post("/contacts/ana/channels/new", form...).status(http.StatusUnprocessableEntity).says("Add it anyway").says("+15551234567")
	s.post("/contacts/ana/channels/new", append(form, "accept", a.value("accept"))...).leadsTo("/contacts/ana")
	other := []string{"type", "SMS", "name", "mobile", "phone", "+15551234568", "token", "u", "accept", a.value("accept")}
	s.post("/contacts/ana/channels/new", other...).status(http.StatusUnprocessableEntity).says("Add it anyway")
}

func TestMisspeltDomainIsOfferedCorrected(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana Silva")
	form := []string{"type", "EMAIL", "name", "mail", "email", "ana@gmial.com", "token", "t"}
	a := s.post("/contacts/ana/channels/new", form...).status(http.StatusUnprocessableEntity).says("Did you mean ana@gmail.com?")
	s.post("/contacts/ana/channels/new", append(form, "use", a.value("use"))...).leadsTo("/contacts/ana")
	s.get("/contacts/ana").says("a•••@gmail.com")
}

func TestSecondClickAddsNothing(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana Silva")
	form := []string{"type", "EMAIL", "name", "mail", "email", "ana@example.org", "token", "t"}
	for range 2 {
		s.post("/contacts/ana/channels/new", form...).leadsTo("/contacts/ana")
	}
	if n := s.get("/contacts/ana").page().Find("#channels li").Length(); n != 1 {
		t.Errorf("%d channels, want 1", n)
	}
	for range 2 {
		s.post("/contacts/new", "name", "Bo", "alias", "bo", "token", "t").leadsTo("/contacts/bo")
	}
}

func TestSameFormWithOtherValuesAsksFirst(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana Silva")
	s.post("/contacts/ana/channels/new", "type", "EMAIL", "name", "mail", "email", "ana@example.org", "token", "t").leadsTo("/contacts/ana")
	form := []string{"type", "EMAIL", "name", "second", "email", "ana2@example.org"}
	a := s.post("/contacts/ana/channels/new", append(form, "token", "t")...).status(http.StatusConflict).
		says("You already added “mail” with this form").says("Add this one too?")
	if a.value("token") == "t" {
		t.Fatal("the form came back with the same token")
	}
	s.post("/contacts/ana/channels/new", append(form, "token", a.value("token"))...).leadsTo("/contacts/ana")

	s.post("/contacts/new", "name", "Bo", "alias", "bo", "token", "c").leadsTo("/contacts/bo")
	s.post("/contacts/new", "name", "Cy", "alias", "cy", "token", "c").status(http.StatusConflict).says("You already added “Bo” with this form")
}

func TestSecondManagerSeesWhatChangedAndLosesNothing(t *testing.T) {
	s := newSite(t)
	ana := s.contact("ana", "Ana Silva")
	_, path := s.channel(ana, oncall.SMS, "mobile", "+447700900123")
	first, second := s.get(path+"/edit"), s.get(path+"/edit")
	s.post(path+"/edit", "name", "old mobile", "version", first.value("version")).leadsTo(path)
	typed := []string{"name", "work mobile", "phone", "+12065550100", "was", second.value("was"), "was_address", second.value("was_address")}
	a := s.post(path+"/edit", append(typed, "version", second.value("version"))...).status(http.StatusConflict).
		says("Somebody else changed this channel").says("old mobile")
	if a.value("name") != "work mobile" || a.value("phone") != "+12065550100" {
		t.Errorf("what was typed was lost: %q %q", a.value("name"), a.value("phone"))
	}
	s.post(path+"/edit", append(typed, "version", a.value("version"))...).leadsTo(path)
	s.get(path).says("work mobile").says("+1 ••• ••• 0100")

	opened := s.get("/contacts/ana/edit")
	s.post("/contacts/ana/edit", "name", "Ana S.", "version", opened.value("version")).leadsTo("/contacts/ana")
	b := s.post("/contacts/ana/edit", "name", "Ana T.", "was", "Ana Silva", "version", opened.value("version")).status(http.StatusConflict).
		says("When you opened it").says("Ana S.")
	if b.value("name") != "Ana T." {
		t.Errorf("the name reads %q", b.value("name"))
	}
	s.post("/contacts/ana/edit", "name", "x", "version", "garbage").status(http.StatusConflict)
}

func TestDeactivationTakesTheProofAway(t *testing.T) {
	s := newSite(t)
	ana := s.contact("ana", "Ana Silva")
	c, path := s.channel(ana, oncall.SMS, "mobile", "+447700900123")
	s.get(path).saysNot("Deactivate")
	s.activate(c)
	s.get("/contacts/ana").says("Reachable").says("Active")
	s.get(path + "/deactivate").status(http.StatusOK).says("Ana Silva will have no active channel left, and cannot be paged.")
	for range 2 {
		s.post(path + "/deactivate").leadsTo(path)
	}
	s.get(path).says("Not activated").says("It was deactivated")
	s.get("/contacts?show=unreachable").says("Ana Silva")
}

func TestAnotherAddressTakesTheProofAway(t *testing.T) {
	s := newSite(t)
	ana := s.contact("ana", "Ana Silva")
	c, path := s.channel(ana, oncall.Email, "mail", "silva@example.org")
	s.activate(c)
	form := s.get(path + "/edit").says("puts the channel back to not activated")
	if strings.Contains(form.Body.String(), "silva@example.org") {
		t.Error("the edit form shows the address")
	}
	s.post(path+"/edit", "name", "mail", "email", "", "version", form.value("version")).leadsTo(path)
	s.get(path).says("Active")
	form = s.get(path + "/edit")
	s.post(path+"/edit", "name", "mail", "email", "ana@example.com", "version", form.value("version")).leadsTo(path)
	s.get(path).says("Code on its way").says("Address changed")
}

func TestEditedAddressThatTheContactHasLeadsToItsChannel(t *testing.T) {
	s := newSite(t)
	ana := s.contact("ana", "Ana Silva")
	for _, c := range []struct {
		kind                      oncall.ChannelType
		field, first, second, new string
	}{
		{oncall.SMS, "phone", "+15005550199", "+12065550100", "+1 (500) 555-0199"},
		{oncall.Voice, "phone", "+15005550199", "+12065550100", "001 500 555 0199"},
		{oncall.Email, "email", "ana@example.org", "silva@example.org", "ANA@Example.org"},
	} {
		_, there := s.channel(ana, c.kind, "the first", c.first)
		_, path := s.channel(ana, c.kind, "the second", c.second)
		a := s.post(path+"/edit", "name", "the second", c.field, c.new, "version", "1").status(http.StatusConflict).says("Go to the channel “the first”")
		if got := a.page().Find(`.hint a[href="` + there + `"]`).Length(); got != 1 {
			t.Errorf("%s: %d links to %s", c.kind, got, there)
		}
	}
}

func TestAddressIsShownOnlyOnRequest(t *testing.T) {
	s := newSite(t)
	ana := s.contact("ana", "Ana Silva")
	_, path := s.channel(ana, oncall.Email, "mail", "Silva@Example.org")
	for _, p := range []string{"/contacts", "/contacts/ana", path, path + "/edit", path + "/delete"} {
		if strings.Contains(strings.ToLower(s.get(p).Body.String()), "silva@example.org") {
			t.Errorf("%s shows the address", p)
		}
	}
	s.post(path + "/address").status(http.StatusOK).says("Silva@Example.org")
	s.get(path + "/address").leadsTo(path)
	s.do(http.MethodPost, path+"/address", "", partial).status(http.StatusOK).says("Silva@Example.org").saysNot("History")
}

func TestSameAddressOnTwoContactsIsShown(t *testing.T) {
	s := newSite(t)
	_, path := s.channel(s.contact("ana", "Ana"), oncall.Voice, "room", "+12065550100")
	s.channel(s.contact("bo", "Bo"), oncall.SMS, "room", "+12065550100")
	s.get(path).says("Also on").says("bo (SMS)")
}

func TestDeletedChannelIsGone(t *testing.T) {
	s := newSite(t)
	_, path := s.channel(s.contact("ana", "Ana"), oncall.Voice, "room", "+12065550100")
	s.get(path + "/delete").says("Delete the voice channel “room”?")
	for range 2 {
		s.post(path + "/delete").leadsTo("/contacts/ana")
	}
	s.get(path).status(http.StatusNotFound)
	s.get("/contacts/ana").says("Ana has no channel")
}

func TestListIsSearchedFilteredAndPaged(t *testing.T) {
	s := newSite(t)
	for i := range 120 {
		s.contact("person-"+string(rune('a'+i/26))+string(rune('a'+i%26)), "Number Person")
	}
	c, _ := s.channel(s.contact("zoe", "Zoë Müller"), oncall.SMS, "mobile", "+447700900123")
	s.activate(c)
	s.get("/contacts").says("120 of 121 people cannot be reached.").saysNot("Zoë")
	s.get("/contacts?q=mull").says("Zoë Müller").saysNot("person-aa")
	s.get("/contacts?q=MULLER+zo").says("Zoë Müller")
	s.get("/contacts?show=reachable").says("Zoë Müller").saysNot("person-aa")
	s.get("/contacts?q=nobody").says("No contact here has a name or alias with words that begin like “nobody”.")
	s.get("/contacts?after=garbage").status(http.StatusUnprocessableEntity).says("Start again from the first page")

	seen := map[string]int{}
	path, pages := "/contacts", 0
	for path != "" && pages < 10 {
		a := s.get(path).status(http.StatusOK)
		for _, alias := range a.page().Find(".contacts .alias").EachIter() {
			seen[alias.Text()]++
		}
		path, pages = a.page().Find(`a[rel="next"]`).AttrOr("href", ""), pages+1
	}
	if len(seen) != 121 || pages != 3 {
		t.Errorf("%d contacts on %d pages, want 121 on 3", len(seen), pages)
	}
	for alias, n := range seen {
		if n != 1 {
			t.Errorf("%s is shown %d times", alias, n)
		}
	}
}

func TestSearchThatLooksAtTooManyGoesOnFromThere(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.Candidates = 2 })
	s := siteOver(t, w, w.Rooms)
	for _, alias := range []string{"m1", "m2", "m3"} {
		s.contact(alias, "Maria")
	}
	for _, alias := range []string{"k1", "k2", "k3", "k4"} {
		s.contact(alias, "Kofi")
	}
	s.contact("m4", "Maria Kofi")
	s.contact("m5", "Maria")
	const tooMany = "Too many people to look through: add a letter or another word."
	next := func(a answer) string { return a.page().Find(`.pages a[rel="next"]`).AttrOr("href", "") }
	announced := func(a answer) string { return a.page().Find("#results").AttrOr("data-found", "") }

	first := s.get("/contacts?q=maria+kofi").says("Nobody found yet. " + tooMany).saysNot("m4")
	if got := announced(first); got != "0 contacts shown. "+tooMany {
		t.Errorf("a reader hears %q", got)
	}
	second := s.get(next(first)).says("m4").says(tooMany)
	if got := announced(second); got != "1 contact shown. "+tooMany {
		t.Errorf("a reader hears %q", got)
	}
	third := s.get(next(second)).status(http.StatusOK).says("No further contact here has a name or alias").saysNot("Too many")
	if at := third.page().Find(".pages a").AttrOr("href", ""); next(third) != "" || at != "/contacts?q=maria+kofi" {
		t.Errorf("the last page leads to %q and %q", next(third), at)
	}
	s.do(http.MethodGet, "/contacts?q=maria+kofi", "", partial).says(tooMany)
}

func TestFieldIsCheckedWhenItIsLeft(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana Silva")
	check := func(form ...string) answer {
		return s.do(http.MethodPost, "/contacts/ana/channels/new/check", formOf(form...), partial).status(http.StatusOK)
	}
	check("type", "SMS", "phone", "(206) 555-0100", "country", "US").says("Will be stored as +12065550100 · United States · fixed line or mobile")
	check("type", "SMS", "phone", "").saysNot("Enter")
	check("type", "SMS", "phone", "12").says("Start with +")
	check("type", "EMAIL", "email", "ana@host").says("whole domain")
	check("type", "EMAIL", "email", "ana@gmial.com").says("Use ana@gmail.com")
	check("type", "SMS", "name", "a/b").says("Write the channel name without “/”")
	if got := check("type", "SMS", "phone", "12").page().Find("#phone-check [data-invalid]").Length(); got != 1 {
		t.Errorf("%d marks of an invalid field, want 1", got)
	}
	a := s.do(http.MethodPost, "/contacts/new/check", formOf("name", "Ana"), partial).status(http.StatusOK)
	if got := a.page().Find("#alias-check").AttrOr("data-suggestion", ""); got != "ana-2" {
		t.Errorf("suggested %q, want ana-2", got)
	}
	_, path := s.channel(oncalltest.Scope.Contact("ana"), oncall.SMS, "m", "+447700900123")
	s.do(http.MethodPost, path+"/edit/check", formOf("name", "m", "phone", "+447700900123", "version", "1"), partial).status(http.StatusOK).saysNot("already has")
}

func TestPartsOfPagesAnswerOnlyToPartialRequests(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana Silva")
	for path, part := range map[string]string{
		"/contacts":                  "#results",
		"/contacts/ana/channels/new": "#channels form",
		"/contacts/ana/delete":       "#dialog-title",
	} {
		a := s.get(path, partial).status(http.StatusOK)
		if a.page().Find(part).Length() != 1 || a.page().Find("header, main").Length() != 0 {
			t.Errorf("%s: the part is not %s alone", path, part)
		}
		for _, whole := range []string{"HX-Boosted", "HX-History-Restore-Request"} {
			if s.get(path, partial, header(whole, "true")).page().Find("main").Length() != 1 {
				t.Errorf("%s with %s is not a whole page", path, whole)
			}
		}
		if got := a.Header().Values("Vary"); !strings.Contains(strings.Join(got, " "), "HX-Request") {
			t.Errorf("%s: Vary is %q", path, got)
		}
	}
	form := formOf("type", "EMAIL", "name", "mail", "email", "ana@example.org", "token", "t")
	added := s.do(http.MethodPost, "/contacts/ana/channels/new", form, partial).status(http.StatusOK).says("Channel added.").says("a•••@example.org").
		says("A code is out: Ana Silva can be paged once it comes back.")
	if got := added.Header().Get("HX-Retarget"); got != "#app" {
		t.Errorf("the whole page goes to %q, want #app", got)
	}
	s.do(http.MethodPost, "/contacts/ana/channels/new", formOf("type", "EMAIL", "token", "u"), partial).
		status(http.StatusUnprocessableEntity).says("Enter a name").saysNot("Appearance")
}

func TestNoticeIsShownOnce(t *testing.T) {
	s := newSite(t)
	a := s.post("/contacts/new", "name", "Bo", "alias", "bo", "token", "c")
	cookie := a.Result().Cookies()[0]
	next := s.get("/contacts/bo", func(r *http.Request) { r.AddCookie(cookie) }).says("Contact added.")
	if c := next.Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("the notice is not taken away: %v", c)
	}
	s.get("/contacts/bo").saysNot("Contact added.")
}

func TestThemeIsKeptAndLeadsBack(t *testing.T) {
	s := newSite(t)
	a := s.post("/theme", "theme", "dark", "back", "/contacts?q=a")
	a.leadsTo("/contacts?q=a")
	cookie := a.Result().Cookies()[0]
	if got := s.get("/contacts", func(r *http.Request) { r.AddCookie(cookie) }).page().Find("html").AttrOr("data-theme", ""); got != "dark" {
		t.Errorf("theme %q, want dark", got)
	}
	for _, elsewhere := range []string{"https://example.com/", "//example.com/", `/\example.com`, "javascript:alert(1)", "", "/\t/example.com", "contacts", "/..//example.com"} {
		if got := s.post("/theme", "theme", "light", "back", elsewhere).Header().Get("Location"); !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.Contains(got, `\`) {
			t.Errorf("back %q leads to %q", elsewhere, got)
		}
	}
}

func TestFormOfSomethingDeletedSaysSo(t *testing.T) {
	s := newSite(t)
	contact := []string{"name", "Bo", "alias", "bo", "token", "c"}
	channel := []string{"type", "EMAIL", "name", "mail", "email", "bo@example.org", "token", "t"}
	s.post("/contacts/new", contact...).leadsTo("/contacts/bo")
	s.post("/contacts/bo/channels/new", channel...).leadsTo("/contacts/bo")
	path, _ := s.get("/contacts/bo").page().Find("#channels li .who a").Attr("href")
	s.post(path + "/delete").leadsTo("/contacts/bo")
	a := s.post("/contacts/bo/channels/new", channel...).status(http.StatusConflict).says("The channel you added with this form was deleted since")
	channel[7] = a.value("token")
	s.post("/contacts/bo/channels/new", channel...).leadsTo("/contacts/bo")
	s.post("/contacts/bo/delete").leadsTo("/contacts")
	a = s.post("/contacts/new", contact...).status(http.StatusConflict).says("The contact you added with this form was deleted since")
	contact[5] = a.value("token")
	s.post("/contacts/new", contact...).leadsTo("/contacts/bo")
}

func TestSecondClickOnSaveIsNoConflict(t *testing.T) {
	s := newSite(t)
	_, path := s.channel(s.contact("ana", "Ana"), oncall.Voice, "room", "+12065550100")
	for range 2 {
		s.post("/contacts/ana/edit", "name", "Ana S.", "version", "1").leadsTo("/contacts/ana")
		s.post(path+"/edit", "name", "desk", "phone", "+12065550101", "version", "1").leadsTo(path)
	}
}

func TestConflictNamesWhatReadsAlike(t *testing.T) {
	s := newSite(t)
	c, path := s.channel(s.contact("ana", "Ana"), oncall.Email, "mail", "ana@example.org")
	s.activate(c)
	opened := s.get(path + "/edit")
	hidden := []string{"name", "post"}
	for _, field := range []string{"version", "was", "was_address", "was_since", "was_state"} {
		hidden = append(hidden, field, opened.value(field))
	}
	s.post(path+"/edit", "name", "mail", "email", "amy@example.org", "version", opened.value("version")).leadsTo(path)
	s.post(path+"/edit", hidden...).status(http.StatusConflict).
		says("Addressa•••@example.orga•••@example.org (changed)").says("StateActiveNot activated (changed)").says("NamemailmailAddress")
}

func TestDecomposedLettersArePutTogether(t *testing.T) {
	s := newSite(t)
	s.post("/contacts/new", "name", "Zoe\u0308", "alias", "zoe", "token", "c").leadsTo("/contacts/zoe")
	s.get("/contacts/zoe").says("Zo\u00eb")
}

func TestSearchWithoutAWordFindsNobody(t *testing.T) {
	s := newSite(t)
	s.contact("ana", "Ana Silva")
	s.get("/contacts?q=%25%25").says("No contact here").saysNot("Ana Silva")
	s.get("/contacts?q=+").says("Ana Silva")
}

func TestContactWithAllItsChannelsOffersNoMore(t *testing.T) {
	s := newSite(t)
	ana := s.contact("ana", "Ana Silva")
	for i := range oncall.MaxChannels {
		s.channel(ana, oncall.Email, "mail", "ana"+strconv.Itoa(i)+"@example.org")
	}
	s.get("/contacts/ana").says("A contact has at most 100 channels").saysNot("Add a channel")
	s.get("/contacts").says("and 94 more")
}

func TestDeactivatedMeanwhileLeadsToTheChannel(t *testing.T) {
	s := newSite(t)
	_, path := s.channel(s.contact("ana", "Ana"), oncall.Voice, "room", "+12065550100")
	s.get(path + "/deactivate").leadsTo(path)
	if got := s.get(path+"/deactivate", partial).status(http.StatusOK).Header().Get("HX-Redirect"); got != path {
		t.Errorf("HX-Redirect is %q, want %q", got, path)
	}
}
