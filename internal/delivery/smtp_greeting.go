package delivery

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	netmail "net/mail"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// heloOf returns the name in EHLO; "": none is known, and the address of the connection is
// taken. Servers refuse localhost and an IP address without brackets.
func heloOf(o SMTPOptions, sender *netmail.Address) (string, error) {
	if o.HELO != "" {
		return parseHELO(o.HELO)
	}
	_, domain, _ := strings.Cut(sender.Address, "@")
	for _, host := range []string{o.PublicHost, domain} {
		if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && !ip.IsLoopback() {
			return inBrackets(ip), nil
		}
		if name, err := parseHELO(host); err == nil {
			return name, nil
		}
	}
	return "", nil
}

var (
	errHELO      = errors.New("--smtp-helo is not a host name, such as callbook.example.org, nor an IP address in brackets, such as [192.0.2.1]")
	errLocalHELO = errors.New("--smtp-helo: localhost is every machine's own name, and mail servers refuse it: name the host as others know it, such as callbook.example.org")
)

// parseHELO returns a name in EHLO as RFC 5321 section 4.1.3 has it: in ASCII, an IP address
// in brackets.
func parseHELO(text string) (string, error) {
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	literal, bracketed := strings.CutPrefix(text, "[")
	literal, closed := strings.CutSuffix(literal, "]")
	if len(literal) > 5 && strings.EqualFold(literal[:5], "IPv6:") {
		literal = literal[5:]
	}
	if ip, err := netip.ParseAddr(literal); err == nil && ip.Zone() == "" {
		if bracketed && closed {
			return inBrackets(ip), nil
		}
		return "", errors.New("--smtp-helo: write the IP address in brackets: " + inBrackets(ip))
	}
	name, err := mailDomains.ToASCII(text)
	switch {
	case err != nil, bracketed, name == "", len(name) > 253, strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "":
		return "", errHELO
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return "", errHELO
		}
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || strings.HasPrefix(name, "localhost.localdomain") {
		return "", errLocalHELO
	}
	return name, nil
}

func inBrackets(ip netip.Addr) string {
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		return "[IPv6:" + ip.String() + "]"
	}
	return "[" + ip.String() + "]"
}

// heloOn returns the name in EHLO on a connection.
func (s *SMTP) heloOn(conn net.Conn) string {
	local, _ := netip.ParseAddrPort(conn.LocalAddr().String())
	return cmp.Or(s.helo, inBrackets(local.Addr()))
}

var errSpeaksTLS = errors.New("the server speaks TLS from the start")

// silentConn is a connection on which the server has not said anything yet.
type silentConn struct {
	net.Conn
	greeted func()
	stop    func() (speaksTLS bool) // ends the waiting for a greeting
}

// Read implements net.Conn.
func (c *silentConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.greeted()
	}
	return n, err
}

// askForTLS watches a connection in the clear. If the server is silent for too long, another
// connection asks it for TLS: a server that speaks TLS from the start waits for that, and
// would be silent until the end. If it answers, the watched connection is closed. The
// question comes late, because a server that only is slow takes it amiss.
func (s *SMTP) askForTLS(ctx context.Context, conn net.Conn) *silentConn {
	asking, end := context.WithCancel(ctx)
	var answered sync.WaitGroup
	speaksTLS := false
	answered.Add(1)
	timer := time.AfterFunc(s.greetingWait, func() {
		defer answered.Done()
		if speaksTLS = s.speaksTLS(asking); speaksTLS {
			_ = conn.Close()
		}
	})
	stop := sync.OnceValue(func() bool {
		end()
		if timer.Stop() {
			answered.Done()
		}
		answered.Wait()
		return speaksTLS
	})
	return &silentConn{conn, func() { stop() }, stop}
}

// speaksTLS reports whether the server speaks TLS from the start, whatever its certificate.
func (s *SMTP) speaksTLS(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout-greetingWait)
	defer cancel()
	conn, err := (&tls.Dialer{Config: s.server.tls}).DialContext(ctx, "tcp", s.server.address())
	if err == nil {
		_ = conn.Close() // it has answered
		return true
	}
	_, wrongCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	return wrongCertificate
}
