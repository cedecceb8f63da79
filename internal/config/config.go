// Package config is what an installation decides: every setting once, as a flag
// and as an environment variable.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"
)

// Config is the value of every setting of `callbook serve`.
type Config struct {
	Listen         string // host:port
	PublicURL      string // scheme, host and perhaps a port; empty: the listener's own address
	TLSCert        string // files of the chain and the key; both or none
	TLSKey         string
	TrustedProxies string // addresses and networks, with commas between
	Data           string // folder of callbook.db
	KeyFile        string // empty: beside the data folder
	AccountID      string
	Region         string
	LogFormat      string // text or json
	LogLevel       string // debug, info, warn or error
	AllowCostly    bool
	SMSCountries   string        // in which phone numbers may lie, with commas between; empty: every one
	CodesPerHour   int           // most codes, notices and tests for the whole installation; 0: no limit
	CodesPerPrefix int           // the same to numbers that share all but the last four digits; 0: no limit
	MessagesPerDay int           // the same in 24 hours, for the whole installation; 0: no limit
	APIRate        int           // most requests a second by one access key; 0: no limit
	APIClockSkew   time.Duration // how far the clock of a program may differ
	MetricsListen  string        // host:port of /metrics and the probes; empty: on Listen, the metrics to this machine alone
	OTLPEndpoint   string        // URL of a collector of traces; empty: nothing is traced
	Demo           bool
	DevMessages    bool // whether --dev-messages is given; ShowsMessages knows of Demo too

	SMTPURL          Secret // it holds a password
	SMTPFrom         string
	SMTPHelo         string // empty: the host of the public URL, else the domain of SMTPFrom
	TwilioBaseURL    string
	TwilioAccountSID string
	TwilioAuthToken  Secret
	TwilioAPIKey     Secret // SK…; without it the token signs in
	TwilioAPISecret  Secret
	TwilioFrom       string // a number, or the SID of a Messaging Service (MG…)
	WebhookURL       string
	WebhookSecret    Secret
	WebhookTypes     string // with commas between; empty: those that nothing else sends

	OpenIDIssuer string // empty: nobody signs in at a provider of identities
	OpenIDClient string // as what the provider knows this program
	OpenIDSecret Secret
	OpenIDRoles  string // of groups: oncall-admins=admin,oncall=manager
	OpenIDGroups string // the claim that names the groups
	OpenIDScopes string // with spaces between
	OpenIDName   string // what the button says after "Sign in with"
}

// DefaultData is where the data is kept unless something else is said.
const DefaultData = "./data"

// Flags returns every setting. getenv finds the environment variables.
func (c *Config) Flags(getenv func(string) string) []cli.Flag {
	return slices.Concat(c.networkFlags(getenv), c.DataFlags(getenv), c.scopeFlags(getenv), c.serverFlags(getenv), c.DeliveryFlags(getenv), c.openIDFlags(getenv))
}

// DataFlags returns the settings of every command that works with the database.
func (c *Config) DataFlags(getenv func(string) string) []cli.Flag {
	text := textFlags(getenv)
	return []cli.Flag{
		text(&c.Data, "data", DefaultData, "`FOLDER` that holds callbook.db; serve makes it where it does not exist"),
		text(&c.KeyFile, "key-file", "", "`FILE` of the keys that open the database; made with a new database, beside the data folder (./data.key) unless named here"),
	}
}

// TestFlags returns the settings of the command that sends a test without a server:
// DeliveryFlags, and the public URL, whose host a mail server is told.
func (c *Config) TestFlags(getenv func(string) string) []cli.Flag {
	return append(c.DeliveryFlags(getenv), c.networkFlags(getenv)[1])
}

// LinkFlags returns the settings of a command that prints links: DataFlags, and
// where people find Callbook.
func (c *Config) LinkFlags(getenv func(string) string) []cli.Flag {
	return append(c.DataFlags(getenv), c.networkFlags(getenv)[:2]...)
}

// Origin is what links begin with: the public URL, or the listener's. It is for
// commands, which have no listener to ask.
func (c *Config) Origin() (string, error) {
	if c.PublicURL != "" {
		public, err := parsePublicURL(c.PublicURL)
		if err != nil {
			return "", err
		}
		return public.String(), nil
	}
	if _, err := splitListen(c.Listen); err != nil || strings.HasSuffix(c.Listen, ":0") {
		return "", errors.Join(err, errors.New("name where people find Callbook by --public-url"))
	}
	return "http://" + c.Listen, nil
}

