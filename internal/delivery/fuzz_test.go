package delivery

import (
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"callbook/internal/oncall"
)

// plain checks that words can be shown: one line, in print, not too long.
func plain(t *testing.T, from, words string) {
	t.Helper()
	if !utf8.ValidString(words) || strings.ContainsFunc(words, func(r rune) bool { return !unicode.IsPrint(r) }) || utf8.RuneCountInString(words) > maxDetailLen+40 {
		t.Errorf("%q is shown as %q", from, words)
	}
}

// reported checks a report that was read.
func reported(t *testing.T, from string, r oncall.Report) {
	t.Helper()
	kinds := []oncall.ReceiptKind{oncall.ReceiptSent, oncall.ReceiptDelivered, oncall.ReceiptRead, oncall.ReceiptStop, oncall.ReceiptError}
	if !slices.Contains(kinds, r.Kind) || r.Provider == "" || r.Kind == oncall.ReceiptError && r.Detail == "" {
		t.Errorf("%q is read as %+v", from, r)
	}
	plain(t, from, r.Detail)
}

// FuzzWebhookReport looks for a report that passes unsigned, and at what a signed
// one may say.
func FuzzWebhookReport(f *testing.F) {
	f.Add("v1,"+exampleSignature, exampleAt, []byte(exampleBody))
	f.Add("v1a,x  v1,AAAA v1,", "-1614265330", []byte(`{"message":"m","status":"ERROR","error":"call +1 500 555 0199\n"}`))
	f.Add("", "1614265631", []byte(`{"status":"SENT","reference":"`+strings.Repeat("x", 200)+`"}`))
	f.Add("v1,"+exampleSignature, "01614265330", []byte(`{"STATUS":"READ","reference":"\u0000"}`))
	h, err := NewWebhook("https://example.org/", exampleSecret, Writer{}, func() time.Time { return time.Unix(1614265330, 0) })
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, signature, at string, body []byte) {
		header := http.Header{"Webhook-Id": {exampleID}, "Webhook-Timestamp": {at}, "Webhook-Signature": {signature}}
		right := base64.StdEncoding.EncodeToString(h.sign(exampleID, at, body))
		if r, err := h.Read(header, body); err == nil && !strings.Contains(signature, right) {
			t.Errorf("%q passes for %q at %q: %+v", signature, body, at, r)
		}
		header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(h.sign(exampleID, at, body)[:4]))
		if r, err := h.Read(header, body); err == nil {
			t.Errorf("a part of the signature passes for %q at %q: %+v", body, at, r)
		}
		header.Set("Webhook-Signature", strings.ReplaceAll(signature, "v1", "v2")+" v1,"+right)
		r, err := h.Read(header, body)
		seconds, bad := strconv.ParseInt(at, 10, 64)
		if fresh := bad == nil && seconds >= 1614265030 && seconds <= 1614265630; err == nil && !fresh {
			t.Errorf("at %q a report of 1614265330 passes", at)
		}
		if err == nil {
			reported(t, string(body), r)
			if len(r.Reference) > maxReferenceLen {
				t.Errorf("%q has the reference %q", body, r.Reference)
			}
		}
	})
}

// FuzzTwilio looks for a form that passes unsigned, and at what a signed one says.
func FuzzTwilio(f *testing.F) {
	f.Add("MessageSid=SM1&MessageStatus=failed&ErrorCode=21610", "")
	f.Add("CallSid=CA1&CallStatus=no-answer", "AAAA")
	f.Add("From=%2B15005550199&Body=STOP&MessageSid=SM1&From=x", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Add("MessageStatus=undelivered&ErrorCode=-1&CallStatus=", "\n")
	o := TwilioOptions{AccountSID: accountSID, AuthToken: "of a test", From: ourNumber}
	d, err := NewTwilio(o, Writer{Origin: origin})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body, signature string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		const path = origin + "/callbacks/twilio/reply"
		right := base64.StdEncoding.EncodeToString(d.signature(path, form))
		if !d.Genuine(path, right, form) || d.Genuine(path+"?", right, form) || d.Genuine(path, signature, form) && strings.Trim(signature, "\r\n") != right {
			t.Errorf("%q: the signature %q, or the right one elsewhere, passes", body, signature)
		}
		form.Add("Added", "")
		if d.Genuine(path, right, form) {
			t.Errorf("%q passes with another parameter", body)
		}
		if r, ok := d.Status(form); ok {
			reported(t, body, r)
		}
		if r, ok := d.Reply(form); ok && (r.From != form.Get("From") || r.Text != form.Get("Body") || r.Reference == "") {
			t.Errorf("%q is read as %+v", body, r)
		}
	})
}

// FuzzScript makes sure that nothing gets out of the sentence that it stands in.
func FuzzScript(f *testing.F) {
	for _, text := range []string{"", "Hello.\nGoodbye.", "</Say><Dial>+15005550199</Dial>", "a & b\x00\xff", "]]>"} {
		f.Add(text, origin+"/callbacks/twilio/call/1?a=b&c=\"d\"")
	}
	f.Fuzz(func(t *testing.T, speech, answer string) {
		got, pauses := elements(t, callScript(speech, answer)), strings.Count(speech, "\n")+1
		want := map[string]int{"Response": 1, "Say": pauses + 1, "Pause": pauses}
		if answer != "" {
			want = map[string]int{"Response": 1, "Say": pauses + 2, "Pause": pauses + 1, "Gather": 1}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q, %q: %s", speech, answer, diff)
		}
		want = map[string]int{"Response": 1, "Message": 1}
		if speech == "" {
			delete(want, "Message")
		}
		if diff := cmp.Diff(want, elements(t, (*Twilio)(nil).Answer(speech))); diff != "" {
			t.Errorf("%q: %s", speech, diff)
		}
	})
}

