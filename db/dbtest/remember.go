package dbtest

import (
	"callbook/db"

	"testing"
	"time"

	"callbook/internal/oncall"
)

var rememberFacts = []fact{
	{"RequestIsRememberedWithItsResource", func(t *testing.T, s store) {
		same(t, "memory of a new request", oncall.Memory{}, s.remember(t, request("t"), "arn:first", start))
		same(t, "memory of the same request", oncall.Memory{Seen: true, Same: true, Resource: "arn:first"}, s.remember(t, request("t"), "arn:second", start))
		other := request("t")
		other.Parameters = []byte("other")
		same(t, "memory of other parameters", oncall.Memory{Seen: true, Resource: "arn:first"}, s.remember(t, other, "arn:second", start))
		same(t, "memory after both", oncall.Memory{Seen: true, Same: true, Resource: "arn:first"}, s.remember(t, request("t"), "arn:third", start))
	}},
	{"RequestsOfOthersNeverMeet", func(t *testing.T, s store) {
		s.remember(t, request("t"), "arn:first", start)
		for what, change := range map[string]func(*oncall.Request){
			"another door":      func(r *oncall.Request) { r.Door = oncall.Browser },
			"another operation": func(r *oncall.Request) { r.Operation = "CreateContact" },
			"another principal": func(r *oncall.Request) { r.Principal = "other" },
			"another token":     func(r *oncall.Request) { r.Token = "T" },
			"a moved border":    func(r *oncall.Request) { r.Principal, r.Token = "progra", "mt" },
		} {
			other := request("t")
			change(&other)
			same(t, "memory of "+what, oncall.Memory{}, s.remember(t, other, "arn:other", start))
		}
	}},
	{"TokenIsKeptWhileItsResourceLives", func(t *testing.T, s store) {
		made := s.make(t)
		s.add(t, person("ben", ""))
		later := start.Add(5 * 365 * 24 * time.Hour)
		s.deleteContact(t, "ben", later) // purging then must keep the others
		made.remembered(t, s, later.Add(48*time.Hour))
	}},
	{"TokensAreKeptForADayAfterTheirContactIsDeleted", func(t *testing.T, s store) {
		made := s.make(t)
		s.add(t, person("ben", ""))
		deleted := start.Add(time.Hour)
		s.deleteContact(t, "ana", deleted)
		s.deleteContact(t, "ben", deleted.Add(oncall.TokenTTL))
		made.remembered(t, s, deleted.Add(oncall.TokenTTL))
	}},
	{"TokensAreForgottenADayAfterTheirContactWasDeleted", func(t *testing.T, s store) {
		made := s.make(t)
		deleted := start.Add(time.Hour)
		s.deleteContact(t, "ana", deleted)
		made.forgotten(t, s, deleted.Add(oncall.TokenTTL+time.Microsecond))
		// They belong to new rows now, which exist.
		made.remembered(t, s, deleted.Add(100*oncall.TokenTTL))
	}},
	{"TokenOfADeletedChannelIsKeptForADay", func(t *testing.T, s store) {
		made := s.make(t)
		s.deleteChannel(t, "ana", "one", start)
		made.remembered(t, s, start.Add(oncall.TokenTTL))
		made[1:].forgotten(t, s, start.Add(oncall.TokenTTL+time.Microsecond))
		made[:1].remembered(t, s, start.Add(oncall.TokenTTL+time.Microsecond)) // the contact exists
	}},
	{"SweptTokenCanBeUsedAgain", func(t *testing.T, s store) {
		made := s.make(t)
		s.deleteContact(t, "ana", start)
		s.add(t, person("ben", ""))
		s.deleteContact(t, "ben", start.Add(2*oncall.TokenTTL))
		made.forgotten(t, s, start.Add(2*oncall.TokenTTL))
	}},
}

// request returns a request with this token.
func request(token string) oncall.Request {
	return oncall.Request{Door: oncall.API, Operation: "CreateContactChannel", Principal: "program", Token: token, Parameters: []byte("parameters")}
}

func (s store) remember(t *testing.T, r oncall.Request, resource oncall.ARN, at time.Time) (m oncall.Memory) {
	t.Helper()
	s.update(t, func(q db.Queries) (err error) {
		m, err = q.Remember(r, resource, at)
		return err
	})
	return m
}

// tokens are requests by their token. Each has created the row of the same name.
type tokens []string

// make adds the contact ana and its channel one, each with a request.
func (s store) make(t *testing.T) tokens {
	t.Helper()
	s.update(t, func(q db.Queries) error {
		for _, token := range []string{"contact", "channel"} {
			if _, err := q.Remember(request(token), oncall.ARN(token), start); err != nil {
				return err
			}
		}
		if _, err := q.InsertContact(person("ana", "Ana"), request("contact")); err != nil {
			return err
		}
		_, err := q.InsertChannel(sms("ana", "one", "+15005550100"), request("channel"))
		return err
	})
	return tokens{"contact", "channel"}
}

func (k tokens) remembered(t *testing.T, s store, at time.Time) {
	t.Helper()
	for _, token := range k {
		same(t, "memory of the "+token+"'s token", oncall.Memory{Seen: true, Same: true, Resource: oncall.ARN(token)},
			s.remember(t, request(token), "other", at))
	}
}

func (k tokens) forgotten(t *testing.T, s store, at time.Time) {
	t.Helper()
	for _, token := range k {
		same(t, "memory of the "+token+"'s token", oncall.Memory{}, s.remember(t, request(token), oncall.ARN(token), at))
	}
}
