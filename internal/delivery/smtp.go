package delivery

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"
	"golang.org/x/net/idna"

	"callbook/internal/oncall"
)

// Limits for a mail server.
const (
	mailTimeout   = 15 * time.Second // for a connection, and then for each message
	idleMail      = 10 * time.Second // shorter: a connection that is kept has time left
	mostIdleMail  = 8
	signInRefused = 5 * time.Minute // until a wrong password is tried again
)

// SMTP is a Deliverer of email. It reuses connections.
type SMTP struct {
	writer Writer
	server mailServer
	client *mail.Client
	from   *netmail.Address

	mu     sync.Mutex
	idle   []*mailConn // the newest last
	closed bool
}

// mailConn is a connection to the mail server. What go-mail calls closing waits for
// the answer to what is under way; raw ends at once.
type mailConn struct {
	*gosmtp.Client
	raw   net.Conn
	fresh bool // nothing was sent by it yet
	used  time.Time
}

// mailServer is the URL of a mail server, parsed.
type mailServer struct {
	host    string
	port    int
	tls     *tls.Config
	secure  bool // from the start
	options []mail.Option
}

// NewSMTP returns the deliverer for a server that is named as
// smtp://user:password@host:port?tls=starttls, and for the address that email
// comes from. tls is starttls (the default), tls from the start, or none, which
// is for servers on this machine only. It opens no connection. No error holds
// the URL, because it contains the password.
func NewSMTP(server, from string, w Writer) (*SMTP, error) { return newSMTP(server, from, w, nil) }

// newSMTP trusts these roots; nil means those of the system.
func newSMTP(server, from string, w Writer, roots *x509.CertPool) (*SMTP, error) {
	sender, err := netmail.ParseAddress(from)
	if err != nil || strings.ContainsFunc(from, isControl) || !strings.Contains(sender.Address, "@") {
		return nil, fmt.Errorf("--smtp-from %q is not an email address, such as callbook@example.org or Callbook <callbook@example.org>", from)
	}
	at, err := parseServer(server, roots)
	if err != nil {
		return nil, err
	}
	client, err := mail.NewClient(at.host, at.options...)
	if err != nil {
		return nil, fmt.Errorf("--smtp-url: %w", err)
	}
	return &SMTP{writer: w, server: at, client: client, from: sender}, nil
}

func isControl(r rune) bool {
	return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029'
}

var errServer = errors.New("--smtp-url is not smtp://user:password@host:port, perhaps with ?tls=starttls, tls or none")

