// Package emit prints source code that needs no formatter afterwards. It takes care
// of indentation, blocks and line width; it is independent of any language.
package emit

import (
	"slices"
	"strings"
)

// Buffer collects lines of source code.
type Buffer struct {
	full   [][]byte // chunks that are full; Bytes joins all of them
	buf    []byte   // the chunk that is printed to
	unit   string   // one level of indentation
	width  int      // characters that fit on a line
	tab    int      // columns that unit counts for
	prefix string   // current indentation
}

// New returns an empty Buffer. A tab in indent counts for tab columns.
func New(indent string, width int) *Buffer {
	return &Buffer{unit: indent, width: width, tab: len(strings.ReplaceAll(indent, "\t", "    ")), buf: make([]byte, 0, 4096)}
}

// Bytes returns what was printed.
func (b *Buffer) Bytes() []byte { return slices.Concat(append(slices.Clip(b.full), b.buf)...) }

// Len returns how many bytes were printed.
func (b *Buffer) Len() int {
	n := len(b.buf)
	for _, chunk := range b.full {
		n += len(chunk)
	}
	return n
}

// maxChunk is the size of the largest chunk; up to there, each is twice as large as
// the one before.
const maxChunk = 1 << 20

// reserve makes sure that n bytes fit into the current chunk.
func (b *Buffer) reserve(n int) {
	if len(b.buf)+n <= cap(b.buf) {
		return
	}
	size := max(n, min(2*cap(b.buf), maxChunk))
	if len(b.buf) > 0 {
		b.full = append(b.full, b.buf)
	}
	b.buf = make([]byte, 0, size)
}

// Line prints the parts as one indented line; without parts it prints an empty line.
func (b *Buffer) Line(parts ...string) {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b.reserve(len(b.prefix) + n + 1)
	if n > 0 {
		b.buf = append(b.buf, b.prefix...)
		for _, p := range parts {
			b.buf = append(b.buf, p...)
		}
	}
	b.buf = append(b.buf, '\n')
}

// Blank prints an empty line, unless the last line is empty or there is none.
func (b *Buffer) Blank() {
	end := b.buf
	for i := len(b.full) - 1; i >= 0 && len(end) < 2; i-- {
		end = slices.Concat(b.full[i][max(0, len(b.full[i])-2):], end)
	}
	if n := len(end); n > 0 && (n < 2 || end[n-2] != '\n') {
		b.Line()
	}
}

// Raw prints text without indentation, and without a line feed at its end.
func (b *Buffer) Raw(text string) {
	b.reserve(len(text))
	b.buf = append(b.buf, text...)
}

// Append prints the content of another buffer, which must not be used afterwards.
func (b *Buffer) Append(other *Buffer) {
	b.full = append(append(append(b.full, b.buf), other.full...), other.buf)
	b.buf = nil
}

// Indent runs body with one more level of indentation.
func (b *Buffer) Indent(body func()) {
	old := b.prefix
	b.prefix += b.unit
	body()
	b.prefix = old
}

// SetIndent indents as another buffer does: what is printed can be appended to it.
func (b *Buffer) SetIndent(other *Buffer) { b.prefix = other.prefix }

// Block prints the line open, then body with one more level of indentation, then the
// line closing.
func (b *Buffer) Block(open string, body func(), closing string) {
	b.Line(open)
	b.Indent(body)
	b.Line(closing)
}

// Room returns how many columns are left on a line after the current indentation.
func (b *Buffer) Room() int {
	if b.unit == "" {
		return b.width
	}
	return b.width - len(b.prefix)/len(b.unit)*b.tab
}

// Fits tells whether text fits on a line of its own at the current indentation.
func (b *Buffer) Fits(text string) bool { return Width(text) <= b.Room() }
