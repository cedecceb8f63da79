// Package views draws the pages. Its components take plain values and words of
// the domain; they look nothing up and decide nothing.
package views

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"callbook/internal/oncall"
)

// Page is what every page has around its content.
type Page struct {
	Title       string        // what the page answers; the layout adds the product's name
	Theme       string        // "light", "dark", or "" to follow the system
	Here        string        // path and query to come back to after a change of theme
	Notice      Notice        // what has just happened, once
	Demo        bool          // the data is a demonstration and goes with the program
	DevMessages bool          // messages are shown instead of being sent
	Locked      bool          // the key file is missing: what needs it does not work
	Trouble     oncall.Reason // what is wrong with the disk; "": nothing
	Unlisted    bool          // no search engine is to know of it
	By          oncall.Actor  // who looks at it; the zero Principal: nobody is signed in
}

// Notice is the name of a sentence about what has just happened. It is a name
// and not a text because it travels in a cookie.
type Notice string

// The notices.
const (
	ContactAdded       Notice = "contact-added"
	ContactSaved       Notice = "contact-saved"
	ContactDeleted     Notice = "contact-deleted"
	ChannelAdded       Notice = "channel-added"
	ChannelSaved       Notice = "channel-saved"
	ChannelReaddressed Notice = "channel-readdressed"
	ChannelDeactivated Notice = "channel-deactivated"
	ChannelDeleted     Notice = "channel-deleted"
	ChannelActivated   Notice = "channel-activated"
	CodeMade           Notice = "code-made"
	ResetMailed        Notice = "reset-mailed"
	InvitationMailed   Notice = "invitation-mailed"

	SetUpDone           Notice = "set-up-done"
	SignedOut           Notice = "signed-out"
	SignedOutEverywhere Notice = "signed-out-everywhere"
	PasswordSet         Notice = "password-set"
	PasswordChanged     Notice = "password-changed"
	PasskeyAdded        Notice = "passkey-added"
	PasskeyDeleted      Notice = "passkey-deleted"
	UserSaved           Notice = "user-saved"
	UserDisabled        Notice = "user-disabled"
	UserEnabled         Notice = "user-enabled"
	UserDeleted         Notice = "user-deleted"
	KeyDisabled         Notice = "key-disabled"
	KeyEnabled          Notice = "key-enabled"
	KeyDeleted          Notice = "key-deleted"
)

var notices = map[Notice]string{
	ContactAdded:       "Contact added. Next, add a channel: a way to reach this person.",
	ContactSaved:       "Contact saved.",
	ContactDeleted:     "Contact deleted, with all its channels.",
	ChannelAdded:       "Channel added. It counts once its code comes back.",
	ChannelSaved:       "Channel saved.",
	ChannelReaddressed: "New address saved. The channel is not activated until a code from there comes back.",
	ChannelDeactivated: "Channel deactivated. Nobody can be paged through it until a new code is entered.",
	ChannelDeleted:     "Channel deleted.",
	ChannelActivated:   "Active: the code came back.",
	CodeMade:           "A new code was made, and this page says what becomes of it. The one before is no longer good.",
	InvitationMailed:   "User added. An email with a link is on its way: it is good once, for an hour.",
	ResetMailed:        "An email with a link is on its way. It is good once, for an hour.",

	SetUpDone:           "Callbook is set up, and you are its admin. Next, add the first contact, or invite your team under Settings.",
	SignedOut:           "You are signed out.",
	SignedOutEverywhere: "You are signed out on every device.",
	PasswordSet:         "Your password is set, and you are signed in.",
	PasswordChanged:     "Password changed. Your other devices are signed out.",
	PasskeyAdded:        "Passkey added. You can sign in with it from now on.",
	PasskeyDeleted:      "Passkey deleted. Remove it from your device too.",
	UserSaved:           "User saved.",
	UserDisabled:        "User disabled, and signed out everywhere.",
	UserEnabled:         "User enabled.",
	UserDeleted:         "User deleted, and signed out everywhere.",
	KeyDisabled:         "Access key disabled. Requests that it signs are refused from now on.",
	KeyEnabled:          "Access key enabled.",
	KeyDeleted:          "Access key deleted. Requests that it signs are refused from now on.",
}

