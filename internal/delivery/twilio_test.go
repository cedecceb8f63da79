package delivery

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/internal/delivery/deliverytest"
	"callbook/internal/oncall"
)

const (
	accountSID = "AC00000000000000000000000000000001"
	ourNumber  = "+15005550006"
)

// twilioOf is a server of a test and its deliverer.
func twilioOf(t *testing.T) (*deliverytest.TwilioServer, *Twilio) {
	t.Helper()
	server := deliverytest.NewTwilio(t, accountSID, secretToken2)
	return server, newTestTwilio(t, TwilioOptions{BaseURL: server.URL})
}

func newTestTwilio(t *testing.T, o TwilioOptions) *Twilio {
	t.Helper()
	o.AccountSID = accountSID
	if o.AuthToken == "" {
		o.AuthToken = secretToken2
	}
	if o.From == "" {
		o.From = ourNumber
	}
	d, err := NewTwilio(o, Writer{Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTwilioGetsATextMessage(t *testing.T) {
	server, d := twilioOf(t)
	m := text()
	reference := mustDeliver(t, d, m)
	got := server.Next(t)
	if left, err := strconv.Atoi(got.Form.Get("ValidityPeriod")); err != nil || left < 1 || left > 3600 {
		t.Errorf("Twilio may keep it for %d s, %v; want what its code has left", left, err)
	}
	got.Form.Del("ValidityPeriod")
	want := url.Values{"To": {secretNumber}, "From": {ourNumber}, "Body": {d.writer.Words(m).Text}, "StatusCallback": {origin + "/callbacks/twilio/status/" + m.ID}}
	if diff := cmp.Diff(want, got.Form); diff != "" || got.Call || reference != got.SID {
		t.Errorf("the reference is %q of %q: %s", reference, got.SID, diff)
	}
}

func TestMessagingServiceSendsTextMessages(t *testing.T) {
	server := deliverytest.NewTwilio(t, accountSID, secretToken2)
	d := newTestTwilio(t, TwilioOptions{BaseURL: server.URL + "/", From: "MG00000000000000000000000000000001"})
	d.writer = Writer{}
	m := text()
	mustDeliver(t, d, m)
	want := url.Values{"To": {secretNumber}, "MessagingServiceSid": {d.From}, "Body": {d.writer.Words(m).Text}}
	got := server.Next(t).Form
	got.Del("ValidityPeriod")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A Messaging Service has no number to call from: calls would fail one by one.
func TestMessagingServiceCannotCall(t *testing.T) {
	server := deliverytest.NewTwilio(t, accountSID, secretToken2)
	d := newTestTwilio(t, TwilioOptions{BaseURL: server.URL, From: "MG00000000000000000000000000000001"})
	isFailure(t, failsWith(t, d, codeMessage(oncall.Voice)), "calls need a number in --twilio-from: a Messaging Service cannot call", true)
	server.None(t)
}

func TestTwilioSendsNoEmail(t *testing.T) {
	server, d := twilioOf(t)
	isFailure(t, failsWith(t, d, email()), "Twilio sends no email here", true)
	server.None(t)
}

// response is TwiML.
type response struct {
	Gather *struct {
		NumDigits string `xml:"numDigits,attr"`
		Method    string `xml:"method,attr"`
		Action    string `xml:"action,attr"`
		Say       []string
	}
	Say     []string
	Message []string
}

func script(t *testing.T, text string) response {
	t.Helper()
	var r response
	d := xml.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Errorf("something follows the TwiML: %v\n%s", err, text)
	}
	return r
}

func TestCallSpeaksTheCodeTwiceAndAsksForAKey(t *testing.T) {
	server, d := twilioOf(t)
	m := codeMessage(oncall.Voice)
	reference := mustDeliver(t, d, m)
	got := server.Next(t)
	if !got.Call || reference != got.SID || got.Form.Get("To") != secretNumber || got.Form.Get("From") != ourNumber ||
		got.Form.Get("StatusCallback") != origin+"/callbacks/twilio/status/"+m.ID {
		t.Errorf("reference %q, got %+v", reference, got)
	}
	r := script(t, got.Form.Get("Twiml"))
	if r.Gather == nil {
		t.Fatalf("no key is asked for in %s", got.Form.Get("Twiml"))
	}
	if r.Gather.NumDigits != "1" || r.Gather.Method != "POST" || r.Gather.Action != origin+"/callbacks/twilio/call/"+m.ID {
		t.Errorf("got %+v", r.Gather)
	}
	if said := strings.Join(r.Gather.Say, " "); strings.Count(said, "4, 9, 3, 8, 1, 7") != 2 || !strings.Contains(said, "press 1") || strings.Contains(said, "493") {
		t.Errorf("the call says %q", said)
	}
}

func TestCallWithoutAnOriginAsksForNothing(t *testing.T) {
	server, d := twilioOf(t)
	d.writer = Writer{}
	mustDeliver(t, d, codeMessage(oncall.Voice))
	got := server.Next(t)
	r := script(t, got.Form.Get("Twiml"))
	if said := strings.Join(r.Say, " "); r.Gather != nil || strings.Count(said, "4, 9, 3, 8, 1, 7") != 2 || strings.Contains(said, "press") || got.Form.Has("StatusCallback") {
		t.Errorf("got %+v", got.Form)
	}
	d.writer = Writer{Origin: origin}
	for _, kind := range []oncall.MessageKind{oncall.ChangeNotice, oncall.TestMessage} {
		m := codeMessage(oncall.Voice)
		m.Kind = kind
		mustDeliver(t, d, m)
		if r := script(t, server.Next(t).Form.Get("Twiml")); r.Gather != nil {
			t.Errorf("a %s asks for a key", kind)
		}
	}
}

func TestNoContentBreaksOutOfTwiML(t *testing.T) {
	server, d := twilioOf(t)
	for _, text := range append(hostile, "</Say><Dial>+15005550100</Dial><Say>", "&amp;<![CDATA[", "'\"") {
		m := codeMessage(oncall.Voice)
		m.Kind = oncall.ChangeNotice
		m.Content.Name = "a" + text + "b"
		mustDeliver(t, d, m)
		got := server.Next(t).Form.Get("Twiml")
		if strings.Contains(got, "<Dial") || strings.Contains(got, "<script") {
			t.Errorf("%q is not escaped in %s", text, got)
		}
		script(t, got)
	}
	for _, sentence := range hostile {
		if r := script(t, string(d.Speak(sentence))); len(r.Say) != 1 {
			t.Errorf("Speak(%q) is %s", sentence, d.Speak(sentence))
		}
		if r := script(t, string(d.Answer(sentence))); len(r.Message) != 1 {
			t.Errorf("Answer(%q) is %s", sentence, d.Answer(sentence))
		}
	}
	if got, want := string(d.Answer("")), xml.Header+"<Response></Response>"; got != want {
		t.Errorf("no answer is %q, want %q", got, want)
	}
}

func TestAnswersOfTwilioAreUnderstood(t *testing.T) {
	says := func(status, code, message string) string {
		return `{"code": ` + code + `, "message": "` + message + `", "more_info": "https://www.twilio.com/docs/errors/` + code + `", "status": ` + status + `}`
	}
	for _, c := range []struct {
		fault     deliverytest.Fault
		says      string
		permanent bool
		after     time.Duration
	}{
		{deliverytest.Status(401, says("401", "20003", "Authenticate")), "Twilio refused the sign-in: check the account SID and the token", false, signInRefused},
		{deliverytest.Status(400, says("400", "21211", "Invalid 'To' Phone Number: "+secretNumber)), "this is not a number that can be reached", true, 0},
		{deliverytest.Status(400, says("400", "21610", "Attempt to send to unsubscribed recipient")), "the person replied STOP to this number and has to reply START first", true, 0},
		{deliverytest.Status(400, says("400", "21999", secretNumber+" and "+secretCode)), "Twilio says: ••• and •••", true, 0},
		{deliverytest.Status(429, says("429", "20429", "Too Many Requests")), "Twilio says: Too Many Requests", false, time.Second},
		{deliverytest.Status(429, "", "Retry-After", "7"), "Twilio takes no more at this rate", false, 7 * time.Second},
		{deliverytest.Status(429, says("429", "30001", "Queue overflow"), "Retry-After", "7"), "Twilio says: Queue overflow", false, time.Minute},
		{deliverytest.Status(500, says("500", "20500", "Internal Server Error")), "Twilio says: Internal Server Error", false, 0},
		{deliverytest.Status(503, "<html>"), "Twilio answered with status 503", false, 0},
		{deliverytest.Status(599, ""), "Twilio answered with status 599", false, 0},
		{deliverytest.Status(403, ""), "Twilio answered with status 403", true, 0},
		{deliverytest.Status(400, says("400", "30002", "Account suspended")), "the account at Twilio is suspended", false, signInRefused},
		{deliverytest.CutBefore, "Twilio could not be reached", false, 0},
	} {
		server, d := twilioOf(t)
		server.Do(c.fault)
		f := failsWith(t, d, text())
		isFailure(t, f, c.says, c.permanent)
		if f.RetryAfter != c.after {
			t.Errorf("%s: tried again after %v, want %v", f.Detail, f.RetryAfter, c.after)
		}
	}
}

func TestWrongTokenIsTold(t *testing.T) {
	server := deliverytest.NewTwilio(t, accountSID, "another token")
	isFailure(t, failsWith(t, newTestTwilio(t, TwilioOptions{BaseURL: server.URL}), text()), "Twilio refused the sign-in: check the account SID and the token", false)
	server.None(t)
}

func TestMessageThatTwilioTookIsSent(t *testing.T) {
	server, d := twilioOf(t)
	server.Do(deliverytest.CutWithin)
	if got := mustDeliver(t, d, text()); got != text().ID {
		t.Errorf("the reference is %q, want the message's own", got)
	}
	server.Next(t)
	server.Do(deliverytest.Hang)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := d.Deliver(ctx, text()); err == nil || err.Error() != "Twilio did not answer in time" {
		t.Errorf("got %v, want that it did not answer in time", err)
	}
	server.None(t)
}

func TestTwilioSettingsThatWouldNotWorkAreRefused(t *testing.T) {
	for name, o := range map[string]TwilioOptions{
		"http":           {BaseURL: "http://api.example.org", AccountSID: accountSID, From: ourNumber},
		"user in URL":    {BaseURL: "https://u:" + secretToken2 + "@api.example.org", AccountSID: accountSID, From: ourNumber},
		"no account":     {From: ourNumber},
		"an API key":     {AccountSID: "SK00000000000000000000000000000001", From: ourNumber},
		"another path":   {AccountSID: "AC/../x", From: ourNumber},
		"no sender":      {AccountSID: accountSID},
		"national":       {AccountSID: accountSID, From: "5005550006"},
		"everything bad": {BaseURL: "x", AccountSID: "y", From: "z", AuthToken: secretToken2},
	} {
		if _, err := NewTwilio(o, Writer{}); err == nil {
			t.Errorf("%s was taken", name)
		} else if strings.Contains(err.Error(), secretToken2) {
			t.Errorf("%s: the error holds the token: %v", name, err)
		}
	}
	d, err := NewTwilio(TwilioOptions{AccountSID: accountSID, From: ourNumber}, Writer{})
	if err != nil || d.account != "https://api.twilio.com/2010-04-01/Accounts/"+accountSID {
		t.Errorf("got %v, %v, want Twilio's own URL", d, err)
	}
}

func TestSignatureIsThatOfTwiliosExample(t *testing.T) {
	const page, want = "https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="
	form := url.Values{"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"}, "From": {"+14158675309"}, "To": {"+18005551212"}}
	d := newTestTwilio(t, TwilioOptions{AuthToken: "12345"})
	if !d.Genuine(page, want, form) {
		t.Errorf("Twilio's own example is refused")
	}
	server := deliverytest.NewTwilio(t, accountSID, "12345")
	if got := server.Sign(page, form); got != want {
		t.Errorf("the test's own signature is %q, want %q", got, want)
	}
	for _, form := range []url.Values{{}, {"a": {""}}, {"b": {"2", "1", "2"}, "a": {"x"}, "A": {"ß"}}} {
		if !d.Genuine(page, server.Sign(page, form), form) {
			t.Errorf("the signature of %v is refused", form)
		}
	}
}

func TestForgedCallbacksOfTwilioAreRefused(t *testing.T) {
	const page = origin + "/callbacks/twilio/status/m"
	server, d := twilioOf(t)
	form := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}
	right := server.Sign(page, form)
	if !d.Genuine(page, right, form) {
		t.Fatal("the right signature is refused")
	}
	other := deliverytest.NewTwilio(t, accountSID, "another token")
	for name, forged := range map[string]bool{
		"no signature":    d.Genuine(page, "", form),
		"no base64":       d.Genuine(page, "%", form),
		"half of it":      d.Genuine(page, right[:12], form),
		"another token":   d.Genuine(page, other.Sign(page, form), form),
		"another message": d.Genuine(page+"2", right, form),
		"http":            d.Genuine(strings.Replace(page, "https", "http", 1), right, form),
		"another status":  d.Genuine(page, right, url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"failed"}}),
		"one more":        d.Genuine(page, right, url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}, "Z": {"1"}}),
		"one less":        d.Genuine(page, right, url.Values{"MessageSid": {"SM1"}}),
		"no form":         d.Genuine(page, right, nil),
	} {
		if forged {
			t.Errorf("%s is taken for genuine", name)
		}
	}
}

