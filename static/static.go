// Package static holds the style sheet, the scripts and the icon. The name of a file contains
// a hash of its content, so browsers may cache it for ever. Files are compressed once, when
// the program starts.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed app.css app.js htmx.min.js icon.svg
var files embed.FS

// Prefix is the path below which Handler serves.
const Prefix = "/static/"

// contentTypes does not depend on the MIME table of the system.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

type asset struct {
	plain, gzipped []byte
	contentType    string
}

// assets maps hashed names to content, and urls plain names to paths.
type assets struct {
	byName map[string]asset
	urls   map[string]string
}

var load = sync.OnceValue(func() assets {
	a := assets{byName: map[string]asset{}, urls: map[string]string{}}
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the files are part of the program
	}
	for _, entry := range entries {
		content, err := files.ReadFile(entry.Name())
		if err != nil {
			panic(err)
		}
		name := hashed(entry.Name(), content)
		a.byName[name] = asset{plain: content, gzipped: compressed(content), contentType: contentTypes[path.Ext(name)]}
		a.urls[entry.Name()] = Prefix + name
	}
	return a
})

func hashed(name string, content []byte) string {
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
}

func compressed(content []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level exists
	_, _ = w.Write(content)                               // a Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// URL returns the path of a file, for example /static/app.0a1b2c3d4e5f.css for
// app.css. It panics for a file that does not exist: only templates name them.
func URL(name string) string {
	url, ok := load().urls[name]
	if !ok {
		panic("static: no file " + name)
	}
	return url
}

// Find returns the content of a hashed name, compressed when accepted allows
// gzip, and the headers to send with it. It reports false for any other name.
func Find(name, accepted string, header http.Header) ([]byte, bool) {
	a, ok := load().byName[name]
	if !ok {
		return nil, false
	}
	header.Set("Content-Type", a.contentType)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("Vary", "Accept-Encoding")
	if !takesGzip(accepted) {
		return a.plain, true
	}
	header.Set("Content-Encoding", "gzip")
	return a.gzipped, true
}

// takesGzip reads an Accept-Encoding header. A weight of zero means no.
func takesGzip(accepted string) bool {
	for coding := range strings.SplitSeq(accepted, ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			weight = strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			return strings.Trim(weight, "0.") != "" || weight == ""
		}
	}
	return false
}
