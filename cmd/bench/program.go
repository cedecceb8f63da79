package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// asset finds what a page loads from the server.
var asset = regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`)

// benchProgram measures the built program from outside: start-up to the first
// answer, memory at rest, and what a first visit weighs.
func benchProgram(ctx context.Context, binary string, rounds int) error {
	var starts []time.Duration
	var rest, weight, requests int
	for range rounds {
		v, err := visit(ctx, binary)
		if err != nil {
			return err
		}
		starts = append(starts, v.start)
		rest, weight, requests = v.rest, v.weight, v.requests
	}
	start := median(starts)
	fmt.Println("\nThe built program, with the demonstration data")
	fmt.Printf("start-up to the first page   %8v  < 300ms %s\n", start.Round(time.Millisecond), verdict(start < 300*time.Millisecond))
	fmt.Printf("memory at rest               %5d MB  < 80 MB %s\n", rest>>20, verdict(rest < 80<<20))
	fmt.Printf("first load of /contacts      %5.1f KB  <= 60 KB %s\n", float64(weight)/1024, verdict(weight <= 60<<10))
	fmt.Printf("requests of it               %8d  <= 5 %s\n", requests, verdict(requests <= 5))
	return nil
}

type visited struct {
	start                  time.Duration
	rest, weight, requests int
}

// served is a program that answers.
type served struct {
	cmd   *exec.Cmd
	begun time.Time
	base  string // its address, with http:// and no path
}

// serve starts a program and waits until it says where it answers.
func serve(cmd *exec.Cmd) (*served, error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s := &served{cmd: cmd, begun: time.Now()}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, _ := bufio.NewReader(out).ReadString('\n') // what is missing is told below
	at := strings.Index(line, "http://")
	if at < 0 {
		return nil, errors.Join(fmt.Errorf("%s does not say that it is ready", cmd.Path), s.stop())
	}
	s.base = strings.TrimSpace(line[at:])
	return s, nil
}

// stop ends the program, and fails as it did.
func (s *served) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	return s.cmd.Wait()
}

// visit starts the program, loads the first page as a browser does, and stops it.
func visit(ctx context.Context, binary string) (v visited, err error) {
	cmd := exec.CommandContext(ctx, binary, "serve", "--demo", "--listen", "127.0.0.1:0", "--log-level", "error")
	cmd.Stderr = os.Stderr
	s, err := serve(cmd)
	if err != nil {
		return v, err
	}
	defer func() {
		if ended := s.stop(); err == nil {
			err = ended
		}
	}()
	page, n, err := fetch(s.base + "/contacts")
	if err != nil {
		return v, err
	}
	v.start, v.weight, v.requests = time.Since(s.begun), n, 1
	for _, found := range asset.FindAllStringSubmatch(page, -1) {
		_, n, err := fetch(s.base + found[1])
		if err != nil {
			return v, err
		}
		v.weight += n
		v.requests++
	}
	v.rest, err = resident(cmd.Process.Pid)
	return v, err
}

// fetch returns a text and what it weighs on the wire, headers included.
func fetch(url string) (text string, weight int, err error) {
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return "", 0, err
	}
	plain, err := client.Do(r)
	if err != nil {
		return "", 0, err
	}
	whole, err := body(plain)
	if err != nil {
		return "", 0, err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	packed, err := client.Do(r)
	if err != nil {
		return "", 0, err
	}
	sent, err := body(packed)
	for name, values := range packed.Header {
		weight += len(name) + len(strings.Join(values, "")) + len(": \r\n")
	}
	return whole, weight + len(sent), err
}

func body(r *http.Response) (string, error) {
	defer r.Body.Close()
	var b strings.Builder
	_, err := bufio.NewReader(r.Body).WriteTo(&b)
	return b.String(), err
}

// resident returns the memory of a process in bytes, as Linux counts it.
func resident(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(kb), " kB"))
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("no memory in the status of process %d", pid)
}
