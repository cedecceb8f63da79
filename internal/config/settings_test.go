package config_test

import (
	"context"
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
		return map[string]string{"CALLBOOK_REGION": "eu-central-1", "CALLBOOK_LISTEN": "127.0.0.1:1", "CALLBOOK_DEMO": "true"}[name]
	}
	found := settingsOf(t, c.Flags(getenv), "--listen", "127.0.0.1:2", "--allow-costly-numbers")
	for flag, want := range map[string][2]string{
		"--listen": {"127.0.0.1:2", "flag"}, "--region": {"eu-central-1", "environment"}, "--demo": {"on", "environment"},
		"--allow-costly-numbers": {"on", "flag"}, "--log-level": {"info", "default"}, "--tls-cert": {"", "default"},
	} {
		if got := [2]string{found[flag].Value, found[flag].Source}; got != want {
			t.Errorf("%s is %q, want %q", flag, got, want)
		}
	}
	if s := found["--tls-cert"]; s.Variable != "CALLBOOK_TLS_CERT" || !strings.HasPrefix(s.Usage, "FILE with") {
		t.Errorf("%+v", s)
	}
}

func TestEverySettingTellsOfItsVariable(t *testing.T) {
	var c config.Config
	flags := c.Flags(func(string) string { return "true" })
	for flag, s := range settingsOf(t, flags) {
		if s.Source != "environment" {
			t.Errorf("%s comes from its variable and says %q: teach sourceOf its kind of flag", flag, s.Source)
		}
	}
}

func TestSecretIsNotShown(t *testing.T) {
	flags := []cli.Flag{&cli.StringFlag{Name: "oidc-client-secret"}, &cli.StringFlag{Name: "smtp-password"}}
	want := map[string]config.Setting{
		"--oidc-client-secret": {Flag: "--oidc-client-secret", Variable: "CALLBOOK_OIDC_CLIENT_SECRET", Value: "set", Source: "flag"},
		"--smtp-password":      {Flag: "--smtp-password", Variable: "CALLBOOK_SMTP_PASSWORD", Value: "not set", Source: "default"},
	}
	if diff := cmp.Diff(want, settingsOf(t, flags, "--oidc-client-secret", "hush")); diff != "" {
		t.Error(diff)
	}
}

func TestSecretOfAnySettingIsNotShown(t *testing.T) {
	var c config.Config
	for flag, s := range settingsOf(t, c.Flags(func(string) string { return "true" })) {
		if strings.Contains(s.Usage, "secret") && !strings.HasSuffix(flag, "-file") && s.Value != "set" {
			t.Errorf("%s shows %q: its name has to end as isSecret expects", flag, s.Value)
		}
	}
}