func TestStatusCallbacksAreRead(t *testing.T) {
	_, d := twilioOf(t)
	says := func(kind oncall.ReceiptKind, reference, says string) oncall.Report {
		return oncall.Report{Kind: kind, Provider: "Twilio", Reference: reference, Detail: says}
	}
	for query, want := range map[string]oncall.Report{
		"MessageSid=S&MessageStatus=sent":                        says(oncall.ReceiptSent, "S", ""),
		"MessageSid=S&MessageStatus=delivered":                   says(oncall.ReceiptDelivered, "S", ""),
		"MessageSid=S&MessageStatus=read":                        says(oncall.ReceiptRead, "S", ""),
		"MessageSid=S&MessageStatus=undelivered&ErrorCode=30003": says(oncall.ReceiptError, "S", "the phone is switched off or out of reach"),
		"MessageSid=S&MessageStatus=failed&ErrorCode=21610":      says(oncall.ReceiptStop, "S", "the person replied STOP to this number and has to reply START first"),
		"MessageSid=S&MessageStatus=failed&ErrorCode=x":          says(oncall.ReceiptError, "S", "it was not delivered, and Twilio does not say why"),
		"MessageSid=S&MessageStatus=failed":                      says(oncall.ReceiptError, "S", "it was not delivered, and Twilio does not say why"),
		"CallSid=C&CallStatus=completed":                         says(oncall.ReceiptDelivered, "C", ""),
		"CallSid=C&CallStatus=busy":                              says(oncall.ReceiptError, "C", "the line was busy"),
		"CallSid=C&CallStatus=no-answer":                         says(oncall.ReceiptError, "C", "nobody answered the call"),
		"CallSid=C&CallStatus=failed":                            says(oncall.ReceiptError, "C", "the call could not be made"),
		"CallSid=C&CallStatus=canceled":                          says(oncall.ReceiptError, "C", "the call was cancelled"),
	} {
		form, _ := url.ParseQuery(query)
		if got, ok := d.Status(form); !ok || got != want {
			t.Errorf("%s: got %+v, %t, want %+v", query, got, ok, want)
		}
	}
	for _, query := range []string{"", "MessageSid=S", "MessageSid=S&MessageStatus=queued", "MessageSid=S&MessageStatus=sending", "MessageSid=S&MessageStatus=DELIVERED", "CallSid=C&CallStatus=ringing", "CallSid=C&CallStatus=in-progress"} {
		form, _ := url.ParseQuery(query)
		if got, ok := d.Status(form); ok {
			t.Errorf("%q is kept as %+v", query, got)
		}
	}
}

