package delivery

import (
	"context"
	"encoding/base64"
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
		{deliverytest.Status(401, says("401", "20003", "Authenticate")), "Twilio refused the sign-in: check the account SID, and the token or the API key (Twilio error 20003: Authenticate)", false, signInRefused},
		{deliverytest.Status(400, says("400", "21211", "Invalid 'To' Phone Number: "+secretNumber)), "this is not a number that can be reached (Twilio error 21211: Invalid 'To' Phone Number: •••)", true, 0},
		{deliverytest.Status(400, says("400", "21610", "Attempt to send to unsubscribed recipient")), "the person replied STOP to this number and has to reply START first (Twilio error 21610: Attempt to send to unsubscribed recipient)", true, 0},
		{deliverytest.Status(400, says("400", "21999", secretNumber+" and "+secretCode)), "Twilio says: ••• and ••• (error 21999)", false, refusalPause},
		{deliverytest.Status(400, says("400", "572005", "Destination number "+secretNumber+" has not completed verification.")), "the trial account at Twilio texts only numbers that are verified there (Twilio error 572005: Destination number ••• has not completed verification)", false, signInRefused},
		{deliverytest.Status(400, says("400", "21606", "The 'From' phone number is not valid")), "the number that --twilio-from names cannot send text messages (Twilio error 21606: The 'From' phone number is not valid)", false, signInRefused},
		{deliverytest.Status(400, says("400", "21408", "Permission to send an SMS has not been enabled")), "text messages to this country are not allowed at Twilio (Twilio error 21408: Permission to send an SMS has not been enabled)", false, signInRefused},
		{deliverytest.Status(400, says("400", "21614", "")), "this number takes no text messages (Twilio error 21614)", true, 0},
		{deliverytest.Status(404, says("404", "20404", "The requested resource was not found")), "Twilio does not know the account: check --twilio-account-sid and --twilio-base-url (Twilio error 20404: The requested resource was not found)", false, signInRefused},
		{deliverytest.Status(400, `{"code": 29999}`), "Twilio answered with status 400 (Twilio error 29999)", false, refusalPause},
		{deliverytest.Status(400, ""), "Twilio answered with status 400", false, refusalPause},
		{deliverytest.Status(401, ""), "Twilio refused the sign-in: check the account SID, and the token or the API key", false, signInRefused},
		{deliverytest.Status(308, "", "Location", "/"), "Twilio answered with status 308", true, 0},
		{deliverytest.Status(429, says("429", "20429", "Too Many Requests")), "Twilio takes no more at this rate (Twilio error 20429: Too Many Requests)", false, time.Second},
		{deliverytest.Status(429, "", "Retry-After", "7"), "Twilio takes no more at this rate", false, 7 * time.Second},
		{deliverytest.Status(429, says("429", "30001", "Queue overflow"), "Retry-After", "7"), "too many messages wait at Twilio (Twilio error 30001: Queue overflow)", false, time.Minute},
		{deliverytest.Status(500, says("500", "20500", "Internal Server Error")), "something failed at Twilio (Twilio error 20500: Internal Server Error)", false, 0},
		{deliverytest.Status(503, "<html>"), "Twilio answered with status 503", false, 0},
		{deliverytest.Status(599, ""), "Twilio answered with status 599", false, 0},
		{deliverytest.Status(403, ""), "Twilio answered with status 403", false, signInRefused},
		{deliverytest.Status(400, says("400", "30002", "Account suspended")), "the account at Twilio is suspended (Twilio error 30002: Account suspended)", false, signInRefused},
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
	isFailure(t, failsWith(t, newTestTwilio(t, TwilioOptions{BaseURL: server.URL}), text()), "Twilio refused the sign-in: check the account SID, and the token or the API key (Twilio error 20003: Authenticate)", false)
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
		"MessageSid=S&MessageStatus=undelivered&ErrorCode=30003": says(oncall.ReceiptError, "S", "the phone is switched off or out of reach (Twilio error 30003)"),
		"MessageSid=S&MessageStatus=undelivered&ErrorCode=30032": says(oncall.ReceiptError, "S", "the toll-free number that --twilio-from names is not verified yet (Twilio error 30032)"),
		"MessageSid=S&MessageStatus=undelivered&ErrorCode=30032&ErrorMessage=Toll-Free+Number+Has+Not+Been+Verified": says(oncall.ReceiptError, "S", "the toll-free number that --twilio-from names is not verified yet (Twilio error 30032: Toll-Free Number Has Not Been Verified)"),
		"MessageSid=S&MessageStatus=undelivered&ErrorCode=30999":                                                     says(oncall.ReceiptError, "S", "it was not delivered (Twilio error 30999)"),
		"MessageSid=S&MessageStatus=failed&ErrorCode=572005":                                                         says(oncall.ReceiptError, "S", "the trial account at Twilio texts only numbers that are verified there (Twilio error 572005)"),
		"MessageSid=S&MessageStatus=failed&ErrorCode=+30005+":                                                        says(oncall.ReceiptError, "S", "nobody has this number, or no longer (Twilio error 30005)"),
		"MessageSid=S&MessageStatus=failed&ErrorCode=31000&ErrorMessage=call+%2B15005550199+%1b[31m":                 says(oncall.ReceiptError, "S", "Twilio says: call •••m (error 31000)"),
		"MessageSid=S&MessageStatus=failed&ErrorMessage=Carrier+violation":                                           says(oncall.ReceiptError, "S", "Twilio says: Carrier violation"),
		"MessageSid=S&MessageStatus=undelivered&ErrorCode=63024&ChannelStatusMessage=Invalid+recipient":              says(oncall.ReceiptError, "S", "Twilio says: Invalid recipient (error 63024)"),
		"MessageSid=S&MessageStatus=failed&ErrorCode=-1":                                                             says(oncall.ReceiptError, "S", "it was not delivered, and Twilio does not say why"),
		"MessageSid=S&MessageStatus=failed&ErrorCode=99999999":                                                       says(oncall.ReceiptError, "S", "it was not delivered, and Twilio does not say why"),
		"CallSid=C&CallStatus=failed&SipResponseCode=404":                                                            says(oncall.ReceiptError, "C", "the call could not be made: nobody has this number (SIP 404)"),
		"CallSid=C&CallStatus=busy&SipResponseCode=486":                                                              says(oncall.ReceiptError, "C", "the line was busy (SIP 486)"),
		"CallSid=C&CallStatus=no-answer&SipResponseCode=480":                                                         says(oncall.ReceiptError, "C", "nobody answered the call: the phone is switched off or out of reach (SIP 480)"),
		"CallSid=C&CallStatus=no-answer&SipResponseCode=487":                                                         says(oncall.ReceiptError, "C", "nobody answered the call (SIP 487)"),
		"CallSid=C&CallStatus=failed&SipResponseCode=699":                                                            says(oncall.ReceiptError, "C", "the call could not be made (SIP 699)"),
		"CallSid=C&CallStatus=failed&SipResponseCode=x":                                                              says(oncall.ReceiptError, "C", "the call could not be made"),
		"CallSid=C&CallStatus=failed&SipResponseCode=503&ErrorCode=13224&ErrorMessage=invalid+number":                says(oncall.ReceiptError, "C", "the call could not be made: the carrier cannot take the call now (SIP 503); this number cannot be called (Twilio error 13224: invalid number)"),
		"CallSid=C&CallStatus=failed&ErrorCode=13999":                                                                says(oncall.ReceiptError, "C", "the call could not be made; it failed at Twilio (Twilio error 13999)"),
		"CallSid=C&CallStatus=completed&SipResponseCode=200":                                                         says(oncall.ReceiptDelivered, "C", ""),
		"MessageSid=S&MessageStatus=failed&ErrorCode=21610":                                                          says(oncall.ReceiptStop, "S", "the person replied STOP to this number and has to reply START first (Twilio error 21610)"),
		"MessageSid=S&MessageStatus=failed&ErrorCode=x":                                                              says(oncall.ReceiptError, "S", "it was not delivered, and Twilio does not say why"),
		"MessageSid=S&MessageStatus=failed":                                                                          says(oncall.ReceiptError, "S", "it was not delivered, and Twilio does not say why"),
		"CallSid=C&CallStatus=completed":                                                                             says(oncall.ReceiptDelivered, "C", ""),
		"CallSid=C&CallStatus=busy":                                                                                  says(oncall.ReceiptError, "C", "the line was busy"),
		"CallSid=C&CallStatus=no-answer":                                                                             says(oncall.ReceiptError, "C", "nobody answered the call"),
		"CallSid=C&CallStatus=failed":                                                                                says(oncall.ReceiptError, "C", "the call could not be made"),
		"CallSid=C&CallStatus=canceled":                                                                              says(oncall.ReceiptError, "C", "the call was cancelled"),
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

func TestSignatureCountsWithAndWithoutThePort(t *testing.T) {
	server, d := twilioOf(t)
	form := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}
	const path = "/callbacks/twilio/status/m"
	for _, c := range []struct {
		ours   string // where it was posted to
		signed string
		ok     bool
	}{
		{"https://callbook.example.org:8443" + path, "https://callbook.example.org:8443" + path, true},
		{"https://callbook.example.org:8443" + path, "https://callbook.example.org" + path, true},
		{"https://callbook.example.org" + path, "https://callbook.example.org:443" + path, true},
		{"https://callbook.example.org:443" + path, "https://callbook.example.org" + path, true},
		{"http://127.0.0.1" + path, "http://127.0.0.1:80" + path, true},
		{"http://127.0.0.1:8080" + path, "http://127.0.0.1" + path, true},
		{"https://[2001:db8::1]:8443" + path, "https://[2001:db8::1]" + path, true},
		{"https://[2001:db8::1]" + path, "https://[2001:db8::1]:443" + path, true},
		{"https://callbook.example.org:8443" + path + "?a=b%20c", "https://callbook.example.org" + path + "?a=b%20c", true},
		{"https://callbook.example.org:8443/%7Ea", "https://callbook.example.org/%7Ea", true},

		{"https://callbook.example.org:8443" + path, "https://callbook.example.org:443" + path, false},
		{"https://callbook.example.org:8443" + path, "https://callbook.example.org:8444" + path, false},
		{"https://callbook.example.org" + path, "https://callbook.example.org:80" + path, false},
		{"https://callbook.example.org" + path, "http://callbook.example.org" + path, false},
		{"https://callbook.example.org:8443" + path, "https://evil.example.org:8443" + path, false},
		{"https://callbook.example.org" + path, "https://callbook.example.org.evil.example" + path, false},
		{"https://callbook.example.org" + path, "https://callbook.example.org" + path + "2", false},
		{"https://callbook.example.org" + path, "https://callbook.example.org/prefix" + path, false},
		{"https://callbook.example.org" + path, "https://callbook.example.org" + path + "?a=b", false},
		{"https://callbook.example.org" + path + "?a=b", "https://callbook.example.org" + path + "?a=c", false},
		{"https://callbook.example.org" + path + "?bodySHA256=x", "https://callbook.example.org" + path, false},
		{"https://callbook.example.org:8443" + path, "https://callbook.example.org8443" + path, false},
	} {
		if got := d.Genuine(c.ours, server.Sign(c.signed, form), form); got != c.ok {
			t.Errorf("signed over %s and posted to %s: genuine %t, want %t", c.signed, c.ours, got, c.ok)
		}
	}
}

