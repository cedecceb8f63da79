package awsapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"callbook/handlers/awsapi/wire"
)

// contentType is that of requests and answers.
const contentType = "application/x-amz-json-1.1"

// largestBody is how much a request may weigh, in bytes: as received, and after
// it was unpacked.
const largestBody = 1 << 20

func isJSON(header string) bool {
	if header == contentType {
		return true
	}
	kind, _, err := mime.ParseMediaType(header)
	return err == nil && kind == contentType
}

// receive returns the body of a request as it came, which is what was signed, and
// unpacked.
func receive(r *http.Request) (raw, body []byte, err error) {
	if raw, err = readAll(r.Body, r.ContentLength); err != nil {
		return nil, nil, err
	}
	switch strings.ToLower(r.Header.Get(echo.HeaderContentEncoding)) {
	case "", "identity":
		return raw, raw, nil
	case "gzip":
		body, err = unpack(raw)
		return raw, body, err
	}
	return nil, nil, &wire.Malformed{Message: "The Content-Encoding of a request may be gzip, or none."}
}

// errTooLarge says that a body is over the limit.
var errTooLarge = errors.New("body over the limit")

func readAll(body io.Reader, length int64) ([]byte, error) {
	if length > largestBody {
		return nil, errTooLarge
	}
	var b bytes.Buffer
	b.Grow(int(max(length, 0)) + bytes.MinRead)
	n, err := b.ReadFrom(io.LimitReader(body, largestBody+1))
	switch {
	case err != nil:
		return nil, &wire.Malformed{Message: "The body did not arrive whole."}
	case n > largestBody:
		return nil, errTooLarge
	}
	return b.Bytes(), nil
}

func unpack(raw []byte) ([]byte, error) {
	bad := &wire.Malformed{Message: "The body is not what its Content-Encoding says, gzip."}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, bad
	}
	body, err := readAll(z, 0)
	if err != nil && !errors.Is(err, errTooLarge) {
		return nil, bad
	}
	return body, err
}

// requestID is the name of a request in the log and in the audit trail.
func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// write answers with a document, headers and body in one go.
func write(c echo.Context, status int, document any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // nothing that reads it is a browser: nosniff is set
	if err := e.Encode(document); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("X-Amzn-Requestid", requestID(c))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store") // addresses may be in it
	return c.Blob(status, contentType, bytes.TrimRight(b.Bytes(), "\n"))
}
