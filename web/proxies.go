package web

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"
)

// proxies are the addresses of the declared proxies.
type proxies []netip.Prefix

// errBypassedProxy refuses a request that did not come through a declared proxy.
var errBypassedProxy = errors.New("the request did not come through a declared proxy")

// has reports whether an address belongs to a proxy.
func (p proxies) has(ip netip.Addr) bool {
	for _, network := range p {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// client implements echo.IPExtractor: it returns the address of the client, or "". Each
// proxy appends its peer at the right. The list is therefore true as far as the chain of
// declared proxies reaches, and may be forged further left. A malformed address ends the
// chain.
//
// echo's own extractor returns the nearest proxy if any entry is not a bare address. Some
// proxies add the port.
func (p proxies) client(r *http.Request) string {
	ip, ok := parseAddress(r.RemoteAddr)
	if !ok {
		return ""
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.has(ip); i-- {
		next, ok := parseAddress(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		ip = next
	}
	return ip.String()
}

// parseAddress reads an address, with or without a port or brackets. It returns the canonical
// form, so that each client has only one.
func parseAddress(text string) (netip.Addr, bool) {
	if whole, err := netip.ParseAddrPort(text); err == nil {
		return whole.Addr().Unmap().WithZone(""), true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return ip.Unmap().WithZone(""), err == nil
}

// only refuses requests that do not come from a declared proxy.
func (p proxies) only(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		peer, ok := parseAddress(c.Request().RemoteAddr)
		if (!ok || !p.has(peer)) && !isStatic(c.Request()) {
			return echo.NewHTTPError(http.StatusForbidden, errBypassedProxy.Error()).SetInternal(errBypassedProxy)
		}
		return next(c)
	}
}
