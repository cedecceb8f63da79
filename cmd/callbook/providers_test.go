package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/urfave/cli/v3"

	"callbook/db/oncalltest"
	"callbook/handlers"
	"callbook/internal/config"
)

// hook is a program that messages are posted to.
type hook struct {
	*httptest.Server
	came   chan string   // the webhook-id of each request
	answer chan struct{} // answers wait for one of these
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{came: make(chan string, 100), answer: make(chan struct{}, 100)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body struct{ Data struct{ Code string } }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.Data.Code) != 6 {
			t.Errorf("a message without a code: %v", err)
		}
		h.came <- r.Header.Get("Webhook-Id")
		<-h.answer
	}))
	t.Cleanup(h.Close)
	return h
}

// next waits for the next request.
func (h *hook) next(t *testing.T) string {
	t.Helper()
	select {
	case id := <-h.came:
		return id
	case <-time.After(2 * time.Minute):
		t.Fatal("no message came")
		return ""
	}
}

// sends starts the program so that it posts messages to a URL.
func sends(t *testing.T, data, url string) *program {
	t.Helper()
	p := start(t, "--listen", "127.0.0.1:0", "--data", data, "--webhook-url", url, "--webhook-secret", strings.Repeat("secret", 6))
	p.enter(data)
	return p
}

// AddChannel asks for a code to be sent.
func (p *program) addChannel() {
	p.t.Helper()
	if _, err := p.post("/contacts/new", url.Values{"alias": {"ana"}, "token": {"1"}}); err != nil {
		p.t.Fatal(err)
	}
	r, err := p.post("/contacts/ana/channels/new", url.Values{"type": {"SMS"}, "name": {"mobile"}, "phone": {"+12065550100"}, "token": {"2"},
		"accept": {"unassigned:+12065550100"}})
	if err != nil || r.StatusCode != http.StatusSeeOther {
		p.t.Fatalf("adding a channel: %v %v", r, err)
	}
}

func (p *program) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	_ = p.wait() // it was killed
}

// A message that was on its way when the program was killed is sent again: nobody
// knows whether it was taken. A webhook sees that it is the same one.
func TestKilledBetweenSendAndReceiptSendsAgain(t *testing.T) {
	oncalltest.Slow(t)
	t.Parallel()
	h, data := newHook(t), filepath.Join(t.TempDir(), "data")
	p := sends(t, data, h.URL)
	p.addChannel()
	first := h.next(t)
	p.kill()
	h.answer <- struct{}{} // the answer that nobody hears
	again := sends(t, data, h.URL)
	h.answer <- struct{}{}
	if second := h.next(t); second != first {
		t.Errorf("the message is %q, and then %q", first, second)
	}
	again.stop(syscall.SIGTERM)
	select {
	case id := <-h.came:
		t.Errorf("%s came a third time", id)
	default:
	}
}

// A message that was not sent yet when the program was killed is sent by the
// next one, once.
func TestKilledBetweenCommitAndSendSendsOnce(t *testing.T) {
	oncalltest.Slow(t)
	t.Parallel()
	h, data := newHook(t), filepath.Join(t.TempDir(), "data")
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close() // nobody listens there any more
	p := sends(t, data, down.URL)
	p.addChannel()
	p.kill()
	again := sends(t, data, h.URL)
	h.answer <- struct{}{}
	h.next(t)
	again.stop(syscall.SIGTERM)
	select {
	case id := <-h.came:
		t.Errorf("%s came twice", id)
	default:
	}
}

func TestDeliveryTestSaysWhatCameOfIt(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	h.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"reference":"r-1"}`)) })
	try := func(args ...string) (string, error) {
		out, err := program4test(t, append([]string{"delivery", "test", "--to", "me@example.org", "--type", "EMAIL"}, args...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := try("--webhook-url", h.URL, "--webhook-secret", strings.Repeat("secret", 6)); err != nil || out != "the webhook took it (r-1)\n" {
		t.Errorf("got %q, %v", out, err)
	}
	if out, err := try(); err == nil || !strings.Contains(out, "nothing sends EMAIL messages") {
		t.Errorf("without settings: got %q, %v", out, err)
	}
	if out, err := try("--smtp-url", "smtp://ana:pass-word@127.0.0.1:1?tls=none", "--smtp-from", "callbook@example.org"); err == nil ||
		!strings.Contains(out, "SMTP did not take it: the mail server could not be reached") || strings.Contains(out, "pass-word") {
		t.Errorf("without a server: got %q, %v", out, err)
	}
	if out, err := try("--smtp-url", "http://ana:pass-word@127.0.0.1", "--smtp-from", "callbook@example.org"); err == nil || strings.Contains(out, "pass-word") {
		t.Errorf("with a wrong URL: got %q, %v", out, err)
	}
}

// An API key sends, and nothing that Twilio posts can be believed without the token: the log
// says so at the start, and nothing is asked to be posted.
func TestAPIKeyAloneSendsAndIsToldWhatItCannotDo(t *testing.T) {
	folder := t.TempDir()
	secret := filepath.Join(folder, "secret")
	if err := os.WriteFile(secret, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args   []string
		origin string
		warns  bool
	}{
		{[]string{"--twilio-api-key", "SK1", "--twilio-api-secret-file", secret}, "https://callbook.example.org", true},
		{[]string{"--twilio-api-key", "SK1", "--twilio-api-secret-file", secret, "--twilio-auth-token", "token"}, "https://callbook.example.org", false},
		{[]string{"--twilio-auth-token", "token"}, "https://callbook.example.org", false},
		{[]string{"--twilio-api-key", "SK1", "--twilio-api-secret-file", secret}, "", false}, // no provider can post anything there
	} {
		var c config.Config
		command := cli.Command{Flags: c.Flags(func(string) string { return "" }), Action: func(context.Context, *cli.Command) error { return nil }}
		if err := command.Run(t.Context(), append([]string{"callbook", "--twilio-account-sid", "AC1", "--twilio-from", "+1 500 555 0006"}, test.args...)); err != nil {
			t.Fatal(err)
		}
		d, err := newProviders(c, test.origin)
		if err != nil || c.Check() != nil {
			t.Fatal(err, c.Check())
		}
		var log strings.Builder
		d.warn(test.origin, slog.New(slog.NewTextHandler(&log, nil)))
		if strings.Contains(log.String(), "without --twilio-auth-token nothing that Twilio posts is believed") != test.warns {
			t.Errorf("%q: the log says %q", test.args, log.String())
		}
		var pages handlers.Options
		d.show(&pages, test.origin)
		if believed := pages.Phone != nil; believed != (!test.warns && test.origin != "") {
			t.Errorf("%q: what Twilio posts is read: %t", test.args, believed)
		}
		if d.twilio.From != "+15005550006" {
			t.Errorf("sent from %q", d.twilio.From)
		}
	}
}
