package emit_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/toolchain"
)

// Every character that may stand in a literal as it is counts as prettier and as
// ruff count it.
func TestWidthIsTheFormatters(t *testing.T) {
	var chars []string
	for r := rune(0xa0); r <= unicode.MaxRune; r++ {
		if unicode.IsGraphic(r) && emit.Steady(r) {
			chars = append(chars, string(r))
		}
	}
	for tool, widths := range map[string][]int{"prettier": prettierWidths(t, chars), "ruff": ruffWidths(t, chars)} {
		for i, char := range chars {
			if got := emit.Width(char); got != widths[i] {
				t.Errorf("%U takes %d columns, %s counts %d", []rune(char)[0], got, tool, widths[i])
			}
		}
	}
}

// What joins its neighbours is not steady: a family is several people to ruff.
func TestWhatJoinsIsNotSteady(t *testing.T) {
	for _, text := range []string{"👨‍👩‍👧", "👍🏽", "1️⃣", "❤️"} {
		if !strings.ContainsFunc(text, func(r rune) bool { return !emit.Steady(r) }) {
			t.Errorf("all of %q is steady", text)
		}
	}
	if text := "注文 Größe 🎉 🇩🇪"; strings.ContainsFunc(text, func(r rune) bool { return !emit.Steady(r) }) || emit.Width(text) != 16 {
		t.Errorf("%q takes %d columns", text, emit.Width(text))
	}
}

func prettierWidths(t *testing.T, chars []string) []int {
	t.Helper()
	prettier := filepath.Join(toolchain.Root(t), ".tools", "node", "node_modules", "prettier", "index.mjs")
	script := `import { util } from "` + prettier + `";
process.stdin.setEncoding("utf8");
let text = "";
for await (const chunk of process.stdin) text += chunk;
console.log(JSON.stringify(JSON.parse(text).map((char) => util.getStringWidth(char))));`
	in, err := json.Marshal(chars)
	if err != nil {
		t.Fatal(err)
	}
	var widths []int
	if err := json.Unmarshal(output(t, in, "node", "--input-type=module", "-e", script), &widths); err != nil {
		t.Fatal(err)
	}
	return widths
}

// ruffWidths lets ruff format two calls for each character: the first fits on a
// line if the character takes one column or none, the second if it takes none.
func ruffWidths(t *testing.T, chars []string) []int {
	t.Helper()
	const lineWidth, repeated = 88, 20
	line := func(char string, columns int) string {
		pad := lineWidth - len(`f("", 1)`) - repeated*columns
		return `f("` + strings.Repeat(char, repeated) + strings.Repeat("a", pad) + `", 1)` + "\n"
	}
	var in bytes.Buffer
	for _, char := range chars {
		in.WriteString(line(char, 1) + line(char, 0))
	}
	ruff := filepath.Join(filepath.Dir(toolchain.Python(t, "3.13")), "ruff")
	out := output(t, in.Bytes(), ruff, "format", "--isolated", "-")
	var fits []bool
	for _, line := range strings.Split(string(out), "\n") {
		if strings.HasPrefix(line, "f(") {
			fits = append(fits, strings.HasSuffix(line, ")"))
		}
	}
	widths := make([]int, len(chars))
	for i := range chars {
		switch {
		case fits[2*i+1]:
		case fits[2*i]:
			widths[i] = 1
		default:
			widths[i] = 2
		}
	}
	return widths
}

func output(t *testing.T, in []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}
