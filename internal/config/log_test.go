package config

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
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
