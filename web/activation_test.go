package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
	"callbook/web"
)

// codeSite is a site on which every code is knownCode.
func codeSite(t *testing.T, options ...func(*oncalltest.Options)) *site {
	t.Helper()
	w := oncalltest.New(t, append(options, func(o *oncalltest.Options) { o.NewCode = func() string { return knownCode } })...)
	return siteFor(t, w, w.Rooms, web.Options{Site: here})
}

// deliver takes what waits for a channel type out of the outbox, as a provider
// that took it, and returns it.
func (s *site) deliver(class oncall.Queue, t oncall.ChannelType) []oncall.Message {
	s.t.Helper()
	messages, err := s.ClaimMessages(s.t.Context(), class, t, 100, time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range messages {
		if err := s.RecordAttempt(s.t.Context(), m, oncall.Attempt{Provider: "SMTP", Reference: m.ID}); err != nil {
			s.t.Fatal(err)
		}
	}
	return messages
}

func TestCodeThatIsEnteredActivates(t *testing.T) {
	s := codeSite(t)
	_, path := s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
	s.get(path).says("Code on its way").says("Activate this channel")
	s.deliver(oncall.ActivationQueue, oncall.Email)
	s.get(path).says("Code sent").says("expires in 60 min").says("Sent by SMTP")
	wrong := s.post(path+"/activate", "code", " 999 999").status(http.StatusUnprocessableEntity).says("This code is not right, or no longer good")
	if got := wrong.value("code"); got != " 999 999" {
		t.Errorf("what was typed is now %q", got)
	}
	s.post(path+"/activate", "code", "042 137").leadsTo(path)
	s.get(path).says("Active").saysNot("Activate this channel")
	s.get("/contacts").says("Reachable")
	s.post(path+"/activate", "code", "").leadsTo(path) // it is active already
}

func TestCodeNeedsAManager(t *testing.T) {
	s := codeSite(t)
	_, path := s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
	viewer := s.as(oncall.Viewer)
	viewer.get(path).says("Code on its way").saysNot("Activate this channel")
	viewer.post(path+"/activate", "code", knownCode).status(http.StatusForbidden)
	viewer.post(path + "/send").status(http.StatusForbidden)
	viewer.post("/activations/resend").status(http.StatusForbidden)
	viewer.get("/activations").status(http.StatusOK).says("mail").saysNot("Enter code")
}

func TestNewCodeHasToWaitAMoment(t *testing.T) {
	s := codeSite(t)
	_, path := s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
	if got := s.get(path).page().Find("[data-countdown]").AttrOr("data-countdown", ""); got != "60" {
		t.Errorf("counts down from %q, want 60", got)
	}
	a := s.post(path + "/send").status(http.StatusTooManyRequests).says("Another one can be sent in 60 seconds")
	if seconds, _ := strconv.Atoi(a.Header().Get("Retry-After")); seconds != 60 {
		t.Errorf("Retry-After is %d, want 60", seconds)
	}
	s.Clock.Pass(time.Minute)
	s.post(path + "/send").leadsTo(path)
	s.get(path).says("Code on its way")
}

func TestStateChangesByItself(t *testing.T) {
	s := codeSite(t)
	c, path := s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
	poll := s.get(path).page().Find("#state").AttrOr("hx-get", "")
	s.deliver(oncall.ActivationQueue, oncall.Email)
	part := s.get(poll, partial).status(http.StatusOK).says("Code sent")
	if part.page().Find("main, form").Length() > 0 || part.page().Find("#state[hx-get]").Length() != 1 {
		t.Errorf("a state that goes on is more than a part, or asks no more:\n%s", part.Body)
	}
	if err := s.ActivateChannel(t.Context(), oncalltest.Program, s.Scope().Channel(c.Alias, c.ID), knownCode); err != nil {
		t.Fatal(err)
	}
	whole := s.get(poll, partial).status(http.StatusOK).says("Active").saysNot("Activate this channel")
	if got := whole.Header().Get("HX-Retarget"); got != "#app" || whole.page().Find("#state[hx-get]").Length() != 0 {
		t.Errorf("a final state goes to %q, or asks again", got)
	}
	changed := s.do(http.MethodPost, "/contacts/ana/state", formOf("row", c.ID), partial).status(http.StatusOK).says("Active").says("Ana Silva can be paged through the one channel.")
	if changed.page().Find("#poll[hx-post]").Length() != 0 || changed.page().Find("li[hx-swap-oob], #answer[hx-swap-oob]").Length() != 2 {
		t.Errorf("the page asks again, or misses the row or the answer:\n%s", changed.Body)
	}
}

func TestPollingKeepsNoSessionAlive(t *testing.T) {
	s := codeSite(t)
	_, path := s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
	for range 13 {
		s.Clock.Pass(time.Hour)
		s.get(path+"/state", partial)
	}
	s.get(path).leadsToSignIn()
}

func TestFailureIsSaidInWords(t *testing.T) {
	s := codeSite(t)
	_, path := s.channel(s.contact("ana", "Ana Silva"), oncall.SMS, "mobile", "+447700900123")
	for _, c := range []struct {
		a    oncall.Attempt
		says string
	}{
		{oncall.Attempt{Unsent: true, FailureReason: "no SMS provider is configured"}, "Cannot be sent: no SMS provider is configured"},
		{oncall.Attempt{Provider: "Twilio", FailureReason: "nobody has this number"}, "Delivery failed· nobody has this number"},
	} {
		messages, err := s.ClaimMessages(t.Context(), oncall.ActivationQueue, oncall.SMS, 1, time.Minute)
		if err != nil || len(messages) != 1 {
			t.Fatal(messages, err)
		}
		if err := s.RecordAttempt(t.Context(), messages[0], c.a); err != nil {
			t.Fatal(err)
		}
		for _, page := range []string{path, "/contacts/ana", "/activations"} {
			s.get(page).says(c.says)
		}
		// The page that asks by itself gets the state alone: what is typed stays.
		part := s.get(path+"/state", partial).status(http.StatusOK).says(c.says)
		if part.page().Find("main, form, [hx-get]").Length() > 0 || part.Header().Get("HX-Retarget") != "" {
			t.Errorf("a failure brings more than the state, or asks on:\n%s", part.Body)
		}
		s.Clock.Pass(time.Hour)
		s.post(path + "/send").leadsTo(path)
	}
}

func TestLinkActivatesWithoutAnAccount(t *testing.T) {
	s := codeSite(t)
	_, path := s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
	link := "/activate/" + s.deliver(oncall.ActivationQueue, oncall.Email)[0].Content.Token
	nobody := s.as("")
	for range 3 { // a scanner of mails follows links
		a := nobody.get(link).status(http.StatusOK).says("program asked whether email to a•••@example.org arrives")
		h := a.Header()
		if h.Get("X-Robots-Tag") != "noindex" || h.Get("Cache-Control") != "no-store" || a.page().Find(`meta[name="robots"][content="noindex"]`).Length() != 1 {
			t.Errorf("headers %v", h)
		}
		for _, e := range a.page().Find("[href], [src], [action]").EachIter() {
			for _, name := range []string{"href", "src", "action"} {
				if target := e.AttrOr(name, "/"); !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "#") {
					t.Errorf("leads outside to %s", target)
				}
			}
		}
	}
	nobody.do(http.MethodHead, link, "")
	s.get(path).says("Code sent")
	nobody.post(link).status(http.StatusOK).says("Thank you")
	s.get(path).says("Active")
	s.as(oncall.Admin).get("/audit").says("a•••@example.org activated")
}

