package oncall

import (
	"encoding/base64"
	"encoding/json"
)

// The largest MaxResults of the service model, and the page size without MaxResults.
const (
	maxPageSize     = 1024
	defaultPageSize = 50
)

// PageSize returns how many things a page contains. If asked is 0, that is 50. It fails
// with Invalid if asked is not 0 to 1024.
func PageSize(asked int, things string) (int, error) {
	if asked == 0 {
		return defaultPageSize, nil
	}
	if asked < 1 || asked > maxPageSize {
		return 0, InvalidError(FieldError{Field: FieldCursor, Reason: Range, Message: "Ask for 1 to 1024 " + things + "."})
	}
	return asked, nil
}

// Cursor encodes the start of a page as a page token.
func Cursor(start any) string {
	packed, _ := json.Marshal(start)
	return base64.RawURLEncoding.EncodeToString(packed)
}

// maxCursorLen is the service model's limit. Callbook's tokens are much shorter.
const maxCursorLen = 2048

// ParseCursor decodes a page token. The empty token is the zero start. It fails with
// Invalid unless good accepts the start and Cursor encodes it as this token.
func ParseCursor[T any](token string, good func(T) bool) (T, error) {
	var start, none T
	if token == "" {
		return none, nil
	}
	packed, err := base64.RawURLEncoding.DecodeString(token[:min(len(token), maxCursorLen)])
	if err != nil || json.Unmarshal(packed, &start) != nil || !good(start) || Cursor(start) != token {
		return none, BadCursor()
	}
	return start, nil
}

// BadCursor returns the Invalid error for a page token that Callbook did not give out.
func BadCursor() *Error {
	return InvalidError(FieldError{Field: FieldCursor, Reason: Pattern,
		Message: "Start again from the first page: this page token is not one that was given out."})
}
