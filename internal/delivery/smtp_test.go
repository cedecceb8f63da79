package delivery

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/internal/delivery/deliverytest"
	"callbook/internal/oncall"
)

const mailFrom = "Callbook <callbook@example.org>"

// mailer is an SMTP for a server of a test.
func mailer(t *testing.T, server *deliverytest.MailServer, tls, user, password string) *SMTP {
	t.Helper()
	u := url.URL{Scheme: "smtp", Host: server.Addr}
	if user != "" {
		u.User = url.UserPassword(user, password)
	}
	if tls != "" {
		u.RawQuery = "tls=" + tls
	}
	s, err := newSMTP(SMTPOptions{URL: u.String(), From: mailFrom, PublicHost: "callbook.example.org"}, Writer{Origin: origin}, server.Roots)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// plainMail is a server in the clear and its mailer.
func plainMail(t *testing.T) (*deliverytest.MailServer, *SMTP) {
	t.Helper()
	server := deliverytest.NewMailServer(t, deliverytest.MailOptions{})
	return server, mailer(t, server, "none", "", "")
}

func email() oncall.Message { return codeMessage(oncall.Email) }

func TestMailTravelsEncryptedAndSignedIn(t *testing.T) {
	for name, o := range map[string]deliverytest.MailOptions{
		"starttls": {STARTTLS: true, User: "callbook", Password: password},
		"tls":      {TLS: true, User: "callbook", Password: password},
	} {
		t.Run(name, func(t *testing.T) {
			server := deliverytest.NewMailServer(t, o)
			mustDeliver(t, mailer(t, server, name, "callbook", password), email())
			if got := server.Next(t); !got.Encrypted || got.User != "callbook" {
				t.Errorf("encrypted %t, signed in as %q, want true and callbook", got.Encrypted, got.User)
			}
		})
	}
}

func TestSTARTTLSIsTheDefaultAndMandatory(t *testing.T) {
	server := deliverytest.NewMailServer(t, deliverytest.MailOptions{})
	f := failsWith(t, mailer(t, server, "", "", ""), email())
	isFailure(t, f, "the mail server offers no STARTTLS, without which messages would travel in the clear", false)
	server.None(t)
}

func TestCertificateOfSomebodyElseIsRefused(t *testing.T) {
	for _, o := range []deliverytest.MailOptions{{STARTTLS: true}, {TLS: true}} {
		server := deliverytest.NewMailServer(t, o)
		server.Roots = nil // those of the system
		mode := "starttls"
		if o.TLS {
			mode = "tls"
		}
		isFailure(t, failsWith(t, mailer(t, server, mode, "", ""), email()), "the mail server has no certificate that is valid for its name", false)
		server.None(t)
	}
}

func TestMailURLThatWouldNotWorkIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://h/path", "smtp://h#f", "smtp://h?tls=maybe", "smtp://h?tls=tls&x=1",
		"smtp://h:0", "smtp://h:65536", "smtp://h:x", "smtp://u:" + secretToken2 + "@h:x", "smtp://u:" + secretToken2 + "@mail.example.org?tls=none",
		"smtp://10.0.0.1?tls=none", "smtp://localhost.example.org?tls=none", "smtp://%zz",
	} {
		if _, err := NewSMTP(SMTPOptions{URL: text, From: mailFrom}, Writer{}); err == nil {
			t.Errorf("%q was taken", text)
		} else if strings.Contains(err.Error(), secretToken2) {
			t.Errorf("the error of %q holds the password: %v", text, err)
		}
	}
	for _, text := range []string{"smtp://mail.example.org", "smtp://u:p%40ss@mail.example.org:2525?tls=starttls", "smtp://[::1]:25?tls=none", "smtp://localhost?tls=none", "smtp://127.0.0.2?tls=none"} {
		if _, err := NewSMTP(SMTPOptions{URL: text, From: mailFrom}, Writer{}); err != nil {
			t.Errorf("%q was refused: %v", text, err)
		}
	}
	for _, from := range []string{"", "callbook", "a@b\r\nBcc: c@d", "Callbook <>", "a@b, c@d"} {
		if _, err := NewSMTP(SMTPOptions{URL: "smtp://localhost?tls=none", From: from}, Writer{}); err == nil {
			t.Errorf("email may come from %q", from)
		}
	}
}

