package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"callbook/internal/oncall"
	"callbook/internal/spool"
	"callbook/internal/transfer"
	"callbook/views"
)

// LargestImport is how much a file to import may weigh, in bytes, with what a
// browser puts around it.
const LargestImport = 8 << 20

const (
	importKeep = time.Hour       // of a file that was looked at and not imported
	checkWait  = 1 * time.Second // within which the first answer tells of the whole file
)

// imports is the one import of this installation. Its state is this process's: what
// was imported is in the book, and the trail tells how far an import came.
type imports struct {
	transfer *transfer.Importer
	tell     func(what string, cause error)
	ctx      context.Context // ends with the program
	stop     context.CancelFunc
	work     sync.WaitGroup

	mu   sync.Mutex
	file *spool.File // nil: there is none (any more)
	view views.ImportView
	halt context.CancelFunc // of the pass that is under way; nil: none is
}

func newImports(importer *transfer.Importer, tell func(string, error)) *imports {
	m := &imports{transfer: importer, tell: tell}
	m.ctx, m.stop = context.WithCancel(context.Background())
	return m
}

// close stops what is under way and removes the file.
func (m *imports) close() {
	m.stop()
	m.work.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop()
}

// drop removes the file. The lock is held.
func (m *imports) drop() {
	if m.file == nil {
		return
	}
	if err := m.file.Close(); err != nil {
		m.tell("the file of an import was not removed", err)
	}
	m.file = nil
}

// now is the import as it is at this moment.
func (m *imports) now() views.ImportView {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := m.view
	v.Problems, v.Others = v.Problems[:len(v.Problems):len(v.Problems)], v.Others[:len(v.Others):len(v.Others)]
	v.Warned = slices.Clone(v.Warned)
	return v
}

// check takes a file up and begins to look at it. It reports false while another
// one is under way.
func (m *imports) check(by oncall.Actor, file *spool.File, name string) (checked <-chan struct{}, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.view.Busy() || m.ctx.Err() != nil {
		return nil, false
	}
	m.drop()
	token := newToken()
	m.file = file
	m.view = views.ImportView{Phase: views.ImportChecking, Token: token, Name: name, Who: by.Name, Whole: int(file.Size())}
	return m.pass(by, file, transfer.Import{DryRun: true}, views.ImportChecked), true
}

// run begins to import the file of this token. Once it has begun it does nothing
// more. It reports false when there is no such file.
func (m *imports) run(by oncall.Actor, token string, accept, deferred bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case token == "" || m.view.Token != token:
		return false
	case m.view.Phase != views.ImportChecked || m.ctx.Err() != nil:
		return true
	}
	rows, shown := m.view.Count.Rows, m.view.Warned.Kinds()
	m.view = views.ImportView{Phase: views.ImportRunning, Token: token, Name: m.view.Name, Who: by.Name, Whole: rows, Began: true, Accept: accept, Defer: deferred}
	m.pass(by, m.file, transfer.Import{Rows: rows, Accept: accept, Defer: deferred, Shown: shown}, views.ImportDone)
	return true
}

// discard forgets the file of this token, or stops what is done with it.
func (m *imports) discard(token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.view.Token != token:
	case m.view.Busy():
		m.halt()
	case m.view.Phase == views.ImportChecked:
		m.drop()
		m.view = views.ImportView{}
	}
}

// forget forgets what became of the file of this token, which holds names, unless
// another pass is under way.
func (m *imports) forget(token string, ended time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.view.Token == token && !m.view.Busy() && m.view.At.Equal(ended) {
		m.drop()
		m.view = views.ImportView{}
	}
}

// pass goes through the file in the background. The lock is held.
func (m *imports) pass(by oncall.Actor, file *spool.File, in transfer.Import, then views.ImportPhase) <-chan struct{} {
	over := make(chan struct{})
	ctx, halt := context.WithCancel(m.ctx)
	m.halt = halt
	m.work.Go(func() {
		defer close(over)
		defer halt()
		m.end(then, m.read(ctx, by, file, in))
	})
	return over
}

// read goes through the file. A panic is one of what stands in the file, and ends
// nothing else.
func (m *imports) read(ctx context.Context, by oncall.Actor, file *spool.File, in transfer.Import) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = oncall.Fault(fmt.Errorf("panic in an import: %v\n%s", p, debug.Stack()))
		}
	}()
	read := &countedReader{r: file.Reader()}
	if in.File, err = transfer.NewFile(read); err != nil {
		return err
	}
	_, err = m.transfer.Import(ctx, by, in, func(v transfer.Verdict) error {
		m.see(v, read.n, in.DryRun) // all that is committed, also after a stop: what comes next is not begun then
		return nil
	})
	return err
}

// see notes what became of a row.
func (m *imports) see(verdict transfer.Verdict, bytes int, dry bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := &m.view
	v.Count.Add(verdict)
	v.Part = v.Count.Rows
	if dry {
		v.Part = bytes
	}
	if verdict.Outcome == transfer.Doubtful {
		v.Warned.Add(verdict)
	}
	problem := verdict.Outcome == transfer.Refuses || verdict.Outcome == transfer.Doubtful
	switch {
	case problem && len(v.Problems) < views.MostProblems:
		v.Problems = append(v.Problems, verdict)
	case !problem && len(v.Others) < views.MostOthers:
		v.Others = append(v.Others, verdict)
	}
}

