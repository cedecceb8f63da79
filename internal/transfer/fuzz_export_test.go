package transfer

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"callbook/internal/oncall"
)

// FuzzExportFile reads an export that somebody may have changed.
func FuzzExportFile(f *testing.F) {
	for _, seed := range []string{"{}", `{"alias":"ana","type":"PERSONAL","plan":{},"tags":{"a":"b"},"channels":[{"arn":"a/01a2038a-0000-7000-8000-000000000000","name":"n","type":"SMS","address":"+15005550199"}]}`,
		"{\"alias\":7}\n\n{", "{\"channels\":[{}]}\n\xff", "{\"alias\":\"a\x00\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := newExportLines(bytes.NewReader(data), 0)
		last, count := 1, bytes.Count(data, []byte("\n"))+1
		for {
			row, err := lines.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				if oncall.KindOf(err) != oncall.Invalid {
					t.Errorf("%q: %v", data, err)
				}
				return
			}
			if row.Line < last || row.Line > count {
				t.Errorf("%q: a row is in line %d of %d, after line %d", data, row.Line, count, last)
			}
			last = row.Line
			if row.Unread != nil {
				sound(t, string(data), row.Unread)
				continue
			}
			if row.Contact == nil || row.Contact.Alias != row.Alias || row.ID != "" && !oncall.IsChannelID(row.ID) {
				t.Errorf("%q is read as %+v", data, row)
			}
		}
	})
}
