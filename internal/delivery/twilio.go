package delivery

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"callbook/internal/oncall"
)

// TwilioOptions are an account at Twilio.
type TwilioOptions struct {
	BaseURL    string // empty: https://api.twilio.com; http is for this machine only
	AccountSID string
	// AuthToken signs what Twilio posts to Callbook. Without it nothing that Twilio posts is
	// believed, and Twilio is not asked to post anything.
	AuthToken string
	// APIKey and APISecret sign in to Twilio's API in place of the token, if there is a key.
	APIKey    string
	APISecret string
	// From is a number, or the SID of a Messaging Service, which cannot call.
	From string
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
	o.AccountSID, o.APIKey = strings.TrimSpace(o.AccountSID), strings.TrimSpace(o.APIKey)
	from, err := parseTwilioFrom(o.From)
	o.From = from
	if err := errors.Join(checkURL("--twilio-base-url", o.BaseURL), checkAccountSID(o.AccountSID), checkAPIKey(o.APIKey), err); err != nil {
		return nil, err
	}
	return &Twilio{TwilioOptions: o, account: o.BaseURL + "/2010-04-01/Accounts/" + o.AccountSID, writer: w, client: newClient()}, nil
}

// sidForm is the SID of something at Twilio: two letters for its kind, and digits.
var sidForm = regexp.MustCompile(`^[A-Z]{2}[0-9A-Za-z]+$`)

func isSID(kind, text string) bool { return strings.HasPrefix(text, kind) && sidForm.MatchString(text) }

func checkAccountSID(text string) error {
	switch {
	case isSID("AC", text):
		return nil
	case isSID("SK", text):
		return errors.New("--twilio-account-sid is the SID of an API key: give it as --twilio-api-key, and here the SID of the account, which begins with AC")
	}
	return errors.New("--twilio-account-sid is not the SID of an account, which begins with AC")
}

func checkAPIKey(text string) error {
	switch {
	case text == "", isSID("SK", text):
		return nil
	case isSID("AC", text):
		return errors.New("--twilio-api-key is the SID of an account: give it as --twilio-account-sid, and here the SID of an API key, which begins with SK")
	}
	return errors.New("--twilio-api-key is not the SID of an API key, which begins with SK")
}

// parseTwilioFrom returns a number in E.164, however it is written, or the SID of a
// Messaging Service.
func parseTwilioFrom(text string) (string, error) {
	text = strings.TrimSpace(text)
	if isSID("MG", text) {
		return text, nil
	}
	if isSID("PN", text) {
		return "", errors.New("--twilio-from is the SID of a number: write the number itself, with + and the country code")
	}
	number, refusal := oncall.AddressInput{Type: oncall.Voice, Text: text, Typed: true, AllowCostly: true}.Parse()
	if refusal != nil {
		return "", errors.New("--twilio-from is neither a number with + and the country code nor the SID of a Messaging Service, which begins with MG")
	}
	return number.Canonical, nil
}

// Believes reports whether Twilio's signature can be checked: by the token of the account
// alone, also where an API key signs in.
func (t *Twilio) Believes() bool { return t.AuthToken != "" }

// callbackURL returns where Twilio posts to, or "" if it is not to post anything.
func (t *Twilio) callbackURL(path, message string) string {
	if t.writer.Origin == "" || !t.Believes() {
		return ""
	}
	return t.writer.Origin + "/callbacks/twilio/" + path + "/" + message
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
	if t.APIKey != "" {
		r.SetBasicAuth(t.APIKey, t.APISecret)
	} else {
		r.SetBasicAuth(t.AccountSID, t.AuthToken)
	}
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
	if status := t.callbackURL("status", m.ID); status != "" {
		form.Set("StatusCallback", status)
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
	if status := t.callbackURL("status", m.ID); status != "" {
		form.Set("StatusCallback", status)
		if m.Kind == oncall.CodeMessage {
			answer = t.callbackURL("call", m.ID)
		}
	}
	form.Set("Twiml", string(callScript(t.writer.Words(m).Speech, answer)))
}

// twilioFailure is the failure of an answer that does not take a message. A redirect is
// final: what answers there is not Twilio, and gets the message no second time.
func twilioFailure(status int, header http.Header, code int, message string) *Failure {
	about := twilioErrors[code]
	f := &Failure{Stopped: code == saidStop, Permanent: twilioSubject(code) == aboutAddress || status/100 == 3,
		RetryAfter: max(about.after, retryAfter(header, time.Now()))}
	otherwise := "Twilio answered with status " + strconv.Itoa(status)
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		f.RetryAfter = max(f.RetryAfter, signInRefused)
	case http.StatusTooManyRequests:
		otherwise = "Twilio takes no more at this rate"
	}
	if status == http.StatusUnauthorized {
		otherwise = twilioErrors[20003].says
	}
	if !f.Permanent && !again(status) {
		f.RetryAfter = max(f.RetryAfter, cmp.Or(about.after, refusalPause))
	}
	f.Detail = twilioSays(code, message, otherwise)
	return f
}
