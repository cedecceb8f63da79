// Command bench measures what its README quotes, compares two versions, or puts one under
// load. Every figure that is compared with another is taken in the same run, in turns, and
// reported as a ratio: absolute times belong to the machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	contacts := flag.Int("contacts", 100_000, "contacts in the large list; each has 3 channels")
	rounds := flag.Int("rounds", 7, "rounds of each comparison; the median counts")
	binary := flag.String("binary", "bin/callbook", "the built program, for start-up and memory; empty: leave them out")
	base := flag.String("base", "", "the built program of another version, to compare -binary with, and nothing else")
	results := flag.String("results", ".", "the folder into which the comparison writes base.txt and head.txt")
	loaded := flag.Duration("load", 0, "how long to put -binary under load with -contacts, and nothing else")
	flag.Parse()
	do := func(ctx context.Context, folder string) error { return run(ctx, folder, *contacts, *rounds, *binary) }
	if *loaded > 0 {
		do = func(ctx context.Context, folder string) error { return load(ctx, folder, *binary, *contacts, *loaded) }
	}
	if *base != "" {
		do = func(ctx context.Context, folder string) error {
			return compareVersions(ctx, folder, *base, *binary, *results)
		}
	}
	if err := inFolder(context.Background(), do); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// inFolder does something that needs a temporary folder.
func inFolder(ctx context.Context, do func(ctx context.Context, folder string) error) error {
	folder, err := os.MkdirTemp("", "callbook-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	return do(ctx, folder)
}

// run measures everything; each part has a folder of its own, and so its own databases.
func run(ctx context.Context, folder string, contacts, rounds int, binary string) error {
	if err := benchCreate(ctx, filepath.Join(folder, "create"), rounds); err != nil {
		return err
	}
	if err := benchDelivery(ctx, filepath.Join(folder, "deliver")); err != nil {
		return err
	}
	// A round of the lists is short, and a neighbour of this machine long: three times as many.
	if err := benchList(ctx, filepath.Join(folder, "list"), contacts, 3*rounds); err != nil {
		return err
	}
	if binary == "" {
		return nil
	}
	return benchProgram(ctx, filepath.Clean(binary), rounds)
}

// median returns the middle of the values, which it sorts.
func median[T int | float64 | time.Duration](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// verdict says whether a ratio keeps its promise.
func verdict(kept bool) string {
	if kept {
		return "kept"
	}
	return "MISSED"
}
