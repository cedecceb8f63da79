package config_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v3"

	"callbook/internal/config"
)

var (
	smtp    = []string{"--smtp-url", "smtp://ana:hush@mail.example.org:587", "--smtp-from", "callbook@example.org"}
	twilio  = []string{"--twilio-account-sid", "AC1", "--twilio-auth-token", "hush", "--twilio-from", "+15005550006"}
	service = []string{"--twilio-account-sid", "AC1", "--twilio-auth-token", "hush", "--twilio-from", "MG1"}
	apiKey  = []string{"--twilio-account-sid", "AC1", "--twilio-api-key", "SK1", "--twilio-api-secret", "hush", "--twilio-from", "+1 500 555 0006"}
	webhook = []string{"--webhook-url", "https://hook.example.org", "--webhook-secret", "hush"}
)

func TestEachTypeIsSentByOne(t *testing.T) {
	for _, test := range []struct {
		args              []string
		text, call, email config.Deliverer
	}{
		{nil, config.Nothing, config.Nothing, config.Nothing},
		{smtp, config.Nothing, config.Nothing, config.SMTP},
		{twilio, config.Twilio, config.Twilio, config.Nothing},
		{service, config.Twilio, config.Nothing, config.Nothing},
		{apiKey, config.Twilio, config.Twilio, config.Nothing},
		{slices.Concat(twilio, apiKey[2:6]), config.Twilio, config.Twilio, config.Nothing},
		{append(slices.Clone(service[:4]), "--twilio-from", " MG1 "), config.Twilio, config.Nothing, config.Nothing},
		{webhook, config.Webhook, config.Webhook, config.Webhook},
		{slices.Concat(smtp, service, webhook), config.Twilio, config.Webhook, config.SMTP},
		{slices.Concat(smtp, twilio, webhook, []string{"--webhook-types", "voice, VOICE"}), config.Twilio, config.Webhook, config.SMTP},
		{slices.Concat(webhook, []string{"--webhook-types", "EMAIL,SMS"}), config.Webhook, config.Nothing, config.Webhook},
		{[]string{"--dev-messages"}, config.Shown, config.Shown, config.Shown},
		{[]string{"--demo"}, config.Shown, config.Shown, config.Shown},
	} {
		c := given(t, nil, test.args...)
		if err := c.Check(); err != nil {
			t.Errorf("%q: %v", test.args, err)
		}
		want := []config.Deliverer{test.text, test.call, test.email}
		if diff := cmp.Diff(want, []config.Deliverer{c.SentBy("SMS"), c.SentBy("VOICE"), c.SentBy("EMAIL")}); diff != "" {
			t.Errorf("%q: %s", test.args, diff)
		}
	}
}

func TestSettingsOfDeliveryGoTogether(t *testing.T) {
	for _, all := range [][]string{smtp, twilio, apiKey, webhook} {
		for i := 0; i < len(all); i += 2 {
			c := given(t, nil, slices.Concat(all[:i], all[i+2:])...)
			if err := c.Check(); err == nil || !strings.Contains(err.Error(), "go together: add "+all[i]) || strings.Contains(err.Error(), "\n") {
				t.Errorf("without %s: %v, want one line that asks for it", all[i], err)
			}
		}
	}
}

