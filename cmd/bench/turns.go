package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// comparison does the same on several sides, in turns.
type comparison struct {
	name    string // of the benchmark
	key     string // of the part of a name that says which side it is
	callers int
	ops     int // how often each side does it in a round. No time: all sides grow alike
	sides   []*side
}

// side is one of the things that are compared.
type side struct {
	name   string
	do     func(ctx context.Context, n int) error // n counts from 0 and never comes twice
	next   atomic.Int64
	rounds []measured
}

// measured is what a side did in one round.
type measured struct {
	took  time.Duration
	takes []time.Duration // of each operation, in order of length
}

// perOp is the time of the round for one operation: the inverse of how many are done a second.
func (m measured) perOp() float64 { return float64(m.took) / float64(len(m.takes)) }

// typical is the time of the operation in the middle.
func (m measured) typical() float64 { return float64(m.quantile(0.5)) }

// quantile returns the time that this part of the operations does not exceed.
func (m measured) quantile(part float64) time.Duration {
	if len(m.takes) == 0 {
		return 0
	}
	return m.takes[int(float64(len(m.takes)-1)*part)]
}

// run measures rounds, after one that warms up, and writes what it measures.
func (c comparison) run(ctx context.Context, out io.Writer, rounds int) error {
	for n := range rounds + 1 {
		if err := c.round(ctx, out, n > 0); err != nil {
			return err
		}
	}
	return nil
}

// round lets each side do half of its operations, and then the other half in the opposite
// order: what slows the machine down meanwhile meets all. The first side is another one in
// each round. Only a round that counts is kept and written.
func (c comparison) round(ctx context.Context, out io.Writer, counts bool) error {
	turns := slices.Clone(c.sides)
	if first := int(c.sides[0].next.Load()) / c.ops % len(turns); first > 0 {
		turns = slices.Concat(turns[first:], turns[:first])
	}
	back := slices.Clone(turns)
	slices.Reverse(back)
	of := map[*side]measured{}
	for _, s := range append(turns, back...) {
		m, err := s.turn(ctx, c.callers, c.ops/2)
		if err != nil {
			return fmt.Errorf("%s of %s: %w", c.name, s.name, err)
		}
		of[s] = measured{of[s].took + m.took, append(of[s].takes, m.takes...)}
	}
	for _, s := range c.sides {
		m := of[s]
		slices.Sort(m.takes)
		if counts {
			s.rounds = append(s.rounds, m)
			record(out, fmt.Sprintf("%s/callers=%d/%s=%s", c.name, c.callers, c.key, s.name), len(m.takes),
				m.perOp(), "ns/op", m.typical(), "p50-ns", float64(m.quantile(0.99)), "p99-ns")
		}
	}
	return nil
}

// turn lets callers do something ops times altogether.
func (s *side) turn(ctx context.Context, callers, ops int) (measured, error) {
	end := s.next.Load() + int64(ops)
	begun := time.Now()
	takes, err := crowd(callers, func() (int, bool) { n := s.next.Add(1) - 1; return int(n), n < end },
		func(n int) error { return s.do(ctx, n) })
	s.next.Store(end) // each caller asked once too often
	return measured{time.Since(begun), takes}, err
}

// crowd lets callers do something again and again, each with the next number as long
// as there is one, and returns how long it took each time.
func crowd(callers int, next func() (n int, more bool), do func(n int) error) (takes []time.Duration, err error) {
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	var mu sync.Mutex
	for range callers {
		all.Go(func() {
			var own []time.Duration
			for n, more := next(); more && failed.Load() == nil; n, more = next() {
				begun := time.Now()
				if err := do(n); err != nil {
					failed.Store(&err)
					return
				}
				own = append(own, time.Since(begun))
			}
			mu.Lock()
			defer mu.Unlock()
			takes = append(takes, own...)
		})
	}
	all.Wait()
	if e := failed.Load(); e != nil {
		return nil, *e
	}
	return takes, nil
}

// times lets callers do something n times altogether.
func times(ctx context.Context, callers, n int, do func(ctx context.Context, n int) error) error {
	_, err := (&side{do: do}).turn(ctx, callers, n)
	return err
}

// ratio returns the median of the ratios of two sides, round by round.
func ratio(a, b *side, of func(measured) float64) float64 {
	var ratios []float64
	for n := range a.rounds {
		ratios = append(ratios, of(a.rounds[n])/of(b.rounds[n]))
	}
	return median(ratios)
}

// typical returns the median of the typical times of a side, round by round.
func typical(s *side) float64 {
	var times []float64
	for _, m := range s.rounds {
		times = append(times, m.typical())
	}
	return median(times)
}

// median returns the middle of the values, which it sorts.
func median[T int | float64 | time.Duration](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// record writes a line of Go's text format for benchmarks: values are pairs of a number
// and its unit.
func record(out io.Writer, name string, times int, values ...any) {
	line := fmt.Sprintf("Benchmark%s-%d\t%d", name, runtime.GOMAXPROCS(0), times)
	for i := 0; i < len(values); i += 2 {
		line += fmt.Sprintf("\t%.5g %s", values[i], values[i+1])
	}
	fmt.Fprintln(out, line)
}

// promise prints whether a value keeps within its bound.
func promise(what string, value float64, bound, unit string, kept bool) {
	verdict := "kept"
	if !kept {
		verdict = "MISSED"
	}
	fmt.Printf("%-6s  %-52s %8.4g %s (%s)\n", verdict, what, value, unit, bound)
}

// atMost and atLeast promise a value.
func atMost(what string, value, bound float64, unit string) {
	promise(what, value, fmt.Sprintf("at most %g", bound), unit, value <= bound)
}

func atLeast(what string, value, bound float64, unit string) {
	promise(what, value, fmt.Sprintf("at least %g", bound), unit, value >= bound)
}