func TestAPIKeySignsInWithoutTheToken(t *testing.T) {
	const key, keySecret = "SK00000000000000000000000000000009", "hush-of-the-key"
	server := deliverytest.NewTwilio(t, accountSID, secretToken2)
	server.Key, server.Secret = key, keySecret
	for _, channel := range []oncall.ChannelType{oncall.SMS, oncall.Voice} {
		d, err := NewTwilio(TwilioOptions{BaseURL: server.URL, AccountSID: accountSID, APIKey: " " + key, APISecret: keySecret, From: ourNumber}, Writer{Origin: origin})
		if err != nil {
			t.Fatal(err)
		}
		mustDeliver(t, d, codeMessage(channel))
		got := server.Next(t).Form
		if got.Has("StatusCallback") || strings.Contains(got.Get("Twiml"), "Gather") || strings.Contains(got.Get("Twiml"), "press 1") {
			t.Errorf("%s: Twilio is asked to post what cannot be believed: %v", channel, got)
		}
		if d.Believes() || d.Genuine(origin+"/x", base64.StdEncoding.EncodeToString(d.signature(origin+"/x", nil)), nil) {
			t.Error("a signature by no token is believed")
		}
		both, err := NewTwilio(TwilioOptions{BaseURL: server.URL, AccountSID: accountSID, AuthToken: secretToken2, APIKey: key, APISecret: keySecret, From: ourNumber}, Writer{Origin: origin})
		if err != nil {
			t.Fatal(err)
		}
		mustDeliver(t, both, codeMessage(channel))
		if got := server.Next(t).Form; got.Get("StatusCallback") == "" || !both.Believes() {
			t.Errorf("%s: with both, nothing is posted back: %v", channel, got)
		}
		wrong, err := NewTwilio(TwilioOptions{BaseURL: server.URL, AccountSID: accountSID, AuthToken: secretToken2, APIKey: key, APISecret: "wrong", From: ourNumber}, Writer{})
		if err != nil {
			t.Fatal(err)
		}
		if f := failsWith(t, wrong, codeMessage(channel)); f.Permanent || !strings.Contains(f.Detail, "the token or the API key") {
			t.Errorf("a wrong secret: %+v", f)
		}
	}
	server.None(t)
}

