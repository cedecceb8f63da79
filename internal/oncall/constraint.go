package oncall

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"
)

// The patterns of the service model. The lengths are in the struct tags and count
// Unicode code points.
var (
	aliasForm = regexp.MustCompile(`^[a-z0-9_\-]+$`)           // ContactAlias
	nameForm  = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.\-]*$`) // ContactName, ChannelName
	tokenForm = regexp.MustCompile(`^[\\/a-zA-Z0-9_+=\-]*$`)   // IdempotencyToken

	tagKeyForm   = regexp.MustCompile(`^[\\/a-zA-Z0-9_+=\-]*$`)        // TagKey
	tagValueForm = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`) // TagValue
)

// validate checks the tags of this package's input structs.
var validate = newValidator()

func newValidator() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	matches := func(form *regexp.Regexp) validator.Func {
		return func(f validator.FieldLevel) bool { return form.MatchString(f.Field().String()) }
	}
	for tag, rule := range map[string]validator.Func{
		"alias": matches(aliasForm), "name": matches(nameForm), "token": matches(tokenForm), "arn": matches(arnForm),
		"tagkey": matches(tagKeyForm), "tagvalue": matches(tagValueForm), "unreserved": unreserved, "object": isObject,
	} {
		if err := v.RegisterValidation(tag, rule); err != nil {
			panic(err) // a name in the table is malformed; no input can cause this
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
	Unfitting Reason = "unfitting" // well-formed, but not allowed here
	Reserved  Reason = "reserved"
)

var reasonOfTag = map[string]Reason{
	"required": Required, "required_without": Required, "max": TooLong, "min": Range,
	"oneof": NotOneOf, "alias": Pattern, "name": Pattern, "token": Pattern, "arn": Pattern,
	"tagkey": Pattern, "tagvalue": Pattern, "unreserved": Reserved, "object": Pattern,
}

// check returns every constraint in the tags of an input struct that the input breaks.
func check(input any) []FieldError {
	var broken validator.ValidationErrors
	if !errors.As(validate.Struct(input), &broken) {
		return nil
	}
	var fields []FieldError
	for _, b := range broken {
		f := FieldError{Field: fieldOf(b), Reason: reasonOf(b)}
		f.Message = sentence(f, b)
		if !slices.Contains(fields, f) { // a plan may break one rule in many places
			fields = append(fields, f)
		}
	}
	return fields
}

// CheckToken returns the rules that an idempotency token breaks. The empty token is valid.
func CheckToken(token string) []FieldError {
	return check(struct {
		Token string `field:"token" validate:"max=2048,token"`
	}{token})
}

// CheckChannelType returns the rules that a channel type breaks.
func CheckChannelType(t ChannelType) []FieldError {
	return check(struct {
		Type ChannelType `field:"type" validate:"required,oneof=SMS VOICE EMAIL"`
	}{t})
}

// reasonOf returns the broken constraint. A text with a minimum length is a required one.
func reasonOf(b validator.FieldError) Reason {
	_, isText := b.Value().(string)
	if isText && b.Tag() == "min" {
		return Required
	}
	return reasonOfTag[b.Tag()]
}

// fieldOf returns the input's field that contains the broken value. For a value inside a
// plan or a list, that is the plan or the list.
func fieldOf(b validator.FieldError) Field {
	parts := strings.Split(b.Namespace(), ".")
	if len(parts) < 2 {
		return Field(b.Field())
	}
	own, _, _ := strings.Cut(parts[1], "[")
	return Field(own)
}

// sentence tells the user how to correct the broken constraint.
func sentence(f FieldError, b validator.FieldError) string {
	switch f.Field {
	case FieldPlan:
		return planSentence(b)
	case FieldType:
		return typeSentence(b.Type())
	case FieldTags:
		return tagSentence(f.Reason, b)
	}
	s := sentences[f.Field][f.Reason]
	if strings.Contains(s, "%s") {
		return fmt.Sprintf(s, quoteForbidden(fmt.Sprint(b.Value())))
	}
	return s
}

const nameHint = ": use letters, digits, spaces, dots, hyphens and underscores."

// sentences holds a sentence for every field and every reason that a tag can give. A %s
// stands for the first character that the name pattern does not allow.
var sentences = map[Field]map[Reason]string{
	FieldContact: {
		Required: "Name the contact by its ARN.",
		Pattern:  "Name the contact by its full ARN, as in arn:aws:ssm-contacts:us-east-1:000000000000:contact/ana-silva.",
		TooLong:  "Name the contact by an ARN of at most 2048 characters.",
	},
	FieldChannel: {
		Required: "Name the contact channel by its ARN.",
		Pattern:  "Name the contact channel by its full ARN, as in arn:aws:ssm-contacts:us-east-1:000000000000:contact-channel/ana-silva/ followed by its id.",
		TooLong:  "Name the contact channel by an ARN of at most 2048 characters.",
	},
	FieldAlias: {
		Required: "Enter an alias, for example ana-silva.",
		Pattern:  "Use only lower-case letters a to z, digits, hyphens and underscores, for example ana-silva.",
		TooLong:  "Use at most 255 characters for the alias.",
	},
	FieldDisplayName: {
		Pattern: "Write the name without %s" + nameHint,
		TooLong: "Use at most 255 characters for the name.",
	},
	FieldName: {
		Required: "Enter a name for the channel, for example Ana mobile.",
		Pattern:  "Write the channel name without %s" + nameHint,
		TooLong:  "Use at most 255 characters for the channel name.",
	},
	FieldAddress: {
		TooLong: "Use an address of at most 320 characters.",
	},
	FieldPolicy: {
		Required: "Give the policy as the JSON of an object.",
		Pattern:  `Write the policy as the JSON of one object, as in {"Version": "2012-10-17", "Statement": []}.`,
		TooLong:  "Use at most 395000 characters for the policy.",
	},
	FieldToken: {
		Pattern: "Use only the letters a to z and A to Z, digits and the characters \\ / _ + = - in an idempotency token.",
		TooLong: "Use an idempotency token of at most 2048 characters.",
	},
}

// typeSentence lists the values of a type.
func typeSentence(t reflect.Type) string {
	if t == reflect.TypeFor[ChannelType]() {
		return "Choose how this channel reaches the person: SMS, VOICE or EMAIL."
	}
	return "Choose what this contact is: PERSONAL, ESCALATION or ONCALL_SCHEDULE."
}

// planSentence returns the sentence for a member of the plan, at any depth.
func planSentence(b validator.FieldError) string {
	if b.Tag() == "required_without" {
		return "Give each target of the plan a channel or a contact."
	}
	switch member, _, element := strings.Cut(b.StructField(), "["); {
	case member == "DurationInMinutes":
		return "Let each stage wait 0 to 30 minutes."
	case member == "RetryIntervalInMinutes":
		return "Let each retry wait 0 to 60 minutes."
	case member == "RotationIDs" && !element:
		return "Use at most 25 rotations in a plan."
	case member == "Stages":
		return "Use at most 100 stages in a plan."
	case member == "Targets":
		return "Use at most 100 targets in a stage."
	}
	return "Name every channel, contact and rotation of the plan by its full ARN."
}

// quoteForbidden quotes the first character that a name may not contain.
func quoteForbidden(value string) string {
	forbidden := func(r rune) bool { return r == utf8.RuneError || !nameForm.MatchString(string(r)) }
	i := strings.IndexFunc(value, forbidden)
	if i < 0 {
		return "some of its characters" // unreachable: the pattern has refused one
	}
	r, _ := utf8.DecodeRuneInString(value[i:])
	switch {
	case r == '\n', r == '\r':
		return "line breaks"
	case !unicode.IsPrint(r), r == utf8.RuneError:
		return "invisible characters"
	case unicode.Is(unicode.M, r):
		return "“◌" + string(r) + "”" // a combining mark needs a base character
	}
	return "“" + string(r) + "”"
}

// checkLetters refuses a name without a letter or digit in the browser. The API accepts
// such names, as the service model does.
func checkLetters(door Door, f Field, name string) []FieldError {
	if door != Browser || name == "" || !nameForm.MatchString(name) || !onlySeparators(name) {
		return nil
	}
	message := "Use at least one letter or digit in the channel name."
	if f == FieldDisplayName {
		message = "Use at least one letter or digit in the name, or leave it empty."
	}
	return []FieldError{{Field: f, Reason: Unfitting, Message: message}}
}

// onlySeparators reports whether a name has no letter and no digit that can be seen.
func onlySeparators(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return !isBlank(r) && (unicode.IsLetter(r) || unicode.IsNumber(r)) })
}
