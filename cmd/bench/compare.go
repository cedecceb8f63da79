package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	comparedRounds = 10  // an even number, so that each version begins as often
	readers        = 300 // contacts with the channels that are read
	longTurns      = 400 * time.Millisecond
)

// workload is what two versions are compared by: in each round callers do it ops
// times altogether, in two turns. It is a number and no time, so that both books grow alike; on a
// slow machine it is less, so that both turns take no longer than longTurns.
type workload struct {
	name         string
	callers, ops int
	do           func(v *version, ctx context.Context, n int) error
}

var workloads = []workload{
	{"CreateContactChannel", 1, 200, (*version).create},
	{"CreateContactChannel", 64, 600, (*version).create},
	{"GetContactChannel", 1, 1500, (*version).get},
	{"GetContactChannel", 64, 4000, (*version).get},
	{"ListContactChannels", 16, 2500, (*version).list},
	{"FirstPage", 1, 150, page("/contacts")},
	{"Search", 1, 150, page("/contacts?q=s+maria")},
}

// String names it as Go's benchmarks are named.
func (w workload) String() string { return fmt.Sprintf("%s/callers=%d", w.name, w.callers) }

// bookSize is how many contacts both versions begin with: readers with channels, and
// for each creation one that has none.
func bookSize() int {
	size := readers
	for _, w := range workloads {
		if w.name == "CreateContactChannel" {
			size += 1 + w.ops*(comparedRounds+1)
		}
	}
	return size
}

// errBase is a fault of the base, which may be old: it ends the comparison alone.
var errBase = errors.New("the base")

// compareVersions measures two built programs in turns, from outside, by what every
// version has. It writes base.txt and head.txt into a folder, in the text format of
// Go's benchmarks. What the base cannot do is told and left out.
func compareVersions(ctx context.Context, folder, base, head, results string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute) // a program that hangs ends with it
	defer cancel()
	pair := []*version{{name: "base", binary: base, err: errBase}, {name: "head", binary: head, err: errors.New("the head")}}
	defer func() {
		if err = firstOf(err, stopAll(pair)); errors.Is(err, errBase) {
			fmt.Println("The comparison ends early:", inShort(err))
			err = nil
		}
	}()
	size := bookSize()
	for _, v := range pair {
		v.data = filepath.Join(folder, v.name, "data")
		if err := v.fill(ctx, size, readers); err != nil {
			return fmt.Errorf("%w cannot be compared: %w", v.err, err)
		}
		if v.cookie == "" {
			size = 0 // the base has an empty book, and so has the head
		}
	}
	able, err := bothDo(ctx, pair)
	if err = firstOf(err, stopAll(pair)); err != nil {
		return err
	}
	syscall.Sync() // else the disk is still at work, and takes processors for it
	for n := range comparedRounds + 1 {
		if n == 1 { // the one before does not count
			for _, v := range pair {
				v.results.Reset()
			}
		}
		if err = round(ctx, n, pair, able); err != nil {
			break // what was measured before counts
		}
	}
	for _, v := range pair {
		err = firstOf(err, v.write(results))
	}
	return err
}

func stopAll(pair []*version) (err error) {
	for _, v := range pair {
		err = firstOf(err, v.stop())
	}
	return err
}

// bothDo returns the workloads that both versions can do, and tells which others the
// base cannot.
func bothDo(ctx context.Context, pair []*version) (able []workload, err error) {
	missing := map[string][]string{}
	for _, w := range workloads {
		base, head := w.do(pair[0], ctx, 0), w.do(pair[1], ctx, 0)
		switch {
		case base != nil:
			if reason := inShort(base); !slices.Contains(missing[reason], w.name) {
				missing[reason] = append(missing[reason], w.name)
			}
		case head != nil:
			return nil, fmt.Errorf("%w fails in %v: %w", pair[1].err, w, head)
		default:
			able = append(able, w)
		}
	}
	for reason, names := range missing {
		fmt.Printf("The base cannot do %s, so that is left out: %s\n", strings.Join(names, ", "), reason)
	}
	return able, nil
}

// inShort is an error in one line, without the page that an answer may be.
func inShort(err error) string {
	text, _, _ := strings.Cut(err.Error(), "<")
	return fmt.Sprintf("%.160s", strings.Join(strings.Fields(text), " "))
}

// round starts both versions, measures each workload in turns, and stops them. Each
// does half of a workload, then the other half in the opposite order: what slows the
// machine down meanwhile meets both. With a new process each time, luck that one has
// or lacks for its whole life counts as noise. Round 0 warms up, and sizes the turns.
func round(ctx context.Context, n int, pair []*version, able []workload) error {
	order := slices.Clone(pair)
	if n%2 == 1 {
		slices.Reverse(order)
	}
	for _, v := range order {
		if err := v.measureStart(ctx); err != nil {
			return fmt.Errorf("%w fails: %w", v.err, err)
		}
	}
	for i, w := range able {
		begun := time.Now()
		for _, v := range []*version{order[0], order[1], order[1], order[0]} {
			if err := v.turn(ctx, w); err != nil {
				return fmt.Errorf("%w fails in %v: %w", v.err, w, err)
			}
		}
		if took := time.Since(begun) / 2; n == 0 && took > longTurns {
			able[i].ops = max(2*w.callers, int(int64(w.ops)*int64(longTurns)/int64(took)))
		}
		for _, v := range pair {
			v.record(w.String(), w.ops, float64(v.took.Nanoseconds())/float64(w.ops/2*2), "ns/op")
			v.took = 0
		}
		slices.Reverse(order)
	}
	for _, v := range pair {
		stopped := v.program.cmd
		if err := v.stop(); err != nil {
			return err
		}
		v.record("Round", 1, float64((stopped.ProcessState.UserTime() + stopped.ProcessState.SystemTime()).Nanoseconds()), "cpu-ns")
	}
	return nil
}
