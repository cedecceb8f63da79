package oncall

import (
	"strings"
)

// Operation is one thing that an actor asks for. Operations of the ssm-contacts API have
// their name there.
type Operation string

// The operations.
const (
	ListContacts             Operation = "ListContacts"
	GetContact               Operation = "GetContact" // with its channels, addresses masked
	CreateContact            Operation = "CreateContact"
	UpdateContact            Operation = "UpdateContact"
	DeleteContact            Operation = "DeleteContact"
	ListTagsForResource      Operation = "ListTagsForResource" // of a contact
	TagResource              Operation = "TagResource"
	UntagResource            Operation = "UntagResource"
	GetContactPolicy         Operation = "GetContactPolicy"
	PutContactPolicy         Operation = "PutContactPolicy"
	GetContactChannel        Operation = "GetContactChannel"   // with its address in the clear
	ListContactChannels      Operation = "ListContactChannels" // with their addresses in the clear
	FindAddress              Operation = "FindAddress"         // which contacts have an address
	CreateContactChannel     Operation = "CreateContactChannel"
	UpdateContactChannel     Operation = "UpdateContactChannel"
	DeactivateContactChannel Operation = "DeactivateContactChannel"
	DeleteContactChannel     Operation = "DeleteContactChannel"
	SendActivationCode       Operation = "SendActivationCode"
	ActivateContactChannel   Operation = "ActivateContactChannel"
	ImportBook               Operation = "ImportBook"       // contacts and channels from a file
	ExportBook               Operation = "ExportBook"       // every contact with all its data
	AnswerActivation         Operation = "AnswerActivation" // by the link or the number that a code was sent to

	SignIn     Operation = "SignIn"     // by a password, a passkey or a provider of identities
	SignOut    Operation = "SignOut"    // end the current session
	SetUp      Operation = "SetUp"      // create the first admin, by the link printed at the start
	RedeemLink Operation = "RedeemLink" // set a password, by an invitation or a reset link

	ChooseTheme     Operation = "ChooseTheme" // for this browser
	ReadHelp        Operation = "ReadHelp"    // the documentation
	UseAccount      Operation = "UseAccount"  // the user's own password, passkeys and sessions
	ListUsers       Operation = "ListUsers"
	InviteUser      Operation = "InviteUser"
	UpdateUser      Operation = "UpdateUser" // change the role, disable, send a reset link
	DeleteUser      Operation = "DeleteUser"
	ListAccessKeys  Operation = "ListAccessKeys"
	CreateAccessKey Operation = "CreateAccessKey"
	UpdateAccessKey Operation = "UpdateAccessKey" // disable or enable
	DeleteAccessKey Operation = "DeleteAccessKey"
	ListAudit       Operation = "ListAudit"
	ExportAudit     Operation = "ExportAudit"
	ReadSettings    Operation = "ReadSettings"
	TestDelivery    Operation = "TestDelivery" // send a test message
	RotateSeal      Operation = "RotateSeal"   // replace the keys of the database
)

// operationRow is the required role of an operation and its wording.
type operationRow struct {
	operation Operation
	role      Role   // the required role
	does      string // follows "may not" and "tried to"
	did       string // follows the actor's name; "%s" is the object; "" if it is not in the audit trail
}

// operations is the only table of the operations: pages, API, commands and audit trail
// use it. The filter of the audit trail lists them in this order.
var operations = []operationRow{
	{ListContacts, Viewer, "list contacts", "listed the contacts"},
	{GetContact, Viewer, "see contacts", "saw %s"},
	{CreateContact, Manager, "add contacts", "added %s"},
	{UpdateContact, Manager, "change contacts", "changed %s"},
	{DeleteContact, Manager, "delete contacts", "deleted %s"},
	{ListTagsForResource, Viewer, "see tags", "saw the tags of %s"},
	{TagResource, Manager, "tag contacts", "tagged %s"},
	{UntagResource, Manager, "remove tags", "removed tags from %s"},
	{GetContactPolicy, Viewer, "see policies", "saw the policy of %s"},
	{PutContactPolicy, Manager, "change policies", "changed the policy of %s"},
	{GetContactChannel, Manager, "see whole addresses", "saw the whole address of %s"},
	{ListContactChannels, Manager, "list whole addresses", "saw the whole addresses of %s"},
	{FindAddress, Manager, "look up addresses", "looked up an address"},
	{CreateContactChannel, Manager, "add channels", "added %s"},
	{UpdateContactChannel, Manager, "change channels", "changed %s"},
	{DeactivateContactChannel, Manager, "deactivate channels", "deactivated %s"},
	{DeleteContactChannel, Manager, "delete channels", "deleted %s"},
	{SendActivationCode, Manager, "send activation codes", "sent a code to %s"},
	{ActivateContactChannel, Manager, "activate channels", "activated %s"},
	{ImportBook, Manager, "import contacts", "processed an import file"},
	{ExportBook, Admin, "export contacts", "exported all contacts"},
	{AnswerActivation, Anyone, "answer an activation", "answered the activation of %s"},

	{ChooseTheme, Anyone, "choose how pages look", ""},
	{SignIn, Anyone, "sign in", "signed in"},
	{SignOut, Anyone, "sign out", "signed out"},
	{SetUp, Anyone, "set up Callbook", "set up Callbook"},
	{RedeemLink, Anyone, "set a password by a link", "set a password by a link"},

	{ReadHelp, Viewer, "read the help", "read the help"},
	{UseAccount, Viewer, "change their account", "changed their account"},
	{ListUsers, Admin, "see users", "saw the users"},
	{InviteUser, Admin, "add users", "added %s"},
	{UpdateUser, Admin, "change users", "changed %s"},
	{DeleteUser, Admin, "delete users", "deleted %s"},
	{ListAccessKeys, Admin, "see access keys", "saw the access keys"},
	{CreateAccessKey, Admin, "make access keys", "made %s"},
	{UpdateAccessKey, Admin, "change access keys", "changed %s"},
	{DeleteAccessKey, Admin, "delete access keys", "deleted %s"},
	{ListAudit, Manager, "see the audit trail", "saw the audit trail"},
	{ExportAudit, Admin, "export the audit trail", "exported the audit trail"},
	{ReadSettings, Admin, "see the settings", "saw the settings"},
	{TestDelivery, Admin, "send test messages", "sent a test message"},
	{RotateSeal, Admin, "change the keys of the database", "changed the keys of the database"},
}

// Operations returns every operation, in the order of the table.
func Operations() []Operation {
	var list []Operation
	for _, row := range operations {
		list = append(list, row.operation)
	}
	return list
}

// row returns the row of an operation. An operation that is not in the table is denied
// to every role and is worded by its name.
func (o Operation) row() operationRow {
	for _, r := range operations {
		if r.operation == o {
			return r
		}
	}
	return operationRow{operation: o, does: string(o), did: string(o) + " %s"}
}

// RequiredRole returns the required role: Anyone if none is required, "" if every role is denied
// the operation.
func (o Operation) RequiredRole() Role { return o.row().role }

// Does returns the words that follow "may not" and "tried to", such as "add contacts".
func (o Operation) Does() string { return o.row().does }

// Did returns the words that follow the actor's name in the audit trail, such as "added",
// and whether the name of the contact, channel, user or key follows them.
func (o Operation) Did() (words string, object bool) { return strings.CutSuffix(o.row().did, " %s") }

// Recorded reports whether the audit trail records the operation.
func (o Operation) Recorded() bool { return o.RequiredRole() != "" && o.row().did != "" }
