package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "modernc.org/sqlite/lib"

	"callbook/db"
	"callbook/internal/oncall"
)

// queue makes a batch: it holds the writer with a first update, hands over fns
// one after the other, lets the writer go, and returns the answers in order.
func queue(t *testing.T, s *Store, fns ...func(db.Queries) error) []error {
	t.Helper()
	ctxs := slices.Repeat([]context.Context{t.Context()}, len(fns))
	return queueWith(t, s, ctxs, func() {}, fns)
}

// queueWith gives each update a context of its own and calls queued once all
// are waiting.
func queueWith(t *testing.T, s *Store, ctxs []context.Context, queued func(), fns []func(db.Queries) error) []error {
	t.Helper()
	var all sync.WaitGroup
	held, release := make(chan struct{}), make(chan struct{})
	all.Go(func() {
		err := s.Update(t.Context(), func(q db.Queries) error {
			close(held)
			<-release
			return nil
		})
		if err != nil {
			t.Errorf("the update before the batch: got error %v, want none", err)
		}
	})
	<-held
	answers := make([]error, len(fns))
	for i, fn := range fns {
		all.Go(func() { answers[i] = s.Update(ctxs[i], fn) })
		for s.Waiting() <= i {
			runtime.Gosched()
		}
	}
	queued()
	close(release)
	all.Wait()
	return answers
}

// witness inserts contacts and watches from outside what becomes of them.
type witness struct {
	*Store
	outside *sql.DB

	mu      sync.Mutex
	batches []string // the aliases whose insert was begun, one string for each transaction with any
}

func newWitness(t *testing.T, f *faults, fail hook) *witness {
	t.Helper()
	w := &witness{}
	path := testPath(t)
	var err error
	if w.Store, err = open(t.Context(), f.name(), path, Options{Scope: testScope}); err != nil {
		t.Fatal(err)
	}
	closeAfter(t, w.Store)
	if w.outside, err = sql.Open(driverName, dsn(path, "ro")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.outside.Close() })
	f.use(func(s statement) error {
		w.watch(s)
		return fail(s)
	})
	return w
}

func (w *witness) watch(s statement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case s.begins("BEGIN IMMEDIATE"):
		w.batches = append(w.batches, "")
	case s.begins("INSERT INTO contact ("):
		w.batches[len(w.batches)-1] += fmt.Sprint(s.first, " ")
	}
}

var errTwice = errors.New("it ran again after it was committed")

// insertOnce inserts a contact that must not be there.
func insertOnce(alias string) func(db.Queries) error {
	return func(q db.Queries) error {
		ok, err := q.InsertContact(oncall.Contact{Alias: alias, ID: alias, Type: oncall.Personal, Reachability: oncall.Unreachable}, oncall.Request{})
		if err == nil && !ok {
			return errTwice
		}
		return err
	}
}

// acknowledged fails the test unless exactly those inserts that were answered
// with nil are seen from outside.
func (w *witness) acknowledged(t *testing.T, answers map[string]error) {
	t.Helper()
	var want []string
	for alias, err := range answers {
		if err == nil {
			want = append(want, alias)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, w.seen(t)); diff != "" {
		t.Errorf("contacts on disk with answers %v (-acknowledged +on disk):\n%s", answers, diff)
	}
}

func (w *witness) seen(t *testing.T) (aliases []string) {
	t.Helper()
	rows, err := w.outside.QueryContext(t.Context(), "SELECT alias FROM contact ORDER BY alias")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var alias string
		if err := rows.Scan(&alias); err != nil {
			t.Fatal(err)
		}
		aliases = append(aliases, alias)
	}
	return aliases
}

// batch runs a batch of four inserts of which the third is the guilty one's.
func (w *witness) batch(t *testing.T, guilty func(db.Queries) error) map[string]error {
	t.Helper()
	names := []string{"a", "b", "guilty", "d"}
	fns := make([]func(db.Queries) error, len(names))
	for i, name := range names {
		fns[i] = insertOnce(name)
	}
	fns[2] = guilty
	answers := map[string]error{}
	for i, err := range queue(t, w.Store, fns...) {
		answers[names[i]] = err
	}
	return answers
}

// stillWorks fails the test unless the next write and read go through.
func (w *witness) stillWorks(t *testing.T, answers map[string]error) {
	t.Helper()
	for _, alias := range []string{"y", "z"} {
		if answers[alias] = w.Update(t.Context(), insertOnce(alias)); answers[alias] != nil {
			t.Errorf("the update of %s after the batch: got error %v, want none", alias, answers[alias])
		}
	}
	w.acknowledged(t, answers)
	if diff := cmp.Diff(w.seen(t), stored(t, w.Store)); diff != "" {
		t.Errorf("contacts in a view after the batch (-on disk +seen):\n%s", diff)
	}
}

