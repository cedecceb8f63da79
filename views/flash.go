package views

// Notice names a sentence about what has just happened. A cookie carries the name to the
// next page; it is not trusted with text.
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
	Confirmed           Notice = "confirmed"
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
	Confirmed:           "Confirmed. You can add a passkey for the next 5 minutes.",
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

// Text returns the sentence, or "" for an unknown name.
func (n Notice) Text() string { return notices[n] }