// parseServer reads the URL of a mail server.
func parseServer(server string, roots *x509.CertPool) (at mailServer, err error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "smtp" || u.Hostname() == "" || u.Path != "" || u.Fragment != "" {
		return at, errServer
	}
	query, err := url.ParseQuery(u.RawQuery)
	mode := query.Get("tls")
	query.Del("tls")
	if err != nil || len(query) > 0 {
		return at, fmt.Errorf("%w: it has a query that is not known", errServer)
	}
	at = mailServer{host: u.Hostname(), port: 587, tls: &tls.Config{ServerName: u.Hostname(), RootCAs: roots, MinVersion: tls.VersionTLS12}}
	policy, auth := mail.TLSMandatory, mail.SMTPAuthAutoDiscover
	switch mode {
	case "", "starttls":
	case "tls":
		// No STARTTLS is offered inside TLS: go-mail only looks whether there is TLS.
		at.port, at.secure, policy = 465, true, mail.TLSOpportunistic
	case "none":
		if !isLoopback(u.Hostname()) {
			return at, errors.New("--smtp-url: tls=none is for a mail server on this machine only; leave it out, so that nothing travels in the clear")
		}
		at.port, policy, auth = 25, mail.NoTLS, mail.SMTPAuthPlainNoEnc
	default:
		return at, fmt.Errorf("%w: tls=%q is none of these", errServer, mode)
	}
	if u.Port() != "" {
		if at.port, err = strconv.Atoi(u.Port()); err != nil || at.port < 1 || at.port > 65535 {
			return at, fmt.Errorf("%w: it has no port between 1 and 65535", errServer)
		}
	}
	at.options = []mail.Option{mail.WithTimeout(mailTimeout), mail.WithTLSConfig(at.tls), mail.WithTLSPolicy(policy)}
	password, signsIn := u.User.Password()
	if signsIn || u.User.Username() != "" {
		at.options = append(at.options, mail.WithSMTPAuth(auth), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	return at, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// Name implements Deliverer.
func (s *SMTP) Name() string { return "SMTP" }

// Deliver implements Deliverer. The reference is the Message-ID, which is the same
// whenever a message is sent again.
func (s *SMTP) Deliver(ctx context.Context, m oncall.Message) (string, error) {
	letter, reference, err := s.letter(m)
	if err != nil {
		return "", err
	}
	for {
		conn, err := s.conn(ctx)
		if err != nil {
			f := mailFailure(err)
			f.Permanent = false // the server refuses us, whatever the message
			return "", f
		}
		err = s.send(ctx, conn, letter)
		if err == nil || letter.IsDelivered() { // what fails after that is only the tidying up
			s.keep(conn, err == nil)
			return reference, nil
		}
		_ = conn.raw.Close() // whatever state it is in
		if refused, ok := errors.AsType[*mail.SendError](err); ok && refused.Reason == mail.ErrConnCheck && !conn.fresh {
			continue // it was closed while nobody used it, and nothing was said yet
		}
		return "", mailFailure(err)
	}
}

// letter is a message as an email.
func (s *SMTP) letter(m oncall.Message) (*mail.Msg, string, error) {
	words := s.writer.Words(m)
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	to, ok := envelopeAddress(m.Content.To)
	if !ok || letter.To(to) != nil {
		return nil, "", &Failure{Detail: "this address cannot be written on an email", Permanent: true}
	}
	if err := letter.From(s.from.String()); err != nil {
		return nil, "", &Failure{Detail: "email cannot come from the address that --smtp-from names", Cause: err}
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	reference := m.ID + "@" + domain
	// go-mail hands on what looks encoded already: mailboxes would decode a name.
	letter.Subject(strings.ReplaceAll(strings.Map(dropControl, words.Subject), "=?", "= ?"))
	letter.SetMessageIDWithValue(reference)
	letter.SetDateWithValue(m.CreatedAt)
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetBodyString(mail.TypeTextPlain, words.Text)
	letter.AddAlternativeString(mail.TypeTextHTML, words.HTML)
	return letter, reference, nil
}

// envelopeAddress is an email address with the domain in ASCII, which servers know
// that take no other addresses.
func envelopeAddress(text string) (string, bool) {
	bare, err := netmail.ParseAddress(text)
	if err != nil || bare.Name != "" || bare.Address != text || strings.ContainsFunc(text, isControl) {
		return "", false
	}
	at := strings.LastIndex(text, "@")
	domain, err := idna.Lookup.ToASCII(text[at+1:])
	return text[:at+1] + domain, err == nil
}

func dropControl(r rune) rune {
	if isControl(r) {
		return -1
	}
	return r
}

// conn returns a connection that is kept, or a fresh one.
func (s *SMTP) conn(ctx context.Context) (*mailConn, error) {
	for {
		kept := s.kept()
		if kept == nil {
			return s.dial(ctx)
		}
		if time.Since(kept.used) < idleMail {
			return kept, nil
		}
		_ = kept.raw.Close() // its time is over
	}
}

// kept takes the newest connection that is kept, or returns nil.
func (s *SMTP) kept() *mailConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.idle) - 1
	if last < 0 {
		return nil
	}
	conn := s.idle[last]
	s.idle = s.idle[:last]
	return conn
}

// dial connects and signs in. The end of ctx cuts the connection: go-mail heeds it
// only before there is one, and leaves those open on which something failed.
func (s *SMTP) dial(ctx context.Context) (*mailConn, error) {
	raw, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	cut := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer cut()
	given := mail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return raw, nil })
	client, err := mail.NewClient(s.server.host, append(slices.Clip(s.server.options), given)...)
	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		_ = raw.Close() // whatever state it is in
		return nil, cmp.Or(ctx.Err(), err)
	}
	return &mailConn{Client: conn, raw: raw, fresh: true}, nil
}

