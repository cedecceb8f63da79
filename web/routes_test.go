package web

import (
	"log/slog"
	"net/netip"
	"testing"

	"callbook/handlers"
	"callbook/static"
)

// Whatever answers is in the table that the tests of access and of security
// walk, but for the static files.
func TestEveryRouteIsInTheTable(t *testing.T) {
	pages := handlers.New(handlers.Rooms{}, handlers.Options{})
	known := map[string]bool{"GET " + static.Prefix + ":name": true}
	for _, r := range pages.Routes() {
		if known[r.Method+" "+r.Path] {
			t.Errorf("%s %s stands twice", r.Method, r.Path)
		}
		known[r.Method+" "+r.Path] = true
	}
	e := router(pages, Options{Log: slog.New(slog.DiscardHandler), Site: NewSite(nil, netip.MustParseAddrPort("127.0.0.1:8080"), false)})
	for _, r := range e.Routes() {
		if !known[r.Method+" "+r.Path] {
			t.Errorf("%s %s is not in the table", r.Method, r.Path)
		}
	}
}
