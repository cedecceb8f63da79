package web

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"callbook/handlers/awsapi"
	"callbook/internal/metrics"
	"callbook/internal/oncall"
	"callbook/static"
)

// headAsGet lets HEAD find the handler of GET; the server leaves out the body.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(r.Context()) // a copy: the server reads the method of the original
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// requestID gives a request its id, for the answer and the log. An id from the client is
// ignored.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := make([]byte, 8)
		_, _ = rand.Read(id) // never fails: the process ends instead
		c.Response().Header().Set(echo.HeaderXRequestID, hex.EncodeToString(id))
		return next(c)
	}
}

func idOf(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// requestLog writes a line for every request. It has the route and never the path or the
// query, which hold names and searches.
func requestLog(log *slog.Logger, answered func(metrics.Request)) echo.MiddlewareFunc {
	return middleware.RequestLoggerWithConfig(middleware.RequestLoggerConfig{
		HandleError: true, LogStatus: true, LogLatency: true, LogMethod: true, LogRoutePath: true, LogResponseSize: true,
		LogValuesFunc: func(c echo.Context, v middleware.RequestLoggerValues) error {
			attrs := []slog.Attr{slog.String("id", idOf(c)), slog.String("method", v.Method), slog.String("route", v.RoutePath),
				slog.Int("status", v.Status), slog.Duration("took", v.Latency), slog.Int64("bytes", v.ResponseSize)}
			log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request", append(attrs, awsapi.Logged(c)...)...)
			if answered != nil {
				operation, exception := awsapi.Outcome(c)
				answered(metrics.Request{Method: methodLabel(v.Method), Route: routeLabel(v.RoutePath), Operation: operation, Exception: exception, Status: v.Status, Took: v.Latency})
			}
			return nil
		},
	})
}

// methodLabel and routeLabel keep made-up methods and paths out of the metrics.
func methodLabel(method string) string {
	if method == http.MethodGet || method == http.MethodPost {
		return method
	}
	return "other"
}

func routeLabel(route string) string {
	if route == "" {
		return "none"
	}
	return route
}

// recovered turns a panic into a 500. It runs inside requestLog, so that the request is
// logged too.
func recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			err = oncall.Fault(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}()
		return next(c)
	}
}

// forProgram reports whether a request goes to the API. No page takes a form at its path.
func forProgram(c echo.Context) bool {
	return c.Request().Method == http.MethodPost && c.Path() == awsapi.Path
}

// forPeople keeps a middleware from the requests of programs.
func forPeople(m echo.MiddlewareFunc) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		within := m(next)
		return func(c echo.Context) error {
			if forProgram(c) {
				return next(c)
			}
			return within(c)
		}
	}
}

// policy is the content security policy: nothing inline, nothing from elsewhere.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// headers sets the headers of every answer. Pages hold personal data and are never cached.
// Static files set their own Cache-Control.
func headers(site Site) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			h.Set("Content-Security-Policy", policy)
			h.Set("Referrer-Policy", "same-origin")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("X-Frame-Options", "DENY")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
			h.Set("Cache-Control", "no-store")
			h.Add("Vary", "HX-Request")
			if site.alwaysEncrypted(c.Request().Host) {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}
			return next(c)
		}
	}
}

// isStatic reports whether a request is for a static file. Error pages need these under every
// host name, and they hold no data.
func isStatic(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, static.Prefix) }

// onlyHosts refuses requests for other host names, which protects against DNS rebinding.
func onlyHosts(site Site) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if !site.answersTo(c.Request().Host) && !isStatic(c.Request()) {
				return echo.NewHTTPError(http.StatusMisdirectedRequest)
			}
			return next(c)
		}
	}
}

// sameOrigin refuses forms from other sites. It trusts the public URL for browsers that send
// no Sec-Fetch-Site, behind a proxy that changes the Host.
func sameOrigin(site Site) echo.MiddlewareFunc {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(site.Origin()); err != nil {
		panic(err) // NewSite makes only valid origins
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := protection.Check(c.Request()); err != nil {
				return echo.NewHTTPError(http.StatusForbidden, "cross-origin").SetInternal(err)
			}
			return next(c)
		}
	}
}

// bodyLimit refuses a body over the limit, also without a Content-Length.
func bodyLimit(limit int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.ContentLength > limit {
				return echo.ErrStatusRequestEntityTooLarge
			}
			r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
			return next(c)
		}
	}
}

// maxDiscarded is how much of a refused file is read, as a multiple of its limit. A browser
// shows the answer only after it has sent the whole file.
const maxDiscarded = 4

// upload is bodyLimit for a file, with a longer timeout.
func upload(limit int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		limited := bodyLimit(limit)(next)
		return func(c echo.Context) error {
			until := time.Now().Add(uploadTimeout)
			control := http.NewResponseController(c.Response())
			_ = control.SetReadDeadline(until) // a recorder in a test has no deadline
			_ = control.SetWriteDeadline(until.Add(writeTimeout))
			if c.Request().ContentLength > limit {
				_, _ = io.CopyN(io.Discard, c.Request().Body, maxDiscarded*limit) // it is refused anyway
			}
			return limited(c)
		}
	}
}