// end says how a pass has ended. The file is kept only to be imported.
func (m *imports) end(then views.ImportPhase, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.view.Phase, m.view.At = then, m.transfer.Now()
	if err != nil {
		m.view.Phase, m.view.Failure, m.view.Stopped = views.ImportFailed, m.failure(err), errors.Is(err, context.Canceled)
	}
	if m.view.Phase != views.ImportChecked {
		m.drop()
	}
	token, at := m.view.Token, m.view.At
	time.AfterFunc(importKeep, func() { m.forget(token, at) })
}

// failure is why a pass has failed. What is wrong with a file is not for the log, and
// neither is who lost a role.
func (m *imports) failure(err error) string {
	if errors.Is(err, context.Canceled) {
		return "Somebody pressed Stop, or Callbook itself was stopped."
	}
	if kind := oncall.KindOf(err); kind == oncall.Invalid || kind == oncall.Denied {
		return messageOf(err)
	}
	m.tell("an import has failed", err)
	if oncall.KindOf(err) == oncall.Internal {
		return oncall.Fault(err).Message
	}
	return messageOf(err)
}

// countedReader counts what is read.
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

// importView is the import, and the last one of another process where this one
// knows of none.
func (p *Pages) importView(c echo.Context) (views.ImportView, error) {
	v := p.imports.now()
	v.By, v.Now = actor(c), p.access.Now()
	if v.Phase != "" {
		return v, nil
	}
	var err error
	v.Before, err = p.transfer.LastImport(c.Request().Context(), actor(c))
	return v, err
}

func (p *Pages) showImport(c echo.Context) error { return p.importPage(c, http.StatusOK, "", "") }

// importPage shows the import or, where a file was refused, why: file is its name.
func (p *Pages) importPage(c echo.Context, status int, file, refusal string) error {
	v, err := p.importView(c)
	if err != nil {
		return err
	}
	v.Refused, v.Refusal = file, refusal
	frame := p.Frame(c, "Import contacts")
	frame.Here = views.ImportPath
	return Render(c, status, views.Import(frame, v))
}

// importState is how far it is, and the whole page once it is over.
func (p *Pages) importState(c echo.Context) error {
	if !Fragment(c) {
		return c.Redirect(http.StatusSeeOther, views.ImportPath)
	}
	if v := p.imports.now(); v.Busy() {
		return Render(c, http.StatusOK, views.ImportProgress(v))
	}
	h := c.Response().Header()
	h.Set("HX-Retarget", "#app")
	h.Set("HX-Reselect", "#app")
	h.Set("HX-Reswap", "outerHTML show:none")
	return p.showImport(c)
}

const importBusy = "Another file is being imported: wait until that is done, then choose this one again."

// uploadImport takes a file and looks at it.
func (p *Pages) uploadImport(c echo.Context) error {
	if p.imports.now().Busy() {
		return p.importPage(c, http.StatusConflict, "", importBusy)
	}
	file, name, err := receive(c)
	if err != nil || file == nil {
		if err == nil {
			return p.importPage(c, http.StatusUnprocessableEntity, "", "Choose a CSV file first.")
		}
		return err
	}
	if _, err := transfer.NewFile(file.Reader()); err != nil {
		err = errors.Join(err, file.Close())
		if oncall.KindOf(err) == oncall.Invalid {
			return p.importPage(c, http.StatusUnprocessableEntity, name, messageOf(err))
		}
		return err
	}
	checked, ok := p.imports.check(actor(c), file, name)
	if !ok {
		if err := file.Close(); err != nil {
			return err
		}
		return p.importPage(c, http.StatusConflict, name, importBusy)
	}
	select {
	case <-checked:
	case <-time.After(checkWait):
	}
	return c.Redirect(http.StatusSeeOther, views.ImportPath)
}

// receive spools the file of a form; nil: none was chosen. Other fields are not
// read.
func receive(c echo.Context) (*spool.File, string, error) {
	kind, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	parts, err := c.Request().MultipartReader()
	if err != nil || kind != echo.MIMEMultipartForm {
		return nil, "", echo.NewHTTPError(http.StatusUnsupportedMediaType)
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, "", nil
		case err != nil:
			return nil, "", unreadBody(err)
		case part.FormName() != "file" || part.FileName() == "":
			continue
		}
		file, err := spool.Copy(part)
		if _, ours := errors.AsType[*fs.PathError](err); ours {
			return nil, "", oncall.Fault(err)
		}
		if err != nil {
			return nil, "", unreadBody(err)
		}
		return file, fileName(part.FileName()), nil
	}
}

// fileName is how a file is called on the page: its last part, and not too long.
func fileName(text string) string {
	const most = 80
	text = path.Base(strings.ReplaceAll(text, `\`, "/"))
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

func (p *Pages) runImport(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if !p.imports.run(actor(c), form.Get("token"), form.Get("accept") == "true", form.Get("defer") == "true") {
		return p.importPage(c, http.StatusConflict, "", "The file that you had looked at is not here any more: choose it again.")
	}
	return c.Redirect(http.StatusSeeOther, views.ImportPath)
}

func (p *Pages) discardImport(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	p.imports.discard(form.Get("token"))
	return c.Redirect(http.StatusSeeOther, views.ImportPath)
}
