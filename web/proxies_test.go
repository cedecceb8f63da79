package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/labstack/echo/v4"

	"callbook/handlers"
)

// seenBy sends a request through the real router and returns whom a handler
// takes for the client.
func seenBy(e *echo.Echo, peer string, forwarded []string) string {
	r := httptest.NewRequest(http.MethodGet, "/whoami", nil)
	r.Host, r.RemoteAddr = "callbook.example.org", peer
	r.Header["X-Forwarded-For"] = forwarded
	r.Header.Set("X-Real-Ip", "198.51.100.66")
	r.Header.Set("Forwarded", "for=198.51.100.66")
	w := httptest.NewRecorder()
	headAsGet(e).ServeHTTP(w, r)
	return w.Body.String()
}

func TestOnlyDeclaredProxiesAreBelieved(t *testing.T) {
	e := router(handlers.New(handlers.Rooms{}, handlers.Options{}), Options{
		Log:     slog.New(slog.DiscardHandler),
		Site:    NewSite(&url.URL{Scheme: "https", Host: "callbook.example.org"}, netip.MustParseAddrPort("192.0.2.2:8080"), false),
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.2/32"), netip.MustParsePrefix("10.1.0.0/24"), netip.MustParsePrefix("2001:db8:1::/64"), netip.MustParsePrefix("fe80::1/128")},
	})
	e.GET("/whoami", func(c echo.Context) error { return c.String(http.StatusOK, c.RealIP()) })
	for _, c := range []struct {
		why, peer string
		forwarded []string
		want      string
	}{
		{"nobody forwards", "203.0.113.7:1000", nil, "203.0.113.7"},
		{"the proxy itself", "10.0.0.2:1000", nil, "10.0.0.2"},
		{"empty", "10.0.0.2:1000", []string{""}, "10.0.0.2"},
		{"through the proxy", "10.0.0.2:1000", []string{"203.0.113.7"}, "203.0.113.7"},
		{"spoofed by a stranger", "203.0.113.7:1000", []string{"10.0.0.2"}, "203.0.113.7"},
		{"spoofed by a neighbour", "10.0.0.3:1000", []string{"203.0.113.8"}, "10.0.0.3"},
		{"spoofed from this machine", "127.0.0.1:1000", []string{"203.0.113.8"}, "127.0.0.1"},
		{"spoofed from the link", "[fe80::2%eth0]:1000", []string{"203.0.113.8"}, "fe80::2"},
		{"spoofed through the proxy", "10.0.0.2:1000", []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		{"spoofed as a proxy through the proxy", "10.0.0.2:1000", []string{"198.51.100.1, 10.1.0.9,203.0.113.7"}, "203.0.113.7"},
		{"chain of proxies", "10.0.0.2:1000", []string{"203.0.113.7, 10.1.0.9, 10.1.0.8"}, "203.0.113.7"},
		{"chain with an undeclared one", "10.0.0.2:1000", []string{"203.0.113.7, 10.2.0.9, 10.1.0.8"}, "10.2.0.9"},
		{"several headers", "10.0.0.2:1000", []string{"198.51.100.1", "203.0.113.7", "10.1.0.8"}, "203.0.113.7"},
		{"proxies only", "10.0.0.2:1000", []string{"10.1.0.9, 10.1.0.8"}, "10.1.0.9"},
		{"IPv6", "[2001:db8:1::5]:1000", []string{"2001:DB8:9:0::1"}, "2001:db8:9::1"},
		{"IPv6 in brackets", "[2001:db8:1::5]:1000", []string{"[2001:db8:9::1]"}, "2001:db8:9::1"},
		{"IPv6 from outside", "[2001:db8:2::5]:1000", []string{"203.0.113.7"}, "2001:db8:2::5"},
		{"link-local proxy", "[fe80::1%eth0]:1000", []string{"203.0.113.7"}, "203.0.113.7"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.2]:1000", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		{"with a port", "10.0.0.2:1000", []string{"203.0.113.7:4711"}, "203.0.113.7"},
		{"IPv6 with a port", "10.0.0.2:1000", []string{"[2001:db8:9::1]:4711"}, "2001:db8:9::1"},
		{"garbage", "10.0.0.2:1000", []string{"unknown"}, "10.0.0.2"},
		{"garbage before", "10.0.0.2:1000", []string{"'; DROP TABLE, 203.0.113.7"}, "203.0.113.7"},
		{"garbage between", "10.0.0.2:1000", []string{"203.0.113.7, , 10.1.0.8"}, "10.1.0.8"},
		{"no number", "10.0.0.2:1000", []string{"1.2.3.4.5, 203.0.113.256"}, "10.0.0.2"},
		{"no peer", "@", []string{"203.0.113.7"}, ""},
	} {
		if got := seenBy(e, c.peer, c.forwarded); got != c.want {
			t.Errorf("%s: %s with %q is %q, want %q", c.why, c.peer, c.forwarded, got, c.want)
		}
	}
}
