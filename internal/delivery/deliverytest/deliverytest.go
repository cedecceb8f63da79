// Package deliverytest has providers on this machine, for tests of what sends
// messages: a mail server, what speaks as Twilio does, and a webhook. Each checks
// what it gets by its own code, keeps what it took, and fails as it is told to.
package deliverytest

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// next returns what comes next, and fails the test when nothing does.
func next[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	select {
	case got := <-from:
		return got
	case <-time.After(patience):
		t.Fatalf("no %s came in %v", what, patience)
		panic("not reached")
	}
}

// none fails the test when something is there.
func none[T any](t testing.TB, from <-chan T, what string) {
	t.Helper()
	select {
	case got := <-from:
		t.Errorf("there is one %s too many: %+v", what, got)
	default:
	}
}

// maxKeptMessages is how many messages a server keeps that no test has asked for.
const maxKeptMessages = 20_000

// Fault is what a server on HTTP does instead of answering as it should. It may
// call take, which keeps the message and returns the answer that belongs to it.
type Fault func(w http.ResponseWriter, r *http.Request, take func() (status int, body string))

// Status answers with a status, and takes nothing. Headers are pairs of a name and
// a value.
func Status(status int, body string, headers ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ func() (int, string)) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}

// Hang never answers, and takes nothing.
func Hang(_ http.ResponseWriter, r *http.Request, _ func() (int, string)) { <-r.Context().Done() }

// CutBefore takes the message and ends the connection without an answer.
func CutBefore(_ http.ResponseWriter, _ *http.Request, take func() (int, string)) {
	take()
	panic(http.ErrAbortHandler)
}

// CutWithin takes the message, begins the answer and ends the connection.
func CutWithin(w http.ResponseWriter, _ *http.Request, take func() (int, string)) {
	status, body := take()
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, body[:len(body)/2])
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// HangWithin takes the message, begins the answer and never ends it.
func HangWithin(w http.ResponseWriter, r *http.Request, take func() (int, string)) {
	status, body := take()
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	<-r.Context().Done()
}
