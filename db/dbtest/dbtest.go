// Package dbtest is the contract of every db.Transactor as tests: one for each sentence of the
// comments on db.Transactor and the queries of the rooms. The rooms work on any store that
// passes Run.
package dbtest

import (
	"callbook/db"

	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// Run tests a store. open returns an empty store and closes it when its test ends.
func Run(t *testing.T, open func(t testing.TB) db.Transactor) {
	for _, fact := range slices.Concat(storeFacts, contactFacts, listFacts, channelFacts, rememberFacts, userFacts, sessionFacts, passkeyFacts, keyFacts, auditFacts, sealFacts, codeFacts, messageFacts, limitFacts, tagFacts) {
		t.Run(fact.name, func(t *testing.T) { fact.check(t, store{open(t)}) })
	}
}

// fact is one sentence of the contract with its test.
type fact struct {
	name  string
	check func(t *testing.T, s store)
}

// start is the time of creation in these tests, unless a test sets another.
var start = time.Date(2026, 11, 22, 3, 0, 0, 123456000, time.UTC)

// store is the store under test with helpers for the facts. Functions that it runs are on the
// store's own goroutine, so they return an error instead of ending the test.
type store struct{ db.Transactor }

// update runs fn, which must succeed.
func (s store) update(t *testing.T, fn func(db.Queries) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatalf("Update: got error %v, want none", err)
	}
}

// view runs fn, which must succeed.
func (s store) view(t *testing.T, fn func(db.Queries) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatalf("View: got error %v, want none", err)
	}
}

// add stores things in this order. None of them may exist already.
func (s store) add(t *testing.T, things ...any) {
	t.Helper()
	s.update(t, func(q db.Queries) error {
		for _, thing := range things {
			if err := insert(q, thing); err != nil {
				return fmt.Errorf("insert %+v: %w", thing, err)
			}
		}
		return nil
	})
}

var errTaken = errors.New("there is one already")

func insert(q db.Queries, thing any) error {
	switch c := thing.(type) {
	case oncall.Contact:
		ok, err := q.InsertContact(c, oncall.Request{})
		if err == nil && !ok {
			return errTaken
		}
		return err
	case oncall.Channel:
		existing, err := q.InsertChannel(c, oncall.Request{})
		if err == nil && existing != "" {
			return errTaken
		}
		return err
	}
	return insertPeople(q, thing)
}

// contact returns the contact with this alias, or the zero Contact.
func (s store) contact(t *testing.T, alias string) (c oncall.Contact) {
	t.Helper()
	s.view(t, func(q db.Queries) (err error) {
		c, err = q.Contact(alias)
		return ignoreMissing(err)
	})
	return c
}

// channels returns the channels of a contact.
func (s store) channels(t *testing.T, alias string) (list []oncall.Channel) {
	t.Helper()
	s.view(t, func(q db.Queries) (err error) {
		list, err = q.Channels(alias)
		return err
	})
	return list
}

// list returns contacts as word/alias: those that have every word, or all of them. The last
// word in order leads the search.
func (s store) list(t *testing.T, r oncall.Reachability, words []string, after contacts.Position, limit int) []string {
	t.Helper()
	var list []string
	s.view(t, func(q db.Queries) error {
		found, err := find(q, r, words, after, limit)
		for _, c := range found {
			list = append(list, c.Word+"/"+c.Alias)
		}
		return err
	})
	return list
}

func find(q db.Queries, r oncall.Reachability, words []string, after contacts.Position, limit int) ([]contacts.ContactAt, error) {
	words = apart(words)
	if len(words) == 0 {
		return q.Contacts(r, after.Alias, limit)
	}
	last := len(words) - 1
	return q.FindContacts(r, words[last], words[:last], after, limit, 1_000_000)
}

// apart sorts words and drops those that are a prefix of another one.
func apart(words []string) []string {
	return slices.DeleteFunc(slices.Sorted(slices.Values(words)), func(w string) bool {
		return slices.ContainsFunc(words, func(other string) bool { return other != w && strings.HasPrefix(other, w) })
	})
}

// counts returns the numbers of contacts, in the order of Reachabilities.
func (s store) counts(t *testing.T) []int {
	t.Helper()
	var counts []int
	s.view(t, func(q db.Queries) error {
		of, err := q.CountContacts()
		for _, r := range oncall.Reachabilities() {
			counts = append(counts, of[r])
		}
		return err
	})
	return counts
}

func ignoreMissing(err error) error {
	if errors.Is(err, oncall.ErrMissing) {
		return nil
	}
	return err
}

// person returns a new contact.
func person(alias, name string) oncall.Contact {
	return oncall.Contact{Alias: alias, ID: "id of " + alias, DisplayName: name, Type: oncall.Personal, Reachability: oncall.Unreachable,
		Version: 1, CreatedAt: start, UpdatedAt: start}
}

// sms returns a new channel for text messages to a number.
func sms(alias, id, canonical string) oncall.Channel {
	address := oncall.Address{Given: canonical, Canonical: canonical}
	return oncall.Channel{Alias: alias, ID: id, Name: id, Type: oncall.SMS, Mask: address.Masked(),
		Address: address, Version: 1, CreatedAt: start, UpdatedAt: start}
}

// address returns the address of a channel in the clear.
func (s store) address(t *testing.T, alias, id string) (a oncall.Address) {
	t.Helper()
	s.view(t, func(q db.Queries) (err error) {
		a, err = q.Address(alias, id)
		return err
	})
	return a
}

// same fails the test unless got equals want. Nil and empty are equal. The address of a channel
// is not compared, because it is read separately.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(oncall.Channel{}, "Address")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
