package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// faults is a driver that stands before SQLite's and asks before each statement
// whether it is to fail.
type faults struct {
	sqlite.Driver
	opened atomic.Int64 // how many connections were asked for
	busy   int64        // how many of them, the first ones, find the file locked

	mu   sync.Mutex
	hook hook
}

// hook is asked before each statement, and fails it with the error that it
// returns: the statement is not executed.
type hook func(s statement) error

// statement is what is about to be executed. The preparation of a statement and
// the step to a row of its result come with preparing or stepping before the text.
type statement struct {
	text  string
	first any // the first argument, or nil
	conn  sqliteConn
}

func (s statement) begins(prefix string) bool { return strings.HasPrefix(s.text, prefix) }

// do executes another statement on the same connection, past the hook.
func (s statement) do(text string) error {
	_, err := s.conn.ExecContext(context.Background(), text, nil)
	return err
}

var drivers atomic.Int64

// name registers the driver and returns under what name.
func (f *faults) name() string {
	name := fmt.Sprintf("sqlite-faults-%d", drivers.Add(1))
	sql.Register(name, f)
	return name
}

// openFaulty opens a new database through the driver.
func openFaulty(t testing.TB, f *faults) *Store {
	t.Helper()
	s, err := open(t.Context(), f.name(), testPath(t), Options{Scope: testScope})
	if err != nil {
		t.Fatalf("open: got error %v, want none", err)
	}
	closeAfter(t, s)
	return s
}

// use replaces the hook; nil is none.
func (f *faults) use(h hook) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = h
}

func (f *faults) ask(c sqliteConn, text string, args []driver.NamedValue) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hook == nil {
		return nil
	}
	s := statement{text: strings.TrimSpace(text), conn: c}
	if len(args) > 0 {
		s.first = args[0].Value
	}
	return f.hook(s)
}

// Open implements driver.Driver.
func (f *faults) Open(name string) (driver.Conn, error) {
	if f.opened.Add(1) <= f.busy {
		return nil, injected(sqlite3.SQLITE_BUSY)
	}
	c, err := f.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	return &faultyConn{c.(sqliteConn), f}, nil
}

type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

type faultyConn struct {
	sqliteConn
	faults *faults
}

const (
	preparing = "preparing "
	stepping  = "stepping "
)

func (c *faultyConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if err := c.faults.ask(c.sqliteConn, preparing+strings.TrimSpace(text), nil); err != nil {
		return nil, err
	}
	s, err := c.sqliteConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &faultyStmt{s.(sqliteStmt), c, text}, nil
}

func (c *faultyConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.faults.ask(c.sqliteConn, text, args); err != nil {
		return nil, err
	}
	return c.sqliteConn.ExecContext(ctx, text, args)
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type faultyStmt struct {
	sqliteStmt
	conn *faultyConn
	text string
}

func (s *faultyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.conn.faults.ask(s.conn.sqliteConn, s.text, args); err != nil {
		return nil, err
	}
	return s.sqliteStmt.ExecContext(ctx, args)
}

func (s *faultyStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.conn.faults.ask(s.conn.sqliteConn, s.text, args); err != nil {
		return nil, err
	}
	rows, err := s.sqliteStmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	return &faultyRows{rows, s}, nil
}

type faultyRows struct {
	driver.Rows
	stmt *faultyStmt
}

func (r *faultyRows) Next(into []driver.Value) error {
	if err := r.stmt.conn.faults.ask(r.stmt.conn.sqliteConn, stepping+strings.TrimSpace(r.stmt.text), nil); err != nil {
		return err
	}
	return r.Rows.Next(into)
}

// injected is the error of SQLite that a hook pretends.
type injected int

func (e injected) Error() string { return fmt.Sprintf("injected error %d", int(e)) }

// Code is what *sqlite.Error has too.
func (e injected) Code() int { return int(e) }
