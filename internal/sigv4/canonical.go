package sigv4

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest is the text that stands for a request: its method, path,
// query, the headers with the given names, those names and the hash of the body,
// in hexadecimal.
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

// canonicalPath takes a path as it stands in the request, so that what the client
// escaped is escaped twice. "." and "..", and slashes that follow a slash, go.
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

// canonicalQuery escapes every name and value anew, and sorts by both.
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

// escape leaves what RFC 3986 calls unreserved, and escapes every other byte.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// headerOf is the value to sign of a header. net/http keeps Host elsewhere, and
// may keep the length only as a number. A header that was not sent is empty.
func headerOf(r *http.Request, name string) string {
	if name == "host" {
		return trim(r.Host)
	}
	if name == "content-length" && r.Header.Values(name) == nil {
		return strconv.FormatInt(r.ContentLength, 10)
	}
	return headerValue(r.Header, name)
}

// headerValue is a header's value without needless spaces. What was sent repeatedly is
// joined with commas.
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

// trim takes the space around a value away, and makes each run of spaces in it
// one space.
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
