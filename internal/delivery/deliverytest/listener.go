package deliverytest

import (
	"net"
	"sync"
)

// countedListener knows its connections.
type countedListener struct {
	net.Listener
	mu    sync.Mutex
	total int
	conns map[*countedConn]bool
}

type countedConn struct {
	net.Conn
	of *countedListener
}

// Accept implements net.Listener.
func (l *countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	counted := &countedConn{c, l}
	if l.conns == nil {
		l.conns = map[*countedConn]bool{}
	}
	l.total, l.conns[counted] = l.total+1, true
	return counted, nil
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	c.of.mu.Lock()
	delete(c.of.conns, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

func (l *countedListener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

func (l *countedListener) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

func (l *countedListener) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.Conn.Close()
	}
}
