package transfer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"callbook/internal/oncall"
)

// Columns returns the columns that a file to import may have, in any order. Only the
// first is required.
func Columns() []string {
	return []string{"alias", "name", "type", "channel", "address", "country", "defer"}
}

// ColumnOf returns the column of a field of a RowResult; "": it has none.
func ColumnOf(f oncall.Field) string {
	return map[oncall.Field]string{oncall.FieldAlias: "alias", oncall.FieldDisplayName: "name", oncall.FieldType: "type", oncall.FieldName: "channel",
		oncall.FieldAddress: "address", oncall.FieldCountry: "country", oncall.FieldDefer: "defer"}[f]
}

// Row is one row of a file to import: a channel of a contact or, where Type,
// Channel and Address are empty, a contact alone.
type Row struct {
	Line    int // where it begins in the file; the first line is 1
	Alias   string
	Name    string // of the contact; used only by the row that adds it
	Type    oncall.ChannelType
	Channel string // its name
	Address string
	Country string // the ISO 3166 code for a national number; empty: none
	Defer   bool
	Unread  *oncall.FieldError // the reason why it cannot be read; nil: it can

	// Contact is the contact with its type, plan and tags, and ID the id of the channel,
	// as an export holds them. Nil and "": the row is one of a table.
	Contact *oncall.NewContact
	ID      string
}

// maxRowBytes is the largest size of a row. An unclosed quote would make one row of the
// rest of the file.
const maxRowBytes = 64 << 10

// File reads rows from a file, one at a time: a table in CSV, or an export of contacts.
type File struct {
	export *exportLines // nil: the file is a table

	rows     *csv.Reader
	bound    *boundedReader
	columns  map[string]int
	width    int
	lastLine int // the line where the last row began
}

func badFile(message string) *oncall.Error {
	return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldFile, Reason: oncall.Pattern, Message: message})
}

const (
	notText    = "This file is not text in UTF-8: in a spreadsheet, save the table as “CSV UTF-8”, then choose that file."
	closeQuote = "Close the quotes: a value that begins with a quote ends with one, and a quote within it is written twice."
)

// NewFile reads the line of column names. The separator is the most frequent in that line
// of comma, semicolon and tab. It fails with Invalid, and with the errors of r.
func NewFile(r io.Reader) (*File, error) {
	bound := &boundedReader{r: r, left: maxRowBytes}
	text := bufio.NewReaderSize(bound, maxRowBytes)
	head, err := text.Peek(3)
	if bytes.Equal(head, []byte("\ufeff")) {
		_, _ = text.Discard(3) // Peek has read them
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if head, err = text.Peek(1); err == nil && head[0] == '{' {
		bound.left = math.MaxInt // a line of an export has its own limit
		return &File{export: newExportLines(text)}, nil
	}
	head, err = text.Peek(maxRowBytes)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errRowTooLong) {
		return nil, err
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	if bytes.ContainsRune(bytes.TrimSuffix(line, []byte("\r")), '\r') {
		return nil, badFile("The lines of this file end as those of very old systems do: in a spreadsheet, save the table as “CSV UTF-8”, then choose that file.")
	}
	if !utf8.Valid(line) || bytes.ContainsRune(line, 0) {
		return nil, badFile(notText)
	}
	f := &File{rows: csv.NewReader(text), bound: bound, lastLine: 1}
	f.rows.Comma, f.rows.FieldsPerRecord, f.rows.ReuseRecord = separator(line), -1, true
	f.bound.left = maxRowBytes
	names, err := f.rows.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, badFile("This file is empty: its first line names the columns, for example " + strings.Join(Columns(), ",") + ".")
	case err != nil:
		return nil, badFile("The first line cannot be read. " + closeQuote)
	}
	f.width = len(names)
	f.columns, err = columnsOf(names)
	return f, err
}

