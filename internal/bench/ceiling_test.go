package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// constants returns the text constants of package db by name. A constant that
// is put together from others counts with its parts filled in.
func constants(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, file := range []string{"channel.go", "idempotency.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), "../../db/"+file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				for i, name := range spec.Names {
					texts[name.Name] = textOf(spec.Values[i], texts)
				}
			}
			return true
		})
	}
	return texts
}

func textOf(e ast.Expr, known map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text
	case *ast.Ident:
		return known[e.Name]
	case *ast.BinaryExpr:
		return textOf(e.X, known) + textOf(e.Y, known)
	}
	return ""
}

func TestCeilingRunsTheStatementsOfACreation(t *testing.T) {
	ours := constants(t)
	for name, text := range map[string]string{"insertRequest": insertRequest, "channelHost": channelHost, "insertChannel": insertChannel} {
		if ours[name] != text {
			t.Errorf("%s is\n%s\nand in package db\n%s", name, text, ours[name])
		}
	}
}

func TestCeilingIsUnderAHundredLines(t *testing.T) {
	text, err := os.ReadFile("ceiling.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n >= 100 {
		t.Errorf("%d lines", n)
	}
}
