package oncall

// Role decides which operations an actor may do. Each role includes the roles before it.
// The zero Role may do nothing.
type Role string

// The roles, from the least to the most powerful.
const (
	Viewer  Role = "viewer"  // sees who can be reached; addresses masked
	Manager Role = "manager" // manages contacts and channels, sees an address on request
	Admin   Role = "admin"   // manages users, access keys and settings, exports the audit trail
)

// Anyone is the required role of an operation that needs none, such as signing in. No
// actor has it.
const Anyone Role = "anyone"

// Roles returns every role, from the least to the most powerful.
func Roles() []Role { return []Role{Viewer, Manager, Admin} }

// rank returns the position of a role, starting at 1, or 0 for anything else.
func (r Role) rank() int {
	for i, role := range Roles() {
		if r == role {
			return i + 1
		}
	}
	return 0
}

// Covers reports whether a role includes another one.
func (r Role) Covers(other Role) bool { return r.rank() > 0 && r.rank() >= other.rank() }