func (c *Config) networkFlags(getenv func(string) string) []cli.Flag {
	text := textFlags(getenv)
	return []cli.Flag{
		text(&c.Listen, "listen", "127.0.0.1:8080", "`ADDRESS` to listen on, a host and a port (0: any free one); one that other machines can reach needs --public-url, and TLS or a proxy"),
		text(&c.PublicURL, "public-url", "", "`URL` that people open, such as https://callbook.example.org; without it, that of the listener on this machine"),
		text(&c.TLSCert, "tls-cert", "", "`FILE` with the certificate and its chain (PEM); a new one is taken up while running"),
		text(&c.TLSKey, "tls-key", "", "`FILE` with the key of the certificate (PEM), not readable by everybody"),
		text(&c.TrustedProxies, "trusted-proxies", "", "`ADDRESSES` or networks (10.0.0.2,10.1.0.0/24) of the proxies whose X-Forwarded-For is believed"),
	}
}

// scopeFlags are for serve only: a command takes the scope of the database.
func (c *Config) scopeFlags(getenv func(string) string) []cli.Flag {
	text := textFlags(getenv)
	return []cli.Flag{
		text(&c.AccountID, "account-id", "000000000000", "the 12 `DIGITS` in every ARN; fixed once there is a contact"),
		text(&c.Region, "region", "us-east-1", "the `REGION` in every ARN; fixed once there is a contact"),
	}
}

// RuleFlags returns the settings of what adds contacts and channels: which numbers
// may be added, and how many codes leave.
func (c *Config) RuleFlags(getenv func(string) string) []cli.Flag {
	text, flag, number := textFlags(getenv), switchFlags(getenv), numberFlags(getenv)
	return []cli.Flag{
		flag(&c.AllowCostly, "allow-costly-numbers", "accept premium-rate, shared-cost and satellite numbers"),
		text(&c.SMSCountries, "sms-countries", "", "`COUNTRIES` in which phone numbers may lie, as two letters with commas between (DE,AT); without it, every one"),
		number(&c.CodesPerHour, "codes-per-hour", 2000, "most `CODES` that leave in an hour, for all channels together; notices of changed addresses and tests count too; 0: no limit"),
		number(&c.CodesPerPrefix, "codes-per-prefix", 100, "most `CODES` that leave in an hour to numbers that share all but the last four digits; notices and tests count too; 0: no limit"),
		number(&c.MessagesPerDay, "messages-per-day", 20000, "most `MESSAGES` that leave in 24 hours: codes, notices of changed addresses and tests; pages never count; 0: no limit"),
	}
}

func (c *Config) serverFlags(getenv func(string) string) []cli.Flag {
	text, flag, number := textFlags(getenv), switchFlags(getenv), numberFlags(getenv)
	return append(c.RuleFlags(getenv),
		number(&c.APIRate, "api-rate", 100, "most `REQUESTS` a second that one access key may make through the API, and twice as many at once; 0: no limit"),
		&cli.DurationFlag{Name: "api-clock-skew", Value: 5 * time.Minute, Usage: "how far the clock of a program that signs requests may differ, as a `TIME` from 1s to 1h", Destination: &c.APIClockSkew, Sources: fromEnv("api-clock-skew", getenv)},
		text(&c.MetricsListen, "metrics-listen", "", "`ADDRESS` of one more listener for /metrics, /healthz and /readyz, open to whoever reaches it; they are on --listen too, /metrics for this machine alone"),
		text(&c.OTLPEndpoint, "otlp-endpoint", "", "`URL` of an OpenTelemetry collector that takes traces over HTTP, such as http://127.0.0.1:4318; without it nothing is traced"),
		text(&c.LogFormat, "log-format", "text", "`FORMAT` of the log on standard error: text or json"),
		text(&c.LogLevel, "log-level", "info", "least `LEVEL` that is logged: debug, info, warn or error"),
		flag(&c.Demo, "demo", "start with invented contacts in a temporary database, gone at the end"),
		flag(&c.DevMessages, "dev-messages", "show messages to the admin at /dev/messages instead of sending them; only on this machine, and always with --demo"),
	)
}

// switchFlags makes flags that are on or off.
func switchFlags(getenv func(string) string) func(into *bool, name, usage string) cli.Flag {
	return func(into *bool, name, usage string) cli.Flag {
		return &cli.BoolFlag{Name: name, Usage: usage, Destination: into, Sources: fromEnv(name, getenv)}
	}
}

// numberFlags makes flags that take a number.
func numberFlags(getenv func(string) string) func(into *int, name string, value int, usage string) cli.Flag {
	return func(into *int, name string, value int, usage string) cli.Flag {
		return &cli.IntFlag{Name: name, Value: value, Usage: usage, Destination: into, Config: cli.IntegerConfig{Base: 10}, Sources: fromEnv(name, getenv)}
	}
}

