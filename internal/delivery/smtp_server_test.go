package delivery

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"callbook/internal/delivery/deliverytest"
)

func TestPasswordThatNeedsPercentEncodingIsNamed(t *testing.T) {
	for _, password := range []string{"pa#ss-of-mail", "pa%ss-of-mail", "pa/ss-of-mail", "pa?ss-of-mail", "12#34-of-mail", "12/34-of-mail", "12?34-of-mail", "pa ss-of-mail", "pa%2-of-mail", "#", "%", "p[a]ss-of-mail", `pa\ss-of-mail`, "päss-of-mail", "pa^ss-of-mail", "of-mail%"} {
		_, err := NewSMTP(SMTPOptions{URL: "smtp://callbook:" + password + "@mail.example.org:587", From: mailFrom}, Writer{})
		if err == nil || !strings.Contains(err.Error(), "percent-encoded: # as %23, % as %25") {
			t.Errorf("%q: got %v", password, err)
		} else if strings.Contains(err.Error(), "of-mail") {
			t.Errorf("the error holds the password: %v", err)
		}
	}
	for given, want := range map[string]string{"pa%23ss": "pa#ss", "pa%25ss": "pa%ss", "pa%2Fss%3f": "pa/ss?", "p@ss": "p@ss", "a:b": "a:b", "$&'()*+,;=-._~!": "$&'()*+,;=-._~!", "": "", "%20": " "} {
		at, err := parseServer("smtp://callbook:"+given+"@mail.example.org", nil)
		if err != nil || at.password != want || at.user != "callbook" {
			t.Errorf("%q is read as %q, %v", given, at.password, err)
		}
	}
}

func TestPortDecidesHowTLSBeginsWhereNothingElseIsSaid(t *testing.T) {
	for text, want := range map[string]struct {
		port          int
		secure, local bool
	}{
		"smtp://mail.example.org":                  {587, false, false},
		"smtp://mail.example.org:465":              {465, true, false},
		"smtp://u:p@mail.example.org:465":          {465, true, false},
		"smtp://[2001:db8::1]:465":                 {465, true, false},
		"smtp://mail.example.org:465?tls=starttls": {465, false, false},
		"smtp://mail.example.org:465?tls=tls":      {465, true, false},
		"smtp://mail.example.org?tls=tls":          {465, true, false},
		"smtp://mail.example.org:587?tls=tls":      {587, true, false},
		"smtp://mail.example.org:25":               {25, false, false},
		"smtp://localhost:465?tls=none":            {465, false, true},
		"smtp://localhost:465":                     {465, true, false},
	} {
		at, err := parseServer(text, nil)
		if err != nil || at.port != want.port || at.secure != want.secure || at.local != want.local {
			t.Errorf("%s: port %d, TLS from the start %t, in the clear %t, %v; want %+v", text, at.port, at.secure, at.local, err, want)
		}
	}
}

func TestTLSFromTheStartAtAServerWithoutItIsSaid(t *testing.T) {
	for _, o := range []deliverytest.MailOptions{{}, {STARTTLS: true}} {
		server := deliverytest.NewMailServer(t, o)
		f := failsWith(t, mailer(t, server, "tls", "callbook", password), email())
		isFailure(t, f, "the mail server does not speak TLS from the start on this port: write tls=starttls in --smtp-url, or the port that does, often 465", false)
		server.None(t)
	}
}

func TestServerThatSpeaksTLSFromTheStartIsToldWithinTheTimeOut(t *testing.T) {
	server := deliverytest.NewMailServer(t, deliverytest.MailOptions{TLS: true})
	for _, mode := range []string{"", "starttls", "none"} {
		for _, trusted := range []bool{true, false} {
			s := mailer(t, server, mode, "", "")
			if !trusted {
				s.server.tls.RootCAs = nil
			}
			s.greetingWait = time.Millisecond
			isFailure(t, failsWith(t, s, email()), "the mail server speaks TLS from the start on this port: write tls=tls in --smtp-url", false)
		}
	}
	server.None(t)
	if total := greetingWait + 4*time.Second; total > mailTimeout || mailTimeout >= sendTimeout {
		t.Errorf("it is asked after %v of %v, of %v in all", greetingWait, mailTimeout, sendTimeout)
	}
}