func TestSIDsAreKnownByTheirShape(t *testing.T) {
	const sid = "00000000000000000000000000000001"
	for _, c := range []struct{ account, key, from, says string }{
		{"SK" + sid, "", ourNumber, "--twilio-account-sid is the SID of an API key"},
		{"MG" + sid, "", ourNumber, "--twilio-account-sid is not the SID of an account"},
		{"", "", ourNumber, "--twilio-account-sid is not the SID of an account"},
		{"AC 1", "", ourNumber, "--twilio-account-sid is not the SID of an account"},
		{"ac" + sid, "", ourNumber, "--twilio-account-sid is not the SID of an account"},
		{"AC" + sid, "AC" + sid, ourNumber, "--twilio-api-key is the SID of an account"},
		{"AC" + sid, "hush", ourNumber, "--twilio-api-key is not the SID of an API key"},
		{"AC" + sid, "SK", ourNumber, "--twilio-api-key is not the SID of an API key"},
		{"AC" + sid, "", "PN" + sid, "--twilio-from is the SID of a number"},
		{"AC" + sid, "", "AC" + sid, "--twilio-from is neither"},
		{"AC" + sid, "", "MG", "--twilio-from is neither"},
		{"AC" + sid, "", "5005550006", "--twilio-from is neither"},
		{"AC" + sid, "", "+1 500", "--twilio-from is neither"},
		{"AC" + sid, "", "Callbook", "--twilio-from is neither"},
		{"AC" + sid, "", "", "--twilio-from is neither"},
	} {
		_, err := NewTwilio(TwilioOptions{AccountSID: c.account, APIKey: c.key, From: c.from}, Writer{})
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: got %v", c, err)
		}
	}
	_, err := NewTwilio(TwilioOptions{AccountSID: "x", APIKey: "y", From: "z", BaseURL: "w"}, Writer{})
	if err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("got %v, want four lines", err)
	}
}

