package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"callbook/internal/docs"
)

// root is the folder of the repository, from this folder.
const root = "../.."

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// documents are all that is written for readers, by paths in the repository.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"README.md", "cmd/bench/README.md", ".github/SECURITY.md", ".github/CONTRIBUTING.md"} {
		all[name] = read(t, name)
	}
	for _, topic := range topics() {
		name := "internal/docs/" + topic.Path + ".md"
		all[name] = read(t, name)
	}
	return all
}

func topics() []docs.Topic {
	var all []docs.Topic
	for _, g := range docs.Groups() {
		all = append(all, g.Topics...)
	}
	return all
}

func TestEveryFileIsATopic(t *testing.T) {
	names := map[string]bool{}
	var listed []string
	for _, topic := range topics() {
		if names[topic.Name] || !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(topic.Name) {
			t.Errorf("the name %q is there twice, or is not safe in a URL", topic.Name)
		}
		names[topic.Name] = true
		listed = append(listed, topic.Path+".md")
		if topic.Title == "" || strings.ContainsAny(topic.Title, "\n#") {
			t.Errorf("%s: the title is %q", topic.Path, topic.Title)
		}
		if n := len(topic.Summary); n < 20 || n > 110 || strings.ContainsAny(topic.Summary, "\n[`") || !strings.HasSuffix(topic.Summary, ".") {
			t.Errorf("%s: the summary is no sentence in one line: %q", topic.Path, topic.Summary)
		}
	}
	var files []string
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(name, ".md") {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(listed)
	slices.Sort(files)
	if !slices.Equal(listed, files) {
		t.Errorf("listed are %v\nthe files are %v", listed, files)
	}
}

func TestTopicIsFoundByItsNameAndItsPath(t *testing.T) {
	for _, name := range []string{"backup", "operate/backup"} {
		if topic, ok := docs.Find(name); !ok || topic.Path != "operate/backup" || !strings.HasPrefix(topic.Text, "# Backup") {
			t.Errorf("%s finds %q, %v", name, topic.Path, ok)
		}
	}
	for _, name := range []string{"", "nothing", "operate", "backup.md", "../operate/backup"} {
		if topic, ok := docs.Find(name); ok {
			t.Errorf("%q finds %s", name, topic.Path)
		}
	}
}

// Two screens: what is not a table or an example.
func TestTopicsAreShort(t *testing.T) {
	for _, topic := range topics() {
		prose, code := 0, false
		for line := range strings.Lines(topic.Text) {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				code = !code
			}
			if !code && !strings.HasPrefix(line, "|") {
				prose++
			}
		}
		if prose > 90 && topic.Name != "changelog" { // which grows with each change
			t.Errorf("%s has %d lines", topic.Path, prose)
		}
	}
}

func TestReadmeIsShortAndLeadsToEveryTopic(t *testing.T) {
	readme := read(t, "README.md")
	if n := strings.Count(readme, "\n"); n > 180 {
		t.Errorf("it has %d lines, want at most 180", n)
	}
	for _, topic := range topics() {
		if !strings.Contains(readme, "](internal/docs/"+topic.Path+".md)") {
			t.Errorf("it does not lead to %s", topic.Path)
		}
	}
	for _, text := range []string{"\nmake run ", "\nmake test ", "serve --demo", "What works", "What does not work yet", "Map of the code",
		"No licence has been chosen yet", "Not affiliated with Amazon Web Services.", "How do I add a page?", "How do I run it behind nginx?", "What differs from AWS?"} {
		if !strings.Contains(readme, text) {
			t.Errorf("it does not say %q", text)
		}
	}
}

// link is a link in Markdown, outside of code.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	all := documents(t)
	for name, text := range all {
		for _, m := range link.FindAllStringSubmatch(withoutCode(text), -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			file, fragment, _ := strings.Cut(m[1], "#")
			to := path.Join(path.Dir(name), file)
			if file == "" {
				to = name
			}
			if strings.HasPrefix(name, "internal/docs/") && !strings.HasPrefix(to, "internal/docs/") {
				t.Errorf("%s leads to %s, which the pages at /help do not have", name, to)
			}
			if all[to] == "" {
				t.Errorf("%s leads to %s, which is no document", name, to)
			}
			if fragment != "" && !strings.Contains(docs.HTML(topicOf(t, to)), `id="`+fragment+`"`) {
				t.Errorf("%s leads to %s, which has no heading %s", name, to, fragment)
			}
		}
	}
}

