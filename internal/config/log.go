package config

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"

	"callbook/internal/terminal"
)

// Log returns the log that the settings ask for. What looks like a phone number
// or an email address is left out of every line, whoever wrote it: a fault may
// quote what it choked on. Control characters and invisible ones are escaped. The settings
// must have passed Check.
func (c *Config) Log(w io.Writer) *slog.Logger {
	w = terminal.NewWriter(w) // the handlers leave DEL and, in JSON, C1 as they are
	level, _ := c.level()
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// address matches numbers in E.164 and what ends like an email address.
var address = regexp.MustCompile(`\+[0-9]{7,15}|[\pL\pN._%+'-]+@[\pL\pN-]+(\.[\pL\pN-]+)*\.\pL{2,}`)

// redact is a slog.HandlerOptions.ReplaceAttr.
func redact(_ []string, a slog.Attr) slog.Attr {
	var text string
	switch a.Value.Kind() {
	case slog.KindString:
		text = a.Value.String()
	case slog.KindAny:
		if _, isTime := a.Value.Any().(fmt.Stringer); !isTime {
			text = fmt.Sprint(a.Value.Any())
		}
	}
	if address.MatchString(text) {
		a.Value = slog.StringValue(address.ReplaceAllString(text, "•••"))
	}
	return a
}