func (s *SMTP) connect(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	address := net.JoinHostPort(s.server.host, strconv.Itoa(s.server.port))
	if s.server.secure {
		return (&tls.Dialer{Config: s.server.tls}).DialContext(ctx, "tcp", address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// keep puts a connection away for the next message.
func (s *SMTP) keep(conn *mailConn, good bool) {
	conn.fresh, conn.used = false, time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if good && !s.closed && len(s.idle) < mostIdleMail {
		s.idle = append(s.idle, conn)
		return
	}
	_ = conn.raw.Close() // the message is delivered
}

// send gives an email to the server; the end of ctx cuts the connection.
func (s *SMTP) send(ctx context.Context, conn *mailConn, letter *mail.Msg) error {
	cut := context.AfterFunc(ctx, func() { _ = conn.raw.Close() })
	defer cut()
	err := s.client.SendWithSMTPClient(conn.Client, letter)
	if err != nil && ctx.Err() != nil && !letter.IsDelivered() {
		return ctx.Err()
	}
	return err
}

// Close closes idle connections. Those in use end with their message.
func (s *SMTP) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, conn := range s.idle {
		_ = conn.raw.Close() // nothing is on it
	}
	s.idle = nil
	return nil
}

// mailFailure makes a Failure of the error of a mail server.
func mailFailure(err error) *Failure {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &Failure{Detail: "the mail server did not answer in time", Cause: err}
	}
	code, said := codeOf(err)
	switch {
	case code == 535 || code == 534 || code == 530:
		return &Failure{Detail: "the mail server refused the sign-in: check the user and the password of --smtp-url", RetryAfter: signInRefused, Cause: err}
	case code >= 500:
		return &Failure{Detail: "the mail server refused it: " + plainWords(said), Permanent: true, Cause: err}
	case code >= 400:
		return &Failure{Detail: "the mail server cannot take it now: " + plainWords(said), Cause: err}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return &Failure{Detail: "the mail server did not answer in time", Cause: err}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &Failure{Detail: "the mail server has no certificate that is valid for its name", RetryAfter: signInRefused, Cause: err}
	}
	if says := lacking(err); says != "" {
		return &Failure{Detail: says, RetryAfter: signInRefused, Cause: err}
	}
	return &Failure{Detail: "the mail server could not be reached", Cause: err}
}

// lacking returns what a mail server does not offer, or "". Some of it shows only in
// sentences of go-mail.
func lacking(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "does not support STARTTLS"):
		return "the mail server offers no STARTTLS, without which messages would travel in the clear"
	case strings.Contains(text, "does not support SMTP AUTH"),
		errors.Is(err, mail.ErrNoSupportedAuthDiscovered), errors.Is(err, mail.ErrPlainAuthNotSupported):
		return "the mail server offers no sign-in that can be used here"
	}
	return ""
}

// codeOf returns the code of a mail server's answer and what it said, or 0.
func codeOf(err error) (code int, said string) {
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return answer.Code, answer.Msg
	}
	refused, ok := errors.AsType[*mail.SendError](err)
	if !ok || refused.ErrorCode() == 0 {
		return 0, ""
	}
	_, said, _ = strings.Cut(refused.Error(), strconv.Itoa(refused.ErrorCode()))
	said, _, _ = strings.Cut(said, ", affected ")
	said = strings.TrimSpace(said)
	if quoted, err := strconv.QuotedPrefix(said); err == nil {
		said, _ = strconv.Unquote(quoted) // a prefix that is quoted can be unquoted
	}
	return refused.ErrorCode(), said
}
