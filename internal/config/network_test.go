package config_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"callbook/internal/config"
)

// good is settings that pass.
func good() config.Config {
	return config.Config{Listen: "127.0.0.1:8080", Data: config.DefaultData, LogFormat: "text", LogLevel: "info", OpenIDGroups: "groups", OpenIDName: "single sign-on", APIClockSkew: time.Minute}
}

func TestListenerOnThisMachineNeedsNothing(t *testing.T) {
	for _, listen := range []string{"127.0.0.1:8080", "127.1.2.3:0", "[::1]:8080", "[::ffff:127.0.0.1]:8080", "localhost:8080", "LocalHost:65535"} {
		c := good()
		c.Listen = listen
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", listen, err)
		}
	}
}

func TestPublicURLIsWrittenAsBrowsersWriteOrigins(t *testing.T) {
	for given, want := range map[string]string{
		"https://callbook.example.org":      "https://callbook.example.org",
		"HTTPS://Callbook.Example.ORG:443":  "https://callbook.example.org",
		"https://callbook.example.org:8443": "https://callbook.example.org:8443",
		"https://callbook.example.org:80":   "https://callbook.example.org:80",
		"https://callbook.example.org:0443": "https://callbook.example.org",
		"https://on_call":                   "https://on_call",
		"https://xn--bcher-kva.example":     "https://xn--bcher-kva.example",
		"https://192.0.2.1":                 "https://192.0.2.1",
		"https://[2001:DB8:0::1]:443":       "https://[2001:db8::1]",
		"http://localhost:80":               "http://localhost",
		"http://127.0.0.1:9000":             "http://127.0.0.1:9000",
		"http://[::1]:443":                  "http://[::1]:443",
	} {
		c := good()
		c.PublicURL = given
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", given, err)
		} else if got := c.Public().String(); got != want {
			t.Errorf("%s becomes %s, want %s", given, got, want)
		}
	}
}

func TestPublicURLIsASchemeAHostAndAPort(t *testing.T) {
	for _, given := range []string{
		"callbook.example.org", "//callbook.example.org", "ftp://callbook.example.org", "https:", "https://", "https:callbook.example.org",
		"https://callbook.example.org/", "https://callbook.example.org/on", "https://callbook.example.org?", "https://callbook.example.org?a=b",
		"https://callbook.example.org#", "https://callbook.example.org#a", "https://ana@callbook.example.org", "https://ana:pw@callbook.example.org",
		"https://callbook.example.org:", "https://callbook.example.org:0", "https://callbook.example.org:65536", "https://callbook.example.org:x",
		"https://:443", "https://callbook..example", "https://callbook.example.org.", "https://bücher.example", "https://call book",
		"https://callbook%2eexample", "https://*.example.org", "https://127.1", "https://010.0.0.1", "https://0x7f.1", "https://0.0.0.0", "https://[::]",
		"https://[fe80::1%25eth0]", "https://[::ffff:192.0.2.1]", "https://2001:db8::1", "https://[::1", " https://callbook.example.org",
		"https://callbook.example.org\n", "https://a.example,https://b.example", "http://callbook.example.org", "http://192.0.2.1:8080",
	} {
		c := good()
		c.PublicURL = given
		err := c.Check()
		if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("--public-url %q", given)) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one line about --public-url", given, err)
		}
	}
}

func TestProxiesAreAddressesAndNetworks(t *testing.T) {
	c := good()
	c.TrustedProxies = "10.0.0.2, 10.1.0.0/24,::ffff:192.0.2.1,2001:DB8::/32,fe80::1%eth0"
	want := "[10.0.0.2/32 10.1.0.0/24 192.0.2.1/32 2001:db8::/32 fe80::1/128]"
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c.Proxies()); got != want {
		t.Errorf("%s becomes %s, want %s", c.TrustedProxies, got, want)
	}
	for given, want := range map[string]string{
		"10.0.0":          `"10.0.0" is neither`,
		"10.0.0.2,":       `"" is neither`,
		"proxy.internal":  `"proxy.internal" is neither`,
		"10.0.0.2:80":     `"10.0.0.2:80" is neither`,
		"10.1.2.3/8":      `write 10.0.0.0/8`,
		"0.0.0.0/0":       `is everybody`,
		"::/0":            `is everybody`,
		"::ffff:0:0/96":   `write it as IPv4`,
		"10.0.0.0/33,a,b": "\"10.0.0.0/33\" is neither an IP address nor a network such as 10.1.0.0/24\n--trusted-proxies: \"a\" ",
	} {
		c.TrustedProxies = given
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", given, err, want)
		}
	}
}

func TestNameThatLeadsElsewhereIsFoundOut(t *testing.T) {
	c := good()
	c.Listen = "localhost:8080"
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	for bound, want := range map[string]string{
		"127.0.0.1": "", "127.8.8.8": "", "::1": "", "::ffff:127.0.0.1": "",
		"192.0.2.2": `--listen "localhost:8080" is 192.0.2.2 and can be reached from other machines`, "::": "is :: and can be reached",
	} {
		err := c.CheckBound(netip.MustParseAddr(bound))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", bound, err, want)
		}
	}
}

func TestDemonstrationAndShownMessagesAreForThisMachineAlone(t *testing.T) {
	for _, setting := range []string{"--demo", "--dev-messages"} {
		c := given(t, nil, setting, "--public-url", "https://callbook.example.org", "--trusted-proxies", "10.0.0.2")
		want := setting + " is for this machine alone"
		if err := c.CheckBound(netip.MustParseAddr("192.0.2.2")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a name that leads elsewhere: %v, want %q", err, want)
		}
		if err := c.Check(); err == nil || !strings.HasSuffix(err.Error(), " is for others: "+want) {
			t.Errorf("public URL: %v, want %q", err, want)
		}
		c = given(t, nil, setting, "--listen", ":8080")
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("listener: %v, want %q", err, want)
		}
		if c = given(t, nil, setting, "--public-url", "http://localhost:8080"); c.Check() != nil || !c.ShowsMessages() {
			t.Errorf("%s on this machine: %v, and shows messages: %v", setting, c.Check(), c.ShowsMessages())
		}
	}
}
