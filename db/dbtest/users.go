package dbtest

import (
	"callbook/db"

	"errors"
	"testing"
	"time"

	"callbook/internal/account"
	"callbook/internal/oncall"
)

var userFacts = []fact{
	{"InsertUserStoresAllOfIt", func(t *testing.T, s store) {
		full := oncall.User{ID: "quo'te", Email: "Zoë@Müller.example", Canonical: "zoë@xn--mller-kva.example", Name: `Zoë "Ω"; --`, Role: oncall.Manager,
			HasPassword: true, Handle: []byte{0, 1, 255}, SignedInAt: start.Add(1 * time.Hour), DisabledAt: start.Add(2 * time.Hour),
			Version: 1, CreatedAt: start, UpdatedAt: start.Add(time.Microsecond)}
		s.add(t, full, member("ben", oncall.Viewer))
		same(t, "user", full, s.user(t, "quo'te"))
		same(t, "user ben", member("ben", oncall.Viewer), s.user(t, "ben"))
		same(t, "user by email", full, ask(t, s, func(q db.Queries) (oncall.User, error) { return q.UserByEmail(full.Canonical) }))
		same(t, "password", "hash of quo'te", ask(t, s, func(q db.Queries) (string, error) { return q.Password("quo'te") }))
		same(t, "no password", "", ask(t, s, func(q db.Queries) (string, error) { return q.Password("ben") }))
	}},
	{"InsertUserStoresNothingWhenTheEmailIsTaken", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Admin))
		other := member("other", oncall.Viewer)
		other.Canonical = "ana@example.org"
		if ok := ask(t, s, func(q db.Queries) (bool, error) { return q.InsertUser(other, "", request("t")) }); ok {
			t.Error("InsertUser with the email of another user: got true, want false")
		}
		same(t, "users", []oncall.User{member("ana", oncall.Admin)}, s.users(t, "", 10))
	}},
	{"UserIsMissing", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Admin))
		s.view(t, func(q db.Queries) error {
			_, err1 := q.User("ANA")
			_, err2 := q.UserByEmail("ana@Example.org")
			_, err3 := q.Password("")
			_, err4 := q.UserByIdentity("issuer", "subject")
			_, err5 := q.UserByPasskey([]byte("id"))
			for n, err := range []error{err1, err2, err3, err4, err5} {
				if !errors.Is(err, oncall.ErrMissing) {
					t.Errorf("query %d for a user who is not there: got %v, want ErrMissing", n+1, err)
				}
			}
			return nil
		})
	}},
	{"UsersAreListedByEmail", func(t *testing.T, s store) {
		for _, id := range []string{"cleo", "ana", "ben", "dora"} {
			s.add(t, member(id, oncall.Viewer))
		}
		for _, c := range []struct {
			after string
			limit int
			want  []string
		}{{"", 10, []string{"ana", "ben", "cleo", "dora"}}, {"ana@example.org", 2, []string{"ben", "cleo"}}, {"dora@example.org", 2, nil}} {
			var got []string
			for _, u := range s.users(t, c.after, c.limit) {
				got = append(got, u.ID)
			}
			same(t, "users after "+c.after, c.want, got)
		}
	}},
	{"OtherKeeperIsAnyKeeperButThisOne", func(t *testing.T, s store) {
		invited, disabled, manager := member("invited", oncall.Admin), member("disabled", oncall.Admin), member("manager", oncall.Manager)
		disabled.HasPassword, disabled.DisabledAt, manager.HasPassword = true, start, true
		first := member("first", oncall.Admin)
		first.HasPassword = true
		s.add(t, invited, disabled, manager, first)
		same(t, "a keeper besides the only one", false, s.otherKeeper(t, "first"))
		same(t, "a keeper besides somebody else", true, s.otherKeeper(t, "invited"))
		second := member("second", oncall.Admin)
		second.SignedInAt = start
		s.add(t, second)
		same(t, "a keeper besides the first", true, s.otherKeeper(t, "first"))
		for _, u := range s.users(t, "", 10) { // the query agrees with CanAdminister
			same(t, u.ID+" is a keeper", u.ID == "first" || u.ID == "second", u.CanAdminister())
		}
	}},
	{"UpdateUserWritesNameRoleAndTimes", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Admin), member("ben", oncall.Viewer))
		change := member("ana", oncall.Viewer)
		change.Email, change.Canonical, change.Handle = "x", "x", []byte("x")
		change.Name, change.DisabledAt, change.UpdatedAt = "New", start.Add(time.Hour), start.Add(time.Minute)
		if ok := s.updateUser(t, change); !ok {
			t.Fatal("UpdateUser from the stored version: got false, want true")
		}
		want := member("ana", oncall.Viewer)
		want.Name, want.DisabledAt, want.UpdatedAt, want.Version = "New", change.DisabledAt, change.UpdatedAt, 2
		same(t, "user ana", want, s.user(t, "ana"))
		same(t, "user ben", member("ben", oncall.Viewer), s.user(t, "ben"))
		if s.updateUser(t, change) {
			t.Error("UpdateUser from another version: got true, want false")
		}
		if s.updateUser(t, member("nobody", oncall.Viewer)) {
			t.Error("UpdateUser of nobody: got true, want false")
		}
		same(t, "user ana after both", want, s.user(t, "ana"))
	}},
	{"SetPasswordAndSetSignedInWriteTheirs", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Admin), member("ben", oncall.Viewer))
		s.update(t, func(q db.Queries) error {
			return errors.Join(q.SetPassword("ana", "new hash", start.Add(time.Hour)), q.SetSignedIn("ana", start.Add(time.Minute)))
		})
		want := member("ana", oncall.Admin)
		want.HasPassword, want.UpdatedAt, want.SignedInAt = true, start.Add(time.Hour), start.Add(time.Minute)
		same(t, "user ana", want, s.user(t, "ana"))
		same(t, "password", "new hash", ask(t, s, func(q db.Queries) (string, error) { return q.Password("ana") }))
		same(t, "user ben", member("ben", oncall.Viewer), s.user(t, "ben"))
	}},
	{"DeleteUserTakesAllThatIsTheUsers", func(t *testing.T, s store) {
		for _, id := range []string{"ana", "ben"} {
			s.add(t, member(id, oncall.Admin), session("s-"+id, id), link("l-"+id, id), passkey("p-"+id, id))
			ask(t, s, func(q db.Queries) (bool, error) { return q.InsertIdentity("issuer", "i-"+id, id, start) })
		}
		if ok := ask(t, s, func(q db.Queries) (bool, error) { return q.DeleteUser("ana", start) }); !ok {
			t.Error("DeleteUser: got false, want true")
		}
		if ok := ask(t, s, func(q db.Queries) (bool, error) { return q.DeleteUser("ana", start) }); ok {
			t.Error("DeleteUser again: got true, want false")
		}
		s.add(t, member("ana", oncall.Viewer)) // who has nothing of the deleted user
		for id, want := range map[string][]string{"ana": {"", "", "", ""}, "ben": {"ben", "reset ben", "ben", "ben"}} {
			got := []string{s.sessionUser(t, "s-"+id, start), s.linkUser(t, "l-"+id, start),
				ask(t, s, func(q db.Queries) (oncall.User, error) { return q.UserByPasskey([]byte("p-" + id)) }).ID, s.identity(t, "issuer", "i-"+id)}
			same(t, "session, link, passkey and identity of "+id, want, got)
		}
	}},
	{"TokenOfADeletedUserIsKeptForADay", func(t *testing.T, s store) {
		s.update(t, func(q db.Queries) error {
			if _, err := q.Remember(request("user"), "user", start); err != nil {
				return err
			}
			_, err := q.InsertUser(member("ana", oncall.Viewer), "", request("user"))
			return err
		})
		made := tokens{"user"}
		made.remembered(t, s, start.Add(100*oncall.TokenTTL))
		ask(t, s, func(q db.Queries) (bool, error) { return q.DeleteUser("ana", start) })
		made.remembered(t, s, start.Add(oncall.TokenTTL))
		made.forgotten(t, s, start.Add(oncall.TokenTTL+time.Microsecond))
	}},
	{"IdentityOfMaxLengthIsFound", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Viewer))
		issuer, subject := long(account.MaxIdentityLen/2), long(account.MaxIdentityLen/2-1)
		same(t, "stored", true, ask(t, s, func(q db.Queries) (bool, error) { return q.InsertIdentity(issuer, subject, "ana", start) }))
		same(t, "user", "ana", s.identity(t, issuer, subject))
	}},
	{"IdentityIsOneUsersOnly", func(t *testing.T, s store) {
		s.add(t, member("ana", oncall.Admin), member("ben", oncall.Viewer))
		for _, c := range []struct {
			issuer, subject, user string
			want                  bool
		}{
			{"issuer", "1", "ana", true}, {"issuer", "1", "ben", false}, {"issuer", "2", "ana", false},
			{"issuer", "2", "ben", true}, {"other", "1", "ben", true},
		} {
			if got := ask(t, s, func(q db.Queries) (bool, error) { return q.InsertIdentity(c.issuer, c.subject, c.user, start) }); got != c.want {
				t.Errorf("InsertIdentity(%q, %q, %q): got %t, want %t", c.issuer, c.subject, c.user, got, c.want)
			}
		}
		same(t, "users", []string{"ana", "ben", "ben", ""},
			[]string{s.identity(t, "issuer", "1"), s.identity(t, "issuer", "2"), s.identity(t, "other", "1"), s.identity(t, "other", "2")})
	}},
}

func (s store) users(t *testing.T, after string, limit int) []oncall.User {
	t.Helper()
	return ask(t, s, func(q db.Queries) ([]oncall.User, error) { return q.Users(after, limit) })
}

func (s store) otherKeeper(t *testing.T, id string) bool {
	t.Helper()
	return ask(t, s, func(q db.Queries) (bool, error) { return q.OtherAdministrator(id) })
}

func (s store) updateUser(t *testing.T, u oncall.User) bool {
	t.Helper()
	return ask(t, s, func(q db.Queries) (bool, error) { return q.UpdateUser(u) })
}

func (s store) identity(t *testing.T, issuer, subject string) string {
	t.Helper()
	return ask(t, s, func(q db.Queries) (oncall.User, error) { return q.UserByIdentity(issuer, subject) }).ID
}
