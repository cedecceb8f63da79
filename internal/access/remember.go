package access

import (
	"time"

	"callbook/internal/oncall"
)

// Remember stores a request with the resource that it creates. If the same request was
// stored before, it returns the ARN of the resource created then, otherwise "". It fails
// with Conflict if the token was used with other parameters.
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
