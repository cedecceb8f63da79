package static

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
)

// htmxHash is that of dist/htmx.min.js in the npm package htmx.org 2.0.11.
const htmxHash = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"

func TestVendoredHtmxIsThePublishedOne(t *testing.T) {
	content, err := files.ReadFile("htmx.min.js")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	if got := hex.EncodeToString(sum[:]); got != htmxHash {
		t.Errorf("sha256 %s, want %s", got, htmxHash)
	}
}

func TestNamesFollowTheContent(t *testing.T) {
	url := URL("app.css")
	name, ok := strings.CutPrefix(url, Prefix)
	if !ok || !strings.HasPrefix(name, "app.") || !strings.HasSuffix(name, ".css") || len(name) != len("app.000000000000.css") {
		t.Fatalf("URL %q", url)
	}
	if _, ok := Find(name, "", http.Header{}); !ok {
		t.Errorf("%s is not found", name)
	}
	if _, ok := Find("app.css", "", http.Header{}); ok {
		t.Error("the plain name is found: it would be kept for ever")
	}
	if hashed("a.css", []byte("1")) == hashed("a.css", []byte("2")) {
		t.Error("other content, same name")
	}
}

func TestGzipIsSentToThoseWhoTakeIt(t *testing.T) {
	for accepted, want := range map[string]bool{
		"": false, "br": false, "gzip": true, "br, GZIP": true, "gzip;q=0": false, "gzip; q=0.0": false, "deflate, gzip;q=0.5": true, "xgzip": false,
	} {
		if got := takesGzip(accepted); got != want {
			t.Errorf("%q: %v, want %v", accepted, got, want)
		}
	}
}
