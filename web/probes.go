package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Check tests one condition of readiness. It returns what is wrong, in words that reveal
// nothing.
type Check struct {
	Name string
	Ask  func(context.Context) error
}

// Probes answers monitoring: /healthz that the process runs, /readyz that it can do its
// work, /metrics what it did. None of it names a contact, and none is logged.
type Probes struct {
	Checks  []Check
	Metrics http.Handler // nil: there are none

	mu     sync.Mutex
	asking map[string]chan error // checks that have not answered yet, by name
	asked  time.Time
	status int
	report string
}

// readyTTL is how long an answer of /readyz is reused for faster callers.
const readyTTL = time.Second

// checkTimeout is how long a check may take.
const checkTimeout = 5 * time.Second

// paths of the probes.
const (
	healthPath  = "/healthz"
	readyPath   = "/readyz"
	metricsPath = "/metrics"
)

// ServeHTTP answers on a listener of its own, which shows the metrics to every client.
func (p *Probes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case r.URL.Path == healthPath:
		answer(w, http.StatusOK, "ok\n")
	case r.URL.Path == readyPath:
		status, report := p.ready(r.Context())
		answer(w, status, report)
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
			if err != nil || !peer.Addr().Unmap().IsLoopback() || !namesThisMachine(r.Host) || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
				pages.ServeHTTP(w, r)
				return
			}
			p.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

// namesThisMachine reports whether a Host is one of this machine's own: a proxy that
// adds no header, and a page that gives its name our address, ask by another.
func namesThisMachine(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return slices.Contains(localNames, name) || name == "::1"
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the client is gone when this fails
}

// ready makes the checks, unless that was done a moment ago.
func (p *Probes) ready(ctx context.Context) (status int, report string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.asked) < readyTTL {
		return p.status, p.report
	}
	// Others wait for the answer too, whether the one that asked first is still there or not.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
	defer cancel()
	p.status, p.report = http.StatusOK, ""
	for _, c := range p.Checks {
		result := "ok"
		if err := p.ask(ctx, c); err != nil {
			result, p.status = err.Error(), http.StatusServiceUnavailable
		}
		p.report += fmt.Sprintf("%s: %s\n", c.Name, result)
	}
	p.asked = time.Now()
	return p.status, p.report
}

// ask makes a check and does not wait longer than ctx. One that has not answered is
// not made a second time. The lock is held.
func (p *Probes) ask(ctx context.Context, c Check) error {
	if p.asking == nil {
		p.asking = map[string]chan error{}
	}
	answered := p.asking[c.Name]
	if answered == nil {
		answered = make(chan error, 1)
		p.asking[c.Name] = answered
		go func() { answered <- c.Ask(ctx) }()
	}
	select {
	case err := <-answered:
		delete(p.asking, c.Name)
		return err
	case <-ctx.Done():
		return errors.New("no answer")
	}
}