func TestWrongPasswordIsTriedAgainLater(t *testing.T) {
	server := deliverytest.NewMailServer(t, deliverytest.MailOptions{STARTTLS: true, User: "callbook", Password: "another one"})
	for range 3 {
		f := failsWith(t, mailer(t, server, "", "callbook", password), email())
		isFailure(t, f, "the mail server refused the sign-in: check the user and the password of --smtp-url", false)
		if f.RetryAfter != signInRefused {
			t.Errorf("tried again after %v, want %v", f.RetryAfter, signInRefused)
		}
	}
	server.None(t)
}

func TestServerThatWantsASignInIsNotLeftForGood(t *testing.T) {
	server := deliverytest.NewMailServer(t, deliverytest.MailOptions{User: "callbook", Password: password})
	isFailure(t, failsWith(t, mailer(t, server, "none", "", ""), email()), "the mail server wants a sign-in: add the user and the password to --smtp-url (it says: 5.7.0 Authentication required)", false)
	open := deliverytest.NewMailServer(t, deliverytest.MailOptions{STARTTLS: true})
	isFailure(t, failsWith(t, mailer(t, open, "", "callbook", password), email()), "the mail server offers no sign-in that can be used here", false)
}

func TestConnectionOnWhichTheSignInFailedIsClosed(t *testing.T) {
	server := deliverytest.NewMailServer(t, deliverytest.MailOptions{})
	failsWith(t, mailer(t, server, "", "", ""), email())
	waitFor(t, "the connection to end", func() bool { return server.Open() == 0 })
}

// waitFor waits until something is so, as a real server gives no signal of it.
func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(time.Minute)
	for !so() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestAnswersOfAMailServerAreUnderstood(t *testing.T) {
	for _, step := range []deliverytest.Step{deliverytest.AtMail, deliverytest.AtRcpt, deliverytest.AtData} {
		for code, want := range map[int]struct {
			says      string
			permanent bool
		}{
			421: {"the mail server cannot take it now: 4.7.1 later, •••", false},
			451: {"the mail server cannot take it now: 4.7.1 later, •••", false},
			550: {"the mail server refused it: 5.7.1 later, •••", false},
			554: {"the mail server refused it: 5.7.1 later, •••", false},
		} {
			server, s := plainMail(t)
			server.Answer(step, code, "later, "+secretAddress)
			isFailure(t, failsWith(t, s, email()), want.says, want.permanent)
			server.Answer(step, 0, "")
			mustDeliver(t, s, email())
			server.Next(t)
			server.None(t)
		}
	}
}

func TestRefusedMailServerGreetingIsTriedAgain(t *testing.T) {
	l := listen(t, func(c net.Conn) { _, _ = c.Write([]byte("554 5.3.2 not today\r\n")) })
	s := newTestSMTP(t, l)
	isFailure(t, failsWith(t, s, email()), "the mail server refused it: 5.3.2 not today", false)
}

// listen answers each connection by a function, until the test ends.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				serve(c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	return l.Addr().String()
}

func newTestSMTP(t *testing.T, addr string) *SMTP {
	t.Helper()
	s, err := NewSMTP(SMTPOptions{URL: "smtp://" + addr + "?tls=none", From: mailFrom}, Writer{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestMailServerThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	isFailure(t, failsWith(t, newTestSMTP(t, addr), email()), "the mail server could not be reached", false)
	hungUp := listen(t, func(net.Conn) {})
	isFailure(t, failsWith(t, newTestSMTP(t, hungUp), email()), "the mail server could not be reached", false)
	nonsense := listen(t, func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) })
	isFailure(t, failsWith(t, newTestSMTP(t, nonsense), email()), "the mail server could not be reached", false)
}

