package web

import (
	"net/http"
	"net/netip"
	"testing"
)

// FuzzForwarded looks for a client who is taken for another because of what the
// client itself has sent.
func FuzzForwarded(f *testing.F) {
	f.Add("10.0.0.2:1000", "198.51.100.1, 203.0.113.7", "10.1.0.9")
	f.Add("[fe80::1%eth0]:1", "[2001:DB8:9::1]:80", "::ffff:10.0.0.2")
	f.Add("203.0.113.7:1000", "10.0.0.2", "")
	f.Add("@", ",", "unknown")
	declared := proxies{netip.MustParsePrefix("10.0.0.2/32"), netip.MustParsePrefix("10.1.0.0/24"), netip.MustParsePrefix("2001:db8:1::/64"), netip.MustParsePrefix("fe80::1/128")}
	f.Fuzz(func(t *testing.T, peer, first, second string) {
		client := func(forwarded ...string) string {
			return declared.client(&http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": forwarded}})
		}
		got, from := client(first, second), client()
		own, err := netip.ParseAddr(from)
		if (err != nil) != (from == "") {
			t.Fatalf("the peer %q is %q", peer, from)
		}
		if !declared.has(own) && got != from {
			t.Errorf("%q, who is no proxy, is taken for %q because of %q, %q", peer, got, first, second)
		}
		if got == "" {
			return
		}
		ip, err := netip.ParseAddr(got)
		if err != nil || ip.String() != got || ip.Zone() != "" || ip.Is4In6() {
			t.Errorf("%q behind %q, %q is %q", peer, first, second, got)
		}
		// What stands further left than who is believed counts for nothing.
		if spoofed := client("198.51.100.66", first, second); spoofed != got && !declared.has(ip) {
			t.Errorf("%q behind %q, %q is %q, and with one more before it %q", peer, first, second, got, spoofed)
		}
		if joined := client(first + "," + second); joined != got {
			t.Errorf("%q behind %q, %q is %q, and in one header %q", peer, first, second, got, joined)
		}
	})
}