func topicOf(t *testing.T, file string) docs.Topic {
	t.Helper()
	topic, ok := docs.Find(strings.TrimSuffix(strings.TrimPrefix(file, "internal/docs/"), ".md"))
	if !ok {
		t.Fatalf("%s is no topic", file)
	}
	return topic
}

var (
	fence  = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	inline = regexp.MustCompile("`([^`\n]+)`")
	ours   = regexp.MustCompile(`^(cmd|web|handlers|views|db|static|internal|\.github|\.ci)(/[\w.-]+)*/?$`)
)

func withoutCode(text string) string {
	return inline.ReplaceAllString(fence.ReplaceAllString(text, ""), "")
}

// TestEveryPathExists looks at what is quoted within a sentence, and at the first
// word of each line of a map.
func TestEveryPathExists(t *testing.T) {
	for name, text := range documents(t) {
		var paths []string
		for _, m := range inline.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			paths = append(paths, m[1])
		}
		for _, block := range fence.FindAllString(text, -1) {
			for line := range strings.Lines(block) {
				first, rest, _ := strings.Cut(line, " ")
				if strings.HasPrefix(rest, " ") || strings.HasPrefix(first, "internal/") {
					paths = append(paths, first)
				}
			}
		}
		for _, p := range paths {
			if _, err := os.Stat(filepath.Join(root, p)); ours.MatchString(p) && err != nil {
				t.Errorf("%s names %s, which is not there", name, p)
			}
		}
	}
}

func TestEveryMakeTargetIsDocumented(t *testing.T) {
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z0-9-]+):.*## `).FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets[m[1]] = true
	}
	tests := read(t, "internal/docs/develop/tests.md")
	for target := range targets {
		if !strings.Contains(tests, "\n| `make "+target+"` | ") {
			t.Errorf("the topic tests does not say what make %s does", target)
		}
	}
	called := regexp.MustCompile("(?m)(?:^|`|&& )make ([a-z0-9-]+)")
	for name, text := range documents(t) {
		for _, m := range called.FindAllStringSubmatch(text, -1) {
			if !targets[m[1]] {
				t.Errorf("%s names make %s, which is not there", name, m[1])
			}
		}
	}
}

func TestTopicsAreRenderedForTheSite(t *testing.T) {
	for _, topic := range topics() {
		page := docs.HTML(topic)
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Find("h1").Text(); doc.Find("h1").Length() != 1 || got != topic.Title {
			t.Errorf("%s: the heading is %q, want %q", topic.Path, got, topic.Title)
		}
		if n := doc.Find("[style], style, script, img").Length(); n > 0 || strings.Contains(page, "<!--") {
			t.Errorf("%s: %d elements that the policy refuses, or a comment", topic.Path, n)
		}
		for _, a := range doc.Find("a").EachIter() {
			to := a.AttrOr("href", "")
			name, _, _ := strings.Cut(strings.TrimPrefix(to, docs.Prefix), "#")
			if found, ok := docs.Find(name); !strings.HasPrefix(to, "https://") && (!ok || found.Name != name) {
				t.Errorf("%s: the link %q leads to %q", topic.Path, a.Text(), to)
			}
		}
		for _, block := range doc.Find("table, pre").EachIter() {
			if block.Closest("[tabindex]").Length() == 0 {
				t.Errorf("%s: the keyboard does not reach a block that scrolls", topic.Path)
			}
		}
		for _, h := range doc.Find("h2, h3").EachIter() {
			if h.AttrOr("id", "") == "" {
				t.Errorf("%s: the heading %q has no id", topic.Path, h.Text())
			}
		}
	}
}
