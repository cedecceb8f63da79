package web_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"callbook/internal/oncall"
)

// signedOver is what Twilio adds to a form that it posts to a whole URL.
func signedOver(whole string, form url.Values) with {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		whole += name + form.Get(name)
	}
	mac := hmac.New(sha1.New, []byte(twilioToken))
	mac.Write([]byte(whole))
	return header("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// Twilio signs the URL with or without its port: replies, reports and keys are believed
// either way. The site of these tests has a port.
func TestCallbacksAreBelievedWithAndWithoutThePort(t *testing.T) {
	s := phoneSite(t)
	c, _ := s.channel(s.contact("ana", "Ana"), oncall.SMS, "mobile", "+447700900123")
	m := s.sent(c)
	for path, form := range map[string]url.Values{
		"/callbacks/twilio/status/" + m.ID:          {"MessageSid": {"SM1"}, "MessageStatus": {"sent"}},
		"/callbacks/twilio/call/" + m.ID:            {"CallSid": {"CA1"}, "Digits": {"2"}},
		"/callbacks/twilio/reply":                   {"MessageSid": {"SM2"}, "From": {"+447700900199"}, "Body": {"hello"}},
		"/callbacks/twilio/status/" + m.ID + "?a=b": {"MessageSid": {"SM1"}, "MessageStatus": {"sent"}},
	} {
		for over, want := range map[string]bool{
			"http://127.0.0.1:8080" + path:            true,
			"http://127.0.0.1" + path:                 true,
			"http://127.0.0.1:80" + path:              false,
			"http://127.0.0.1:8081" + path:            false,
			"https://127.0.0.1:8080" + path:           false,
			"http://localhost:8080" + path:            false,
			"http://callbook.example.org" + path:      false,
			"http://127.0.0.1:8080/callbook" + path:   false,
			"http://127.0.0.1:8080" + path + "x":      false,
			"http://127.0.0.1:8080" + path + "?c=d":   false,
			"http://127.0.0.1:8080/callbacks/webhook": false,
		} {
			status := s.do(http.MethodPost, path, form.Encode(), signedOver(over, form)).Code
			if (status != http.StatusForbidden) != want || want && status/100 != 2 {
				t.Errorf("%s signed over %s: status %d, want it believed: %t", path, over, status, want)
			}
		}
	}
}
