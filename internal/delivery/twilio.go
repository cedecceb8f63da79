package delivery

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"callbook/internal/oncall"
)

// TwilioOptions are an account at Twilio.
type TwilioOptions struct {
	BaseURL    string // empty: https://api.twilio.com; http is for this machine only
	AccountSID string
	AuthToken  string
	From       string // a number in E.164, or the SID of a Messaging Service, which cannot call
}

// Twilio is a Deliverer of text messages and calls by Twilio's REST API of
// 2010-04-01 (https://www.twilio.com/docs/usage/api), or by what speaks as it
// does.
type Twilio struct {
	TwilioOptions
	account string // URL of the account
	writer  Writer
	client  *http.Client
}

// NewTwilio returns the deliverer for an account. With an origin in the Writer,
// Twilio reports there what became of a message, and calls can be answered by a key. It
// opens no connection.
func NewTwilio(o TwilioOptions, w Writer) (*Twilio, error) {
	o.BaseURL = strings.TrimSuffix(cmp.Or(o.BaseURL, "https://api.twilio.com"), "/")
	mistakes := []error{checkURL("--twilio-base-url", o.BaseURL)}
	if !strings.HasPrefix(o.AccountSID, "AC") || strings.ContainsAny(o.AccountSID, "/?#: ") {
		mistakes = append(mistakes, errors.New("--twilio-account-sid is not the SID of an account, which begins with AC"))
	}
	if !strings.HasPrefix(o.From, "+") && !strings.HasPrefix(o.From, "MG") {
		mistakes = append(mistakes, errors.New("--twilio-from is neither a number with + and the country code nor the SID of a Messaging Service, which begins with MG"))
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return &Twilio{TwilioOptions: o, account: o.BaseURL + "/2010-04-01/Accounts/" + o.AccountSID, writer: w, client: newClient()}, nil
}

// Close closes idle connections.
func (t *Twilio) Close() { t.client.CloseIdleConnections() }

// Name implements Deliverer.
func (t *Twilio) Name() string { return "Twilio" }

// Deliver implements Deliverer. Twilio has no idempotency key, so a message whose answer is
// lost may be sent twice.
func (t *Twilio) Deliver(ctx context.Context, m oncall.Message) (string, error) {
	resource, form := "/Messages.json", url.Values{"To": {m.Content.To}}
	switch {
	case m.Type == oncall.Voice && strings.HasPrefix(t.From, "MG"):
		return "", &Failure{Detail: "calls need a number in --twilio-from: a Messaging Service cannot call", Permanent: true}
	case m.Type == oncall.Voice:
		resource = "/Calls.json"
		t.call(form, m)
	case m.Type == oncall.SMS:
		t.text(form, m)
	default:
		return "", &Failure{Detail: "Twilio sends no email here", Permanent: true}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.account+resource, strings.NewReader(form.Encode()))
	if err != nil {
		return "", &Failure{Detail: "Twilio has no URL that can be opened", Permanent: true, Cause: err}
	}
	r.SetBasicAuth(t.AccountSID, t.AuthToken)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, header, answer, err := exchange(t.client, r)
	if err != nil {
		return "", unreached("Twilio", err)
	}
	var said struct {
		SID     string
		Code    int
		Message string
	}
	_ = json.Unmarshal(answer, &said) // an answer without JSON has no detail
	if status/100 == 2 {
		return referenceOf(said.SID, m), nil
	}
	return "", twilioFailure(status, header, said.Code, said.Message)
}

func (t *Twilio) text(form url.Values, m oncall.Message) {
	form.Set("Body", t.writer.Words(m).Text)
	if strings.HasPrefix(t.From, "MG") {
		form.Set("MessagingServiceSid", t.From)
	} else {
		form.Set("From", t.From)
	}
	if t.writer.Origin != "" {
		form.Set("StatusCallback", t.writer.Origin+"/callbacks/twilio/status/"+m.ID)
	}
	// A text message that arrives late is useless.
	if left := int(time.Until(m.EndsAt) / time.Second); left > 0 {
		form.Set("ValidityPeriod", strconv.Itoa(min(left, maxValidity)))
	}
}

// maxValidity is how many seconds Twilio may keep a text at most:
// https://www.twilio.com/docs/messaging/api/message-resource.
const maxValidity = 36_000

func (t *Twilio) call(form url.Values, m oncall.Message) {
	form.Set("From", t.From)
	answer := ""
	if t.writer.Origin != "" {
		form.Set("StatusCallback", t.writer.Origin+"/callbacks/twilio/status/"+m.ID)
		if m.Kind == oncall.CodeMessage {
			answer = t.writer.Origin + "/callbacks/twilio/call/" + m.ID
		}
	}
	form.Set("Twiml", string(callScript(t.writer.Words(m).Speech, answer)))
}

// saidStop is Twilio's code for a number whose owner replied STOP.
const saidStop = 21610

// refusals explain Twilio's codes to managers:
// https://www.twilio.com/docs/api/errors.
var refusals = map[int]string{
	13224: "this number cannot be called",
	21211: "this is not a number that can be reached",
	21214: "this number cannot be called",
	21215: "calls to this country are not allowed at Twilio",
	21217: "this number does not exist",
	21408: "text messages to this country are not allowed at Twilio",
	21606: "the number that --twilio-from names cannot send text messages",
	21610: "the person replied STOP to this number and has to reply START first",
	21612: "this number cannot be reached from the number that --twilio-from names",
	21614: "this number takes no text messages",
	30002: "the account at Twilio is suspended",
	30003: "the phone is switched off or out of reach",
	30004: "the phone blocks these messages",
	30005: "nobody has this number, or no longer",
	30006: "this is a landline, or its carrier takes no text messages",
	30007: "the carrier filtered the message",
	30008: "the carrier did not deliver the message, and does not say why",
	30034: "the number that --twilio-from names is not registered with the carriers",
}

// notNow are temporary errors that Twilio answers with a permanent status.
var notNow = map[int]time.Duration{
	20003: signInRefused, // no valid SID and token
	20429: time.Second,   // too many requests
	30001: time.Minute,   // the queue is full
	30002: signInRefused,
}

func twilioFailure(status int, header http.Header, code int, message string) *Failure {
	later, temporary := notNow[code]
	f := &Failure{Stopped: code == saidStop, Permanent: !again(status) && !temporary, RetryAfter: max(later, retryAfter(header, time.Now()))}
	switch {
	case status == http.StatusUnauthorized || code == 20003:
		f.Detail, f.Permanent, f.RetryAfter = "Twilio refused the sign-in: check the account SID and the token", false, signInRefused
	case refusals[code] != "":
		f.Detail = refusals[code]
	case message != "":
		f.Detail = "Twilio says: " + plainWords(message)
	case status == http.StatusTooManyRequests:
		f.Detail = "Twilio takes no more at this rate"
	default:
		f.Detail = "Twilio answered with status " + strconv.Itoa(status)
	}
	return f
}
