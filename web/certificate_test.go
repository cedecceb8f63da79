package web_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callbook/web"
)

// pair is the files of a certificate and its key.
type pair struct{ cert, key string }

// issue makes a certificate for this machine, known by its number, as PEM.
func issue(t *testing.T, number int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(number), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

// replace puts a file in the place of another, as programs that renew do.
func replace(t *testing.T, path string, content []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path+".new", content, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func newPair(t *testing.T, number int64) pair {
	t.Helper()
	p := pair{filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")}
	p.renew(t, number)
	return p
}

func (p pair) renew(t *testing.T, number int64) {
	t.Helper()
	cert, key := issue(t, number)
	replace(t, p.cert, cert, 0o644)
	replace(t, p.key, key, 0o600)
}

// sharedText is a log that is read while it is written.
type sharedText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *sharedText) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *sharedText) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// tlsDoor is the real router behind TLS, with a clock that stands.
type tlsDoor struct {
	t       *testing.T
	address string
	log     *sharedText
	passed  atomic.Int64 // on the clock, as a Duration
}

func (d *tlsDoor) wait(passes time.Duration) { d.passed.Add(int64(passes)) }

func openTLS(t *testing.T, p pair) *tlsDoor {
	t.Helper()
	d, start := &tlsDoor{t: t, log: &sharedText{}}, time.Now()
	log := slog.New(slog.NewTextHandler(d.log, nil))
	certificate, err := web.OpenCertificate(p.cert, p.key, log, func() time.Time { return start.Add(time.Duration(d.passed.Load())) })
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.address = listener.Addr().String()
	s := siteWith(t, web.Options{Site: web.NewSite(nil, listener.Addr().(*net.TCPAddr).AddrPort(), true)})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- web.Serve(ctx, tls.NewListener(listener, certificate.Config()), s.handler, slog.New(slog.DiscardHandler))
	}()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return d
}

// shakes makes a handshake and expects the certificate of this number.
func (d *tlsDoor) shakes(what string, want int64) {
	d.t.Helper()
	c, err := tls.Dial("tcp", d.address, &tls.Config{InsecureSkipVerify: true}) // the number tells
	if err != nil {
		d.t.Fatalf("%s: %v", what, err)
	}
	defer c.Close()
	if got := c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); got != want {
		d.t.Errorf("%s: the certificate is number %d, want %d", what, got, want)
	}
}

func (d *tlsDoor) logged(want string, times int) {
	d.t.Helper()
	if got := strings.Count(d.log.String(), want); got != times {
		d.t.Errorf("%q is logged %d times, want %d:\n%s", want, got, times, d.log)
	}
}

func TestRenewedCertificateIsTakenUp(t *testing.T) {
	p := newPair(t, 1)
	d := openTLS(t, p)
	d.shakes("at first", 1)
	p.renew(t, 2)
	d.wait(time.Second - 1)
	d.shakes("within the second", 1)
	d.wait(1)
	d.shakes("renewed", 2)
	d.shakes("again", 2)
	d.logged("certificate replaced", 1)
}

func TestBrokenCertificateIsNotTakenUp(t *testing.T) {
	const kept = "the new certificate is not used"
	p := newPair(t, 1)
	d := openTLS(t, p)
	cert, key := issue(t, 2)
	for i, change := range []struct {
		what, says string
		do         func()
	}{
		{"half replaced", "are no pair of certificate and key", func() { replace(t, p.cert, cert, 0o644) }},
		{"garbage", "are no pair of certificate and key", func() { replace(t, p.cert, []byte("garbage"), 0o644) }},
		{"gone", "no such file", func() { _ = os.Remove(p.key) }},
		{"open to everybody", "can be read by everybody", func() { replace(t, p.cert, cert, 0o644); replace(t, p.key, key, 0o644) }},
	} {
		change.do()
		for range 3 { // the warning comes once
			d.wait(time.Second)
			d.shakes(change.what, 1)
		}
		d.logged(kept, i+1)
		if !strings.Contains(d.log.String(), change.says) {
			t.Errorf("%s: the log does not say %q:\n%s", change.what, change.says, d.log)
		}
	}
	if err := os.Chmod(p.key, 0o640); err != nil {
		t.Fatal(err)
	}
	d.wait(time.Second)
	d.shakes("mended", 2)
	d.logged(kept, 4)
	for _, secret := range strings.Fields(string(key))[3:] {
		d.logged(secret, 0)
	}
}

func TestExpiredCertificateIsWarnedOf(t *testing.T) {
	p := newPair(t, 1) // valid for an hour
	for passes, want := range map[time.Duration]int{0: 0, 59 * time.Minute: 0, 61 * time.Minute: 1, 24 * time.Hour: 1} {
		log := &sharedText{}
		now := func() time.Time { return time.Now().Add(passes) }
		if _, err := web.OpenCertificate(p.cert, p.key, slog.New(slog.NewTextHandler(log, nil)), now); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(log.String(), `level=WARN msg="the certificate has expired"`); got != want {
			t.Errorf("after %v: %d warnings, want %d:\n%s", passes, got, want, log)
		}
	}
}

func TestTLSIsModern(t *testing.T) {
	p := newPair(t, 1)
	d := openTLS(t, p)
	old := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if c, err := tls.Dial("tcp", d.address, old); err == nil {
		_ = c.Close()
		t.Error("TLS 1.1 is spoken")
	}
	pem, err := os.ReadFile(p.cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	for _, http2 := range []bool{true, false} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: http2}
		_, port, _ := net.SplitHostPort(d.address)
		r, err := (&http.Client{Transport: transport}).Get("https://localhost:" + port + "/contacts")
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		transport.CloseIdleConnections()
		if r.StatusCode != http.StatusOK || (r.ProtoMajor == 2) != http2 || r.TLS.Version != tls.VersionTLS13 {
			t.Errorf("HTTP/2 %v: status %d by %s over %x", http2, r.StatusCode, r.Proto, r.TLS.Version)
		}
	}
}

func TestCertificateThatDoesNotLoadIsRefused(t *testing.T) {
	good, other := newPair(t, 1), newPair(t, 2)
	open := newPair(t, 3)
	if err := os.Chmod(open.key, 0o604); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct{ cert, key, want string }{
		{good.cert, other.key, "are no pair of certificate and key"},
		{good.key, good.cert, "can be read by everybody"},
		{good.cert, open.key, "can be read by everybody: chmod o-rwx"},
		{missing, good.key, "the certificate cannot be read: open " + missing},
		{good.cert, missing, "the key of the certificate cannot be read: open " + missing},
		{good.cert, t.TempDir(), "cannot be read"},
	} {
		_, err := web.OpenCertificate(c.cert, c.key, slog.New(slog.DiscardHandler), time.Now)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want one line with %q", err, c.want)
		}
	}
	for _, mode := range []os.FileMode{0o400, 0o600, 0o640, 0o660} {
		if err := os.Chmod(good.key, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := web.OpenCertificate(good.cert, good.key, slog.New(slog.DiscardHandler), time.Now); err != nil {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}
