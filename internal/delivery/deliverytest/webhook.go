package deliverytest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// WebhookMessage is what a webhook took.
type WebhookMessage struct {
	ID   string // of the header
	At   time.Time
	Body []byte
	Data struct {
		ID          string `json:"id"`
		Kind        string `json:"kind"`
		ChannelType string `json:"channel_type"`
		To          string `json:"to"`
		Subject     string `json:"subject"`
		Text        string `json:"text"`
		HTML        string `json:"html"`
		Speech      string `json:"speech"`
		Code        string `json:"code"`
		Link        string `json:"link"`
		ExpiresAt   string `json:"expires_at"`
		CallbackURL string `json:"callback_url"`
	}
}

// WebhookServer is a program that sends messages for Callbook. It takes those that
// are signed as Standard Webhooks says, and ends with the test.
type WebhookServer struct {
	*httptest.Server
	Secret string
	Now    func() time.Time // its clock

	took  chan WebhookMessage
	mu    sync.Mutex
	fault Fault
}

// NewWebhook starts a webhook with a secret, which begins with whsec_.
func NewWebhook(t testing.TB, secret string) *WebhookServer {
	s := &WebhookServer{Secret: secret, Now: time.Now, took: make(chan WebhookMessage, maxKeptMessages)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// Next returns the message that was taken next.
func (s *WebhookServer) Next(t testing.TB) WebhookMessage {
	t.Helper()
	return next(t, s.took, "message at the webhook")
}

// None fails the test when a message was taken that Next has not returned.
func (s *WebhookServer) None(t testing.TB) {
	t.Helper()
	none(t, s.took, "message at the webhook")
}

// Do makes the server answer by a fault; nil: as it should.
func (s *WebhookServer) Do(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

func (s *WebhookServer) serve(w http.ResponseWriter, r *http.Request) {
	m, err := s.read(r)
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
		return
	}
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	take := func() (int, string) {
		s.took <- m
		return http.StatusAccepted, `{"reference": "reference of ` + m.ID + `"}`
	}
	if fault != nil {
		fault(w, r, take)
		return
	}
	status, body := take()
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, body)
}

// read checks a request as
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
// asks.
func (s *WebhookServer) read(r *http.Request) (m WebhookMessage, err error) {
	if m.Body, err = io.ReadAll(r.Body); err != nil {
		return m, err
	}
	at := r.Header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return m, err
	}
	m.ID, m.At = r.Header.Get("webhook-id"), time.Unix(seconds, 0)
	switch {
	case r.Method != http.MethodPost || r.Header.Get("content-type") != "application/json":
		return m, fmt.Errorf("%s of %q", r.Method, r.Header.Get("content-type"))
	case s.Now().Sub(m.At).Abs() > 5*time.Minute:
		return m, fmt.Errorf("the timestamp is not of now")
	case r.Header.Get("webhook-signature") != s.Sign(m.ID, at, m.Body):
		return m, fmt.Errorf("the signature is wrong")
	}
	envelope := struct {
		Type string
		Data any
	}{Data: &m.Data}
	if err := json.Unmarshal(m.Body, &envelope); err != nil || envelope.Type != "message.send" {
		return m, fmt.Errorf("it is %q: %w", envelope.Type, err)
	}
	return m, nil
}

// Sign returns the webhook-signature of a body.
func (s *WebhookServer) Sign(id, at string, body []byte) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Secret, "whsec_"))
	if err != nil {
		panic(err) // a test with another secret is wrong
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Header returns the headers of a body that was signed at a time.
func (s *WebhookServer) Header(id string, at time.Time, body []byte) http.Header {
	seconds := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", seconds)
	h.Set("webhook-signature", s.Sign(id, seconds, body))
	return h
}

// Report posts a signed report to a URL, and returns the answer with its body,
// which is read.
func (s *WebhookServer) Report(t testing.TB, url, id string, body []byte) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = s.Header(id, s.Now(), body)
	return post(t, r)
}

// post sends a request and reads the answer.
func post(t testing.TB, r *http.Request) *http.Response {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer
}
