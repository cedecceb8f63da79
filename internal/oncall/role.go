package oncall

// Role is what somebody is trusted with. Each role may do all that those before
// it may. The zero Role may do nothing.
type Role string

// The roles, the least first.
const (
	Viewer  Role = "viewer"  // sees who can be reached; addresses masked
	Manager Role = "manager" // keeps contacts and channels, sees an address on request
	Admin   Role = "admin"   // users, access keys, settings, the export of the audit trail
)

// Anyone is in the place of a role where an operation takes none: what leads to a
// role, and away from it. Nobody has it.
const Anyone Role = "anyone"

// Roles returns every role, the least first.
func Roles() []Role { return []Role{Viewer, Manager, Admin} }

// rank is a role's place among the roles; that of no role is 0.
func (r Role) rank() int {
	for i, role := range Roles() {
		if r == role {
			return i + 1
		}
	}
	return 0
}

// Covers reports whether a role may do all that another one may.
func (r Role) Covers(other Role) bool { return r.rank() > 0 && r.rank() >= other.rank() }

// Operation is what somebody asks for. Those that the ssm-contacts API has too
// carry its name.
type Operation string

// The operations.
const (
	ListContacts             Operation = "ListContacts"
	GetContact               Operation = "GetContact" // with its channels, addresses masked
	CreateContact            Operation = "CreateContact"
	UpdateContact            Operation = "UpdateContact"
	DeleteContact            Operation = "DeleteContact"
	ListTagsForResource      Operation = "ListTagsForResource" // which is a contact
	TagResource              Operation = "TagResource"
	UntagResource            Operation = "UntagResource"
	GetContactPolicy         Operation = "GetContactPolicy"
	PutContactPolicy         Operation = "PutContactPolicy"
	GetContactChannel        Operation = "GetContactChannel"   // with its address in the clear
	ListContactChannels      Operation = "ListContactChannels" // with their addresses in the clear
	FindAddress              Operation = "FindAddress"         // whose an address is
	CreateContactChannel     Operation = "CreateContactChannel"
	UpdateContactChannel     Operation = "UpdateContactChannel"
	DeactivateContactChannel Operation = "DeactivateContactChannel"
	DeleteContactChannel     Operation = "DeleteContactChannel"
	SendActivationCode       Operation = "SendActivationCode"
	ActivateContactChannel   Operation = "ActivateContactChannel"
	ImportBook               Operation = "ImportBook"       // contacts and channels from a file
	ExportBook               Operation = "ExportBook"       // every contact with all that is kept of it
	AnswerActivation         Operation = "AnswerActivation" // by the link or the number that a code was sent to

	SignIn     Operation = "SignIn"     // by a password, a passkey or a provider of identities
	SignOut    Operation = "SignOut"    // the session at hand
	SetUp      Operation = "SetUp"      // the first admin, by the link that the start printed
	RedeemLink Operation = "RedeemLink" // set a password, by an invitation or a reset link

	ChooseTheme     Operation = "ChooseTheme" // how pages look, in this browser
	ReadHelp        Operation = "ReadHelp"    // the documentation
	UseAccount      Operation = "UseAccount"  // one's own password, passkeys and sessions
	ListUsers       Operation = "ListUsers"
	InviteUser      Operation = "InviteUser"
	UpdateUser      Operation = "UpdateUser" // role, reset link, disabled or not
	DeleteUser      Operation = "DeleteUser"
	ListAccessKeys  Operation = "ListAccessKeys"
	CreateAccessKey Operation = "CreateAccessKey"
	UpdateAccessKey Operation = "UpdateAccessKey" // disabled or not
	DeleteAccessKey Operation = "DeleteAccessKey"
	ListAudit       Operation = "ListAudit"
	ExportAudit     Operation = "ExportAudit"
	ReadSettings    Operation = "ReadSettings"
	TestDelivery    Operation = "TestDelivery" // send a message that only shows that it arrives
	RotateSeal      Operation = "RotateSeal"   // new keys for what is encrypted
)

// grant says which role an operation takes, and what it does in words that
// follow "may not".
type grant struct {
	operation Operation
	least     Role
	does      string
}

// grants is who may do what: both doors and the command obey it.
var grants = []grant{
	{ListContacts, Viewer, "see contacts"},
	{GetContact, Viewer, "see contacts"},
	{CreateContact, Manager, "add contacts"},
	{UpdateContact, Manager, "change contacts"},
	{DeleteContact, Manager, "delete contacts"},
	{ListTagsForResource, Viewer, "see tags"},
	{TagResource, Manager, "tag contacts"},
	{UntagResource, Manager, "take tags from contacts"},
	{GetContactPolicy, Viewer, "see policies"},
	{PutContactPolicy, Manager, "change policies"},
	{GetContactChannel, Manager, "see whole addresses"},
	{ListContactChannels, Manager, "see whole addresses"},
	{FindAddress, Manager, "look up addresses"},
	{CreateContactChannel, Manager, "add channels"},
	{UpdateContactChannel, Manager, "change channels"},
	{DeactivateContactChannel, Manager, "deactivate channels"},
	{DeleteContactChannel, Manager, "delete channels"},
	{SendActivationCode, Manager, "send activation codes"},
	{ActivateContactChannel, Manager, "activate channels"},
	{ImportBook, Manager, "import contacts"},
	{ExportBook, Admin, "export contacts"},
	{AnswerActivation, Anyone, "answer to an activation"},

	{ChooseTheme, Anyone, "choose how pages look"},
	{SignIn, Anyone, "sign in"},
	{SignOut, Anyone, "sign out"},
	{SetUp, Anyone, "set up Callbook"},
	{RedeemLink, Anyone, "set a password"},

	{ReadHelp, Viewer, "read the help"},
	{UseAccount, Viewer, "keep an account"},
	{ListUsers, Admin, "see users"},
	{InviteUser, Admin, "invite users"},
	{UpdateUser, Admin, "change users"},
	{DeleteUser, Admin, "delete users"},
	{ListAccessKeys, Admin, "see access keys"},
	{CreateAccessKey, Admin, "make access keys"},
	{UpdateAccessKey, Admin, "change access keys"},
	{DeleteAccessKey, Admin, "delete access keys"},
	{ListAudit, Manager, "see the audit trail"},
	{ExportAudit, Admin, "export the audit trail"},
	{ReadSettings, Admin, "see the settings"},
	{TestDelivery, Admin, "send test messages"},
	{RotateSeal, Admin, "change the keys of the database"},
}

// grantOf returns the line of the table for an operation. An operation that is
// not in it is nobody's.
func grantOf(op Operation) (grant, bool) {
	for _, g := range grants {
		if g.operation == op {
			return g, true
		}
	}
	return grant{}, false
}

// Operations returns every operation of the table.
func Operations() []Operation {
	var all []Operation
	for _, g := range grants {
		all = append(all, g.operation)
	}
	return all
}

// Least returns the least role that an operation takes: Anyone where it takes
// none, "" for an operation that is nobody's.
func (o Operation) Least() Role {
	g, _ := grantOf(o)
	return g.least
}
