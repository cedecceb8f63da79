package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"callbook/internal/config"
)

// issue writes a certificate of this number and its key into a folder, and
// returns the settings that name them.
func issue(t *testing.T, folder string, number int64) []string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(number), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	settings := []string{"--tls-cert", filepath.Join(folder, "cert.pem"), "--tls-key", filepath.Join(folder, "key.pem")}
	for path, block := range map[string]*pem.Block{settings[1]: {Type: "CERTIFICATE", Bytes: certificate}, settings[3]: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return settings
}

func TestListenerOnANetworkNeedsWhatItNeeds(t *testing.T) {
	withTLS := issue(t, t.TempDir(), 1)
	public := []string{"--public-url", "https://callbook.example.org"}
	proxy := []string{"--trusted-proxies", "10.0.0.2"}
	const missing = `^--listen "[^"]+" can be reached from other machines: add `
	const tlsOrProxy = missing + `--tls-cert and --tls-key, or --trusted-proxies [^\n]*`
	const urlOnly = missing + `--public-url [^\n]*; or listen on 127.0.0.1$`
	const demo = `--demo is for this machine alone`
	for _, c := range []struct {
		listen string
		more   [][]string
		want   string // "": it starts
	}{
		{"127.0.0.1:0", nil, ""},
		{"localhost:0", nil, ""},
		{"LOCALHOST:0", nil, ""},
		{"127.1.2.3:0", nil, ""},
		{"127.0.0.1:0", [][]string{withTLS}, ""},
		{"127.0.0.1:0", [][]string{public}, ""},
		{"127.0.0.1:0", [][]string{public, proxy}, ""},
		{"127.0.0.1:0", [][]string{{"--demo"}}, ""},
		{"0.0.0.0:0", [][]string{withTLS, public}, ""},
		{"0.0.0.0:0", [][]string{proxy, public}, ""},
		{"0.0.0.0:0", [][]string{proxy, public, withTLS}, ""},
		{":0", [][]string{withTLS, public}, ""},

		{"0.0.0.0:0", nil, tlsOrProxy + `; and add --public-url [^\n]*$`},
		{":80", nil, tlsOrProxy},
		{"[::]:80", [][]string{public}, tlsOrProxy + `; or listen on 127.0.0.1$`},
		{"192.0.2.2:80", [][]string{public}, tlsOrProxy},
		{"[2001:db8::1]:80", [][]string{public}, tlsOrProxy},
		{"[::ffff:192.0.2.2]:80", [][]string{public}, tlsOrProxy},
		{"example.org:80", [][]string{public}, tlsOrProxy},
		{"localhost.example.org:80", [][]string{public}, tlsOrProxy},
		{"0.0.0.0:0", [][]string{withTLS}, urlOnly},
		{"0.0.0.0:0", [][]string{proxy}, urlOnly},
		{"0.0.0.0:0", [][]string{withTLS, public, {"--demo"}}, demo},
		{"0.0.0.0:0", [][]string{proxy, public, {"--demo"}}, demo},
		{"127.0.0.1:0", [][]string{proxy, public, {"--demo"}}, demo},
		{"0.0.0.0:0", [][]string{withTLS, {"--public-url", "http://callbook.example.org"}}, `is http, but --tls-cert`},
		{"0.0.0.0:0", [][]string{proxy, {"--public-url", "http://callbook.example.org"}}, `would travel in the clear`},
		{"127.0.0.1:0", [][]string{{"--tls-cert", "cert.pem"}}, `^--tls-cert and --tls-key go together`},
		{"127.0.0.1:0", [][]string{{"--tls-key", "key.pem"}}, `^--tls-cert and --tls-key go together`},
	} {
		args := []string{"callbook", "serve", "--listen", c.listen, "--log-level", "error"}
		for _, more := range c.more {
			args = append(args, more...)
		}
		err := verdict(t, args)
		if (err == nil) != (c.want == "") || err != nil && !regexp.MustCompile(c.want).MatchString(err.Error()) {
			t.Errorf("%v:\n%v\nwant %q", args[2:], err, c.want)
		}
	}
}

// verdict starts the program and stops it when it listens; it works with no data.
func verdict(t *testing.T, args []string) error {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	t.Setenv("TMPDIR", t.TempDir())
	if !strings.Contains(strings.Join(args, " "), "--demo") {
		args = append(args, "--data", t.TempDir())
	}
	return run(ctx, args, func(string) string { return "" }, strings.NewReader(""), io.Discard, io.Discard)
}

