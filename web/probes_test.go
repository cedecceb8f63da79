package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callbook/internal/metrics"
	"callbook/web"
)

// probed is a site with probes, one of whose checks fails with what is said.
func probed(t *testing.T, fails *error) (*site, *web.Probes) {
	t.Helper()
	counted := metrics.New(metrics.Sources{Version: "v1", Waiting: func() int { return 3 },
		Contents: func() (metrics.Contents, error) {
			return metrics.Contents{Contacts: map[string]int{"reachable": 7}, Overdue: 90e9}, *fails
		}})
	probes := &web.Probes{Metrics: counted.Handler(), Checks: []web.Check{
		{Name: "store", Ask: func(context.Context) error { return *fails }},
		{Name: "key", Ask: func(context.Context) error { return nil }},
	}}
	return siteWith(t, web.Options{Site: here, Probes: probes, OnAnswer: counted.Request}), probes
}

func TestProbesSayWhatIsWrong(t *testing.T) {
	var fails error
	s, _ := probed(t, &fails)
	for _, change := range []with{func(*http.Request) {}, func(r *http.Request) { r.Host = "10.1.2.3:8080" }} { // a kubelet asks by the address
		if a := s.as("").get("/healthz", change); a.Code != http.StatusOK || a.Body.String() != "ok\n" {
			t.Errorf("/healthz: %d %q", a.Code, a.Body)
		}
		if a := s.as("").get("/readyz", change); a.Code != http.StatusOK || a.Body.String() != "store: ok\nkey: ok\n" {
			t.Errorf("/readyz: %d %q", a.Code, a.Body)
		}
	}
	fails = errors.New("the database cannot be written to")
	s, _ = probed(t, &fails)
	if a := s.as("").get("/readyz"); a.Code != http.StatusServiceUnavailable || a.Body.String() != "store: the database cannot be written to\nkey: ok\n" {
		t.Errorf("/readyz: %d %q", a.Code, a.Body)
	}
	s.as("").get("/healthz").status(http.StatusOK)
	if strings.Contains(s.log.String(), "healthz") {
		t.Errorf("the log tells of probes:\n%s", s.log)
	}
}

func TestProbesAreNoDocuments(t *testing.T) {
	var fails error
	s, probes := probed(t, &fails)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/nothing"} {
		own := httptest.NewRecorder()
		probes.ServeHTTP(own, httptest.NewRequest(http.MethodGet, path, nil))
		beside := s.as("").get(path, func(r *http.Request) { r.RemoteAddr = "127.0.0.1:5000" })
		for listener, h := range map[string]http.Header{"its own": own.Header(), "that of the pages": beside.Header()} {
			if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" && path != "/nothing" {
				t.Errorf("%s on %s listener: %v", path, listener, h)
			}
		}
	}
}

// However often it is asked, the store is written to once a second.
func TestReadinessIsLookedAtOnceASecond(t *testing.T) {
	asked := 0
	probes := &web.Probes{Checks: []web.Check{{Name: "store", Ask: func(context.Context) error { asked++; return nil }}}}
	for range 100 {
		probes.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/readyz", nil))
	}
	if asked < 1 || asked > 5 {
		t.Errorf("asked %d times", asked)
	}
}

func TestMetricsCountRequests(t *testing.T) {
	var fails error
	s, probes := probed(t, &fails)
	s.get("/contacts").status(http.StatusOK)
	s.get("/contacts/nobody").status(http.StatusNotFound)
	s.get("/no/such/page").status(http.StatusNotFound)
	s.do("BREW", "/contacts", "")
	s.do(http.MethodPost, "/", "{}", header("Content-Type", "application/x-amz-json-1.1"), header("X-Amz-Target", "SSMContacts.ListContacts"))
	local := func(r *http.Request) { r.RemoteAddr = "127.0.0.1:5000" }
	text := s.as("").get("/metrics", local).status(http.StatusOK).Body.String()
	for _, want := range []string{
		`callbook_http_request_duration_seconds_count{method="GET",operation="",route="/contacts",status="200"} 1`,
		`callbook_http_request_duration_seconds_count{method="GET",operation="",route="/contacts/:alias",status="404"} 1`,
		`callbook_http_request_duration_seconds_count{method="GET",operation="",route="none",status="404"} 1`,
		`callbook_http_request_duration_seconds_count{method="POST",operation="ListContacts",route="/",status="400"} 1`,
		`callbook_api_exceptions_total{exception="MissingAuthenticationTokenException",operation="ListContacts"} 1`,
		`callbook_contacts{reachability="reachable"} 7`, "callbook_oldest_message_seconds 90", "callbook_updates_waiting 3", `callbook_build_info{version="v1"} 1`,
		`method="other"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, "nobody") || strings.Contains(text, "BREW") {
		t.Error("the metrics hold what a client has made up")
	}
	// Other machines see them on a listener of their own only.
	for _, change := range []with{func(r *http.Request) { r.RemoteAddr = "192.0.2.1:5000" },
		func(r *http.Request) { local(r); r.Header.Set("X-Forwarded-For", "192.0.2.1") }} {
		s.get("/metrics", change).status(http.StatusNotFound)
	}
	for _, name := range []string{"X-Real-IP", "Via", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Forwarded", "CF-Connecting-IP",
		"True-Client-IP", "X-Client-IP", "X-Cluster-Client-IP", "Fastly-Client-IP", "CDN-Loop", "X-Envoy-External-Address", "X-Original-Forwarded-For"} {
		for _, value := range []string{"192.0.2.1", "127.0.0.1", ""} {
			if a := s.as("").get("/metrics", local, header(name, value)); a.Code == http.StatusOK || strings.Contains(a.Body.String(), "callbook_") {
				t.Errorf("through a proxy that sends %s: %q: status %d", name, value, a.Code)
			}
		}
	}
	s.get("/metrics", local, func(r *http.Request) { r.Host = "evil.example:8080" }).status(http.StatusMisdirectedRequest)
	w := httptest.NewRecorder()
	probes.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "callbook_contacts") {
		t.Errorf("on its own listener: %d", w.Code)
	}
	fails = errors.New("no")
	if text := s.as("").get("/metrics", local).Body.String(); !strings.Contains(text, "callbook_build_info") || strings.Contains(text, "callbook_contacts{") {
		t.Errorf("without the book:\n%s", text)
	}
}

// A store that hangs is not waited for, and not asked again.
func TestCheckThatDoesNotAnswerIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, end := 0, make(chan struct{})
		probes := &web.Probes{Checks: []web.Check{{Name: "store", Ask: func(context.Context) error { asked++; <-end; return nil }}}}
		for range 3 {
			w := httptest.NewRecorder()
			probes.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			if w.Code != http.StatusServiceUnavailable || w.Body.String() != "store: no answer\n" {
				t.Errorf("%d %q", w.Code, w.Body)
			}
			time.Sleep(2 * time.Second) // of the bubble's clock
		}
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		close(end)
		synctest.Wait()
		w := httptest.NewRecorder()
		probes.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if w.Code != http.StatusOK {
			t.Errorf("after it has answered: %d %q", w.Code, w.Body)
		}
	})
}
