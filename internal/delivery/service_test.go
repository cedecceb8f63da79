package delivery_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/delivery"
	"callbook/internal/delivery/deliverytest"
	"callbook/internal/oncall"
)

const (
	account = "AC00000000000000000000000000000001"
	token   = "the-token-of-the-account-7f21"
	secret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	number  = "+12065550100"
	address = "ada@example.org"
)

var manager = oncalltest.Manager

// person answers from outside, without an account.
var person = oncall.Actor{Door: oncall.Link, Client: "192.0.2.7"}

// rig is a whole Callbook without its pages: the domain on SQLite, a Worker, and
// providers on this machine. Email goes by SMTP, SMS and calls by Twilio.
type rig struct {
	*oncalltest.World
	mail    *deliverytest.MailServer
	twilio  *deliverytest.TwilioServer
	origin  string
	worker  *delivery.Worker
	contact oncall.ARN

	mu     sync.Mutex
	nudged []oncall.ChannelType
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{mail: deliverytest.NewMailServer(t, deliverytest.MailOptions{STARTTLS: true}), twilio: deliverytest.NewTwilio(t, account, token)}
	r.World = oncalltest.New(t, func(o *oncalltest.Options) {
		o.Mails = true
		o.OnPosted = func(_ oncall.Queue, channel oncall.ChannelType) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.nudged = append(r.nudged, channel)
		}
	})
	callbacks := http.NewServeMux()
	front := httptest.NewServer(callbacks)
	t.Cleanup(front.Close)
	r.origin = front.URL
	writer := delivery.Writer{Origin: r.origin}
	smtp, err := delivery.NewSMTPTrusting(delivery.SMTPOptions{URL: "smtp://" + r.mail.Addr, From: "Callbook <callbook@example.org>"}, writer, r.mail.Roots)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = smtp.Close() })
	twilio, err := delivery.NewTwilio(delivery.TwilioOptions{BaseURL: r.twilio.URL, AccountSID: account, AuthToken: token, From: "+15005550006"}, writer)
	if err != nil {
		t.Fatal(err)
	}
	callbacks.HandleFunc("POST /callbacks/twilio/status/{id}", r.status(twilio))
	r.worker = r.newWorker(smtp, twilio)
	r.contact, err = r.CreateContact(t.Context(), manager, oncall.NewContact{Alias: "ada", DisplayName: "Ada Lovelace", Type: oncall.Personal})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// newWorker is a Worker with a lane for everything.
func (r *rig) newWorker(email, phone delivery.Deliverer) *delivery.Worker {
	o := delivery.Options{Now: r.Clock.Now, Jitter: func() float64 { return 0.5 }}
	for _, class := range oncall.Queues() {
		for _, channel := range oncall.ChannelTypes() {
			by := phone
			if channel == oncall.Email {
				by = email
			}
			o.Queues = append(o.Queues, delivery.Queue{Name: class, Type: channel, Deliverer: by, MaxConcurrent: 4})
		}
	}
	return delivery.New(r.Rooms, o)
}

// status is the callback as the pages answer it.
func (r *rig) status(twilio *delivery.Twilio) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		if q.ParseForm() != nil || !twilio.Genuine(r.origin+q.URL.Path, q.Header.Get("X-Twilio-Signature"), q.PostForm) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		report, ok := twilio.Status(q.PostForm)
		if report.Message = q.PathValue("id"); !ok {
			return
		}
		if err := r.Report(q.Context(), person, report); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}
}

// add adds a channel, whose code is in the outbox then.
func (r *rig) add(t *testing.T, channel oncall.ChannelType) oncall.ARN {
	t.Helper()
	to := number
	if channel == oncall.Email {
		to = address
	}
	arn, err := r.CreateChannel(t.Context(), oncalltest.Program, oncall.NewChannel{Contact: r.contact, Name: "mobile", Type: channel, Address: to})
	if err != nil {
		t.Fatal(err)
	}
	return arn
}

