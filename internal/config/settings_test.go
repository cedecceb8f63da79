package config_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v3"

	"callbook/internal/config"
)

// settingsOf reads a command line as callbook serve does.
func settingsOf(t *testing.T, flags []cli.Flag, args ...string) map[string]config.Setting {
	t.Helper()
	var list []config.Setting
	command := &cli.Command{Name: "serve", Flags: flags, Action: func(context.Context, *cli.Command) error {
		list = config.Settings(flags)
		return nil
	}}
	if err := command.Run(t.Context(), append([]string{"serve"}, args...)); err != nil {
		t.Fatal(err)
	}
	found := map[string]config.Setting{}
	for _, s := range list {
		found[s.Flag] = s
	}
	return found
}

func TestSettingSaysWhereItComesFrom(t *testing.T) {
	var c config.Config
	getenv := func(name string) string {
		return map[string]string{"CALLBOOK_REGION": "eu-central-1", "CALLBOOK_LISTEN": "127.0.0.1:1", "CALLBOOK_DEMO": "true", "CALLBOOK_CODES_PER_HOUR": "010"}[name]
	}
	found := settingsOf(t, c.Flags(getenv), "--listen", "127.0.0.1:2", "--allow-costly-numbers")
	for flag, want := range map[string][2]string{
		"--listen": {"127.0.0.1:2", "flag"}, "--region": {"eu-central-1", "environment"}, "--demo": {"on", "environment"},
		"--allow-costly-numbers": {"on", "flag"}, "--log-level": {"info", "default"}, "--tls-cert": {"", "default"},
		"--codes-per-hour": {"10", "environment"}, "--codes-per-prefix": {"100", "default"},
	} {
		if got := [2]string{found[flag].Value, found[flag].Source}; got != want {
			t.Errorf("%s is %q, want %q", flag, got, want)
		}
	}
	if s := found["--tls-cert"]; s.Variable != "CALLBOOK_TLS_CERT" || !strings.HasPrefix(s.Usage, "FILE with") {
		t.Errorf("%+v", s)
	}
}

// some is a value that the flag of a variable takes, whatever its kind.
func some(variable string) string {
	if variable == "CALLBOOK_API_CLOCK_SKEW" {
		return "1m"
	}
	return "1"
}

func TestEverySettingTellsOfItsVariable(t *testing.T) {
	var c config.Config
	flags := c.Flags(some)
	for flag, s := range settingsOf(t, flags) {
		if s.Source != "environment" {
			t.Errorf("%s comes from its variable and says %q: teach sourceOf its kind of flag", flag, s.Source)
		}
	}
}

func TestSecretIsNotShown(t *testing.T) {
	var c config.Config
	getenv := func(name string) string {
		return map[string]string{"CALLBOOK_WEBHOOK_SECRET": "hush", "CALLBOOK_TWILIO_AUTH_TOKEN_FILE": "/run/token"}[name]
	}
	found := settingsOf(t, c.Flags(getenv), "--smtp-url", "smtp://ana:hush@mail.example.org")
	for flag, want := range map[string][2]string{
		"--smtp-url": {"set", "flag"}, "--smtp-url-file": {"", "default"}, "--webhook-secret": {"set", "environment"},
		"--twilio-auth-token": {"not set", "default"}, "--twilio-auth-token-file": {"/run/token", "environment"},
	} {
		if got := [2]string{found[flag].Value, found[flag].Source}; got != want {
			t.Errorf("%s is %q, want %q", flag, got, want)
		}
	}
}

func TestSettingNamedAsASecretIsNotShown(t *testing.T) {
	var c config.Config
	var hidden []string
	for flag, s := range settingsOf(t, c.Flags(some)) {
		if s.Value == "set" {
			hidden = append(hidden, flag)
		}
		for _, end := range []string{"secret", "password", "token", "key"} {
			if strings.HasSuffix(flag, end) && flag != "--tls-key" && s.Value != "set" {
				t.Errorf("%s shows %q: make it a Secret", flag, s.Value)
			}
		}
	}
	slices.Sort(hidden)
	if diff := cmp.Diff([]string{"--openid-client-secret", "--smtp-url", "--twilio-api-key", "--twilio-api-secret", "--twilio-auth-token", "--webhook-secret"}, hidden); diff != "" {
		t.Error(diff)
	}
}
