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

// maxBatchSize is the maximum number of updates in one commit.
const maxBatchSize = 256

// update is one caller's function that waits to be committed.
type update struct {
	ctx  context.Context
	fn   func(Queries) error
	done chan error
}

// writer runs every update of a Store in one goroutine. The database has one writer at a
// time, and a durable commit waits for the disk. All updates that arrive during one commit
// share the next.
type writer struct {
	conn     *conn
	updates  chan *update
	stopping chan struct{} // closed: the writer waits for no further update
	stopped  chan struct{} // closed: every accepted update is answered

	onCommit func(updates int, took time.Duration)
	damaged  atomic.Bool   // nothing is written any more
	trouble  atomic.Value  // oncall.Reason of the last transaction; "": it was written
	before   oncall.Reason // the trouble before oncall.DatabaseBusy
}

// ErrClosed is the error of a transaction after Stop.
var ErrClosed = errors.New("the database is closed")

func startWriter(c *conn, onCommit func(int, time.Duration)) *writer {
	if onCommit == nil {
		onCommit = func(int, time.Duration) {}
	}
	w := &writer{conn: c, onCommit: onCommit, updates: make(chan *update, maxBatchSize),
		stopping: make(chan struct{}), stopped: make(chan struct{})}
	go w.run()
	return w
}

// update waits until fn is committed or refused. An accepted update is always answered, so
// that the caller knows whether it was written.
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

// stop ends the writer after every accepted update is answered.
func (w *writer) stop() {
	close(w.stopping)
	<-w.stopped
}

func (w *writer) run() {
	defer close(w.stopped)
	batch := make([]*update, 0, maxBatchSize)
	for {
		batch = w.gather(w.first(batch[:0]))
		if len(batch) == 0 {
			return
		}
		w.commit(batch)
	}
}

// first waits for the first update of a batch, or for stop.
func (w *writer) first(batch []*update) []*update {
	select {
	case u := <-w.updates:
		// Callers answered by the last commit are ready to run and may come back with another
		// update. To let them run first costs a single caller nothing.
		runtime.Gosched()
		return append(batch, u)
	case <-w.stopping:
		return batch
	}
}

// gather adds the updates that wait already. It never waits for more.
func (w *writer) gather(batch []*update) []*update {
	for len(batch) < maxBatchSize {
		select {
		case u := <-w.updates:
			batch = append(batch, u)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction. When the transaction itself fails, each update runs
// again alone, so that one cannot fail the others. After damage no update runs.
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

// transact runs a batch in one transaction. It returns the answer of each update, or the error
// that ended the transaction. After an error nothing is written. When no transaction can
// begin, its error is the answer of every update: to try again for each would wait for the
// lock each time.
func (w *writer) transact(batch []*update) (answers []error, err error) {
	ctx := context.Background() // never a caller's: an interrupt would roll back the whole batch
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
		w.noteResult("")
	case w.trouble.Load() == oncall.DatabaseBusy: // without a write it is unknown whether the disk works
		w.noteResult(w.before)
	}
	w.onCommit(len(batch), time.Since(begun))
	return answers, nil
}

// rollback ends a transaction that has failed with an error. The engine may have ended it
// already, so the error of ROLLBACK does not matter.
func (w *writer) rollback(err error) {
	if r := w.conn.engine.Trouble(err); r != "" {
		w.noteResult(r)
	}
	_ = w.conn.do(context.Background(), "ROLLBACK")
}

// noteResult records the trouble of the last transaction. The first one that finds the
// database busy has waited long. The next ones wait shortly until it is free. Then the
// trouble from before holds again.
func (w *writer) noteResult(r oncall.Reason) {
	if r == oncall.Damaged {
		w.damaged.Store(true)
	}
	last, _ := w.trouble.Load().(oncall.Reason)
	switch {
	case r == oncall.DatabaseBusy && last != oncall.DatabaseBusy:
		w.before = last
		w.wait(w.conn.texts.WaitShortly)
	case r != oncall.DatabaseBusy && last == oncall.DatabaseBusy:
		w.wait(w.conn.texts.WaitLong)
	}
	w.trouble.Store(r)
}

// wait sets how long the connection waits for a busy database. If that fails, it waits longer,
// which does no harm.
func (w *writer) wait(text string) {
	if text != "" {
		_ = w.conn.do(context.Background(), text)
	}
}

// savepoint runs one update so that its failure undoes only its own writes. The second result
// is an error that ended the whole transaction.
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
		answer = q.failed // the update is incomplete even if fn has dropped the error
	}
	w.conn.wrote = w.conn.wrote || answer == nil && q.wrote
	if answer != nil {
		w.conn.indexKey, w.conn.auditEnd = 0, nil // they may come from the writes that are undone
		if err := w.conn.do(ctx, "ROLLBACK TO one"); err != nil {
			return nil, errors.Join(answer, err)
		}
	}
	return answer, w.conn.do(ctx, "RELEASE one")
}

// call runs fn and returns a panic as an error, so that the writer goes on.
func call(fn func(Queries) error, q Queries) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = oncall.Fault(fmt.Errorf("panic in an update: %v\n%s", p, debug.Stack()))
		}
	}()
	return fn(q)
}
