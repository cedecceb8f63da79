package transfer_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
)

const twoRows = "alias,type,channel,address\nana,EMAIL,mail,ana@example.org\nbo,EMAIL,mail,bo@gmial.com\n"

// newJob is a job whose errors are collected.
func newJob(t *testing.T, importer *transfer.Importer) (*transfer.Job, *[]string) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	logged := []string{}
	j := transfer.NewJob(importer, func(message string, _ error) { logged = append(logged, message) })
	t.Cleanup(j.Close)
	return j, &logged
}

// checkFile checks a text to the end.
func checkFile(t *testing.T, j *transfer.Job, text string) transfer.JobStatus {
	t.Helper()
	checked, err := j.Check(oncalltest.Manager, "people.csv", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	<-checked
	return j.Status()
}

func TestJobChecksThenWaits(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	j, _ := newJob(t, w.Importer)
	s := checkFile(t, j, twoRows)
	if s.Phase != transfer.Checked || s.Token == "" || s.FileName != "people.csv" || s.Actor != oncalltest.Manager.Name || s.Started ||
		s.Done != len(twoRows) || s.Total != len(twoRows) || s.EndedAt != w.Clock.Now() {
		t.Errorf("got %+v", s)
	}
	oncalltest.Same(t, "warnings", transfer.Warnings{{Kind: oncall.Misspelt, Rows: 1}}, s.Warnings)
	oncalltest.WantRefusal(t, j.Run(oncalltest.Manager, "another", transfer.JobOptions{}), oncall.Conflict, "", "The file that you checked is not here any more: choose it again.")
	j.Stop("another")
	oncalltest.Same(t, "phase", transfer.Checked, j.Status().Phase)
	j.Stop(s.Token)
	oncalltest.Same(t, "status after it was discarded", transfer.JobStatus{}, j.Status())
	oncalltest.WantRefusal(t, j.Run(oncalltest.Manager, s.Token, transfer.JobOptions{}), oncall.Conflict, "", "The file that you checked is not here any more: choose it again.")
}

func TestJobLeavesNothingOfAFileThatItRefuses(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	j, _ := newJob(t, w.Importer)
	_, err := j.Check(oncalltest.Manager, "x.csv", strings.NewReader("phone\n"))
	if oncall.KindOf(err) != oncall.Invalid {
		t.Errorf("no table: got %v", err)
	}
	broken := errors.New("broken")
	if _, err := j.Check(oncalltest.Manager, "x.csv", iotest.ErrReader(broken)); !errors.Is(err, broken) || oncall.KindOf(err) == oncall.Invalid {
		t.Errorf("a reader that fails: got %v", err)
	}
	folder := os.Getenv("TMPDIR")
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	t.Setenv("TMPDIR", folder+"/missing")
	if _, err := j.Check(oncalltest.Manager, "x.csv", strings.NewReader(twoRows)); oncall.KindOf(err) != oncall.Internal {
		t.Errorf("a disk that fails: got %v", err)
	}
	oncalltest.Same(t, "status", transfer.JobStatus{}, j.Status())
}

// blockingStore runs no transaction before it is told to, or panics.
type blockingStore struct {
	db.Transactor
	entered, proceed chan struct{}
	panics           bool
}

func (s *blockingStore) View(ctx context.Context, fn func(db.Queries) error) error {
	if s.panics {
		panic("out of order")
	}
	select {
	case s.entered <- struct{}{}:
	default:
	}
	select {
	case <-s.proceed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.Transactor.View(ctx, fn)
}

func TestJobTakesOneFileAtATime(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	store := &blockingStore{Transactor: w.Store, entered: make(chan struct{}, 1), proceed: make(chan struct{})}
	j, logged := newJob(t, oncalltest.NewRooms(store, oncalltest.Options{Scope: oncalltest.Scope, Now: w.Clock.Now}).Importer)
	checked, err := j.Check(oncalltest.Manager, "people.csv", strings.NewReader(twoRows))
	if err != nil {
		t.Fatal(err)
	}
	<-store.entered
	_, err = j.Check(oncalltest.Admin, "other.csv", strings.NewReader(twoRows))
	oncalltest.WantRefusal(t, err, oncall.Conflict, "", "Another file is being imported: wait until that is done, then choose this one again.")
	s := j.Status()
	if s.Phase != transfer.Checking || s.FileName != "people.csv" {
		t.Errorf("got %+v", s)
	}
	j.Stop(s.Token)
	<-checked
	if s = j.Status(); s.Phase != transfer.EndedEarly || !s.Stopped || s.Failure != "Somebody pressed Stop, or Callbook itself was stopped." {
		t.Errorf("after a stop: %+v", s)
	}
	oncalltest.Same(t, "errors", []string{}, *logged)
	j.Close()
	_, err = j.Check(oncalltest.Manager, "people.csv", strings.NewReader(twoRows))
	if oncall.KindOf(err) != oncall.Conflict {
		t.Errorf("after Close: got %v", err)
	}
}

// What goes wrong with one file is in the log, and another file can follow.
func TestPanicEndsOnlyTheFileOfTheJob(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	store := &blockingStore{Transactor: w.Store, panics: true}
	j, logged := newJob(t, oncalltest.NewRooms(store, oncalltest.Options{Scope: oncalltest.Scope, Now: w.Clock.Now}).Importer)
	s := checkFile(t, j, twoRows)
	if s.Phase != transfer.EndedEarly || s.Stopped || s.Failure != "Something went wrong on our side." {
		t.Errorf("got %+v", s)
	}
	oncalltest.Same(t, "errors", []string{"import failed"}, *logged)
	store.panics, store.proceed = false, make(chan struct{})
	store.entered = make(chan struct{}, 1)
	close(store.proceed)
	oncalltest.Same(t, "phase of the next file", transfer.Checked, checkFile(t, j, twoRows).Phase)
}
