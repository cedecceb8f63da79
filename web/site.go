package web

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Site is the address of Callbook: the origin of links and redirects, and the Host values
// that requests may name. It is fixed before the first request, and no request changes
// it.
type Site struct {
	origin string
	public map[string]bool // the Hosts of the public URL
	local  map[string]bool // the Hosts of this machine, if it listens on a loopback address
	strict bool            // the public URL is https and names another machine
}

// localNames are the host names of a listener on a loopback address.
var localNames = []string{"127.0.0.1", "localhost", "[::1]"}

// NewSite returns the site at the public URL: http or https, a host in lower case, and an
// optional port. If public is nil, the site is at the address of the listener, which must be
// a loopback address. overTLS means that the listener speaks TLS.
func NewSite(public *url.URL, listener netip.AddrPort, overTLS bool) Site {
	here := netip.AddrPortFrom(listener.Addr().Unmap(), listener.Port())
	own := url.URL{Scheme: "http", Host: here.String()}
	if overTLS {
		own.Scheme = "https"
	}
	if public == nil {
		public = &own
	}
	port, name := public.Port(), strings.TrimSuffix(public.Host, ":"+public.Port())
	if port == "" {
		port = defaultPort(public.Scheme)
	}
	s := Site{public: map[string]bool{}, local: map[string]bool{}}
	s.origin = public.Scheme + "://" + addHosts(s.public, public.Scheme, name, port)
	if here.Addr().IsLoopback() {
		for _, local := range localNames {
			addHosts(s.local, own.Scheme, local, strconv.Itoa(int(here.Port())))
		}
	}
	ip, _ := netip.ParseAddr(public.Hostname()) // the zero Addr for a host name
	s.strict = public.Scheme == "https" && public.Hostname() != "localhost" && !ip.Unmap().IsLoopback()
	return s
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// addHosts adds the forms of a host with its port and returns the shortest, which browsers
// use.
func addHosts(into map[string]bool, scheme, name, port string) string {
	full := name + ":" + port
	into[full] = true
	if port != defaultPort(scheme) {
		return full
	}
	into[name] = true
	return name
}

// Origin returns the scheme, host and port with which links begin, in the form of browsers:
// https://callbook.example.org.
func (s Site) Origin() string { return s.origin }

// answersTo reports whether a request may name this Host.
func (s Site) answersTo(host string) bool {
	host = strings.ToLower(host)
	return s.public[host] || s.local[host]
}

// alwaysEncrypted reports whether an answer to this Host may set Strict-Transport-Security.
// For the names of this machine it may not, because other programs answer to them too.
func (s Site) alwaysEncrypted(host string) bool {
	return s.strict && s.public[strings.ToLower(host)]
}
