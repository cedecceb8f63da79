package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Invalid is every constraint of the service model that a document does not
// satisfy, as far as anybody would read on.
type Invalid struct {
	Violations []Violation // the first of them
	Count      int         // how many there are
}

// Violation is a constraint that one value does not satisfy.
type Violation struct {
	Member  string // the path to it: DeliveryAddress.SimpleAddress
	Message string // "Value 'x' at 'deliveryAddress.simpleAddress' failed to satisfy constraint: Member must …"
}

// maxViolations are quoted, each with at most maxQuotedLen code points of its
// value: a request of a megabyte is not answered with several.
const (
	maxViolations = 50
	maxQuotedLen  = 256
)

// Error says it in the words of AWS.
func (e *Invalid) Error() string {
	messages := make([]string, len(e.Violations))
	for i, v := range e.Violations {
		messages[i] = v.Message
	}
	errors := "errors"
	if e.Count == 1 {
		errors = "error"
	}
	return fmt.Sprintf("%d validation %s detected: %s", e.Count, errors, strings.Join(messages, "; "))
}

func (e *Invalid) add(at path, value, must string) {
	e.Count++
	if len(e.Violations) < maxViolations {
		message := "Value " + value + " at '" + at.inSentence() + "' failed to satisfy constraint: Member must " + must
		e.Violations = append(e.Violations, Violation{Member: at.String(), Message: message})
	}
}

// check collects what a value, which has the shape's JSON type, does not satisfy.
func (s *shape) check(value any, at path, broken *Invalid) {
	switch v := value.(type) {
	case string:
		s.checkText(v, at, broken)
	case json.Number:
		n, _ := wholeNumber(v)
		s.checkLimits(n, "value", v, at, broken)
	case items:
		s.checkLimits(v.length, "length", v.kept, at, broken)
		for i, item := range v.kept {
			s.of.check(item, at.item(i), broken)
		}
	case map[string]any:
		s.checkMembers(v, at, broken)
	}
}

func (s *shape) checkText(v string, at path, broken *Invalid) {
	s.checkLimits(utf8.RuneCountInString(v), "length", v, at, broken)
	if s.pattern != nil && !s.pattern.MatchString(v) {
		broken.add(at, quoted(v), "satisfy regular expression pattern: "+s.source)
	}
	if s.enum != nil && !slices.Contains(s.enum, v) {
		broken.add(at, quoted(v), "satisfy enum value set: ["+strings.Join(s.enum, ", ")+"]")
	}
}

func (s *shape) checkLimits(n int, of string, value any, at path, broken *Invalid) {
	switch {
	case s.limits == nil:
	case n < s.limits.min:
		broken.add(at, quoted(value), "have "+of+" greater than or equal to "+strconv.Itoa(s.limits.min))
	case n > s.limits.max:
		broken.add(at, quoted(value), "have "+of+" less than or equal to "+strconv.Itoa(s.limits.max))
	}
}

func (s *shape) checkMembers(object map[string]any, at path, broken *Invalid) {
	for _, m := range s.members {
		given := object[m.name]
		switch {
		case given != nil:
			m.shape.check(given, at.to(m.name), broken)
		case m.required:
			broken.add(at.to(m.name), "null", "not be null")
		}
	}
}

// quoted is a value as a sentence shows it.
func quoted(value any) string {
	shown, ok := value.(string)
	if !ok {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(value) // what was parsed can be written
		shown = strings.TrimSpace(b.String())
	}
	if utf8.RuneCountInString(shown) > maxQuotedLen {
		shown = string([]rune(shown)[:maxQuotedLen]) + "…"
	}
	return "'" + shown + "'"
}
