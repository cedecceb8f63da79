package web

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Check is one thing that must be well for requests to be answered. It returns
// what is wrong, in words that give nothing away.
type Check struct {
	Name string
	Ask  func(context.Context) error
}

// Probes is what watches the program: /healthz says that the process is there,
// /readyz that it can do its work, /metrics what it did. None of it tells of
// anybody in the book, and none is logged.
type Probes struct {
	Checks  []Check
	Metrics http.Handler // nil: there are none

	mu     sync.Mutex
	asked  time.Time
	status int
	says   string
}

// readyKeep is for how long an answer of /readyz is good: who asks faster gets the
// same again, and costs nothing.
const readyKeep = time.Second

// checkTimeout is how long a check may take.
const checkTimeout = 5 * time.Second

// paths of the probes.
const (
	healthPath  = "/healthz"
	readyPath   = "/readyz"
	metricsPath = "/metrics"
)

// ServeHTTP answers on a listener of its own, where everybody sees the metrics.
func (p *Probes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case r.URL.Path == healthPath:
		answer(w, http.StatusOK, "ok\n")
	case r.URL.Path == readyPath:
		status, says := p.ready(r.Context())
		answer(w, status, says)
	case r.URL.Path == metricsPath && p.Metrics != nil:
		p.Metrics.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
}

// beside answers probes in front of the pages; the metrics only to this machine,
// and not through a proxy.
func (p *Probes) beside(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case healthPath, readyPath:
			p.ServeHTTP(w, r)
		case metricsPath:
			peer, err := netip.ParseAddrPort(r.RemoteAddr)
			if err != nil || !peer.Addr().Unmap().IsLoopback() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
				pages.ServeHTTP(w, r)
				return
			}
			p.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the client is gone when this fails
}

// ready makes the checks, unless that was done a moment ago.
func (p *Probes) ready(ctx context.Context) (status int, says string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.asked) < readyKeep {
		return p.status, p.says
	}
	// Others wait for the answer too, whether the one that asked first is still there or not.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
	defer cancel()
	p.status, p.says = http.StatusOK, ""
	for _, c := range p.Checks {
		is := "ok"
		if err := c.Ask(ctx); err != nil {
			is, p.status = err.Error(), http.StatusServiceUnavailable
		}
		p.says += fmt.Sprintf("%s: %s\n", c.Name, is)
	}
	p.asked = time.Now()
	return p.status, p.says
}
