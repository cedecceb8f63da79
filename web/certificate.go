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

// reloadInterval is the shortest time between two looks at the files of a certificate.
const reloadInterval = time.Second

// maxPEMBytes is the size limit of a certificate or key file, in bytes.
const maxPEMBytes = 1 << 20

// Certificate is a certificate with its key, from two files that may be replaced at any time.
// If a new pair does not load, the previous one stays in use.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	pair atomic.Pointer[tls.Certificate] // never nil

	looking sync.Mutex // guards the fields below; a handshake that finds it locked does not wait
	looked  time.Time
	seen    [2]os.FileInfo // of the last pair that was tried; nil for a missing file
}

// OpenCertificate loads a pair. It fails if the files do not belong together, or if every
// user of the machine can read the key. now returns the time.
func OpenCertificate(certFile, keyFile string, log *slog.Logger, now func() time.Time) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log, now: now}
	c.seen = c.stat()
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// Config returns the TLS settings of a listener: Go's default versions, from 1.2 on, its
// default ciphers, and HTTP/2.
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

// look loads a new pair, if there is one. A handshake never waits for the look of another.
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
	// Stat before reading: a file that is replaced meanwhile is a change for the next look.
	seen := c.stat()
	if same(seen[0], c.seen[0]) && same(seen[1], c.seen[1]) {
		return
	}
	c.seen = seen
	if err := c.load(); err != nil {
		c.log.Warn("the new certificate is not used", "error", err)
		return
	}
	c.log.Info("certificate replaced", "until", c.pair.Load().Leaf.NotAfter)
}

func (c *Certificate) stat() (seen [2]os.FileInfo) {
	for i, path := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(path); err == nil { // load returns the error
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

// load reads both files. It fails if they do not belong together, as between the two
// replacements.
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

// readPEM reads a file after a check of its mode; check may be nil. It checks the open file,
// so that the path may be replaced meanwhile.
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

// private refuses the mode of a file that every user can read. On Windows the mode does not
// hold the permissions.
func private(mode os.FileMode) error {
	if runtime.GOOS != "windows" && mode.Perm()&0o004 != 0 {
		return errors.New("can be read by everybody: chmod o-rwx it")
	}
	return nil
}
