package config

import (
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"
)

func (c *Config) openIDFlags(getenv func(string) string) []cli.Flag {
	text := textFlags(getenv)
	return slices.Concat([]cli.Flag{
		text(&c.OpenIDIssuer, "openid-issuer", "", "`URL` of the OpenID Connect provider at which people may sign in, exactly as it calls itself; register the public URL and /sign-in/openid/callback there"),
		text(&c.OpenIDClient, "openid-client-id", "", "`ID` by which the provider knows Callbook"),
	}, c.OpenIDSecret.flags("openid-client-secret", "`SECRET` that the provider gave Callbook", getenv), []cli.Flag{
		text(&c.OpenIDRoles, "openid-roles", "", "`GROUPS` of the provider and the roles they give, such as oncall-admins=admin,oncall=manager; nobody else gets in"),
		text(&c.OpenIDGroups, "openid-groups-claim", "groups", "`CLAIM` of the ID token that names somebody's groups"),
		text(&c.OpenIDScopes, "openid-scopes", "email profile", "`SCOPES` that are asked for besides openid; some providers give groups only for a scope of that name"),
		text(&c.OpenIDName, "openid-name", "single sign-on", "`NAME` of the provider on the button: Sign in with …"),
	})
}

// maxProviderNameLen is how long the name of a provider may be on a button.
const maxProviderNameLen = 40

// openIDMistakes returns every mistake in the settings of the provider of
// identities that shows without knowing more of it.
func (c *Config) openIDMistakes() []error {
	mistakes := []error{c.OpenIDSecret.check(), goTogether("OpenID", part{"--openid-issuer", c.OpenIDIssuer != ""},
		part{"--openid-client-id", c.OpenIDClient != ""}, c.OpenIDSecret.part(), part{"--openid-roles", c.OpenIDRoles != ""})}
	if c.OpenIDName == "" || len([]rune(c.OpenIDName)) > maxProviderNameLen {
		mistakes = append(mistakes, fmt.Errorf("--openid-name %q has not 1 to %d characters", c.OpenIDName, maxProviderNameLen))
	}
	if c.OpenIDGroups == "" {
		mistakes = append(mistakes, errors.New("--openid-groups-claim is empty: roles come from groups"))
	}
	return mistakes
}

// OpenID reports whether people may sign in at a provider of identities. The
// settings must have passed Check.
func (c *Config) OpenID() bool { return c.OpenIDIssuer != "" }
