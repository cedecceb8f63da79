package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// networkMistakes returns every mistake in the settings of the network, each in
// one line.
func (c *Config) networkMistakes() []error {
	host, err := splitListen(c.Listen)
	mistakes := []error{err}
	if err == nil && !isLoopback(host) {
		mistakes = append(mistakes, c.exposed(fmt.Sprintf("--listen %q", c.Listen)))
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		mistakes = append(mistakes, errors.New("--tls-cert and --tls-key go together: give both or neither"))
	}
	_, err = parseProxies(c.TrustedProxies)
	return append(mistakes, err, c.CheckPublicURL())
}

// CheckBound applies the rules for listeners to the address that a name in
// --listen led to.
func (c *Config) CheckBound(bound netip.Addr) error {
	if bound.Unmap().IsLoopback() {
		return nil
	}
	return c.exposed(fmt.Sprintf("--listen %q is %s and", c.Listen, bound))
}

// TLS reports whether the listener speaks TLS itself.
func (c *Config) TLS() bool { return c.TLSCert != "" }

// Public returns the public URL in the form that browsers send as Origin, or nil
// when it is the listener's own. The settings must have passed Check.
func (c *Config) Public() *url.URL {
	if c.PublicURL == "" {
		return nil
	}
	u, _ := parsePublicURL(c.PublicURL)
	return u
}

// Proxies returns the declared proxies. The settings must have passed Check.
func (c *Config) Proxies() []netip.Prefix {
	proxies, _ := parseProxies(c.TrustedProxies)
	return proxies
}

// exposed returns what is missing for a listener that other machines can reach,
// or nil. Nothing can be added that would let out what is for this machine alone.
func (c *Config) exposed(listener string) error {
	if setting := c.onlyHere(); setting != "" {
		return fmt.Errorf("%s can be reached from other machines: %s is for this machine alone, so listen on 127.0.0.1, localhost or [::1]", listener, setting)
	}
	var needs []string
	if c.TLSCert == "" && c.TLSKey == "" && c.TrustedProxies == "" {
		needs = append(needs, "--tls-cert and --tls-key, or --trusted-proxies with the address of the proxy that speaks TLS, so that nothing travels in the clear")
	}
	if c.PublicURL == "" {
		needs = append(needs, "--public-url with the address that people open, because links are built from it and never from what a request says")
	}
	if needs == nil {
		return nil
	}
	return fmt.Errorf("%s can be reached from other machines: add %s; or listen on 127.0.0.1", listener, strings.Join(needs, "; and add "))
}

// onlyHere returns the setting that is given and is for this machine alone, or "":
// the demonstration asks nobody to sign in, and a code that is shown to the admin
// proves nothing.
func (c *Config) onlyHere() string {
	switch {
	case c.Demo:
		return "--demo"
	case c.DevMessages:
		return "--dev-messages"
	}
	return ""
}

func splitListen(listen string) (host string, err error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("--listen %q is not a host and a port, such as 127.0.0.1:8080", listen)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return "", fmt.Errorf("--listen %q has no port between 0 and 65535", listen)
	}
	return host, nil
}

// isLoopback reports whether a host is on this machine for certain. Another name
// may lead here too; it is taken for one that does not, whatever it means today.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// CheckPublicURL returns the mistake in --public-url, or nil.
func (c *Config) CheckPublicURL() error {
	if c.PublicURL == "" {
		return nil
	}
	u, err := parsePublicURL(c.PublicURL)
	switch {
	case err != nil:
		return err
	case u.Scheme == "http" && c.TLS():
		return fmt.Errorf("--public-url %q is http, but --tls-cert makes Callbook speak https", c.PublicURL)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return fmt.Errorf("--public-url %q is http: what people send would travel in the clear; use https, by --tls-cert or in the proxy", c.PublicURL)
	case c.onlyHere() != "" && !isLoopback(u.Hostname()):
		return fmt.Errorf("--public-url %q is for others: %s is for this machine alone", c.PublicURL, c.onlyHere())
	}
	return nil
}

// parsePublicURL checks a public URL and makes it canonical: lower case, no
// default port, the shortest form of an IPv6 address.
func parsePublicURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || !strings.EqualFold(text, u.Scheme+"://"+u.Host) || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("--public-url %q is not http:// or https://, a host, and perhaps a port, with nothing behind: such as https://callbook.example.org", text)
	}
	host, err := canonicalHost(u.Hostname())
	if err != nil {
		return nil, fmt.Errorf("--public-url %q %w", text, err)
	}
	port := u.Port()
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) || strings.HasSuffix(u.Host, ":") {
		return nil, fmt.Errorf("--public-url %q has no port between 1 and 65535", text)
	} else if n > 0 {
		port = ":" + strconv.Itoa(n)
	}
	if u.Scheme == "http" && port == ":80" || u.Scheme == "https" && port == ":443" {
		port = ""
	}
	return &url.URL{Scheme: u.Scheme, Host: host + port}, nil
}

// canonicalHost returns a host as browsers write it in Origin and Host.
func canonicalHost(host string) (string, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" || ip.IsUnspecified() || ip.Is4In6() {
			return "", errors.New("names no host that a browser can open")
		}
		if ip.Is6() {
			return "[" + ip.String() + "]", nil
		}
		return ip.String(), nil
	}
	host = strings.ToLower(host)
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", errors.New("names no host: letters, digits, dots and hyphens; international names as xn--…")
		}
	}
	// Browsers read 127.1 and 0x7f.1 as addresses and rewrite them.
	if last := labels[len(labels)-1]; last[0] >= '0' && last[0] <= '9' {
		return "", errors.New("names no host: its last part is a number, and it is no IP address")
	}
	return host, nil
}

// parseProxies reads addresses and networks with commas between.
func parseProxies(text string) ([]netip.Prefix, error) {
	if text == "" {
		return nil, nil
	}
	var proxies []netip.Prefix
	var mistakes []error
	for item := range strings.SplitSeq(text, ",") {
		proxy, err := parseProxy(strings.TrimSpace(item))
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("--trusted-proxies: %q %w", item, err))
		}
		proxies = append(proxies, proxy)
	}
	return proxies, errors.Join(mistakes...)
}

func parseProxy(item string) (netip.Prefix, error) {
	proxy, err := netip.ParsePrefix(item)
	// The zone of a link-local address is this machine's own name for a cable.
	if ip, single := netip.ParseAddr(item); single == nil {
		proxy, err = ip.Unmap().WithZone("").Prefix(ip.Unmap().BitLen())
	}
	switch {
	case err != nil:
		return proxy, errors.New("is neither an IP address nor a network such as 10.1.0.0/24")
	case proxy.Addr().Is4In6():
		return proxy, errors.New("is an IPv4 network in IPv6 writing: write it as IPv4")
	case proxy != proxy.Masked():
		return proxy, fmt.Errorf("has bits beyond the length of the network: write %s, or the address alone", proxy.Masked())
	case proxy.Bits() == 0:
		return proxy, errors.New("is everybody: name the proxies")
	}
	return proxy, nil
}
