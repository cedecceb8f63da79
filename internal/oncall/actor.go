package oncall

// Door is the way a request came in.
type Door string

// The doors. Each has its own idempotency tokens.
const (
	Browser Door = "browser" // a person, through the pages
	API     Door = "api"     // a program, through the wire protocol
	Command Door = "command" // the callbook command itself
	Link    Door = "link"    // a person who opens a one-time link: set-up, invitation, reset
)

// Actor is the user, program or command that asks for an operation. The zero Actor may
// do only the operations of Anyone.
type Actor struct {
	Door      Door
	Principal string // the id of a user or an access key, unique within the door
	Name      string // for people: the email address of a user, the name of a key
	Role      Role
	Request   string // the id of the request, for the audit trail; may be empty
	Client    string // the network address of the client; may be empty
}

// May reports whether the actor's role covers an operation.
func (a Actor) May(op Operation) bool {
	required := op.RequiredRole()
	return required == Anyone || required != "" && a.Door != "" && a.Principal != "" && a.Role.Covers(required)
}
