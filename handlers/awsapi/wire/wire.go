// Package wire is the documents of the ssm-contacts API, as the service model has
// them: their Go types, how one is read from JSON, and the constraints that it
// must satisfy. Types, constraints and the list of operations are generated from
// the model (types.go, by make generate); nothing here knows an operation.
//
// The wire format is AWS JSON 1.1: a member that is null or not known is absent,
// names are told apart by case, and a document of the wrong JSON types cannot be
// read at all, while one that only breaks constraints is answered with all of
// them.
package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"unicode/utf8"
)

// Operation is what the service model says of an operation.
type Operation struct {
	// Exceptions are those that the SDKs expect of it, by name.
	Exceptions []string
	// input is the shape of its request; nil: Callbook does not have it yet.
	input *shape
}

// Available reports whether there are types for an operation's documents.
func (o Operation) Available() bool { return o.input != nil }

// HasMember reports whether the request has a member of this name.
func (o Operation) HasMember(name string) bool {
	return o.input != nil && o.input.member(name) != nil
}

// Input is a request's document.
type Input interface{ shape() *shape }

// Malformed is why a document cannot be read.
type Malformed struct {
	Message string // a sentence, which quotes nothing but names of members
}

func (m *Malformed) Error() string { return m.Message }

// Valid fails with *Malformed unless body is the JSON of an object, in which every
// text is one of Unicode. It takes no memory, whatever the body is.
func Valid(body []byte) error {
	switch trimmed := bytes.TrimLeft(body, " \t\r\n"); {
	case len(trimmed) == 0:
		return &Malformed{"The body is empty: send a JSON object, {} if there is nothing to say."}
	case !utf8.Valid(body):
		return &Malformed{"The body is not UTF-8."}
	case !json.Valid(body):
		return &Malformed{"The body is not JSON."}
	case trimmed[0] != '{':
		return &Malformed{"The body is JSON but not an object."}
	}
	return scan(body)
}

// Read returns the document in body, which must be Valid. It fails with
// *Malformed when a name stands twice in an object or a member has a wrong JSON
// type, and with *Invalid when constraints of the model are not satisfied.
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
