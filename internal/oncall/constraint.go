package oncall

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"unicode"

	"github.com/go-playground/validator/v10"
)

// The patterns of the service model, each matched against the whole value.
// Lengths are in the tags and count Unicode code points.
var (
	aliasForm = regexp.MustCompile(`^[a-z0-9_\-]+$`)           // ContactAlias
	nameForm  = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.\-]*$`) // ContactName, ChannelName
	tokenForm = regexp.MustCompile(`^[\\/a-zA-Z0-9_+=\-]*$`)   // IdempotencyToken
)

// validate checks the tags of this package's input structs.
var validate = newValidator()

func newValidator() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	matches := func(form *regexp.Regexp) validator.Func {
		return func(f validator.FieldLevel) bool { return form.MatchString(f.Field().String()) }
	}
	for tag, form := range map[string]*regexp.Regexp{
		"alias": aliasForm, "name": nameForm, "token": tokenForm, "arn": arnForm,
	} {
		if err := v.RegisterValidation(tag, matches(form)); err != nil {
			panic(err) // the tag itself is malformed: no input can cause this
		}
	}
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return f.Tag.Get("field") })
	return v
}

// The reasons of a FieldError that come from the service model's constraints.
const (
	Required  Reason = "required"
	TooLong   Reason = "too_long"
	Pattern   Reason = "pattern"
	NotOneOf  Reason = "not_one_of"
	Range     Reason = "range"
	Unfitting Reason = "unfitting" // allowed by itself, but not in this place
)

var reasonOfTag = map[string]Reason{
	"required": Required, "required_without": Required, "max": TooLong, "min": Range,
	"oneof": NotOneOf, "alias": Pattern, "name": Pattern, "token": Pattern, "arn": Pattern,
}

// check returns what the tags of an input struct refuse, all at once.
func check(input any) []FieldError {
	var broken validator.ValidationErrors
	if !errors.As(validate.Struct(input), &broken) {
		return nil
	}
	var fields []FieldError
	for _, b := range broken {
		f := FieldError{Field: fieldOf(b), Reason: reasonOfTag[b.Tag()]}
		f.Message = sentence(f, b.Value(), b.Param())
		fields = append(fields, f)
	}
	return fields
}

// fieldOf names the input's own field also for what lies inside it: everything
// within a plan is the plan's.
func fieldOf(b validator.FieldError) Field {
	parts := strings.Split(b.Namespace(), ".")
	if len(parts) < 2 {
		return Field(b.Field())
	}
	return Field(parts[1])
}

// sentence says what to do about a broken constraint.
func sentence(f FieldError, value any, param string) string {
	if s, ok := sentences[f.Field][f.Reason]; ok {
		if strings.Contains(s, "%s") {
			return fmt.Sprintf(s, firstOutside(fmt.Sprint(value)))
		}
		return s
	}
	switch f.Reason {
	case TooLong:
		return fmt.Sprintf("Use at most %s characters.", param)
	case Required:
		return fmt.Sprintf("Give the %s.", strings.ReplaceAll(string(f.Field), "_", " "))
	}
	return fmt.Sprintf("The %s is not of the right form.", strings.ReplaceAll(string(f.Field), "_", " "))
}

// sentences holds the words for each field and reason. A %s becomes the first
// character that the name pattern does not allow.
var sentences = map[Field]map[Reason]string{
	FieldAlias: {
		Required: "Enter an alias, for example ana-silva.",
		Pattern:  "Use only lower-case letters a to z, digits, hyphens and underscores, for example ana-silva.",
		TooLong:  "Use at most 255 characters for the alias.",
	},
	FieldDisplayName: {
		Pattern: "A name cannot hold %s. Use letters, digits, spaces, dots, hyphens and underscores.",
		TooLong: "Use at most 255 characters for the name.",
	},
	FieldName: {
		Required: "Enter a name for the channel, for example Ana mobile.",
		Pattern:  "A channel name cannot hold %s. Use letters, digits, spaces, dots, hyphens and underscores.",
		TooLong:  "Use at most 255 characters for the channel name.",
	},
	FieldType: {
		Required: "Choose how this channel reaches the person: SMS, voice or email.",
		NotOneOf: "Choose one of the types that are offered.",
	},
	FieldAddress: {
		Required: "Enter the address that this channel reaches.",
		TooLong:  "An address has at most 320 characters.",
	},
	FieldToken: {
		Pattern: "An idempotency token holds letters, digits and the characters \\ / _ + = - only.",
		TooLong: "An idempotency token has at most 2048 characters.",
	},
	FieldPlan: {
		TooLong:  "A value in the plan is too large.",
		Range:    "A value in the plan is too small.",
		Pattern:  "The plan names something that is not an ARN.",
		Required: "Each target of a plan names a channel or a contact.",
	},
}

// firstOutside quotes the first character that a name may not hold.
func firstOutside(value string) string {
	for _, r := range value {
		if nameForm.MatchString(string(r)) && r != unicode.ReplacementChar {
			continue
		}
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return "characters that cannot be printed"
		}
		return "“" + string(r) + "”"
	}
	return "some of these characters"
}

// onlySeparators reports whether a name is made of separators alone (spaces,
// dots, hyphens, underscores), so that nobody could tell it from another.
func onlySeparators(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}
