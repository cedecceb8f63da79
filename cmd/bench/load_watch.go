package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What a program may take under load, and how much more at rest afterwards than
// before.
const (
	mostMemory   = 256 << 20 // resident bytes
	mostLog      = 256 << 20 // bytes of write-ahead log
	moreRoutines = 2
	moreFiles    = 2
	restTimeout  = time.Minute
)

// usage is what a program takes at a moment.
type usage struct {
	memory, log     int // bytes
	routines, files int
}

// metric finds a metric without labels.
func metric(page, name string) (int, error) {
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(page)
	if found == nil {
		return 0, fmt.Errorf("/metrics does not tell %s", name)
	}
	value, err := strconv.ParseFloat(found[1], 64)
	return int(value), err
}

// usage asks the program what it takes, by a connection that stays.
func (l *loader) usage(ctx context.Context) (u usage, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.host+"/metrics", nil)
	if err != nil {
		return u, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return u, err
	}
	page, err := io.ReadAll(answer.Body)
	if err = firstOf(err, answer.Body.Close()); err != nil {
		return u, err
	}
	for name, into := range map[string]*int{"process_resident_memory_bytes": &u.memory, "go_goroutines": &u.routines, "process_open_fds": &u.files} {
		if *into, err = metric(string(page), name); err != nil {
			return u, err
		}
	}
	if info, err := os.Stat(filepath.Join(l.data, "callbook.db-wal")); err == nil {
		u.log = int(info.Size())
	}
	return u, nil
}

// watch looks at the program all the time until the function is called, which
// returns the most that it took.
func (l *loader) watch(ctx context.Context) func() usage {
	var worst usage
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(time.Second); ; {
			if u, err := l.usage(ctx); err == nil { // else the requests fail too
				worst = usage{max(worst.memory, u.memory), max(worst.log, u.log), max(worst.routines, u.routines), max(worst.files, u.files)}
			}
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	}()
	return func() usage {
		close(done)
		<-ended
		return worst
	}
}

// atRest hangs up, also where messages went, and waits until the program takes about what it took before, or
// returns what it takes after a while.
func (l *loader) atRest(ctx context.Context, before usage) (u usage, err error) {
	l.hangUp()
	l.office.CloseClientConnections()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(restTimeout); time.Now().Before(deadline); <-tick.C {
		if u, err = l.usage(ctx); err != nil || grown(before, u) == nil {
			return u, err
		}
	}
	return u, nil
}

// grown fails when a program holds more at rest than it did.
func grown(before, after usage) error {
	if after.routines > before.routines+moreRoutines || after.files > before.files+moreFiles {
		return fmt.Errorf("the program holds %d goroutines and %d files at rest afterwards, and held %d and %d before", after.routines, after.files, before.routines, before.files)
	}
	return nil
}

// report prints what was measured, in Go's format for benchmarks.
func (l *loader) report(took time.Duration, before, worst, after usage) {
	row := func(name string, takes []time.Duration) {
		slices.Sort(takes)
		m := measured{took, takes}
		record(os.Stdout, "Load/of="+strings.ReplaceAll(name, " ", "_"), len(takes), m.perOp(), "ns/op", m.typical(), "p50-ns",
			float64(m.quantile(0.99)), "p99-ns", float64(m.quantile(0.999)), "p99.9-ns", float64(m.quantile(1)), "max-ns")
	}
	all := map[bool][]time.Duration{}
	for _, k := range kinds {
		row(k.name, l.takes[k.name])
		all[k.write] = append(all[k.write], l.takes[k.name]...)
	}
	row("all reads", all[false])
	row("all writes", all[true])
	for i, u := range []usage{before, worst, after} {
		record(os.Stdout, "Load/usage="+[]string{"before", "worst", "after"}[i], 1, float64(u.memory), "resident-B", float64(u.log), "wal-B", float64(u.routines), "goroutines", float64(u.files), "files")
	}
}

// bounded fails when a program took more than it may.
func bounded(before, worst, after usage) error {
	switch {
	case worst.memory > mostMemory:
		return fmt.Errorf("the program took %d MB of memory, and may take %d", worst.memory>>20, mostMemory>>20)
	case worst.log > mostLog:
		return fmt.Errorf("the write-ahead log grew to %d MB, and may to %d", worst.log>>20, mostLog>>20)
	}
	return grown(before, after)
}

// office takes every message, and keeps the code that went to an address.
type office struct {
	*httptest.Server
	mu    sync.Mutex
	codes map[string]string
}

func openOffice() *office {
	o := &office{codes: map[string]string{}}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Data struct{ To, Code string } }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.codes[body.Data.To] = body.Data.Code
	}))
	return o
}

// take returns the code that came for an address, once; "": none did.
func (o *office) take(address string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	code := o.codes[address]
	delete(o.codes, address)
	return code
}
