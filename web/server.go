// Package web is the HTTP server: the order of the middleware, the headers of every answer,
// the timeouts, and the graceful stop.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"go.opentelemetry.io/otel/trace"

	"callbook/handlers"
	"callbook/handlers/awsapi"
	"callbook/internal/metrics"
	"callbook/static"
)

// maxFormBytes is the size limit of a posted form, in bytes.
const maxFormBytes = 64 << 10

// The timeouts and limits of a connection.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 15 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 2 * time.Minute
	stopTimeout    = 20 * time.Second
	uploadTimeout  = 2 * time.Minute // of a file that a form sends
	maxHeaderBytes = 16 << 10
)

// Options are what the handler knows about the installation.
type Options struct {
	Log  *slog.Logger
	Site Site

	// API answers programs at a path where no page takes a form; it may be nil.
	API *awsapi.API

	// Probes answer before every page; it may be nil.
	Probes *Probes
	// Tracer makes a span of each request; it may be nil.
	Tracer trace.Tracer
	// OnAnswer is called after every answered request; it may be nil.
	OnAnswer func(metrics.Request)

	// Proxies are trusted to name the client in X-Forwarded-For.
	Proxies []netip.Prefix

	// ProxiesOnly refuses all other clients, because the listener can be reached from other
	// machines and does not encrypt.
	ProxiesOnly bool
}

// New returns the handler of every request.
func New(pages *handlers.Pages, o Options) http.Handler {
	handler := headAsGet(router(pages, o))
	if o.Probes != nil {
		handler = o.Probes.beside(handler)
	}
	return handler
}

func router(pages *handlers.Pages, o Options) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(discard{}) // errors go to the log, in errorPages
	e.IPExtractor = proxies(o.Proxies).client
	e.HTTPErrorHandler = errorPages{pages: pages, api: o.API, log: o.Log, site: o.Site}.handle
	e.Use(requestID)
	if o.Tracer != nil {
		e.Use(traced(o.Tracer))
	}
	e.Use(requestLog(o.Log, o.OnAnswer), recovered, forPeople(headers(o.Site)))
	if o.ProxiesOnly {
		e.Use(proxies(o.Proxies).only)
	}
	// Programs sign their requests, which no page of another site can do.
	e.Use(onlyHosts(o.Site), forPeople(sameOrigin(o.Site)), forPeople(pages.Enter))

	e.GET(static.Prefix+":name", serveStatic)
	if o.API != nil {
		e.POST(awsapi.Path, o.API.Serve)
	}
	forms := []echo.MiddlewareFunc{bodyLimit(maxFormBytes), middleware.GzipWithConfig(middleware.GzipConfig{Level: 5, MinLength: 1024})}
	for _, r := range pages.Routes() {
		around := slices.Concat(forms, []echo.MiddlewareFunc{pages.Require(r.For)})
		if limit := r.MaxBytes(); limit > 0 { // only for roles that may send a file
			around = []echo.MiddlewareFunc{pages.Require(r.For), upload(limit)}
		}
		e.Add(r.Method, r.Path, r.Handler, around...)
	}
	return e
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func serveStatic(c echo.Context) error {
	content, ok := static.Find(c.Param("name"), c.Request().Header.Get(echo.HeaderAcceptEncoding), c.Response().Header())
	if !ok {
		return echo.ErrNotFound
	}
	return c.Blob(http.StatusOK, c.Response().Header().Get(echo.HeaderContentType), content)
}

// Serve answers on the listener until ctx ends, then lets accepted requests
// finish. It returns nil after such a stop.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	var unused unusedConns
	server.ConnState = unused.follow
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping: accepted requests finish first")
	// ctx has ended. The stop has its own timeout.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	server.RegisterOnShutdown(unused.close)
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(errors.New("some requests did not finish in time"), err, server.Close())
	}
	return nil
}

// unusedConns are the connections without a request so far. Browsers open some in advance,
// and http.Server.Shutdown waits seconds for each.
type unusedConns struct {
	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
}

// follow implements the ConnState of an http.Server.
func (u *unusedConns) follow(c net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(u.conns, c)
	case u.closed:
		_ = c.Close() // it had no request
	default:
		if u.conns == nil {
			u.conns = map[net.Conn]bool{}
		}
		u.conns[c] = true
	}
}

func (u *unusedConns) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	for c := range u.conns {
		_ = c.Close() // it had no request
	}
}
