package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	readers = 300   // contacts with three channels each, which are read
	hosts   = 5_000 // contacts after them, who get the channels that are created, in turn
)

// version is a program that is measured, beside another one or alone.
type version struct {
	program
	name              string
	arns              []string     // of the channels that are read
	contacts, created atomic.Int64 // how many were created by workloads
	started           time.Duration
	rest              int // bytes of memory
}

// workload is what versions are measured by: in each round callers do it ops times.
type workload struct {
	name         string
	callers, ops int
	do           func(v *version, ctx context.Context, n int) error
}

var workloads = []workload{
	{"CreateContact", 1, 200, (*version).addContact},
	{"CreateContact", 64, 1000, (*version).addContact},
	{"CreateContactChannel", 1, 200, (*version).addChannel},
	{"CreateContactChannel", 64, 1000, (*version).addChannel},
	{"GetContactChannel", 1, 1500, (*version).get},
	{"GetContactChannel", 64, 4000, (*version).get},
	{"ListContactChannels", 16, 2500, (*version).list},
	{"FirstPage", 1, 150, page("/contacts")},
	{"Search", 1, 150, page("/contacts?q=s+maria")},
}

// benchVersions measures built programs, the base first if there is one, in turns. Each
// round has new processes, so that luck that one has or lacks for its whole life counts as
// noise.
func benchVersions(ctx context.Context, out io.Writer, folder, base, head string, rounds int) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute) // a program that hangs ends with it
	defer cancel()
	var versions []*version
	for _, v := range []*version{{name: "base"}, {name: "head"}} {
		if v.binary = map[string]string{"base": base, "head": head}[v.name]; v.binary == "" {
			continue
		}
		v.data = filepath.Join(folder, v.name)
		if err := v.fill(ctx); err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		versions = append(versions, v)
	}
	var all []comparison
	for _, w := range workloads {
		c := comparison{name: w.name, key: "version", callers: w.callers, ops: w.ops}
		for _, v := range versions {
			c.sides = append(c.sides, &side{name: v.name, do: func(ctx context.Context, n int) error { return w.do(v, ctx, n) }})
		}
		all = append(all, c)
	}
	syscall.Sync() // else the disk is still at work, and takes processors for it
	for n := range rounds + 1 {
		if err := measureVersions(ctx, out, versions, all, n); err != nil {
			return err
		}
	}
	return nil
}

// measureVersions measures one round. Round 0 warms up, and does not count.
func measureVersions(ctx context.Context, out io.Writer, versions []*version, all []comparison, n int) error {
	if n == 0 {
		out = io.Discard
	}
	order := slices.Clone(versions)
	if n%2 == 1 {
		slices.Reverse(order)
	}
	for i, v := range order {
		if err := v.measureStart(ctx); err != nil {
			return firstOf(fmt.Errorf("%s: %w", v.name, err), stopAll(order[:i]))
		}
	}
	for _, c := range all {
		if err := c.round(ctx, out, n > 0); err != nil {
			return firstOf(err, stopAll(order))
		}
	}
	if err := stopAll(order); err != nil {
		return err
	}
	for _, v := range versions {
		cpu := v.cmd.ProcessState.UserTime() + v.cmd.ProcessState.SystemTime()
		record(out, "Start/version="+v.name, 1, float64(v.started), "ns/op", float64(v.rest), "resident-B")
		record(out, "Round/version="+v.name, 1, float64(cpu), "cpu-ns")
	}
	return nil
}

func stopAll(versions []*version) (err error) {
	for _, v := range versions {
		err = firstOf(err, v.stop())
	}
	return err
}

// fill adds the contacts and channels that every round reads, and stops the program.
func (v *version) fill(ctx context.Context) error {
	if err := v.enter(ctx); err != nil {
		return err
	}
	v.arns = make([]string, 3*readers)
	err := times(ctx, maxConns, readers+hosts, func(ctx context.Context, n int) error { return v.createContact(ctx, alias(n), nameOf(n)) })
	if err == nil {
		err = times(ctx, maxConns, len(v.arns), func(ctx context.Context, n int) (err error) {
			v.arns[n], err = v.createChannel(ctx, alias(n/3), "EMAIL", fmt.Sprintf("%s-%d@example.org", alias(n/3), n%3))
			return err
		})
	}
	return firstOf(err, v.stop())
}

// AddContact adds somebody with a name of three words.
func (v *version) addContact(ctx context.Context, _ int) error {
	n := int(v.contacts.Add(1) - 1)
	return v.createContact(ctx, fmt.Sprintf("made-%06d", n), threeWords(n))
}

// AddChannel adds a channel to somebody, with a number that nobody has.
func (v *version) addChannel(ctx context.Context, _ int) error {
	n := int(v.created.Add(1) - 1)
	_, err := v.createChannel(ctx, alias(readers+n%hosts), "SMS", phone(n))
	return err
}

func (v *version) get(ctx context.Context, n int) error {
	return v.getChannel(ctx, v.arns[n%len(v.arns)])
}

func (v *version) list(ctx context.Context, n int) error {
	return v.listChannels(ctx, alias(n%readers))
}

// page asks for a page as somebody who is signed in.
func page(path string) func(*version, context.Context, int) error {
	return func(v *version, ctx context.Context, _ int) error {
		_, _, err := v.open(ctx, path)
		return err
	}
}

// measureStart starts the program over its data, and notes how long it takes to the first
// page, and what memory it has then.
func (v *version) measureStart(ctx context.Context) (err error) {
	if err := v.start(ctx); err != nil {
		return err
	}
	_, _, opened := v.open(ctx, "/contacts")
	v.started = time.Since(v.begun)
	v.rest, err = resident(v.cmd.Process.Pid)
	if err = firstOf(opened, err); err != nil {
		return firstOf(err, v.stop())
	}
	return nil
}

// threeWords is a name of three words, some of which many people have and some few.
func threeWords(n int) string {
	return "An" + letters(n%17) + " Mar" + letters(n/3%51) + " Sil" + letters(n/11%187)
}

// letters writes a number with letters.
func letters(n int) string {
	text := ""
	for ; n > 0 || text == ""; n /= 26 {
		text += string(rune('a' + n%26))
	}
	return text
}
