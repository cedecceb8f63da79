package oncall

// Door is the way a request came in.
type Door string

// The doors. Idempotency tokens of different doors never meet.
const (
	Browser Door = "browser" // a person, through the pages
	API     Door = "api"     // a program, through the wire protocol
	Command Door = "command" // the callbook command itself
	Link    Door = "link"    // whoever holds a link that was handed over: set-up, invitation, reset
)

// Actor is who asks for an operation. The zero Actor may do what Anyone may, and
// nothing else.
type Actor struct {
	Door      Door
	Principal string // who, unique within the door: the id of a user or an access key
	Name      string // how people know it: the email address of a user, the name of a key
	Role      Role
	Request   string // the id of the request, for the audit trail; may be empty
	Client    string // the network address it came from; may be empty
}

// May reports whether the actor's role covers an operation.
func (a Actor) May(op Operation) bool {
	least := op.Least()
	return least == Anyone || least != "" && a.Door != "" && a.Principal != "" && a.Role.Covers(least)
}
