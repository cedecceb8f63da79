package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime/debug"
	"sync"
	"time"

	"callbook/internal/oncall"
	"callbook/internal/spool"
)

// MaxPageRows is how many rows a file may have that a Job takes.
const MaxPageRows = 50_000

// checkedTTL is how long a checked file waits to be imported, and how long the outcome
// of an import is kept, which holds names.
const checkedTTL = time.Hour

// Job is the one import of this installation that runs in the background. It takes a
// file, checks it, and imports it when it is told to. Its status is this process's
// alone: another process learns from LastImport how far an import came. It is safe for
// concurrent use.
type Job struct {
	importer *Importer
	onError  func(message string, cause error)
	ctx      context.Context // ends with Close
	end      context.CancelFunc
	work     sync.WaitGroup

	mu     sync.Mutex
	file   *spool.File // nil: there is none, or none any more
	status JobStatus
	cancel context.CancelFunc // of the pass that runs now; nil: none has run
}

// NewJob returns a job without a file. onError is called for an error that belongs in
// the log, such as a failing disk; it may be nil. The job needs Close.
func NewJob(importer *Importer, onError func(message string, cause error)) *Job {
	if onError == nil {
		onError = func(string, error) {}
	}
	j := &Job{importer: importer, onError: onError}
	j.ctx, j.end = context.WithCancel(context.Background())
	return j
}

// Close stops what runs, waits for its end, and removes the file.
func (j *Job) Close() {
	j.end()
	j.work.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.removeFile()
}

// removeFile needs the lock.
func (j *Job) removeFile() {
	if j.file == nil {
		return
	}
	if err := j.file.Close(); err != nil {
		j.onError("cannot remove the file of an import", err)
	}
	j.file = nil
}

// Status returns the state of the job at this moment.
func (j *Job) Status() JobStatus {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.status.clone()
}

func jobConflict(message string) error { return &oncall.Error{Kind: oncall.Conflict, Message: message} }

func errBusy() error {
	return jobConflict("Another file is being imported: wait until that is done, then choose this one again.")
}

// Check copies a file of this name and begins to check it. The channel is closed when
// the check has ended. It fails with Conflict while another file is checked or imported,
// with Invalid when the first line does not name the columns, with Internal when the
// file cannot be stored, and with what r fails with, unchanged.
func (j *Job) Check(by oncall.Actor, name string, r io.Reader) (<-chan struct{}, error) {
	if j.Status().Busy() {
		return nil, errBusy()
	}
	file, err := spool.Copy(r)
	if _, ours := errors.AsType[*fs.PathError](err); ours {
		return nil, oncall.Fault(err)
	}
	if err != nil {
		return nil, err
	}
	var checked <-chan struct{}
	if _, err = NewFile(file.Reader()); err == nil {
		if checked, err = j.startCheck(by, name, file); err == nil {
			return checked, nil
		}
	} else if oncall.KindOf(err) != oncall.Invalid {
		err = oncall.Fault(err)
	}
	return nil, errors.Join(err, file.Close())
}

func (j *Job) startCheck(by oncall.Actor, name string, file *spool.File) (<-chan struct{}, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.status.Busy() || j.ctx.Err() != nil {
		return nil, errBusy()
	}
	j.removeFile()
	j.file = file
	j.status = JobStatus{Phase: Checking, Token: j.importer.NewID(), FileName: name, Actor: by.Name, Total: int(file.Size())}
	return j.start(by, Import{DryRun: true, MaxRows: MaxPageRows}, Checked), nil
}

// JobOptions are what a person decides after the check.
type JobOptions struct {
	AcceptWarnings bool // add rows with warnings of the kinds that the check has found
	Defer          bool // send no codes, whatever the rows say
}

// Run begins to import the checked file of this token. Called again, it does nothing.
// It fails with Conflict when the file is gone.
func (j *Job) Run(by oncall.Actor, token string, o JobOptions) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := j.status
	switch {
	case token == "" || before.Token != token:
		return jobConflict("The file that you checked is not here any more: choose it again.")
	case before.Phase != Checked || j.ctx.Err() != nil:
		return nil
	}
	rows := before.Count.Rows
	j.status = JobStatus{Phase: Importing, Token: token, FileName: before.FileName, Actor: by.Name, Total: rows, Started: true}
	j.start(by, Import{Rows: rows, Accept: o.AcceptWarnings, Defer: o.Defer, Shown: before.Warnings.Kinds()}, Imported)
	return nil
}

// Stop stops the check or the import of the file of this token, or discards the file
// if it waits. What was added stays. Another token has no effect.
func (j *Job) Stop(token string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.status.Token != token:
	case j.status.Busy():
		j.cancel()
	case j.status.Phase == Checked:
		j.reset()
	}
}

// reset needs the lock.
func (j *Job) reset() {
	j.removeFile()
	j.status = JobStatus{}
}

// expire forgets the file of this token and its outcome, unless more has happened to it
// since.
func (j *Job) expire(token string, ended time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.status.Token == token && !j.status.Busy() && j.status.EndedAt.Equal(ended) {
		j.reset()
	}
}

// start begins a pass through the file, which leads to the phase then. It needs the
// lock. The channel is closed when the pass has ended.
func (j *Job) start(by oncall.Actor, in Import, then Phase) <-chan struct{} {
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(j.ctx)
	j.cancel = cancel
	file := j.file
	j.work.Go(func() {
		defer close(ended)
		defer cancel()
		j.finish(then, j.run(ctx, by, file, in))
	})
	return ended
}

// run goes through the file. A panic is an error of this file and ends nothing more.
func (j *Job) run(ctx context.Context, by oncall.Actor, file *spool.File, in Import) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = oncall.Fault(fmt.Errorf("panic in an import: %v\n%s", p, debug.Stack()))
		}
	}()
	read := &countedReader{r: file.Reader()}
	if in.File, err = NewFile(read); err != nil {
		return err
	}
	_, err = j.importer.Import(ctx, by, in, func(v RowResult) error {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.status.add(v)
		if in.DryRun {
			j.status.Done = read.n
		}
		return nil // also after a stop: what is committed counts
	})
	return err
}

// finish notes how a pass has ended.
func (j *Job) finish(then Phase, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := &j.status
	s.Phase, s.EndedAt = then, j.importer.Now()
	if err != nil {
		s.Phase, s.Failure, s.Stopped = EndedEarly, j.failure(err), errors.Is(err, context.Canceled)
		if !s.Started && oncall.KindOf(err) != oncall.Invalid && oncall.KindOf(err) != oncall.Denied && !s.Stopped {
			s.Problems, s.Others = nil, nil // the trail may not have the check, and they tell whose an address is
		}
	}
	if s.Phase != Checked {
		j.removeFile()
	}
	token, at := s.Token, s.EndedAt
	time.AfterFunc(checkedTTL, func() { j.expire(token, at) })
}

// failure is the reason for the reader. A mistake in the file and the loss of a role do
// not go into the log.
func (j *Job) failure(err error) string {
	if errors.Is(err, context.Canceled) {
		return "Somebody pressed Stop, or Callbook itself was stopped."
	}
	if kind := oncall.KindOf(err); kind != oncall.Invalid && kind != oncall.Denied {
		j.onError("import failed", err)
	}
	if e, ok := errors.AsType[*oncall.Error](err); ok && e.Kind != oncall.Internal {
		return e.Message
	}
	return oncall.Fault(err).Message
}

// countedReader counts the bytes that are read.
type countedReader struct {
	r io.Reader
	n int
}

// Read implements io.Reader.
func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}
