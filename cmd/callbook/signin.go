package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"callbook/handlers"
	"callbook/internal/config"
	"callbook/internal/oncall"
	"callbook/internal/openid"
	"callbook/internal/passkey"
	"callbook/views"
)

// addSignInMethods adds passkeys and OpenID Connect.
func addSignInMethods(pages *handlers.Options, c config.Config) (err error) {
	if pages.Passkeys, err = passkey.New(passkey.Options{Origin: pages.Origin, DisplayName: "Callbook"}); err != nil {
		return err
	}
	secret, err := c.OpenIDSecret.Read()
	if err != nil {
		return err
	}
	pages.OpenID, err = openProvider(c, pages.Origin, secret)
	return err
}

// checkOpenID finds mistakes in the settings of the identity provider that Config.Check
// cannot see, before anything is opened. The redirect address is not known yet.
func checkOpenID(c config.Config) error {
	_, err := openProvider(c, "https://localhost", "")
	return err
}

// openProvider returns the identity provider. It sends no request before the first
// sign-in.
func openProvider(c config.Config, origin, secret string) (handlers.OpenID, error) {
	if !c.OpenID() {
		return handlers.OpenID{}, nil
	}
	var roles []string
	for _, r := range oncall.Roles() {
		roles = append(roles, string(r))
	}
	mapping, wrongRoles := openid.ParseMapping(c.OpenIDRoles, roles...)
	if wrongRoles != nil {
		wrongRoles = fmt.Errorf("--openid-roles: %w", wrongRoles)
	}
	client, wrongIssuer := openid.New(openid.Options{
		Issuer: c.OpenIDIssuer, ClientID: cmp.Or(c.OpenIDClient, "?"), ClientSecret: secret, RedirectURL: origin + views.OpenIDBackPath,
		Scopes: strings.Fields(c.OpenIDScopes), GroupsClaim: c.OpenIDGroups,
	})
	if wrongIssuer != nil {
		wrongIssuer = fmt.Errorf("--openid-issuer: %w", wrongIssuer)
	}
	return handlers.OpenID{Client: client, Roles: mapping, Name: c.OpenIDName}, errors.Join(wrongIssuer, wrongRoles)
}
