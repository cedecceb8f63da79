package sqlite

import (
	"slices"
	"strings"
	"testing"
	"time"

	"callbook/db"
	"callbook/internal/oncall"
)

// oldForm makes a database as a program of before has left it: email addresses that are
// found by the letters as they were typed.
func oldForm(t *testing.T) (path string, channels []oncall.ARN) {
	t.Helper()
	path = testPath(t)
	s, service := openKeyed(t, path)
	for _, c := range []struct{ alias, placeholder, old string }{
		{"ana", "one@example.org", "jose\u0301@example.org"},
		{"ana", "two@example.org", "josé@example.org"}, // is the same address now
		{"ben", "three@example.org", "γιώργος@example.org"},
		{"cy", "four@example.org", "cy@example.org"},
	} {
		_, err := service.CreateContact(t.Context(), keeper, oncall.NewContact{Alias: c.alias, Type: oncall.Personal, Token: c.alias})
		if err != nil {
			t.Fatal(err)
		}
		arn, err := service.CreateChannel(t.Context(), keeper, oncall.NewChannel{Contact: testScope.Contact(c.alias), Name: "n", Type: oncall.Email, Address: c.placeholder})
		if err != nil {
			t.Fatal(err)
		}
		channels = append(channels, arn)
		alias, id, _ := testScope.ChannelID(arn)
		write(t, s, func(q db.Queries) error {
			channel, err := q.Channel(alias, id)
			if err != nil {
				return err
			}
			channel.Address = oncall.Address{Given: c.old, Canonical: c.old}
			channel.Mask = channel.Address.Masked()
			_, _, err = q.UpdateChannel(channel)
			return err
		})
	}
	for id, email := range map[string]string{"1": "zoe\u0308@example.org", "2": "ΆΝΝΑΣ@example.org", "3": "ana@example.org"} {
		now := time.Unix(0, 0).UTC()
		u := oncall.User{ID: id, Email: email, Canonical: "old " + email, Role: oncall.Viewer, Handle: []byte(id), Version: 1, CreatedAt: now, UpdatedAt: now}
		write(t, s, func(q db.Queries) error {
			_, err := q.InsertUser(u, "", oncall.Request{})
			return err
		})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	execute(t, path, "UPDATE installation SET address_form = 1")
	return path, channels
}

func write(t *testing.T, s *Store, change func(db.Queries) error) {
	t.Helper()
	if err := s.Update(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

func TestAddressesOfAnOlderProgramAreFound(t *testing.T) {
	path, channels := oldForm(t)
	s, service := openKeyed(t, path)
	for text, want := range map[string]string{"josé@example.org": "ana", "JOSE\u0301@example.org": "ana", "ΓΙΏΡΓΟΣ@example.org": "ben", "cy@example.org": "cy"} {
		found, err := service.FindAddress(t.Context(), keeper, text)
		if err != nil || len(found) != 1 || found[0].Alias != want {
			t.Errorf("%q: got %+v, %v, want %s", text, found, err, want)
		}
	}
	for i, want := range []oncall.Address{
		{Given: "jose\u0301@example.org", Canonical: "jose\u0301@example.org"}, // the second one is found by the address
		{Given: "josé@example.org", Canonical: "josé@example.org"},
		{Given: "γιώργος@example.org", Canonical: "γιώργοσ@example.org"},
	} {
		if got, err := service.RevealAddress(t.Context(), keeper, channels[i]); err != nil || got != want {
			t.Errorf("channel %d: got %q, %v, want %q", i, got, err, want)
		}
	}
	for email, id := range map[string]string{"zoë@example.org": "1", "άννας@example.org": "2", "ana@example.org": "3"} {
		canonical, _ := oncall.CanonicalEmail(email)
		err := s.View(t.Context(), func(q db.Queries) error {
			u, err := q.UserByEmail(canonical)
			if err == nil && u.ID != id {
				t.Errorf("%q: got the user %s, want %s", email, u.ID, id)
			}
			return err
		})
		if err != nil {
			t.Errorf("%q: %v", email, err)
		}
	}
	ben, err := service.Channel(t.Context(), keeper, channels[2])
	if err != nil || ben.Code.Accepted(time.Now()) {
		t.Errorf("the code for an address of another form: got %+v, %v, want it to have ended", ben.Code, err)
	}
	if cy, err := service.Channel(t.Context(), keeper, channels[3]); err != nil || !cy.Code.Accepted(time.Now()) {
		t.Errorf("the code for an address of the same form: got %+v, %v, want it to be good", cy.Code, err)
	}
	unrecorded := func(problem string) bool {
		return strings.Contains(problem, "no entry of the audit trail says that it was added")
	} // the users
	if wrong := slices.DeleteFunc(wrongsIn(t, s), unrecorded); len(wrong) > 0 {
		t.Errorf("check finds %q", wrong)
	}
}

func TestAddressesAreRenewedOnce(t *testing.T) {
	path, _ := oldForm(t)
	if err := openTest(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	s := openTest(t, path)
	before := rowsOf(t, s, "SELECT contact, id, address, address_hash FROM channel")
	if kept, err := s.RenewCanonical(t.Context()); kept != 0 || err != nil {
		t.Errorf("got %d, %v, want nothing to do", kept, err)
	}
	if got := rowsOf(t, s, "SELECT contact, id, address, address_hash FROM channel"); !slices.EqualFunc(before, got, func(a, b []any) bool {
		return string(a[2].([]byte)) == string(b[2].([]byte)) && string(a[3].([]byte)) == string(b[3].([]byte))
	}) {
		t.Error("the addresses were written again")
	}
	if rows := rowsOf(t, s, "SELECT address_form FROM installation"); rows[0][0] != int64(2) {
		t.Errorf("form: got %v, want 2", rows[0][0])
	}
}
