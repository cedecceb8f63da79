package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Everything that a server starts ends with it.
func TestServeLeavesNoGoroutineBehind(t *testing.T) {
	office, collector := newPostOffice(t), newPostOffice(t)
	before := goleak.IgnoreCurrent()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stdout, out := io.Pipe()
	ended := make(chan error, 1)
	data := filepath.Join(t.TempDir(), "data")
	go func() {
		err := run(ctx, []string{"callbook", "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data", data, "--log-level", "error",
			"--webhook-url", office.URL, "--webhook-secret", strings.Repeat("secret", 6), "--otlp-endpoint", collector.URL},
			func(string) string { return "" }, strings.NewReader(""), out, io.Discard)
		_ = out.CloseWithError(err) // it never fails
		ended <- err
	}()
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }() // until run ends
	p := &program{t: t, base: strings.TrimPrefix(strings.TrimSpace(line), "Callbook is ready at ")}
	p.enter(data)
	p.addChannel()
	p.becomes(http.StatusOK, "dispatcher: ok")
	if !within(time.Minute, func() bool { return office.code("+12065550100") != "" }) {
		t.Fatal("no message came")
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the end: %v", err)
	}
	collector.Close() // the exporter of traces keeps its connection, and cannot be told to close it
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, before)
}