// guiltyFails makes the statement that begins with text fail, whenever the
// guilty one's insert was begun before it in the same transaction.
func guiltyFails(text string, err error, ended bool) hook {
	guilty := false
	return func(s statement) error {
		switch {
		case s.begins("BEGIN IMMEDIATE"):
			guilty = false
		case s.begins("INSERT INTO contact (") && s.first == "guilty":
			guilty = true
		}
		if !guilty || !s.begins(text) {
			return nil
		}
		guilty = false
		if ended { // as SQLite does by itself after some of these errors
			if err := s.do("ROLLBACK"); err != nil {
				return err
			}
		}
		return err
	}
}

var errRefused = errors.New("refused")

func TestErrorThatEndsTheTransactionConcernsOnlyTheGuilty(t *testing.T) {
	insert, plainly := "INSERT INTO contact (", insertOnce("guilty")
	swallow := func(q db.Queries) error { _ = insertOnce("guilty")(q); return nil }
	refuse := func(q db.Queries) error { return errors.Join(insertOnce("guilty")(q), errRefused) }
	panics := func(q db.Queries) error { _ = insertOnce("guilty")(q); panic("a bug") }
	look := func(q db.Queries) error {
		err := insertOnce("guilty")(q)
		_, _ = q.Contact("guilty")
		_, _ = q.Channels("guilty")
		return err
	}
	for _, c := range []struct {
		name  string
		text  string // the statement that fails
		code  injected
		guilt func(db.Queries) error
		first string // the inserts of the batch before it was given up
	}{
		{"FULL", insert, sqlite3.SQLITE_FULL, plainly, "a b guilty "},
		{"IOERR", insert, sqlite3.SQLITE_IOERR, plainly, "a b guilty "},
		{"IOERR_WRITE", insert, sqlite3.SQLITE_IOERR_WRITE, plainly, "a b guilty "},
		{"NOMEM", insert, sqlite3.SQLITE_NOMEM, plainly, "a b guilty "},
		{"INTERRUPT", insert, sqlite3.SQLITE_INTERRUPT, plainly, "a b guilty "},
		{"a later statement", "INSERT INTO contact_word", sqlite3.SQLITE_FULL, plainly, "a b guilty "},
		{"swallowed FULL", insert, sqlite3.SQLITE_FULL, swallow, "a b guilty "},
		{"swallowed IOERR", insert, sqlite3.SQLITE_IOERR_FSYNC, swallow, "a b guilty "},
		{"swallowed IOERR of a row", "SELECT c.alias", sqlite3.SQLITE_IOERR_READ, look, "a b guilty "},
		{"swallowed IOERR between rows", stepping + "SELECT c.contact, c.id", sqlite3.SQLITE_IOERR_READ, look, "a b guilty "},
		{"swallowed NOMEM before a row", preparing + "SELECT c.alias", sqlite3.SQLITE_NOMEM, look, "a b guilty "},
		{"swallowed NOMEM before rows", preparing + "SELECT c.contact, c.id", sqlite3.SQLITE_NOMEM, look, "a b guilty "},
		{"FULL and a panic", insert, sqlite3.SQLITE_FULL, panics, "a b guilty "},
		{"ROLLBACK TO", "ROLLBACK TO one", sqlite3.SQLITE_IOERR, refuse, "a b guilty "},
		{"ROLLBACK TO after a panic", "ROLLBACK TO one", sqlite3.SQLITE_IOERR, panics, "a b guilty "},
		{"RELEASE", "RELEASE one", sqlite3.SQLITE_NOMEM, plainly, "a b guilty "},
		{"RELEASE of an undone savepoint", "RELEASE one", sqlite3.SQLITE_NOMEM, refuse, "a b guilty "},
		{"COMMIT", "COMMIT", sqlite3.SQLITE_IOERR_FSYNC, plainly, "a b guilty d "},
		{"COMMIT on a full disk", "COMMIT", sqlite3.SQLITE_FULL, plainly, "a b guilty d "},
		{"COMMIT that is busy", "COMMIT", sqlite3.SQLITE_BUSY, plainly, "a b guilty d "},
	} {
		for _, ended := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/ended=%t", c.name, ended), func(t *testing.T) {
				w := newWitness(t, &faults{}, guiltyFails(c.text, c.code, ended))
				answers := w.batch(t, c.guilt)
				for name, err := range answers {
					if name == "guilty" && !errors.Is(err, c.code) {
						t.Errorf("answer to the guilty one: got %v, want %v", err, c.code)
					}
					if name != "guilty" && err != nil {
						t.Errorf("answer to %s: got error %v, want none", name, err)
					}
				}
				w.acknowledged(t, answers)
				// The first transaction is that of the update that held the writer.
				if diff := cmp.Diff([]string{"", c.first, "a ", "b ", "guilty ", "d "}, w.batches); diff != "" {
					t.Errorf("inserts of each transaction (-want +got):\n%s", diff)
				}
				w.stillWorks(t, answers)
			})
		}
	}
}

