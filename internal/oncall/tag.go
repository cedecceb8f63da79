package oncall

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"
)

// Tag is a label that programs put on a contact. Its key is there once on a
// contact, and case tells keys apart.
type Tag struct {
	Key   string `validate:"required,max=128,unreserved,tagkey"`
	Value string `validate:"required,max=256,tagvalue"`
}

// MaxTags is how many tags a contact has at most, and how many one request
// names.
const MaxTags = 50

// TagChange is the input of TagContact.
type TagChange struct {
	Contact ARN
	Tags    []Tag `field:"tags" validate:"max=50,dive"`
}

// Check returns everything the rules refuse.
func (in TagChange) Check() []FieldError {
	return slices.Concat(OnlyContacts(in.Contact), check(in), checkTwice(in.Tags))
}

// TagRemoval is the input of UntagContact.
type TagRemoval struct {
	Contact ARN
	Keys    []string `field:"tags" validate:"max=50,dive,required,max=128,unreserved,tagkey"`
}

// Check returns everything the rules refuse.
func (in TagRemoval) Check() []FieldError { return append(OnlyContacts(in.Contact), check(in)...) }

// OnlyContacts refuses the ARN of anything else: the service model has rotations
// with tags too, but there are none here. What is no ARN at all, or names a
// contact that is not there, is refused elsewhere.
func OnlyContacts(arn ARN) []FieldError {
	if arn.malformed() != "" || strings.HasPrefix(arn.resource(), "contact/") {
		return nil
	}
	return []FieldError{{Field: FieldContact, Reason: Unfitting, Message: "Invalid value provided - only contacts have tags: " + string(arn)}}
}

// checkTwice refuses a key that stands twice in one request, which has no order.
func checkTwice(tags []Tag) []FieldError {
	seen := map[string]bool{}
	for _, t := range tags {
		if seen[t.Key] && tagKeyForm.MatchString(t.Key) {
			return []FieldError{{Field: FieldTags, Reason: Unfitting, Message: "Give each tag a key of its own: “" + t.Key + "” is there twice."}}
		}
		seen[t.Key] = true
	}
	return nil
}

// tagSentence says it of the part of a tag that is at fault, in a list of tags or
// of keys.
func tagSentence(r Reason, b validator.FieldError) string {
	part, _, element := strings.Cut(b.StructField(), "[")
	switch {
	case part == "Value":
		return tagValueSentences[r]
	case part == "Key", element:
		return tagKeySentences[r]
	}
	return fmt.Sprintf("Name at most %d tags at once.", MaxTags)
}

var tagKeySentences = map[Reason]string{
	Required: "Give each tag a key, for example env.",
	TooLong:  "Use at most 128 characters for the key of a tag.",
	Reserved: "Choose a tag key that does not begin with aws: because such keys are reserved.",
	Pattern:  `Use only the letters a to z and A to Z, digits and the characters \ / _ + = - in the key of a tag.`,
}

var tagValueSentences = map[Reason]string{
	Required: "Give each tag a value, for example prod.",
	TooLong:  "Use at most 256 characters for the value of a tag.",
	Pattern:  "Use only letters, digits, spaces and the characters _ . : / = + - @ in the value of a tag.",
}

// unreserved reports whether the key of a tag is not one of those that AWS keeps
// for itself.
func unreserved(f validator.FieldLevel) bool {
	return !strings.HasPrefix(strings.ToLower(f.Field().String()), "aws:")
}

// SortTags returns tags in order.
func SortTags(tags []Tag) []Tag {
	return slices.SortedFunc(slices.Values(tags), func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
}

func TagKeys(tags []Tag) []string {
	var keys []string
	for _, t := range tags {
		keys = append(keys, t.Key)
	}
	return keys
}

// MergeTags returns tags as they are with some more, by key. Of two with one key the
// added one stays.
func MergeTags(tags, more []Tag) []Tag {
	added := TagKeys(more)
	kept := slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return slices.Contains(added, t.Key) })
	return SortTags(append(kept, more...))
}

// TagsNotIn returns the tags that are not among others in the same way.
func TagsNotIn(tags, others []Tag) []Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return slices.Contains(others, t) })
}

// maxTagSummaryLen is how many characters of tags an audit entry quotes.
const maxTagSummaryLen = 200

// SummarizeTags lists tags for the audit trail. A long list is cut off, and then
// told from others that begin like it by a sum.
func SummarizeTags(tags []Tag) string {
	var parts []string
	for _, t := range SortTags(tags) {
		parts = append(parts, t.Key+"="+t.Value)
	}
	text := strings.Join(parts, ", ")
	letters := []rune(text)
	if len(letters) <= maxTagSummaryLen {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	end := fmt.Sprintf("… (%d tags, sha256 %s)", len(tags), hex.EncodeToString(sum[:8]))
	return string(letters[:maxTagSummaryLen-len([]rune(end))]) + end
}
