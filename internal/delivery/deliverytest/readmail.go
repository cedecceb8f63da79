package deliverytest

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
)

// ReadMail is a mail as its reader sees it: headers and parts are decoded.
type ReadMail struct {
	Header mail.Header // as it stands in the mail
	Parts  []string    // the content type of each part, in order
	Text   string
	HTML   string
}

// Value returns a header in the clear; it fails the test when the header is there
// more than once or cannot be decoded.
func (m ReadMail) Value(t testing.TB, name string) string {
	t.Helper()
	values := m.Header[name]
	if len(values) > 1 {
		t.Errorf("the mail has %d headers %s: %q", len(values), name, values)
	}
	text, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
	if err != nil {
		t.Errorf("header %s: %v", name, err)
	}
	return text
}

// Read takes a mail apart, and fails the test when it is not well formed.
func (m Mail) Read(t testing.TB) ReadMail {
	t.Helper()
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		t.Fatalf("the mail cannot be read: %v\n%s", err, m.Raw)
	}
	read := ReadMail{Header: parsed.Header}
	kind, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the mail is %q, %v, want multipart/alternative", kind, err)
	}
	parts := multipart.NewReader(parsed.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return read
		}
		if err != nil {
			t.Fatal(err)
		}
		read.add(t, part)
	}
}

func (m *ReadMail) add(t testing.TB, part *multipart.Part) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil || !strings.EqualFold(params["charset"], "utf-8") {
		t.Errorf("a part is %q with %v, %v, want UTF-8", kind, params, err)
	}
	var body io.Reader = part
	if how := part.Header.Get("Content-Transfer-Encoding"); strings.EqualFold(how, "quoted-printable") {
		body = quotedprintable.NewReader(part)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	m.Parts = append(m.Parts, kind)
	clear := strings.ReplaceAll(string(text), "\r\n", "\n")
	if kind == "text/html" {
		m.HTML = clear
	} else {
		m.Text = clear
	}
}
