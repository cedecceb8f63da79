package web_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/handlers"
	"callbook/internal/delivery"
	"callbook/internal/oncall"
	"callbook/web"
)

const (
	twilioToken = "token of the account at Twilio"
	hookSecret  = "a secret of thirty characters."
	knownCode   = "042137"
)

// phoneSite is a site that Twilio and a webhook call back.
func phoneSite(t *testing.T) *site {
	t.Helper()
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.NewCode = func() string { return knownCode } })
	writer := delivery.Writer{Origin: here.Origin()}
	phone, err := delivery.NewTwilio(delivery.TwilioOptions{AccountSID: "AC1", AuthToken: twilioToken, From: "+15005550006"}, writer)
	if err != nil {
		t.Fatal(err)
	}
	hook, err := delivery.NewWebhook("https://hook.example.org", hookSecret, writer, w.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return siteOf(t, w, handlers.Options{Origin: here.Origin(), Phone: phone, Hook: hook}, w.Rooms, web.Options{Site: here}).as("")
}

// signed is what Twilio adds to a form: made here from its documentation and not
// by the code that checks it.
func signed(path string, form url.Values) with {
	text := here.Origin() + path
	for _, name := range slices.Sorted(maps.Keys(form)) {
		text += name + form.Get(name)
	}
	mac := hmac.New(sha1.New, []byte(twilioToken))
	mac.Write([]byte(text))
	return header("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

func (s *site) twilio(path string, form ...string) answer {
	s.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	return s.do(http.MethodPost, path, values.Encode(), signed(path, values))
}

// sent takes the code of a channel out of the outbox, as a provider that took it.
func (s *site) sent(c oncall.Channel) oncall.Message {
	s.t.Helper()
	messages, err := s.ClaimMessages(s.t.Context(), oncall.ActivationQueue, c.Type, 10, time.Minute)
	if err != nil || len(messages) != 1 {
		s.t.Fatalf("%d messages, %v", len(messages), err)
	}
	if err := s.RecordAttempt(s.t.Context(), messages[0], oncall.Attempt{Provider: "Twilio", Reference: "SM1"}); err != nil {
		s.t.Fatal(err)
	}
	return messages[0]
}

func (s *site) state(c oncall.Channel) (oncall.ActivationState, oncall.CodeState) {
	s.t.Helper()
	d, err := s.Channel(s.t.Context(), oncalltest.Program, s.Scope().Channel(c.Alias, c.ID))
	if err != nil {
		s.t.Fatal(err)
	}
	return d.State(), d.Code.State(s.Now())
}

func TestReportsOfTwilioMoveTheState(t *testing.T) {
	s := phoneSite(t)
	c, _ := s.channel(s.contact("ana", "Ana"), oncall.SMS, "mobile", "+447700900123")
	m := s.sent(c)
	path := "/callbacks/twilio/status/" + m.ID
	for _, step := range []struct {
		status string
		want   oncall.CodeState
	}{{"queued", oncall.CodeSent}, {"delivered", oncall.CodeDelivered}, {"delivered", oncall.CodeDelivered}, {"sent", oncall.CodeDelivered}} {
		s.twilio(path, "MessageSid", "SM1", "MessageStatus", step.status).status(http.StatusNoContent)
		if _, got := s.state(c); got != step.want {
			t.Errorf("after %s the code is %s, want %s", step.status, got, step.want)
		}
	}
	s.twilio("/callbacks/twilio/status/of-nothing", "MessageSid", "SM1", "MessageStatus", "delivered").status(http.StatusNoContent)
}

func TestUndeliveredTextIsSaidInWords(t *testing.T) {
	s := phoneSite(t)
	c, path := s.channel(s.contact("ana", "Ana"), oncall.SMS, "mobile", "+447700900123")
	m := s.sent(c)
	s.twilio("/callbacks/twilio/status/"+m.ID, "MessageSid", "SM1", "MessageStatus", "undelivered", "ErrorCode", "30005").status(http.StatusNoContent)
	s.as(oncall.Viewer).get(path).says("nobody has this number, or no longer")
}

func TestUnsignedAndForgedCallbacksChangeNothing(t *testing.T) {
	s := phoneSite(t)
	c, _ := s.channel(s.contact("ana", "Ana"), oncall.SMS, "mobile", "+447700900123")
	m := s.sent(c)
	form := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}
	path := "/callbacks/twilio/status/" + m.ID
	for what, change := range map[string]with{
		"no signature":            func(*http.Request) {},
		"a signature of nothing":  header("X-Twilio-Signature", ""),
		"no base64":               header("X-Twilio-Signature", "!"),
		"that of another path":    signed("/callbacks/twilio/status/other", form),
		"that of another form":    signed(path, url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"failed"}}),
		"that of a call's answer": signed("/callbacks/twilio/call/"+m.ID, form),
	} {
		if got := s.do(http.MethodPost, path, form.Encode(), change).Code; got != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", what, got)
		}
	}
	if _, got := s.state(c); got != oncall.CodeSent {
		t.Errorf("the code is %s, want it sent", got)
	}
	for _, other := range []string{"/callbacks/twilio/call/" + m.ID, "/callbacks/twilio/reply", "/callbacks/webhook"} {
		s.post(other, "Digits", "1", "From", "+447700900123", "Body", knownCode, "MessageSid", "SM2").status(http.StatusForbidden)
	}
	if got, _ := s.state(c); got != oncall.NotActivated {
		t.Errorf("the channel is %s", got)
	}
}