// A server in the clear that greets late is asked for TLS in vain, and gets the mail on the
// connection that it let wait.
func TestServerThatGreetsLateGetsTheMail(t *testing.T) {
	server := deliverytest.NewMailServer(t, deliverytest.MailOptions{})
	connected, asked := make(chan struct{}, 9), make(chan struct{})
	addr := listen(t, func(c net.Conn) {
		connected <- struct{}{}
		if len(connected) > 1 { // the question
			close(asked)
			_, _ = io.Copy(io.Discard, c)
			return
		}
		<-asked
		onward, err := net.Dial("tcp", server.Addr)
		if err != nil {
			t.Error(err)
			return
		}
		defer onward.Close()
		go func() {
			_, _ = io.Copy(onward, c)
			_ = onward.Close()
		}()
		_, _ = io.Copy(c, onward)
	})
	s := newTestSMTP(t, addr)
	s.greetingWait = time.Millisecond
	mustDeliver(t, s, email())
	server.Next(t)
	server.None(t)
	_ = s.Close()
}

func TestServerThatIsSilentForGoodDoesNotAnswer(t *testing.T) {
	ended := make(chan struct{})
	addr := listen(t, func(net.Conn) { <-ended })
	t.Cleanup(func() { close(ended) })
	s := newTestSMTP(t, addr)
	s.greetingWait = time.Millisecond
	if _, err := deliverSoon(t, s, email(), 100*time.Millisecond); err == nil || err.Error() != "the mail server did not answer in time" {
		t.Errorf("got %v", err)
	}
}

func TestServerThatWantsTLSIsNamed(t *testing.T) {
	for _, reply := range []string{"530 5.7.0 Must issue a STARTTLS command first", "538 5.7.11 Encryption required for requested authentication mechanism", "530 Encryption needed"} {
		addr := listen(t, smtpSpeaker(map[string]string{"MAIL": reply}))
		f := failsWith(t, newTestSMTP(t, addr), email())
		if !strings.HasPrefix(f.Detail, "the mail server wants TLS: leave tls=none out of --smtp-url (it says: ") || f.Permanent || f.RetryAfter != signInRefused {
			t.Errorf("%s: got %+v", reply, f)
		}
	}
}

// smtpSpeaker answers each command by its first word, or as if all was well, and takes no
// mail.
func smtpSpeaker(answers map[string]string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, "220 mail.example.org ESMTP\r\n")
		lines := make([]byte, 4096)
		for {
			n, err := c.Read(lines)
			if err != nil {
				return
			}
			word, _, _ := strings.Cut(strings.TrimSpace(string(lines[:n])), " ")
			answer := answers[word]
			if answer == "" {
				answer = "250 fine"
			}
			if _, err := io.WriteString(c, answer+"\r\n"); err != nil {
				return
			}
		}
	}
}

func TestEverySignInOnThisMachineWorksWithoutTLS(t *testing.T) {
	for _, mechanisms := range [][]string{{"PLAIN"}, {"LOGIN"}, {"LOGIN", "PLAIN"}, {"XOAUTH2", "LOGIN"}} {
		server := deliverytest.NewMailServer(t, deliverytest.MailOptions{User: "callbook", Password: password, Mechanisms: mechanisms})
		s := mailer(t, server, "none", "callbook", password)
		for range 3 {
			mustDeliver(t, s, email())
			if got := server.Next(t); got.User != "callbook" || got.Encrypted {
				t.Errorf("%q: signed in as %q, encrypted %t", mechanisms, got.User, got.Encrypted)
			}
			server.Drop() // the next one signs in again
		}
		isFailure(t, failsWith(t, mailer(t, server, "none", "callbook", "another one"), email()), "the mail server refused the sign-in: check the user and the password of --smtp-url", false)
	}
	for _, mechanisms := range [][]string{{"XOAUTH2"}, {"NTLM"}, {"GSSAPI", "ANONYMOUS"}} {
		server := deliverytest.NewMailServer(t, deliverytest.MailOptions{User: "callbook", Password: password, Mechanisms: mechanisms})
		isFailure(t, failsWith(t, mailer(t, server, "none", "callbook", password), email()), "the mail server offers no sign-in that can be used here", false)
	}
}

