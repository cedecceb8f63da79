package config_test

import (
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"callbook/internal/config"
)

// told checks that mistakes can be printed, each in a line.
func told(t *testing.T, err error) {
	t.Helper()
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if line == "" || !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) {
			t.Errorf("a mistake reads %q", line)
		}
	}
}

// FuzzNetwork looks for settings that pass and let something travel in the clear,
// or that are not what they were taken for.
func FuzzNetwork(f *testing.F) {
	f.Add("127.0.0.1:8080", "", "", false)
	f.Add("0.0.0.0:8443", "https://Callbook.Example.org:443", "", true)
	f.Add(":80", "https://[2001:DB8:0::1]:8443", "192.0.2.1, 2001:db8::/64,fe80::1%eth0", false)
	f.Add("[::1%lo]:0", "http://127.1", "::ffff:192.0.2.1,10.1.2.3/8,0.0.0.0/0", false)
	f.Add("127.0.0.1:8080", "http://localhost", "0.0.0.0/0", false)
	f.Add("localhost:65536", "http://user@localhost:0/", ",", true)
	f.Fuzz(func(t *testing.T, listen, public, proxies string, overTLS bool) {
		c := good()
		c.Listen, c.PublicURL, c.TrustedProxies = listen, public, proxies
		if overTLS {
			c.TLSCert, c.TLSKey = "cert.pem", "key.pem"
		}
		if err := c.Check(); err != nil {
			told(t, err)
			return
		}
		if !onlyHere(listen) && (public == "" || !overTLS && proxies == "") {
			t.Errorf("--listen %q passes with --public-url %q, --trusted-proxies %q", listen, public, proxies)
		}
		if u := c.Public(); u != nil {
			fuzzPublic(t, c, u)
		}
		var written []string
		for _, p := range c.Proxies() {
			if !p.IsValid() || p.Bits() == 0 || p != p.Masked() || p.Addr().Is4In6() || p.Addr().Zone() != "" {
				t.Errorf("--trusted-proxies %q holds %s", proxies, p)
			}
			written = append(written, p.String())
		}
		again := config.Config{TrustedProxies: strings.Join(written, ",")}
		if !slices.Equal(again.Proxies(), c.Proxies()) {
			t.Errorf("--trusted-proxies %q is %v, which is read as %v", proxies, c.Proxies(), again.Proxies())
		}
	})
}

// onlyHere says in other words that no other machine can reach a listener.
func onlyHere(listen string) bool {
	if bound, err := netip.ParseAddrPort(listen); err == nil {
		return bound.Addr().Unmap().IsLoopback()
	}
	host, _, _ := strings.Cut(listen, ":")
	return strings.EqualFold(strings.Trim(host, "[]"), "localhost")
}

func fuzzPublic(t *testing.T, was config.Config, u *url.URL) {
	text := u.String()
	if text != strings.ToLower(text) || text != u.Scheme+"://"+u.Host || u.Scheme != "https" && u.Scheme != "http" ||
		strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"'<>\@?#%`, r) }) {
		t.Errorf("--public-url %q is taken for %q", was.PublicURL, text)
	}
	if u.Scheme == "http" && (was.TLS() || !onlyHere(u.Hostname()+":0") && !onlyHere("["+u.Hostname()+"]:0")) {
		t.Errorf("--public-url %q travels in the clear", was.PublicURL)
	}
	again := config.Config{PublicURL: text}
	if second := again.Public(); second == nil || second.String() != text {
		t.Errorf("--public-url %q is taken for %q, and that for %v", was.PublicURL, text, second)
	}
}

// FuzzLists reads the settings that are lists of words.
func FuzzLists(f *testing.F) {
	f.Add("sms, VOICE", "de,GB , us")
	f.Add("EMAIL,", "D,")
	f.Add("", "\u0131\u0131")
	f.Fuzz(func(t *testing.T, types, countries string) {
		c := good()
		c.SMSCountries = countries
		if err := c.Check(); err != nil {
			told(t, err)
		} else {
			for _, code := range c.Countries() {
				if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
					t.Errorf("--sms-countries %q holds %q", countries, code)
				}
			}
			again := config.Config{SMSCountries: strings.Join(c.Countries(), ",")}
			if !slices.Equal(again.Countries(), c.Countries()) || (countries == "") != (len(c.Countries()) == 0) {
				t.Errorf("--sms-countries %q is %q, which is read as %q", countries, c.Countries(), again.Countries())
			}
		}
		c = given(t, nil, "--webhook-url", "https://hook.example.org", "--webhook-secret", "of a test", "--webhook-types="+types)
		if err := c.CheckDelivery(); err != nil {
			told(t, err)
			return
		}
		for _, channel := range []string{"SMS", "VOICE", "EMAIL"} {
			named := types == "" || strings.Contains(strings.ToUpper(types), channel)
			if got := c.SentBy(channel); (got == config.Webhook) != named {
				t.Errorf("--webhook-types %q: %s is sent by %q", types, channel, got)
			}
		}
	})
}

// FuzzSecretFile reads a secret from a file.
func FuzzSecretFile(f *testing.F) {
	for _, text := range []string{"", "\n", "secret", "secret\n", "secret\r\n", "secret\n\n", "a\nb", "a\x00", " a b ", "\ufeffa"} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "secret")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c := given(t, nil, "--webhook-secret-file", path)
		secret, err := c.WebhookSecret.Read()
		if err != nil {
			told(t, err)
			if len(text) > 8 && strings.Contains(err.Error(), string(text)) {
				t.Errorf("%q is told in %q", text, err)
			}
			return
		}
		end, ok := strings.CutPrefix(string(text), secret)
		if !ok || secret == "" || strings.ContainsAny(secret, "\r\n\x00") || !slices.Contains([]string{"", "\n", "\r\n", "\r"}, end) {
			t.Errorf("%q is read as %q", text, secret)
		}
	})
}
