package oncall

import (
	"encoding/base64"
	"encoding/json"
)

// The service model's MaxResults, and what no number means.
const (
	maxPageSize     = 1024
	defaultPageSize = 50
)

// PageSize is how many things a page holds when so many are asked for; 0 asks for
// no number.
func PageSize(asked int, things string) (int, error) {
	if asked == 0 {
		return defaultPageSize, nil
	}
	if asked < 1 || asked > maxPageSize {
		return 0, InvalidError(FieldError{Field: FieldCursor, Reason: Range, Message: "Ask for 1 to 1024 " + things + "."})
	}
	return asked, nil
}

// Cursor packs where a page starts into a text that means nothing to anybody
// else.
func Cursor(start any) string {
	packed, _ := json.Marshal(start)
	return base64.RawURLEncoding.EncodeToString(packed)
}

// maxCursorLen is the service model's limit; ours stay far below it.
const maxCursorLen = 2048

// ParseCursor takes a page token apart; the empty one is the zero start. Only
// what Cursor makes of a good start is accepted.
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

func BadCursor() *Error {
	return InvalidError(FieldError{Field: FieldCursor, Reason: Pattern,
		Message: "Start again from the first page: this page token is not one that was given out."})
}
