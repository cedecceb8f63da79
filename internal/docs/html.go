package docs

import (
	"bytes"
	"path"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Prefix is the path under which the pages of the topics are served.
const Prefix = "/help/"

// HTML returns a topic's page, rendered without inline styles and scripts. It is
// rendered once. Tables and blocks of code scroll within themselves.
func HTML(t Topic) string { return rendered()[t.Path] }

var rendered = sync.OnceValue(func() map[string]string {
	// Raw HTML stays off, and the alignment of a table's cell is an attribute: the
	// content security policy refuses a style.
	table := extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))
	pages := map[string]string{}
	for _, g := range Groups() {
		for _, t := range g.Topics {
			links := parser.WithASTTransformers(util.Prioritized(relinker{t.Path}, 0))
			m := goldmark.New(goldmark.WithExtensions(table), goldmark.WithParserOptions(parser.WithAutoHeadingID(), links))
			var page bytes.Buffer
			if err := m.Convert([]byte(t.Text), &page); err != nil {
				panic(err) // a Buffer takes everything
			}
			pages[t.Path] = scrolling.Replace(page.String())
		}
	}
	return pages
})

// scrolling lets the keyboard reach what is wider than the page. The text of a
// document is escaped, so these are tags and nothing else.
var scrolling = strings.NewReplacer(
	"<pre>", `<pre tabindex="0">`,
	"<table>", `<div class="wide" role="group" aria-label="Table" tabindex="0"><table>`,
	"</table>", "</table></div>",
)

// relinker turns relative links between topics into paths of the site.
type relinker struct{ from string }

// Transform implements parser.ASTTransformer.
func (r relinker) Transform(document *ast.Document, _ text.Reader, _ parser.Context) {
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if link, ok := n.(*ast.Link); ok && entering {
			link.Destination = []byte(target(r.from, string(link.Destination)))
		}
		return ast.WalkContinue, nil
	})
}

// target returns where a link of the topic at a path leads on the site.
func target(from, destination string) string {
	file, fragment, found := strings.Cut(destination, "#")
	topic, ok := strings.CutSuffix(file, ".md")
	if !ok || strings.Contains(file, "://") {
		return destination
	}
	to := Prefix + path.Base(path.Join(path.Dir(from), topic))
	if found {
		to += "#" + fragment
	}
	return to
}
