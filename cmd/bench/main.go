// Command bench measures the program, compares it with another version, or puts it under
// load. What is compared is measured in one run, in turns, and written in Go's text format for
// benchmarks, from which benchstat makes tables. Absolute times belong to the machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

func main() {
	contacts := flag.Int("contacts", 100_000, "contacts in the large list; each has 3 channels")
	rounds := flag.Int("rounds", 6, "rounds of each comparison")
	binary := flag.String("binary", "bin/callbook", "the built program")
	base := flag.String("base", "", "the built program of another version, to compare -binary with, and nothing else")
	results := flag.String("results", "bench.txt", "the file for what is measured, in Go's format for benchmarks")
	loaded := flag.Duration("load", 0, "how long to put -binary under load with -contacts, and nothing else")
	files := flag.Bool("files", false, "measure how -binary checks large files to import, and nothing else")
	flag.Parse()
	ctx := context.Background()
	err := inFolder(func(folder string) error {
		if *loaded > 0 {
			return load(ctx, folder, *binary, *contacts, *loaded)
		}
		if *files {
			return into(*results, func(out io.Writer) error { return benchFiles(ctx, out, folder, *binary) })
		}
		return into(*results, func(out io.Writer) error { return bench(ctx, out, folder, *base, *binary, *contacts, *rounds) })
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// inFolder does something that needs a temporary folder.
func inFolder(do func(folder string) error) error {
	folder, err := os.MkdirTemp("", "callbook-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	return do(folder)
}

// into makes the file of results.
func into(path string, do func(out io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(file, "goos: %s\ngoarch: %s\npkg: callbook\n", runtime.GOOS, runtime.GOARCH)
	return firstOf(do(file), file.Close())
}

// bench compares two versions, or measures one; each part has a folder of its own, and so
// its own databases.
func bench(ctx context.Context, out io.Writer, folder, base, binary string, contacts, rounds int) error {
	if err := benchVersions(ctx, out, filepath.Join(folder, "versions"), base, binary, rounds); err != nil || base != "" {
		return err
	}
	if err := benchCreate(ctx, out, filepath.Join(folder, "create"), binary, rounds); err != nil {
		return err
	}
	if err := benchDelivery(ctx, out, filepath.Join(folder, "deliver")); err != nil {
		return err
	}
	// A round of the lists is short, and a neighbour of this machine long: three times as many.
	if err := benchList(ctx, out, filepath.Join(folder, "list"), contacts, 3*rounds); err != nil {
		return err
	}
	if err := benchVisit(ctx, out, binary, rounds); err != nil {
		return err
	}
	return benchFiles(ctx, out, filepath.Join(folder, "files"), binary)
}
