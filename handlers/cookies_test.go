package handlers

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzLocalPath looks for a way to another site through the way back.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/contacts?q=a", "//evil.example", `/\evil.example`, "/\t/evil.example", "https://evil.example", "/..//evil.example", "/%2f/evil.example", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, back string) {
		got := localPath(back)
		u, err := url.Parse(got)
		if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t") {
			t.Errorf("%q leads to %q", back, got)
		}
	})
}