// send sends what is due, and returns how many messages were tried.
func (r *rig) send(t *testing.T, channel oncall.ChannelType) int {
	t.Helper()
	n, err := r.worker.RunOnce(t.Context(), oncall.ActivationQueue, channel)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// newest is the newest message about a channel.
func (r *rig) newest(t *testing.T, arn oncall.ARN) contacts.SentMessage {
	t.Helper()
	list, err := r.Messages(t.Context(), manager, arn)
	if err != nil || len(list) == 0 {
		t.Fatalf("got %d messages, %v", len(list), err)
	}
	return list[0]
}

// receipts are the kinds of the receipts of the newest message, in order.
func (r *rig) receipts(t *testing.T, arn oncall.ARN) (kinds []oncall.ReceiptKind) {
	t.Helper()
	for _, receipt := range r.newest(t, arn).Receipts {
		kinds = append(kinds, receipt.Kind)
	}
	return kinds
}

func (r *rig) wantReceipts(t *testing.T, arn oncall.ARN, want ...oncall.ReceiptKind) {
	t.Helper()
	if diff := cmp.Diff(want, r.receipts(t, arn)); diff != "" {
		t.Errorf("the receipts: %s", diff)
	}
}

func (r *rig) wantState(t *testing.T, arn oncall.ARN, want oncall.ActivationState) {
	t.Helper()
	d, err := r.Channel(t.Context(), manager, arn)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.State(); got != want {
		t.Errorf("the channel is %s, want %s", got, want)
	}
}

var (
	sixDigits = regexp.MustCompile(`\b\d{6}\b`)
	spoken    = regexp.MustCompile(`(\d, ){5}\d`)
	linkToken = regexp.MustCompile(`/activate/([A-Za-z0-9_\-]+)`)
)

// arrived reads the code from the message that came next.
func (r *rig) arrived(t *testing.T, channel oncall.ChannelType) (code, text string) {
	t.Helper()
	switch channel {
	case oncall.Email:
		text = r.mail.Next(t).Read(t).Text
	case oncall.SMS:
		text = r.twilio.Next(t).Form.Get("Body")
	default:
		text = r.twilio.Next(t).Form.Get("Twiml")
		return strings.ReplaceAll(spoken.FindString(text), ", ", ""), text
	}
	return sixDigits.FindString(text), text
}

// silent fails the test when anything arrived that nobody has read.
func (r *rig) silent(t *testing.T) {
	t.Helper()
	r.mail.None(t)
	r.twilio.None(t)
}

func TestCodeThatArrivedActivates(t *testing.T) {
	for _, channel := range oncall.ChannelTypes() {
		r := newRig(t)
		arn := r.add(t, channel)
		if r.send(t, channel) != 1 || r.send(t, channel) != 0 {
			t.Error("want one message, once")
		}
		code, text := r.arrived(t, channel)
		r.silent(t)
		r.wantReceipts(t, arn, oncall.ReceiptSent)
		r.wantState(t, arn, oncall.NotActivated)
		if err := r.ActivateChannel(t.Context(), manager, arn, code); err != nil {
			t.Errorf("%s: the code %q of %q: %v", channel, code, text, err)
		}
		r.wantState(t, arn, oncall.Active)
	}
}

func TestLinkThatArrivedActivates(t *testing.T) {
	for _, channel := range []oncall.ChannelType{oncall.Email, oncall.SMS} {
		r := newRig(t)
		arn := r.add(t, channel)
		r.send(t, channel)
		_, text := r.arrived(t, channel)
		found := linkToken.FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("there is no link in %q", text)
		}
		if _, err := r.ActivateByLink(t.Context(), person, found[1]); err != nil {
			t.Error(err)
		}
		r.wantState(t, arn, oncall.Active)
		if _, err := r.ActivateByLink(t.Context(), person, found[1]); err == nil {
			t.Error("the link works twice")
		}
	}
}

func TestReplyWithTheCodeThatArrivedActivates(t *testing.T) {
	r := newRig(t)
	arn := r.add(t, oncall.SMS)
	r.send(t, oncall.SMS)
	code, _ := r.arrived(t, oncall.SMS)
	if _, err := r.Reply(t.Context(), person, oncall.Reply{From: number, Text: code, Reference: "SM1"}); err != nil {
		t.Fatal(err)
	}
	r.wantState(t, arn, oncall.Active)
}

