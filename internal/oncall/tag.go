package oncall

import (
	"context"
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

// MostTags is how many tags a contact has at most, and how many one request
// names.
const MostTags = 50

// Tags returns the tags of a contact, by key. It fails as Contact does, and with
// Invalid for the ARN of something that is no contact.
func (s *Service) Tags(ctx context.Context, by Actor, contact ARN) ([]Tag, error) {
	if err := s.admit(ctx, by, ListTagsForResource, FieldContact, contact); err != nil {
		return nil, err
	}
	if fields := onlyContacts(contact); len(fields) > 0 {
		return nil, invalid(fields...)
	}
	var tags []Tag
	err := s.view(ctx, func(q Queries) (err error) {
		_, tags, err = s.tagged(q, contact)
		return err
	})
	return tags, err
}

// tagged returns a contact with its tags.
func (s *Service) tagged(q Queries, arn ARN) (Contact, []Tag, error) {
	c, err := s.contact(q, arn)
	if err != nil {
		return c, nil, err
	}
	tags, err := q.Tags(c.Alias)
	return c, tags, err
}

// TagChange is the input of TagContact.
type TagChange struct {
	Contact ARN
	Tags    []Tag `field:"tags" validate:"max=50,dive"`
}

// check returns everything the rules refuse.
func (in TagChange) check() []FieldError {
	return slices.Concat(onlyContacts(in.Contact), check(in), checkTwice(in.Tags))
}

// TagContact gives a contact tags, and a tag that it has already another value.
// What is stored already is not written again. It fails as Tags does, with
// Invalid, and with Limited (Quota) when the contact would have more than
// MostTags.
func (s *Service) TagContact(ctx context.Context, by Actor, in TagChange) error {
	if err := s.admit(ctx, by, TagResource, FieldContact, in.Contact); err != nil {
		return err
	}
	if fields := in.check(); len(fields) > 0 {
		return invalid(fields...)
	}
	return s.update(ctx, func(q Queries) error {
		c, was, err := s.tagged(q, in.Contact)
		if err != nil {
			return err
		}
		is := merged(was, in.Tags)
		before, after := apart(was, is), apart(is, was)
		switch {
		case len(after) == 0:
			return nil
		case len(is) > MostTags:
			return tooManyTags(in.Contact, len(is))
		}
		if err := q.SetTags(c.Alias, after); err != nil {
			return err
		}
		return s.record(q, by, TagResource, in.Contact, change(FieldTags, tagSummary(before), tagSummary(after)))
	})
}

func tooManyTags(contact ARN, n int) *Error {
	return &Error{Kind: Limited, Reason: Quota, Resource: contact,
		Message: fmt.Sprintf("A contact has at most %d tags, and with these it would have %d: remove some first.", MostTags, n)}
}

// TagRemoval is the input of UntagContact.
type TagRemoval struct {
	Contact ARN
	Keys    []string `field:"tags" validate:"max=50,dive,required,max=128,unreserved,tagkey"`
}

// check returns everything the rules refuse.
func (in TagRemoval) check() []FieldError { return append(onlyContacts(in.Contact), check(in)...) }

// UntagContact takes the tags with these keys from a contact. Keys that it does
// not have are ignored. It fails as Tags does, and with Invalid for what cannot
// be a key.
func (s *Service) UntagContact(ctx context.Context, by Actor, in TagRemoval) error {
	if err := s.admit(ctx, by, UntagResource, FieldContact, in.Contact); err != nil {
		return err
	}
	if fields := in.check(); len(fields) > 0 {
		return invalid(fields...)
	}
	return s.update(ctx, func(q Queries) error {
		c, was, err := s.tagged(q, in.Contact)
		if err != nil {
			return err
		}
		gone := slices.DeleteFunc(was, func(t Tag) bool { return !slices.Contains(in.Keys, t.Key) })
		if len(gone) == 0 {
			return nil
		}
		if err := q.DeleteTags(c.Alias, keysOf(gone)); err != nil {
			return err
		}
		return s.record(q, by, UntagResource, in.Contact, change(FieldTags, tagSummary(gone), ""))
	})
}

// onlyContacts refuses the ARN of anything else: the service model has rotations
// with tags too, but there are none here. What is no ARN at all, or names a
// contact that is not there, is refused elsewhere.
func onlyContacts(arn ARN) []FieldError {
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
	return fmt.Sprintf("Name at most %d tags at once.", MostTags)
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

// byKey returns tags in order.
func byKey(tags []Tag) []Tag {
	return slices.SortedFunc(slices.Values(tags), func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
}

func keysOf(tags []Tag) []string {
	var keys []string
	for _, t := range tags {
		keys = append(keys, t.Key)
	}
	return keys
}

// merged returns tags as they are with some more, by key. Of two with one key the
// added one stays.
func merged(tags, more []Tag) []Tag {
	added := keysOf(more)
	kept := slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return slices.Contains(added, t.Key) })
	return byKey(append(kept, more...))
}

// apart returns the tags that are not among others in the same way.
func apart(tags, others []Tag) []Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return slices.Contains(others, t) })
}

// longestTagSummary is how many characters of tags an audit entry quotes.
const longestTagSummary = 200

// tagSummary lists tags for the audit trail. A long list is cut off, and then
// told from others that begin like it by a sum.
func tagSummary(tags []Tag) string {
	var parts []string
	for _, t := range byKey(tags) {
		parts = append(parts, t.Key+"="+t.Value)
	}
	text := strings.Join(parts, ", ")
	letters := []rune(text)
	if len(letters) <= longestTagSummary {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	end := fmt.Sprintf("… (%d tags, sha256 %s)", len(tags), hex.EncodeToString(sum[:8]))
	return string(letters[:longestTagSummary-len([]rune(end))]) + end
}