func TestErrorThatSparesTheTransactionSparesTheBatch(t *testing.T) {
	insert := insertOnce("guilty")
	sqlError := guiltyFails("INSERT INTO contact_word", injected(sqlite3.SQLITE_ERROR), false)
	for _, c := range []struct {
		name  string
		fail  hook
		guilt func(db.Queries) error
		want  error
	}{
		{"refusal", nil, func(q db.Queries) error { return errors.Join(insert(q), errRefused) }, errRefused},
		{"SQL error", sqlError, insert, injected(sqlite3.SQLITE_ERROR)},
		{"swallowed SQL error", sqlError, func(q db.Queries) error { _ = insert(q); return nil }, injected(sqlite3.SQLITE_ERROR)},
		{"swallowed error without a code", guiltyFails("INSERT INTO contact_word", errRefused, false),
			func(q db.Queries) error { _ = insert(q); return nil }, errRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.fail == nil {
				c.fail = func(statement) error { return nil }
			}
			w := newWitness(t, &faults{}, c.fail)
			answers := w.batch(t, c.guilt)
			if !errors.Is(answers["guilty"], c.want) {
				t.Errorf("answer to the guilty one: got %v, want %v", answers["guilty"], c.want)
			}
			w.acknowledged(t, answers)
			if diff := cmp.Diff([]string{"", "a b guilty d "}, w.batches); diff != "" {
				t.Errorf("inserts of each transaction (-want +got):\n%s", diff)
			}
			w.stillWorks(t, answers)
		})
	}
}

func TestTrailIsOneChainWhenAnUpdateOfTheBatchFails(t *testing.T) {
	s := openTest(t, testPath(t))
	record := func(actor string, then error) func(db.Queries) error {
		return func(q db.Queries) error {
			err := q.Record(oncall.Entry{At: micro, Actor: actor})
			return errors.Join(err, q.Record(oncall.Entry{At: micro, Actor: actor}), then)
		}
	}
	for range 2 { // an empty trail, and one that goes on
		queue(t, s, record("a", nil), record("failed", errRefused), record("b", nil), record("failed", errRefused), record("failed", errRefused), record("c", nil))
	}
	var actors string
	err := s.View(t.Context(), func(q db.Queries) error {
		entries, err := q.EntriesFrom(0, 100)
		var before []byte
		for i, e := range entries {
			mac, wrong := q.EntryMAC(e, before)
			if wrong != nil || !bytes.Equal(mac, e.MAC) || e.Seq != int64(i+1) {
				t.Errorf("entry %d has the number %d and the MAC %x, want %x (%v)", i+1, e.Seq, e.MAC, mac, wrong)
			}
			before, actors = e.MAC, actors+e.Actor
		}
		return err
	})
	if err != nil || actors != "aabbccaabbcc" {
		t.Errorf("the trail has entries of %q (%v), want aabbccaabbcc", actors, err)
	}
}

func TestPanicIsInternalAndSparesTheBatch(t *testing.T) {
	w := newWitness(t, &faults{}, func(statement) error { return nil })
	answers := w.batch(t, func(q db.Queries) error {
		_ = insertOnce("guilty")(q)
		panic("a bug")
	})
	e, ok := errors.AsType[*oncall.Error](answers["guilty"])
	if !ok || e.Kind != oncall.Internal || !strings.Contains(e.Cause.Error(), "a bug") || strings.Contains(e.Message, "a bug") {
		t.Errorf("answer to a panic: got %#v, want an *oncall.Error of Kind Internal that tells only the log", answers["guilty"])
	}
	for _, name := range []string{"a", "b", "d"} {
		if answers[name] != nil {
			t.Errorf("answer to %s beside a panic: got error %v, want none", name, answers[name])
		}
	}
	w.acknowledged(t, answers)
	w.stillWorks(t, answers)
}

