package oncall

import (
	"encoding/json"
	"time"
)

// Request identifies a creation for idempotency. Two requests are the same if their
// token, principal, door and operation are.
type Request struct {
	Door       Door
	Operation  string
	Principal  string
	Token      string
	Parameters []byte // the whole input; stored only as a keyed hash
}

// Key returns the identity of the request: its door, operation, principal and token.
func (r Request) Key() []byte {
	key, _ := json.Marshal([]string{string(r.Door), r.Operation, r.Principal, r.Token})
	return key
}

// Memory says whether a store has seen a request before. It is zero for a new request.
type Memory struct {
	Seen     bool
	Same     bool // the parameters were the same
	Resource ARN  // what the first request created
}

// TokenTTL is how long a token is kept after the resource it created is gone.
const TokenTTL = 24 * time.Hour

// NewRequest describes a creation. It encodes the parameters as a JSON array, so that
// different parameters never look alike.
func NewRequest(by Actor, operation, token string, parameters ...any) Request {
	encoded, _ := json.Marshal(parameters)
	return Request{Door: by.Door, Operation: operation, Principal: by.Principal, Token: token, Parameters: encoded}
}
