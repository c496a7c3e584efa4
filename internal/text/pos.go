package text

import (
	"sort"
	"sync"
	"unicode/utf8"
)

// Source is one document as it was read: its name and its bytes.
type Source struct {
	Name   string // as shown to people: a slash-separated path or "<stdin>"
	Data   []byte
	hidden bool // no line of it is shown: it is not a document
	once   sync.Once
	lines  []int32 // offset of each line's first byte; made on first use
	counts []int32 // characters before each block of countBlock bytes
}

// Pos is a place in a document. The zero Pos means no place.
type Pos struct {
	Src *Source
	Off int32 // byte offset of the first byte
	Len int32 // bytes to underline; 0 underlines one character
}

// IsValid tells whether p is a place in a document.
func (p Pos) IsValid() bool { return p.Src != nil }

// Line returns the 1-based line of p, and the 1-based column counted in
// characters (Unicode code points).
func (p Pos) Line() (line, col int) {
	if p.Src == nil {
		return 0, 0
	}
	start, n := p.Src.lineStart(int(p.Off))
	return n, p.Src.characters(p.clamped()) - p.Src.characters(start) + 1
}

func (p Pos) clamped() int { return min(int(p.Off), len(p.Src.Data)) }

// Before orders positions by file name, then by offset.
func (p Pos) Before(q Pos) bool {
	if p.Src != q.Src {
		return p.Src != nil && (q.Src == nil || p.Src.Name < q.Src.Name)
	}
	return p.Off < q.Off
}

// lineStart returns the offset of the line that holds off, and its 1-based number.
func (s *Source) lineStart(off int) (start, line int) {
	s.index()
	i := sort.Search(len(s.lines), func(i int) bool { return int(s.lines[i]) > off }) - 1
	return int(s.lines[i]), i + 1
}

// lineEnd returns the offset behind the last character of a 1-based line, its line break
// not counted. It does not search: a document may be one long line with many problems.
func (s *Source) lineEnd(line int) int {
	s.index()
	if line == len(s.lines) {
		return len(s.Data)
	}
	return int(s.lines[line]) - 1
}

// countBlock is small enough to count its characters each time, which makes columns
// cheap in a document that is one long line.
const countBlock = 1024

// characters is how many characters begin before off, once the index is made.
func (s *Source) characters(off int) int {
	block := off / countBlock
	return int(s.counts[block]) + charactersIn(s.Data[block*countBlock:off])
}

func charactersIn(data []byte) (n int) {
	for _, c := range data {
		if utf8.RuneStart(c) {
			n++
		}
	}
	return n
}

func (s *Source) index() {
	s.once.Do(func() {
		s.lines, s.counts = append(s.lines, 0), append(s.counts, 0)
		for start := 0; start < len(s.Data); start += countBlock {
			block := s.Data[start:min(start+countBlock, len(s.Data))]
			s.counts = append(s.counts, s.counts[len(s.counts)-1]+int32(charactersIn(block)))
			for i, c := range block {
				if c == '\n' {
					s.lines = append(s.lines, int32(start+i+1))
				}
			}
		}
	})
}
