package text

import (
	"sort"
	"sync"
	"unicode/utf8"
)

// Source is one document as it was read: its name and its bytes.
type Source struct {
	Name  string // as shown to people: a slash-separated path or "<stdin>"
	Data  []byte
	once  sync.Once
	lines []int32 // offset of each line's first byte; made on first use
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
	return n, utf8.RuneCount(p.Src.Data[start:p.clamped()]) + 1
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

func (s *Source) index() {
	s.once.Do(func() {
		s.lines = append(s.lines, 0)
		for i, c := range s.Data {
			if c == '\n' {
				s.lines = append(s.lines, int32(i+1))
			}
		}
	})
}
