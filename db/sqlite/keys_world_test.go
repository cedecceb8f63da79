package sqlite

import (
	"os"
	"testing"

	"callbook/internal/oncall"
)

// keeper is who asks in the tests of keys.
var keeper = oncall.Actor{Door: oncall.Browser, Principal: "keeper", Name: "keeper@example.org", Role: oncall.Admin}

// robot is a program at the API.
var robot = oncall.Actor{Door: oncall.API, Principal: "program", Name: "program", Role: oncall.Manager}

// known are the addresses of withAddresses, in every form in which they are given.
var known = []string{"+15005550199", "5005550199", "+1 (500) 555-0142", "5005550142", "Ana.Silva@Example.org", "ana.silva@"}

// openKeyed opens a database whose key file may be away.
func openKeyed(t *testing.T, path string) (*Store, *rooms) {
	t.Helper()
	s := openTest(t, path)
	return s, newRooms(s, roomOptions{Scope: testScope})
}

// withAddresses adds the contacts ana and ben, who share a number, and returns
// ana's channels.
func withAddresses(t *testing.T, s *rooms) []oncall.ARN {
	t.Helper()
	var arns []oncall.ARN
	for _, c := range []struct {
		alias, address string
		kind           oncall.ChannelType
	}{
		{"ana", "+15005550199", oncall.SMS}, {"ana", "+1 (500) 555-0142", oncall.Voice}, {"ana", "Ana.Silva@Example.org", oncall.Email},
		{"ben", "+15005550199", oncall.SMS},
	} {
		_, err := s.CreateContact(t.Context(), keeper, oncall.NewContact{Alias: c.alias, DisplayName: "Name", Type: oncall.Personal, Token: c.alias})
		if err != nil {
			t.Fatal(err)
		}
		arn, err := s.CreateChannel(t.Context(), keeper, oncall.NewChannel{Contact: testScope.Contact(c.alias), Name: "n", Type: c.kind,
			Address: c.address, Accept: []string{"shared:+15005550199"}})
		if err != nil {
			t.Fatal(err)
		}
		arns = append(arns, arn)
	}
	return arns[:3]
}

// dump returns every row of every table, and the schema.
func dump(t *testing.T, s *Store) map[string][][]any {
	t.Helper()
	all := map[string][][]any{}
	tables := []string{}
	for _, row := range rowsOf(t, s, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
		tables = append(tables, row[0].(string))
	}
	for _, table := range append(tables, "sqlite_schema") {
		all[table] = rowsOf(t, s, "SELECT * FROM "+table)
	}
	return all
}

func rowsOf(t *testing.T, s *Store, text string) (list [][]any) {
	t.Helper()
	rows, err := s.conns[1].QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, _ := rows.Columns()
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		list = append(list, values)
	}
	return list
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
