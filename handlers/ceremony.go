package handlers

import (
	"time"

	"github.com/labstack/echo/v4"

	"callbook/internal/account"
	"callbook/internal/oncall"
)

// ceremonyCookie holds the token of a ceremony, which begins here, continues at a device or
// an identity provider, and ends here. Only the browser that began it can end it. The cookie
// is Lax because the provider redirects from its own site.
const ceremonyCookie = "__Host-callbook-ceremony"

// beginCeremony stores what a ceremony needs at its end. It replaces one that the browser
// began before.
func (p *Pages) beginCeremony(c echo.Context, kind account.CeremonyKind, data []byte) error {
	if actor(c).Principal == "" && !p.ceremonyLimiter.Allow() {
		return &oncall.Error{Kind: oncall.Limited, RetryAfter: time.Second, Message: "Too many people are signing in right now: try again in a few seconds."}
	}
	token, err := p.accounts.BeginCeremony(c.Request().Context(), kind, data)
	if err != nil {
		return err
	}
	setCeremony(c, token, int(account.CeremonyTTL/time.Second))
	return nil
}

// takeCeremony returns what a ceremony stored and deletes it. It fails with NotFound.
func (p *Pages) takeCeremony(c echo.Context, kind account.CeremonyKind) ([]byte, error) {
	token := cookieOf(c, ceremonyCookie)
	if token != "" {
		setCeremony(c, "", -1)
	}
	return p.accounts.TakeCeremony(c.Request().Context(), kind, token)
}

func setCeremony(c echo.Context, token string, seconds int) {
	setSecret(c, ceremonyCookie, token, seconds)
}