func TestCodeTypedBackActivates(t *testing.T) {
	s := phoneSite(t)
	c, _ := s.channel(s.contact("ana", "Ana"), oncall.SMS, "mobile", "+447700900123")
	s.sent(c)
	reply := func(sid, text string) string {
		return s.twilio("/callbacks/twilio/reply", "MessageSid", sid, "From", "+447700900123", "To", "+15005550006", "Body", text).status(http.StatusOK).Body.String()
	}
	if got := reply("SM2", "the code is 999999"); !strings.Contains(got, "<Message>This code is not right") {
		t.Errorf("a wrong code is answered with %s", got)
	}
	if got := reply("SM3", "It's 042 137!"); !strings.Contains(got, "<Message>Thank you") {
		t.Errorf("the code is answered with %s", got)
	}
	if got, _ := s.state(c); got != oncall.Active {
		t.Errorf("the channel is %s", got)
	}
	if got := reply("SM4", "STOP"); strings.Contains(got, "<Message>") {
		t.Errorf("STOP is answered with %s", got)
	}
	if got, _ := s.state(c); got != oncall.NotActivated {
		t.Errorf("after STOP the channel is %s", got)
	}
	if got := reply("SM3", "It's 042 137!"); strings.Contains(got, "<Message>") {
		t.Errorf("what was heard before is answered with %s", got)
	}
}

func TestPressedKeyActivates(t *testing.T) {
	s := phoneSite(t)
	c, _ := s.channel(s.contact("ana", "Ana"), oncall.Voice, "home", "+441632960789")
	m := s.sent(c)
	path := "/callbacks/twilio/call/" + m.ID
	if got := s.twilio(path, "CallSid", "CA1", "Digits", "2").status(http.StatusOK).Body.String(); !strings.Contains(got, "Nothing was changed") {
		t.Errorf("another key is answered with %s", got)
	}
	if got, _ := s.state(c); got != oncall.NotActivated {
		t.Errorf("the channel is %s", got)
	}
	a := s.twilio(path, "CallSid", "CA1", "Digits", "1").status(http.StatusOK)
	if got := a.Body.String(); !strings.Contains(got, "<Say>Thank you.") || !strings.HasPrefix(a.Header().Get("Content-Type"), "text/xml") {
		t.Errorf("the key is answered with %s %v", got, a.Header())
	}
	if got, _ := s.state(c); got != oncall.Active {
		t.Errorf("the channel is %s", got)
	}
}

func TestPressedKeyOfAnOldCallActivatesNothing(t *testing.T) {
	s := phoneSite(t)
	c, _ := s.channel(s.contact("ana", "Ana"), oncall.Voice, "home", "+441632960789")
	m := s.sent(c)
	s.Clock.Pass(oncall.CodeTTL)
	if got := s.twilio("/callbacks/twilio/call/"+m.ID, "CallSid", "CA1", "Digits", "1").status(http.StatusOK).Body.String(); !strings.Contains(got, "too old") {
		t.Errorf("the key is answered with %s", got)
	}
	if got, _ := s.state(c); got != oncall.NotActivated {
		t.Errorf("the channel is %s", got)
	}
}