func TestMistakesInDeliveryAreEachALine(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{slices.Concat(webhook, []string{"--webhook-types", "SMS,FAX, "}),
			"--webhook-types: \"FAX\" is none of SMS, VOICE and EMAIL\n--webhook-types: \" \" is none of SMS, VOICE and EMAIL"},
		{slices.Concat(twilio, apiKey[2:4]), "the settings of Twilio's API key go together: add --twilio-api-secret or --twilio-api-secret-file, or leave all out"},
		{slices.Concat(twilio, apiKey[4:6]), "the settings of Twilio's API key go together: add --twilio-api-key or --twilio-api-key-file, or leave all out"},
		{slices.Concat(twilio[:2], twilio[4:]), "the settings of Twilio go together: add --twilio-auth-token or --twilio-auth-token-file, or leave all out"},
		{[]string{"--smtp-helo", "callbook.example.org"}, "--smtp-helo is a name for the mail server: add --smtp-url, or leave it out"},
		{[]string{"--messages-per-day=-1"}, "--messages-per-day -1 is less than nothing: 0 is for no limit"},
		{[]string{"--webhook-types", "SMS"}, "--webhook-types says what the webhook sends: add --webhook-url, or leave it out"},
		{slices.Concat(smtp, twilio, webhook), "nothing is left to be sent by --webhook-url: change --webhook-types, or leave out what sends nothing"},
		{slices.Concat(smtp, twilio, webhook, []string{"--webhook-types", "SMS,VOICE,EMAIL"}),
			"nothing is left to be sent by --smtp-url or --smtp-url-file and --twilio-account-sid: change --webhook-types, or leave out what sends nothing"},
		{slices.Concat(smtp, webhook, []string{"--dev-messages"}),
			"--dev-messages shows messages instead of sending them: leave it out, or leave out --smtp-url or --smtp-url-file and --webhook-url"},
		{slices.Concat(twilio, []string{"--demo"}), "--demo shows messages instead of sending them: leave it out, or leave out --twilio-account-sid"},
		{[]string{"--sms-countries", "DE,deu,4"}, "--sms-countries: \"deu\" is not the two letters of a country, such as DE\n--sms-countries: \"4\" is not the two letters of a country, such as DE"},
		{[]string{"--codes-per-hour=-1", "--codes-per-prefix=-2"}, "--codes-per-hour -1 is less than nothing: 0 is for no limit\n--codes-per-prefix -2 is less than nothing: 0 is for no limit"},
		{slices.Concat(smtp[:2], []string{"--dev-messages", "--webhook-types", "SMS", "--codes-per-hour=-1"}),
			"the settings of SMTP go together: add --smtp-from, or leave all out\n" +
				"--webhook-types says what the webhook sends: add --webhook-url, or leave it out\n" +
				"--dev-messages shows messages instead of sending them: leave it out, or leave out --smtp-url or --smtp-url-file\n" +
				"--codes-per-hour -1 is less than nothing: 0 is for no limit"},
	} {
		c := given(t, nil, test.args...)
		if diff := cmp.Diff(test.want, fmt.Sprint(c.Check())); diff != "" {
			t.Errorf("%q: %s", test.args, diff)
		}
	}
}

func TestCountriesAreTwoCapitals(t *testing.T) {
	c := given(t, map[string]string{"CALLBOOK_SMS_COUNTRIES": "DE, at,GB"})
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"DE", "AT", "GB"}, c.Countries()); diff != "" {
		t.Error(diff)
	}
	if c = given(t, nil); c.Countries() != nil || c.CodesPerHour != 2000 || c.CodesPerPrefix != 100 || c.MessagesPerDay != 20000 {
		t.Errorf("by default: %q, %d, %d and %d", c.Countries(), c.CodesPerHour, c.CodesPerPrefix, c.MessagesPerDay)
	}
}

func TestPasswordOfTheMailServerIsNeverPrinted(t *testing.T) {
	var c config.Config
	flags := c.Flags(func(key string) string {
		return map[string]string{"CALLBOOK_SMTP_URL": "smtp://ana:hush hush@mail:x?tls=%", "CALLBOOK_LISTEN": "?", "CALLBOOK_DEMO": "1"}[key]
	})
	command := cli.Command{Flags: flags, Action: func(context.Context, *cli.Command) error { return nil }}
	if err := command.Run(t.Context(), []string{"callbook"}); err != nil {
		t.Fatal(err)
	}
	if text, err := c.SMTPURL.Read(); err != nil || !strings.Contains(text, "hush") {
		t.Fatalf("got %q, %v", text, err)
	}
	document, err := json.Marshal(c)
	printed := fmt.Sprintf("%v %+v %#v %s %v %v %v %s", c, c, c, document, err, c.Check(), config.Settings(flags), config.Help(flags)+config.Table(flags))
	if strings.Contains(printed, "hush") {
		t.Errorf("it is printed: %s", printed)
	}
}

// A mistake that several parts of the program find is told once.
func TestMistakeIsToldOnce(t *testing.T) {
	one, two := errors.New("one is wrong"), errors.New("two is wrong")
	for want, errs := range map[string][]error{
		"<nil>":                      {nil, nil},
		"one is wrong":               {one, nil, errors.Join(nil, one), one},
		"one is wrong\ntwo is wrong": {errors.Join(one, two), one, errors.Join(two, one)},
		"two is wrong\none is wrong": {two, errors.Join(two, one), errors.New("two is wrong\none is wrong")},
	} {
		if got := fmt.Sprint(config.Once(errs...)); got != want {
			t.Errorf("%v: got %q, want %q", errs, got, want)
		}
	}
}
