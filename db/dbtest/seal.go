package dbtest

import (
	"callbook/db"

	"fmt"
	"testing"

	"callbook/internal/keyring"
	"callbook/internal/oncall"
)

var sealFacts = []fact{
	{"ResealLeavesWhatThePrimaryKeyHasSealed", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"), sms("ana", "one", "+15005550100"), sms("ana", "two", "+15005550101"))
		s.update(t, func(q db.Queries) error {
			if _, n, err := q.Reseal(keyring.SealedRow{}, 1); err != nil || n != 0 {
				return fmt.Errorf("reseal: got %d and error %v, want 0", n, err)
			}
			return nil
		})
		same(t, "address", "+15005550100", s.address(t, "ana", "one").Canonical)
	}},
	// The new key may be the current one: without keys of its own, a test can check no more.
	{"AddressesAreFoundByTheKeyOfTheIndex", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"), person("ben", ""), sms("ana", "one", "+15005550100"), sms("ben", "two", "+15005550101"))
		s.update(t, func(q db.Queries) error {
			key, err := q.IndexKey()
			if err != nil || key == 0 {
				return fmt.Errorf("key of the index: got %d and error %v", key, err)
			}
			if n, err := q.RotateIndex(key); err != nil || n != 2 {
				return fmt.Errorf("query RotateIndex: got %d and error %v, want 2 addresses", n, err)
			}
			if again, err := q.IndexKey(); err != nil || again != key {
				return fmt.Errorf("key of the index: got %d and error %v, want %d", again, err, key)
			}
			return nil
		})
		for canonical, alias := range map[string]string{"+15005550100": "ana", "+15005550101": "ben"} {
			at := ask(t, s, func(q db.Queries) ([]oncall.Channel, error) { return q.ChannelsAt(canonical, "nobody", 9) })
			if len(at) != 1 || at[0].Alias != alias {
				t.Errorf("channels at %s: got %+v, want one of %s", canonical, at, alias)
			}
			existing := ask(t, s, func(q db.Queries) (string, error) {
				return q.InsertChannel(sms(alias, "new", canonical), oncall.Request{})
			})
			same(t, canonical+" again", at[0].ID, existing)
		}
	}},
	{"IndexIsNotRotatedByAKeyThatThereIsNot", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"), sms("ana", "one", "+15005550100"))
		err := s.Update(t.Context(), func(q db.Queries) error {
			_, err := q.RotateIndex(1)
			return err
		})
		same(t, "kind of the error", oncall.Sealed, oncall.KindOf(err))
		same(t, "channels at the number", 1, len(ask(t, s, func(q db.Queries) ([]oncall.Channel, error) { return q.ChannelsAt("+15005550100", "nobody", 9) })))
	}},
}
