package handlers

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// Phone is a provider of text messages and calls that reports what became of them, and
// hands on replies.
type Phone interface {
	// Genuine reports whether the provider signed the form posted to a URL.
	Genuine(url, signature string, form url.Values) bool
	// Status reads a delivery report; false means that it changes nothing.
	Status(form url.Values) (oncall.Report, bool)
	// Reply reads an incoming text message.
	Reply(form url.Values) (oncall.Reply, bool)
	// Speak returns the answer that speaks a sentence in a call.
	Speak(sentence string) []byte
	// Answer returns the answer that sends a text message back; "" sends none.
	Answer(sentence string) []byte
}

// Hook is a program that sends messages and reports what became of them.
type Hook interface {
	// Read returns the report in a request that the program signed.
	Read(header http.Header, body []byte) (oncall.Report, error)
}

// The paths that providers call. Those with a message have its id at the end.
const (
	twilioStatusPath = "/callbacks/twilio/status/"
	twilioCallPath   = "/callbacks/twilio/call/"
	// TwilioReplyPath is the path to which Twilio posts the replies to a number.
	TwilioReplyPath = "/callbacks/twilio/reply"
	webhookPath     = "/callbacks/webhook"
)

const twilioSignature = "X-Twilio-Signature"

// fromPhone reads a form of the provider and checks its signature.
func (p *Pages) fromPhone(c echo.Context) (url.Values, error) {
	if p.phone == nil {
		return nil, echo.ErrNotFound
	}
	form, err := readForm(c)
	if err != nil {
		return nil, err
	}
	if !p.phone.Genuine(p.origin+c.Request().URL.RequestURI(), c.Request().Header.Get(twilioSignature), form) {
		return nil, echo.NewHTTPError(http.StatusForbidden, "no signature of the provider")
	}
	return form, nil
}

// report stores what a provider reports. A report about a deleted message is accepted too,
// because the provider would repeat it.
func (p *Pages) report(c echo.Context, r oncall.Report) error {
	err := p.outbox.Report(c.Request().Context(), actor(c), r)
	if err != nil && !gone(err) {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (p *Pages) twilioStatus(c echo.Context) error {
	form, err := p.fromPhone(c)
	if err != nil {
		return err
	}
	r, ok := p.phone.Status(form)
	if !ok {
		return c.NoContent(http.StatusNoContent)
	}
	r.Message = c.Param("message")
	return p.report(c, r)
}

// twilioCall takes the keys pressed during a call.
func (p *Pages) twilioCall(c echo.Context) error {
	form, err := p.fromPhone(c)
	if err != nil {
		return err
	}
	answer, err := p.contacts.AcceptCall(c.Request().Context(), actor(c), c.Param("message"), form.Get("Digits"))
	if err != nil {
		return err
	}
	return p.twiml(c, p.phone.Speak(callAnswers[answer]))
}

// callAnswers are spoken after keys were pressed.
var callAnswers = map[contacts.CallAnswer]string{
	contacts.CallIgnored:  "Nothing was changed. Goodbye.",
	contacts.CallAccepted: "Thank you. On-call pages reach you here from now on. Goodbye.",
	contacts.CallWrong:    "This code is not right. Goodbye.",
	contacts.CallOver:     "This call is too old to answer. Ask for a new one. Goodbye.",
}

func (p *Pages) twilioReply(c echo.Context) error {
	form, err := p.fromPhone(c)
	if err != nil {
		return err
	}
	reply, ok := p.phone.Reply(form)
	if !ok {
		return p.twiml(c, p.phone.Answer(""))
	}
	answer, err := p.contacts.Reply(c.Request().Context(), actor(c), reply)
	if err != nil {
		return err
	}
	return p.twiml(c, p.phone.Answer(answer))
}

func (p *Pages) twiml(c echo.Context, text []byte) error {
	return c.Blob(http.StatusOK, "text/xml; charset=utf-8", text)
}

func (p *Pages) webhookReport(c echo.Context) error {
	if p.hook == nil {
		return echo.ErrNotFound
	}
	body, err := io.ReadAll(c.Request().Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); err != nil && !tooLarge {
		return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	if err != nil {
		return err
	}
	r, err := p.hook.Read(c.Request().Header, body)
	if err != nil {
		return echo.NewHTTPError(http.StatusForbidden, "no report of the program that sends messages").SetInternal(err)
	}
	return p.report(c, r)
}
