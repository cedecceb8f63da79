package dbtest

import (
	"callbook/db"

	"testing"
	"time"

	"callbook/internal/oncall"
)

var passkeyFacts = []fact{
	{"PasskeysAreListedByCreation", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Viewer), member("ben", oncall.Viewer))
		late, early := passkey("\x00a", "ana"), passkey("z", "ana")
		late.CreatedAt, late.UsedAt = start.Add(time.Hour), start.Add(2*time.Hour)
		s.add(t, late, early, passkey("b", "ben"))
		same(t, "passkeys of ana", []oncall.Passkey{early, late}, s.passkeys(t, "ana"))
	}},
	{"InsertPasskeyStoresNothingWhenTheIDIsTaken", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Viewer), member("ben", oncall.Viewer), passkey("p", "ana"))
		if ask(t, s, func(q db.Queries) (bool, error) { return q.InsertPasskey(passkey("p", "ben")) }) {
			t.Error("InsertPasskey with the id of another: got true, want false")
		}
		same(t, "passkeys of ben", []oncall.Passkey(nil), s.passkeys(t, "ben"))
		same(t, "user", member("ana", oncall.Viewer), ask(t, s, func(q db.Queries) (oncall.User, error) { return q.UserByPasskey([]byte("p")) }))
	}},
	{"UpdatePasskeyWritesCredentialAndUse", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Viewer), passkey("p", "ana"), passkey("q", "ana"))
		for id, want := range map[string]bool{"p": true, "none": false} {
			if got := ask(t, s, func(q db.Queries) (bool, error) {
				return q.UpdatePasskey([]byte(id), []byte(`{"new":1}`), start.Add(time.Hour))
			}); got != want {
				t.Errorf("UpdatePasskey of %s: got %t, want %t", id, got, want)
			}
		}
		changed := passkey("p", "ana")
		changed.Credential, changed.UsedAt = []byte(`{"new":1}`), start.Add(time.Hour)
		same(t, "passkeys", []oncall.Passkey{changed, passkey("q", "ana")}, s.passkeys(t, "ana"))
	}},
	{"DeletePasskeyRemovesOnlyTheUsersOwn", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Viewer), member("ben", oncall.Viewer), passkey("p", "ana"))
		for _, c := range []struct {
			user string
			want bool
		}{{"ben", false}, {"ana", true}, {"ana", false}} {
			if got := ask(t, s, func(q db.Queries) (bool, error) { return q.DeletePasskey(c.user, []byte("p")) }); got != c.want {
				t.Errorf("DeletePasskey of %s: got %t, want %t", c.user, got, c.want)
			}
		}
	}},
}

func (s store) passkeys(t *testing.T, user string) []oncall.Passkey {
	t.Helper()
	return ask(t, s, func(q db.Queries) ([]oncall.Passkey, error) { return q.Passkeys(user) })
}
