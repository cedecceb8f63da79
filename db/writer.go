package db

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"callbook/internal/oncall"
)

// mostInBatch is how many updates share one commit at most.
const mostInBatch = 256

// update is one caller's function on its way to the disk.
type update struct {
	ctx  context.Context
	fn   func(Queries) error
	done chan error
}

// writer runs every update of a Store in one goroutine. SQLite has one writer
// at a time and a durable commit costs a wait for the disk, so the updates that
// wait while one commit is on its way share the next.
type writer struct {
	conn     *conn
	updates  chan *update
	stopping chan struct{} // closed: no update is waited for any more
	stopped  chan struct{} // closed: whatever was taken is answered

	onCommit func(updates int, took time.Duration)
	damaged  atomic.Bool   // an update found the database damaged, or a view that its file was cut: nothing is written any more
	trouble  atomic.Value  // oncall.Reason: why the last transaction could not be written; "": it was
	before   oncall.Reason // the trouble before it was oncall.Held
}

// ErrClosed is the error of a transaction after Stop.
var ErrClosed = errors.New("the database is closed")

func startWriter(c *conn, onCommit func(int, time.Duration)) *writer {
	if onCommit == nil {
		onCommit = func(int, time.Duration) {}
	}
	w := &writer{conn: c, onCommit: onCommit, updates: make(chan *update, mostInBatch),
		stopping: make(chan struct{}), stopped: make(chan struct{})}
	go w.run()
	return w
}

// update waits until fn is committed or refused. Once it has been handed over
// it is always answered, so that nobody is left in doubt about a write.
func (w *writer) update(ctx context.Context, fn func(Queries) error) error {
	u := &update{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case w.updates <- u:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopped:
		return ErrClosed
	}
	select {
	case err := <-u.done:
		return err
	case <-w.stopped:
	}
	select {
	case err := <-u.done:
		return err
	default:
		return ErrClosed // it came after the last batch
	}
}

// stop ends the writer once everything handed over is answered.
func (w *writer) stop() {
	close(w.stopping)
	<-w.stopped
}

func (w *writer) run() {
	defer close(w.stopped)
	batch := make([]*update, 0, mostInBatch)
	for {
		batch = w.gather(w.first(batch[:0]))
		if len(batch) == 0 {
			return
		}
		w.commit(batch)
	}
}

// first waits for the first update of a batch, or for the end.
func (w *writer) first(batch []*update) []*update {
	select {
	case u := <-w.updates:
		// Callers answered by the last commit are ready to run and about to
		// come back: letting them go first costs a lone caller nothing.
		runtime.Gosched()
		return append(batch, u)
	case <-w.stopping:
		return batch
	}
}

// gather adds what is waiting already; it never waits for more.
func (w *writer) gather(batch []*update) []*update {
	for len(batch) < mostInBatch {
		select {
		case u := <-w.updates:
			batch = append(batch, u)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction. When the transaction itself fails
// nobody in it is told "done", and each update runs again alone, so that one
// cannot take the others down; after damage none does.
func (w *writer) commit(batch []*update) {
	if w.damaged.Load() {
		for _, u := range batch {
			u.done <- oncall.UnavailableError(oncall.Damaged, errWriteDamaged)
		}
		return
	}
	answers, err := w.transact(batch)
	if err != nil && len(batch) > 1 {
		for _, u := range batch {
			w.commit([]*update{u})
		}
		return
	}
	for i, u := range batch {
		if err != nil {
			u.done <- err
			continue
		}
		u.done <- answers[i]
	}
}

// transact runs a batch in one transaction and returns each update's own answer,
// or the error that ended the transaction, in which case nothing is written.
// When no transaction can begin, nobody has run and that is everyone's answer:
// trying again for each would wait for a lock as many times over.
func (w *writer) transact(batch []*update) (answers []error, err error) {
	ctx := context.Background() // never a caller's: an interrupt would roll back everybody
	begun := time.Now()
	if err := w.conn.begin(ctx, w.conn.texts.BeginUpdate); err != nil {
		w.rollback(err)
		return slices.Repeat([]error{err}, len(batch)), nil
	}
	answers = make([]error, len(batch))
	for i, u := range batch {
		if answers[i] = u.ctx.Err(); answers[i] != nil {
			continue
		}
		if answers[i], err = w.savepoint(ctx, u); err != nil {
			w.rollback(err)
			return nil, err
		}
	}
	if err := w.conn.do(ctx, "COMMIT"); err != nil {
		w.rollback(err)
		return nil, err
	}
	switch {
	case w.conn.wrote:
		w.found("")
	case w.trouble.Load() == oncall.DatabaseBusy: // what wrote nothing proves nothing of the disk
		w.found(w.before)
	}
	w.onCommit(len(batch), time.Since(begun))
	return answers, nil
}

// rollback ends a transaction that has failed with an error. It fails when SQLite has
// ended it already, which is the same thing.
func (w *writer) rollback(err error) {
	if r := w.conn.engine.Trouble(err); r != "" {
		w.found(r)
	}
	_ = w.conn.do(context.Background(), "ROLLBACK")
}

// found keeps what the last transaction has found. Who finds the database held has
// waited long; until it is free nobody else waits as long again. What was wrong before
// is so still when it is free.
func (w *writer) found(r oncall.Reason) {
	if r == oncall.Damaged {
		w.damaged.Store(true)
	}
	was, _ := w.trouble.Load().(oncall.Reason)
	switch {
	case r == oncall.DatabaseBusy && was != oncall.DatabaseBusy:
		w.before = was
		w.wait(w.conn.texts.WaitShortly)
	case r != oncall.DatabaseBusy && was == oncall.DatabaseBusy:
		w.wait(w.conn.texts.WaitLong)
	}
	w.trouble.Store(r)
}

// wait sets how long the connection waits for a held database. To wait longer does no harm.
func (w *writer) wait(text string) {
	if text != "" {
		_ = w.conn.do(context.Background(), text)
	}
}

// savepoint runs one update so that its failure undoes its own writes only. The
// second result is an error that ended the transaction of all.
func (w *writer) savepoint(ctx context.Context, u *update) (answer, broken error) {
	if err := w.conn.do(ctx, "SAVEPOINT one"); err != nil {
		return nil, err
	}
	q := &queries{ctx: ctx, conn: w.conn}
	answer = call(u.fn, q)
	if w.conn.engine.Fatal(q.failed) {
		return nil, q.failed
	}
	if answer == nil {
		answer = q.failed // "done" would not be true, whatever fn makes of the error
	}
	w.conn.wrote = w.conn.wrote || answer == nil && q.wrote
	if answer != nil {
		w.conn.indexKey, w.conn.auditEnd = 0, nil // what was read may have been written just then
		if err := w.conn.do(ctx, "ROLLBACK TO one"); err != nil {
			return nil, errors.Join(answer, err)
		}
	}
	return answer, w.conn.do(ctx, "RELEASE one")
}

// call runs fn and makes an error of a panic, so that the writer outlives it.
func call(fn func(Queries) error, q Queries) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = oncall.Fault(fmt.Errorf("panic in an update: %v\n%s", p, debug.Stack()))
		}
	}()
	return fn(q)
}
