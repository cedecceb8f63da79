package access

import (
	"context"
	"errors"
	"slices"
	"time"

	"callbook/internal/oncall"
)

// ActorAsStored returns the actor with its current role in the store, or with no role if
// the user or access key is disabled or deleted. It is for work that continues after its
// request, such as an import. Actors of other doors are returned unchanged.
func (c *Control) ActorAsStored(q Queries, by oncall.Actor) (oncall.Actor, error) {
	var disabled time.Time
	var err error
	switch by.Door {
	case oncall.Browser:
		var u oncall.User
		u, err = q.User(by.Principal)
		by.Role, disabled = u.Role, u.DisabledAt
	case oncall.API:
		var k oncall.AccessKey
		k, err = q.AccessKey(by.Principal)
		by.Role, disabled = k.Role, k.DisabledAt
	case oncall.Command, oncall.Link:
	}
	if errors.Is(err, oncall.ErrMissing) || !disabled.IsZero() {
		by.Role, err = "", nil
	}
	return by, err
}

// PermitOn checks that the actor may do an operation on a resource. It is the only place
// that checks roles. It fails with Denied if the actor is unknown or its role does not
// cover the operation. In the second case it records the refusal in the audit trail.
func (c *Control) PermitOn(ctx context.Context, by oncall.Actor, op oncall.Operation, resource oncall.ARN) error {
	switch {
	case by.May(op):
		return nil
	case by.Door == "" || by.Principal == "":
		return &oncall.Error{Kind: oncall.Denied, Reason: oncall.Unknown, Message: "You are not signed in: sign in and try again."}
	}
	c.RecordRefusal(ctx, by, op, resource)
	if by.Door == oncall.API {
		return &oncall.Error{Kind: oncall.Denied, Reason: oncall.Forbidden, Message: c.unauthorized(by, op, resource)}
	}
	if op.RequiredRole() == "" {
		return &oncall.Error{Kind: oncall.Denied, Reason: oncall.Forbidden, Message: "Nobody may do this."}
	}
	return &oncall.Error{Kind: oncall.Denied, Reason: oncall.Forbidden, Message: "You are signed in as " + roleWord(by.Role) + ", who may not " + op.Does() +
		": ask an admin for the role " + string(op.RequiredRole()) + "."}
}

// unauthorized returns the message with which AWS denies a request.
func (c *Control) unauthorized(by oncall.Actor, op oncall.Operation, resource oncall.ARN) string {
	if resource == "" {
		resource = oncall.ARN(c.Scope().Prefix() + "*")
	}
	return "User: " + string(c.Scope().User(by.Name)) + " is not authorized to perform: ssm-contacts:" + string(op) + " on resource: " + string(resource)
}

// roleWord returns a role with its article.
func roleWord(r oncall.Role) string {
	switch {
	case !slices.Contains(oncall.Roles(), r):
		return "somebody without a role"
	case r == oncall.Admin:
		return "an admin"
	}
	return "a " + string(r)
}

// Permit is PermitOn without a resource. Pages call it before they show the form of an
// operation.
func (c *Control) Permit(ctx context.Context, by oncall.Actor, op oncall.Operation) error {
	return c.PermitOn(ctx, by, op, "")
}

// Admit is PermitOn, followed by a check of the ARN in field f. Outside the browser it
// fails with Invalid for a malformed ARN, as the service model requires. In the browser
// the ARN comes from a URL, and the operation answers NotFound.
func (c *Control) Admit(ctx context.Context, by oncall.Actor, op oncall.Operation, f oncall.Field, arn oncall.ARN) error {
	if err := c.PermitOn(ctx, by, op, arn); err != nil {
		return err
	}
	if by.Door == oncall.Browser {
		return nil
	}
	if fields := oncall.CheckARN(f, arn); len(fields) > 0 {
		return oncall.InvalidError(fields...)
	}
	return nil
}
