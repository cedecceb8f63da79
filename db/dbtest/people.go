package dbtest

import (
	"callbook/db"

	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"callbook/internal/oncall"
)

// member returns a new user. Its id is the part of the email before the @.
func member(id string, role oncall.Role) oncall.User {
	return oncall.User{ID: id, Email: id + "@Example.org", Canonical: id + "@example.org", Name: "N. " + id, Role: role,
		Handle: []byte("handle of " + id), Version: 1, CreatedAt: start, UpdatedAt: start}
}

// session returns a new session that ends after an hour.
func session(key, user string) oncall.Session {
	return oncall.Session{Key: []byte(key), User: user, Method: oncall.ByPassword, CreatedAt: start, SeenAt: start, EndsAt: start.Add(time.Hour), ProvedAt: start}
}

// device returns a new device that ends after an hour.
func device(id, key, user string) oncall.Device {
	return oncall.Device{ID: id, Key: []byte(key), User: user, CreatedAt: start, EndsAt: start.Add(time.Hour)}
}

// link returns a new link that ends after an hour. Without a user it is one to set up.
func link(key, user string) oncall.OneTimeLink {
	l := oncall.OneTimeLink{Key: []byte(key), Kind: oncall.ForReset, User: user, EndsAt: start.Add(time.Hour)}
	if user == "" {
		l.Kind = oncall.ForSetUp
	}
	return l
}

// passkey returns a new passkey.
func passkey(id, user string) oncall.Passkey {
	return oncall.Passkey{ID: []byte(id), User: user, Name: "phone", Credential: fmt.Appendf(nil, `{"id":"%x"}`, id), CreatedAt: start}
}

// accessKey returns a new access key.
func accessKey(id string) oncall.AccessKey {
	return oncall.AccessKey{ID: id, Name: "ci", Role: oncall.Manager, CreatedAt: start}
}

// insertPeople stores the things that insert does not handle.
func insertPeople(q db.Queries, thing any) error {
	ok := true
	var err error
	switch v := thing.(type) {
	case oncall.User:
		password := ""
		if v.HasPassword {
			password = "hash of " + v.ID
		}
		ok, err = q.InsertUser(v, password, oncall.Request{})
	case oncall.Session:
		err = q.InsertSession(v)
	case oncall.Device:
		err = q.InsertDevice(v)
	case oncall.OneTimeLink:
		err = q.InsertLink(v)
	case oncall.Passkey:
		ok, err = q.InsertPasskey(v)
	case oncall.Message:
		err = q.InsertMessage(v, "")
	case counted:
		err = q.InsertMessage(v.Message, v.canonical)
	case oncall.AccessKey:
		err = q.InsertAccessKey(v, "secret of "+v.ID, oncall.Request{})
	default:
		err = fmt.Errorf("%T is nothing that is stored", thing)
	}
	if err == nil && !ok {
		err = errTaken
	}
	return err
}

// ask returns the result of fn, or the zero value for a missing row.
func ask[T any](t *testing.T, s store, fn func(db.Queries) (T, error)) (answer T) {
	t.Helper()
	s.update(t, func(q db.Queries) (err error) {
		answer, err = fn(q)
		return ignoreMissing(err)
	})
	return answer
}

func (s store) user(t *testing.T, id string) oncall.User {
	t.Helper()
	return ask(t, s, func(q db.Queries) (oncall.User, error) { return q.User(id) })
}

// sessionUser returns the user of a session, or "" when it is not valid.
func (s store) sessionUser(t *testing.T, key string, at time.Time) string {
	t.Helper()
	return ask(t, s, func(q db.Queries) (string, error) {
		_, u, err := q.Session([]byte(key), at)
		return u.ID, err
	})
}

// linkUser returns the kind and user of a link, or "" when it is not valid.
func (s store) linkUser(t *testing.T, key string, at time.Time) string {
	t.Helper()
	return ask(t, s, func(q db.Queries) (string, error) {
		l, err := q.Link([]byte(key), at)
		if err != nil {
			return "", err
		}
		return string(l.Kind) + " " + l.User, nil
	})
}

// long returns a text of n bytes that does not compress.
func long(size int) string {
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- the same text each time
	text := make([]byte, size)
	for i := range text {
		text[i] = byte('!' + random.IntN('~'-'!'))
	}
	return string(text)
}
