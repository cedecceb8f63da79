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
	"errors"
	"io"
	"reflect"
	"strconv"
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

// deepest is how deep a document may be nested. The model's go down to 8.
const deepest = 64

// Valid fails with *Malformed unless body is the JSON of an object. It takes no
// memory, whatever the body is.
func Valid(body []byte) error {
	switch {
	case len(bytes.TrimLeft(body, " \t\r\n")) == 0:
		return &Malformed{"The body is empty: send a JSON object, {} if there is nothing to say."}
	case !utf8.Valid(body):
		return &Malformed{"The body is not UTF-8."}
	case !json.Valid(body):
		return &Malformed{"The body is not JSON."}
	case bytes.TrimLeft(body, " \t\r\n")[0] != '{':
		return &Malformed{"The body is JSON but not an object."}
	}
	return nil
}

// Read returns the document in body, which must be Valid. It fails with
// *Malformed when a name stands twice in an object or a member has a wrong JSON
// type, and with *Invalid when constraints of the model are not satisfied.
func Read[In Input](body []byte) (in In, err error) {
	tree, err := parse(body)
	if err != nil {
		return in, err
	}
	s := in.shape()
	if err := s.fill(tree, reflect.ValueOf(&in).Elem(), path{}); err != nil {
		return in, err
	}
	var broken Invalid
	s.check(tree, path{}, &broken)
	if broken.Count > 0 {
		return in, &broken
	}
	return in, nil
}

// parse reads JSON into nil, bool, json.Number, string, []any and
// map[string]any. encoding/json's own does not tell when a name stands twice.
func parse(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	value, err := parseValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &Malformed{"Something follows the JSON object in the body."}
	}
	return value, nil
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, &Malformed{"The body is not JSON."}
	}
	if depth > deepest {
		return nil, &Malformed{"The body is nested more than " + strconv.Itoa(deepest) + " deep."}
	}
	switch token {
	case json.Delim('{'):
		return parseObject(d, depth)
	case json.Delim('['):
		return parseList(d, depth)
	}
	return token, nil
}

func parseObject(d *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, &Malformed{"The body is not JSON."}
		}
		if _, twice := object[name]; twice {
			return nil, &Malformed{"A name stands twice in one object of the body."}
		}
		if object[name], err = parseValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

func parseList(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		value, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := d.Token()
	return list, err
}
