package handlers

import (
	"bufio"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"callbook/internal/oncall"
	"callbook/views"
)

// auditQuery reads the filter of the audit trail. An action that there is not
// does not filter.
func auditQuery(form url.Values) oncall.AuditQuery {
	in := oncall.AuditQuery{Contact: typed(form, "contact"), Actor: typed(form, "actor"), Operation: oncall.Operation(form.Get("action"))}
	if !views.Recorded(in.Operation) {
		in.Operation = ""
	}
	in.Before, _ = strconv.ParseInt(form.Get("before"), 10, 64) // zero: the newest
	in.Before = max(in.Before, 0)
	return in
}

func (p *Pages) listAudit(c echo.Context) error {
	query := auditQuery(c.QueryParams())
	page, err := p.oncall.Audit(c.Request().Context(), actor(c), query)
	if err != nil {
		return err
	}
	list := views.AuditList{AuditPage: page, Query: query, Now: p.oncall.Now(), By: actor(c)}
	return Render(c, http.StatusOK, views.Audit(p.Frame(c, "Audit trail"), list))
}

// exportAudit answers with the trail as a file, written while it is read. Once a
// part of it has left there is no error page any more: the connection is cut, so
// that half a file does not pass for a whole one.
func (p *Pages) exportAudit(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	query := auditQuery(form)
	query.Before = 0
	out := &download{c: c, format: formatOf(form.Get("format")), name: "callbook-audit-" + p.oncall.Now().UTC().Format("20060102T150405Z")}
	file := bufio.NewWriterSize(out, 64<<10)
	write := out.format.writer(file)
	end, err := p.oncall.ExportAudit(c.Request().Context(), actor(c), query, write.entry)
	if err == nil {
		err = write.end(end)
	}
	if err == nil {
		err = file.Flush()
	}
	if err != nil && out.begun {
		panic(http.ErrAbortHandler)
	}
	return err
}

// download is a file on its way to a browser. What an answer says of it goes out
// with its first bytes: until then an error can still become a page.
type download struct {
	c      echo.Context
	format exportFormat
	name   string
	begun  bool
}

// downloadPause is how long one part of a download may take.
const downloadPause = 30 * time.Second

// Write implements io.Writer.
func (d *download) Write(b []byte) (int, error) {
	// A long trail takes longer than a page may; a recorder in a test has no deadline.
	_ = http.NewResponseController(d.c.Response()).SetWriteDeadline(time.Now().Add(downloadPause))
	if !d.begun {
		d.begun = true
		h := d.c.Response().Header()
		h.Set(echo.HeaderContentType, d.format.contentType())
		h.Set(echo.HeaderContentDisposition, `attachment; filename="`+d.name+"."+string(d.format)+`"`)
		d.c.Response().WriteHeader(http.StatusOK)
	}
	return d.c.Response().Write(b)
}

// plainCell keeps a spreadsheet from taking a cell for a formula.
func plainCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
