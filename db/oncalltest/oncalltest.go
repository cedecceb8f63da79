// Package oncalltest makes every room for tests: on a real SQLite file, with a
// clock that stands still until it is moved.
package oncalltest

import (
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"callbook/db"
	"callbook/db/sqlite"
	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/audit"
	"callbook/internal/contacts"
	"callbook/internal/keyring"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
	"callbook/internal/transfer"
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

// Rooms are every room over one store.
type Rooms struct {
	*access.Control
	*audit.Trail
	*outbox.Outbox
	*account.Accounts
	*contacts.Directory
	*transfer.Importer
	*keyring.Keyring
}

// Options are the options of all rooms.
type Options struct {
	Scope       oncall.Scope
	AllowCostly bool
	Countries   []string
	Now         func() time.Time
	NewID       func() string
	NewCode     func() string
	Candidates  int
	Limits      outbox.Limits
	OnPosted    func(oncall.Queue, oncall.ChannelType)
	OnReport    func(oncall.Message, oncall.MessageState)
	OnReply     func(contacts.HeardReply)
	Passwords   account.Passwords
	Mails       bool
}

// NewRooms returns every room over a store.
func NewRooms(store db.Transactor, o Options) *Rooms {
	r := &Rooms{Control: access.New(db.Of[access.Queries](store), access.Options{Scope: o.Scope, Now: o.Now, NewID: o.NewID,
		Rules: oncall.AddressRules{AllowCostly: o.AllowCostly, Countries: o.Countries}})}
	r.Trail = audit.New(r.Control, db.Of[audit.Queries](store))
	r.Keyring = keyring.New(r.Control, db.Of[keyring.Queries](store))
	r.Outbox = outbox.New(r.Control, db.Of[outbox.Queries](store), outbox.Options{Limits: o.Limits, OnPosted: o.OnPosted, OnReport: o.OnReport})
	r.Accounts = account.New(r.Control, db.Of[account.Queries](store), r.Outbox, account.Options{Passwords: o.Passwords, Mails: o.Mails})
	r.Directory = contacts.New(r.Control, db.Of[contacts.Queries](store), r.Outbox, contacts.Options{NewCode: o.NewCode, Candidates: o.Candidates, OnReply: o.OnReply})
	r.Importer = transfer.New(r.Control, db.Of[transfer.Queries](store), r.Outbox, r.Directory)
	return r
}

// World is every room over a database of its own.
type World struct {
	*Rooms
	Store *sqlite.Store
	Clock *Clock
	Path  string // of the database file

	options []func(*Options)
}

// New returns a World on a new database, which ends with the test.
func New(t testing.TB, options ...func(*Options)) *World {
	t.Helper()
	path := filepath.Join(t.TempDir(), "callbook.db")
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{Scope: Scope})
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

// Over returns the World with new rooms over a store, which may be one that
// stands between: what only the rooms remember is forgotten.
func (w *World) Over(store db.Transactor, options ...func(*Options)) *World {
	o := Options{Scope: Scope, Now: w.Clock.Now, Passwords: &CheapPasswords{}}
	for _, set := range slices.Concat(w.options, options) {
		set(&o)
	}
	other := *w
	other.Rooms = NewRooms(store, o)
	return &other
}

// Slow leaves a test out of make check, which must end before a developer turns to something
// else: the test fills a disk, kills a program, or measures. make test runs every one.
func Slow(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("left out of make check; make test runs it")
	}
}
