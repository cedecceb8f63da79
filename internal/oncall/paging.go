package oncall

import (
	"encoding/base64"
	"encoding/json"
)

// The service model's MaxResults, and what no number means.
const (
	mostOnPage  = 1024
	usualOnPage = 50
)

// pageLimit is how many things a page holds when so many are asked for; 0 asks for
// no number.
func pageLimit(asked int, things string) (int, error) {
	if asked == 0 {
		return usualOnPage, nil
	}
	if asked < 1 || asked > mostOnPage {
		return 0, invalid(FieldError{Field: FieldPage, Reason: Range, Message: "Ask for 1 to 1024 " + things + "."})
	}
	return asked, nil
}

// pageToken packs where a page starts into a text that means nothing to anybody
// else.
func pageToken(start any) string {
	packed, _ := json.Marshal(start)
	return base64.RawURLEncoding.EncodeToString(packed)
}

// longestPageToken is the service model's limit; ours stay far below it.
const longestPageToken = 2048

// openPageToken takes a page token apart; the empty one is the zero start. Only
// what pageToken makes of a good start is accepted.
func openPageToken[T any](token string, good func(T) bool) (T, error) {
	var start, none T
	if token == "" {
		return none, nil
	}
	packed, err := base64.RawURLEncoding.DecodeString(token[:min(len(token), longestPageToken)])
	if err != nil || json.Unmarshal(packed, &start) != nil || !good(start) || pageToken(start) != token {
		return none, badPageToken()
	}
	return start, nil
}

func badPageToken() *Error {
	return invalid(FieldError{Field: FieldPage, Reason: Pattern,
		Message: "Start again from the first page: this page token is not one that was given out."})
}
