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
	"slices"
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
	maxIdleMail   = 8
	greetingWait  = 10 * time.Second // what is left of mailTimeout is enough to ask for TLS
	signInRefused = 5 * time.Minute  // until a wrong password is tried again
)

// SMTPOptions are a mail server, and how Callbook presents itself there.
type SMTPOptions struct {
	// URL is smtp://user:password@host:port?tls=starttls. tls is starttls (the default), tls
	// from the start (the default on port 465), or none, which is for servers on this machine
	// only.
	URL  string
	From string // the address that email comes from, perhaps with a name
	// HELO is the name in EHLO, or an IP address in brackets. Empty: PublicHost if it is fit,
	// else the domain of From, else the address of this end of the connection.
	HELO       string
	PublicHost string // host of the public URL; may be empty
}

// SMTP is a Deliverer of email. It reuses connections.
type SMTP struct {
	writer       Writer
	server       mailServer
	client       *mail.Client
	from         *netmail.Address // the domain is in ASCII
	helo         string           // "": the address of this end of the connection
	greetingWait time.Duration    // without a greeting, until the server is asked whether it speaks TLS

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

// NewSMTP returns the deliverer for a server. It opens no connection. No error holds the
// URL, because it contains the password.
func NewSMTP(o SMTPOptions, w Writer) (*SMTP, error) { return newSMTP(o, w, nil) }

// newSMTP trusts these roots; nil means those of the system.
func newSMTP(o SMTPOptions, w Writer, roots *x509.CertPool) (*SMTP, error) {
	sender, senderErr := parseSender(o.From)
	at, serverErr := parseServer(o.URL, roots)
	helo, heloErr := heloOf(o, sender)
	if err := errors.Join(senderErr, serverErr, heloErr); err != nil {
		return nil, err
	}
	client, err := mail.NewClient(at.host, at.options...)
	if err != nil {
		return nil, fmt.Errorf("--smtp-url: %w", err)
	}
	return &SMTP{writer: w, server: at, client: client, from: sender, helo: helo, greetingWait: greetingWait}, nil
}

// parseSender returns the address that email comes from, with its domain in ASCII, or an
// empty one with an error.
func parseSender(from string) (*netmail.Address, error) {
	refusal := fmt.Errorf("--smtp-from %q is not an email address, such as callbook@example.org or Callbook <callbook@example.org>", from)
	sender, err := netmail.ParseAddress(from)
	if err != nil || strings.ContainsFunc(from, isControl) || !strings.Contains(sender.Address, "@") {
		return new(netmail.Address), refusal
	}
	address, ok := asciiDomainOf(sender.Address)
	if !ok {
		return new(netmail.Address), refusal
	}
	sender.Address = address
	return sender, nil
}

func isControl(r rune) bool {
	return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029'
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
		if err := ctx.Err(); err != nil {
			return "", s.failure(err)
		}
		conn, err := s.conn(ctx)
		if err != nil {
			return "", s.failure(err)
		}
		if who := s.lacksUTF8(conn, m.Content.To); who != "" {
			s.keep(conn, true)
			return "", &Failure{Detail: who + " has letters beyond ASCII before the @, and the mail server does not offer SMTPUTF8, which such an address needs", Permanent: true}
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
		return "", s.failure(err)
	}
}

// lacksUTF8 returns which address the server cannot take for want of SMTPUTF8, or "". It
// also decides whether the message asks for SMTPUTF8: servers that a mail passes later
// refuse one that asks for it in vain.
func (s *SMTP) lacksUTF8(conn *mailConn, to string) string {
	who := ""
	switch {
	case !isASCII(localPart(to)):
		who = "the address"
	case !isASCII(localPart(s.from.Address)):
		who = "the address that --smtp-from names"
	}
	conn.SkipSMTPUTF8(who == "")
	if offered, _ := conn.Extension("SMTPUTF8"); offered {
		return ""
	}
	return who
}

// letter is a message as an email.
func (s *SMTP) letter(m oncall.Message) (*mail.Msg, string, error) {
	words := s.writer.Words(m)
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	to, ok := bareAddress(m.Content.To)
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

// bareAddress is an email address alone, with its domain in ASCII.
func bareAddress(text string) (string, bool) {
	bare, err := netmail.ParseAddress(text)
	if err != nil || bare.Name != "" || bare.Address != text || strings.ContainsFunc(text, isControl) {
		return "", false
	}
	return asciiDomainOf(text)
}

// mailDomains turns domains into ASCII. Hyphens may stand anywhere: only xn-- is reserved.
var mailDomains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false))

// asciiDomainOf is an address with its domain in ASCII, which servers know that take no
// other addresses. An IP address in brackets stays.
func asciiDomainOf(address string) (string, bool) {
	at := strings.LastIndex(address, "@")
	local, domain := address[:at+1], address[at+1:]
	if strings.HasPrefix(domain, "[") {
		return address, isASCII(domain)
	}
	ascii, err := mailDomains.ToASCII(domain)
	return local + ascii, err == nil && ascii != ""
}

func localPart(address string) string { return address[:max(0, strings.LastIndex(address, "@"))] }

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > '~' }) < 0
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
	given, speaksTLS := raw, func() bool { return false }
	if !s.server.secure {
		silent := s.askForTLS(ctx, raw)
		given, speaksTLS = silent, silent.stop
	}
	options := append(slices.Clip(s.server.options), mail.WithHELO(s.heloOn(raw)),
		mail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return given, nil }))
	if s.server.local && s.server.signsIn() {
		options = append(options, mail.WithSMTPAuthCustom(&localAuth{user: s.server.user, password: s.server.password, host: s.server.host}))
	}
	client, err := mail.NewClient(s.server.host, options...)
	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if speaksTLS() {
		err = errSpeaksTLS
	}
	if err != nil {
		_ = raw.Close() // whatever state it is in
		return nil, cmp.Or(ctx.Err(), err)
	}
	return &mailConn{Client: conn, raw: raw, fresh: true}, nil
}

func (s *SMTP) connect(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	if s.server.secure {
		return (&tls.Dialer{Config: s.server.tls}).DialContext(ctx, "tcp", s.server.address())
	}
	return new(net.Dialer).DialContext(ctx, "tcp", s.server.address())
}

// keep puts a connection away for the next message.
func (s *SMTP) keep(conn *mailConn, good bool) {
	conn.fresh, conn.used = false, time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if good && !s.closed && len(s.idle) < maxIdleMail {
		s.idle = append(s.idle, conn)
		return
	}
	_ = conn.raw.Close() // the message is delivered
}

// send gives an email to the server; the end of ctx cuts the connection.
func (s *SMTP) send(ctx context.Context, conn *mailConn, letter *mail.Msg) error {
	if err := ctx.Err(); err != nil {
		return err // AfterFunc would come too late for what is sent at once
	}
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
