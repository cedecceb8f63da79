package handlers

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"callbook/internal/oncall"
)

// exportFormat is the form of an exported audit trail, and the ending of its
// file's name.
type exportFormat string

const (
	asCSV   exportFormat = "csv"
	asLines exportFormat = "jsonl"
)

// formatOf reads a format; one that there is not is CSV.
func formatOf(text string) exportFormat {
	if text == string(asLines) {
		return asLines
	}
	return asCSV
}

func (f exportFormat) contentType() string {
	if f == asLines {
		return "application/jsonl; charset=utf-8"
	}
	return "text/csv; charset=utf-8; header=present"
}

// trailWriter writes an audit trail down, the oldest entry first.
type trailWriter interface {
	entry(oncall.Entry) error
	end(oncall.Anchor) error
}

func (f exportFormat) writer(to io.Writer) trailWriter {
	if f == asLines {
		lines := json.NewEncoder(to)
		lines.SetEscapeHTML(false)
		return trailLines{lines}
	}
	return &trailTable{w: csv.NewWriter(to)}
}

// anchorText is an anchor as callbook audit verify takes it.
func anchorText(a oncall.Anchor) string { return fmt.Sprintf("%d:%x", a.Seq, a.MAC) }

// trailLines writes an object a line. The last one is the anchor.
type trailLines struct{ *json.Encoder }

func (w trailLines) entry(e oncall.Entry) error {
	return w.Encode(struct {
		Seq       int64                `json:"seq"`
		At        string               `json:"at"`
		Door      oncall.Door          `json:"door"`
		Principal string               `json:"principal"`
		Actor     string               `json:"actor"`
		Operation oncall.Operation     `json:"operation"`
		Outcome   oncall.Outcome       `json:"outcome"`
		Resource  oncall.ARN           `json:"resource"`
		Contact   string               `json:"contact"`
		Changes   []oncall.AuditChange `json:"changes"`
		Request   string               `json:"request"`
		Client    string               `json:"client"`
		Key       uint32               `json:"key"`
		MAC       string               `json:"mac"`
	}{e.Seq, stamp(e.At), e.Door, e.Principal, e.Actor, e.Operation, e.Outcome, e.Resource, e.Contact, e.Changes,
		e.Request, e.Client, e.Key, hex.EncodeToString(e.MAC)})
}

func (w trailLines) end(a oncall.Anchor) error {
	return w.Encode(map[string]string{"anchor": anchorText(a)})
}

// trailTable writes a table with a line of headings. A comment is no CSV, so the
// anchor is a column: that of the last line stands for everything up to it.
type trailTable struct {
	w     *csv.Writer
	begun bool
}

var tableHead = []string{"seq", "at", "door", "principal", "actor", "operation", "outcome", "resource", "contact", "changes", "request", "client", "anchor"}

func (t *trailTable) head() error {
	if t.begun {
		return nil
	}
	t.begun = true
	return t.w.Write(tableHead)
}

func (t *trailTable) entry(e oncall.Entry) error {
	if err := t.head(); err != nil {
		return err
	}
	line := []string{strconv.FormatInt(e.Seq, 10), stamp(e.At), string(e.Door), e.Principal, e.Actor, string(e.Operation), string(e.Outcome),
		string(e.Resource), e.Contact, changeText(e.Changes), e.Request, e.Client, anchorText(oncall.Anchor{Seq: e.Seq, MAC: e.MAC})}
	for i, cell := range line {
		line[i] = plainCell(cell)
	}
	return t.w.Write(line)
}

func (t *trailTable) end(oncall.Anchor) error {
	err := t.head()
	t.w.Flush()
	if err == nil {
		err = t.w.Error()
	}
	return err
}

// changeText is what changed, for people; programs take JSON Lines.
func changeText(changes []oncall.AuditChange) string {
	texts := make([]string, len(changes))
	for i, c := range changes {
		texts[i] = fmt.Sprintf("%s: %q → %q", c.Field, c.Before, c.After)
	}
	return strings.Join(texts, "; ")
}

// stamp is a time to the microsecond, as it is stored.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
