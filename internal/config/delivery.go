package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"
)

// Deliverer is what takes the messages of a channel type.
type Deliverer string

// The deliverers.
const (
	Nothing Deliverer = ""      // messages of the type are not sent
	Shown   Deliverer = "shown" // at /dev/messages, to the admin
	SMTP    Deliverer = "smtp"
	Twilio  Deliverer = "twilio"
	Webhook Deliverer = "webhook"
)

// SentBy returns what takes the messages of a channel type: SMS, VOICE or EMAIL.
// A type that is named in --webhook-types goes to the webhook, whatever else could
// send it. The settings must have passed Check.
func (c *Config) SentBy(channelType string) Deliverer {
	named, _ := parseTypes(c.WebhookTypes)
	switch {
	case c.ShowsMessages():
		return Shown
	case slices.Contains(named, channelType):
		return Webhook
	case c.SMTPURL.Given() && channelType == "EMAIL":
		return SMTP
	case c.TwilioAccountSID != "" && (channelType == "SMS" || channelType == "VOICE" && c.twilioCalls()):
		return Twilio
	case c.WebhookURL != "" && named == nil:
		return Webhook
	}
	return Nothing
}

// ShowsMessages reports whether messages are shown to the admin instead of being
// sent.
func (c *Config) ShowsMessages() bool { return c.Demo || c.DevMessages }

// twilioCalls reports whether calls can come from what messages come from. A
// Messaging Service only texts:
// https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource.
func (c *Config) twilioCalls() bool { return !strings.HasPrefix(strings.TrimSpace(c.TwilioFrom), "MG") }

// Countries returns the ISO 3166 codes, in capitals, of the countries in which
// phone numbers may lie; none: in every one. The settings must have passed Check.
func (c *Config) Countries() []string {
	countries, _ := parseCountries(c.SMSCountries)
	return countries
}

// DeliveryFlags returns the settings of what sends messages.
func (c *Config) DeliveryFlags(getenv func(string) string) []cli.Flag {
	text := textFlags(getenv)
	return slices.Concat(
		c.SMTPURL.flags("smtp-url", "`URL` of the mail server for email, with its user and password: smtp://user:password@mail.example.org:587?tls=starttls; or tls=tls, or tls=none on this machine", getenv), []cli.Flag{
			text(&c.SMTPFrom, "smtp-from", "", "`ADDRESS` that email comes from, such as callbook@example.org"),
			text(&c.SMTPHelo, "smtp-helo", "", "`NAME` of this machine for the mail server (HELO); without it, the host of --public-url, else the domain of --smtp-from"),
			text(&c.TwilioBaseURL, "twilio-base-url", "https://api.twilio.com", "`URL` of Twilio, or of what speaks as it does"),
			text(&c.TwilioAccountSID, "twilio-account-sid", "", "`SID` of the account at Twilio that sends texts and calls (AC…)"),
		}, c.TwilioAuthToken.flags("twilio-auth-token", "`TOKEN` of the account at Twilio; it also shows that replies, keys and delivery reports come from Twilio", getenv),
		c.TwilioAPIKey.flags("twilio-api-key", "`SID` of an API key at Twilio (SK…) that sends in place of the token; replies, keys and delivery reports need the token all the same", getenv),
		c.TwilioAPISecret.flags("twilio-api-secret", "`SECRET` of the API key at Twilio", getenv), []cli.Flag{
			text(&c.TwilioFrom, "twilio-from", "", "`NUMBER` that texts and calls come from, as +15005550006; or the SID of a Messaging Service (MG…), which cannot call"),
			text(&c.WebhookURL, "webhook-url", "", "`URL` of a program that sends messages; they are posted to it, signed as Standard Webhooks says"),
		}, c.WebhookSecret.flags("webhook-secret", "`SECRET` that signs what is posted to the webhook (whsec_…)", getenv), []cli.Flag{
			text(&c.WebhookTypes, "webhook-types", "", "`TYPES` that the webhook sends, of SMS, VOICE and EMAIL with commas between, whatever else could; without it, those that nothing else sends"),
		})
}

