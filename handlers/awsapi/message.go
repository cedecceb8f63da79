package awsapi

import (
	"bytes"
	"compress/gzip"
	"context"
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

// maxBodyBytes is the size limit of a request, in bytes, as received and after it was
// decompressed.
const maxBodyBytes = 1 << 20

func isJSON(header string) bool {
	if header == contentType {
		return true
	}
	kind, _, err := mime.ParseMediaType(header)
	return err == nil && kind == contentType
}

// Nearly all requests are far below the limit. Only a few larger ones are in memory at the
// same time, so that clients cannot exhaust it.
const (
	usualBody          = 64 << 10
	maxConcurrentLarge = 16
)

// largeSlots holds one element for each large request in memory.
type largeSlots chan struct{}

// enter waits for a slot until ctx ends.
func (l largeSlots) enter(ctx context.Context) error {
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// body is the body of a request.
type body struct {
	raw    []byte // as received, which is what was signed
	plain  []byte // decompressed
	leave  func() // gives the slot back, if it has one
	inside bool   // it has a slot
}

// receive returns the body of a request. For a large one it calls admit, which takes a slot.
// The caller calls leave when the body is no longer needed, also after an error.
func (l largeSlots) receive(r *http.Request, admit func() error) (*body, error) {
	b := &body{leave: func() {}}
	enter := func() error {
		if b.inside {
			return nil
		}
		if err := admit(); err != nil {
			return err
		}
		b.inside, b.leave = true, func() { <-l }
		return nil
	}
	if r.ContentLength > maxBodyBytes {
		return b, errTooLarge
	}
	var err error
	if b.raw, err = readAll(r.Body, enter); err != nil {
		return b, err
	}
	switch strings.ToLower(r.Header.Get(echo.HeaderContentEncoding)) {
	case "", "identity":
		b.plain = b.raw
		return b, nil
	case "gzip":
		b.plain, err = unpack(b.raw, enter)
		return b, err
	}
	return b, &wire.Malformed{Message: "The Content-Encoding of a request may be gzip, or none."}
}

var errTooLarge = errors.New("body over the limit")

// readAll reads up to maxBodyBytes. It calls enter before it reads more than usualBody.
func readAll(from io.Reader, enter func() error) ([]byte, error) {
	var b bytes.Buffer
	for _, limit := range [...]int64{usualBody, maxBodyBytes} {
		_, err := b.ReadFrom(io.LimitReader(from, limit+1-int64(b.Len())))
		switch {
		case err != nil:
			return nil, &wire.Malformed{Message: "The body is incomplete."}
		case int64(b.Len()) <= limit:
			return b.Bytes(), nil
		}
		if err := enter(); err != nil {
			return nil, err
		}
	}
	return nil, errTooLarge
}

func unpack(raw []byte, enter func() error) ([]byte, error) {
	bad := &wire.Malformed{Message: "The Content-Encoding of the body is gzip, but its content is not."}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, bad
	}
	plain, err := readAll(z, enter)
	if _, broken := errors.AsType[*wire.Malformed](err); broken {
		return nil, bad
	}
	return plain, err
}

// requestID returns the id of a request in the log and in the audit trail.
func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// write answers with a document.
func write(c echo.Context, status int, document any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // no browser reads it, and nosniff is set
	if err := e.Encode(document); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("X-Amzn-Requestid", requestID(c))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store") // addresses may be in it
	return c.Blob(status, contentType, bytes.TrimRight(b.Bytes(), "\n"))
}
