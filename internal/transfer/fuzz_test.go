package transfer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// FuzzImportFile reads a file, writes what was read, and reads that.
func FuzzImportFile(f *testing.F) {
	for _, seed := range []string{"", "alias\nana\n", "\ufeffAlias;Name;type;channel;address;country;defer\r\nana;Ana Silva;sms;mobile;'+15005550199;us;yes\r\n;;\r\nbo;;email;mail;bo@example.org;;maybe\n",
		"alias\tname\nana\t\"A\nB\"\n", "alias,name\n\"ana\n", "alias,name\nana,a\"b\nbo,c\nx,y,z\n", "alias,alias\n", "name\n", "alias,\n,x\n", "alias\n\xff\n", "a\x00",
		"\n\n;;\nalias;name\nana;Ana;;;\n", "sep=;\r\nalias;address\r\nana;=\"+15005550199\"\r\n", "\"sep=,\"\nalias\n", "sep=\\t\nalias\tname\n", "sep=:\n",
		"alias,address\nana,\"=\"\"+15005550199\"\"\"\n", "alias|name\rana|Ana\r\r\nbo|Bo\n", "a\x00l\x00i\x00a\x00s\x00\n\x00", "\xfe\xff\x00a", "\ufeff\ufeffalias\n", "al\u200bias\n",
		"alias,name\nana,Ana \"Annie\" Silva\nbo,\"Bo\" B\ncy,\"Cy\ndee, \"Dee\" ,\n", "alias,,name\nana,x,Ana\n", "alias,address\nana,=HYPERLINK(\"a\")\n", "alias,name\nana,Jos\xe9\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.HasPrefix(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("{")) {
			return // an export, which FuzzExportFile reads
		}
		rows := fileRows(t, data)
		lines := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) + 1
		last := 1
		var whole []Row
		for _, r := range rows {
			if r.Line <= last || r.Line > lines {
				t.Errorf("%q: a row is in line %d of %d, after line %d", data, r.Line, lines, last)
			}
			last = r.Line
			if r.Unread != nil {
				sound(t, string(data), r.Unread)
				continue
			}
			for _, text := range []string{r.Alias, r.Name, r.Channel} {
				if text != strings.TrimSpace(text) || !norm.NFC.IsNormalString(text) {
					t.Errorf("%q is read as %q", data, text)
				}
			}
			r.Line, r.Note = 0, ""
			whole = append(whole, r)
		}
		if bytes.ContainsRune(data, '\r') || len(data) > maxRowBytes/4 {
			return // a carriage return is the end of a line, and the writer keeps it
		}
		whole = slices.DeleteFunc(whole, func(r Row) bool { return r == Row{} })
		again := fileRows(t, fileOf(whole))
		for i := range again {
			again[i].Line, again[i].Note = 0, ""
		}
		if len(whole)+len(again) > 0 && !cmp.Equal(whole, again) {
			t.Errorf("%q is read as %+v, and that as %+v", data, whole, again)
		}
	})
}

// fileRows reads every row of a file. What is wrong with it must say so.
func fileRows(t *testing.T, data []byte) []Row {
	t.Helper()
	file, err := NewFile(bytes.NewReader(data))
	var rows []Row
	for err == nil {
		var row Row
		if row, err = file.Next(); err == nil {
			rows = append(rows, row)
		}
	}
	if errors.Is(err, io.EOF) {
		return rows
	}
	if oncall.KindOf(err) != oncall.Invalid || len(oncall.FieldErrors(err)) != 1 {
		t.Fatalf("%q fails with %v", data, err)
	}
	sound(t, string(data), &oncall.FieldErrors(err)[0])
	return rows
}

// fileOf writes rows as somebody would who knows the format.
func fileOf(rows []Row) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(Columns())
	for _, r := range rows {
		_ = w.Write([]string{r.Alias, r.Name, string(r.Type), r.Channel, "'" + r.Address, r.Country, strconv.FormatBool(r.Defer)})
	}
	w.Flush()
	return b.Bytes()
}

// FuzzImportRow judges a row by itself.
func FuzzImportRow(f *testing.F) {
	f.Add("ana", "Ana Silva", "SMS", "mobile", "+1 500 555 0199", "", false)
	f.Add("ana", "", "", "", "", "", true)
	f.Add("Ana", "a\nb", "EMAIL", "mail", "ana@gmial.con", "US", false)
	f.Add("bo", "Bo", "VOICE", "desk", "030 123456", "DE", false)
	f.Add("+15005550199", "x", "FAX", "\x00", "ana@example.org", "XX", false)
	scope := oncall.Scope{Region: "us-east-1", Account: "000000000000"}
	f.Fuzz(func(t *testing.T, alias, name, kind, channel, address, country string, wait bool) {
		m := (&Importer{Control: access.New(nil, access.Options{Scope: scope})}).newPass(oncall.Actor{Door: oncall.API}, Import{})
		row := Row{Line: 2, Alias: alias, Name: name, Type: oncall.ChannelType(kind), Channel: channel, Address: address, Country: country, Defer: wait}
		c := m.candidate(row, new(judgedContact))
		for _, r := range c.refused {
			sound(t, address, &r)
			if ColumnOf(r.Field) == "" {
				t.Errorf("%+v: what is wrong stands in no column: %+v", row, r)
			}
		}
		if (c.channel == nil) != (kind == "" && channel == "" && address == "") {
			t.Errorf("%+v has the channel %+v", row, c.channel)
		}
		if again := m.candidate(row, new(judgedContact)); !cmp.Equal(c.refused, again.refused) || !cmp.Equal(c.address, again.address) {
			t.Errorf("%+v is judged as %+v, then as %+v", row, c.refused, again.refused)
		}
		for _, w := range withoutAddresses(c.address.Warnings) {
			sound(t, address, &w)
			if w.Accept != "" || w.Suggestion != "" || strings.Contains(w.Message, c.address.Canonical) || strings.Contains(w.Message, c.address.Given) {
				t.Errorf("%+v: the warning %+v holds the address", row, w)
			}
		}
		if len(c.refused) > 0 {
			return
		}
		_, _, ok := scope.ChannelID(scope.Channel(alias, "1"))
		if !ok || c.channel != nil && (c.address.Canonical == "" || c.channel.Contact != scope.Contact(alias) || !isChannelName(channel)) {
			t.Errorf("%+v is taken as %+v, %+v", row, c.channel, c.address)
		}
	})
}

// sound checks that a refusal or warning has all that a person needs.
func sound(t *testing.T, text string, f *oncall.FieldError) {
	t.Helper()
	if f.Field == "" || f.Reason == "" || f.Message == "" || !utf8.ValidString(f.Message) || strings.ContainsFunc(f.Message, unicode.IsControl) {
		t.Errorf("%q: got %+v", text, f)
	}
}

// isChannelName reports whether the service model allows a name of a channel.
func isChannelName(text string) bool {
	n := utf8.RuneCountInString(text)
	return utf8.ValidString(text) && 1 <= n && n <= 255 && !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.-", r)
	})
}
