package load

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/text"
)

// frontLines writes diagnostics as "file:line:col: code: message (hint)".
func frontLines(ds text.Diagnostics) string {
	var lines []string
	for i := range ds {
		d := &ds[i]
		line := d.Code + ": " + d.Message
		if d.Hint != "" {
			line += " (" + d.Hint + ")"
		}
		if d.Pos.IsValid() {
			n, col := d.Pos.Line()
			line = fmt.Sprintf("%s:%d:%d: %s", d.Pos.Src.Name, n, col, line)
		} else if d.File != "" {
			line = d.File + ": " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func frontParse(t testing.TB, name, document string) *text.Node {
	t.Helper()
	root, ds := text.Parse(&text.Source{Name: name, Data: []byte(document)})
	if len(ds) > 0 {
		t.Fatal(frontLines(ds))
	}
	return root
}
