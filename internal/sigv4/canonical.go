package sigv4

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest returns the canonical request: the method, path, query, the headers
// with the given names, those names, and the hexadecimal hash of the body.
func canonicalRequest(r *http.Request, query url.Values, names []string, bodyHash string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n")
	b.WriteString(canonicalPath(r.URL.EscapedPath()) + "\n")
	b.WriteString(canonicalQuery(query) + "\n")
	for _, name := range names {
		b.WriteString(name + ":" + headerOf(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(names, ";") + "\n")
	b.WriteString(bodyHash)
	return b.String()
}

// canonicalPath takes the path as sent, so that the client's escapes are escaped again.
// It resolves "." and ".." and merges repeated slashes.
func canonicalPath(escaped string) string {
	if escaped == "" || escaped == "/" {
		return "/"
	}
	clean := path.Clean("/" + escaped)
	if strings.HasSuffix(escaped, "/") && clean != "/" {
		clean += "/"
	}
	return strings.ReplaceAll(escape(clean), "%2F", "/")
}

// canonicalQuery escapes every name and value, and sorts by name and value.
func canonicalQuery(query url.Values) string {
	if len(query) == 0 {
		return ""
	}
	var pairs [][2]string
	for name, values := range query {
		for _, value := range values {
			pairs = append(pairs, [2]string{escape(name), escape(value)})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	var b strings.Builder
	for i, pair := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(pair[0] + "=" + pair[1])
	}
	return b.String()
}

// escape escapes every byte except the unreserved characters of RFC 3986.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// headerOf returns the value of a header as it is signed. net/http moves Host out of
// the headers, and may keep the length only as a number. A header that was not sent is
// empty.
func headerOf(r *http.Request, name string) string {
	if name == "host" {
		return trim(r.Host)
	}
	if name == "content-length" && r.Header.Values(name) == nil {
		return strconv.FormatInt(r.ContentLength, 10)
	}
	return headerValue(r.Header, name)
}

// headerValue returns a header's value without needless spaces. The values of a
// repeated header are joined with commas.
func headerValue(header http.Header, name string) string {
	values := header.Values(name)
	if len(values) == 1 {
		return trim(values[0])
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = trim(v)
	}
	return strings.Join(trimmed, ",")
}

// trim removes the spaces around a value, and replaces each run of spaces in it by one.
func trim(s string) string {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "  ") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] != ' ' || s[i-1] != ' ' { // s begins with no space
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
