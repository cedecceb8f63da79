package delivery

import (
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
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"

	"callbook/internal/oncall"
)

// What a mail server is given.
const (
	mailTimeout   = 15 * time.Second // for a connection, and then for each message
	idleMail      = 10 * time.Second // shorter: a connection that is kept has time left
	mostIdleMail  = 8
	signInRefused = 5 * time.Minute // until a wrong password is tried again
)

// SMTP is a Deliverer of email by a mail server. It keeps connections for the next
// message.
type SMTP struct {
	writer  Writer
	client  *mail.Client
	from    *netmail.Address
	idle    chan idleConn
	closing chan struct{}
}

// idleConn is a connection to the mail server and when it was last used.
type idleConn struct {
	conn *gosmtp.Client
	used time.Time
}

// NewSMTP returns the deliverer for a server that is named as
// smtp://user:password@host:port?tls=starttls, and for the address that email
// comes from. tls is starttls (the default), tls from the start, or none, which
// is for servers on this machine only. It connects to nobody yet. No error holds
// the URL, which holds the password.
func NewSMTP(server, from string, w Writer) (*SMTP, error) { return newSMTP(server, from, w, nil) }

// newSMTP trusts other roots than the system's; nil: those.
func newSMTP(server, from string, w Writer, roots *x509.CertPool) (*SMTP, error) {
	sender, err := netmail.ParseAddress(from)
	if err != nil || strings.ContainsFunc(from, isControl) || !strings.Contains(sender.Address, "@") {
		return nil, fmt.Errorf("--smtp-from %q is not an email address, such as callbook@example.org or Callbook <callbook@example.org>", from)
	}
	host, options, err := serverOptions(server, roots)
	if err != nil {
		return nil, err
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return nil, fmt.Errorf("--smtp-url: %w", err)
	}
	return &SMTP{writer: w, client: client, from: sender, idle: make(chan idleConn, mostIdleMail), closing: make(chan struct{})}, nil
}

func isControl(r rune) bool {
	return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029'
}

var errServer = errors.New("--smtp-url is not smtp://user:password@host:port, perhaps with ?tls=starttls, tls or none")

// serverOptions reads the URL of a mail server.
func serverOptions(server string, roots *x509.CertPool) (host string, options []mail.Option, err error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "smtp" || u.Hostname() == "" || u.Path != "" || u.Fragment != "" {
		return "", nil, errServer
	}
	query, err := url.ParseQuery(u.RawQuery)
	mode := query.Get("tls")
	query.Del("tls")
	if err != nil || len(query) > 0 {
		return "", nil, fmt.Errorf("%w: it has a query that is not known", errServer)
	}
	password, signsIn := u.User.Password()
	options = []mail.Option{mail.WithTimeout(mailTimeout), mail.WithTLSConfig(&tls.Config{ServerName: u.Hostname(), RootCAs: roots, MinVersion: tls.VersionTLS12})}
	port, auth := 587, mail.SMTPAuthAutoDiscover
	switch mode {
	case "", "starttls":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case "tls":
		port, options = 465, append(options, mail.WithSSL())
	case "none":
		if !isLoopback(u.Hostname()) {
			return "", nil, errors.New("--smtp-url: tls=none is for a mail server on this machine only; leave it out, so that nothing travels in the clear")
		}
		port, auth, options = 25, mail.SMTPAuthPlainNoEnc, append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return "", nil, fmt.Errorf("%w: tls=%q is none of these", errServer, mode)
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return "", nil, fmt.Errorf("%w: it has no port between 1 and 65535", errServer)
		}
	}
	options = append(options, mail.WithPort(port))
	if signsIn || u.User.Username() != "" {
		options = append(options, mail.WithSMTPAuth(auth), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	return u.Hostname(), options, nil
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
		conn, fresh, err := s.conn(ctx)
		if err != nil {
			return "", mailFailure(err)
		}
		err = s.send(ctx, conn, letter)
		if err == nil || letter.IsDelivered() { // what fails after that is only the tidying up
			s.keep(conn, err == nil)
			return reference, nil
		}
		_ = conn.Close() // whatever state it is in
		if refused, ok := errors.AsType[*mail.SendError](err); ok && refused.Reason == mail.ErrConnCheck && !fresh {
			continue // it was closed while nobody used it, and nothing was said yet
		}
		return "", mailFailure(err)
	}
}

