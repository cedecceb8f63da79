package web

import (
	"net"
	"net/http"
	"testing"
)

// seenClosed is a connection that only knows whether it was closed.
type seenClosed struct {
	net.Conn
	closed bool
}

func (s *seenClosed) Close() error {
	s.closed = true
	return nil
}

func TestOnlyUnusedConnectionsAreClosedAtTheStop(t *testing.T) {
	var unused unusedConns
	waiting, asking, late := &seenClosed{}, &seenClosed{}, &seenClosed{}
	unused.follow(waiting, http.StateNew)
	unused.follow(asking, http.StateNew)
	unused.follow(asking, http.StateActive)
	unused.close()
	unused.follow(late, http.StateNew)
	if !waiting.closed || asking.closed || !late.closed {
		t.Errorf("closed: waiting %v, asking %v, late %v; want true, false, true", waiting.closed, asking.closed, late.closed)
	}
}
