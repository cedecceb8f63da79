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

// Invalid is the error for a document that breaks constraints of the service model.
type Invalid struct {
	Violations []Violation // the first maxViolations
	Count      int         // of all violations
}

// Violation is one broken constraint.
type Violation struct {
	Member  string // the path of the value: DeliveryAddress.SimpleAddress
	Message string // "Value 'x' at 'deliveryAddress.simpleAddress' failed to satisfy constraint: Member must …"
}

// The answer quotes at most maxViolations violations, each with at most maxQuotedLen code
// points of its value. This keeps it smaller than the request.
const (
	maxViolations = 50
	maxQuotedLen  = 256
)

// Error has the words of AWS.
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

// check collects the constraints that a value breaks. The value has the JSON type of the
// shape.
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

// quoted returns a value for a sentence, cut to maxQuotedLen code points.
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
