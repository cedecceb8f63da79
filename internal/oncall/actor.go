package oncall

import (
	"context"
	"errors"
	"slices"
	"time"
)

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

// asStored returns the actor with the role that a user or an access key has in this
// transaction: none once it is disabled or gone. It is for what goes on after the
// request that began it. Whoever runs the command is not stored.
func (s *Service) asStored(q Queries, by Actor) (Actor, error) {
	var disabled time.Time
	var err error
	switch by.Door {
	case Browser:
		var u User
		u, err = q.User(by.Principal)
		by.Role, disabled = u.Role, u.DisabledAt
	case API:
		var k AccessKey
		k, err = q.AccessKey(by.Principal)
		by.Role, disabled = k.Role, k.DisabledAt
	case Command, Link:
	}
	if errors.Is(err, ErrMissing) || !disabled.IsZero() {
		by.Role, err = "", nil
	}
	return by, err
}

// permit refuses an actor that does not say who it is, or whose role does not
// cover the operation; the latter is put on record. It is the one place where an
// operation asks whether it may go ahead. It fails with Denied.
func (s *Service) permit(ctx context.Context, by Actor, op Operation, resource ARN) error {
	switch {
	case by.May(op):
		return nil
	case by.Door == "" || by.Principal == "":
		return &Error{Kind: Denied, Reason: Unknown, Message: "This request does not say who asks: sign in and try again."}
	}
	s.recordRefusal(ctx, by, op, resource)
	if by.Door == API {
		return &Error{Kind: Denied, Reason: Forbidden, Message: s.unauthorized(by, op, resource)}
	}
	if op.Least() == "" {
		return &Error{Kind: Denied, Reason: Forbidden, Message: "Nobody may do this."}
	}
	return &Error{Kind: Denied, Reason: Forbidden, Message: "You are signed in as " + roleWord(by.Role) + ", who may not " + op.Does() +
		": ask an admin for the role " + string(op.Least()) + "."}
}

// unauthorized is the sentence in which AWS refuses a program.
func (s *Service) unauthorized(by Actor, op Operation, resource ARN) string {
	if resource == "" {
		resource = ARN(s.scope.Prefix() + "*")
	}
	return "User: " + string(s.scope.User(by.Name)) + " is not authorized to perform: ssm-contacts:" + string(op) + " on resource: " + string(resource)
}

// roleWord is a role with its article.
func roleWord(r Role) string {
	switch {
	case !slices.Contains(Roles(), r):
		return "somebody without a role"
	case r == Admin:
		return "an admin"
	}
	return "a " + string(r)
}

// Permit is the question alone: may this actor do this? Pages that lead up to an
// operation ask it before they are drawn. It fails with Denied.
func (s *Service) Permit(ctx context.Context, by Actor, op Operation) error {
	return s.permit(ctx, by, op, "")
}

// admit permits the actor and looks at the ARN it names. A program is told when
// its ARN is none at all, as the service model says; a person, who follows a
// link, only learns that nothing is there.
func (s *Service) admit(ctx context.Context, by Actor, op Operation, f Field, arn ARN) error {
	if err := s.permit(ctx, by, op, arn); err != nil {
		return err
	}
	if by.Door == Browser {
		return nil
	}
	if fields := checkARN(f, arn); len(fields) > 0 {
		return invalid(fields...)
	}
	return nil
}
