package views

import (
	"encoding/base64"
	"net/url"
	"strings"

	"callbook/internal/oncall"
)

// ContactsPath is the list of contacts.
const ContactsPath = "/contacts"

// The paths of people and their accounts.
const (
	SignInPath   = "/sign-in"
	SignOutPath  = "/sign-out"
	SetUpPath    = "/set-up"
	JoinPath     = "/join"
	AccountPath  = "/account"
	PasskeysPath = AccountPath + "/passkeys"
	ConfirmPath  = AccountPath + "/confirm"
	SettingsPath = "/settings"
	UsersPath    = SettingsPath + "/users"
	NewUserPath  = UsersPath + "/new"
	KeysPath     = SettingsPath + "/keys"
	DeliveryPath = SettingsPath + "/delivery"
	AboutPath    = SettingsPath + "/about"
	AuditPath    = "/audit"
	HelpPath     = "/help"

	ActivationsPath = "/activations"
	// ShowObjected is the value of "show" that filters the activations by what people replied.
	ShowObjected  = "replied"
	ForgottenPath = SignInPath + "/forgotten"

	// DevMessagesPath shows messages instead of sending them.
	DevMessagesPath = "/dev/messages"

	NewKeyPath      = KeysPath + "/new"
	AuditExportPath = AuditPath + "/export"
)

// SignInPathFor returns the path of the sign-in page, which leads to back afterwards.
func SignInPathFor(back string) string {
	if back == "" || back == "/" || back == ContactsPath {
		return SignInPath
	}
	return SignInPath + "?" + url.Values{"back": {back}}.Encode()
}

// The paths of passkeys and OpenID Connect.
const (
	passkeySignInPath = SignInPath + "/passkey"
	openIDPath        = SignInPath + "/openid"
	OpenIDBackPath    = openIDPath + "/callback" // where the provider redirects to
)

// openIDPathFor returns the path that redirects to the identity provider, and leads to back
// afterwards.
func openIDPathFor(back string) string {
	if back == "" || back == ContactsPath {
		return openIDPath
	}
	return openIDPath + "?" + url.Values{"back": {back}}.Encode()
}

// PasskeyID returns the id of a passkey in a path.
func PasskeyID(p oncall.Passkey) string { return base64.RawURLEncoding.EncodeToString(p.ID) }

func passkeyPath(p oncall.Passkey) string { return PasskeysPath + "/" + PasskeyID(p) }

// userPasskeyPath is where an admin deletes a passkey of a user.
func userPasskeyPath(u oncall.User, p oncall.Passkey) string {
	return UserPath(u.ID) + "/passkeys/" + PasskeyID(p) + "/delete"
}

// UserPath returns the path of a user's page.
func UserPath(id string) string { return UsersPath + "/" + url.PathEscape(id) }

// KeyPath returns the path below which an access key is changed.
func KeyPath(id string) string { return KeysPath + "/" + url.PathEscape(id) }

// NewContactPath is the path of the form that adds a contact.
const NewContactPath = ContactsPath + "/new"

// ContactPath returns the path of a contact's page. "new" and "import" are valid aliases and
// also paths of forms, so a contact with such an alias is at "=new": no alias contains an
// equals sign.
func ContactPath(alias string) string {
	if alias == "new" || alias == "import" {
		alias = "=" + alias
	}
	return ContactsPath + "/" + url.PathEscape(alias)
}

// AliasIn returns the alias in the last part of a ContactPath.
func AliasIn(segment string) string { return strings.TrimPrefix(segment, "=") }

// ChannelPath returns the path of a channel's page.
func ChannelPath(c oncall.Channel) string {
	return ContactPath(c.Alias) + "/channels/" + url.PathEscape(c.ID)
}

// NewChannelPath returns the path of the form that adds a channel to a contact.
func NewChannelPath(alias string) string { return ContactPath(alias) + "/channels/new" }