func TestRepliesAreRead(t *testing.T) {
	_, d := twilioOf(t)
	got, ok := d.Reply(url.Values{"From": {secretNumber}, "Body": {"493 817"}, "MessageSid": {"SM1"}})
	if want := (oncall.Reply{From: secretNumber, Text: "493 817", Reference: "SM1"}); !ok || got != want {
		t.Errorf("got %+v, %t, want %+v", got, ok, want)
	}
	for _, form := range []url.Values{{}, {"From": {secretNumber}}, {"MessageSid": {"SM1"}}} {
		if got, ok := d.Reply(form); ok {
			t.Errorf("%v is the reply %+v", form, got)
		}
	}
}

func TestTwilioServerRefusesWhatTwilioWould(t *testing.T) {
	server := deliverytest.NewTwilio(t, accountSID, secretToken2)
	for form, want := range map[string]int{
		"To=%2B15005550199&From=%2B15005550006&Body=x": http.StatusCreated,
		"From=%2B15005550006&Body=x":                   http.StatusBadRequest,
		"To=%2B15005550199&Body=x":                     http.StatusBadRequest,
		"To=%2B15005550199&From=%2B15005550006":        http.StatusBadRequest,
		"To=15005550199&From=%2B15005550006&Body=x":    http.StatusBadRequest,
	} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/2010-04-01/Accounts/"+accountSID+"/Messages.json", strings.NewReader(form))
		r.SetBasicAuth(accountSID, secretToken2)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: got %d, want %d", form, answer.StatusCode, want)
		}
	}
}
