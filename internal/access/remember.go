package access

import (
	"time"

	"callbook/internal/oncall"
)

// Remember asks the store whether the request was answered before. It returns
// the ARN of what the first one created, "" when this is the first, and a
// Conflict when the token stands for something else.
func Remember(q Queries, r oncall.Request, resource oncall.ARN, at time.Time) (oncall.ARN, error) {
	if r.Token == "" {
		return "", nil
	}
	m, err := q.Remember(r, resource, at)
	switch {
	case err != nil:
		return "", err
	case !m.Seen:
		return "", nil
	case m.Same:
		return m.Resource, nil
	}
	return "", &oncall.Error{
		Kind: oncall.Conflict, Reason: oncall.TokenReused, Resource: m.Resource,
		Message: "This idempotency token was used with other parameters, for " + string(m.Resource) + ": use a new token for something new.",
	}
}
