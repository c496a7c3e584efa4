package golang

import "github.com/wsgen/wsgen/internal/emit"

// file is a Go file that is being printed.
type file struct {
	*generator
	b       *emit.Buffer
	imports imports // those that the code has needed so far
}

func (g *generator) newFile(needed imports) *file {
	return &file{generator: g, b: newBuffer(), imports: needed}
}

// use writes a type and notes what it needs.
func (f *file) use(t goType) string {
	f.imports |= t.imports
	return t.text
}

// bytes returns the whole file: header, package clause, imports, std among them, and what
// was printed. An empty file imports nothing.
func (f *file) bytes(doc string, std ...string) []byte {
	head := newBuffer()
	head.Raw(header)
	head.Line()
	comment(head, doc)
	head.Line("package ", f.opt.Package)
	if f.b.Len() > 0 {
		head.Line()
		writeImports(head, f.imports, f.importPath(), std...)
		head.Blank()
		head.Append(f.b)
	}
	return head.Bytes()
}

// writeImports prints what a file imports: the standard library, then the runtime.
func writeImports(b *emit.Buffer, set imports, runtime string, std ...string) {
	for _, known := range []struct {
		bit  imports
		path string
	}{{importJSON, "encoding/json"}, {importIter, "iter"}, {importBig, "math/big"}, {importTime, "time"}} {
		if set&known.bit != 0 {
			std = append(std, known.path)
		}
	}
	usesRuntime := set&importRPC != 0
	switch {
	case len(std) == 0 && !usesRuntime:
		return
	case len(std) == 0:
		b.Line("import ", quote(runtime))
	case len(std) == 1 && !usesRuntime:
		b.Line("import ", quote(std[0]))
	default:
		b.Block("import (", func() {
			for _, path := range std {
				b.Line(quote(path))
			}
			if usesRuntime {
				b.Line()
				b.Line(quote(runtime))
			}
		}, ")")
	}
}
