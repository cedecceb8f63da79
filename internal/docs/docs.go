// Package docs holds the documentation, as Markdown files that are embedded in the
// program. The pages at /help and the command callbook help show the same text.
//
// A file is a topic. It begins with a heading, which is the title of the topic, and a
// paragraph of one sentence, which is its summary. Topics link to each other by
// relative paths, so that the links also work in a file browser.
package docs

import (
	"embed"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed changelog.md operate/*.md api/*.md develop/*.md
var files embed.FS

// Topic is one page of the documentation.
type Topic struct {
	Name    string // unique and safe in a URL: "backup"
	Path    string // of the file, without its extension: "operate/backup"
	Title   string
	Summary string // one sentence, plain text
	Text    string // the whole page in Markdown, the title included
}

// Group is the topics for one kind of reader.
type Group struct {
	Title  string
	Topics []Topic
}

// shelves are the topics in the order in which they are listed. A test holds them
// against the files.
var shelves = []struct {
	title  string
	topics []string
}{
	{"Operate", []string{"operate/install", "operate/settings", "operate/network", "operate/sign-in", "operate/wrong-passwords", "operate/messages", "operate/replies", "operate/monitoring",
		"operate/failures", "operate/backup", "operate/litestream", "operate/keys", "operate/audit", "operate/import-export", "operate/addresses", "operate/scale-out"}},
	{"Use the API", []string{"api/overview", "api/operations", "api/differences", "api/clients"}},
	{"Develop", []string{"develop/architecture", "develop/page", "develop/operation", "develop/parser", "develop/tests", "develop/glossary"}},
	{"Releases", []string{"changelog"}},
}

var groups = sync.OnceValue(func() []Group {
	all := make([]Group, len(shelves))
	for i, s := range shelves {
		all[i].Title = s.title
		for _, name := range s.topics {
			all[i].Topics = append(all[i].Topics, read(name))
		}
	}
	return all
})

// Groups returns every topic, in the order in which they are to be listed. The
// caller must not change what it gets.
func Groups() []Group { return groups() }

// Find returns the topic of a name, "backup", or of a path, "operate/backup".
func Find(name string) (Topic, bool) {
	for _, g := range Groups() {
		i := slices.IndexFunc(g.Topics, func(t Topic) bool { return t.Name == name || t.Path == name })
		if i >= 0 {
			return g.Topics[i], true
		}
	}
	return Topic{}, false
}

// read returns the topic in an embedded file.
func read(name string) Topic {
	content, err := files.ReadFile(name + ".md")
	if err != nil {
		panic(err) // a test reads every topic
	}
	text := withoutComments(string(content))
	title, rest, _ := strings.Cut(text, "\n\n")
	summary, _, _ := strings.Cut(rest, "\n\n")
	return Topic{Name: path.Base(name), Path: name, Title: strings.TrimPrefix(title, "# "), Summary: strings.TrimSpace(summary), Text: text}
}

// withoutComments leaves out the lines that mark a place in the file for a test.
func withoutComments(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "<!--") {
			b.WriteString(line)
		}
	}
	return b.String()
}
