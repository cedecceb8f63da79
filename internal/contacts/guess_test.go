package contacts_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// comparing counts how often a code is compared, and what had been counted
// against it before.
type comparing struct {
	db.Transactor
	compared atomic.Int64
	tries    sync.Map // how many tries were counted, of each comparison
}

func (s *comparing) Update(ctx context.Context, fn func(db.Queries) error) error {
	return s.Transactor.Update(ctx, func(q db.Queries) error { return fn(comparingQueries{q, s}) })
}

type comparingQueries struct {
	db.Queries
	s *comparing
}

func (q comparingQueries) CodeIs(c oncall.Channel, digits string) (bool, error) {
	q.s.compared.Add(1)
	stored, err := q.Channel(c.Alias, c.ID)
	if err != nil {
		return false, err
	}
	q.s.tries.Store(stored.Code.Tries, true)
	return q.Queries.CodeIs(c, digits)
}

func TestOfTenThousandGuessesFiveAreCompared(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.NewCode = func() string { return "999999" } })
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	s := &comparing{Transactor: w.Store}
	guess := func(w *oncalltest.World, from, to int) {
		var all sync.WaitGroup
		for worker := range 16 {
			all.Go(func() {
				for n := from + worker; n < to; n += 16 {
					if err := w.ActivateChannel(t.Context(), oncalltest.Program, arn, fmt.Sprintf("%06d", n)); oncall.KindOf(err) != oncall.Invalid {
						t.Errorf("guess %d: %v", n, err)
					}
				}
			})
		}
		all.Wait()
	}
	guess(w.Over(s), 0, 3) // then it is started again
	guess(w.Over(s), 3, 10_000)
	oncalltest.Same(t, "comparisons", int64(5), s.compared.Load())
	for n := range 5 {
		if _, ok := s.tries.Load(n + 1); !ok {
			t.Errorf("no comparison came after %d tries were counted", n+1)
		}
	}
	isWrong(t, "the right one, too late", oncalltest.EnterCode(t, w, arn, "999999"))
	oncalltest.Same(t, "comparisons", int64(5), s.compared.Load())
}