func TestNumberToSendFromIsReadInEverySpelling(t *testing.T) {
	server := deliverytest.NewTwilio(t, accountSID, secretToken2)
	for given, want := range map[string]string{
		"+1 500 555 0006": ourNumber, "+1-500-555-0006": ourNumber, "+1.500.555.0006": ourNumber, "+1 (500) 555-0006": ourNumber, " +15005550006\t": ourNumber, "0015005550006": ourNumber,
		"+1\u00a0500\u00a0555\u00a00006": ourNumber, "\u202a+15005550006\u202c": ourNumber, "+1 500\u2011555\u20110006": ourNumber, "+44 20 7946 0958": "+442079460958", "+1 900 555 0006": "+19005550006",
		" MG00000000000000000000000000000001 ": "MG00000000000000000000000000000001",
	} {
		d, err := NewTwilio(TwilioOptions{BaseURL: server.URL, AccountSID: accountSID, AuthToken: secretToken2, From: given}, Writer{})
		if err != nil {
			t.Errorf("%q: %v", given, err)
			continue
		}
		mustDeliver(t, d, text())
		form := server.Next(t).Form
		if got := form.Get("From") + form.Get("MessagingServiceSid"); got != want {
			t.Errorf("%q: sent from %q, want %q", given, got, want)
		}
	}
}
