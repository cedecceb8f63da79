package deliverytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// MailOptions are what a mail server offers. The zero MailOptions: a server in the
// clear that asks nobody who they are.
type MailOptions struct {
	STARTTLS bool
	TLS      bool   // from the start
	User     string // who may send; empty: everybody
	Password string
	UTF8     bool // it takes addresses beyond ASCII
	// Mechanisms are how one may sign in, of PLAIN and LOGIN; empty: PLAIN.
	Mechanisms []string
}

// Mail is what a mail server took.
type Mail struct {
	From      string // of the envelope
	To        []string
	Raw       []byte
	Encrypted bool
	User      string // who was signed in
	HELO      string // the name in EHLO
	UTF8      bool   // it asked for SMTPUTF8
}

// Step is where a mail server is in a mail.
type Step string

// The steps.
const (
	AtMail Step = "MAIL"
	AtRcpt Step = "RCPT"
	AtData Step = "DATA" // when the whole mail is there
)

// MailServer is a mail server on this machine that ends with the test. What a test
// tells it holds until it is told otherwise.
type MailServer struct {
	Addr  string
	Roots *x509.CertPool // who signed its certificate

	options MailOptions
	took    chan Mail
	ended   chan struct{}
	raw     *countedListener

	mu       sync.Mutex
	answers  map[Step]*smtp.SMTPError
	hangs    map[Step]bool
	lost     bool // a mail is taken and the connection cut before the answer
	cutReset bool // the connection is cut when RSET follows a mail
}

// NewMailServer starts a mail server.
func NewMailServer(t testing.TB, o MailOptions) *MailServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &MailServer{Addr: l.Addr().String(), options: o, took: make(chan Mail, maxKeptMessages), ended: make(chan struct{}),
		raw: &countedListener{Listener: l}, answers: map[Step]*smtp.SMTPError{}, hangs: map[Step]bool{}}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	server.Domain = "mail.example.org"
	server.ErrorLog = log.New(io.Discard, "", 0)
	server.AllowInsecureAuth = !o.STARTTLS && !o.TLS
	server.EnableSMTPUTF8 = o.UTF8
	var listener net.Listener = s.raw
	if o.STARTTLS || o.TLS {
		config := s.certify(t)
		if o.TLS {
			listener = tls.NewListener(listener, config)
		} else {
			server.TLSConfig = config
		}
	}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(listener) }) // it ends by Close
	t.Cleanup(func() {
		close(s.ended)
		_ = l.Close() // Close knows no listener that Serve has not begun on
		_ = server.Close()
		served.Wait()
	})
	return s
}

// certify makes a certificate for localhost and 127.0.0.1, and who signed it.
func (s *MailServer) certify(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test's mail server"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(signed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// Next returns the mail that was taken next.
func (s *MailServer) Next(t testing.TB) Mail {
	t.Helper()
	return next(t, s.took, "mail")
}

// None fails the test when a mail was taken that Next has not returned.
func (s *MailServer) None(t testing.TB) {
	t.Helper()
	none(t, s.took, "mail")
}

// Connections returns how many connections there have been.
func (s *MailServer) Connections() int { return s.raw.count() }

// Open returns how many connections there are.
func (s *MailServer) Open() int { return s.raw.open() }

// Drop ends every connection, as a server does with those that are idle.
func (s *MailServer) Drop() { s.raw.drop() }

// Answer makes the server answer a step with a code and a text; 0: as it should.
func (s *MailServer) Answer(at Step, code int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.answers, at)
	if code != 0 {
		s.answers[at] = &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 1}, Message: text}
	}
}

// Hang makes the server answer a step never, or as it should.
func (s *MailServer) Hang(at Step, hang bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hangs[at] = hang
}

// LoseAnswers makes the server take mails and cut the connection before it says
// so.
func (s *MailServer) LoseAnswers(lose bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = lose
}

// CutReset makes the server cut the connection at the RSET after a mail.
func (s *MailServer) CutReset(cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutReset = cut
}

// at is what happens at a step.
func (s *MailServer) at(step Step) error {
	s.mu.Lock()
	answer, hang := s.answers[step], s.hangs[step]
	s.mu.Unlock()
	if hang {
		<-s.ended
	}
	if answer != nil {
		return answer
	}
	return nil
}

// session is one connection.
type session struct {
	server *MailServer
	conn   *smtp.Conn
	mail   Mail
	after  int // how many resets since a mail was taken; 0: none was
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.server.options.User == "" {
		return nil
	}
	if s.server.options.Mechanisms != nil {
		return s.server.options.Mechanisms
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if mechanism == sasl.Login {
		return &loginServer{signIn: s.signIn}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return s.signIn(user, password) }), nil
}

func (s *session) signIn(user, password string) error {
	if user != s.server.options.User || password != s.server.options.Password {
		return smtp.ErrAuthFailed
	}
	s.mail.User = user
	return nil
}

// loginServer asks for the user and then for the password, as AUTH LOGIN does.
type loginServer struct {
	signIn func(user, password string) error
	asked  int
	user   string
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.asked++
	switch l.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.signIn(l.user, string(response))
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, o *smtp.MailOptions) error {
	if s.server.options.User != "" && s.mail.User == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.mail = Mail{From: from, Encrypted: encrypted, User: s.mail.User, HELO: s.conn.Hostname(), UTF8: o != nil && o.UTF8}
	s.after = 0
	return s.server.at(AtMail)
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return s.server.at(AtRcpt)
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) (err error) {
	if s.mail.Raw, err = io.ReadAll(r); err != nil {
		return err
	}
	if err := s.server.at(AtData); err != nil {
		return err
	}
	s.server.took <- s.mail
	s.after = 1
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.server.lost {
		_ = s.conn.Conn().Close()
	}
	return nil
}

// Reset implements smtp.Session. The server itself calls it once after a mail.
func (s *session) Reset() {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.after == 2 && s.server.cutReset {
		_ = s.conn.Conn().Close()
	}
	if s.after > 0 {
		s.after++
	}
}

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }
