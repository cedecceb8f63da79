package delivery

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/internal/delivery/deliverytest"
	"callbook/internal/oncall"
)

// The example of the specification of Standard Webhooks, as its own libraries
// test it.
const (
	exampleSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	exampleID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	exampleAt        = "1614265330"
	exampleBody      = `{"test": 2432232314}`
	exampleSignature = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func newTestWebhook(t *testing.T, url string, now func() time.Time) *Webhook {
	t.Helper()
	h, err := NewWebhook(url, exampleSecret, Writer{Origin: origin}, now)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// webhook is a server of a test and its deliverer.
func webhook(t *testing.T) (*deliverytest.WebhookServer, *Webhook) {
	t.Helper()
	server := deliverytest.NewWebhook(t, exampleSecret)
	return server, newTestWebhook(t, server.URL+"/send", nil)
}

func text() oncall.Message { return codeMessage(oncall.SMS) }

func TestSignatureIsThatOfTheSpecification(t *testing.T) {
	h := newTestWebhook(t, "https://example.org/", nil)
	if got := base64.StdEncoding.EncodeToString(h.sign(exampleID, exampleAt, []byte(exampleBody))); got != exampleSignature {
		t.Errorf("got %s, want %s", got, exampleSignature)
	}
}

func TestWebhookGetsAMessage(t *testing.T) {
	for _, channel := range oncall.ChannelTypes() {
		server, h := webhook(t)
		m := codeMessage(channel)
		if got, want := mustDeliver(t, h, m), "reference of "+m.ID; got != want {
			t.Errorf("the reference is %q, want %q", got, want)
		}
		got, words := server.Next(t), h.writer.Words(m)
		if got.ID != m.ID {
			t.Errorf("webhook-id is %q, want that of the message, %q", got.ID, m.ID)
		}
		var body map[string]any
		if err := json.Unmarshal(got.Body, &body); err != nil {
			t.Fatal(err)
		}
		data := map[string]any{"id": m.ID, "kind": "code", "channel_type": string(channel), "to": m.Content.To, "subject": words.Subject, "text": words.Text,
			"code": secretCode, "link": origin + "/activate/" + secretToken, "expires_at": m.EndsAt.UTC().Format(time.RFC3339), "callback_url": origin + "/callbacks/webhook"}
		if words.HTML != "" {
			data["html"] = words.HTML
		}
		if words.Speech != "" {
			data["speech"] = words.Speech
		}
		want := map[string]any{"type": "message.send", "timestamp": "2026-11-25T03:00:00Z", "data": data}
		if diff := cmp.Diff(want, body); diff != "" {
			t.Errorf("%s: %s", channel, diff)
		}
	}
}

func TestWebhookWithoutAnOriginGetsNoLinks(t *testing.T) {
	server, h := webhook(t)
	h.writer = Writer{}
	mustDeliver(t, h, text())
	if got := server.Next(t); strings.Contains(string(got.Body), "://") || strings.Contains(string(got.Body), secretToken) {
		t.Errorf("there is a link in %s", got.Body)
	}
}

func TestWrongSecretIsTold(t *testing.T) {
	server := deliverytest.NewWebhook(t, "whsec_"+base64.StdEncoding.EncodeToString([]byte("another secret of 32 bytes, no less")))
	isFailure(t, failsWith(t, newTestWebhook(t, server.URL, nil), text()), "the webhook says: the signature is wrong", false)
	server.None(t)
}

func TestAnswersOfAWebhookAreUnderstood(t *testing.T) {
	for _, c := range []struct {
		fault     deliverytest.Fault
		says      string
		permanent bool
		after     time.Duration
	}{
		{deliverytest.Status(500, ""), "the webhook answered with status 500", false, 0},
		{deliverytest.Status(502, "<html>"), "the webhook answered with status 502", false, 0},
		{deliverytest.Status(503, "", "Retry-After", "90"), "the webhook answered with status 503", false, 90 * time.Second},
		{deliverytest.Status(503, "", "Retry-After", "999999999999999999999"), "the webhook answered with status 503", false, time.Hour},
		{deliverytest.Status(429, "", "Retry-After", "86400"), "the webhook answered with status 429", false, time.Hour},
		{deliverytest.Status(429, "", "Retry-After", "-5"), "the webhook answered with status 429", false, 0},
		{deliverytest.Status(429, "", "Retry-After", "soon"), "the webhook answered with status 429", false, 0},
		{deliverytest.Status(429, "", "Retry-After", "Wed, 25 Nov 2026 03:00:30 GMT"), "the webhook answered with status 429", false, 30 * time.Second},
		{deliverytest.Status(408, ""), "the webhook answered with status 408", false, 0},
		{deliverytest.Status(425, ""), "the webhook answered with status 425", false, 0},
		{deliverytest.Status(401, ""), "the webhook answered with status 401", false, refusalPause},
		{deliverytest.Status(402, `{"error": "no credit"}`), "the webhook says: no credit", false, refusalPause},
		{deliverytest.Status(403, "<html>"), "the webhook answered with status 403", false, refusalPause},
		{deliverytest.Status(403, "", "Retry-After", "600"), "the webhook answered with status 403", false, 10 * time.Minute},
		{deliverytest.Status(407, ""), "the webhook answered with status 407", false, refusalPause},
		{deliverytest.Status(501, ""), "the webhook answered with status 501", false, 0},
		{deliverytest.Status(400, `{"error": "no such country"}`), "the webhook says: no such country", true, 0},
		{deliverytest.Status(404, `{"error": 5}`), "the webhook answered with status 404", true, 0},
		{deliverytest.Status(410, strings.Repeat("x", 1<<20)), "the webhook answered with status 410", true, 0},
		{deliverytest.Status(422, `{"error": "`+secretCode+` to `+secretNumber+` and `+secretAddress+` by `+origin+`/activate/`+secretToken+`"}`), "the webhook says: ••• to ••• and ••• by •••", true, 0},
		{deliverytest.Status(307, "", "Location", "/elsewhere"), "the webhook answered with status 307", true, 0},
		{deliverytest.Status(302, "", "Location", "/elsewhere"), "the webhook answered with status 302", true, 0},
		{deliverytest.CutBefore, "the webhook could not be reached", false, 0},
	} {
		server := deliverytest.NewWebhook(t, exampleSecret)
		server.Now = func() time.Time { return made }
		server.Do(c.fault)
		h := newTestWebhook(t, server.URL, func() time.Time { return made })
		f := failsWith(t, h, text())
		isFailure(t, f, c.says, c.permanent)
		if f.RetryAfter != c.after {
			t.Errorf("%s: tried again after %v, want %v", f.Detail, f.RetryAfter, c.after)
		}
	}
}

func TestWebhookThatTookAMessageHasIt(t *testing.T) {
	for name, fault := range map[string]deliverytest.Fault{
		"cut":       deliverytest.CutWithin,
		"no JSON":   deliverytest.Status(200, "ok"),
		"no body":   deliverytest.Status(204, ""),
		"too long":  deliverytest.Status(200, strings.Repeat(" ", 1<<20)),
		"no string": deliverytest.Status(200, `{"reference": 5}`),
	} {
		server, h := webhook(t)
		server.Do(fault)
		if got, want := mustDeliver(t, h, text()), text().ID; got != want {
			t.Errorf("%s: the reference is %q, want the message's own, %q", name, got, want)
		}
	}
}

func TestWebhookThatHangsIsLeftInTime(t *testing.T) {
	t.Parallel() // it waits
	server, h := webhook(t)
	server.Do(deliverytest.Hang)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := h.Deliver(ctx, text()); err == nil || err.Error() != "the webhook did not answer in time" {
		t.Errorf("got %v, want that it did not answer in time", err)
	}
	server.Do(deliverytest.HangWithin)                            // it has said that it took the message
	ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second) // for a busy machine to take it
	defer cancel()
	if _, err := h.Deliver(ctx, text()); err != nil {
		t.Errorf("got %v, want that the message is taken", err)
	}
	server.Next(t)
	server.None(t)
}

func TestWebhookIsSignedAnewAndKnownAgain(t *testing.T) {
	server, h := webhook(t)
	server.Do(deliverytest.CutBefore)
	failsWith(t, h, text())
	server.Do(nil)
	now := time.Now().Add(2 * time.Minute)
	h.now = func() time.Time { return now }
	mustDeliver(t, h, text())
	first, second := server.Next(t), server.Next(t)
	if first.ID != second.ID || !second.At.After(first.At) {
		t.Errorf("sent twice as %q at %v and %q at %v, want one id and another time", first.ID, first.At, second.ID, second.At)
	}
}

func TestWebhookSettingsThatWouldNotWorkAreRefused(t *testing.T) {
	for url, secret := range map[string]string{
		"http://example.org/":                              exampleSecret,
		"http://10.0.0.1/":                                 exampleSecret,
		"example.org":                                      exampleSecret,
		"ftp://example.org/":                               exampleSecret,
		"https://u:" + secretToken2 + "@example.org":       exampleSecret,
		"https://example.org/":                             "whsec_" + "c2hvcnQ=",
		"https://example.org/short":                        "23 characters, no more.",
		"https://example.org/base64":                       "whsec_%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
		"https://example.org/\x00":                         exampleSecret,
		"http://localhost.example.org/" + secretToken2[:4]: exampleSecret,
	} {
		_, err := NewWebhook(url, secret, Writer{}, nil)
		if err == nil {
			t.Errorf("%q with %q was taken", url, secret)
			continue
		}
		if strings.Contains(err.Error(), secretToken2) || strings.Contains(err.Error(), strings.TrimPrefix(secret, "whsec_")) {
			t.Errorf("the error holds a secret: %v", err)
		}
	}
	for _, secret := range []string{exampleSecret, "24 characters and no less", "whsec_" + strings.Repeat("QUJD", 16)} {
		if _, err := NewWebhook("http://127.0.0.1:9/", secret, Writer{}, nil); err != nil {
			t.Errorf("%q was refused: %v", secret, err)
		}
	}
}

func TestReportsOfAWebhookAreRead(t *testing.T) {
	server, h := webhook(t)
	for body, want := range map[string]oncall.Report{
		`{"message":"m","status":"SENT","reference":"r"}`:                {Message: "m", Kind: oncall.ReceiptSent, Reference: "r"},
		`{"message":"m","status":"DELIVERED"}`:                           {Message: "m", Kind: oncall.ReceiptDelivered},
		`{"message":"m","status":"READ"}`:                                {Message: "m", Kind: oncall.ReceiptRead},
		`{"message":"m","status":"STOP"}`:                                {Message: "m", Kind: oncall.ReceiptStop},
		`{"message":"m","status":"ERROR"}`:                               {Message: "m", Kind: oncall.ReceiptError, Detail: "it was not delivered"},
		`{"message":"m","status":"ERROR","error":"+15005550199 is off"}`: {Message: "m", Kind: oncall.ReceiptError, Detail: "the webhook says: ••• is off"},
	} {
		want.Provider = "the webhook"
		got, err := h.Read(server.Header("id", time.Now(), []byte(body)), []byte(body))
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", body, got, err, want)
		}
	}
	for _, body := range []string{"", "[]", "{}", `{"message":"m"}`, `{"message":"m","status":"sent"}`, `{"message":"m","status":"WAITING"}`, `{"message":5,"status":"SENT"}`} {
		if got, err := h.Read(server.Header("id", time.Now(), []byte(body)), []byte(body)); err == nil {
			t.Errorf("%s was read as %+v", body, got)
		}
	}
}

