package golang

import (
	"go/format"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

func FuzzQuote(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := quote(s)
		if got, err := strconv.Unquote(q); err != nil || got != s {
			t.Fatalf("%q is written as %s, which is %q, %v", s, q, got, err)
		}
		for _, r := range q {
			if r != ' ' && !unicode.IsPrint(r) {
				t.Fatalf("%q is written with %U", s, r)
			}
		}
	})
}

func FuzzComment(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := newBuffer()
		b.Line("package p")
		b.Line()
		comment(b, "T: "+s)
		b.Block("type T struct {", func() {
			aligned(b, []column{{doc: s, cells: []string{"A", "int"}}, {cells: []string{"Long", "string"}}})
		}, "}")
		source := string(b.Bytes())
		formatted, err := format.Source(b.Bytes())
		if err != nil {
			t.Fatalf("%q: %v\n%s", s, err, source)
		}
		if string(formatted) != source {
			t.Fatalf("gofmt changes the comment of %q\n%s\nto\n%s", s, source, formatted)
		}
		file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ParseComments)
		if err != nil || len(file.Decls) != 1 {
			t.Fatalf("%q ends its comment: %v\n%s", s, err, source)
		}
		for _, r := range source {
			if r != '\n' && r != '\t' && r != ' ' && !unicode.IsPrint(r) {
				t.Fatalf("%q is shown with %U", s, r)
			}
		}
	})
}

// hostileTexts are what documents should not hold, and do.
var hostileTexts = []string{
	"", " ", "*/", "`", "\"", "\\", "''", "``", "```", "\n", "\r\n", "\x00", "\u2028", "\u202e", "\ufeff", "\xff", "a\tb",
	"func init() { panic(1) }\n//go:build ignore\n//line x.go:1\n// +build ignore", "# Heading", "A Heading\n\nText",
	"text\n\nHeading Like\n\ntext", "- a\n- b\n  more\n\n- c", "1. one\n2. two", "    code\n\n    more\n- item", "- item\n\n    code",
	"```go\nx := 1\n\n\ty\n```\n- after", "| a | b |\n|---|---|", "[link]: http://example.com", "[link]:x\n[b]: y", "Deprecated: no",
	"é 漢字 😀", strings.Repeat("word ", 60), strings.Repeat("x", 300), "//", "/*", "+ plus\n* star", "text\n\tindented\n\n\tcode", "//go:embed x",
	"text\n\n# Heading\n\n## Another ##\ntext\n\n# +build x\n\n# \n", "A\n===\n\ntext\n\nB\n---\n- a\n\n### C", "text\n\n# `x` ''y''\n    code",
}
