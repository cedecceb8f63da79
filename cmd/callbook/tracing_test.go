package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// A collector that answers without end is not read to its end, whatever its status is.
func TestEndlessAnswerOfACollectorIsNotRead(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusServiceUnavailable} {
		var sent atomic.Int64
		left := make(chan struct{}, 16)
		collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/x-protobuf")
			w.WriteHeader(status)
			for part := bytes.Repeat([]byte("x"), 64<<10); ; {
				n, err := w.Write(part)
				if err != nil || sent.Add(int64(n)) > 256<<20 {
					break
				}
			}
			left <- struct{}{}
		}))
		tracer, stop, err := startTracing(t.Context(), collector.URL, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		_, span := tracer.Start(t.Context(), "x")
		span.End()
		stop()
		select {
		case <-left:
		case <-time.After(time.Minute):
			t.Errorf("status %d: the collector still sends", status)
		}
		collector.CloseClientConnections()
		collector.Close()
		if got := sent.Load(); got > 32<<20 { // what the buffers of the connection hold counts too
			t.Errorf("status %d: %d MB of an answer were taken", status, got>>20)
		}
	}
}
