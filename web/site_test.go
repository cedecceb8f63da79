package web_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"testing"

	"callbook/web"
)

// at returns the door of a site with this public URL and listener.
func at(t *testing.T, public, listener string, overTLS bool, change func(*web.Options)) *site {
	t.Helper()
	var u *url.URL
	if public != "" {
		var err error
		if u, err = url.Parse(public); err != nil {
			t.Fatal(err)
		}
	}
	o := web.Options{Site: web.NewSite(u, netip.MustParseAddrPort(listener), overTLS)}
	if change != nil {
		change(&o)
	}
	return siteWith(t, o)
}

func as(host string) with { return func(r *http.Request) { r.Host = host } }

func from(peer string) with { return func(r *http.Request) { r.RemoteAddr = peer } }

func TestOriginIsThePublicURLOrTheListener(t *testing.T) {
	for _, c := range []struct {
		public, listener string
		overTLS          bool
		want             string
	}{
		{"", "127.0.0.1:8080", false, "http://127.0.0.1:8080"},
		{"", "127.0.0.1:8443", true, "https://127.0.0.1:8443"},
		{"", "127.0.0.1:80", false, "http://127.0.0.1"},
		{"", "127.0.0.1:443", true, "https://127.0.0.1"},
		{"", "127.0.0.1:443", false, "http://127.0.0.1:443"},
		{"", "[::1]:8080", false, "http://[::1]:8080"},
		{"", "[::1]:80", false, "http://[::1]"},
		{"", "[::ffff:127.0.0.1]:8080", false, "http://127.0.0.1:8080"},
		{"https://callbook.example.org", "127.0.0.1:8080", false, "https://callbook.example.org"},
		{"https://callbook.example.org:8443", "192.0.2.2:8443", true, "https://callbook.example.org:8443"},
		{"https://[2001:db8::1]", "[2001:db8::1]:443", true, "https://[2001:db8::1]"},
		{"http://localhost:9000", "127.0.0.1:8080", false, "http://localhost:9000"},
	} {
		public, _ := url.Parse(c.public)
		if c.public == "" {
			public = nil
		}
		if got := web.NewSite(public, netip.MustParseAddrPort(c.listener), c.overTLS).Origin(); got != c.want {
			t.Errorf("%q at %s, TLS %v: origin %s, want %s", c.public, c.listener, c.overTLS, got, c.want)
		}
	}
}

func TestOtherHostsAreRefused(t *testing.T) {
	const public, secure = "https://callbook.example.org", true
	for _, c := range []struct {
		public, listener string
		overTLS          bool
		known, unknown   []string
	}{
		{"", "127.0.0.1:8080", !secure, []string{"127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"},
			[]string{"127.0.0.1", "127.0.0.1:80", "evil.example:8080", "localhost.evil.example:8080", "", "[::1]", "::1:8080",
				"127.0.0.1:8080.evil.example", "127.0.0.2:8080", "localhost.:8080", "callbook.example.org", "127.0.0.1:8080@evil.example"}},
		{"", "127.0.0.1:80", !secure, []string{"127.0.0.1", "localhost:80", "[::1]"}, []string{"localhost:443", "localhost:8080"}},
		{"", "127.0.0.1:443", secure, []string{"127.0.0.1", "localhost:443"}, []string{"localhost:80"}},
		{"", "127.0.0.3:8080", !secure, []string{"127.0.0.3:8080", "localhost:8080"}, []string{"127.0.0.2:8080"}},
		{public, "127.0.0.1:8080", !secure, []string{"callbook.example.org", "Callbook.Example.ORG", "callbook.example.org:443", "localhost:8080", "127.0.0.1:8080"},
			[]string{"callbook.example.org:8080", "callbook.example.org:80", "localhost", "localhost:443", "www.callbook.example.org", "callbook.example.org."}},
		{public, "192.0.2.2:8443", secure, []string{"callbook.example.org", "callbook.example.org:443"},
			[]string{"callbook.example.org:8443", "localhost:8443", "127.0.0.1:8443", "192.0.2.2:8443", "[::1]:8443", ""}},
		{public, "[::]:8443", secure, []string{"callbook.example.org"}, []string{"localhost:8443", "[::]:8443"}},
		{public + ":8443", "192.0.2.2:8443", secure, []string{"callbook.example.org:8443"}, []string{"callbook.example.org", "callbook.example.org:443"}},
		{"https://[2001:db8::1]", "[2001:db8::1]:443", secure, []string{"[2001:db8::1]", "[2001:DB8::1]:443"}, []string{"2001:db8::1", "[2001:db8::2]"}},
	} {
		s := at(t, c.public, c.listener, c.overTLS, nil)
		for _, host := range c.known {
			if a := s.get("/contacts", as(host)); a.Code != http.StatusOK {
				t.Errorf("%q at %s: host %q answers %d, want 200", c.public, c.listener, host, a.Code)
			}
		}
		for _, host := range c.unknown {
			a := s.get("/contacts", as(host))
			if a.Code != http.StatusMisdirectedRequest {
				t.Errorf("%q at %s: host %q answers %d, want 421", c.public, c.listener, host, a.Code)
			}
			a.says("Open it at http")
		}
	}
}

