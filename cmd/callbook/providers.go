package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"callbook/handlers"
	"callbook/internal/config"
	"callbook/internal/delivery"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
	"callbook/views"
)

// providers send the messages, as configured.
type providers struct {
	of      map[oncall.ChannelType]delivery.Deliverer // only the configured types
	smtp    *delivery.SMTP
	twilio  *delivery.Twilio
	webhook *delivery.Webhook
	dev     *delivery.Dev
}

// newProviders makes the configured providers. Links in messages and callback URLs begin
// with the origin; "" means none. It opens no connection. A mistake may be told more than
// once: a provider sends several types, and secrets are read by Config.Check too. A provider
// whose settings are not complete is left out: Config.Check tells of them.
func newProviders(c config.Config, origin string) (d providers, err error) {
	w := delivery.Writer{Origin: origin}
	d.of = map[oncall.ChannelType]delivery.Deliverer{}
	var mistakes []error
	for _, t := range oncall.ChannelTypes() {
		var err error
		switch c.SentBy(string(t)) {
		case config.Shown:
			d.of[t] = d.showing(w)
		case config.SMTP:
			d.of[t], err = d.mailing(c, w)
		case config.Twilio:
			d.of[t], err = d.phoning(c, w)
		case config.Webhook:
			d.of[t], err = d.posting(c, w)
		}
		mistakes = append(mistakes, err)
	}
	return d, errors.Join(mistakes...)
}

func (d *providers) showing(w delivery.Writer) delivery.Deliverer {
	if d.dev == nil {
		d.dev = delivery.NewDev(w)
	}
	return d.dev
}

func (d *providers) mailing(c config.Config, w delivery.Writer) (_ delivery.Deliverer, err error) {
	if c.SMTPFrom == "" {
		return nil, nil
	}
	url, err := c.SMTPURL.Read()
	if err != nil {
		return nil, err
	}
	o := delivery.SMTPOptions{URL: url, From: c.SMTPFrom, HELO: c.SMTPHelo}
	if public := c.Public(); public != nil {
		o.PublicHost = public.Hostname()
	}
	d.smtp, err = delivery.NewSMTP(o, w)
	return d.smtp, err
}

func (d *providers) phoning(c config.Config, w delivery.Writer) (_ delivery.Deliverer, err error) {
	if d.twilio != nil {
		return d.twilio, nil
	}
	if c.TwilioFrom == "" {
		return nil, nil
	}
	token, tokenErr := c.TwilioAuthToken.Read()
	key, keyErr := c.TwilioAPIKey.Read()
	secret, secretErr := c.TwilioAPISecret.Read()
	if err := errors.Join(tokenErr, keyErr, secretErr); err != nil {
		return nil, err
	}
	d.twilio, err = delivery.NewTwilio(delivery.TwilioOptions{BaseURL: c.TwilioBaseURL, AccountSID: c.TwilioAccountSID, AuthToken: token,
		APIKey: key, APISecret: secret, From: c.TwilioFrom}, w)
	return d.twilio, err
}

func (d *providers) posting(c config.Config, w delivery.Writer) (_ delivery.Deliverer, err error) {
	if d.webhook != nil {
		return d.webhook, nil
	}
	if !c.WebhookSecret.Given() {
		return nil, nil
	}
	secret, err := c.WebhookSecret.Read()
	if err != nil {
		return nil, err
	}
	d.webhook, err = delivery.NewWebhook(c.WebhookURL, secret, w, time.Now)
	return d.webhook, err
}

// warn logs what these settings cannot do. Links in messages begin with the origin; "" means
// none.
func (d *providers) warn(origin string, log *slog.Logger) {
	if d.twilio != nil && origin != "" && !d.twilio.Believes() {
		log.Warn("without --twilio-auth-token nothing that Twilio posts is believed: people cannot reply or press a key, and no delivery report is heard; an API key only sends")
	}
}

// close closes the connections.
func (d *providers) close() error {
	if d.twilio != nil {
		d.twilio.Close()
	}
	if d.webhook != nil {
		d.webhook.Close()
	}
	if d.smtp == nil {
		return nil
	}
	return d.smtp.Close()
}

// Default limits of a queue: messages sent at the same time, and in a second. They keep
// bursts within what providers usually accept.
var queueLimits = map[oncall.ChannelType]struct {
	atOnce    int
	perSecond float64
}{
	oncall.SMS: {16, 100}, oncall.Voice: {8, 20}, oncall.Email: {8, 0},
}

// maxConcurrentWebhook is how many messages a webhook gets at the same time.
const maxConcurrentWebhook = 64

// dispatch makes the worker that sends the messages of the outbox. tried is called after
// every attempt.
func (d *providers) dispatch(box *outbox.Outbox, tried func(oncall.Message, oncall.Attempt), log *slog.Logger) *delivery.Worker {
	var all []delivery.Queue
	for _, class := range oncall.Queues() {
		for _, t := range oncall.ChannelTypes() {
			queue := delivery.Queue{Name: class, Type: t, Deliverer: d.of[t], MaxConcurrent: queueLimits[t].atOnce, PerSecond: queueLimits[t].perSecond}
			if d.webhook != nil && d.of[t] == delivery.Deliverer(d.webhook) {
				queue.MaxConcurrent, queue.PerSecond = maxConcurrentWebhook, 0
			}
			all = append(all, queue)
		}
	}
	return delivery.New(box, delivery.Options{Queues: all, Log: log, OnAttempt: tried})
}

// show tells the pages which providers there are, and which may call back.
func (d *providers) show(pages *handlers.Options, origin string) {
	for _, t := range oncall.ChannelTypes() {
		way := views.Provider{Type: t}
		if by := d.of[t]; by != nil {
			way.By, way.Shown = by.Name(), d.dev != nil
		} else {
			way.Note = "Codes for these channels are not sent. Once something sends them, send new ones."
		}
		pages.Delivery = append(pages.Delivery, way)
	}
	if d.twilio != nil && d.twilio.Believes() && origin != "" {
		pages.Phone = d.twilio
	}
	if d.webhook != nil {
		pages.Hook = d.webhook
	}
	if d.dev != nil {
		pages.DevMessages = d.shown
	}
}

// shown returns the messages that development mode shows instead of sending.
func (d *providers) shown() []views.DevMessage {
	var list []views.DevMessage
	for _, m := range d.dev.Messages() {
		text := m.Words.Text
		if m.Type == oncall.Voice {
			text = m.Words.Speech
		}
		list = append(list, views.DevMessage{At: m.At, Type: m.Type, To: m.To, Subject: m.Words.Subject, Text: text, Link: m.Words.Link})
	}
	return list
}

// checkDelivery finds the mistakes in the settings of what sends messages that
// Config.Check does not, before anything is opened.
func checkDelivery(c config.Config) error {
	_, err := newProviders(c, "")
	return err
}

func checkCountries(c config.Config) error {
	if err := oncall.CheckCountries(c.Countries()); err != nil {
		return fmt.Errorf("--sms-countries: %w", err)
	}
	return nil
}

// linksBegin is what links in messages begin with: the public URL and, where
// nothing leaves this machine anyway, the listener's own.
func linksBegin(c config.Config, origin string) string {
	if c.PublicURL == "" && !c.ShowsMessages() {
		return ""
	}
	return origin
}
