package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// texted posts a text message to a program as Twilio does.
func (p *program) texted(form url.Values) {
	p.t.Helper()
	path := p.base + "/callbacks/twilio/reply"
	text := path
	for _, name := range slices.Sorted(maps.Keys(form)) {
		text += name + form.Get(name)
	}
	mac := hmac.New(sha1.New, []byte("the token"))
	mac.Write([]byte(text))
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		p.t.Fatalf("the reply is answered with %d, %v", answer.StatusCode, err)
	}
}

func TestRepliesAreCountedAndStrangersLoggedMasked(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String() // Twilio signs the public URL, so the port must be known before
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--listen", address, "--public-url", "http://"+address, "--data", filepath.Join(t.TempDir(), "data"),
		"--twilio-account-sid", "AC1", "--twilio-auth-token", "the token", "--twilio-from", "+15005550006", "--twilio-base-url", "http://127.0.0.1:1")
	p.base = "http://" + address // the line of the start names the listener too
	_, before := p.body(p.base + "/metrics")
	for _, meaning := range []string{"stop", "start", "help", "refusal", "quote", "code", "digits", "other"} {
		if !strings.Contains(before, `callbook_replies_total{meaning="`+meaning+`"} 0`) {
			t.Errorf("before the first reply the meaning %s is not 0", meaning)
		}
	}
	p.texted(url.Values{"MessageSid": {"SM1"}, "From": {"whatsapp:+447700900123"}, "Body": {"ARRET"}, "OptOutType": {"STOP"}})
	p.texted(url.Values{"MessageSid": {"SM1"}, "From": {"whatsapp:+447700900123"}, "Body": {"ARRET"}, "OptOutType": {"STOP"}})
	p.texted(url.Values{"MessageSid": {"SM2"}, "From": {"\x1b[31m12345"}, "Body": {"no \x1b[31m"}})
	p.logged(`reply from a number of no SMS channel" from="\+44 ••• ••• 0123" meaning=stop`)
	p.logged(`reply from a number of no SMS channel" from=••• meaning=refusal`)
	_, after := p.body(p.base + "/metrics")
	for _, want := range []string{`callbook_replies_total{meaning="stop"} 1`, `callbook_replies_total{meaning="refusal"} 1`, `callbook_replies_total{meaning="code"} 0`} {
		if !strings.Contains(after, want) {
			t.Errorf("the metrics do not say %s", want)
		}
	}
	if log := p.stderr.String(); strings.Contains(log, "7700900123") || strings.Contains(log, "\x1b") {
		t.Errorf("the log holds a number or a control character:\n%s", log)
	}
	p.stop(syscall.SIGTERM)
}