// textFlags makes flags that take a text.
func textFlags(getenv func(string) string) func(into *string, name, value, usage string) *cli.StringFlag {
	return func(into *string, name, value, usage string) *cli.StringFlag {
		return &cli.StringFlag{Name: name, Value: value, Usage: usage, Destination: into, Sources: fromEnv(name, getenv)}
	}
}

// Help lists settings in lines, as the help of a command does.
func Help(settings []cli.Flag) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range settings {
		fmt.Fprintln(w, s)
	}
	_ = w.Flush() // a Builder takes everything
	return strings.TrimRight(b.String(), "\n")
}

// Table lists settings as a table in Markdown, for the documents.
func Table(settings []cli.Flag) string {
	var b strings.Builder
	b.WriteString("| flag | environment | default | what it is |\n| --- | --- | --- | --- |\n")
	for _, s := range settings {
		doc := s.(cli.DocGenerationFlag)
		value := "`" + strings.Trim(doc.GetValue(), `"`) + "`"
		switch {
		case !doc.TakesValue():
			value = "`off`"
		case value == "``":
			value = "none"
		}
		fmt.Fprintf(&b, "| `--%s` | `%s` | %s | %s |\n", s.Names()[0], EnvName(s.Names()[0]), value, strings.ReplaceAll(doc.GetUsage(), "`", ""))
	}
	return b.String()
}

// Check returns every mistake in the settings at once, or nil.
func (c *Config) Check() error {
	mistakes := slices.Concat(c.networkMistakes(), []error{c.CheckData(), c.CheckDelivery()}, c.limitMistakes(), c.openIDMistakes())
	if c.Demo && c.Data != DefaultData {
		mistakes = append(mistakes, errors.New("--demo keeps its data in a temporary folder: leave out --data"))
	}
	if !slices.Contains([]string{"text", "json"}, c.LogFormat) {
		mistakes = append(mistakes, fmt.Errorf("--log-format %q is neither text nor json", c.LogFormat))
	}
	if _, err := c.level(); err != nil {
		mistakes = append(mistakes, fmt.Errorf("--log-level %q is not one of debug, info, warn and error", c.LogLevel))
	}
	return errors.Join(mistakes...)
}

// Once joins errors, and names each mistake once: lines that are the same are one.
func Once(errs ...error) error {
	joined := errors.Join(errs...)
	if joined == nil {
		return nil
	}
	var lines []error
	seen := map[string]bool{}
	for line := range strings.SplitSeq(joined.Error(), "\n") {
		if !seen[line] {
			seen[line] = true
			lines = append(lines, errors.New(line))
		}
	}
	return errors.Join(lines...)
}

// CheckData returns the mistakes in the settings of DataFlags, or nil.
func (c *Config) CheckData() error {
	if c.Data == "" {
		return errors.New("--data is empty: name a folder")
	}
	return nil
}

// CheckRules returns the mistakes in the settings of RuleFlags, or nil.
func (c *Config) CheckRules() error { return errors.Join(c.ruleMistakes()...) }

// part is one of several settings that go together.
type part struct {
	flag  string
	given bool
}

// goTogether returns a mistake where some parts are given and others are not.
func goTogether(whole string, parts ...part) error {
	var missing []string
	for _, p := range parts {
		if !p.given {
			missing = append(missing, p.flag)
		}
	}
	if len(missing) == 0 || len(missing) == len(parts) {
		return nil
	}
	return fmt.Errorf("the settings of %s go together: add %s, or leave all out", whole, strings.Join(missing, " and "))
}

func (c *Config) level() (slog.Level, error) {
	var level slog.Level
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		return level, errors.New("unknown level")
	}
	err := level.UnmarshalText([]byte(c.LogLevel))
	return level, err
}

// variable is an environment variable as a source of a flag's value.
type variable struct {
	key    string
	getenv func(string) string
	used   bool // the value came from here
}

// EnvName returns the environment variable of a flag: CALLBOOK_LOG_LEVEL for
// log-level.
func EnvName(flag string) string {
	return "CALLBOOK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func fromEnv(flag string, getenv func(string) string) cli.ValueSourceChain {
	return cli.NewValueSourceChain(&variable{key: EnvName(flag), getenv: getenv})
}

// Lookup implements cli.ValueSource. An empty variable is one that is not set.
// It is asked only where the flag is not given.
func (v *variable) Lookup() (string, bool) {
	value := v.getenv(v.key)
	v.used = value != ""
	return value, v.used
}

// IsFromEnv implements cli.EnvValueSource, by which the help names the variable.
func (v *variable) IsFromEnv() bool { return true }

// Key implements cli.EnvValueSource.
func (v *variable) Key() string { return v.key }

func (v *variable) String() string { return "environment variable " + v.key }

// GoString implements cli.ValueSource.
func (v *variable) GoString() string { return "variable(" + v.key + ")" }