func TestEveryDeadLinkReadsTheSame(t *testing.T) {
	s := codeSite(t)
	s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
	used := "/activate/" + s.deliver(oncall.ActivationQueue, oncall.Email)[0].Content.Token
	s.as("").post(used).status(http.StatusOK)
	_, path := s.channel(s.contact("bo", "Bo"), oncall.Email, "mail", "bo@example.org")
	replaced := "/activate/" + s.deliver(oncall.ActivationQueue, oncall.Email)[0].Content.Token
	s.Clock.Pass(time.Minute)
	s.post(path + "/send").leadsTo(path)
	expired := "/activate/" + s.deliver(oncall.ActivationQueue, oncall.Email)[0].Content.Token
	s.Clock.Pass(time.Hour)
	want := s.as("").get("/activate/never-was").status(http.StatusNotFound).says("This link is no longer good").Body.String()
	for what, link := range map[string]string{"used": used, "replaced": replaced, "expired": expired, "odd": "/activate/%00%ff"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if got := s.as("").do(method, link, "").status(http.StatusNotFound).Body.String(); got != want {
				t.Errorf("%s of one that is %s reads otherwise:\n%s", method, what, got)
			}
		}
	}
}

func TestGuessingAtLinksIsSlowedDown(t *testing.T) {
	s := codeSite(t).as("")
	for range 20 {
		s.post("/activate/guess").status(http.StatusNotFound)
	}
	a := s.post("/activate/guess").status(http.StatusTooManyRequests)
	if a.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	s.get("/activate/guess").status(http.StatusNotFound)
}

