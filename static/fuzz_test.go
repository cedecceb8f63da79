package static

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// FuzzFind looks for a name that leads elsewhere, and for a coding that was not
// accepted.
func FuzzFind(f *testing.F) {
	name := strings.TrimPrefix(URL("app.css"), Prefix)
	for _, accepted := range []string{"gzip", "", "br, GZIP;q=0.5", "gzip; q=0.00", "gzip;q=0,gzip", "gzip;q=", "xgzip", "*"} {
		f.Add(name, accepted)
	}
	f.Add("../static.go", "gzip")
	f.Fuzz(func(t *testing.T, file, accepted string) {
		header := http.Header{}
		content, ok := Find(file, accepted, header)
		if _, ours := load().byName[file]; ok != ours || !ok && (content != nil || len(header) > 0) {
			t.Fatalf("%q: found %t, %d bytes, %v", file, ok, len(content), header)
		}
		zipped := takesGzip(accepted)
		if ok && (header.Get("Content-Encoding") == "gzip") != zipped || ok && bytes.HasPrefix(content, []byte{0x1f, 0x8b}) != zipped {
			t.Errorf("%q for %q is sent as %q", file, accepted, header.Get("Content-Encoding"))
		}
		if zipped && !strings.Contains(strings.ToLower(accepted), "gzip") {
			t.Errorf("%q takes gzip", accepted)
		}
		if takesGzip("br;q=1.0, "+accepted) != zipped || takesGzip(accepted+", br") != zipped {
			t.Errorf("%q takes gzip: %t, and with another coding it does not stay so", accepted, zipped)
		}
	})
}