func TestLoginWorksOverTLS(t *testing.T) {
	for name, o := range map[string]deliverytest.MailOptions{"starttls": {STARTTLS: true}, "tls": {TLS: true}} {
		o.User, o.Password, o.Mechanisms = "callbook", password, []string{"LOGIN"}
		server := deliverytest.NewMailServer(t, o)
		mustDeliver(t, mailer(t, server, name, "callbook", password), email())
		if got := server.Next(t); !got.Encrypted || got.User != "callbook" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// The password never goes to another machine in the clear.
func TestSignInInTheClearIsForThisMachineOnly(t *testing.T) {
	at, err := parseServer("smtp://u:p@mail.example.org", nil)
	if err != nil || at.local {
		t.Errorf("%+v, %v", at, err)
	}
	if _, err := parseServer("smtp://u:p@mail.example.org?tls=none", nil); err == nil {
		t.Error("a password travels in the clear")
	}
	if at.tls.MinVersion < tls.VersionTLS12 || at.tls.InsecureSkipVerify {
		t.Error("TLS is weak")
	}
}

func TestNameInEHLO(t *testing.T) {
	for _, c := range []struct{ helo, public, from, want string }{
		{"", "callbook.example.org", "a@example.net", "callbook.example.org"},
		{"", "", "a@example.net", "example.net"},
		{"", "localhost", "a@example.net", "example.net"},
		{"", "127.0.0.1", "a@example.net", "example.net"},
		{"", "::1", "a@example.net", "example.net"},
		{"", "192.0.2.1", "a@example.net", "[192.0.2.1]"},
		{"", "2001:db8::1", "a@example.net", "[IPv6:2001:db8::1]"},
		{"", "call_book.example.org", "a@example.net", "example.net"},
		{"", "callbook", "a@example.net", "callbook"},
		{"", "", "a@bücher.example", "xn--bcher-kva.example"},
		{"", "", "Callbook <a@EXAMPLE.org>", "example.org"},
		{"", "", "a@[192.0.2.7]", "[192.0.2.7]"},
		{"", "localhost", "a@localhost", ""},
		{"mx.example.com", "callbook.example.org", "a@example.net", "mx.example.com"},
		{"MX.Example.com.", "", "a@example.net", "mx.example.com"},
		{"bücher.example", "", "a@example.net", "xn--bcher-kva.example"},
		{"[192.0.2.1]", "", "a@example.net", "[192.0.2.1]"},
		{"[IPv6:2001:DB8::1]", "", "a@example.net", "[IPv6:2001:db8::1]"},
		{"[2001:db8::1]", "", "a@example.net", "[IPv6:2001:db8::1]"},
		{"ab--cd.example.com", "", "a@example.net", "ab--cd.example.com"},
	} {
		s, err := NewSMTP(SMTPOptions{URL: "smtp://mail.example.org", From: c.from, HELO: c.helo, PublicHost: c.public}, Writer{})
		if err != nil || s.helo != c.want {
			t.Errorf("%+v: %v, %v", c, s, err)
		}
	}
	for helo, says := range map[string]string{
		"localhost": "localhost is every machine's own name", "LOCALHOST.": "localhost is every machine's own name", "x.localhost": "localhost is every machine's own name", "localhost.localdomain": "localhost is every machine's own name",
		"192.0.2.1": "write the IP address in brackets: [192.0.2.1]", "2001:db8::1": "write the IP address in brackets: [IPv6:2001:db8::1]", "IPv6:2001:db8::1": "write the IP address in brackets: [IPv6:2001:db8::1]",
		"a b": "is not a host name", "a\r\nMAIL FROM:<x>": "is not a host name", "[192.0.2.1": "in brackets", "[x]": "is not a host name", "a..b": "is not a host name", "-a.example": "is not a host name", "a_b.example": "is not a host name", " ": "is not a host name", "https://x": "is not a host name",
	} {
		if _, err := NewSMTP(SMTPOptions{URL: "smtp://mail.example.org", From: mailFrom, HELO: helo}, Writer{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want %q", helo, err, says)
		}
	}
}

func TestMailServerHearsTheName(t *testing.T) {
	for mode, o := range map[string]deliverytest.MailOptions{"none": {}, "starttls": {STARTTLS: true}, "tls": {TLS: true}} {
		server := deliverytest.NewMailServer(t, o)
		s := mailer(t, server, mode, "", "")
		for helo, want := range map[string]string{"callbook.example.org": "callbook.example.org", "": "[127.0.0.1]"} {
			s.helo = helo
			mustDeliver(t, s, email())
			if got := server.Next(t).HELO; got != want {
				t.Errorf("%+v: the server heard %q, want %q", o, got, want)
			}
			server.Drop()
		}
	}
}

// Servers that a mail passes later refuse one that asks for SMTPUTF8 in vain.
func TestSMTPUTF8IsAskedForOnlyWhereAnAddressNeedsIt(t *testing.T) {
	able := deliverytest.NewMailServer(t, deliverytest.MailOptions{UTF8: true})
	unable := deliverytest.NewMailServer(t, deliverytest.MailOptions{})
	for to, needed := range map[string]bool{
		"ada@example.org": false, "ada@bücher.example": false, "ada+tag@ab--cd.example.com": false, "o'brien@example.org": false,
		"grüße@example.org": true, "grüße@bücher.example": true, "山田@example.jp": true, "jose\u0301@example.org": true, "пример@пример.рф": true,
	} {
		m := email()
		m.Content.To, m.Content.Name = to, "Zoë 山田"
		s := mailer(t, able, "none", "", "")
		mustDeliver(t, s, m)
		if got := able.Next(t); got.UTF8 != needed {
			t.Errorf("%s: asked for SMTPUTF8 %t, want %t", to, got.UTF8, needed)
		}
		mustDeliver(t, s, email()) // on the same connection
		if got := able.Next(t); got.UTF8 {
			t.Errorf("after %s: asked for SMTPUTF8", to)
		}
		s = mailer(t, unable, "none", "", "")
		if !needed {
			mustDeliver(t, s, m)
			unable.Next(t)
			continue
		}
		isFailure(t, failsWith(t, s, m), "the address has letters beyond ASCII before the @, and the mail server does not offer SMTPUTF8, which such an address needs", true)
		unable.None(t)
		mustDeliver(t, s, email())
		unable.Next(t)
	}
}

func TestSenderIsInASCII(t *testing.T) {
	server := deliverytest.NewMailServer(t, deliverytest.MailOptions{})
	for from, want := range map[string]string{
		"callbook@bücher.example": "callbook@xn--bcher-kva.example", "Zoë <callbook@BÜCHER.example>": "callbook@xn--bcher-kva.example", "callbook@ab--cd.example.com": "callbook@ab--cd.example.com",
		"callbook@пример.рф": "callbook@xn--e1afmkfd.xn--p1ai", "callbook@[192.0.2.1]": "callbook@[192.0.2.1]", "callbook@例え.jp": "callbook@xn--r8jz45g.jp", "callbook@localhost": "callbook@localhost", "callbook@EXAMPLE.org": "callbook@example.org",
	} {
		s, err := NewSMTP(SMTPOptions{URL: "smtp://" + server.Addr + "?tls=none", From: from}, Writer{})
		if err != nil {
			t.Errorf("%s: %v", from, err)
			continue
		}
		reference := mustDeliver(t, s, email())
		_ = s.Close()
		got := server.Next(t)
		id := email().ID + want[strings.Index(want, "@"):]
		if got.From != want || got.UTF8 || reference != id {
			t.Errorf("%s: from %q with SMTPUTF8 %t and Message-ID %q, want %q", from, got.From, got.UTF8, reference, want)
		}
		if strings.ContainsFunc(string(got.Raw), func(r rune) bool { return r > '~' }) {
			t.Errorf("%s: not in ASCII:\n%s", from, got.Raw)
		}
	}
	s, err := NewSMTP(SMTPOptions{URL: "smtp://" + server.Addr + "?tls=none", From: "grüße@example.org"}, Writer{})
	if err != nil {
		t.Fatal(err)
	}
	isFailure(t, failsWith(t, s, email()), "the address that --smtp-from names has letters beyond ASCII before the @, and the mail server does not offer SMTPUTF8, which such an address needs", true)
	_ = s.Close()
	for _, from := range []string{"a@xn--zz--.example", "a@b_c.example", "a@\u200b"} {
		if _, err := NewSMTP(SMTPOptions{URL: "smtp://localhost?tls=none", From: from}, Writer{}); err == nil {
			t.Errorf("%q is taken as the sender", from)
		}
	}
}

func TestAddressWithTwoHyphensGetsItsMail(t *testing.T) {
	server, s := plainMail(t)
	m := email()
	m.Content.To = "ana@ab--cd.example.com"
	mustDeliver(t, s, m)
	if got := server.Next(t).To; len(got) != 1 || got[0] != m.Content.To {
		t.Errorf("the mail went to %q", got)
	}
}
