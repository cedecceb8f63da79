package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"callbook/internal/oncall"
)

// body asks a running program and returns the answer.
func (p *program) body(url string) (status int, text string) {
	p.t.Helper()
	r, err := http.Get(url)
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	all, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return r.StatusCode, string(all)
}

// becomes waits until /readyz says this.
func (p *program) becomes(status int, says string) {
	p.t.Helper()
	p.becomesAt(p.base, status, says)
}

func (p *program) becomesAt(base string, status int, says string) {
	p.t.Helper()
	var got int
	var text string
	if !within(time.Minute, func() bool {
		got, text = p.body(base + "/readyz")
		return got == status && strings.Contains(text, says)
	}) {
		p.t.Fatalf("/readyz stays at %d %s, want %d %s", got, text, status, says)
	}
}

func TestServerCanBeWatched(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	h := newHook(t)
	h.answer <- struct{}{}
	p := sends(t, data, h.URL)
	p.becomes(http.StatusOK, "store: ok\nkey: ok\ndispatcher: ok\n")
	p.addChannel()
	h.next(t)
	var metrics string
	within(time.Minute, func() bool {
		_, metrics = p.body(p.base + "/metrics")
		return strings.Contains(metrics, `outcome="sent",queue="activation",type="SMS"} 1`)
	})
	for _, want := range []string{`callbook_deliveries_total{outcome="sent",queue="activation",type="SMS"} 1`, `callbook_contacts{reachability="waiting"} 1`, `callbook_contacts{reachability="reachable"} 0`,
		`callbook_deliveries_total{outcome="undelivered",queue="account",type="EMAIL"} 0`,
		"callbook_oldest_message_seconds 0", `callbook_http_request_duration_seconds_count{method="POST",operation="",route="/contacts/new",status="303"} 1`,
		"callbook_commit_updates_count", "callbook_updates_waiting 0", "callbook_build_info{", `callbook_number_plan_info{version="` + oncall.NumberPlanVersion + `"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics do not say %s", want)
		}
	}
	if strings.Contains(metrics, "ana") && strings.Contains(metrics, "12065550100") {
		t.Error("the metrics tell of somebody")
	}
	// The key file goes away and comes back.
	key := filepath.Join(filepath.Dir(data), "data.key")
	content, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	p.becomes(http.StatusServiceUnavailable, "key: the key file is missing")
	if status, _ := p.body(p.base + "/healthz"); status != http.StatusOK {
		t.Errorf("/healthz is %d without the key file", status)
	}
	if err := os.WriteFile(key, content, 0o600); err != nil {
		t.Fatal(err)
	}
	p.becomes(http.StatusOK, "key: ok")
	p.stop(syscall.SIGTERM)
}

func TestProbesHaveAListenerOfTheirOwnIfAsked(t *testing.T) {
	p := start(t, "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"), "--metrics-listen", "127.0.0.1:0", "--log-format", "json")
	address := p.logged(`"msg":"metrics and probes","address":"([^"]+)"`)[1]
	p.becomesAt("http://"+address, http.StatusOK, "dispatcher: ok")
	for path, want := range map[string]string{"/healthz": "ok", "/metrics": "callbook_build_info"} {
		if status, text := p.body("http://" + address + path); status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: %d %.200s", path, status, text)
		}
	}
	if status, _ := p.body("http://" + address + "/contacts"); status != http.StatusNotFound {
		t.Errorf("/contacts is %d there", status)
	}
}

// A collector that is not there is no reason to answer nobody, or to end badly.
func TestCollectorThatIsNotThereChangesNothing(t *testing.T) {
	p := start(t, "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"), "--otlp-endpoint", "http://127.0.0.1:1")
	if status, _ := p.body(p.base + "/sign-in"); status != http.StatusOK {
		t.Errorf("/sign-in is %d", status)
	}
	p.stop(syscall.SIGTERM)
}

func TestTracesGoToTheCollector(t *testing.T) {
	came := make(chan []byte, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		all, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		came <- all
	}))
	defer collector.Close()
	p := start(t, "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"), "--otlp-endpoint", collector.URL)
	p.body(p.base + "/sign-in")
	p.stop(syscall.SIGTERM)
	if got := <-came; !bytes.Contains(got, []byte("GET /sign-in")) || !bytes.Contains(got, []byte("callbook")) {
		t.Errorf("got %q", got)
	}
}
