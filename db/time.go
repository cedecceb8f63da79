package db

import (
	"fmt"
	"time"
)

// micros returns a time as it is stored: microseconds since 1970 in UTC.
func micros(t time.Time) int64 { return t.UnixMicro() }

// microsOrNull stores the zero time, "not yet", as NULL.
func microsOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// timeScan reads a stored time. NULL becomes the zero time.
type timeScan struct{ t *time.Time }

// Scan implements sql.Scanner.
func (s timeScan) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*s.t = time.Time{}
	case int64:
		*s.t = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("a time is stored as %T, not as an integer", value)
	}
	return nil
}