func TestReportOfTheWebhookMovesTheState(t *testing.T) {
	s := phoneSite(t)
	c, _ := s.channel(s.contact("ana", "Ana"), oncall.SMS, "mobile", "+447700900123")
	m := s.sent(c)
	body := `{"message":"` + m.ID + `","status":"DELIVERED","reference":"r"}`
	report := func(id string, at time.Time, text string) int {
		stamp := strconv.FormatInt(at.Unix(), 10)
		mac := hmac.New(sha256.New, []byte(hookSecret))
		mac.Write([]byte(id + "." + stamp + "." + body))
		return s.do(http.MethodPost, "/callbacks/webhook", text, header("Content-Type", "application/json"), header("Webhook-Id", id), header("Webhook-Timestamp", stamp),
			header("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))).Code
	}
	if got := report("1", s.Now(), strings.Replace(body, "DELIVERED", "ERROR", 1)); got != http.StatusForbidden {
		t.Errorf("a changed body: status %d, want 403", got)
	}
	if got := report("1", s.Now().Add(-6*time.Minute), body); got != http.StatusForbidden {
		t.Errorf("an old one: status %d, want 403", got)
	}
	if got := report("1", s.Now(), body); got != http.StatusNoContent {
		t.Errorf("a signed one: status %d, want 204", got)
	}
	if _, got := s.state(c); got != oncall.CodeDelivered {
		t.Errorf("the code is %s", got)
	}
}

func TestNobodyCallsBackWhereThereIsNoProvider(t *testing.T) {
	s := newSite(t).as("")
	for _, path := range []string{"/callbacks/twilio/status/m", "/callbacks/twilio/call/m", "/callbacks/twilio/reply", "/callbacks/webhook"} {
		s.post(path, "MessageSid", "SM1").status(http.StatusNotFound)
	}
}

// texted posts a text message as Twilio does, and returns the sentence of the answer, or "".
func (s *site) texted(sid string, form ...string) string {
	s.t.Helper()
	body := s.twilio("/callbacks/twilio/reply", append([]string{"MessageSid", sid, "To", "+15005550006"}, form...)...).status(http.StatusOK).Body.String()
	_, rest, _ := strings.Cut(body, "<Message>")
	answer, _, _ := strings.Cut(rest, "</Message>")
	return answer
}

func TestOptOutTypeOfTwilioDecides(t *testing.T) {
	for _, c := range []struct{ body, optOut, says string }{
		{"ARRET", "STOP", "Replied STOP on 22 Nov 2026"}, {knownCode, "STOP", "Replied STOP on 22 Nov 2026"}, {"STOP " + knownCode, "", "Replied STOP on 22 Nov 2026"}, {"opt out", "", "Replied STOP on 22 Nov 2026"},
		{"No! Who is this? … " + knownCode, "", "Replied that this is a wrong number on 22 Nov 2026"}, {knownCode, "HELP", "Code sent"}, {"Disliked “the code is " + knownCode + "”", "", "Code sent"},
	} {
		s := phoneSite(t)
		ch, path := s.channel(s.contact("ana", "Ana"), oncall.SMS, "mobile", "+447700900123")
		s.sent(ch)
		if answer := s.texted("SM2", "From", "+447700900123", "Body", c.body, "OptOutType", c.optOut); answer != "" {
			t.Errorf("%q %s is answered with %q", c.body, c.optOut, answer)
		}
		if got, _ := s.state(ch); got != oncall.NotActivated {
			t.Errorf("%q %s: the channel is %s", c.body, c.optOut, got)
		}
		viewer := s.as(oncall.Viewer)
		for _, page := range []string{path, "/contacts/ana", "/activations"} {
			viewer.get(page).says(c.says)
		}
		objected := strings.HasPrefix(c.says, "Replied")
		if got := viewer.get(path).page().Find(`#state a[href="/help/replies"]`).Length() == 1; got != objected {
			t.Errorf("%q: the channel leads to what people can reply: %t, want %t", c.body, got, objected)
		}
		filtered := viewer.get("/activations?show=replied")
		if got := filtered.page().Find("#channel-"+ch.ID).Length() == 1; got != objected {
			t.Errorf("%q: the filter shows the channel: %t, want %t", c.body, got, objected)
		}
	}
}

func TestWayBackFromAReplyIsSaid(t *testing.T) {
	s := phoneSite(t)
	ch, path := s.channel(s.contact("ana", "Ana"), oncall.SMS, "mobile", "+447700900123")
	s.sent(ch)
	manager := s.as(oncall.Manager)
	s.texted("SM2", "From", "+447700900123", "Body", "wrong number")
	manager.get(path).says("Check the number with Ana.").says("send a new code").says("What people can reply").says("Activate this channel")
	s.texted("SM3", "From", "+447700900123", "Body", "STOP")
	manager.get(path).says("until Ana replies START").saysNot("Activate this channel")
	s.texted("SM4", "From", "+447700900123", "Body", "START")
	manager.get(path).saysNot("Replied").says("Activate this channel")
	manager.get("/activations?show=replied").says("No objections")
}

func TestCodeInTheFormIsReadAsInAReply(t *testing.T) {
	const advice = "six digits, 0 to 9"
	for _, typed := range []string{"04213７", "0 4 2 1 3 7", "٠٤٢١٣٧", "Callbook: tell Kim the code 042137, good for 15 minutes.", "042\u00a0137"} {
		s := codeSite(t)
		_, path := s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
		s.post(path+"/activate", "code", typed).leadsTo(path)
		s.get(path).says("Active")
	}
	s := codeSite(t)
	_, path := s.channel(s.contact("ana", "Ana Silva"), oncall.Email, "mail", "ana@example.org")
	for _, typed := range []string{"", "04213", "0421377", "O42l37", "０４２１", "STOP 042137", "no, 042137", "½42137"} {
		s.post(path+"/activate", "code", typed).status(http.StatusUnprocessableEntity).says(advice).saysNot("good: check the newest message")
	}
	s.post(path+"/activate", "code", knownCode).leadsTo(path)
}