func TestInvitationTravelsInItsOwnLane(t *testing.T) {
	r := newRig(t)
	r.add(t, oncall.Email)
	if err := r.ForgotPassword(t.Context(), person, "nobody@example.org", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SendTest(t.Context(), oncalltest.Admin, oncall.Email, "admin@example.org"); err != nil {
		t.Fatal(err)
	}
	n, err := r.worker.RunOnce(t.Context(), oncall.AccountQueue, oncall.Email)
	if n != 1 || err != nil {
		t.Errorf("got %d, %v, want the test alone", n, err)
	}
	if got := r.mail.Next(t).To; !cmp.Equal(got, []string{"admin@example.org"}) {
		t.Errorf("the mail went to %q", got)
	}
	r.silent(t)
}

func TestNothingIsLostWhileAProviderIsDown(t *testing.T) {
	faults := map[string]deliverytest.Fault{
		"500": deliverytest.Status(500, ""), "503": deliverytest.Status(503, ""), "429": deliverytest.Status(429, "", "Retry-After", "3"),
		"token": deliverytest.Status(401, `{"code": 20003, "message": "Authenticate"}`),
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			arn := r.add(t, oncall.SMS)
			r.twilio.Do(fault)
			r.send(t, oncall.SMS)
			if got := r.newest(t, arn); got.State != oncall.MessageWaiting || got.FailureReason == "" {
				t.Errorf("the message is %s and says %q", got.State, got.FailureReason)
			}
			if r.send(t, oncall.SMS) != 0 {
				t.Error("it was tried again at once")
			}
			r.twilio.Do(nil)
			r.Clock.Pass(r.newest(t, arn).DueAt.Sub(r.Now()))
			r.send(t, oncall.SMS)
			code, _ := r.arrived(t, oncall.SMS)
			r.silent(t)
			r.wantReceipts(t, arn, oncall.ReceiptError, oncall.ReceiptSent)
			if err := r.ActivateChannel(t.Context(), manager, arn, code); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMailServerThatIsBusyGetsTheMailLater(t *testing.T) {
	r := newRig(t)
	arn := r.add(t, oncall.Email)
	r.mail.Answer(deliverytest.AtRcpt, 451, "greylisted "+address)
	r.send(t, oncall.Email)
	r.mail.Answer(deliverytest.AtRcpt, 0, "")
	r.Clock.Pass(2 * time.Second)
	r.send(t, oncall.Email)
	code, _ := r.arrived(t, oncall.Email)
	r.silent(t)
	for _, receipt := range r.newest(t, arn).Receipts {
		if strings.Contains(receipt.Detail, address) || strings.Contains(receipt.Detail, code) {
			t.Errorf("a receipt says %q", receipt.Detail)
		}
	}
	r.wantReceipts(t, arn, oncall.ReceiptError, oncall.ReceiptSent)
}

func TestPermanentRefusalEndsTheMessage(t *testing.T) {
	r := newRig(t)
	arn := r.add(t, oncall.Email)
	r.mail.Answer(deliverytest.AtRcpt, 550, "no such user")
	r.send(t, oncall.Email)
	r.mail.Answer(deliverytest.AtRcpt, 0, "")
	r.Clock.Pass(30 * time.Minute)
	r.send(t, oncall.Email)
	r.silent(t)
	if got := r.newest(t, arn); got.State != oncall.MessageFailed || got.FailureReason != "the mail server refused it: 5.7.1 no such user" {
		t.Errorf("the message is %s and says %q", got.State, got.FailureReason)
	}
}

func TestWithoutAProviderTheChannelSaysSo(t *testing.T) {
	r := newRig(t)
	r.worker = r.newWorker(nil, nil)
	arn := r.add(t, oncall.SMS)
	r.send(t, oncall.SMS)
	if got := r.newest(t, arn); got.State != oncall.MessageFailed || got.FailureReason != "no SMS provider is configured" {
		t.Errorf("the message is %s and says %q", got.State, got.FailureReason)
	}
	r.wantReceipts(t, arn, oncall.ReceiptError)
}

// A process that dies between the commit and the send leaves a message that is
// claimed: it is due again when the lease is over.
func TestMessageOfAProcessThatDiedBeforeTheSendIsSent(t *testing.T) {
	r := newRig(t)
	arn := r.add(t, oncall.SMS)
	claimed, err := r.ClaimMessages(t.Context(), oncall.ActivationQueue, oncall.SMS, 8, delivery.Lease)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	r.Clock.Pass(delivery.Lease - time.Second)
	if r.send(t, oncall.SMS) != 0 {
		t.Error("it was sent while another process has it")
	}
	r.Clock.Pass(time.Second)
	if r.send(t, oncall.SMS) != 1 {
		t.Error("it was not sent when the lease was over")
	}
	code, _ := r.arrived(t, oncall.SMS)
	r.silent(t)
	if err := r.ActivateChannel(t.Context(), manager, arn, code); err != nil {
		t.Error(err)
	}
}

// Between the send and its receipt nothing can tell that the message has left: it
// goes out once more, and no oftener.
func TestProcessThatDiedBeforeTheReceiptSendsOnceMore(t *testing.T) {
	r := newRig(t)
	arn := r.add(t, oncall.Email)
	forgetful := delivery.New(deadBeforeReceipt{r.Rooms}, delivery.Options{Now: r.Clock.Now,
		Queues: []delivery.Queue{{Name: oncall.ActivationQueue, Type: oncall.Email, Deliverer: r.smtp(t)}}})
	if n, err := forgetful.RunOnce(t.Context(), oncall.ActivationQueue, oncall.Email); n != 1 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	for range 5 {
		r.Clock.Pass(delivery.Lease)
		r.send(t, oncall.Email)
	}
	first, second := r.mail.Next(t).Read(t), r.mail.Next(t).Read(t)
	r.silent(t) // two in all
	if first.Header.Get("Message-Id") != second.Header.Get("Message-Id") || first.Text != second.Text {
		t.Error("the duplicate has another Message-ID or another text")
	}
	r.wantReceipts(t, arn, oncall.ReceiptSent)
	if err := r.ActivateChannel(t.Context(), manager, arn, sixDigits.FindString(first.Text)); err != nil {
		t.Error(err)
	}
}

// deadBeforeReceipt is an outbox of a process that dies before it keeps anything.
type deadBeforeReceipt struct{ *oncalltest.Rooms }

// RecordAttempt keeps nothing, as nobody is there to do it.
func (deadBeforeReceipt) RecordAttempt(context.Context, oncall.Message, oncall.Attempt) error {
	return nil
}

func (r *rig) smtp(t *testing.T) *delivery.SMTP {
	t.Helper()
	s, err := delivery.NewSMTPTrusting(delivery.SMTPOptions{URL: "smtp://" + r.mail.Addr, From: "callbook@example.org"}, delivery.Writer{Origin: r.origin}, r.mail.Roots)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestNothingIsSentForADeadCode(t *testing.T) {
	another := "+12065550111"
	for name, kill := range map[string]func(t *testing.T, r *rig, arn oncall.ARN) (left int){
		"expired": func(_ *testing.T, r *rig, _ oncall.ARN) int {
			r.Clock.Pass(oncall.CodeTTL)
			return 0
		},
		"deleted": func(t *testing.T, r *rig, arn oncall.ARN) int {
			must(t, r.DeleteChannel(t.Context(), manager, arn))
			return 0
		},
		"contact deleted": func(t *testing.T, r *rig, _ oncall.ARN) int {
			must(t, r.DeleteContact(t.Context(), manager, r.contact))
			return 0
		},
		"burnt": func(t *testing.T, r *rig, arn oncall.ARN) int {
			for range oncall.MaxTries {
				_ = r.ActivateChannel(t.Context(), manager, arn, "000000") // where it is right, it ends the code too
			}
			return 0
		},
		"replaced": func(t *testing.T, r *rig, arn oncall.ARN) int {
			r.Clock.Pass(2 * time.Minute)
			must(t, r.SendActivationCode(t.Context(), manager, arn))
			return 1
		},
		"another address": func(t *testing.T, r *rig, arn oncall.ARN) int {
			_, err := r.UpdateChannel(t.Context(), oncalltest.Program, oncall.ChannelChange{Channel: arn, Address: &another})
			must(t, err)
			return 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			arn := r.add(t, oncall.SMS)
			left := kill(t, r, arn)
			for range 3 {
				r.send(t, oncall.SMS)
				r.Clock.Pass(delivery.Lease)
			}
			for range left { // the code that came after is sent, and is the one that is good
				code, _ := r.arrived(t, oncall.SMS)
				if err := r.ActivateChannel(t.Context(), manager, arn, code); err != nil {
					t.Errorf("the code that arrived is not good: %v", err)
				}
			}
			r.silent(t)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCallbackMayComeBeforeTheResponse(t *testing.T) {
	r := newRig(t)
	arn := r.add(t, oncall.SMS)
	r.twilio.BeforeAnswer(func(m deliverytest.TwilioMessage) {
		answer := r.twilio.SignedPost(t, m.Form.Get("StatusCallback"), url.Values{"MessageSid": {m.SID}, "MessageStatus": {"delivered"}})
		if answer.StatusCode != http.StatusOK {
			t.Errorf("the callback was answered with %d", answer.StatusCode)
		}
	})
	r.send(t, oncall.SMS)
	if got, sid := r.newest(t, arn), r.twilio.Next(t).SID; got.State != oncall.MessageDelivered || got.Reference != sid {
		t.Errorf("the message is %s as %q, want delivered as %q", got.State, got.Reference, sid)
	}
	r.wantReceipts(t, arn, oncall.ReceiptDelivered, oncall.ReceiptSent)
	r.Clock.Pass(delivery.Lease)
	if r.send(t, oncall.SMS) != 0 {
		t.Error("it was sent again")
	}
}

// The answer is lost, and Twilio says that the message arrived: it is not sent
// again.
func TestCallbackStopsWhatWouldBeTriedAgain(t *testing.T) {
	r := newRig(t)
	arn := r.add(t, oncall.SMS)
	r.twilio.Do(deliverytest.CutBefore)
	r.send(t, oncall.SMS)
	m := r.twilio.Next(t)
	r.twilio.Do(nil)
	r.twilio.SignedPost(t, m.Form.Get("StatusCallback"), url.Values{"MessageSid": {m.SID}, "MessageStatus": {"delivered"}})
	for range 3 {
		r.Clock.Pass(delivery.Lease)
		r.send(t, oncall.SMS)
	}
	r.silent(t)
	if got := r.newest(t, arn).State; got != oncall.MessageDelivered {
		t.Errorf("the message is %s, want delivered", got)
	}
}

func TestCallbacksThatComeTwiceCountOnce(t *testing.T) {
	r := newRig(t)
	arn := r.add(t, oncall.SMS)
	r.send(t, oncall.SMS)
	m := r.twilio.Next(t)
	post := func(status string) {
		r.twilio.SignedPost(t, m.Form.Get("StatusCallback"), url.Values{"MessageSid": {m.SID}, "MessageStatus": {status}})
	}
	for _, status := range []string{"queued", "delivered", "sent", "delivered", "undelivered", "delivered"} {
		post(status)
	}
	r.wantReceipts(t, arn, oncall.ReceiptSent, oncall.ReceiptDelivered, oncall.ReceiptError)
	if got := r.newest(t, arn).State; got != oncall.MessageDelivered {
		t.Errorf("the message is %s, want delivered", got)
	}
}

func TestForgedCallbackChangesNothing(t *testing.T) {
	r := newRig(t)
	arn := r.add(t, oncall.SMS)
	r.send(t, oncall.SMS)
	m := r.twilio.Next(t)
	forger := deliverytest.NewTwilio(t, account, "another token")
	answer := forger.SignedPost(t, m.Form.Get("StatusCallback"), url.Values{"MessageSid": {m.SID}, "MessageStatus": {"delivered"}})
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("the forged callback was answered with %d", answer.StatusCode)
	}
	r.wantReceipts(t, arn, oncall.ReceiptSent)
}

func TestAnyTypeTravelsByTheWebhook(t *testing.T) {
	for _, channel := range oncall.ChannelTypes() {
		r := newRig(t)
		server := deliverytest.NewWebhook(t, secret)
		hook, err := delivery.NewWebhook(server.URL, secret, delivery.Writer{Origin: r.origin}, nil)
		must(t, err)
		r.worker = r.newWorker(hook, hook)
		arn := r.add(t, channel)
		server.Do(deliverytest.CutBefore)
		r.send(t, channel)
		server.Do(nil)
		r.Clock.Pass(2 * time.Second)
		r.send(t, channel)
		first, second := server.Next(t), server.Next(t)
		server.None(t)
		if first.ID != second.ID {
			t.Errorf("sent again as %q, was %q", second.ID, first.ID)
		}
		body := []byte(`{"message": "` + first.Data.ID + `", "status": "READ", "reference": "r1"}`)
		report, err := hook.Read(server.Header("report-1", time.Now(), body), body)
		must(t, err)
		must(t, r.Report(t.Context(), person, report))
		r.wantReceipts(t, arn, oncall.ReceiptError, oncall.ReceiptSent, oncall.ReceiptRead)
		must(t, r.ActivateChannel(t.Context(), manager, arn, first.Data.Code))
	}
}

// The way as the program runs it: nobody polls, a commit nudges.
func TestRunningWorkerSendsWhatIsPosted(t *testing.T) {
	r := newRig(t)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.worker.Run(ctx) })
	arn := r.add(t, oncall.Email)
	r.worker.Nudge(oncall.ActivationQueue, oncall.Email)
	code, _ := r.arrived(t, oncall.Email)
	must(t, r.ActivateChannel(t.Context(), manager, arn, code))
	stop()
	running.Wait()
	r.silent(t)
	r.wantReceipts(t, arn, oncall.ReceiptSent)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.nudged) == 0 {
		t.Error("nobody was told that something is in the outbox")
	}
}
