package oncall

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"
)

// Tag is a label that programs put on a contact. Its key is unique on the contact and
// case-sensitive.
type Tag struct {
	Key   string `validate:"required,max=128,unreserved,tagkey"`
	Value string `validate:"required,max=256,tagvalue"`
}

// MaxTags limits the tags of a contact and of one request.
const MaxTags = 50

// TagChange is the input of TagContact.
type TagChange struct {
	Contact ARN
	Tags    []Tag `field:"tags" validate:"max=50,dive"`
}

// Check returns every rule that the change breaks.
func (in TagChange) Check() []FieldError {
	return slices.Concat(OnlyContacts(in.Contact), check(in), checkDuplicateKeys(in.Tags))
}

// TagRemoval is the input of UntagContact.
type TagRemoval struct {
	Contact ARN
	Keys    []string `field:"tags" validate:"max=50,dive,required,max=128,unreserved,tagkey"`
}

// Check returns every rule that the removal breaks.
func (in TagRemoval) Check() []FieldError { return append(OnlyContacts(in.Contact), check(in)...) }

// OnlyContacts refuses a well-formed ARN that does not name a contact. The service model
// has tags on rotations too, which Callbook does not have.
func OnlyContacts(arn ARN) []FieldError {
	if arn.malformed() != "" || strings.HasPrefix(arn.resource(), "contact/") {
		return nil
	}
	return []FieldError{{Field: FieldContact, Reason: Unfitting, Message: "Invalid value provided - only contacts have tags: " + string(arn)}}
}

// checkDuplicateKeys refuses a key that occurs twice in one request.
func checkDuplicateKeys(tags []Tag) []FieldError {
	seen := map[string]bool{}
	for _, t := range tags {
		if seen[t.Key] && tagKeyForm.MatchString(t.Key) {
			return []FieldError{{Field: FieldTags, Reason: Unfitting, Message: "Use each tag key only once: “" + t.Key + "” occurs twice."}}
		}
		seen[t.Key] = true
	}
	return nil
}

// tagSentence returns the sentence for the wrong part of a tag, in a list of tags or of
// keys.
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

// unreserved reports whether the key of a tag is not reserved by AWS.
func unreserved(f validator.FieldLevel) bool {
	return !strings.HasPrefix(strings.ToLower(f.Field().String()), "aws:")
}

// SortTags returns a copy of the tags, sorted by key.
func SortTags(tags []Tag) []Tag {
	return slices.SortedFunc(slices.Values(tags), func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
}

// TagKeys returns the keys of the tags, in the same order.
func TagKeys(tags []Tag) []string {
	var keys []string
	for _, t := range tags {
		keys = append(keys, t.Key)
	}
	return keys
}

// MergeTags returns both lists together, sorted by key. If a key is in both, the tag of
// the second list wins.
func MergeTags(tags, more []Tag) []Tag {
	added := TagKeys(more)
	kept := slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return slices.Contains(added, t.Key) })
	return SortTags(append(kept, more...))
}

// TagsNotIn returns the tags that are not in others with the same key and value.
func TagsNotIn(tags, others []Tag) []Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return slices.Contains(others, t) })
}

// maxTagSummaryLen is the longest list of tags in an audit entry, in characters.
const maxTagSummaryLen = 200

// SummarizeTags lists tags for the audit trail. It cuts off a long list and appends a hash
// of the whole list.
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