func TestQueueShowsWhatWaitsAndSendsAnew(t *testing.T) {
	s := codeSite(t)
	s.get("/activations").says("No channel waits for a code.").says("Nothing waits for a code").saysNot("Send new codes")
	ana := s.contact("ana", "Ana Silva")
	s.channel(ana, oncall.Email, "mail", "ana@example.org")
	s.deliver(oncall.ActivationQueue, oncall.Email)
	s.get("/activations").says("One channel is not active").says("Email · Ana Silva").says("Enter code").saysNot("Send new codes")
	s.Clock.Pass(time.Hour)
	if _, err := s.ExpireCodes(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	s.get("/activations").says("Code expired").says("Send new codes to all that expired")
	s.post("/activations/resend").leadsTo("/activations")
	running := s.get("/activations").says("New codes are being sent: 0 of 1 channel looked at")
	poll := running.page().Find("#poll").AttrOr("hx-post", "")
	ask := func() answer {
		return s.do(http.MethodPost, poll, formOf("job", "true"), partial).status(http.StatusOK)
	}
	if got := ask().says("0 of 1 channel").page().Find("#poll[hx-post]").AttrOr("hx-trigger", ""); got != "every 3s" {
		t.Errorf("a job is asked about %q", got)
	}
	if _, err := s.ResendSome(t.Context()); err != nil {
		t.Fatal(err)
	}
	whole := ask().says("Done: 1 new code on the way").says("Code on its way")
	if got := whole.Header().Get("HX-Retarget"); got != "#app" {
		t.Errorf("the end goes to %q", got)
	}
}

func TestPageOfADeletedChannelStopsAsking(t *testing.T) {
	s := codeSite(t)
	c, path := s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
	s.post(path + "/delete").leadsTo("/contacts/ana")
	if got := s.get(path+"/state", partial).Header().Get("HX-Redirect"); got != "/contacts/ana" {
		t.Errorf("the page is led to %q", got)
	}
	for poll, row := range map[string]string{"/contacts/ana/state": c.ID, "/activations/state": "ana/" + c.ID} {
		a := s.do(http.MethodPost, poll, formOf("row", row), partial).status(http.StatusOK)
		if a.page().Find("#channel-"+c.ID+"[hx-swap-oob=delete]").Length() != 1 || a.page().Find("#poll[hx-post]").Length() != 0 {
			t.Errorf("%s does not take the row away, or asks on:\n%s", poll, a.Body)
		}
	}
	s.post("/contacts/ana/delete").leadsTo("/contacts")
	if got := s.do(http.MethodPost, "/contacts/ana/state", formOf("row", c.ID), partial).Header().Get("HX-Redirect"); got != "/contacts" {
		t.Errorf("the page of a deleted contact is led to %q", got)
	}
	s.contact("ana", "Ana Silva")
	_, path = s.channel(s.Scope().Contact("ana"), oncall.Email, "mail", "ana@example.org")
	s.get(path + "/send").leadsTo(path)
}

func TestPageWithManyWaitingRowsPollsOnce(t *testing.T) {
	s := codeSite(t)
	var rows []string
	ana := s.contact("ana", "Ana Silva")
	for n := range 7 {
		c, _ := s.channel(ana, oncall.Email, "mail "+strconv.Itoa(n), "ana"+strconv.Itoa(n)+"@example.org")
		rows = append(rows, c.ID)
	}
	s.deliver(oncall.ActivationQueue, oncall.Email)
	for page, every := range map[string]string{"/contacts/ana": "every 3s", "/activations": "every 10s"} {
		a := s.get(page).status(http.StatusOK)
		polls := a.page().Find("[hx-trigger*=every]")
		if polls.Length() != 1 || polls.AttrOr("hx-trigger", "") != every || polls.Find("noscript").Length() != 1 {
			t.Fatalf("%s polls in %d places, %q, or does not say how to refresh", page, polls.Length(), polls.AttrOr("hx-trigger", ""))
		}
		var values struct{ Row []string }
		if err := json.Unmarshal([]byte(polls.AttrOr("hx-vals", "")), &values); err != nil || len(values.Row) != len(rows) {
			t.Fatalf("%s asks about %v: %v", page, values.Row, err)
		}
		form := url.Values{"row": append(values.Row, "no/such", "no", "../..", strings.Repeat("x", 3000))}
		part := s.do(http.MethodPost, polls.AttrOr("hx-post", ""), form.Encode(), partial).status(http.StatusOK).says("Code sent")
		if got := part.page().Find("li[hx-swap-oob=true]").Length(); got != len(rows) || part.page().Find("#poll[hx-post]").Length() != 1 || part.page().Find("main, form[action*=channels][action$=new]").Length() != 0 {
			t.Errorf("%s gets %d rows of %d, asks no more, or brings more:\n%s", page, got, len(rows), part.Body)
		}
		s.do(http.MethodPost, polls.AttrOr("hx-post", ""), form.Encode()).leadsTo(page)
	}
}

func TestPollOfAnEndedSessionTakesNothingAway(t *testing.T) {
	s := codeSite(t)
	c, path := s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
	nobody := s.as("")
	for poll, method := range map[string]string{
		path + "/state": http.MethodGet, "/contacts/ana/state": http.MethodPost, "/activations/state": http.MethodPost,
		"/contacts/import/state": http.MethodGet, "/settings/delivery/tests/1/state": http.MethodGet,
	} {
		body := ""
		if method == http.MethodPost {
			body = formOf("row", c.ID)
		}
		a := nobody.do(method, poll, body, partial, header("HX-Current-URL", "http://127.0.0.1:8080/contacts/ana")).status(http.StatusUnauthorized)
		a.says("You are signed out: sign in again")
		h := a.Header()
		if h.Get("HX-Redirect")+h.Get("Location")+h.Get("HX-Refresh") != "" || h.Get("HX-Retarget") != "#notice" || h.Get("HX-Reswap") != "innerHTML" {
			t.Errorf("%s: the answer takes the page away, or scrolls it: %v", poll, h)
		}
		if got := a.page().Find("a").AttrOr("href", ""); got != "/sign-in?back=%2Fcontacts%2Fana" {
			t.Errorf("%s: the link leads to %q", poll, got)
		}
	}
}

func TestWaitingPeopleAreFound(t *testing.T) {
	s := codeSite(t)
	s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
	s.contact("bo", "Bo")
	s.get("/contacts").says("None of 2 people can be reached.").says("Waiting 1")
	s.get("/contacts?show=waiting").says("Ana Silva").saysNot("Bo")
	s.get("/contacts?show=unreachable").says("Bo").saysNot("Ana Silva")
}

func TestInvitationGoesOutByEmail(t *testing.T) {
	s := codeSite(t, func(o *oncalltest.Options) { o.Mails = true }).as(oncall.Admin)
	s.get("/settings/users/new").says("They get an email with a link").says("Show me a link instead")
	a := s.post("/settings/users/new", "email", "new@example.org", "role", "viewer", "token", "t").status(http.StatusSeeOther)
	user := a.Header().Get("Location")
	s.get(user).says("On its way")
	m := s.deliver(oncall.AccountQueue, oncall.Email)[0]
	if m.Kind != oncall.InvitationMessage || m.Content.To != "new@example.org" {
		t.Fatalf("%+v", m)
	}
	s.as("").get("/join/" + m.Content.Token).status(http.StatusOK)
	s.post("/settings/users/new", "email", "other@example.org", "role", "viewer", "token", "u", "by", "hand").status(http.StatusOK).says("Hand it over yourself")
	s.post(user + "/mail").leadsTo(user)
	if m := s.deliver(oncall.AccountQueue, oncall.Email)[0]; m.Kind != oncall.ResetMessage {
		t.Errorf("%+v", m)
	}
}

func TestForgottenPasswordTellsNobodyWhoIsThere(t *testing.T) {
	s := codeSite(t, func(o *oncalltest.Options) { o.Mails = true }).as("")
	s.get("/sign-in").says("Forgot your password?")
	s.get("/sign-in/forgotten").status(http.StatusOK)
	there := s.post("/sign-in/forgotten", "email", "manager@example.org").status(http.StatusOK).says("If there is a user")
	other := s.post("/sign-in/forgotten", "email", "nobody@example.org").status(http.StatusOK)
	if got, want := strings.ReplaceAll(other.text(), "nobody@", "manager@"), there.text(); got != want {
		t.Errorf("nobody reads %s\nsomebody reads %s", got, want)
	}
	if got := s.deliver(oncall.AccountQueue, oncall.Email); len(got) != 1 || got[0].Content.To != "manager@example.org" {
		t.Errorf("%d mails", len(got))
	}
	s.post("/sign-in/forgotten", "email", "no address").status(http.StatusUnprocessableEntity)
	newSite(t).as("").get("/sign-in/forgotten").status(http.StatusNotFound)
	newSite(t).as("").get("/sign-in").saysNot("Forgot your password?")
}
