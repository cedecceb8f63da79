package config_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"callbook/internal/config"
)

// given returns the settings as the command reads them.
func given(t *testing.T, environment map[string]string, args ...string) config.Config {
	t.Helper()
	var c config.Config
	cmd := cli.Command{Flags: c.Flags(func(key string) string { return environment[key] }), Action: func(context.Context, *cli.Command) error { return nil }}
	if err := cmd.Run(t.Context(), append([]string{"callbook"}, args...)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSecretComesItselfOrByAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	longest := strings.Repeat("x", 64<<10)
	for content, want := range map[string]string{longest + "\r\n": longest, longest + "x": "", longest + "\r\nx": "",
		"open sesame": "open sesame", "open sesame\n": "open sesame", "open\r\n": "open", " x ": " x ", "": "", "\n": "", "a\nb": "", "a\x00": ""} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, c := range []config.Config{given(t, nil, "--openid-client-secret-file", file), given(t, map[string]string{"CALLBOOK_OPENID_CLIENT_SECRET_FILE": file})} {
			if got, err := c.OpenIDSecret.Read(); got != want || (err == nil) != (want != "") || !c.OpenIDSecret.Given() {
				t.Errorf("%q is read as %q, %v", content, got, err)
			}
		}
	}
	if _, err := os.Stat("/dev/zero"); err == nil {
		if got, err := given(t, nil, "--openid-client-secret-file", "/dev/zero").OpenIDSecret.Read(); err == nil {
			t.Errorf("a file without an end is read as %d bytes", len(got))
		}
	}
	c := given(t, map[string]string{"CALLBOOK_OPENID_CLIENT_SECRET": "from the environment"})
	if got, err := c.OpenIDSecret.Read(); got != "from the environment" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got := fmt.Sprintf("%v %+v %#v %s", c, c, c, c.OpenIDSecret); strings.Contains(got, "environment") {
		t.Errorf("it is printed: %s", got)
	}
	if c = given(t, nil); c.OpenIDSecret.Given() || c.Check() != nil {
		t.Errorf("without one: %v", c.Check())
	}
}

func TestSettingsOfOpenIDGoTogether(t *testing.T) {
	all := []string{"--openid-issuer", "https://idp.example.org", "--openid-client-id", "callbook", "--openid-client-secret", "x", "--openid-roles", "oncall=manager"}
	if c := given(t, nil, all...); c.Check() != nil || !c.OpenID() {
		t.Errorf("all: %v", c.Check())
	}
	for i := 0; i < len(all); i += 2 {
		some := append(append([]string{}, all[:i]...), all[i+2:]...)
		c := given(t, nil, some...)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), "add "+all[i]) || strings.Contains(err.Error(), "\n") {
			t.Errorf("without %s: %v", all[i], err)
		}
	}
	missing := filepath.Join(t.TempDir(), "missing")
	c := given(t, nil, "--openid-client-secret-file", missing, "--openid-client-secret", "x")
	if err := c.Check(); err == nil || !strings.HasPrefix(err.Error(), "--openid-client-secret and --openid-client-secret-file are two ways to say the same: give one\n") {
		t.Errorf("both: %v", err)
	}
	c = given(t, nil, "--openid-groups-claim", "", "--openid-name", strings.Repeat("x", 41))
	if err := c.Check(); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("name and claim: %v", err)
	}
}
