package views

import (
	"strconv"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// keepPlans describes the effect of a deletion on engagement plans.
const keepPlans = "Engagement plans that name it keep its ARN and skip the stage."

// DeletingContact asks before a contact is deleted.
func DeletingContact(c oncall.Contact, channels []oncall.Channel) Confirmation {
	var consequences []string
	switch len(channels) {
	case 0:
		consequences = []string{nameOf(c) + " has no channels."}
	case 1:
		consequences = []string{"The one channel of " + nameOf(c) + " is deleted too, and nobody can page them through Callbook any more."}
	default:
		consequences = []string{"All " + strconv.Itoa(len(channels)) + " channels of " + nameOf(c) + " are deleted too, and nobody can page them through Callbook any more."}
	}
	return Confirmation{
		Title: "Delete the contact “" + nameOf(c) + "”?", Consequences: append(consequences, "Plans of other contacts that name it keep its ARN. This cannot be undone."),
		Action: ContactPath(c.Alias) + "/delete", Button: "Delete the contact", Back: ContactPath(c.Alias), BackText: "Keep it",
	}
}

// DeletingChannel asks before a channel is deleted.
func DeletingChannel(d contacts.ChannelDetail) Confirmation {
	return Confirmation{
		Title: "Delete the " + typePhrase(d.Type) + " channel “" + channelName(d.Channel) + "”?", Consequences: append(onlyActiveWarning(d), keepPlans, "This cannot be undone."),
		Action: ChannelPath(d.Channel) + "/delete", Button: "Delete the channel", Back: ChannelPath(d.Channel), BackText: "Keep it",
	}
}

// DeactivatingChannel asks before a channel is deactivated.
func DeactivatingChannel(d contacts.ChannelDetail) Confirmation {
	consequences := []string{"Nobody can be paged through it until a new code is entered.", "Sending a new code is the way back."}
	if d.State() != oncall.Active {
		consequences = []string{"It is not active already: nothing will change."}
	}
	return Confirmation{
		Title: "Deactivate the " + typePhrase(d.Type) + " channel “" + channelName(d.Channel) + "”?", Consequences: append(onlyActiveWarning(d), consequences...),
		Action: ChannelPath(d.Channel) + "/deactivate", Button: "Deactivate the channel", Back: ChannelPath(d.Channel), BackText: "Keep it active",
	}
}

// onlyActiveWarning warns if a channel is the only active one of its contact.
func onlyActiveWarning(d contacts.ChannelDetail) []string {
	if d.State() != oncall.Active || d.Active > 1 {
		return nil
	}
	return []string{nameOf(d.Contact) + " will have no active channel left, and cannot be paged."}
}
