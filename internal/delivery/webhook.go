package delivery

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"callbook/internal/oncall"
)

// What a webhook's secret needs, and how old what it signs may be:
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
const (
	shortestSecret = 24
	secretPrefix   = "whsec_"
	tolerance      = 5 * time.Minute
)

// Webhook is a Deliverer that posts messages to a program which sends them, signed
// as Standard Webhooks says: webhook-id is that of the message, also when it is
// posted again. The body is
//
//	{"type": "message.send", "timestamp": "2026-11-25T03:00:00Z", "data": {
//	  "id": "…", "kind": "code", "channel_type": "SMS", "to": "+15005550199",
//	  "subject": "…", "text": "…", "html": "…", "speech": "…",
//	  "code": "123456", "link": "https://…", "expires_at": "2026-11-25T03:15:00Z",
//	  "callback_url": "https://…/callbacks/webhook"}}
//
// Empty members are left out. Any 2xx accepts the message, and may name a reference:
// {"reference": "…"}. 401, 402, 403, 407, 408, 425, 429 and 5xx are temporary, and
// Retry-After is honoured. Every other status is final. Each may give a reason:
// {"error": "…"}.
type Webhook struct {
	url    string
	secret []byte
	writer Writer
	client *http.Client
	now    func() time.Time
}

// NewWebhook returns the deliverer for a program at a URL, which is https, or http
// on this machine. The secret is base64 after whsec_, or a text of 24 characters
// at least. A nil now is the system's clock.
func NewWebhook(url, secret string, w Writer, now func() time.Time) (*Webhook, error) {
	key, err := parseSecret(secret)
	if err := errors.Join(checkURL("--webhook-url", url), err); err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	return &Webhook{url: url, secret: key, writer: w, client: newClient(), now: now}, nil
}

func parseSecret(secret string) ([]byte, error) {
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, secretPrefix); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("--webhook-secret is not base64 after whsec_")
		}
	}
	if len(key) < shortestSecret {
		return nil, fmt.Errorf("--webhook-secret is too short: use %d random bytes at least, in base64 after whsec_", shortestSecret)
	}
	return key, nil
}

// Close closes idle connections.
func (h *Webhook) Close() { h.client.CloseIdleConnections() }

// Name implements Deliverer.
func (h *Webhook) Name() string { return "the webhook" }

// posted is the body of a request.
type posted struct {
	Type      string     `json:"type"`
	Timestamp string     `json:"timestamp"`
	Data      postedData `json:"data"`
}

type postedData struct {
	ID          string `json:"id"`
	Kind        string `json:"kind"`
	ChannelType string `json:"channel_type"`
	To          string `json:"to"`
	Subject     string `json:"subject,omitempty"`
	Text        string `json:"text"`
	HTML        string `json:"html,omitempty"`
	Speech      string `json:"speech,omitempty"`
	Code        string `json:"code,omitempty"`
	Link        string `json:"link,omitempty"`
	ExpiresAt   string `json:"expires_at"`
	CallbackURL string `json:"callback_url,omitempty"`
}

func (h *Webhook) body(m oncall.Message) ([]byte, error) {
	words := h.writer.Words(m)
	data := postedData{ID: m.ID, Kind: string(m.Kind), ChannelType: string(m.Type), To: m.Content.To, Subject: words.Subject, Text: words.Text,
		HTML: words.HTML, Speech: words.Speech, Code: m.Content.Code, Link: words.Link, ExpiresAt: m.EndsAt.UTC().Format(time.RFC3339)}
	if h.writer.Origin != "" {
		data.CallbackURL = h.writer.Origin + "/callbacks/webhook"
	}
	return json.Marshal(posted{Type: "message.send", Timestamp: m.CreatedAt.UTC().Format(time.RFC3339), Data: data})
}

// Deliver implements Deliverer.
func (h *Webhook) Deliver(ctx context.Context, m oncall.Message) (string, error) {
	body, err := h.body(m)
	if err != nil {
		return "", &Failure{Detail: "the message cannot be written down", Permanent: true, Cause: err}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return "", &Failure{Detail: "the webhook has no URL that can be opened", Permanent: true, Cause: err}
	}
	at := strconv.FormatInt(h.now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Webhook-Id", m.ID)
	r.Header.Set("Webhook-Timestamp", at)
	r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(h.sign(m.ID, at, body)))
	status, header, answer, err := exchange(h.client, r)
	if err != nil {
		return "", unreached("the webhook", err)
	}
	var said struct{ Reference, Error string }
	_ = json.Unmarshal(answer, &said) // an answer without JSON has no detail
	if status/100 == 2 {
		return referenceOf(said.Reference, m), nil
	}
	return "", h.failure(status, header, said.Error)
}

func (h *Webhook) failure(status int, header http.Header, said string) *Failure {
	f := &Failure{Detail: "the webhook answered with status " + strconv.Itoa(status), Permanent: webhookSubject(status) == aboutAddress, RetryAfter: retryAfter(header, h.now())}
	if !f.Permanent && !again(status) {
		f.RetryAfter = max(f.RetryAfter, refusalPause)
	}
	if said != "" {
		f.Detail = "the webhook says: " + plainWords(said)
	}
	return f
}

// sign is the signature of a request.
func (h *Webhook) sign(id, at string, body []byte) []byte {
	mac := hmac.New(sha256.New, h.secret)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

var errNotSigned = errors.New("it is not signed by the webhook's secret, or too old")

// Read reads a report of the program: a request to the callback URL, signed in the same
// way, with the body
//
//	{"message": "…", "status": "SENT", "reference": "…", "error": "…"}
//
// where status is SENT, DELIVERED, READ, ERROR or STOP. It fails when the
// signature is not right, or older than 5 minutes.
func (h *Webhook) Read(header http.Header, body []byte) (oncall.Report, error) {
	id, at := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if age := h.now().Sub(time.Unix(seconds, 0)).Abs(); err != nil || age > tolerance {
		return oncall.Report{}, errNotSigned
	}
	want := h.sign(id, at, body)
	for signature := range strings.FieldsSeq(header.Get("Webhook-Signature")) {
		encoded, ok := strings.CutPrefix(signature, "v1,")
		got, err := base64.StdEncoding.DecodeString(encoded)
		if ok && err == nil && hmac.Equal(got, want) {
			return readReport(body)
		}
	}
	return oncall.Report{}, errNotSigned
}

func readReport(body []byte) (oncall.Report, error) {
	var said struct{ Message, Status, Reference, Error string }
	if err := json.Unmarshal(body, &said); err != nil {
		return oncall.Report{}, errors.New("it is no report of a message")
	}
	r := oncall.Report{Message: said.Message, Kind: oncall.ReceiptKind(said.Status), Provider: "the webhook", Reference: referenceOf(said.Reference, oncall.Message{})}
	switch r.Kind {
	case oncall.ReceiptSent, oncall.ReceiptDelivered, oncall.ReceiptRead, oncall.ReceiptStop:
	case oncall.ReceiptError:
		r.Detail = "it was not delivered"
		if said.Error != "" {
			r.Detail = "the webhook says: " + plainWords(said.Error)
		}
	default:
		return oncall.Report{}, errors.New("its status is none of SENT, DELIVERED, READ, ERROR and STOP")
	}
	return r, nil
}
