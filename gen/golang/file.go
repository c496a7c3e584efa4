package golang

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/emit"
)

// file is a Go file that is being printed.
type file struct {
	*generator
	b       *emit.Buffer
	imports imports // those that the code has needed so far

	packages []string // those of other types, by import path
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
		f.writeImports(head, std...)
		head.Blank()
		head.Append(f.b)
	}
	return head.Bytes()
}

// writeImports prints what a file imports: the standard library, then the runtime and packages
// of other types.
func (f *file) writeImports(b *emit.Buffer, std ...string) {
	for _, known := range []struct {
		bit  imports
		path string
	}{{importJSON, "encoding/json"}, {importIter, "iter"}, {importBig, "math/big"}, {importTime, "time"}} {
		if f.imports&known.bit != 0 {
			std = append(std, known.path)
		}
	}
	var others []string
	if f.imports&importRPC != 0 {
		others = append(others, quote(f.importPath()))
	}
	for _, path := range f.packages {
		others = append(others, f.shared(path)+" "+quote(path))
	}
	slices.SortFunc(others, func(a, b string) int {
		return strings.Compare(a[strings.IndexByte(a, '"'):], b[strings.IndexByte(b, '"'):])
	})
	switch {
	case len(std)+len(others) == 0:
		return
	case len(std) == 0 && len(others) == 1:
		b.Line("import ", others[0])
	case len(others) == 0 && len(std) == 1:
		b.Line("import ", quote(std[0]))
	default:
		b.Block("import (", func() {
			for _, path := range std {
				b.Line(quote(path))
			}
			if len(std) > 0 && len(others) > 0 {
				b.Line()
			}
			for _, line := range others {
				b.Line(line)
			}
		}, ")")
	}
}
