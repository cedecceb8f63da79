package oncall

import (
	"errors"
	"strings"
)

// Resource is what an ARN in the audit trail names, taken apart. Of Alias, User
// and AccessKey one is filled in; none for what this installation has no name for.
type Resource struct {
	Alias     string // of a contact, or of the contact that a channel belongs to
	Channel   string // id of the channel; "" for a contact
	User      string // email address
	AccessKey string // id
	Standing  bool   // the contact or channel is still there
}

// Named reports whether an ARN named something.
func (r Resource) Named() bool { return r.Alias != "" || r.User != "" || r.AccessKey != "" }

// resource takes an ARN apart. What an ARN of the scope does not begin with
// cannot be mistaken for one of another kind: the names within are given by
// people.
func (s Scope) resource(arn ARN) Resource {
	if alias, ok := s.contactAlias(arn); ok {
		return Resource{Alias: alias}
	}
	if alias, id, ok := s.channelID(arn); ok {
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

// resources takes the ARNs of entries apart and finds out which of them are
// still there.
func (s *Service) resources(q Queries, entries []Entry) (map[ARN]Resource, error) {
	all := map[ARN]Resource{}
	for _, e := range entries {
		if _, known := all[e.Resource]; known {
			continue
		}
		r := s.scope.resource(e.Resource)
		err := error(nil)
		switch {
		case r.Channel != "":
			_, err = q.Channel(r.Alias, r.Channel)
		case r.Alias != "":
			_, err = q.Contact(r.Alias)
		default:
			err = ErrMissing
		}
		if err != nil && !errors.Is(err, ErrMissing) {
			return nil, err
		}
		r.Standing = err == nil
		all[e.Resource] = r
	}
	return all, nil
}
