package transfer

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"callbook/internal/oncall"
	"callbook/internal/terminal"
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
	Country string // the ISO 3166 code for a national number, in any case; empty: none
	Defer   bool
	Unread  *oncall.FieldError // the reason why it cannot be read; nil: it can
	Note    string             // a sentence that explains a refusal of the row; "": none

	// Contact is the contact with its type, plan and tags, and ID the id of the channel,
	// as an export holds them. Nil and "": the row is one of a table.
	Contact *oncall.NewContact
	ID      string
}

// maxRowBytes is the largest size of a row and of a line. An unclosed quote would make one
// row of the rest of the file.
const maxRowBytes = 64 << 10

// File reads rows from a file, one at a time: a table in CSV, or an export of contacts.
type File struct {
	export *exportLines // nil: the file is a table

	rows     *table
	columns  map[string]int // by their names
	named    []bool         // whether a column has a name, up to the last one that has
	lastLine int            // the line where the last row began
}

func badFile(message string) *oncall.Error {
	return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldFile, Reason: oncall.Pattern, Message: message})
}

// NewFile reads the line of column names: the first that is not blank, and does not name
// the separator, as sep=; does. The separator is the named one, or else the most frequent
// in that line of comma, semicolon, tab and vertical bar. NewFile fails with Invalid, and
// with the errors of r.
func NewFile(r io.Reader) (*File, error) {
	text := bufio.NewReaderSize(r, maxRowBytes)
	if err := checkEncoding(text); err != nil {
		return nil, err
	}
	l := &lines{r: text}
	for named := ""; ; {
		if next, err := text.Peek(1); err == nil && next[0] == '{' {
			return &File{export: newExportLines(text, l.last)}, nil
		}
		line, err := l.next()
		if err != nil {
			return nil, firstLineError(err)
		}
		if separator, ok := namedSeparator(line); ok && separator == "" {
			return nil, badFile("The line “" + shortened(line) + "” names a separator that is not known here: use a comma, a semicolon, a tab or a vertical bar.")
		} else if ok {
			named = separator
		} else if !isBlank(line) {
			l.putBack([]string{line})
			f := &File{rows: &table{lines: l, separator: separatorOf(line, named)}}
			return f, f.readNames()
		}
	}
}

// checkEncoding refuses a text that is not in UTF-8 by its beginning, and skips a byte order
// mark.
func checkEncoding(text *bufio.Reader) error {
	head, err := text.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if encoding := utf16OrUTF32(head); encoding != "" {
		return badFile("This file is not text in UTF-8 but in " + encoding + saveAsUTF8)
	}
	rest, marked := bytes.CutPrefix(head, []byte(byteOrderMark))
	if bytes.HasPrefix(rest, []byte(byteOrderMark)) {
		return badFile("This file begins with more than one byte order mark (U+FEFF), which is invisible: delete all but the first, or save the table as “CSV UTF-8” again.")
	}
	if marked {
		_, _ = text.Discard(len(byteOrderMark)) // Peek has read it
	}
	return nil
}

func firstLineError(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return badFile("This file is empty: its first line names the columns, for example " + strings.Join(Columns(), ",") + ".")
	case errors.Is(err, errLineTooLong):
		return badFile("The first line cannot be read: it has more than 64 KB.")
	}
	return err
}

// separators are the characters that may stand between values.
const separators = ",;\t|"

// namedSeparator returns the separator that a line names for a spreadsheet, as sep=; does,
// and whether it is such a line. The separator is "" if the line names none that is known.
func namedSeparator(line string) (separator string, ok bool) {
	const prefix = "sep="
	line = strings.TrimLeft(line, ` "`)
	if len(line) < len(prefix) || !strings.EqualFold(line[:len(prefix)], prefix) {
		return "", false
	}
	switch rest := line[len(prefix):]; {
	case strings.HasPrefix(rest, `\t`):
		return "\t", true
	case rest != "" && strings.IndexByte(separators, rest[0]) >= 0:
		return rest[:1], true
	}
	return "", true
}

// separatorOf returns the separator of a line of column names. A named one that is not in
// the line counts only if no other is.
func separatorOf(line, named string) string {
	if named != "" && (strings.Contains(line, named) || !strings.ContainsAny(line, separators)) {
		return named
	}
	best, highest := ",", 0
	for _, s := range separators {
		if n := strings.Count(line, string(s)); n > highest {
			best, highest = string(s), n
		}
	}
	return best
}

// isBlank reports whether a line holds nothing but blanks, separators and quotes.
func isBlank(line string) bool {
	return !strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsSpace(r) && !strings.ContainsRune(separators+`"`, r) })
}

// readNames reads the line of column names.
func (f *File) readNames() error {
	row, err := f.rows.next()
	if err != nil {
		return firstLineError(err)
	}
	for _, name := range row.values {
		if !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
			return badFile("This file is not text in UTF-8" + otherEncoding(name) + saveAsUTF8)
		}
	}
	if row.problem != "" {
		return badFile("The first line cannot be read. " + string(row.problem))
	}
	if f.columns, err = columnsOf(row.values); err != nil {
		return err
	}
	f.lastLine, f.named = row.from, make([]bool, len(row.values))
	for _, i := range f.columns {
		f.named[i] = true
	}
	f.named = f.named[:slices.Max(slices.Collect(maps.Values(f.columns)))+1]
	return nil
}

