package delivery

import (
	"testing"
	"time"

	"callbook/internal/delivery/deliverytest"
	"callbook/internal/oncall"
)

// refusedMail are replies of mail servers to RCPT, as Postfix, Exim, Sendmail, qmail,
// Exchange, Gmail, Outlook.com, Yahoo and services for sending write them.
var refusedMail = map[string]struct {
	about subject
	texts []string
}{
	"daily limit": {aboutUs, []string{
		"550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to x",
		"550 5.4.5 Daily SMTP relay sending limit exceeded for user.",
		"550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
		"554 5.2.0 STOREDRV.Submission: Hourly quota reached",
		"554 Message rejected: Daily message quota exceeded",
		"550 5.7.1 Sending quota exceeded, 500 messages per day",
		"550 Too many recipients received this hour",
		"550 Domain example.org has exceeded the max emails per hour (50/50 (100%)) allowed. Message discarded.",
		"552 sending limit reached",
		"550 Maximum credits exceeded",
	}},
	"try again later": {aboutUs, []string{
		"550 try again later", "554 5.1.1 please try again later", "550 Please retry later.", "553 come back later", "550 Try later",
		"550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages",
		"554 4.7.1 Service temporarily unavailable", "550 temporary failure", "550 4.2.1 mailbox busy", "554 4.4.7 delivery time expired",
		"550 4.1.1 <ana@example.org>: unverified", "550 Greylisted, see x", "550 graylisting in effect", "550 5.7.1 Rate limit exceeded", "550 throttled",
	}},
	"HELO": {aboutUs, []string{
		"504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", "550 HELO name is invalid", "501 Syntactically invalid EHLO argument(s)",
		"554 5.7.1 <x>: Helo command rejected: Access denied", "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)", "550 bad helo", "550 5.7.1 EHLO argument does not match",
		"550 5.1.1 <localhost>: Helo command rejected: Host not found",
	}},
	"relay": {aboutUs, []string{
		"554 5.7.1 <ana@example.org>: Relay access denied", "550 5.7.1 Relaying denied", "550 relay not permitted", "551 relaying denied", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
		"553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "550 5.1.2 we do not relay", "454 4.7.1 Relay access denied", "530 Relaying not allowed", "550 Unable to relay for ana@example.org",
	}},
	"authentication": {aboutUs, []string{
		"530 5.7.0 Authentication required", "530 5.7.57 Client not authenticated to send mail", "535 5.7.8 Error: authentication failed", "534 5.7.9 Please log in", "538 5.7.11 Encryption required",
		"550 5.7.1 Client was not authenticated", "550 Unauthenticated senders not allowed", "550 authentication is required", "554 5.7.0 Must issue a STARTTLS command first", "550 You must log in before sending",
	}},
	"sender": {aboutUs, []string{
		"550 5.1.0 <callbook@example.org>: Sender address rejected: User unknown in local recipient table", "550 5.1.8 <x>: Sender address rejected: Domain not found", "550 Sender verify failed", "550 sender rejected",
		"553 5.7.1 <x>: Sender address rejected: not owned by user", "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "554 5.2.252 SendAsDenied; x not allowed to send as y", "550 5.1.7 invalid sender",
		"550 The from address does not match a verified Sender Identity", "554 Message rejected: Email address is not verified. The following identities failed the check", "550 5.1.1 Sender unknown", "550 sender blocked",
	}},
	"policy": {aboutUs, []string{
		"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "550 5.7.1 Message rejected due to content restrictions", "550 SC-001 Mail rejected by Outlook.com for policy reasons",
		"550-5.7.26 This mail has been blocked because the sender is unauthenticated.", "550 Administrative prohibition", "554 5.7.1 <x>: Recipient address rejected: Access denied", "550 spam",
		"550-Requested action not taken: mailbox unavailable\n550 Reject due to policy restrictions", "550 Your IP is banned", "550 5.7.25 no PTR record", "541 refused", "550 Permanent failure for one or more recipients (x:blocked)",
	}},
	"no space at our relay": {aboutUs, []string{
		"552 5.3.1 Mail system full", "452 4.3.1 Insufficient system storage", "554 5.3.0 Disk full", "552 Insufficient system storage", "554 out of space", "550 not enough disk space", "552 5.3.4 Message size exceeds fixed limit", "554 server busy",
	}},
	"protocol": {aboutUs, []string{
		"500 5.5.1 unrecognized command", "503 bad sequence of commands", "555 5.5.2 Syntax error", "550 5.5.4 Unsupported option: SMTPUTF8", "554 5.4.6 mail loop", "521 host does not accept mail", "550 5.3.5 System incorrectly configured", "554 5.6.0 Message contains invalid header",
	}},
	"in doubt": {aboutUs, []string{
		"550 no", "554 Transaction failed", "550 5.0.0 refused", "550 Denied", "552 refused", "554", "550 5.9.9 x", "550 ブロック", "559 what",
	}},
	"unknown user": {aboutAddress, []string{
		"550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in virtual mailbox table", "550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking", "550 no such user", "550 5.7.1 no such user",
		"550 5.1.1 User unknown; rejecting", "550 Unknown user", "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in relay recipient table", "554 delivery error: dd This user doesn't have a yahoo.com account (ana@yahoo.com) [0]",
		"550 #5.1.0 Address rejected.", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", "553 sorry, no mailbox here by that name (#5.1.1)", "550 User ana@example.org does not exist", "550 Unrouteable address",
		"550 Benutzer unbekannt", "550 Empfänger existiert nicht", "550 Utilisateur inconnu", "550 Usuario desconocido", "550 Invalid recipient", "511 5.1.1 no", "550 5.4.1 Recipient address rejected: Access denied. [x]", "550 mailbox name not allowed",
	}},
	"no such mailbox": {aboutAddress, []string{
		"550 Requested action not taken: mailbox unavailable", "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", "550 mailbox not found", "550 Mailbox <ana@example.org> does not exist", "551 User not local; please try <x@y.org>", "553 Requested action not taken",
		"550 5.2.1 The email account that you tried to reach is disabled", "550 5.2.1 mailbox disabled", "550 This account is no longer active", "554 5.2.1 inactive", "550 mailbox closed", "550 No mailbox by that name", "550 5.7.17 Mailbox owner has changed",
	}},
	"mailbox full": {aboutAddress, []string{
		"552 5.2.2 Over quota", "552 5.2.2 <ana@example.org>... Mailbox is full", "550 mailbox full", "552 Quota exceeded (mailbox for user is full)", "550 User is over quota", "554 5.2.2 mailbox quota exceeded", "552 mailbox over quota", "550 The recipient's inbox is full",
	}},
	"no such domain": {aboutAddress, []string{
		"550 5.1.2 Host unknown", "550 5.4.4 Unable to route", "556 domain does not accept mail", "556 5.1.10 null MX", "550 Domain not found", "550 no such domain", "554 5.4.4 Host or domain name not found. Name service error", "550 5.4.310 DNS domain does not exist",
	}},
	"address that is none": {aboutAddress, []string{
		"501 5.1.3 Bad recipient address syntax", "553 5.1.3 bad address", "550 5.1.3 Invalid address", "504 5.5.2 <ana>: Recipient address rejected: need fully-qualified address", "550 bad recipient address", "550 5.6.7 Non-ASCII addresses not permitted", "550 5.1.6 moved", "550 5.1.4 ambiguous",
	}},
}

func TestWhatARefusedMailIsAbout(t *testing.T) {
	for kind, c := range refusedMail {
		for _, text := range c.texts {
			reply := mailReply{code: int(text[0]-'0')*100 + int(text[1]-'0')*10 + int(text[2]-'0'), step: atRecipient}
			reply.text = text[3:]
			if reply.text != "" {
				reply.text = reply.text[1:]
			}
			if got := reply.subject(); got != c.about {
				t.Errorf("%s: %q is about %d, want %d", kind, text, got, c.about)
			}
			if reply.step = atSender; reply.subject() != aboutUs {
				t.Errorf("%s: %q to MAIL FROM is not about us", kind, text)
			}
			if reply.step = atConnect; reply.subject() != aboutUs {
				t.Errorf("%s: %q to a connection is not about us", kind, text)
			}
			if reply.code, reply.step = 450, atRecipient; reply.subject() != aboutUs {
				t.Errorf("%s: 450 %q is not about us", kind, reply.text)
			}
		}
	}
}

// The same by a server: what is about us is tried again, at any step.
func TestRefusedMailIsTriedAgainWhereItIsAboutUs(t *testing.T) {
	server, s := plainMail(t)
	for _, c := range []struct {
		step  deliverytest.Step
		code  int
		text  string
		final bool
	}{
		{deliverytest.AtRcpt, 550, "Daily user sending limit exceeded", false}, {deliverytest.AtRcpt, 550, "no such user", true}, {deliverytest.AtMail, 550, "no such user", false},
		{deliverytest.AtData, 554, "user unknown", true}, {deliverytest.AtData, 554, "Message rejected: Email address is not verified", false}, {deliverytest.AtRcpt, 554, "Relay access denied", false},
		{deliverytest.AtMail, 553, "sender address rejected", false}, {deliverytest.AtRcpt, 551, "User not local", true}, {deliverytest.AtRcpt, 452, "user unknown", false},
	} {
		server.Answer(c.step, c.code, c.text)
		f := failsWith(t, s, email())
		if f.Permanent != c.final || !c.final && c.code >= 500 && f.RetryAfter != refusalPause {
			t.Errorf("%s %d %s: final %t after %v, want %t", c.step, c.code, c.text, f.Permanent, f.RetryAfter, c.final)
		}
		server.Answer(c.step, 0, "")
	}
	mustDeliver(t, s, email())
	server.Next(t)
	server.None(t)
}

func TestWhatAnErrorOfTwilioIsAbout(t *testing.T) {
	for _, c := range []struct {
		about subject
		codes []int
	}{
		{aboutUs, []int{10001, 20003, 20403, 20404, 20429, 20500, 20503, 21210, 21212, 21215, 21408, 21606, 21608, 21611, 21612, 21659, 21703, 30001, 30002, 30007, 30022, 30023, 30032, 30034, 30450, 572005, 0, 20001, 29999, 999999}},
		{aboutAddress, []int{13224, 21211, 21214, 21217, 21265, 21401, 21407, 21421, 21610, 21614, 21635, 30003, 30004, 30005, 30006}},
	} {
		for _, code := range c.codes {
			if got := twilioSubject(code); got != c.about {
				t.Errorf("%d is about %d, want %d", code, got, c.about)
			}
			for _, status := range []int{400, 403, 429, 500} {
				if f := twilioFailure(status, nil, code, ""); f.Permanent != (c.about == aboutAddress) {
					t.Errorf("%d with status %d: final %t", code, status, f.Permanent)
				}
			}
		}
	}
	for code, e := range twilioErrors {
		if e.says == "" || e.subject == aboutAddress && e.after != 0 {
			t.Errorf("%d: %+v", code, e)
		}
	}
}

func TestWhatTheAnswerOfAWebhookIsAbout(t *testing.T) {
	for about, statuses := range map[subject][]int{
		aboutUs:      {401, 402, 403, 407, 408, 425, 429, 500, 501, 502, 503, 504, 599},
		aboutAddress: {301, 302, 307, 308, 400, 404, 405, 410, 413, 422, 451},
	} {
		for _, status := range statuses {
			if got := webhookSubject(status); got != about {
				t.Errorf("%d is about %d, want %d", status, got, about)
			}
		}
	}
}

// A mail that is refused because of us goes out when the server takes it, as long as the code
// lives.
func TestMailIsSentOnceTheServerTakesUs(t *testing.T) {
	server, s := plainMail(t)
	server.Answer(deliverytest.AtRcpt, 550, "Daily user sending limit exceeded")
	m := email()
	w := New(nil, Options{Queues: []Queue{{Name: m.Queue, Type: m.Type, Deliverer: s}}})
	first := w.attempt(t.Context(), w.lanes[0], m)
	if first.Next.IsZero() || first.Next.Before(time.Now().Add(refusalPause/2)) || !first.Next.Before(m.EndsAt) {
		t.Errorf("tried again at %v, want in about %v", first.Next, refusalPause)
	}
	server.Answer(deliverytest.AtRcpt, 0, "")
	if second := w.attempt(t.Context(), w.lanes[0], m); second.FailureReason != "" || second.Reason() != oncall.MessageReason("") {
		t.Errorf("got %+v", second)
	}
	server.Next(t)
	server.None(t)
}

// FuzzMailRefusal looks for a reply that is final though it may be gone in a minute.
func FuzzMailRefusal(f *testing.F) {
	for _, c := range refusedMail {
		for _, text := range c.texts {
			f.Add(text[3:])
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, reply := range []mailReply{{421, text, atRecipient}, {450, text, atData}, {550, text, atSender}, {550, text, atConnect}, {530, text, atRecipient}, {535, text, atData}, {550, "4.7.1 " + text, atRecipient}, {550, text + " try again later", atRecipient}} {
			if reply.subject() != aboutUs {
				t.Errorf("%+v is about the address", reply)
			}
		}
	})
}
