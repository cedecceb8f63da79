package handlers

import (
	"bufio"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"callbook/internal/audit"
	"callbook/internal/oncall"
	"callbook/views"
)

// auditQuery reads the filter of the audit trail. An unknown action is ignored.
func auditQuery(form url.Values) oncall.AuditQuery {
	in := oncall.AuditQuery{Contact: typed(form, "contact"), Actor: typed(form, "actor"), Operation: oncall.Operation(form.Get("action"))}
	if !in.Operation.Recorded() {
		in.Operation = ""
	}
	in.Before, _ = strconv.ParseInt(form.Get("before"), 10, 64) // zero: the newest
	in.Before = max(in.Before, 0)
	return in
}

func (p *Pages) listAudit(c echo.Context) error {
	query := auditQuery(c.QueryParams())
	page, err := p.audit.Audit(c.Request().Context(), actor(c), query)
	if err != nil {
		return err
	}
	list := views.AuditList{List: page, Query: query, Now: p.access.Now(), By: actor(c)}
	return Render(c, http.StatusOK, views.Audit(p.Page(c, "Audit trail"), list))
}

// exportAudit streams the trail as a file. After the first bytes an error can no longer
// become a page. The connection is then cut, so that half a file does not pass for a whole
// one.
func (p *Pages) exportAudit(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	query := auditQuery(form)
	query.Before = 0
	out := &download{c: c, format: auditFormat(form.Get("format")), at: p.access.Now()}
	file := bufio.NewWriterSize(out, 64<<10)
	entries := audit.NewWriter(file, out.format)
	end, err := p.audit.ExportAudit(c.Request().Context(), actor(c), query, entries.Write)
	if err == nil {
		err = entries.WriteAnchor(end)
	}
	if err = errors.Join(err, entries.Flush()); err == nil {
		err = file.Flush()
	}
	if err != nil && out.begun {
		panic(http.ErrAbortHandler)
	}
	return err
}

// auditFormat reads a format. An unknown one means CSV.
func auditFormat(text string) audit.Format {
	if text == string(audit.JSONLines) {
		return audit.JSONLines
	}
	return audit.CSV
}

// fileTypes are the content types of the formats.
var fileTypes = map[audit.Format]string{
	audit.CSV: "text/csv; charset=utf-8; header=present", audit.JSONLines: "application/jsonl; charset=utf-8",
}

// download is an export on its way to a browser. The headers are sent with the first bytes:
// until then an error can still become a page.
type download struct {
	c      echo.Context
	format audit.Format
	at     time.Time
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
		h.Set(echo.HeaderContentType, fileTypes[d.format])
		h.Set(echo.HeaderContentDisposition, `attachment; filename="callbook-audit-`+d.at.UTC().Format("20060102T150405Z")+"."+string(d.format)+`"`)
		d.c.Response().WriteHeader(http.StatusOK)
	}
	return d.c.Response().Write(b)
}
