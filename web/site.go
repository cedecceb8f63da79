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
	local  map[string]bool // the Hosts of this machine, when the listener is here
	strict bool            // the public URL is https, and not of this machine
}

// localNames are the Hosts of a listener on this machine.
var localNames = []string{"127.0.0.1", "localhost", "[::1]"}

// NewSite returns the site at the public URL: http or https, a host in lower
// case, and perhaps a port. Without one (nil) it is the listener's own address,
// which must then be one of this machine. overTLS says that the listener speaks
// TLS.
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
	ip, _ := netip.ParseAddr(public.Hostname()) // not a loopback address when it is a name
	s.strict = public.Scheme == "https" && public.Hostname() != "localhost" && !ip.Unmap().IsLoopback()
	return s
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// addHosts adds the ways to write a host with its port and returns the shortest,
// which browsers use.
func addHosts(into map[string]bool, scheme, name, port string) string {
	full := name + ":" + port
	into[full] = true
	if port != defaultPort(scheme) {
		return full
	}
	into[name] = true
	return name
}

// Origin is the scheme, host and port that links begin with, as browsers write
// them: https://callbook.example.org.
func (s Site) Origin() string { return s.origin }

// answersTo reports whether a request may name this Host.
func (s Site) answersTo(host string) bool {
	host = strings.ToLower(host)
	return s.public[host] || s.local[host]
}

// alwaysEncrypted reports whether browsers may be told to use https and nothing
// else for a Host. For the names of this machine they may not: other programs
// answer to these too.
func (s Site) alwaysEncrypted(host string) bool {
	return s.strict && s.public[strings.ToLower(host)]
}