func TestForgedAndOldReportsAreRefused(t *testing.T) {
	server, h := webhook(t)
	h.now = func() time.Time { return made }
	body := []byte(`{"message":"m","status":"DELIVERED"}`)
	good := func() http.Header { return server.Header("id", made, body) }
	other := deliverytest.NewWebhook(t, "whsec_"+strings.Repeat("QUJD", 16))
	for name, c := range map[string]struct {
		header http.Header
		body   []byte
		ok     bool
	}{
		"right":               {good(), body, true},
		"4:59 old":            {server.Header("id", made.Add(-299*time.Second), body), body, true},
		"4:59 ahead":          {server.Header("id", made.Add(299*time.Second), body), body, true},
		"one of several":      {with(good(), "Webhook-Signature", "v1,AAAA v1a,xyz "+good().Get("Webhook-Signature")), body, true},
		"5:01 old":            {server.Header("id", made.Add(-301*time.Second), body), body, false},
		"5:01 ahead":          {server.Header("id", made.Add(301*time.Second), body), body, false},
		"another secret":      {other.Header("id", made, body), body, false},
		"another body":        {good(), append(body[:len(body):len(body)], ' '), false},
		"another id":          {with(good(), "Webhook-Id", "id2"), body, false},
		"another time":        {with(good(), "Webhook-Timestamp", fmt.Sprint(made.Unix()+1)), body, false},
		"no time":             {with(good(), "Webhook-Timestamp", ""), body, false},
		"a time that is none": {with(good(), "Webhook-Timestamp", "now"), body, false},
		"a time beyond all":   {with(good(), "Webhook-Timestamp", "9223372036854775807"), body, false},
		"a time before all":   {with(good(), "Webhook-Timestamp", "-9223372036854775808"), body, false},
		"no signature":        {with(good(), "Webhook-Signature", ""), body, false},
		"an empty signature":  {with(good(), "Webhook-Signature", "v1,"), body, false},
		"another version":     {with(good(), "Webhook-Signature", "v2"+good().Get("Webhook-Signature")[2:]), body, false},
		"no version":          {with(good(), "Webhook-Signature", good().Get("Webhook-Signature")[3:]), body, false},
		"no headers":          {http.Header{}, body, false},
	} {
		if _, err := h.Read(c.header, c.body); (err == nil) != c.ok {
			t.Errorf("%s: got %v, want it taken: %t", name, err, c.ok)
		}
	}
}

func with(h http.Header, name, value string) http.Header {
	h.Set(name, value)
	return h
}

// A redirect would hand the code, and Twilio's password, to somebody else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s came to another server", r.Method) }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		server, h := webhook(t)
		server.Do(deliverytest.Status(status, "", "Location", elsewhere.URL))
		failsWith(t, h, text())
		twilio, d := twilioOf(t)
		twilio.Do(deliverytest.Status(status, "", "Location", elsewhere.URL))
		if f := failsWith(t, d, text()); !f.Permanent {
			t.Errorf("Twilio's status %d is tried again", status)
		}
	}
}
