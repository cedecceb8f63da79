package config

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"unicode"
)

func TestAddressesAreLeftOutOfTheLog(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var b strings.Builder
		c := Config{LogFormat: format, LogLevel: "debug"}
		log := c.Log(&b)
		log.Info("call +15005550199", "to", "+447700900123", "error", errors.New("no mailbox ana.o'neil+x@mail.example.org here"),
			slog.Group("in", "a", "zoë@exämple.org"))
		log.With("who", "bob@example.com").Error("failed")
		got := b.String()
		for _, private := range []string{"5005550199", "7700900123", "neil", "zo", "bob", "example"} {
			if strings.Contains(got, private) {
				t.Errorf("%s: the log holds %q:\n%s", format, private, got)
			}
		}
		if !strings.Contains(got, "no mailbox ••• here") {
			t.Errorf("%s: got %s", format, got)
		}
	}
	var b strings.Builder
	c := Config{LogFormat: "text", LogLevel: "debug"}
	const trace = "/root/go/pkg/mod/github.com/labstack/echo/v4@v4.16.0/middleware/request_logger.go:354 +0x168 at 127.0.0.1:8080"
	c.Log(&b).Info("fault", "stack", trace)
	if !strings.Contains(b.String(), trace) {
		t.Errorf("got %s, want the trace whole", b.String())
	}
}

func TestLogHoldsNoControlCharacter(t *testing.T) {
	for _, text := range []string{"\x1b[31mana", "a\x7fb", "\u009b31m", "\u0085", "a\nlevel=ERROR msg=forged", "a\r\tb", "user\u202egnp", "\u2066a\u2069", "\u2028\u2029", "a\u200bb",
		"\x9b31m", "\U000e0041", "a\x00b", "\ufeff"} {
		for _, format := range []string{"text", "json"} {
			var b strings.Builder
			c := Config{LogFormat: format, LogLevel: "debug"}
			log := c.Log(&b)
			log.With("with", text).WithGroup("in").Info("m "+text, "value", text, "k"+text, 1, "error", errors.New(text), slog.Group("g"+text, "v", []string{text}))
			got := b.String()
			if line, ok := strings.CutSuffix(got, "\n"); !ok || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }) {
				t.Errorf("%s: %q is logged as %q", format, text, got)
			}
			if format == "text" {
				continue
			}
			var line struct{ Msg, With string }
			if err := json.Unmarshal([]byte(got), &line); err != nil || line.Msg != "m "+strings.ToValidUTF8(text, "\ufffd") || line.With != strings.ToValidUTF8(text, "\ufffd") {
				t.Errorf("%q is read from the log as %+v, %v", text, line, err)
			}
		}
	}
}
