package oncall

import (
	"encoding/json"
	"time"
)

// Request identifies a creation for idempotency: the same token from the same
// principal through the same door for the same operation is the same request.
type Request struct {
	Door       Door
	Operation  string
	Principal  string
	Token      string
	Parameters []byte // everything that was asked for; kept only as a keyed hash
}

// Key is what makes two requests the same one.
func (r Request) Key() []byte {
	key, _ := json.Marshal([]string{string(r.Door), r.Operation, r.Principal, r.Token})
	return key
}

// Memory is what a store remembers of a request. The zero Memory: it was new.
type Memory struct {
	Seen     bool
	Same     bool // the parameters were the same
	Resource ARN  // what the first request created
}

// TokenKeep is how long a token is kept after the resource it created is gone.
const TokenKeep = 24 * time.Hour

// request describes a creation. The parameters are encoded as JSON arrays, in
// which no two different lists of strings look alike.
func request(by Actor, operation, token string, parameters ...any) Request {
	encoded, _ := json.Marshal(parameters)
	return Request{Door: by.Door, Operation: operation, Principal: by.Principal, Token: token, Parameters: encoded}
}

// remember asks the store whether the request was answered before. It returns
// the ARN of what the first one created, "" when this is the first, and a
// Conflict when the token stands for something else.
func remember(q Queries, r Request, resource ARN, at time.Time) (ARN, error) {
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
	return "", &Error{
		Kind: Conflict, Reason: TokenReused, Resource: m.Resource,
		Message: "This idempotency token was used with other parameters, for " + string(m.Resource) + ": use a new token for something new.",
	}
}
