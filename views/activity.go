package views

import (
	"strings"

	"callbook/internal/oncall"
)

// deed is how an operation reads in the audit trail: what somebody did to a
// resource, and what they asked for when it was refused.
type deed struct {
	operation oncall.Operation
	did       string // words before the resource
	asked     string // words after "tried to"
	own       bool   // the resource is who did it, and goes without saying
}

// deeds are the words of every operation, in the order in which the filter
// offers them.
var deeds = []deed{
	{operation: oncall.CreateContact, did: "added", asked: "add a contact"},
	{operation: oncall.UpdateContact, did: "changed", asked: "change a contact"},
	{operation: oncall.DeleteContact, did: "deleted", asked: "delete a contact"},
	{operation: oncall.TagResource, did: "tagged", asked: "tag a contact"},
	{operation: oncall.UntagResource, did: "took tags from", asked: "take tags from a contact"},
	{operation: oncall.PutContactPolicy, did: "changed the policy of", asked: "change the policy of a contact"},
	{operation: oncall.CreateContactChannel, did: "added", asked: "add a channel"},
	{operation: oncall.UpdateContactChannel, did: "changed", asked: "change a channel"},
	{operation: oncall.DeactivateContactChannel, did: "deactivated", asked: "deactivate a channel"},
	{operation: oncall.DeleteContactChannel, did: "deleted", asked: "delete a channel"},
	{operation: oncall.SendActivationCode, did: "sent a code to", asked: "send a code"},
	{operation: oncall.ActivateContactChannel, did: "activated", asked: "activate a channel"},
	{operation: oncall.ImportBook, did: "went through a file to import", asked: "import contacts"},
	{operation: oncall.ExportBook, did: "exported all contacts", asked: "export contacts"},
	{operation: oncall.AnswerActivation, did: "answered to", asked: "answer to an activation"},
	{operation: oncall.GetContactChannel, did: "saw the whole address of", asked: "see a whole address"},
	{operation: oncall.ListContactChannels, did: "saw whole addresses of", asked: "see the addresses of a contact"},
	{operation: oncall.FindAddress, did: "looked up whose address one is", asked: "look up whose address one is"},
	{operation: oncall.SignIn, did: "signed in", asked: "sign in", own: true},
	{operation: oncall.SignOut, did: "signed out", asked: "sign out", own: true},
	{operation: oncall.SetUp, did: "set up Callbook", asked: "set up Callbook", own: true},
	{operation: oncall.RedeemLink, did: "set a password by a link", asked: "set a password by a link", own: true},
	{operation: oncall.UseAccount, did: "changed their account", asked: "change their account", own: true},
	{operation: oncall.InviteUser, did: "added", asked: "add a user"},
	{operation: oncall.UpdateUser, did: "changed", asked: "change a user"},
	{operation: oncall.DeleteUser, did: "deleted", asked: "delete a user"},
	{operation: oncall.CreateAccessKey, did: "made", asked: "make an access key"},
	{operation: oncall.UpdateAccessKey, did: "changed", asked: "change an access key"},
	{operation: oncall.DeleteAccessKey, did: "deleted", asked: "delete an access key"},
	{operation: oncall.ExportAudit, did: "exported the audit trail", asked: "export the audit trail"},
	{operation: oncall.TestDelivery, did: "sent a test message", asked: "send a test message"},
	{operation: oncall.RotateSeal, did: "changed the keys of the database", asked: "change the keys of the database"},
	{operation: oncall.ListContacts, did: "saw the contacts", asked: "see contacts"},
	{operation: oncall.GetContact, did: "saw", asked: "see a contact"},
	{operation: oncall.ListTagsForResource, did: "saw the tags of", asked: "see the tags of a contact"},
	{operation: oncall.GetContactPolicy, did: "saw the policy of", asked: "see the policy of a contact"},
	{operation: oncall.ListUsers, did: "saw the users", asked: "see users"},
	{operation: oncall.ListAccessKeys, did: "saw the access keys", asked: "see access keys"},
	{operation: oncall.ListAudit, did: "saw the audit trail", asked: "see the audit trail"},
	{operation: oncall.ReadSettings, did: "saw the settings", asked: "see the settings"},
	{operation: oncall.ReadHelp, did: "read the help", asked: "read the help"},
}

// deedOf returns the words of an operation. One that has none yet goes by its
// own name.
func deedOf(op oncall.Operation) deed {
	for _, d := range deeds {
		if d.operation == op {
			return d
		}
	}
	return deed{operation: op, did: string(op), asked: string(op)}
}

// Recorded reports whether the audit trail tells of an operation, so that it can
// be asked for.
func Recorded(op oncall.Operation) bool { return deedOf(op).asked != string(op) }

// label names the operation in the filter.
func (d deed) label() string { return strings.ToUpper(d.asked[:1]) + d.asked[1:] }

// doorWord says how somebody came in.
func doorWord(d oncall.Door) string {
	switch d {
	case oncall.Browser:
		return "in the browser"
	case oncall.API:
		return "through the API"
	case oncall.Command:
		return "at the command line"
	case oncall.Link:
		return "by a link"
	}
	return string(d)
}

func who(e oncall.Entry) string {
	if e.Actor == "" {
		return "Somebody"
	}
	return e.Actor
}

// fieldWord names a field of a change.
func fieldWord(f oncall.Field) string {
	switch f {
	case oncall.FieldDisplayName, oncall.FieldName:
		return "Name"
	case oncall.FieldWay:
		return "By"
	}
	text := strings.ReplaceAll(string(f), "_", " ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// valueWords are the stored words that pages say in another way.
var valueWords = map[oncall.Field]map[string]string{
	oncall.FieldType: {string(oncall.SMS): "SMS", string(oncall.Voice): "Voice", string(oncall.Email): "Email",
		string(oncall.Personal): "Person", string(oncall.Escalation): "Escalation plan", string(oncall.OncallSchedule): "On-call schedule"},
	oncall.FieldState: {string(oncall.Active): "Active", string(oncall.NotActivated): "Not activated", string(oncall.Deferred): "Activation deferred",
		"enabled": "Enabled", "disabled": "Disabled", "begun": "Begun", "finished": "Finished", "stopped": "Stopped", "failed": "Failed"},
	oncall.FieldRole: {string(oncall.Viewer): "Viewer", string(oncall.Manager): "Manager", string(oncall.Admin): "Admin"},
	oncall.FieldWay: {string(oncall.ByPassword): "Password", string(oncall.ByPasskey): "Passkey", string(oncall.ByOpenID): "OpenID Connect",
		string(oncall.ByLink): "Link"},
	oncall.FieldPassword: {"set": "Set", "may be reset by a link": "May be reset by a link",
		"may be reset by a link that was mailed": "May be reset by a link that was mailed"},
}

func valueWord(f oncall.Field, value string) string {
	if text, ok := valueWords[f][value]; ok {
		return text
	}
	return value
}

// became is a change as before and after. What was added has no before, what
// was deleted no after; a text that was or is empty says so.
func became(op oncall.Operation, c oncall.AuditChange) (before, after string) {
	before, after = valueWord(c.Field, c.Before), valueWord(c.Field, c.After)
	text := c.Field == oncall.FieldName || c.Field == oncall.FieldDisplayName || c.Field == oncall.FieldPlan
	if text && strings.HasPrefix(string(op), "Update") {
		return shown(before), shown(after)
	}
	return before, after
}