// CheckDelivery returns the mistakes in the settings of DeliveryFlags, or nil. Only
// whether they go together is known here: what a value may be is known to what
// sends by it.
func (c *Config) CheckDelivery() error {
	mistakes := []error{c.SMTPURL.check(), c.TwilioAuthToken.check(), c.TwilioAPIKey.check(), c.TwilioAPISecret.check(), c.WebhookSecret.check(),
		goTogether("SMTP", c.SMTPURL.part(), part{"--smtp-from", c.SMTPFrom != ""}),
		goTogether("Twilio", part{"--twilio-account-sid", c.TwilioAccountSID != ""}, c.twilioSignIn(), part{"--twilio-from", c.TwilioFrom != ""}),
		goTogether("Twilio's API key", c.TwilioAPIKey.part(), c.TwilioAPISecret.part()),
		goTogether("the webhook", part{"--webhook-url", c.WebhookURL != ""}, c.WebhookSecret.part()),
	}
	if c.SMTPHelo != "" && !c.SMTPURL.Given() && c.SMTPFrom == "" {
		mistakes = append(mistakes, errors.New("--smtp-helo is a name for the mail server: add --smtp-url, or leave it out"))
	}
	if c.WebhookTypes != "" && c.WebhookURL == "" {
		mistakes = append(mistakes, errors.New("--webhook-types says what the webhook sends: add --webhook-url, or leave it out"))
	}
	return errors.Join(append(mistakes, c.checkShares())...)
}

// twilioSignIn is what signs in to Twilio: the token, or an API key.
func (c *Config) twilioSignIn() part {
	p := c.TwilioAuthToken.part()
	p.given = p.given || c.TwilioAPIKey.Given() || c.TwilioAPISecret.Given()
	return p
}

// checkShares returns a mistake where something that could send messages gets none,
// or where it is not clear which.
func (c *Config) checkShares() error {
	if _, err := parseTypes(c.WebhookTypes); err != nil {
		return err
	}
	var idle []string
	for _, sender := range []struct {
		part
		by Deliverer
	}{{c.SMTPURL.part(), SMTP}, {part{"--twilio-account-sid", c.TwilioAccountSID != ""}, Twilio}, {part{"--webhook-url", c.WebhookURL != ""}, Webhook}} {
		if sender.given && !slices.ContainsFunc(channelTypes(), func(t string) bool { return c.SentBy(t) == sender.by }) {
			idle = append(idle, sender.flag)
		}
	}
	switch {
	case idle == nil:
		return nil
	case c.ShowsMessages():
		return fmt.Errorf("%s shows messages instead of sending them: leave it out, or leave out %s", c.onlyHere(), strings.Join(idle, " and "))
	}
	return fmt.Errorf("nothing is left to be sent by %s: change --webhook-types, or leave out what sends nothing", strings.Join(idle, " and "))
}

// limitMistakes returns every mistake in what limits the sending of codes and the
// use of the API.
func (c *Config) limitMistakes() []error {
	mistakes := append(c.ruleMistakes(), notNegative("--api-rate", c.APIRate))
	if c.APIClockSkew < time.Second || c.APIClockSkew > time.Hour {
		mistakes = append(mistakes, fmt.Errorf("--api-clock-skew %v is not between 1s and 1h", c.APIClockSkew))
	}
	return mistakes
}

func (c *Config) ruleMistakes() []error {
	_, err := parseCountries(c.SMSCountries)
	return []error{err, notNegative("--codes-per-hour", c.CodesPerHour), notNegative("--codes-per-prefix", c.CodesPerPrefix), notNegative("--messages-per-day", c.MessagesPerDay)}
}

func notNegative(flag string, limit int) error {
	if limit < 0 {
		return fmt.Errorf("%s %d is less than nothing: 0 is for no limit", flag, limit)
	}
	return nil
}

// channelTypes are those of the domain, which this package does not know.
func channelTypes() []string { return []string{"SMS", "VOICE", "EMAIL"} }

func parseTypes(text string) ([]string, error) {
	return parseList("--webhook-types", text, "none of SMS, VOICE and EMAIL", func(item string) bool {
		return slices.Contains(channelTypes(), item)
	})
}

func parseCountries(text string) ([]string, error) {
	return parseList("--sms-countries", text, "not the two letters of a country, such as DE", func(item string) bool {
		return len(item) == 2 && strings.Trim(item, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	})
}

// parseList reads words with commas between, and makes them capitals. Nothing is
// no words. What is not good is a mistake that says what else it is.
func parseList(flag, text, what string, good func(item string) bool) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	var items []string
	var mistakes []error
	for given := range strings.SplitSeq(text, ",") {
		item := strings.ToUpper(strings.TrimSpace(given))
		if !good(item) {
			mistakes = append(mistakes, fmt.Errorf("%s: %q is %s", flag, given, what))
		}
		items = append(items, item)
	}
	return items, errors.Join(mistakes...)
}