// separator returns the most frequent separator of a line, or a comma if it has none.
func separator(line []byte) rune {
	best, highest := ',', 0
	for _, s := range ",;\t" {
		if n := bytes.Count(line, []byte(string(s))); n > highest {
			best, highest = s, n
		}
	}
	return best
}

func columnsOf(names []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		_, twice := columns[name]
		switch {
		case name == "":
			continue
		case twice:
			return nil, badFile("The first line names the column “" + name + "” twice: take one of them out.")
		case !slices.Contains(Columns(), name):
			return nil, badFile("The first line names a column that there is not, “" + shortened(name) + "”: use " + listed(Columns()) + ".")
		}
		columns[name] = i
	}
	if _, ok := columns["alias"]; !ok {
		return nil, badFile("The first line has to name the columns, and one of them is “alias”: use " + listed(Columns()) + ".")
	}
	return columns, nil
}

// shortened cuts a text from a file for the page and removes invisible characters.
func shortened(text string) string {
	const maxLen = 60
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
	if r := []rune(text); len(r) > maxLen {
		return string(r[:maxLen]) + "…"
	}
	return text
}

func listed(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Next returns the next row, or io.EOF. It skips rows without any value. It fails with
// Invalid for a row of more than 64 KB, and with the errors of the reader.
func (f *File) Next() (Row, error) {
	if f.export != nil {
		return f.export.next()
	}
	for {
		f.bound.left = maxRowBytes
		values, err := f.rows.Read()
		if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
			return Row{Line: wrong.StartLine, Unread: &oncall.FieldError{Field: oncall.FieldFile, Reason: oncall.Pattern, Message: closeQuote + " What follows this line was not read as rows of its own."}}, nil
		}
		if errors.Is(err, errRowTooLong) {
			return Row{}, badFile(fmt.Sprintf("The row after the one in line %d has more than 64 KB. %s", f.lastLine, closeQuote))
		}
		if err != nil {
			return Row{}, err
		}
		if slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) != "" }) {
			f.lastLine, _ = f.rows.FieldPos(0)
			return f.row(f.lastLine, values), nil
		}
	}
}

func (f *File) row(line int, values []string) Row {
	row := Row{Line: line}
	unread := func(message string) Row {
		row.Unread = &oncall.FieldError{Field: oncall.FieldFile, Reason: oncall.Pattern, Message: message}
		return row
	}
	if slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
		return unread("This row is not text in UTF-8, and other rows may have lost letters: in a spreadsheet, save the table as “CSV UTF-8”, then choose that file.")
	}
	value := func(column string) string {
		i, ok := f.columns[column]
		if !ok || i >= len(values) {
			return ""
		}
		return norm.NFC.String(strings.TrimSpace(values[i]))
	}
	row.Alias, row.Name, row.Channel = strings.Clone(value("alias")), strings.Clone(value("name")), strings.Clone(value("channel"))
	row.Type, row.Country = oncall.ChannelType(strings.Clone(strings.ToUpper(value("type")))), strings.Clone(strings.ToUpper(value("country")))
	row.Address = strings.Clone(strings.TrimPrefix(value("address"), "'")) // a spreadsheet keeps a number as text by it
	switch strings.ToLower(value("defer")) {
	case "", "false", "no", "0":
	case "true", "yes", "1":
		row.Defer = true
	default:
		row.Unread = &oncall.FieldError{Field: oncall.FieldDefer, Reason: oncall.NotOneOf, Message: "Write true or false, or leave it empty."}
	}
	if len(values) > f.width {
		return unread(fmt.Sprintf("This row has %d values, and the first line names %d columns: put a value that holds a separator in quotes.", len(values), f.width))
	}
	return row
}

// errRowTooLong is what a boundedReader fails with.
var errRowTooLong = errors.New("transfer: a row is too long")

// boundedReader fails after about as many bytes as one row may have.
type boundedReader struct {
	r    io.Reader
	left int
}

// Read implements io.Reader.
func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRowTooLong
	}
	n, err := b.r.Read(p)
	b.left -= n
	return n, err
}
