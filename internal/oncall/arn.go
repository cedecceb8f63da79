package oncall

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ARN is the full name of a resource, the only form in which operations take
// one: arn:<partition>:ssm-contacts:<region>:<account>:<resource>.
type ARN string

// Scope is what every ARN of an installation begins with. Two installations
// with one scope would hand out each other's ARNs.
type Scope struct {
	Region  string // for example us-east-1
	Account string // 12 digits
}

var (
	regionForm  = regexp.MustCompile(`^[a-z]{2,8}(-[a-z]{2,16}){1,3}-[0-9]{1,2}$`)
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	// arnForm is SsmContactsArn of the service model, matched as a whole.
	arnForm = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):ssm-contacts:[-\w+=/,.@]*:[0-9]+:[\w+=/,.@:-]*$`)
	// idForm is what arnForm leaves for the last part of an ARN.
	idForm = regexp.MustCompile(`^[\w+=,.@:-]+$`)
)

// IsAlias reports whether a text can be the alias of a contact.
func IsAlias(text string) bool { return aliasForm.MatchString(text) }

// IsChannelID reports whether a text can be the last part of a channel's ARN.
func IsChannelID(text string) bool { return idForm.MatchString(text) }

// Check returns a plain error that says which parts of the scope are malformed.
func (s Scope) Check() error {
	var mistakes []error
	if !regionForm.MatchString(s.Region) {
		mistakes = append(mistakes, fmt.Errorf("region %q is not a region name such as us-east-1", s.Region))
	}
	if !accountForm.MatchString(s.Account) {
		mistakes = append(mistakes, fmt.Errorf("account id %q is not 12 digits", s.Account))
	}
	return errors.Join(mistakes...)
}

// maxARNLen is the service model's limit, in characters.
const maxARNLen = 2048

// malformed returns the rule of the service model that the text breaks, or "".
func (a ARN) malformed() Reason {
	switch {
	case a == "":
		return Required
	case len(a) > maxARNLen: // what has longer characters than bytes is no ARN anyway
		return TooLong
	case !arnForm.MatchString(string(a)):
		return Pattern
	}
	return ""
}

// CheckARN returns what the service model refuses in an ARN that a program gives in this
// field.
func CheckARN(f Field, arn ARN) []FieldError {
	reason := arn.malformed()
	if reason == "" {
		return nil
	}
	return []FieldError{{Field: f, Reason: reason, Message: sentences[f][reason]}}
}

// resource is the last part of a well-formed ARN.
func (a ARN) resource() string { return strings.SplitN(string(a), ":", 6)[5] }

// Partition follows from the region: cn- is aws-cn, us-gov- is aws-us-gov,
// everything else is aws.
func (s Scope) Partition() string {
	switch {
	case strings.HasPrefix(s.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(s.Region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Prefix is what every ARN of the scope begins with, up to the resource.
func (s Scope) Prefix() string {
	return "arn:" + s.Partition() + ":ssm-contacts:" + s.Region + ":" + s.Account + ":"
}

// ParseScope takes a Prefix apart.
func ParseScope(prefix string) (Scope, error) {
	parts := strings.Split(prefix, ":")
	if len(parts) != 6 {
		return Scope{}, fmt.Errorf("%q is not what an ARN begins with", prefix)
	}
	s := Scope{Region: parts[3], Account: parts[4]}
	if s.Prefix() != prefix {
		return Scope{}, fmt.Errorf("%q is not what an ARN begins with", prefix)
	}
	return s, s.Check()
}

// Contact returns the ARN of the contact with this alias.
func (s Scope) Contact(alias string) ARN {
	return ARN(s.Prefix() + "contact/" + alias)
}

// Channel returns the ARN of a contact's channel; id is a UUID.
func (s Scope) Channel(alias, id string) ARN {
	return ARN(s.Prefix() + "contact-channel/" + alias + "/" + id)
}

// User returns the ARN of a user or of the name of an access key, in the form in
// which AWS's own refusals name who asks. No operation takes one.
func (s Scope) User(name string) ARN { return s.identity("user/" + name) }

// AccessKey returns the ARN of an access key, for the audit trail.
func (s Scope) AccessKey(id string) ARN { return s.identity("access-key/" + id) }

func (s Scope) identity(resource string) ARN {
	return ARN("arn:" + s.Partition() + ":iam::" + s.Account + ":" + resource)
}

// ContactAlias takes a contact's ARN apart. It reports false for an ARN of
// another scope or another kind of resource: nothing here has such a name.
func (s Scope) ContactAlias(arn ARN) (alias string, ok bool) {
	alias, ok = strings.CutPrefix(string(arn), s.Prefix()+"contact/")
	return alias, ok && IsAlias(alias)
}

// ChannelID takes a channel's ARN apart, as ContactAlias does.
func (s Scope) ChannelID(arn ARN) (alias, id string, ok bool) {
	rest, ok := strings.CutPrefix(string(arn), s.Prefix()+"contact-channel/")
	if !ok {
		return "", "", false
	}
	alias, id, ok = strings.Cut(rest, "/")
	return alias, id, ok && IsAlias(alias) && IsChannelID(id)
}

// AliasIn returns the alias of the contact that an ARN is about, or "".
func (s Scope) AliasIn(arn ARN) string {
	if alias, ok := s.ContactAlias(arn); ok {
		return alias
	}
	alias, _, _ := s.ChannelID(arn)
	return alias
}

// Resource is what an ARN in the audit trail names, taken apart. Of Alias, User
// and AccessKey one is filled in; none for what this installation has no name for.
type Resource struct {
	Alias     string // of a contact, or of the contact that a channel belongs to
	Channel   string // id of the channel; "" for a contact
	User      string // email address
	AccessKey string // id
	Exists    bool   // the contact or channel is still there
}

// Named reports whether an ARN named something.
func (r Resource) Named() bool { return r.Alias != "" || r.User != "" || r.AccessKey != "" }

// Resource takes an ARN apart. What an ARN of the scope does not begin with
// cannot be mistaken for one of another kind: the names within are given by
// people.
func (s Scope) Resource(arn ARN) Resource {
	if alias, ok := s.ContactAlias(arn); ok {
		return Resource{Alias: alias}
	}
	if alias, id, ok := s.ChannelID(arn); ok {
		return Resource{Alias: alias, Channel: id}
	}
	if email, ok := strings.CutPrefix(string(arn), string(s.User(""))); ok {
		return Resource{User: email}
	}
	id, _ := strings.CutPrefix(string(arn), string(s.AccessKey("")))
	if id == string(arn) {
		id = ""
	}
	return Resource{AccessKey: id}
}
