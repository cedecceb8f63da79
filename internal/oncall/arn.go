package oncall

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ARN is the full name of a resource: arn:<partition>:ssm-contacts:<region>:<account>:<resource>.
// Operations take no shorter form.
type ARN string

// Scope is the region and account in the ARNs of an installation. Each installation
// needs its own, or their ARNs collide.
type Scope struct {
	Region  string // for example us-east-1
	Account string // 12 digits
}

var (
	regionForm  = regexp.MustCompile(`^[a-z]{2,8}(-[a-z]{2,16}){1,3}-[0-9]{1,2}$`)
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	// arnForm is the pattern SsmContactsArn of the service model.
	arnForm = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):ssm-contacts:[-\w+=/,.@]*:[0-9]+:[\w+=/,.@:-]*$`)
	// idForm is the part of arnForm that matches the id of a channel.
	idForm = regexp.MustCompile(`^[\w+=,.@:-]+$`)
)

// IsAlias reports whether a text can be the alias of a contact.
func IsAlias(text string) bool { return aliasForm.MatchString(text) }

// IsChannelID reports whether a text can be the last part of a channel's ARN.
func IsChannelID(text string) bool { return idForm.MatchString(text) }

// Check returns an error without a Kind that names each malformed part of the scope.
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

// malformed returns the constraint of the service model that the text breaks, or "".
func (a ARN) malformed() Reason {
	switch {
	case a == "":
		return Required
	case len(a) > maxARNLen: // bytes, as an ARN is ASCII
		return TooLong
	case !arnForm.MatchString(string(a)):
		return Pattern
	}
	return ""
}

// CheckARN returns the constraint of the service model that the ARN in a field breaks,
// or nil.
func CheckARN(f Field, arn ARN) []FieldError {
	reason := arn.malformed()
	if reason == "" {
		return nil
	}
	return []FieldError{{Field: f, Reason: reason, Message: sentences[f][reason]}}
}

// resource is the last part of a well-formed ARN.
func (a ARN) resource() string { return strings.SplitN(string(a), ":", 6)[5] }

// Partition returns the partition of the region: aws-cn for cn-, aws-us-gov for us-gov-,
// otherwise aws.
func (s Scope) Partition() string {
	switch {
	case strings.HasPrefix(s.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(s.Region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Prefix returns the beginning of every ARN of the scope, up to the resource.
func (s Scope) Prefix() string {
	return "arn:" + s.Partition() + ":ssm-contacts:" + s.Region + ":" + s.Account + ":"
}

// ParseScope returns the scope of a Prefix. Its errors have no Kind.
func ParseScope(prefix string) (Scope, error) {
	parts := strings.Split(prefix, ":")
	if len(parts) != 6 {
		return Scope{}, fmt.Errorf("%q is not the beginning of an ARN", prefix)
	}
	s := Scope{Region: parts[3], Account: parts[4]}
	if s.Prefix() != prefix {
		return Scope{}, fmt.Errorf("%q is not the beginning of an ARN", prefix)
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

// User returns the ARN of a user, or of an access key by its name. AWS names the caller
// in this form when it denies access. No operation takes such an ARN.
func (s Scope) User(name string) ARN { return s.identity("user/" + name) }

// AccessKey returns the ARN of an access key, for the audit trail.
func (s Scope) AccessKey(id string) ARN { return s.identity("access-key/" + id) }

func (s Scope) identity(resource string) ARN {
	return ARN("arn:" + s.Partition() + ":iam::" + s.Account + ":" + resource)
}

// ContactAlias returns the alias in a contact's ARN. It reports false for an ARN of
// another scope or another kind of resource.
func (s Scope) ContactAlias(arn ARN) (alias string, ok bool) {
	alias, ok = strings.CutPrefix(string(arn), s.Prefix()+"contact/")
	return alias, ok && IsAlias(alias)
}

// ChannelID returns the alias and the id in a channel's ARN. It reports false as
// ContactAlias does.
func (s Scope) ChannelID(arn ARN) (alias, id string, ok bool) {
	rest, ok := strings.CutPrefix(string(arn), s.Prefix()+"contact-channel/")
	if !ok {
		return "", "", false
	}
	alias, id, ok = strings.Cut(rest, "/")
	return alias, id, ok && IsAlias(alias) && IsChannelID(id)
}

// AliasIn returns the alias in the ARN of a contact or channel, or "".
func (s Scope) AliasIn(arn ARN) string {
	if alias, ok := s.ContactAlias(arn); ok {
		return alias
	}
	alias, _, _ := s.ChannelID(arn)
	return alias
}

// Resource is the contact, channel, user or access key of an ARN in the audit trail.
// At most one of Alias, User and AccessKey is set. The zero Resource stands for an ARN
// of another scope.
type Resource struct {
	Alias     string // of a contact, or of the contact that a channel belongs to
	Channel   string // id of the channel; "" for a contact
	User      string // email address
	AccessKey string // id
	Exists    bool   // the contact or channel is still stored
}

// Named reports whether the resource is not zero.
func (r Resource) Named() bool { return r.Alias != "" || r.User != "" || r.AccessKey != "" }

// Resource returns the resource that an ARN names. People choose the names of users and
// access keys, so only the prefix of the ARN decides the kind of resource.
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
