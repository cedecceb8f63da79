package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Check tests one condition of readiness. Its error is shown to every client and must reveal
// nothing.
type Check struct {
	Name string
	Ask  func(context.Context) error
}

// Probes answers monitoring: /healthz if the process runs, /readyz if it can do its work, and
// /metrics. No answer names a contact, and no request is logged.
type Probes struct {
	Checks  []Check
	Metrics http.Handler // may be nil

	mu     sync.Mutex
	asking map[string]chan error // checks that have not answered yet, by name
	asked  time.Time
	status int
	report string
}

// readyTTL is how long an answer of /readyz is reused.
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
	w.Header().Set("X-Content-Type-Options", "nosniff")
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

// beside answers probes in front of the pages. It shows the metrics only to this machine, and
// not through a proxy.
func (p *Probes) beside(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case healthPath, readyPath:
			p.ServeHTTP(w, r)
		case metricsPath:
			peer, err := netip.ParseAddrPort(r.RemoteAddr)
			if err != nil || !peer.Addr().Unmap().IsLoopback() || !namesThisMachine(r.Host) || throughProxy(r.Header) {
				pages.ServeHTTP(w, r)
				return
			}
			p.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

// proxyHeaders are headers that proxies add, besides those that begin with X-Forwarded.
var proxyHeaders = []string{"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Forwarded-For",
	"X-Original-Host", "X-Envoy-External-Address", "X-Remote-Ip", "X-Remote-Addr", "X-Proxyuser-Ip", "Client-Ip", "True-Client-Ip",
	"Cf-Connecting-Ip", "Cf-Ray", "Cdn-Loop", "Fastly-Client-Ip", "Fly-Client-Ip", "X-Azure-Clientip", "X-Appengine-User-Ip"}

// throughProxy reports whether a proxy has passed a request on. An empty header counts too.
func throughProxy(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X-Forwarded") || slices.Contains(proxyHeaders, name) {
			return true
		}
	}
	return false
}

// namesThisMachine reports whether a Host is a name of this machine. A proxy that adds no
// header, and a page that rebinds its DNS name to our address, send another Host.
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
	_, _ = w.Write([]byte(text)) // this fails only if the client has left
}

// ready makes the checks, unless the last answer is younger than readyTTL.
func (p *Probes) ready(ctx context.Context) (status int, report string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.asked) < readyTTL {
		return p.status, p.report
	}
	// Others wait for this answer too, so it must not end with the first client.
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

// ask makes a check and waits for it until ctx ends. A check that has not answered yet is not
// started again. The caller holds the lock.
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