// elements counts the elements of a document.
func elements(t *testing.T, document []byte) map[string]int {
	t.Helper()
	counted := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(string(document))); ; {
		token, err := d.Token()
		if err == io.EOF {
			return counted
		}
		if err != nil {
			t.Fatalf("%q: %v", document, err)
		}
		if start, ok := token.(xml.StartElement); ok {
			counted[start.Name.Local]++
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{"", "0", "120", "-1", "+5", "1.5", "99999999999999999999", "Wed, 25 Nov 2026 03:15:00 GMT", "Wednesday, 25-Nov-26 03:15:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(text)
	}
	now := time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		got := retryAfter(http.Header{"Retry-After": {text}}, now)
		if got < 0 || got > maxRetryAfter {
			t.Errorf("%q: wait %v", text, got)
		}
		if text != "" && strings.Trim(text, "0123456789") == "" {
			digits := strings.TrimLeft(text, "0")
			seconds, _ := strconv.Atoi("0" + digits[:min(len(digits), 9)])
			if want := min(time.Duration(seconds)*time.Second, maxRetryAfter); got != want {
				t.Errorf("%q: wait %v, want %v", text, got, want)
			}
		}
	})
}

// FuzzProvidersWords looks for an address, a code or a link that gets through.
func FuzzProvidersWords(f *testing.F) {
	for _, text := range []string{"no such user", "to +1 500 555 0199 failed", "two\r\nlines\x1b[31m", "see https://callbook.example.org/a/tok?", "grüße@bücher.example", "1\u200b23456", "4-9.3 8 1 7", strings.Repeat("ä ", 300), "a@\u00adb"} {
		f.Add(text)
	}
	m := oncall.Message{ID: "id", Content: oncall.Content{To: "+15005550199", Code: "042137", Token: "Tok3n"}}
	f.Fuzz(func(t *testing.T, text string) {
		got := plainWords(text)
		plain(t, text, got)
		if again := plainWords(got); again != got && utf8.RuneCountInString(got) <= maxDetailLen {
			t.Errorf("%q is shown as %q, and that as %q", text, got, again)
		}
		for _, secret := range []string{m.Content.To, m.Content.Code, "ana@example.org", "https://callbook.example.org/activate/x", strings.Repeat("x-Y_0", 6)} {
			if got := plainWords(text + " " + secret + " " + text); strings.Contains(got, secret) {
				t.Errorf("%q around %q is shown as %q", text, secret, got)
			}
		}
		reference := referenceOf(text, m)
		if reference != m.ID && (reference != text || !within(text) || strings.Contains(text, "15005550199") || strings.Contains(text, m.Content.Code) || strings.Contains(text, m.Content.Token)) {
			t.Errorf("%q is kept as the reference %q", text, reference)
		}
	})
}

// within reports whether a text is fit to be a reference.
func within(text string) bool {
	return text != "" && len(text) <= 128 && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

// FuzzServers reads the settings that say where messages go, and looks for a way in
// the clear and for a password in the words of a mistake.
func FuzzServers(f *testing.F) {
	f.Add("smtp://user:password@mail.example.org:587?tls=starttls", "https://hook.example.org/send", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	f.Add("smtp://127.0.0.1?tls=none", "http://[::1]:8080", strings.Repeat("s", 24))
	f.Add("smtp://mail.example.org:0?tls=tls&a=b", "https://user@hook.example.org", "whsec_%")
	f.Add("smtp://u:pass word@h", "http://hook.example.org", "")
	f.Fuzz(func(t *testing.T, server, hook, secret string) {
		at, err := parseServer(server, nil)
		u, _ := url.Parse(server)
		if err == nil && (at.host == "" || at.port < 1 || at.port > 65535 || at.tls.InsecureSkipVerify || strings.Contains(u.RawQuery, "tls=none") && !isLoopback(at.host)) {
			t.Errorf("--smtp-url %q is read as %+v", server, at)
		}
		if u != nil && err != nil {
			if password, _ := u.User.Password(); len(password) > 12 && strings.Contains(err.Error(), password) && !strings.Contains(u.RawQuery, password) {
				t.Errorf("--smtp-url %q: %v", server, err)
			}
		}
		u, bad := url.Parse(hook)
		if err := checkURL("--webhook-url", hook); err == nil && (bad != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && !isLoopback(u.Hostname())) {
			t.Errorf("--webhook-url %q passes", hook)
		}
		key, err := parseSecret(secret)
		if err == nil && (len(key) < shortestSecret || !strings.HasPrefix(secret, secretPrefix) && string(key) != secret) {
			t.Errorf("--webhook-secret %q is read as %x", secret, key)
		}
		if err != nil && len(secret) > 12 && strings.Contains(err.Error(), secret) {
			t.Errorf("--webhook-secret %q: %v", secret, err)
		}
	})
}
