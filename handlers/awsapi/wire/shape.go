package wire

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// kind is the sort of JSON value that a shape is.
type kind string

const (
	text      kind = "string"
	integer   kind = "integer"
	truth     kind = "boolean"
	list      kind = "list"
	structure kind = "structure"
)

// shape is what the service model says of a value.
type shape struct {
	kind    kind
	limits  *limits        // nil: there are none
	pattern *regexp.Regexp // matched against the whole value; nil: none
	says    string         // the pattern as the model writes it
	enum    []string       // nil: any value
	of      *shape         // of each element of a list
	members []member       // of a structure
}

// limits are those of a number's value, of a text's length in Unicode code
// points, or of a list's.
type limits struct{ min, max int }

// member is one of a structure. The field of the Go type has its name.
type member struct {
	name     string
	shape    *shape
	required bool
}

// whole compiles a pattern of the model, which means the whole value whether it
// says so or not. Its "." matches line breaks too: only Policy has one.
func whole(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?s)^(?:` + pattern + `)$`) }

func (s *shape) member(name string) *member {
	for i := range s.members {
		if s.members[i].name == name {
			return &s.members[i]
		}
	}
	return nil
}

// path is where in a document a value stands, by the names that the model has for
// it.
type path []string

func (p path) to(name string) path { return append(p[:len(p):len(p)], name) }

// item is the nth element of a list, counted from 0; AWS counts from 1.
func (p path) item(n int) path { return p.to(strconv.Itoa(n+1) + ".member") }

func (p path) String() string { return strings.Join(p, ".") }

// inSentence is the path as AWS's sentences have it: deliveryAddress.simpleAddress.
func (p path) inSentence() string {
	lowered := make([]string, len(p))
	for i, name := range p {
		lowered[i] = strings.ToLower(name[:1]) + name[1:]
	}
	return path(lowered).String()
}

// fill stores a parsed value in a field of the Go type of the shape. It fails
// with *Malformed for another JSON type than the model's.
func (s *shape) fill(value any, into reflect.Value, at path) error {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	switch s.kind {
	case text:
		v, ok := value.(string)
		if !ok {
			return mismatch(value, s.kind, at)
		}
		into.SetString(v)
	case truth:
		v, ok := value.(bool)
		if !ok {
			return mismatch(value, s.kind, at)
		}
		into.SetBool(v)
	case integer:
		v, err := wholeNumber(value)
		if err != nil {
			return mismatch(value, s.kind, at)
		}
		into.SetInt(v)
	case list:
		return s.fillList(value, into, at)
	case structure:
		return s.fillStructure(value, into, at)
	}
	return nil
}

// wholeNumber reads a number of 32 bits, which the model's integers are.
func wholeNumber(value any) (int64, error) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(string(number), 10, 32)
}

func (s *shape) fillList(value any, into reflect.Value, at path) error {
	items, ok := value.([]any)
	if !ok {
		return mismatch(value, s.kind, at)
	}
	into.Set(reflect.MakeSlice(into.Type(), len(items), len(items))) // an empty list is not an absent one
	for i, item := range items {
		if err := s.of.fill(item, into.Index(i), at.item(i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *shape) fillStructure(value any, into reflect.Value, at path) error {
	object, ok := value.(map[string]any)
	if !ok {
		return mismatch(value, s.kind, at)
	}
	for i, m := range s.members {
		given := object[m.name]
		if given == nil {
			continue
		}
		if err := m.shape.fill(given, into.Field(i), at.to(m.name)); err != nil {
			return err
		}
	}
	return nil
}

// mismatch says it in the words of AWS's JSON services, and where.
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
	case []any:
		found = "START_LIST"
	default:
		found = "START_STRUCTURE"
	}
	article := "a "
	if want == integer {
		article = "an "
	}
	return &Malformed{found + " can not be converted to " + article + strings.ToUpper(string(want[:1])) + string(want[1:]) + " at '" + at.inSentence() + "'"}
}
