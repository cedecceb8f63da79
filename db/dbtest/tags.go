package dbtest

import (
	"callbook/db"

	"errors"
	"testing"

	"callbook/internal/oncall"
)

// tags are pairs of a key and a value.
func tags(pairs ...string) []oncall.Tag {
	var list []oncall.Tag
	for n := 0; n < len(pairs); n += 2 {
		list = append(list, oncall.Tag{Key: pairs[n], Value: pairs[n+1]})
	}
	return list
}

const evilPolicy = "{\"Sid\" : \"<quo'te> \\u00e9 ü 字\",\r\n\t\"n\":1.0e+1}\n"

var tagFacts = []fact{
	{"TagsComeBackByKey", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""))
		s.setTags(t, "ana", tags("team", "Ünïon 字 quo'te", "env", "prod", "Env", "dev", `\`, " ", "-", "@")...)
		s.setTags(t, "ben", tags("a", "b")...)
		same(t, "tags of ana", tags("-", "@", "Env", "dev", `\`, " ", "env", "prod", "team", "Ünïon 字 quo'te"), s.tags(t, "ana"))
		same(t, "tags of ben", tags("a", "b"), s.tags(t, "ben"))
		same(t, "tags of nobody", tags(), s.tags(t, "nobody"))
	}},
	{"SetTagsGivesTheNewValueAndLeavesOthers", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""))
		s.setTags(t, "ana", tags("env", "dev", "team", "sre")...)
		s.setTags(t, "ben", tags("env", "dev")...)
		s.setTags(t, "ana", tags("zone", "b", "env", "prod")...)
		s.setTags(t, "ana")
		same(t, "tags of ana", tags("env", "prod", "team", "sre", "zone", "b"), s.tags(t, "ana"))
		same(t, "tags of ben", tags("env", "dev"), s.tags(t, "ben"))
	}},
	{"DeleteTagsTakesThoseWithTheKeys", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""))
		for _, alias := range []string{"ana", "ben"} {
			s.setTags(t, alias, tags("env", "dev", "team", "sre", "zone", "b")...)
		}
		s.update(t, func(q db.Queries) error {
			return errors.Join(q.DeleteTags("ana", []string{"zone", "nothing", "ENV", "env", "env"}), q.DeleteTags("ben", nil))
		})
		same(t, "tags of ana", tags("team", "sre"), s.tags(t, "ana"))
		same(t, "tags of ben", tags("env", "dev", "team", "sre", "zone", "b"), s.tags(t, "ben"))
	}},
	{"PolicyComesBackByteForByte", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""))
		s.setPolicy(t, "ana", evilPolicy)
		same(t, "policy of ana", evilPolicy, s.policy(t, "ana"))
	}},
	{"PolicyIsMissing", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""))
		s.setPolicy(t, "ana", "{}")
		s.view(t, func(q db.Queries) error {
			for _, alias := range []string{"ben", "nobody", "", "ANA"} {
				if policy, err := q.Policy(alias); !errors.Is(err, oncall.ErrMissing) {
					t.Errorf("Policy(%q): got %q, %v, want %v", alias, policy, err, oncall.ErrMissing)
				}
			}
			return nil
		})
	}},
	{"SetPolicyReplacesTheOneBefore", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""))
		s.setPolicy(t, "ana", "{}")
		s.setPolicy(t, "ben", "{}")
		s.setPolicy(t, "ana", evilPolicy)
		same(t, "policies", []string{evilPolicy, "{}"}, []string{s.policy(t, "ana"), s.policy(t, "ben")})
	}},
	{"DeleteContactTakesItsTagsAndPolicy", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""))
		for _, alias := range []string{"ana", "ben"} {
			s.setTags(t, alias, tags("env", "dev")...)
			s.setPolicy(t, alias, "{}")
		}
		s.deleteContact(t, "ana", start)
		s.add(t, person("ana", "Again"))
		same(t, "tags of the new ana", tags(), s.tags(t, "ana"))
		same(t, "policy of the new ana", "", s.policy(t, "ana"))
		same(t, "tags of ben", tags("env", "dev"), s.tags(t, "ben"))
		same(t, "policy of ben", "{}", s.policy(t, "ben"))
	}},
	{"UpdateContactLeavesTagsAndPolicy", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"))
		s.setTags(t, "ana", tags("env", "dev")...)
		s.setPolicy(t, "ana", "{}")
		s.updateContact(t, person("ana", "Bea"))
		same(t, "tags", tags("env", "dev"), s.tags(t, "ana"))
		same(t, "policy", "{}", s.policy(t, "ana"))
	}},
}

func (s store) setTags(t *testing.T, alias string, tags ...oncall.Tag) {
	t.Helper()
	s.update(t, func(q db.Queries) error { return q.SetTags(alias, tags) })
}

func (s store) tags(t *testing.T, alias string) []oncall.Tag {
	t.Helper()
	return ask(t, s, func(q db.Queries) ([]oncall.Tag, error) { return q.Tags(alias) })
}

func (s store) setPolicy(t *testing.T, alias, policy string) {
	t.Helper()
	s.update(t, func(q db.Queries) error { return q.SetPolicy(alias, policy) })
}

// policy returns the policy of a contact, or "".
func (s store) policy(t *testing.T, alias string) string {
	t.Helper()
	return ask(t, s, func(q db.Queries) (string, error) { return q.Policy(alias) })
}