func TestRefusedHostsAreToldTheWayInStyle(t *testing.T) {
	s := at(t, "https://callbook.example.org", "127.0.0.1:8080", false, nil)
	a := s.get("/contacts", as("evil.example"), header("X-Forwarded-Host", "evil.example")).status(http.StatusMisdirectedRequest)
	a.says("Open it at https://callbook.example.org.").saysNot("evil")
	style := a.page().Find("link[rel=stylesheet]").AttrOr("href", "")
	s.get(style, as("evil.example")).status(http.StatusOK)
}

func TestOnlyHTTPSOnANetworkIsForEver(t *testing.T) {
	const forever = "max-age=31536000"
	for _, c := range []struct{ public, listener, host, want string }{
		{"https://callbook.example.org", "192.0.2.2:443", "callbook.example.org", forever},
		{"https://callbook.example.org", "127.0.0.1:8080", "callbook.example.org:443", forever},
		{"https://callbook.example.org", "127.0.0.1:8080", "localhost:8080", ""},
		{"https://callbook.example.org", "127.0.0.1:8080", "evil.example", ""},
		{"https://localhost:8443", "127.0.0.1:8443", "localhost:8443", ""},
		{"https://127.0.0.1:8443", "127.0.0.1:8443", "127.0.0.1:8443", ""},
		{"https://[::1]:8443", "[::1]:8443", "[::1]:8443", ""},
		{"", "127.0.0.1:8443", "127.0.0.1:8443", ""},
	} {
		s := at(t, c.public, c.listener, true, nil)
		if got := s.get("/contacts", as(c.host)).Header().Get("Strict-Transport-Security"); got != c.want {
			t.Errorf("%q at %s, host %s: %q, want %q", c.public, c.listener, c.host, got, c.want)
		}
	}
}

func TestFormsOfOtherSitesAreRefusedBehindAProxy(t *testing.T) {
	s := at(t, "https://callbook.example.org", "127.0.0.1:8080", false, nil)
	form := formOf("name", "Bo", "alias", "bo", "token", "c")
	const own = "https://callbook.example.org"
	for _, signs := range [][]with{
		{header("Origin", "https://evil.example")},
		{header("Origin", "null")},
		{header("Origin", "https://evil.example"), as("localhost:8080")},
		{header("Origin", "https://evil.example"), header("X-Forwarded-Host", "evil.example")},
		{header("Origin", own+".evil.example")},
		{header("Origin", own+":8443")},
		{header("Origin", "http://callbook.example.org"), as("localhost:8080")},
		{header("Sec-Fetch-Site", "cross-site"), header("Origin", "https://evil.example")},
		{header("Sec-Fetch-Site", "same-site"), header("Origin", "https://www.example.org")},
		{header("Sec-Fetch-Site", "cross-site")},
		{header("Sec-Fetch-Site", "same-site"), header("Origin", "http://callbook.example.org")},
	} {
		signs = append([]with{as("callbook.example.org")}, signs...)
		s.do(http.MethodPost, "/contacts/new", form, signs...).status(http.StatusForbidden).says("This form came from another site")
	}
	s.get("/contacts/bo").status(http.StatusNotFound)
	for alias, signs := range map[string][]with{
		"a": {as("callbook.example.org"), header("Sec-Fetch-Site", "same-origin"), header("Origin", own)},
		"b": {as("callbook.example.org"), header("Origin", own)},
		"c": {as("localhost:8080"), header("Origin", own)}, // the proxy asks by its own name for us
		"d": {as("localhost:8080"), header("Origin", "http://localhost:8080")},
	} {
		s.do(http.MethodPost, "/contacts/new", formOf("name", "Bo", "alias", alias, "token", alias), signs...).leadsTo("/contacts/" + alias)
	}
}

func TestWayPastTheProxyIsClosed(t *testing.T) {
	s := at(t, "https://callbook.example.org", "192.0.2.2:8080", false, func(o *web.Options) {
		o.Proxies, o.ProxiesOnly = []netip.Prefix{netip.MustParsePrefix("10.0.0.2/32"), netip.MustParsePrefix("2001:db8::/64")}, true
	})
	public := as("callbook.example.org")
	for _, peer := range []string{"10.0.0.2:1000", "[::ffff:10.0.0.2]:1000", "[2001:db8::7]:1000"} {
		s.get("/contacts", public, from(peer)).status(http.StatusOK)
	}
	for _, peer := range []string{"10.0.0.3:1000", "127.0.0.1:1000", "203.0.113.7:1000", "[2001:db8:1::7]:1000", "@", ""} {
		forged := header("X-Forwarded-For", "10.0.0.2")
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			a := s.do(method, "/contacts/new", "", public, from(peer), forged).status(http.StatusForbidden)
			a.says("Callbook answers its proxy only. Open it at https://callbook.example.org.")
		}
		s.get("/contacts", as("evil.example"), from(peer)).status(http.StatusForbidden)
	}
}