func columnsOf(names []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		_, twice := columns[name]
		hidden := invisible(name)
		switch {
		case name == "":
			continue
		case twice:
			return nil, badFile("The first line names the column “" + name + "” twice: take one of them out.")
		case hidden != "":
			return nil, badFile("The first line names a column “" + shortened(name) + "” with an invisible character, " + hidden + ": delete that character.")
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

// shortened cuts a text from a file for a message, and escapes what cannot be seen.
func shortened(text string) string {
	const maxLen = 60
	if r := []rune(text); len(r) > maxLen {
		return terminal.Escape(string(r[:maxLen])) + "…"
	}
	return terminal.Escape(text)
}

func listed(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Next returns the next row, or io.EOF. It skips rows without any value. It fails with
// Invalid for a line of more than 64 KB, and with the errors of the reader.
func (f *File) Next() (Row, error) {
	if f.export != nil {
		return f.export.next()
	}
	for {
		row, err := f.rows.next()
		switch {
		case errors.Is(err, errLineTooLong):
			return Row{}, badFile(fmt.Sprintf("The row after the one in line %d has more than 64 KB. Look for a missing line break there.", f.lastLine))
		case err != nil:
			return Row{}, err
		case row.problem != "":
			f.lastLine = row.from
			return unreadRow(row.from, string(row.problem)), nil
		}
		for n := len(row.values); n > 0 && strings.TrimSpace(row.values[n-1]) == ""; n-- {
			row.values = row.values[:n-1]
		}
		if len(row.values) > 0 {
			f.lastLine = row.from
			return f.row(row), nil
		}
	}
}

func unreadRow(line int, message string) Row {
	return Row{Line: line, Unread: &oncall.FieldError{Field: oncall.FieldFile, Reason: oncall.Pattern, Message: message}}
}

// row reads the values of a row by their columns. The last value is not blank.
func (f *File) row(t tableRow) Row {
	for _, v := range t.values {
		if !utf8.ValidString(v) {
			return unreadRow(t.from, "This row is not text in UTF-8"+otherEncoding(v)+", and other rows may have lost letters"+saveAsUTF8)
		}
	}
	row := Row{Line: t.from, Note: t.note()}
	value := func(column string) string {
		i, ok := f.columns[column]
		if !ok || i >= len(t.values) {
			return ""
		}
		text := cellText(t.values[i])
		row.Note = cmp.Or(row.Note, noteOn(column, text))
		return strings.Clone(norm.NFC.String(text)) // of the value, not of the line around it
	}
	row.Alias, row.Name, row.Channel = value("alias"), value("name"), value("channel")
	row.Address = strings.TrimPrefix(value("address"), "'") // a spreadsheet keeps a number as text by it
	row.Type, row.Country = oncall.ChannelType(strings.ToUpper(value("type"))), value("country")
	switch strings.ToLower(value("defer")) {
	case "", "false", "no", "0":
	case "true", "yes", "1":
		row.Defer = true
	default:
		row.Unread = &oncall.FieldError{Field: oncall.FieldDefer, Reason: oncall.NotOneOf, Message: "Write true or false, or leave it empty."}
	}
	if wrong := f.misplaced(t.values); wrong != "" {
		row.Unread = unreadRow(t.from, wrong).Unread
	}
	return row
}

// misplaced says which values of a row stand in a column without a name; "": none does.
func (f *File) misplaced(values []string) string {
	if len(values) > len(f.named) {
		return fmt.Sprintf("This row has %d values, and the first line names %d columns: put a value that holds a separator in quotes.", len(values), len(f.named))
	}
	for i, v := range values {
		if !f.named[i] && strings.TrimSpace(v) != "" {
			return fmt.Sprintf("This row has a value in column %d, which has no name in the first line: name the column, or delete the value.", i+1)
		}
	}
	return ""
}

// note explains a row of several lines.
func (t tableRow) note() string {
	if t.to == t.from {
		return ""
	}
	return fmt.Sprintf("Lines %d to %d were read as one row, because a quote opens in line %d and the next one closes it in line %d.", t.from, t.to, t.from, t.to)
}

// noteOn explains why a value may be refused: it holds what cannot be seen, or a formula.
// What an address holds, the rules for addresses say.
func noteOn(column, text string) string {
	if hidden := invisible(text); hidden != "" && column != "address" {
		return "The value under “" + column + "” holds an invisible character, " + hidden + ": delete that character."
	}
	if strings.HasPrefix(text, "=") {
		return "The value under “" + column + "” is a formula, because it begins with =: write its result there."
	}
	return ""
}

// textFormula is how a spreadsheet is told that a value is text, as in ="+12065550100". Some
// programs double its quotes.
var textFormula = regexp.MustCompile(`(?s)^=\s*(?:""(.*)""|"(.*)")$`)

// cellText returns the value of a cell, which may stand in formulas that are only a text.
func cellText(value string) string {
	value = strings.TrimSpace(value)
	for strings.HasPrefix(value, "=") {
		formula := textFormula.FindStringSubmatch(value)
		if formula == nil {
			break
		}
		value = strings.TrimSpace(strings.ReplaceAll(formula[1]+formula[2], `""`, `"`))
	}
	return value
}
