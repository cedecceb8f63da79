// Package wire holds the documents of the ssm-contacts API: their Go types, the reader from
// JSON, and the constraints of the service model. Types, constraints and the list of
// operations are generated from the model (types.go, by make generate). The rest of the
// package knows no operation.
//
// The wire format is AWS JSON 1.1. A member that is null or unknown counts as absent, and
// names are case-sensitive. A wrong JSON type makes the document Malformed at once. Broken
// constraints are collected and answered together.
package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"unicode/utf8"
)

// Operation describes an operation of the service model.
type Operation struct {
	// Exceptions are the names of the exceptions that SDKs decode.
	Exceptions []string
	// input is the shape of the request; nil if Callbook does not have the operation.
	input *shape
}

// Available reports whether the package has types for the operation's documents.
func (o Operation) Available() bool { return o.input != nil }

// HasMember reports whether the request has a member of this name.
func (o Operation) HasMember(name string) bool {
	return o.input != nil && o.input.member(name) != nil
}

// Input is the document of a request.
type Input interface{ shape() *shape }

// Malformed is the error for a document that cannot be read.
type Malformed struct {
	Message string // a sentence that quotes only names of members
}

func (m *Malformed) Error() string { return m.Message }

// Valid fails with *Malformed unless body is a JSON object with valid Unicode strings. It
// allocates no memory.
func Valid(body []byte) error {
	switch trimmed := bytes.TrimLeft(body, " \t\r\n"); {
	case len(trimmed) == 0:
		return &Malformed{"The body is empty: send a JSON object, {} if it has no members."}
	case !utf8.Valid(body):
		return &Malformed{"The body is not UTF-8."}
	case !json.Valid(body):
		return &Malformed{"The body is not JSON."}
	case trimmed[0] != '{':
		return &Malformed{"The body is JSON but not an object."}
	}
	return scan(body)
}

// Read returns the document in body, which must be Valid. It fails with *Malformed for a
// duplicate name or a wrong JSON type, and with *Invalid for broken constraints of the
// model.
func Read[In Input](body []byte) (in In, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	s := in.shape()
	tree, err := s.parse(d, path{})
	if err != nil {
		return in, err
	}
	var broken Invalid
	s.check(tree, path{}, &broken)
	if broken.Count > 0 {
		return in, &broken
	}
	s.fill(tree, reflect.ValueOf(&in).Elem())
	return in, nil
}
