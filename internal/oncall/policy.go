package oncall

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"
)

// PolicyChange is the input of PutPolicy.
type PolicyChange struct {
	Contact ARN
	Policy  string `field:"policy" validate:"required,max=395000,object"` // the JSON of an object
}

// Check returns every rule that the change breaks.
func (in PolicyChange) Check() []FieldError { return check(in) }

// isObject reports whether a text is the JSON of one object and nothing else.
func isObject(f validator.FieldLevel) bool {
	text := f.Field().String()
	return utf8.ValidString(text) && strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") && json.Valid([]byte(text))
}
