package audit

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"callbook/internal/oncall"
)

// Format is a file format of the export.
type Format string

// The formats.
const (
	JSONLines Format = "jsonl" // one JSON object per line
	CSV       Format = "csv"   // with a header line; see cell
)

// Formats returns every format, the default first.
func Formats() []Format { return []Format{JSONLines, CSV} }

// Writer writes entries in a format. It buffers CSV until Flush, which also returns earlier
// errors.
type Writer struct {
	lines *json.Encoder // nil for CSV
	table *csv.Writer
	last  int64 // the number of the last entry
}

// NewWriter returns a writer. For CSV it writes the header line.
func NewWriter(w io.Writer, f Format) *Writer {
	if f == CSV {
		table := csv.NewWriter(w)
		_ = table.Write(auditColumns) // Flush returns the error
		return &Writer{table: table}
	}
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	return &Writer{lines: lines}
}

// exportedEntry is an entry in an export.
type exportedEntry struct {
	Seq       int64                `json:"seq"`
	At        string               `json:"at"`
	Door      oncall.Door          `json:"door"`
	Principal string               `json:"principal"`
	Actor     string               `json:"actor"`
	Operation oncall.Operation     `json:"action"`
	Outcome   oncall.Outcome       `json:"outcome"`
	Resource  oncall.ARN           `json:"resource"`
	Contact   string               `json:"contact"`
	Changes   []oncall.AuditChange `json:"changes"`
	Request   string               `json:"request"`
	Client    string               `json:"client"`
	Key       uint32               `json:"key"`
	MAC       string               `json:"mac"`
}

// auditColumns are the columns of a CSV export, named as in exportedEntry.
var auditColumns = []string{"seq", "at", "door", "principal", "actor", "action", "outcome", "resource", "contact", "changes", "request",
	"client", "key", "mac"}

// Write writes one entry.
func (w *Writer) Write(e oncall.Entry) error {
	w.last = e.Seq
	x := exportedEntry{e.Seq, e.At.UTC().Format(time.RFC3339Nano), e.Door, e.Principal, e.Actor, e.Operation, e.Outcome, e.Resource,
		e.Contact, e.Changes, e.Request, e.Client, e.Key, hex.EncodeToString(e.MAC)}
	if x.Changes == nil {
		x.Changes = []oncall.AuditChange{}
	}
	if w.lines != nil {
		return w.lines.Encode(x)
	}
	changes, err := json.Marshal(x.Changes)
	if err != nil {
		return err
	}
	row := []string{strconv.FormatInt(x.Seq, 10), x.At, string(x.Door), x.Principal, x.Actor, string(x.Operation), string(x.Outcome),
		string(x.Resource), x.Contact, string(changes), x.Request, x.Client, strconv.FormatUint(uint64(x.Key), 10), x.MAC}
	for i := range row {
		row[i] = cell(row[i])
	}
	return w.table.Write(row)
}

// WriteAnchor ends an export with its anchor: in JSON Lines in a line of its own, in CSV by the
// seq and the mac of the last row. If that row is not the entry of the anchor, because of a
// filter, another row follows with the action "anchor".
func (w *Writer) WriteAnchor(a Anchor) error {
	if w.lines != nil {
		return w.lines.Encode(map[string]string{"anchor": a.String()})
	}
	if w.last == a.Seq {
		return nil
	}
	row := make([]string, len(auditColumns))
	for name, text := range map[string]string{"seq": strconv.FormatInt(a.Seq, 10), "action": "anchor", "resource": a.String(), "mac": hex.EncodeToString(a.MAC)} {
		row[slices.Index(auditColumns, name)] = text
	}
	return w.table.Write(row)
}

// Flush writes the buffer and returns the first error of a CSV export.
func (w *Writer) Flush() error {
	if w.table == nil {
		return nil
	}
	w.table.Flush()
	return w.table.Error()
}

// cell prevents a spreadsheet from running a text as a formula. It puts an apostrophe
// before a text that begins like a formula
// (https://owasp.org/www-community/attacks/CSV_Injection).
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
