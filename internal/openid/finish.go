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

// Identity is who the provider says somebody is. Issuer and Subject together
// name a person for good; an email address may pass to somebody else.
type Identity struct {
	Issuer        string
	Subject       string
	Email         string // empty: not told
	EmailVerified bool
	Name          string   // empty: not told
	Groups        []string // in the provider's order
}

// Finish ends a sign-in with the query that the browser brought back. The
// ceremony must be forgotten before, so that no second call gets it. Groups that
// the token only refers to (Entra ID's overage) are not fetched.
func (c *Client) Finish(ctx context.Context, begun Ceremony, query url.Values) (Identity, error) {
	if err := c.checkState(begun, query); err != nil {
		return Identity{}, err
	}
	if query.Has("iss") && query.Get("iss") != c.options.Issuer {
		return Identity{}, failed(ErrInvalid, "the answer is from issuer %q", query.Get("iss"))
	}
	if query.Has("error") {
		return Identity{}, refusal(query)
	}
	p, err := c.provider(ctx)
	if err != nil {
		return Identity{}, err
	}
	if p.namesSelf && !query.Has("iss") {
		return Identity{}, failed(ErrInvalid, "the answer does not name its issuer")
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

// checkState fails with ErrState unless the answer is to this ceremony.
func (c *Client) checkState(begun Ceremony, query url.Values) error {
	if begun.State == "" || begun.Nonce == "" || begun.Verifier == "" {
		return failed(ErrState, "no sign-in was begun")
	}
	if !c.now().Before(begun.Expires) {
		return failed(ErrState, "it took too long")
	}
	if states := query["state"]; len(states) != 1 || !equal(states[0], begun.State) {
		return failed(ErrState, "the state is another")
	}
	return nil
}

// equal compares without telling by its time how much is equal.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// refusal translates the error codes of RFC 6749 and OpenID Connect.
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

// exchange trades the code for an ID token.
func (c *Client) exchange(ctx context.Context, p *provider, begun Ceremony, code string) (string, error) {
	if code == "" {
		return "", failed(ErrInvalid, "the answer has no code")
	}
	token, err := p.oauth.Exchange(oidc.ClientContext(ctx, c.http), code, oauth2.VerifierOption(begun.Verifier))
	var said *oauth2.RetrieveError
	switch {
	case errors.As(err, &said) && said.ErrorCode == "invalid_grant":
		return "", fault{ErrInvalid, err}
	case errors.As(err, &said):
		return "", fault{ErrRefused, err}
	case err != nil:
		return "", fault{ErrUnreachable, err}
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return "", failed(ErrInvalid, "no ID token came with the access token")
	}
	return raw, nil
}

// witness passes on to the provider's keys and keeps what fails, which the
// verifier makes a text of.
type witness struct {
	oidc.KeySet
	err error
}

// VerifySignature implements oidc.KeySet.
func (w *witness) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := w.KeySet.VerifySignature(ctx, jwt)
	w.err = err
	return payload, err
}

// unreachable reports whether the keys could not be fetched.
func (w *witness) unreachable() bool {
	return w.err != nil && strings.HasPrefix(w.err.Error(), "fetching keys ")
}

// verify fails unless the token is for this program and this ceremony, of this
// provider, signed and in time.
func (c *Client) verify(ctx context.Context, p *provider, begun Ceremony, raw string) (*oidc.IDToken, error) {
	keys := &witness{KeySet: p.keys}
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
		return nil, failed(ErrInvalid, "the token has another nonce")
	}
	return token, nil
}

// claims are what a token says of a person.
type claims struct {
	AuthorizedParty string `json:"azp"`
	Email           string `json:"email"`
	EmailVerified   truth  `json:"email_verified"`
	Name            string `json:"name"`
}

// identity reads the claims of a token that is verified.
func (c *Client) identity(token *oidc.IDToken) (Identity, error) {
	var said claims
	if err := token.Claims(&said); err != nil {
		return Identity{}, failed(ErrInvalid, "claims: %w", err)
	}
	// OpenID Connect Core, 3.1.3.7: a token for several is used by one.
	if several := len(token.Audience) > 1; (several || said.AuthorizedParty != "") && said.AuthorizedParty != c.options.ClientID {
		return Identity{}, failed(ErrInvalid, "the token is for the use of %q", said.AuthorizedParty)
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
		Email:         said.Email,
		EmailVerified: bool(said.EmailVerified),
		Name:          said.Name,
		Groups:        groups,
	}, nil
}

// groups reads the groups claim: one name or a list. A token without it is one
// of somebody without groups.
func (c *Client) groups(token *oidc.IDToken) ([]string, error) {
	if c.options.GroupsClaim == "" {
		return nil, nil
	}
	var all map[string]json.RawMessage
	if err := token.Claims(&all); err != nil {
		return nil, failed(ErrInvalid, "claims: %w", err)
	}
	raw, told := all[c.options.GroupsClaim]
	if !told {
		return nil, nil
	}
	many, ok := readGroups(raw)
	if !ok {
		return nil, failed(ErrInvalid, "the claim %q is neither a name nor a list of names", c.options.GroupsClaim)
	}
	return many, nil
}

func readGroups(raw json.RawMessage) (names []string, ok bool) {
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}, true
	}
	return names, json.Unmarshal(raw, &names) == nil
}

// truth is a boolean that some providers write as a string.
type truth bool

// UnmarshalJSON implements json.Unmarshaler. What is not plainly true is false.
func (t *truth) UnmarshalJSON(text []byte) error {
	*t = string(text) == "true" || string(text) == `"true"`
	return nil
}
