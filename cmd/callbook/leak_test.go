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
	before := goleak.IgnoreCurrent()
	office := newPostOffice(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stdout, out := io.Pipe()
	ended := make(chan error, 1)
	data := filepath.Join(t.TempDir(), "data")
	go func() {
		ended <- run(ctx, []string{"callbook", "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data", data, "--log-level", "error",
			"--webhook-url", office.URL, "--webhook-secret", strings.Repeat("secret", 6), "--otlp-endpoint", office.URL},
			func(string) string { return "" }, strings.NewReader(""), out, io.Discard)
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
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
	office.Close()
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, before)
}
