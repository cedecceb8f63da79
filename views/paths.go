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
	SettingsPath = "/settings"
	UsersPath    = SettingsPath + "/users"
	NewUserPath  = UsersPath + "/new"
	KeysPath     = SettingsPath + "/keys"
	DeliveryPath = SettingsPath + "/delivery"
	AboutPath    = SettingsPath + "/about"
	AuditPath    = "/audit"
	HelpPath     = "/help"

	ActivationsPath = "/activations"
	ForgottenPath   = SignInPath + "/forgotten"

	// DevMessagesPath shows messages instead of sending them.
	DevMessagesPath = "/dev/messages"

	NewKeyPath      = KeysPath + "/new"
	AuditExportPath = AuditPath + "/export"
)

// SignInPathFor leads to the sign-in, and from there to a path of this site.
func SignInPathFor(back string) string {
	if back == "" || back == "/" || back == ContactsPath {
		return SignInPath
	}
	return SignInPath + "?" + url.Values{"back": {back}}.Encode()
}

// The paths of the ways to sign in beside the password.
const (
	passkeySignInPath = SignInPath + "/passkey"
	openIDPath        = SignInPath + "/openid"
	OpenIDBackPath    = openIDPath + "/callback" // where the provider sends people back
)

// openIDPathFor leads to the provider of identities, and from there to a path of
// this site.
func openIDPathFor(back string) string {
	if back == "" || back == ContactsPath {
		return openIDPath
	}
	return openIDPath + "?" + url.Values{"back": {back}}.Encode()
}

// PasskeyID is a passkey in a path.
func PasskeyID(p oncall.Passkey) string { return base64.RawURLEncoding.EncodeToString(p.ID) }

func passkeyPath(p oncall.Passkey) string { return PasskeysPath + "/" + PasskeyID(p) }

// UserPath returns the page of a user.
func UserPath(id string) string { return UsersPath + "/" + url.PathEscape(id) }

// KeyPath returns what is done to an access key.
func KeyPath(id string) string { return KeysPath + "/" + url.PathEscape(id) }

// NewContactPath is the form that adds a contact.
const NewContactPath = ContactsPath + "/new"

// ContactPath returns the page of a contact. "new" and "import" are aliases like
// any other and the names of forms, so the contact of such an alias is found at
// "=new": no alias holds an equals sign.
func ContactPath(alias string) string {
	if alias == "new" || alias == "import" {
		alias = "=" + alias
	}
	return ContactsPath + "/" + url.PathEscape(alias)
}

// AliasIn takes the alias from the last part of a ContactPath.
func AliasIn(segment string) string { return strings.TrimPrefix(segment, "=") }

// ChannelPath returns the page of a channel.
func ChannelPath(c oncall.Channel) string {
	return ContactPath(c.Alias) + "/channels/" + url.PathEscape(c.ID)
}

// NewChannelPath returns the form that adds a channel to a contact.
func NewChannelPath(alias string) string { return ContactPath(alias) + "/channels/new" }
