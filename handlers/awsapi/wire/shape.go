package wire

import (
	"encoding/json"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// kind is the JSON type of a shape.
type kind string

const (
	text      kind = "string"
	integer   kind = "integer"
	truth     kind = "boolean"
	list      kind = "list"
	structure kind = "structure"
)

// shape describes a value in the service model.
type shape struct {
	kind    kind
	limits  *limits        // nil: there are none
	pattern *regexp.Regexp // matched against the whole value; nil: none
	source  string         // the pattern as the model writes it
	enum    []string       // nil: any value
	of      *shape         // of each element of a list
	members []member       // of a structure
}

// limits apply to the value of a number, to the length of a string in Unicode code points,
// or to the length of a list.
type limits struct{ min, max int }

// member is a member of a structure. The field of the Go type has the same name.
type member struct {
	name     string
	shape    *shape
	required bool
}

// whole compiles a pattern of the model. It applies to the whole value, with or without
// anchors. Its "." matches line breaks too: only Policy has one.
func anchored(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?s)^(?:` + pattern + `)$`) }

func (s *shape) member(name string) *member {
	for i := range s.members {
		if s.members[i].name == name {
			return &s.members[i]
		}
	}
	return nil
}

// path is the place of a value in a document, as names of the model.
type path []string

func (p path) to(name string) path { return append(p[:len(p):len(p)], name) }

// item is the nth element of a list, counted from 0; AWS counts from 1.
func (p path) item(n int) path { return p.to(strconv.Itoa(n+1) + ".member") }

func (p path) String() string { return strings.Join(p, ".") }

// inSentence returns the path in the form of AWS's messages: deliveryAddress.simpleAddress.
func (p path) inSentence() string {
	lowered := make([]string, len(p))
	for i, name := range p {
		lowered[i] = strings.ToLower(name[:1]) + name[1:]
	}
	return path(lowered).String()
}

// items are a parsed list. Elements beyond the limit are only counted.
type items struct {
	kept   []any
	length int
}

// maxKept is the number of elements that are kept of a list without a limit in the model.
// The domain accepts fewer.
const maxKept = 1000

// parse reads a value as string, bool, json.Number, items, map[string]any, or nil for null.
// It skips members that the model does not have, without keeping them in memory. It fails
// with *Malformed for another JSON type than the model's, and for a duplicate name.
func (s *shape) parse(d *json.Decoder, at path) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, notJSON
	}
	switch {
	case token == nil && len(at) > 0:
		return nil, nil
	case s.kind == list && token == json.Delim('['):
		return s.parseList(d, at)
	case s.kind == structure && token == json.Delim('{'):
		return s.parseStructure(d, at)
	}
	switch v := token.(type) {
	case string:
		if s.kind == text {
			return v, nil
		}
	case bool:
		if s.kind == truth {
			return v, nil
		}
	case json.Number:
		if _, ok := wholeNumber(v); ok && s.kind == integer {
			return v, nil
		}
	}
	return nil, mismatch(token, s.kind, at)
}

var notJSON = &Malformed{"The body is not JSON."}

func (s *shape) parseList(d *json.Decoder, at path) (any, error) {
	limit := maxKept
	if s.limits != nil {
		limit = s.limits.max
	}
	var l items
	for ; d.More(); l.length++ {
		if l.length >= limit {
			if err := skip(d); err != nil {
				return nil, err
			}
			continue
		}
		value, err := s.of.parse(d, at.item(l.length))
		if err != nil {
			return nil, err
		}
		if value == nil {
			return nil, mismatch(nil, s.of.kind, at.item(l.length))
		}
		l.kept = append(l.kept, value)
	}
	_, err := d.Token()
	return l, err
}

func (s *shape) parseStructure(d *json.Decoder, at path) (any, error) {
	object, seen := map[string]any{}, map[string]bool{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, notJSON
		}
		if seen[name] {
			return nil, &Malformed{"An object in the body has the same name twice."}
		}
		seen[name] = true
		m := s.member(name)
		if m == nil {
			err = skip(d)
		} else {
			object[name], err = m.shape.parse(d, at.to(name))
		}
		if err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

// skip reads a value and drops it.
func skip(d *json.Decoder) error {
	var passed json.RawMessage
	if d.Decode(&passed) != nil {
		return notJSON
	}
	return nil
}

// wholeNumber reads an integer of 32 bits, the only size in the model. Some clients write
// 3 as 3.0.
func wholeNumber(number json.Number) (int, bool) {
	f, err := number.Float64()
	return int(f), err == nil && f == math.Trunc(f) && math.Abs(f) <= math.MaxInt32
}

// fill stores a parsed value in a field of the Go type of the shape.
func (s *shape) fill(value any, into reflect.Value) {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	switch v := value.(type) {
	case string:
		into.SetString(v)
	case bool:
		into.SetBool(v)
	case json.Number:
		n, _ := wholeNumber(v)
		into.SetInt(int64(n))
	case items:
		into.Set(reflect.MakeSlice(into.Type(), len(v.kept), len(v.kept))) // an empty list is not an absent one
		for i, item := range v.kept {
			s.of.fill(item, into.Index(i))
		}
	case map[string]any:
		for i, m := range s.members {
			if given := v[m.name]; given != nil {
				m.shape.fill(given, into.Field(i))
			}
		}
	}
}

// mismatch returns the error for a wrong JSON type, in the words of AWS's JSON services.
func mismatch(value any, want kind, at path) error {
	var found string
	switch value.(type) {
	case nil:
		found = "NULL_VALUE"
	case bool:
		found = "BOOLEAN_VALUE"
	case string:
		found = "STRING_VALUE"
	case json.Number:
		found = "NUMBER_VALUE"
	case json.Delim:
		if found = "START_STRUCTURE"; value == json.Delim('[') {
			found = "START_LIST"
		}
	}
	article := "a "
	if want == integer {
		article = "an "
	}
	return &Malformed{found + " can not be converted to " + article + strings.ToUpper(string(want[:1])) + string(want[1:]) + " at '" + at.inSentence() + "'"}
}
