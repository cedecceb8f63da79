package openid

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Identity is the person as the provider identifies them. Issuer and Subject together
// identify a person permanently. An email address may pass to another person.
type Identity struct {
	Issuer        string
	Subject       string
	Email         string // empty: the token has none
	EmailVerified bool
	Name          string   // empty: the token has none
	Groups        []string // in the provider's order
}

// Finish completes a sign-in with the query of the redirect from the provider. The
// caller must delete the ceremony first, so that it is used only once. Groups that the
// token only refers to (Entra ID's overage claim) are not fetched. It fails with one of
// the errors above.
func (c *Client) Finish(ctx context.Context, begun Ceremony, query url.Values) (Identity, error) {
	if err := c.checkState(begun, query); err != nil {
		return Identity{}, err
	}
	if query.Has("iss") && query.Get("iss") != c.options.Issuer {
		return Identity{}, failed(ErrInvalid, "the response is from issuer %q", query.Get("iss"))
	}
	if query.Has("error") {
		return Identity{}, refusal(query)
	}
	p, err := c.provider(ctx)
	if err != nil {
		return Identity{}, err
	}
	if p.sendsIssuer && !query.Has("iss") {
		return Identity{}, failed(ErrInvalid, "the response does not name its issuer")
	}
	raw, err := c.exchange(ctx, p, begun, query.Get("code"))
	if err != nil {
		return Identity{}, err
	}
	token, err := c.verify(ctx, p, begun, raw)
	if err != nil {
		return Identity{}, err
	}
	return c.identity(token)
}

// checkState fails with ErrState unless the response belongs to this ceremony.
func (c *Client) checkState(begun Ceremony, query url.Values) error {
	if begun.State == "" || begun.Nonce == "" || begun.Verifier == "" {
		return failed(ErrState, "no sign-in was started")
	}
	if !c.now().Before(begun.Expires) {
		return failed(ErrState, "it took too long")
	}
	if states := query["state"]; len(states) != 1 || !equal(states[0], begun.State) {
		return failed(ErrState, "the state does not match")
	}
	return nil
}

// equal compares in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// refusal translates the error codes of RFC 6749 and OpenID Connect Core.
func refusal(query url.Values) error {
	kind := ErrRefused
	switch query.Get("error") {
	case "access_denied":
		kind = ErrDenied
	case "server_error", "temporarily_unavailable":
		kind = ErrUnreachable
	}
	return failed(kind, "%.100q %.300q", query.Get("error"), query.Get("error_description"))
}

// exchange exchanges the code for a raw ID token.
func (c *Client) exchange(ctx context.Context, p *provider, begun Ceremony, code string) (string, error) {
	if code == "" {
		return "", failed(ErrInvalid, "the response has no code")
	}
	token, err := p.oauth.Exchange(oidc.ClientContext(ctx, c.http), code, oauth2.VerifierOption(begun.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.ErrorCode == "invalid_grant":
		return "", fault{ErrInvalid, err}
	case errors.As(err, &refused):
		return "", fault{ErrRefused, err}
	case err != nil:
		return "", fault{ErrUnreachable, err}
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return "", failed(ErrInvalid, "the token response has no ID token")
	}
	return raw, nil
}

// recordingKeySet keeps the error of the last verification, which the verifier of
// go-oidc does not wrap.
type recordingKeySet struct {
	oidc.KeySet
	err error
}

// VerifySignature implements oidc.KeySet.
func (k *recordingKeySet) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, jwt)
	k.err = err
	return payload, err
}

// unreachable reports whether the keys could not be fetched.
func (k *recordingKeySet) unreachable() bool {
	return k.err != nil && strings.HasPrefix(k.err.Error(), "fetching keys ")
}

// verify checks the signature, issuer, audience, expiry and nonce of an ID token.
func (c *Client) verify(ctx context.Context, p *provider, begun Ceremony, raw string) (*oidc.IDToken, error) {
	keys := &recordingKeySet{KeySet: p.keys}
	verifier := oidc.NewVerifier(c.options.Issuer, keys, &oidc.Config{
		ClientID:             c.options.ClientID,
		SupportedSigningAlgs: p.algorithms,
		Now:                  c.now,
	})
	token, err := verifier.Verify(ctx, raw)
	switch {
	case keys.unreachable():
		return nil, fault{ErrUnreachable, err}
	case err != nil:
		return nil, fault{ErrInvalid, err}
	case !equal(token.Nonce, begun.Nonce):
		return nil, failed(ErrInvalid, "the nonce does not match")
	}
	return token, nil
}

// claims are the claims of an ID token that describe a person.
type claims struct {
	AuthorizedParty string    `json:"azp"`
	Email           string    `json:"email"`
	EmailVerified   looseBool `json:"email_verified"`
	Name            string    `json:"name"`
}

// identity reads the claims of a verified token.
func (c *Client) identity(token *oidc.IDToken) (Identity, error) {
	var person claims
	if err := token.Claims(&person); err != nil {
		return Identity{}, failed(ErrInvalid, "claims: %w", err)
	}
	// OpenID Connect Core, 3.1.3.7: azp must be this client, and must be present when the
	// token has several audiences.
	if several := len(token.Audience) > 1; (several || person.AuthorizedParty != "") && person.AuthorizedParty != c.options.ClientID {
		return Identity{}, failed(ErrInvalid, "the authorized party of the token is %q", person.AuthorizedParty)
	}
	if token.Subject == "" || len(token.Subject) > 255 {
		return Identity{}, failed(ErrInvalid, "the subject has %d bytes", len(token.Subject))
	}
	groups, err := c.groups(token)
	if err != nil {
		return Identity{}, err
	}
	return Identity{
		Issuer:        c.options.Issuer,
		Subject:       token.Subject,
		Email:         person.Email,
		EmailVerified: bool(person.EmailVerified),
		Name:          person.Name,
		Groups:        groups,
	}, nil
}

// groups reads the groups claim: one name or a list of names. A token without the claim
// gives no groups.
func (c *Client) groups(token *oidc.IDToken) ([]string, error) {
	if c.options.GroupsClaim == "" {
		return nil, nil
	}
	var all map[string]json.RawMessage
	if err := token.Claims(&all); err != nil {
		return nil, failed(ErrInvalid, "claims: %w", err)
	}
	raw, ok := all[c.options.GroupsClaim]
	if !ok {
		return nil, nil
	}
	groups, ok := readGroups(raw)
	if !ok {
		return nil, failed(ErrInvalid, "the claim %q is neither a name nor a list of names", c.options.GroupsClaim)
	}
	return groups, nil
}

func readGroups(raw json.RawMessage) (names []string, ok bool) {
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}, true
	}
	return names, json.Unmarshal(raw, &names) == nil
}

// looseBool is a boolean that some providers write as a string.
type looseBool bool

// UnmarshalJSON implements json.Unmarshaler. Every value other than true and "true" is
// false.
func (b *looseBool) UnmarshalJSON(text []byte) error {
	*b = string(text) == "true" || string(text) == `"true"`
	return nil
}