func TestBatchThatCannotBeginIsRefusedAtOnce(t *testing.T) {
	begins := 0
	w := newWitness(t, &faults{}, func(s statement) error {
		if s.begins("BEGIN IMMEDIATE") {
			if begins++; begins == 2 { // the first holds the writer
				return injected(sqlite3.SQLITE_BUSY)
			}
		}
		return nil
	})
	answers := w.batch(t, insertOnce("guilty"))
	for name, err := range answers {
		if !errors.Is(err, injected(sqlite3.SQLITE_BUSY)) {
			t.Errorf("answer to %s: got %v, want %v", name, err, injected(sqlite3.SQLITE_BUSY))
		}
	}
	if begins != 2 {
		t.Errorf("attempts to begin: got %d, want 2: each waits for the lock as long as the first did", begins)
	}
	w.acknowledged(t, answers)
	w.stillWorks(t, answers)
}

func TestWaitingUpdatesShareOneCommit(t *testing.T) {
	commits := 0
	w := newWitness(t, &faults{}, func(s statement) error {
		if s.begins("COMMIT") {
			commits++
		}
		return nil
	})
	answers := w.batch(t, insertOnce("guilty"))
	w.acknowledged(t, answers)
	if commits != 2 {
		t.Errorf("commits of one update and a batch of four: got %d, want 2", commits)
	}
}

func TestUpdateWhoseCallerLeftTheQueueDoesNotRun(t *testing.T) {
	w := newWitness(t, &faults{}, func(statement) error { return nil })
	gone, leave := context.WithCancel(t.Context())
	ctxs := []context.Context{t.Context(), gone, t.Context()}
	fns := []func(db.Queries) error{insertOnce("a"), insertOnce("b"), insertOnce("c")}
	got := queueWith(t, w.Store, ctxs, leave, fns)
	if !errors.Is(got[1], context.Canceled) {
		t.Errorf("answer to the caller that left: got %v, want %v", got[1], context.Canceled)
	}
	answers := map[string]error{"a": got[0], "b": got[1], "c": got[2]}
	if diff := cmp.Diff([]string{"", "a c "}, w.batches); diff != "" {
		t.Errorf("inserts of each transaction (-want +got):\n%s", diff)
	}
	w.acknowledged(t, answers)
	w.stillWorks(t, answers)
}

func TestCloseAnswersAcceptedUpdates(t *testing.T) {
	path := testPath(t)
	s, err := Open(t.Context(), path, Options{Scope: testScope})
	if err != nil {
		t.Fatal(err)
	}
	var closing sync.WaitGroup
	answers := queueWith(t, s, []context.Context{t.Context(), t.Context()}, func() {
		closing.Go(func() { _ = s.Close() })
	}, []func(db.Queries) error{insertOnce("a"), insertOnce("b")})
	closing.Wait()
	if err := errors.Join(answers...); err != nil {
		t.Errorf("updates accepted before Close: got error %v, want none", err)
	}
	for name, run := range map[string]func(context.Context, func(db.Queries) error) error{"Update": s.Update, "View": s.View} {
		for range 20 { // whatever chance has it
			if err := run(t.Context(), func(db.Queries) error { return nil }); !errors.Is(err, db.ErrClosed) {
				t.Errorf("%s after Close: got error %v, want %v", name, err, db.ErrClosed)
			}
		}
	}
	if diff := cmp.Diff([]string{"a", "b"}, stored(t, openTest(t, path))); diff != "" {
		t.Errorf("contacts after Close (-want +got):\n%s", diff)
	}
}

func TestFullDiskRefusesWritesUntilThereIsRoom(t *testing.T) {
	w := newWitness(t, &faults{}, func(statement) error { return nil })
	limit := func(pages int) { // between updates the writer's connection is idle
		t.Helper()
		var now int
		if err := w.conns[0].QueryRowContext(t.Context(), fmt.Sprint("PRAGMA max_page_count = ", pages)).Scan(&now); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // SQLite makes it what there is already
	answers := map[string]error{}
	full := 0
	for round := 0; full == 0 && round < 20; round++ {
		var names []string
		var fns []func(db.Queries) error
		for n := range 20 {
			names = append(names, fmt.Sprintf("n%02d-%02d-%s", round, n, strings.Repeat("x", 200)))
			fns = append(fns, insertOnce(names[n]))
		}
		for i, err := range queue(t, w.Store, fns...) {
			answers[names[i]] = err
			if err != nil {
				full++
				if codeOf(err) != sqlite3.SQLITE_FULL {
					t.Errorf("insert on a full disk: got error %v, want SQLITE_FULL", err)
				}
			}
		}
	}
	if full == 0 {
		t.Fatal("the disk never got full")
	}
	w.acknowledged(t, answers)
	if diff := cmp.Diff(w.seen(t), stored(t, w.Store)); diff != "" {
		t.Errorf("contacts in a view while the disk is full (-on disk +seen):\n%s", diff)
	}
	limit(1_000_000)
	w.stillWorks(t, answers)
}
