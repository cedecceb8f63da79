package transfer

import (
	"errors"
	"io"
	"strings"
)

// table reads the rows of a text whose values stand between separators, as RFC 4180
// describes it. It allows blanks around a value in quotes, and quotes within a value that
// does not begin with one.
type table struct {
	lines     *lines
	separator string
	values    []string // kept for its memory
}

// tableRow is one row of a table.
type tableRow struct {
	values   []string
	from, to int     // its first and its last line
	problem  problem // "": it was read
}

// problem says why a row cannot be read. The rows after it can.
type problem string

const (
	textAfterQuote problem = "Text follows the closing quote of a value: put the whole value in quotes, and write a quote within it twice."
	notClosed      problem = "A value begins with a quote and none closes it: add the closing quote, or delete the opening one."
)

// next returns the next row, or io.EOF. A row that cannot be read ends with its first line.
// The values are good until the next call. next fails with errLineTooLong, and with the
// errors of the reader.
func (t *table) next() (tableRow, error) {
	text, err := t.lines.next()
	if err != nil {
		return tableRow{}, err
	}
	row := tableRow{from: t.lines.last}
	p := &rowParser{table: t, text: text, size: len(text)}
	t.values = t.values[:0]
	for more := true; more && p.problem == ""; {
		var value string
		if value, more, err = p.value(); err != nil {
			return tableRow{}, err
		}
		t.values = append(t.values, value)
	}
	if p.problem != "" {
		t.lines.putBack(p.further)
	}
	row.values, row.to, row.problem = t.values, t.lines.last, p.problem
	return row, nil
}

// rowParser parses one row.
type rowParser struct {
	*table
	text    string   // what is left of the line
	further []string // the lines of the row after the first
	size    int      // of all its lines
	problem problem
}

// value parses the next value. more reports whether another one follows.
func (p *rowParser) value() (value string, more bool, err error) {
	blanks := " \t"
	if p.separator == "\t" {
		blanks = " "
	}
	if quoted, ok := strings.CutPrefix(strings.TrimLeft(p.text, blanks), `"`); ok {
		p.text = quoted
		if value, err = p.quoted(); err != nil || p.problem != "" {
			return "", false, err
		}
		p.text = strings.TrimLeft(p.text, blanks)
		if p.text != "" && !strings.HasPrefix(p.text, p.separator) {
			p.problem = textAfterQuote
			if len(p.further) > 0 { // this is the first quote of another row
				p.problem = notClosed
			}
			return "", false, nil
		}
		p.text, more = strings.CutPrefix(p.text, p.separator)
		return value, more, nil
	}
	value, p.text, more = strings.Cut(p.text, p.separator)
	return value, more, nil
}

// quoted parses a value up to its closing quote. The value may go on in further lines.
func (p *rowParser) quoted() (string, error) {
	var b strings.Builder
	for {
		text, rest, closed := strings.Cut(p.text, `"`)
		b.WriteString(text)
		p.text = rest
		switch {
		case !closed:
			if err := p.nextLine(); err != nil || p.problem != "" {
				return "", err
			}
			b.WriteByte('\n')
		case strings.HasPrefix(rest, `"`):
			b.WriteByte('"')
			p.text = rest[1:]
		default:
			return b.String(), nil
		}
	}
}

// nextLine goes on in the next line, within quotes.
func (p *rowParser) nextLine() (err error) {
	if p.text, err = p.lines.next(); errors.Is(err, io.EOF) {
		p.problem = notClosed
		return nil
	}
	if err != nil {
		return err
	}
	p.further = append(p.further, p.text)
	if p.size += len(p.text); p.size > maxRowBytes {
		p.problem = notClosed
	}
	return nil
}
