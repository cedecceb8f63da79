package delivery

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- it is what Twilio signs by; an HMAC of it holds
	"encoding/base64"
	"encoding/xml"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"callbook/internal/oncall"
)

// Genuine reports whether Twilio has posted a form to a URL: the signature is an
// HMAC by the account's token over the URL and every parameter in order
// (https://www.twilio.com/docs/usage/security#validating-requests). Twilio signs the URL
// with or without its port, so both are right, as Twilio's own libraries have it. Everything
// else in the URL counts. bodySHA256 does not occur here: it is for bodies that are no form.
func (t *Twilio) Genuine(rawURL, signature string, form url.Values) bool {
	got, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || !t.Believes() {
		return false
	}
	with, without := portVariants(rawURL)
	matches := hmac.Equal(got, t.signature(with, form))
	return hmac.Equal(got, t.signature(without, form)) || matches
}

// portVariants returns a URL with a port, which is that of the scheme where there is none,
// and without one. It changes nothing else.
func portVariants(rawURL string) (with, without string) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return rawURL, rawURL
	}
	scheme, rest, _ := strings.Cut(rawURL, "://")
	rest = strings.TrimPrefix(rest, u.Host)
	host := strings.TrimSuffix(u.Host, ":"+u.Port())
	port := cmp.Or(u.Port(), map[string]string{"https": "443", "http": "80"}[u.Scheme])
	return scheme + "://" + host + ":" + port + rest, scheme + "://" + host + rest
}

func (t *Twilio) signature(rawURL string, form url.Values) []byte {
	mac := hmac.New(sha1.New, []byte(t.AuthToken))
	mac.Write([]byte(rawURL))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, value := range slices.Compact(values) { // as Twilio's own libraries do
			mac.Write([]byte(name + value))
		}
	}
	return mac.Sum(nil)
}

// calls maps the final state of a call to a receipt. An answered call was delivered.
var calls = map[string]struct {
	kind oncall.ReceiptKind
	says string
}{
	"completed": {oncall.ReceiptDelivered, ""},
	"busy":      {oncall.ReceiptError, "the line was busy"},
	"no-answer": {oncall.ReceiptError, "nobody answered the call"},
	"failed":    {oncall.ReceiptError, "the call could not be made"},
	"canceled":  {oncall.ReceiptError, "the call was cancelled"},
}

// Status reads a delivery report about a message or a call. It reports false for states
// that change nothing, for example queued. The id of the message is in the path.
func (t *Twilio) Status(form url.Values) (oncall.Report, bool) {
	r := oncall.Report{Provider: t.Name(), Reference: form.Get("MessageSid")}
	if status := form.Get("CallStatus"); status != "" {
		end, known := calls[status]
		r.Reference, r.Kind, r.Detail = form.Get("CallSid"), end.kind, end.says
		if r.Kind == oncall.ReceiptError {
			r.Detail = withSIP(r.Detail, form.Get("SipResponseCode"))
			if code, message := errorOf(form); code != 0 || message != "" {
				r.Detail = cutTo(r.Detail+"; "+twilioSays(code, message, "it failed at Twilio"), maxDetailLen)
			}
		}
		return r, known
	}
	switch form.Get("MessageStatus") {
	case "sent":
		r.Kind = oncall.ReceiptSent
	case "delivered":
		r.Kind = oncall.ReceiptDelivered
	case "read":
		r.Kind = oncall.ReceiptRead
	case "undelivered", "failed":
		code, message := errorOf(form)
		r.Kind = oncall.ReceiptError
		if code == saidStop {
			r.Kind = oncall.ReceiptStop
		}
		r.Detail = twilioSays(code, message, "it was not delivered")
		if code == 0 && message == "" {
			r.Detail = "it was not delivered, and Twilio does not say why"
		}
	default:
		return r, false
	}
	return r, true
}

// errorOf returns the error that a form names: its number, or 0, and what Twilio says of it.
func errorOf(form url.Values) (code int, message string) {
	code, err := strconv.Atoi(strings.TrimSpace(form.Get("ErrorCode")))
	if err != nil || code < 0 || code > maxTwilioCode {
		code = 0
	}
	return code, cmp.Or(form.Get("ErrorMessage"), form.Get("ChannelStatusMessage"))
}

// maxTwilioCode is the largest number that an error of Twilio may have: they have five or
// six digits.
const maxTwilioCode = 999_999

// Reply reads an incoming text message. It reports false for any other request.
func (t *Twilio) Reply(form url.Values) (oncall.Reply, bool) {
	r := oncall.Reply{From: form.Get("From"), Text: form.Get("Body"), OptOut: form.Get("OptOutType"), Reference: form.Get("MessageSid")}
	return r, r.From != "" && r.Reference != ""
}

// Speak returns TwiML that speaks a sentence.
func (t *Twilio) Speak(sentence string) []byte {
	return twiml(func(b *strings.Builder) { element(b, "Say", sentence) })
}

// Answer returns TwiML that sends a text message back; "" sends none.
func (t *Twilio) Answer(sentence string) []byte {
	return twiml(func(b *strings.Builder) {
		if sentence != "" {
			element(b, "Message", sentence)
		}
	})
}

// callScript is TwiML that says the sentences, one a line. With a URL for the
// answer it asks for the key 1 meanwhile and after.
func callScript(speech, answer string) []byte {
	return twiml(func(b *strings.Builder) {
		sentences := strings.Split(speech, "\n")
		if answer != "" {
			b.WriteString(`<Gather numDigits="1" timeout="8" method="POST" action="`)
			_ = xml.EscapeText(b, []byte(answer)) // a Builder takes everything
			b.WriteString(`">`)
			sentences = append(sentences, "To confirm that on-call pages reach you here, press 1.")
		}
		for _, sentence := range sentences {
			element(b, "Say", sentence)
			b.WriteString(`<Pause length="1"/>`)
		}
		if answer != "" {
			b.WriteString(`</Gather>`)
		}
		element(b, "Say", "Goodbye.")
	})
}

func twiml(inside func(*strings.Builder)) []byte {
	var b strings.Builder
	b.WriteString(xml.Header + "<Response>")
	inside(&b)
	b.WriteString("</Response>")
	return []byte(b.String())
}

func element(b *strings.Builder, name, text string) {
	b.WriteString("<" + name + ">")
	_ = xml.EscapeText(b, []byte(text)) // a Builder takes everything
	b.WriteString("</" + name + ">")
}
