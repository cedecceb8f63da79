package delivery

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"
)

// mailServer is the URL of a mail server, parsed.
type mailServer struct {
	host           string
	port           int
	tls            *tls.Config
	secure         bool // TLS from the start
	local          bool // on this machine, and without TLS
	user, password string
	options        []mail.Option
}

func (at mailServer) address() string { return net.JoinHostPort(at.host, strconv.Itoa(at.port)) }

func (at mailServer) signsIn() bool { return at.user != "" || at.password != "" }

// securePort is the port on which mail servers speak TLS from the start, RFC 8314.
const securePort = "465"

var (
	errServer  = errors.New("--smtp-url is not smtp://user:password@host:port, perhaps with ?tls=starttls, tls or none")
	errEncoded = errors.New("--smtp-url: some characters of the user and the password have to be percent-encoded: # as %23, % as %25, / as %2F, ? as %3F, a space as %20")
)

// parseServer reads the URL of a mail server.
func parseServer(server string, roots *x509.CertPool) (at mailServer, err error) {
	u, err := url.Parse(server)
	if needsEncoding(server) {
		return at, errEncoded
	}
	if err != nil || u.Scheme != "smtp" || u.Hostname() == "" || u.Path != "" || u.Fragment != "" {
		return at, errServer
	}
	query, err := url.ParseQuery(u.RawQuery)
	mode := query.Get("tls")
	query.Del("tls")
	if err != nil || len(query) > 0 {
		return at, fmt.Errorf("%w: it has a query that is not known", errServer)
	}
	if mode == "" && u.Port() == securePort {
		mode = "tls"
	}
	at = mailServer{host: u.Hostname(), port: 587, tls: &tls.Config{ServerName: u.Hostname(), RootCAs: roots, MinVersion: tls.VersionTLS12}}
	policy := mail.TLSMandatory
	switch mode {
	case "", "starttls":
	case "tls":
		// No STARTTLS is offered inside TLS: go-mail only looks whether there is TLS.
		at.port, at.secure, policy = 465, true, mail.TLSOpportunistic
	case "none":
		if !isLoopback(u.Hostname()) {
			return at, errors.New("--smtp-url: tls=none is for a mail server on this machine only; leave it out, so that nothing travels in the clear")
		}
		at.port, at.local, policy = 25, true, mail.NoTLS
	default:
		return at, fmt.Errorf("%w: tls=%q is none of these", errServer, mode)
	}
	if u.Port() != "" {
		if at.port, err = strconv.Atoi(u.Port()); err != nil || at.port < 1 || at.port > 65535 {
			return at, fmt.Errorf("%w: it has no port between 1 and 65535", errServer)
		}
	}
	at.user = u.User.Username()
	at.password, _ = u.User.Password()
	at.options = []mail.Option{mail.WithTimeout(mailTimeout), mail.WithTLSConfig(at.tls), mail.WithTLSPolicy(policy)}
	if at.signsIn() && !at.local {
		at.options = append(at.options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(at.user), mail.WithPassword(at.password))
	}
	return at, nil
}

// needsEncoding reports whether the user or the password in a URL contains characters that
// end them, or that are not allowed there.
func needsEncoding(server string) bool {
	_, rest, _ := strings.Cut(server, "://")
	at := strings.LastIndex(rest, "@")
	if at < 0 {
		return false
	}
	for i, c := range []byte(rest[:at]) {
		switch {
		case c == '%' && (i+2 >= at || !isHex(rest[i+1]) || !isHex(rest[i+2])), c <= ' ', c > '~', strings.IndexByte("#/?[]\\^`{|}<>\"", c) >= 0:
			return true
		}
	}
	return false
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

// localAuth signs in at a server on this machine that does not speak TLS: nobody listens in
// between. It takes the first way that both know.
type localAuth struct {
	user, password, host string
	way                  gosmtp.Auth
}

// Start implements smtp.Auth.
func (a *localAuth) Start(server *gosmtp.ServerInfo) (mechanism string, answer []byte, err error) {
	for _, way := range []struct {
		mechanism string
		auth      gosmtp.Auth
	}{
		{"PLAIN", gosmtp.PlainAuth("", a.user, a.password, a.host, true)},
		{"LOGIN", gosmtp.LoginAuth(a.user, a.password, a.host, true)},
		{"SCRAM-SHA-256", gosmtp.ScramSHA256Auth(a.user, a.password)},
		{"SCRAM-SHA-1", gosmtp.ScramSHA1Auth(a.user, a.password)},
		{"CRAM-MD5", gosmtp.CRAMMD5Auth(a.user, a.password)},
	} {
		if slices.ContainsFunc(server.Auth, func(offered string) bool { return strings.EqualFold(offered, way.mechanism) }) {
			a.way = way.auth
			return way.auth.Start(server)
		}
	}
	return "", nil, mail.ErrNoSupportedAuthDiscovered
}

// Next implements smtp.Auth.
func (a *localAuth) Next(challenge []byte, more bool) ([]byte, error) {
	return a.way.Next(challenge, more)
}
