// Package oncalltest makes a Service for tests: on a real SQLite file, with a
// clock that stands still until it is moved.
package oncalltest

import (
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"callbook/db"
	"callbook/internal/oncall"
)

// Scope is that of the examples in the AWS documentation.
var Scope = oncall.Scope{Region: "us-east-2", Account: "111122223333"}

// Manager is somebody at the browser, Program something at the API, Admin
// whoever runs the command.
var (
	Admin   = oncall.Actor{Door: oncall.Command, Principal: "admin", Name: "admin", Role: oncall.Admin}
	Manager = oncall.Actor{Door: oncall.Browser, Principal: "manager", Name: "manager@example.org", Role: oncall.Manager}
	Program = oncall.Actor{Door: oncall.API, Principal: "program", Name: "program", Role: oncall.Manager}
)

// Clock is a clock that stands still. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at a fixed time.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)} }

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Pass moves the clock on.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// World is a Service and what it stands on.
type World struct {
	*oncall.Service
	Store *db.Store
	Clock *Clock
	Path  string // of the database file

	options []func(*oncall.Options)
}

// New returns a Service on a new database, which ends with the test.
func New(t testing.TB, options ...func(*oncall.Options)) *World {
	t.Helper()
	path := filepath.Join(t.TempDir(), "callbook.db")
	store, err := db.Open(t.Context(), path, db.Options{Scope: Scope})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &World{Store: store, Clock: NewClock(), Path: path, options: options}
	return w.Over(store)
}

// Over returns the World with a new Service on a store, which may be one that
// stands between: what only a Service remembers is forgotten.
func (w *World) Over(store oncall.Store, options ...func(*oncall.Options)) *World {
	o := oncall.Options{Scope: Scope, Now: w.Clock.Now, Passwords: &CheapPasswords{}}
	for _, set := range slices.Concat(w.options, options) {
		set(&o)
	}
	other := *w
	other.Service = oncall.New(store, o)
	return &other
}

// Slow leaves a test out of make check. make test runs it.
func Slow(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("left out of make check; make test runs it")
	}
}