// letter is a message as an email.
func (s *SMTP) letter(m oncall.Message) (*mail.Msg, string, error) {
	words := s.writer.Words(m)
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	to, err := netmail.ParseAddress(m.Content.To)
	if err != nil || to.Name != "" || strings.ContainsFunc(m.Content.To, isControl) || letter.To(m.Content.To) != nil {
		return nil, "", &Failure{Says: "this address cannot be written on an email", Permanent: true}
	}
	if err := letter.FromFormat(s.from.Name, s.from.Address); err != nil {
		return nil, "", &Failure{Says: "email cannot come from the address that --smtp-from names", Cause: err}
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	reference := m.ID + "@" + domain
	letter.Subject(strings.Map(dropControl, words.Subject))
	letter.SetMessageIDWithValue(reference)
	letter.SetDateWithValue(m.CreatedAt)
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetBodyString(mail.TypeTextPlain, words.Text)
	letter.AddAlternativeString(mail.TypeTextHTML, words.HTML)
	return letter, reference, nil
}

func dropControl(r rune) rune {
	if isControl(r) {
		return -1
	}
	return r
}

// conn returns a connection that is kept, or a fresh one.
func (s *SMTP) conn(ctx context.Context) (conn *gosmtp.Client, fresh bool, err error) {
	for {
		select {
		case kept := <-s.idle:
			if time.Since(kept.used) < idleMail {
				return kept.conn, false, nil
			}
			_ = kept.conn.Close() // its time is over
		default:
			conn, err = s.client.DialToSMTPClientWithContext(ctx)
			return conn, true, err
		}
	}
}

// keep puts a connection away for the next message.
func (s *SMTP) keep(conn *gosmtp.Client, good bool) {
	select {
	case <-s.closing:
		good = false
	default:
	}
	if good {
		select {
		case s.idle <- idleConn{conn, time.Now()}:
			return
		default: // there are enough
		}
	}
	_ = conn.Close() // the message is delivered
}

// send gives an email to the server; the end of ctx cuts the connection.
func (s *SMTP) send(ctx context.Context, conn *gosmtp.Client, letter *mail.Msg) error {
	cut := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer cut()
	err := s.client.SendWithSMTPClient(conn, letter)
	if err != nil && ctx.Err() != nil && !letter.IsDelivered() {
		return ctx.Err()
	}
	return err
}

// Close lets go of the connections that are kept. Those in use end with their
// message.
func (s *SMTP) Close() error {
	close(s.closing)
	for {
		select {
		case kept := <-s.idle:
			_ = kept.conn.Close() // nothing is on it
		default:
			return nil
		}
	}
}

// mailFailure puts what a mail server did into words.
func mailFailure(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &Failure{Says: "the mail server did not answer in time", Cause: err}
	}
	code, said := codeOf(err)
	switch {
	case code == 535 || code == 534 || code == 530:
		return &Failure{Says: "the mail server refused the sign-in: check the user and the password of --smtp-url", RetryAfter: signInRefused, Cause: err}
	case code >= 500:
		return &Failure{Says: "the mail server refused it: " + plainWords(said), Permanent: true, Cause: err}
	case code >= 400:
		return &Failure{Says: "the mail server cannot take it now: " + plainWords(said), Cause: err}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return &Failure{Says: "the mail server did not answer in time", Cause: err}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &Failure{Says: "the mail server has no certificate that is valid for its name", RetryAfter: signInRefused, Cause: err}
	}
	return &Failure{Says: "the mail server could not be reached", Cause: err}
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
	return refused.ErrorCode(), strings.TrimSpace(said)
}
