package transfer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"callbook/internal/oncall"
)

// maxLineBytes is how long a line of an export may be: a contact with 100 channels and a
// policy of the largest size fits.
const maxLineBytes = 2 << 20

// exportLines reads the rows of an export, which is a JSON object a line.
type exportLines struct {
	lines *bufio.Scanner
	line  int
	rows  []Row // of the line that was read last
}

// newExportLines returns a reader of an export. before is how many lines were read already.
func newExportLines(r io.Reader, before int) *exportLines {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLineBytes)
	return &exportLines{lines: lines, line: before}
}

// next returns the next row, or io.EOF. It fails with Invalid for a line that is too long,
// and with the error of the reader.
func (f *exportLines) next() (Row, error) {
	for len(f.rows) == 0 {
		if !f.lines.Scan() {
			return Row{}, f.end()
		}
		f.line++
		if text := strings.TrimSpace(f.lines.Text()); text != "" {
			f.rows = exportedRows(f.line, []byte(text))
		}
	}
	row := f.rows[0]
	f.rows = f.rows[1:]
	return row, nil
}

func (f *exportLines) end() error {
	switch err := f.lines.Err(); {
	case err == nil:
		return io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		return badFile(fmt.Sprintf("Line %d has more than %d MB: an export has a contact a line.", f.line+1, maxLineBytes>>20))
	default:
		return err
	}
}

// exportedRows returns a row for the contact of a line, and one for each of its channels.
func exportedRows(line int, text []byte) []Row {
	var x exportedContact
	switch err := json.Unmarshal(text, &x); {
	case errors.Is(err, errTooManyChannels):
		return []Row{unreadRow(line, fmt.Sprintf("This line holds more than %d channels, and a contact has at most %d.", oncall.MaxChannels, oncall.MaxChannels))}
	case err != nil:
		return []Row{unreadRow(line, "This line is not a contact of an export.")}
	}
	contact := &oncall.NewContact{Alias: x.Alias, DisplayName: x.Name, Type: x.Type, Plan: x.Plan}
	for _, key := range slices.Sorted(maps.Keys(x.Tags)) {
		contact.Tags = append(contact.Tags, oncall.Tag{Key: key, Value: x.Tags[key]})
	}
	rows := []Row{{Line: line, Alias: x.Alias, Name: x.Name, Contact: contact}}
	for _, c := range x.Channels {
		address := c.Address
		if c.Given != "" {
			address = c.Given
		}
		if address == "" {
			rows = append(rows, unreadRow(line, "This export holds no addresses: write it again with callbook export --clear."))
			continue
		}
		rows = append(rows, Row{Line: line, Alias: x.Alias, Name: x.Name, Contact: contact, ID: channelIDOf(c.ARN), Type: c.Type, Channel: c.Name, Address: address})
	}
	return rows
}

// channelIDOf returns the UUID at the end of the ARN of a channel, or "". A plan names the
// channel by it.
func channelIDOf(arn oncall.ARN) string {
	id := string(arn[strings.LastIndexByte(string(arn), '/')+1:])
	if uuid.Validate(id) != nil {
		return ""
	}
	return id
}

// exportedChannels are the channels of a line. Reading them stops after as many as a contact
// may have, so that a line takes not many times its size in memory.
type exportedChannels []exportedChannel

var errTooManyChannels = errors.New("transfer: too many channels")

// UnmarshalJSON implements json.Unmarshaler. It fails with errTooManyChannels.
func (c *exportedChannels) UnmarshalJSON(data []byte) error {
	list := json.NewDecoder(bytes.NewReader(data))
	start, err := list.Token()
	if err != nil || start == nil { // null is an empty list
		return err
	}
	if start != json.Delim('[') {
		return errors.New("transfer: the channels are no list")
	}
	for list.More() {
		if len(*c) == oncall.MaxChannels {
			return errTooManyChannels
		}
		var channel exportedChannel
		if err := list.Decode(&channel); err != nil {
			return err
		}
		*c = append(*c, channel)
	}
	return nil
}
