package emit

import (
	"bytes"
	"strings"
	"testing"
)

// The output does not depend on where one chunk ends and the next begins.
func TestChunks(t *testing.T) {
	b, want := New("  ", 80), &bytes.Buffer{}
	for n := 1; n < 3000; n++ {
		line := strings.Repeat("x", n%700)
		b.Line(line)
		b.Blank()
		b.Blank()
		want.WriteString(line + "\n")
		if line != "" {
			want.WriteString("\n")
		}
	}
	other := New("  ", 80)
	other.Line()
	b.Append(other)
	b.Blank()
	b.Raw("end")
	want.WriteString("\nend")
	if got := b.Bytes(); !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%d bytes instead of %d, or others", len(got), want.Len())
	}
}
