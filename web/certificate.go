package web

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// reloadInterval is how long the files of a certificate are taken for unchanged.
const reloadInterval = time.Second

// maxPEMBytes is how much a file of a certificate or a key may weigh, in bytes.
const maxPEMBytes = 1 << 20

// Certificate is a certificate with its key, from two files that may be replaced
// at any time. A pair that does not load changes nothing: the one before is kept.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	pair atomic.Pointer[tls.Certificate] // never nil

	looking sync.Mutex // guards what follows; whoever finds it locked does not wait
	looked  time.Time
	seen    [2]os.FileInfo // of the pair that was tried last; nil: no such file
}

// OpenCertificate loads a pair. It fails when the files are no pair, or when
// everybody can read the key. now is the time.
func OpenCertificate(certFile, keyFile string, log *slog.Logger, now func() time.Time) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log, now: now}
	c.seen = c.stat()
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// Config returns how a listener is to speak TLS: with Go's choice of versions,
// from 1.2 on, and ciphers, and with HTTP/2.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			c.look()
			return c.pair.Load(), nil
		},
	}
}

// look takes up a new pair. A handshake never waits for the look of another.
func (c *Certificate) look() {
	if !c.looking.TryLock() {
		return
	}
	defer c.looking.Unlock()
	now := c.now()
	if now.Sub(c.looked) < reloadInterval {
		return
	}
	c.looked = now
	// The files are looked at before they are read: what is replaced meanwhile is
	// a change for the next look.
	seen := c.stat()
	if same(seen[0], c.seen[0]) && same(seen[1], c.seen[1]) {
		return
	}
	c.seen = seen
	if err := c.load(); err != nil {
		c.log.Warn("the new certificate is not used, the one before stays", "error", err)
		return
	}
	c.log.Info("a new certificate is used", "until", c.pair.Load().Leaf.NotAfter)
}

func (c *Certificate) stat() (seen [2]os.FileInfo) {
	for i, path := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(path); err == nil { // load says what is wrong
			seen[i] = info
		}
	}
	return seen
}

func same(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.Mode() == b.Mode() && a.ModTime().Equal(b.ModTime())
}

// load reads both files. A certificate and a key that do not belong together,
// as between two replacements, are no pair.
func (c *Certificate) load() error {
	certificate, err := readPEM(c.certFile, nil)
	if err != nil {
		return fmt.Errorf("the certificate cannot be read: %w", err)
	}
	key, err := readPEM(c.keyFile, private)
	if err != nil {
		return fmt.Errorf("the key of the certificate cannot be read: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return fmt.Errorf("%s and %s are no pair of certificate and key: %w", c.certFile, c.keyFile, err)
	}
	if end := pair.Leaf.NotAfter; c.now().After(end) {
		c.log.Warn("the certificate has expired", "file", c.certFile, "until", end)
	}
	c.pair.Store(&pair)
	return nil
}

// readPEM reads a file that passes a check of its mode, if there is one. What is
// checked is the file that is read, whatever happens to the path meanwhile.
func readPEM(path string, check func(os.FileMode) error) ([]byte, error) {
	f, err := os.Open(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if check != nil {
		if err := check(info.Mode()); err != nil {
			return nil, fmt.Errorf("%s %w", path, err)
		}
	}
	if info.Size() > maxPEMBytes {
		return nil, fmt.Errorf("%s is too large for a PEM file", path)
	}
	return io.ReadAll(io.LimitReader(f, maxPEMBytes))
}

// private refuses the mode of a file that everybody can read. Windows keeps
// permissions elsewhere.
func private(mode os.FileMode) error {
	if runtime.GOOS != "windows" && mode.Perm()&0o004 != 0 {
		return errors.New("can be read by everybody: chmod o-rwx it")
	}
	return nil
}
