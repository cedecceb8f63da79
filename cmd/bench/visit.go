package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"regexp"
	"strings"
	"time"
)

// asset finds what a page loads from the server.
var asset = regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`)

// visit is a first page of the program with the demonstration data.
type visit struct {
	start    time.Duration // from nothing to the page
	rest     int           // bytes of memory after it
	weight   int           // bytes on the wire, of all that a browser loads
	requests int
}

// benchVisit measures start-up to the first answer, memory at rest, and what a first visit
// weighs.
func benchVisit(ctx context.Context, out io.Writer, binary string, rounds int) error {
	var starts []time.Duration
	var v visit
	for range rounds {
		var err error
		if v, err = visitDemo(ctx, binary); err != nil {
			return err
		}
		starts = append(starts, v.start)
		record(out, "Visit", 1, float64(v.start), "ns/op", float64(v.rest), "resident-B", float64(v.weight), "wire-B")
	}
	atMost("start-up to the first page", median(starts).Seconds()*1000, 300, "ms")
	atMost("memory at rest", float64(v.rest)/(1<<20), 80, "MB")
	atMost("first load of /contacts", float64(v.weight)/(1<<10), 60, "KB")
	atMost("requests of it", float64(v.requests), 5, "")
	return nil
}

// visitDemo starts the program, loads the first page as a browser does, and stops it.
func visitDemo(ctx context.Context, binary string) (v visit, err error) {
	p := &program{binary: binary}
	if err := p.start(ctx, "--demo"); err != nil {
		return v, err
	}
	defer func() { err = firstOf(err, p.stop()) }()
	page, n, err := p.fetch(ctx, "/contacts")
	if err != nil {
		return v, err
	}
	v.start, v.weight, v.requests = time.Since(p.begun), n, 1
	for _, found := range asset.FindAllStringSubmatch(page, -1) {
		_, n, err := p.fetch(ctx, found[1])
		if err != nil {
			return v, err
		}
		v.weight += n
		v.requests++
	}
	v.rest, err = resident(p.cmd.Process.Pid)
	return v, err
}

// fetch returns a text and what it weighs on the wire, headers included.
func (p *program) fetch(ctx context.Context, path string) (text string, weight int, err error) {
	answer, packed, err := p.open(ctx, path)
	if err != nil {
		return "", 0, err
	}
	for name, values := range answer.Header {
		weight += len(name) + len(strings.Join(values, "")) + len(": \r\n")
	}
	weight += len(packed)
	if answer.Header.Get("Content-Encoding") != "gzip" {
		return string(packed), weight, nil
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", 0, err
	}
	whole, err := io.ReadAll(unpacked)
	return string(whole), weight, err
}
