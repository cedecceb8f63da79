package access

import (
	"context"
	"errors"
	"slices"
	"time"

	"callbook/internal/oncall"
)

// ActorAsStored returns the actor with the role that a user or an access key has in this
// transaction: none once it is disabled or gone. It is for what goes on after the
// request that began it. Whoever runs the command is not stored.
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

// PermitOn refuses an actor that does not say who it is, or whose role does not
// cover the operation; the latter is put on record. It is the one place where an
// operation asks whether it may go ahead. It fails with Denied.
func (c *Control) PermitOn(ctx context.Context, by oncall.Actor, op oncall.Operation, resource oncall.ARN) error {
	switch {
	case by.May(op):
		return nil
	case by.Door == "" || by.Principal == "":
		return &oncall.Error{Kind: oncall.Denied, Reason: oncall.Unknown, Message: "This request does not say who asks: sign in and try again."}
	}
	c.RecordRefusal(ctx, by, op, resource)
	if by.Door == oncall.API {
		return &oncall.Error{Kind: oncall.Denied, Reason: oncall.Forbidden, Message: c.unauthorized(by, op, resource)}
	}
	if op.Least() == "" {
		return &oncall.Error{Kind: oncall.Denied, Reason: oncall.Forbidden, Message: "Nobody may do this."}
	}
	return &oncall.Error{Kind: oncall.Denied, Reason: oncall.Forbidden, Message: "You are signed in as " + roleWord(by.Role) + ", who may not " + op.Does() +
		": ask an admin for the role " + string(op.Least()) + "."}
}

// unauthorized is the sentence in which AWS refuses a program.
func (c *Control) unauthorized(by oncall.Actor, op oncall.Operation, resource oncall.ARN) string {
	if resource == "" {
		resource = oncall.ARN(c.Scope().Prefix() + "*")
	}
	return "User: " + string(c.Scope().User(by.Name)) + " is not authorized to perform: ssm-contacts:" + string(op) + " on resource: " + string(resource)
}

// roleWord is a role with its article.
func roleWord(r oncall.Role) string {
	switch {
	case !slices.Contains(oncall.Roles(), r):
		return "somebody without a role"
	case r == oncall.Admin:
		return "an admin"
	}
	return "a " + string(r)
}

// Permit is the question alone: may this actor do this? Pages that lead up to an
// operation ask it before they are drawn. It fails with Denied.
func (c *Control) Permit(ctx context.Context, by oncall.Actor, op oncall.Operation) error {
	return c.PermitOn(ctx, by, op, "")
}

// Admit permits the actor and looks at the ARN it names. A program is told when
// its ARN is none at all, as the service model says; a person, who follows a
// link, only learns that nothing is there.
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