// Text returns the sentence, or "" for a name that is not ours.
func (n Notice) Text() string { return notices[n] }

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

// boosted makes a link or form swap the page instead of loading it. Without
// JavaScript the same link or form works as it stands.
func boosted() templ.Attributes {
	return templ.Attributes{"hx-boost": "true", "hx-target": "#app", "hx-select": "#app", "hx-swap": "outerHTML show:window:top"}
}

// boostedForm is boosted for a form, whose button rests until the answer is in.
func boostedForm() templ.Attributes {
	a := boosted()
	a["hx-disabled-elt"] = "find .actions button"
	return a
}

// word is how a state reads: a shape and a word, and a class for its colour.
type word struct{ shape, text, class string }

func stateWord(s oncall.ActivationState) word {
	switch s {
	case oncall.Active:
		return word{"●", "Active", "good"}
	case oncall.Deferred:
		return word{"◌", "Activation deferred", "idle"}
	}
	return word{"○", "Not activated", "bad"}
}

func reachabilityWord(r oncall.Reachability) word {
	switch r {
	case oncall.Reachable:
		return word{"●", "Reachable", "good"}
	case oncall.Waiting:
		return word{"◐", "Waiting", "wait"}
	case oncall.Unreachable:
		return word{"○", "Unreachable", "bad"}
	}
	return word{"–", "Not a person", "idle"}
}

func typeWord(t oncall.ChannelType) string {
	switch t {
	case oncall.Voice:
		return "Voice"
	case oncall.Email:
		return "Email"
	}
	return "SMS"
}

// typePhrase names a channel in a sentence: the SMS channel, the voice channel.
func typePhrase(t oncall.ChannelType) string {
	if t == oncall.SMS {
		return "SMS"
	}
	return strings.ToLower(typeWord(t))
}

// ago says how long before now something was, as people say it.
func ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d/time.Minute))
	case d < 24*time.Hour:
		return count(int(d/time.Hour), "hour") + " ago"
	case d < 45*24*time.Hour:
		return count(int(d/(24*time.Hour)), "day") + " ago"
	}
	return "on " + t.Local().Format("2 January 2006")
}

// exact is a time with its zone, for those who need it to the second.
func exact(t time.Time) string { return t.Local().Format("2 January 2006, 15:04:05 MST") }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// isolated keeps a name that is written from right to left from turning the
// words around it.
func isolated(name string) string {
	const firstIsolate, popIsolate = "\u2068", "\u2069"
	if !strings.ContainsFunc(name, func(r rune) bool {
		return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
	}) {
		return name
	}
	return firstIsolate + name + popIsolate
}

// nameOf is how a contact is called in a sentence.
func nameOf(c oncall.Contact) string { return isolated(c.Name()) }

// Messages are the field errors of a form.
type Messages []oncall.FieldError

// Of returns those that concern a field.
func (m Messages) Of(fields ...oncall.Field) Messages {
	var some Messages
	for _, e := range m {
		if slices.Contains(fields, e.Field) {
			some = append(some, e)
		}
	}
	return some
}

// Refused reports whether there is one that cannot be accepted.
func (m Messages) Refused() bool {
	return slices.ContainsFunc(m, func(e oncall.FieldError) bool { return e.Accept == "" })
}

// acceptAll is the value of the box that accepts every warning at once.
func (m Messages) acceptAll() string {
	var words []string
	for _, e := range m {
		if e.Accept != "" {
			words = append(words, e.Accept)
		}
	}
	return strings.Join(words, " ")
}

// accepted reports whether every warning is among those accepted before.
func (m Messages) accepted(before []string) bool {
	return !slices.ContainsFunc(m, func(e oncall.FieldError) bool { return !slices.Contains(before, e.Accept) })
}

// suggestion returns what was probably meant, or "".
func (m Messages) suggestion() string {
	for _, e := range m {
		if e.Suggestion != "" {
			return e.Suggestion
		}
	}
	return ""
}

func boolWord(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func describedBy(ids ...string) string { return strings.Join(ids, " ") }

// newestFirst sorts events by time, the latest first; those of one moment keep
// the reverse of their order.
func newestFirst(events []event) []event {
	slices.Reverse(events)
	slices.SortStableFunc(events, func(a, b event) int { return b.at.Compare(a.at) })
	return events
}
