package dbtest

import (
	"fmt"
	"testing"

	"callbook/internal/oncall"
)

var sealFacts = []fact{
	{"ResealLeavesWhatThePrimaryKeyHasSealed", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"), sms("ana", "one", "+15005550100"), sms("ana", "two", "+15005550101"))
		s.update(t, func(q oncall.Queries) error {
			if _, n, err := q.Reseal(oncall.SealedRow{}, 1); err != nil || n != 0 {
				return fmt.Errorf("reseal: got %d and error %v, want 0", n, err)
			}
			return nil
		})
		same(t, "address", "+15005550100", s.address(t, "ana", "one").Canonical)
	}},
	// The next key may be the same one: what is shown here is where sums are, and
	// a store without its keys can be shown no more.
	{"AddressesAreFoundWhileTheIndexChanges", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana"), person("ben", ""), sms("ana", "one", "+15005550100"), sms("ben", "two", "+15005550101"))
		found := func(when string, channels int) {
			t.Helper()
			for i := range channels {
				canonical := fmt.Sprint("+1500555010", i)
				s.view(t, func(q oncall.Queries) error {
					at, err := q.ChannelsAt(canonical, "nobody", 9)
					if err != nil || len(at) != 1 {
						t.Errorf("%s: channels at %s: got %+v and error %v, want one", when, canonical, at, err)
					}
					return nil
				})
				s.update(t, func(q oncall.Queries) error {
					taken := sms([]string{"ana", "ben", "ana", "ana"}[i], "new", canonical)
					if existing, err := q.InsertChannel(taken, oncall.Request{}); err != nil || existing == "" {
						return fmt.Errorf("%s: %s again: got %q and error %v, want the one that is there", when, canonical, existing, err)
					}
					return nil
				})
			}
		}
		var key uint32
		s.update(t, func(q oncall.Queries) error {
			now, next, err := q.Indexes()
			if err != nil || now == 0 || next != 0 {
				return fmt.Errorf("indexes: got %d, %d and error %v", now, next, err)
			}
			if switched, err := q.SwitchIndex(); err != nil || switched {
				return fmt.Errorf("query SwitchIndex without a next key: got %t, %v", switched, err)
			}
			key = now
			if err := q.StartIndex(key); err != nil {
				return err
			}
			return indexed(q, key, key)
		})
		s.add(t, sms("ana", "three", "+15005550102"))
		found("started", 3)
		s.update(t, func(q oncall.Queries) error {
			if switched, err := q.SwitchIndex(); err != nil || switched {
				return fmt.Errorf("query SwitchIndex before all is filled: got %t, %v", switched, err)
			}
			if _, err := q.ClearIndex(9); err == nil {
				return fmt.Errorf("query ClearIndex before the switch went through")
			}
			return nil
		})
		s.inBatches(t, "FillIndex", 1, 2, oncall.Queries.FillIndex)
		found("filled", 3)
		s.update(t, func(q oncall.Queries) error {
			if switched, err := q.SwitchIndex(); err != nil || !switched {
				return fmt.Errorf("query SwitchIndex: got %t, %v", switched, err)
			}
			return indexed(q, key, 0)
		})
		s.add(t, sms("ana", "four", "+15005550103"))
		found("switched", 4)
		s.inBatches(t, "ClearIndex", 2, 3, oncall.Queries.ClearIndex)
		found("cleared", 4)
		s.view(t, func(q oncall.Queries) error { return indexed(q, key, 0) })
	}},
}

// indexed fails unless addresses are found by these keys.
func indexed(q oncall.Queries, wantNow, wantNext uint32) error {
	now, next, err := q.Indexes()
	if err != nil || now != wantNow || next != wantNext {
		return fmt.Errorf("keys of the index: got %d, %d and error %v, want %d, %d", now, next, err, wantNow, wantNext)
	}
	return nil
}

// inBatches runs a query that changes up to limit rows until it changes fewer,
// and checks how many it has changed in all.
func (s store) inBatches(t *testing.T, what string, limit, want int, some func(oncall.Queries, int) (int, error)) {
	t.Helper()
	total := 0
	for n := limit; n == limit; total += n {
		s.update(t, func(q oncall.Queries) (err error) {
			n, err = some(q, limit)
			return err
		})
	}
	if total != want {
		t.Errorf("%s: got %d rows in all, want %d", what, total, want)
	}
}
