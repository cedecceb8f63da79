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

// TokenTTL is how long a token is kept after the resource it created is gone.
const TokenTTL = 24 * time.Hour

// NewRequest describes a creation. The parameters are encoded as JSON arrays, in
// which no two different lists of strings look alike.
func NewRequest(by Actor, operation, token string, parameters ...any) Request {
	encoded, _ := json.Marshal(parameters)
	return Request{Door: by.Door, Operation: operation, Principal: by.Principal, Token: token, Parameters: encoded}
}