func TestMailServerThatHangsIsLeftInTime(t *testing.T) {
	const most = 200 * time.Millisecond
	hangs := func(t *testing.T, s *SMTP) {
		t.Helper()
		_, err := deliverSoon(t, s, email(), most)
		if err == nil || err.Error() != "the mail server did not answer in time" {
			t.Errorf("got %v, want that it did not answer in time", err)
		}
	}
	t.Run("before the greeting", func(t *testing.T) {
		ended := make(chan struct{})
		addr := listen(t, func(net.Conn) { <-ended })
		t.Cleanup(func() { close(ended) })
		hangs(t, newTestSMTP(t, addr))
	})
	for _, step := range []deliverytest.Step{deliverytest.AtMail, deliverytest.AtRcpt, deliverytest.AtData} {
		t.Run("at "+string(step), func(t *testing.T) {
			server, s := plainMail(t)
			server.Hang(step, true)
			hangs(t, s)
			server.Hang(step, false)
			mustDeliver(t, s, email())
			server.Next(t)
			server.None(t)
		})
	}
}

func TestNothingIsSentAfterTheEnd(t *testing.T) {
	server, s := plainMail(t)
	mustDeliver(t, s, email()) // now there is a connection that is kept
	server.Next(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 500 {
		if _, err := s.Deliver(ctx, email()); err == nil {
			t.Fatal("a mail was sent though its time was over")
		}
	}
	server.None(t)
	mustDeliver(t, s, email())
	server.Next(t)
	if n := server.Connections(); n != 1 {
		t.Errorf("%d connections, want the one that is kept", n)
	}
}

// A time that is over just before the mail is given to a kept connection: nothing may be
// sent, however late the connection is cut.
func TestNothingIsSentOnAKeptConnectionAfterTheEnd(t *testing.T) {
	server, s := plainMail(t)
	for range 200 {
		mustDeliver(t, s, email())
		server.Next(t)
		ctx, cancel := context.WithCancel(t.Context())
		letter, _, err := s.letter(email())
		if err != nil {
			t.Fatal(err)
		}
		conn, err := s.conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := s.send(ctx, conn, letter); err == nil || letter.IsDelivered() {
			t.Fatal("a mail was sent though its time was over")
		}
		s.keep(conn, true)
	}
	server.None(t)
}

func TestConnectionIsUsedAgain(t *testing.T) {
	server := deliverytest.NewMailServer(t, deliverytest.MailOptions{STARTTLS: true})
	s := mailer(t, server, "", "", "")
	const mails, atOnce = 40, 4
	work := make(chan int, mails)
	for i := range mails {
		work <- i
	}
	close(work)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for i := range work {
				m := email()
				m.ID = "m" + string(rune('A'+i))
				if _, err := s.Deliver(t.Context(), m); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for range mails {
		seen[server.Next(t).Read(t).Header.Get("Message-Id")] = true
	}
	server.None(t)
	if len(seen) != mails || server.Connections() > atOnce {
		t.Errorf("%d mails over %d connections, want %d over %d at most", len(seen), server.Connections(), mails, atOnce)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	waitFor(t, "the connections to end", func() bool { return server.Open() == 0 })
	mustDeliver(t, s, email()) // who is late still sends, and keeps nothing
	waitFor(t, "the connection to end", func() bool { return server.Open() == 0 })
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestConnectionThatTheServerDroppedIsReplaced(t *testing.T) {
	server, s := plainMail(t)
	for n := range 5 {
		mustDeliver(t, s, email())
		server.Next(t)
		server.None(t)
		if server.Connections() != n+1 {
			t.Fatalf("%d connections, want %d", server.Connections(), n+1)
		}
		server.Drop()
	}
}

func TestMailThatWasTakenIsSentWhateverComesAfter(t *testing.T) {
	server, s := plainMail(t)
	server.CutReset(true)
	for range 3 {
		mustDeliver(t, s, email())
		server.Next(t)
	}
	server.None(t)
	if server.Connections() != 3 {
		t.Errorf("%d connections, want a new one after each that was cut", server.Connections())
	}
}

// Where the answer to DATA is lost, nobody can know: SMTP has no way to ask. The
// second mail has the same Message-ID, by which mailboxes know it.
func TestLostAnswerMakesTheOneDuplicateWithTheSameMessageID(t *testing.T) {
	server, s := plainMail(t)
	server.LoseAnswers(true)
	isFailure(t, failsWith(t, s, email()), "the mail server could not be reached", false)
	server.LoseAnswers(false)
	reference := mustDeliver(t, s, email())
	first, second := server.Next(t).Read(t).Header, server.Next(t).Read(t).Header
	server.None(t)
	if want := "<" + reference + ">"; first.Get("Message-Id") != want || second.Get("Message-Id") != want {
		t.Errorf("Message-IDs %q and %q, want twice %q", first.Get("Message-Id"), second.Get("Message-Id"), want)
	}
}

func TestMailReadsWell(t *testing.T) {
	server, s := plainMail(t)
	m := email()
	m.Content.Name, m.Content.Asked, m.Content.Channel = "Zoë Ødegård 山田", "Gräfin “G”", "Büro ✉"
	reference := mustDeliver(t, s, m)
	sent := server.Next(t)
	if sent.From != "callbook@example.org" || !cmp.Equal(sent.To, []string{secretAddress}) {
		t.Errorf("the envelope is from %q to %q", sent.From, sent.To)
	}
	read := sent.Read(t)
	words := s.writer.Words(m)
	for name, want := range map[string]string{
		"Subject": words.Subject, "Message-Id": "<" + reference + ">", "Auto-Submitted": "auto-generated",
		"To": "<" + secretAddress + ">", "From": `"Callbook" <callbook@example.org>`, "Date": "Wed, 25 Nov 2026 03:00:00 +0000", "Mime-Version": "1.0",
		"X-Mailer": "", "User-Agent": "", "Bcc": "", "Cc": "",
	} {
		if got := read.Value(t, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if want := m.ID + "@example.org"; reference != want {
		t.Errorf("the reference is %q, want %q", reference, want)
	}
	if diff := cmp.Diff([]string{"text/plain", "text/html"}, read.Parts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{words.Text, words.HTML}, []string{read.Text, read.HTML}); diff != "" {
		t.Error(diff)
	}
	for line := range strings.SplitSeq(string(sent.Raw), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("the line %q is none of RFC 5322", line)
		}
		if strings.IndexFunc(line, func(r rune) bool { return r > '~' }) >= 0 {
			t.Errorf("the line %q is not ASCII", line)
		}
	}
}

// hostile is what somebody may try to break a mail by.
var hostile = []string{
	"\r\nBcc: eve@example.org\r\n\r\n", "\nBcc: eve@example.org", "\rBcc: eve@example.org", "\r\n.\r\nMAIL FROM:<eve@example.org>\r\n", "\n.\n", "\r.\r", "\u2028Bcc: eve@example.org",
	"\x00\x0bBcc: eve@example.org", "=?utf-8?q?=0D=0ABcc:_eve@example.org?=", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, strings.Repeat("x", 255), strings.Repeat("ß", 255), "\xff\xfe",
}

func TestNoContentBreaksOutOfAMail(t *testing.T) {
	server, s := plainMail(t)
	fields := map[string]func(*oncall.Content, string){
		"name":    func(c *oncall.Content, v string) { c.Name = v },
		"asked":   func(c *oncall.Content, v string) { c.Asked = v },
		"channel": func(c *oncall.Content, v string) { c.Channel = v },
		"code":    func(c *oncall.Content, v string) { c.Code = v },
		"mask":    func(c *oncall.Content, v string) { c.Mask = v },
		"token":   func(c *oncall.Content, v string) { c.Token = v },
	}
	known := map[string]bool{}
	for field, set := range fields {
		for _, kind := range kinds {
			for _, text := range hostile {
				m := email()
				m.Kind = kind
				set(&m.Content, "a"+text+"b")
				mustDeliver(t, s, m)
				sent := server.Next(t)
				server.None(t) // no second mail was smuggled in
				read := sent.Read(t)
				for name, values := range read.Header {
					known[name] = true
					if len(values) != 1 {
						t.Errorf("%s %q: header %s is there %d times", field, text, name, len(values))
					}
				}
				if subject := read.Value(t, "Subject"); strings.ContainsFunc(subject, isControl) {
					t.Errorf("%s %q: the subject is %q", field, text, subject)
				}
				if len(sent.To) != 1 || sent.To[0] != secretAddress || len(read.Parts) != 2 {
					t.Errorf("%s %q: the mail goes to %q with %d parts", field, text, sent.To, len(read.Parts))
				}
				if strings.Contains(read.HTML, "<script") || strings.Contains(read.HTML, "<img") {
					t.Errorf("%s %q is not escaped:\n%s", field, text, read.HTML)
				}
			}
		}
	}
	if want := map[string]bool{"Subject": true, "To": true, "From": true, "Date": true, "Message-Id": true, "Auto-Submitted": true, "Mime-Version": true, "Content-Type": true}; !cmp.Equal(known, want) {
		t.Errorf("headers: %s", cmp.Diff(want, known))
	}
}

func TestAddressThatIsNoneIsRefusedForGood(t *testing.T) {
	server, s := plainMail(t)
	for _, to := range []string{"", "ada", "ada@example.org\r\nBcc: eve@example.org", "ada@example.org, eve@example.org", "Ada <ada@example.org>", "<ada@example.org>", "<ada@example.org> RCPT TO:<eve@example.org>", "ada@example.org\x00", "ada@ex\u2028ample.org"} {
		m := email()
		m.Content.To = to
		isFailure(t, failsWith(t, s, m), "this address cannot be written on an email", true)
	}
	server.None(t)
	if server.Connections() != 0 {
		t.Errorf("%d connections for addresses that are none", server.Connections())
	}
}

func TestAddressesBeyondASCII(t *testing.T) {
	server := deliverytest.NewMailServer(t, deliverytest.MailOptions{UTF8: true})
	s := mailer(t, server, "none", "", "")
	m := email()
	m.Content.To = "grüße@bücher.example"
	mustDeliver(t, s, m)
	if got, want := server.Next(t), "grüße@xn--bcher-kva.example"; !cmp.Equal(got.To, []string{want}) {
		t.Errorf("the mail went to %q, want %q", got.To, want)
	}
	old, s := plainMail(t)
	m.Content.To = "ada@bücher.example"
	mustDeliver(t, s, m)
	if got := old.Next(t); !cmp.Equal(got.To, []string{"ada@xn--bcher-kva.example"}) {
		t.Errorf("the mail went to %q, want the domain in ASCII", got.To)
	}
}

func TestSenderWithANameThatNeedsQuotes(t *testing.T) {
	server := deliverytest.NewMailServer(t, deliverytest.MailOptions{})
	for _, from := range []string{`"Callbook, of \"Zoë\"" <callbook@example.org>`, "callbook@example.org"} {
		s, err := NewSMTP(SMTPOptions{URL: "smtp://" + server.Addr + "?tls=none", From: from}, Writer{})
		if err != nil {
			t.Fatal(err)
		}
		mustDeliver(t, s, email())
		_ = s.Close()
		list, err := server.Next(t).Read(t).Header.AddressList("From")
		if err != nil || len(list) != 1 || list[0].Name != s.from.Name || list[0].Address != "callbook@example.org" {
			t.Errorf("from %q: got %v, %v", from, list, err)
		}
	}
}