func TestListenerCountsByTheAddressItHas(t *testing.T) {
	for bound, want := range map[string]string{"127.0.0.1:0": "", "0.0.0.0:0": "and can be reached from other machines: add --tls-cert"} {
		listener, err := net.Listen("tcp", bound)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		_, err = enter(config.Config{Listen: "localhost:0"}, listener, slog.New(slog.DiscardHandler))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("localhost is %s: %v, want %q", bound, err, want)
		}
	}
}

func TestBrokenCertificateIsToldAtTheStart(t *testing.T) {
	folder := t.TempDir()
	settings := issue(t, folder, 1)
	args := append([]string{"--listen", "127.0.0.1:0", "--data", filepath.Join(folder, "data")}, settings...)
	if err := os.Chmod(settings[3], 0o644); err != nil {
		t.Fatal(err)
	}
	refused(t, args, `^callbook: the key of the certificate cannot be read: .*key\.pem can be read by everybody: chmod o-rwx it$`)
	if err := os.WriteFile(settings[1], []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(settings[3], 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, args, `^callbook: .*cert\.pem and .*key\.pem are no pair of certificate and key: `)
	if _, err := os.Stat(filepath.Join(folder, "data")); err == nil {
		t.Error("the data folder was made all the same")
	}
}

// portOf finds the port in the line that says that the program is ready.
func portOf(t *testing.T, p *program) string {
	t.Helper()
	_, port, err := net.SplitHostPort(p.base[strings.LastIndex(p.base, " ")+1:])
	if err != nil {
		t.Fatalf("%q: %v", p.base, err)
	}
	return port
}

func TestTLSFromFilesThatAreReplaced(t *testing.T) {
	folder := t.TempDir()
	settings := issue(t, folder, 1)
	p := start(t, append([]string{"--listen", "0.0.0.0:0", "--public-url", "https://callbook.example.org", "--data", filepath.Join(folder, "data")}, settings...)...)
	address := net.JoinHostPort("127.0.0.1", portOf(t, p))
	issue(t, folder, 2) // before the first handshake, which is the first to look

	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	for host, want := range map[string]int{"callbook.example.org": http.StatusSeeOther, address: http.StatusMisdirectedRequest} {
		r, err := ask(t, transport, "https://"+address+"/contacts", host)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.TLS.PeerCertificates[0].SerialNumber.Int64(); got != 2 {
			t.Errorf("certificate number %d, want 2", got)
		}
		if r.StatusCode != want || r.ProtoMajor != 2 {
			t.Errorf("host %s: status %d by %s, want %d by HTTP/2", host, r.StatusCode, r.Proto, want)
		}
	}
	r, err := ask(t, &http.Transport{DisableKeepAlives: true}, "http://"+address+"/contacts", "callbook.example.org")
	if err != nil || r.StatusCode != http.StatusBadRequest {
		t.Errorf("without TLS: %v %v, want 400", r, err)
	}
	p.stop(syscall.SIGTERM)
}

func TestPlainListenerOnANetworkAnswersTheProxyOnly(t *testing.T) {
	for proxy, want := range map[string]int{"127.0.0.1": http.StatusSeeOther, "127.0.0.0/30": http.StatusSeeOther, "10.0.0.2": http.StatusForbidden} {
		p := start(t, "--listen", "0.0.0.0:0", "--trusted-proxies", proxy, "--public-url", "https://callbook.example.org", "--data", t.TempDir())
		address := net.JoinHostPort("127.0.0.1", portOf(t, p))
		r, err := ask(t, &http.Transport{DisableKeepAlives: true}, "http://"+address+"/contacts", "callbook.example.org")
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != want {
			t.Errorf("proxy %s: status %d for 127.0.0.1, want %d", proxy, r.StatusCode, want)
		}
		p.stop(syscall.SIGTERM)
	}
}

func ask(t *testing.T, transport *http.Transport, url, host string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	answer, err := transport.RoundTrip(r)
	if err == nil {
		_ = answer.Body.Close()
	}
	return answer, err
}

func TestUndeclaredProxyIsWarnedOf(t *testing.T) {
	for proxies, want := range map[string]bool{"": true, "127.0.0.1": false} {
		p := start(t, "--listen", "127.0.0.1:0", "--public-url", "https://callbook.example.org", "--trusted-proxies", proxies, "--data", t.TempDir())
		p.stop(syscall.SIGTERM)
		if got := strings.Contains(p.stderr.String(), "--trusted-proxies is not set"); got != want {
			t.Errorf("proxies %q: warned %v, want %v", proxies, got, want)
		}
	}
}
