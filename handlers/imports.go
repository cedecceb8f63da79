package handlers

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"callbook/internal/oncall"
	"callbook/internal/transfer"
	"callbook/views"
)

// MaxImportBytes is how large the form with a file to import may be.
const MaxImportBytes = 8 << 20

// checkWait is how long the answer to an upload waits for the check, so that it can show
// the outcome of a small file at once.
const checkWait = 1 * time.Second

// importView is the state of the job and, if this process has had no file, of the last
// import of another one.
func (p *Pages) importView(c echo.Context) (views.ImportView, error) {
	v := views.ImportView{JobStatus: p.importJob.Status(), By: actor(c), Now: p.access.Now()}
	if v.Phase != "" {
		return v, nil
	}
	var err error
	v.Before, err = p.transfer.LastImport(c.Request().Context(), actor(c))
	return v, err
}

func (p *Pages) showImport(c echo.Context) error { return p.importPage(c, http.StatusOK, "", "") }

// importPage shows the import and, if refusal is not empty, why the file of this name
// was refused.
func (p *Pages) importPage(c echo.Context, status int, file, refusal string) error {
	v, err := p.importView(c)
	if err != nil {
		return err
	}
	v.Refused, v.Refusal = file, refusal
	page := p.Page(c, "Import contacts")
	page.Here = views.ImportPath
	return Render(c, status, views.Import(page, v))
}

// importState answers with the progress, and with the whole page when the job has ended.
func (p *Pages) importState(c echo.Context) error {
	if !Fragment(c) {
		return c.Redirect(http.StatusSeeOther, views.ImportPath)
	}
	if s := p.importJob.Status(); s.Busy() {
		return Render(c, http.StatusOK, views.ImportProgress(views.ImportView{JobStatus: s}))
	}
	h := c.Response().Header()
	h.Set("HX-Retarget", "#app")
	h.Set("HX-Reselect", "#app")
	h.Set("HX-Reswap", "outerHTML show:none")
	return p.showImport(c)
}

func (p *Pages) uploadImport(c echo.Context) error {
	part, err := filePart(c)
	if err != nil {
		return err
	}
	if part == nil {
		return p.importPage(c, http.StatusUnprocessableEntity, "", "Choose a CSV file first.")
	}
	name := fileName(part.FileName())
	checked, err := p.importJob.Check(actor(c), name, part)
	if err != nil {
		return p.refuseUpload(c, name, err)
	}
	select {
	case <-checked:
	case <-time.After(checkWait):
	}
	return c.Redirect(http.StatusSeeOther, views.ImportPath)
}

// refuseUpload answers a file that the job did not take.
func (p *Pages) refuseUpload(c echo.Context, name string, err error) error {
	switch oncall.KindOf(err) {
	case oncall.Invalid:
		return p.importPage(c, http.StatusUnprocessableEntity, name, messageOf(err))
	case oncall.Conflict:
		return p.importPage(c, http.StatusConflict, "", messageOf(err))
	}
	if _, ours := errors.AsType[*oncall.Error](err); ours {
		return err
	}
	return unreadBody(err)
}

// filePart returns the file of a form, or nil if none was chosen. It skips other fields.
func filePart(c echo.Context) (*multipart.Part, error) {
	kind, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	parts, err := c.Request().MultipartReader()
	if err != nil || kind != echo.MIMEMultipartForm {
		return nil, echo.NewHTTPError(http.StatusUnsupportedMediaType)
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil:
			return nil, unreadBody(err)
		case part.FormName() == "file" && part.FileName() != "":
			return part, nil
		}
	}
}

// fileName is the last part of a path, shortened for the page.
func fileName(text string) string {
	const maxLen = 80
	text = path.Base(strings.ReplaceAll(text, `\`, "/"))
	if r := []rune(text); len(r) > maxLen {
		return string(r[:maxLen]) + "…"
	}
	return text
}

func (p *Pages) runImport(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	err = p.importJob.Run(actor(c), form.Get("token"), transfer.JobOptions{AcceptWarnings: form.Get("accept") == "true", Defer: form.Get("defer") == "true"})
	if err != nil {
		return p.importPage(c, statusOf(err), "", messageOf(err))
	}
	return c.Redirect(http.StatusSeeOther, views.ImportPath)
}

func (p *Pages) discardImport(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	p.importJob.Stop(form.Get("token"))
	return c.Redirect(http.StatusSeeOther, views.ImportPath)
}
