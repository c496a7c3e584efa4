package python

import (
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/toolchain"
)

// TestLayoutIsRuffs prints many random declarations and lets ruff look for
// anything to change.
func TestLayoutIsRuffs(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	b := emit.New("    ", width)
	b.Line(`"""Made up."""`)
	for i := range 300 {
		b.Raw("\n\n")
		b.Line("class ", fmt.Sprintf("C%d", i), ":")
		b.Indent(func() {
			for range 6 {
				annotation := randomType(r, 0)
				name := strings.Repeat("x", 1+r.Intn(40))
				switch r.Intn(7) {
				case 0:
					writeAssignment(b, name, annotation, nil)
				case 1:
					v := call("Field", randomKeywords(r)...)
					writeAssignment(b, name, annotation, &v)
				case 2:
					v := atom(quote(strings.Repeat("v", r.Intn(60))))
					writeAssignment(b, name, annotation, &v)
				case 3:
					v := atom("TaskStatus." + strings.Repeat("V", 1+r.Intn(40)))
					writeAssignment(b, name, annotation, &v)
				case 4:
					v := listOf(randomStrings(r)...)
					writeAssignment(b, name, annotation, &v)
				default:
					v := atom([]string{"None", "True", "10", "0.5"}[r.Intn(4)])
					writeAssignment(b, name, annotation, &v)
				}
			}
			writeExpr(b, "y = ", randomType(r, 0), "")
			f := &file{body: b}
			b.Blank()
			f.writeSignature("async def "+strings.Repeat("f", 1+r.Intn(100)), []expr{
				atom("self"), entry("params", randomType(r, 2)), atom("**options: Unpack[CallOptions]"),
			}, randomType(r, 1))
			b.Indent(func() { writeDoc(b, "", "Doc.") })
			b.Blank()
			f.writeSignature("def "+strings.Repeat("f", 1+r.Intn(100)), []expr{atom("self")}, randomType(r, 1))
			b.Indent(func() { writeDoc(b, "", "Doc.") })
			b.Blank()
			f.writeSignature("def "+strings.Repeat("f", 1+r.Intn(100)), []expr{
				atom("self"), withDefault(entry("params", unionOf(atom(strings.Repeat("T", 1+r.Intn(90))), atom("None"))), "None"),
				atom("**options: Unpack[CallOptions]"),
			}, randomType(r, 1))
			b.Indent(func() {
				writeDoc(b, "Call.", strings.Repeat("word ", r.Intn(60)))
				writeExpr(b, "return ", call("self._rpc.call", atom(strings.Repeat("_", 1+r.Intn(60))), atom("params"), atom("**options")), "")
			})
		})
	}
	ruffFormats(t, b.Bytes())
}

func ruffFormats(t *testing.T, source []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sample.py")
	if err := os.WriteFile(path, source, 0o600); err != nil {
		t.Fatal(err)
	}
	ruff := filepath.Join(filepath.Dir(toolchain.Python(t, "3.13")), "ruff")
	config := filepath.Join(toolchain.Root(t), "tools", "ruff.toml")
	out, err := exec.Command(ruff, "format", "--no-cache", "--diff", "--config", config, path).CombinedOutput()
	if err != nil {
		t.Errorf("ruff format: %v\n%s", err, out)
	}
}

func randomType(r *rand.Rand, depth int) expr {
	word := func() expr { return atom("T" + strings.Repeat("y", r.Intn(24))) }
	if depth > 2 {
		return word()
	}
	switch r.Intn(8) {
	case 0:
		return subscript("list", randomType(r, depth+1))
	case 1:
		return subscript("dict", atom("str"), randomType(r, depth+1))
	case 2:
		return unionOf(randomType(r, depth+1), randomType(r, depth+1), atom("None"))
	case 3:
		return subscript("Literal", randomStrings(r)...)
	case 4:
		return subscript("Annotated", randomType(r, depth+1), call("Field", randomKeywords(r)...))
	case 5:
		return subscript("Annotated", unionOf(word(), word(), word()), call("_ByTag", atom(`"kind"`), dictOf(entry(`"a"`, word()), entry(`"b"`, word()))))
	}
	return word()
}

func randomStrings(r *rand.Rand) []expr {
	items := make([]expr, 1+r.Intn(5))
	for i := range items {
		items[i] = atom(quote(strings.Repeat(string(rune('a'+i)), 1+r.Intn(20))))
	}
	return items
}

func randomKeywords(r *rand.Rand) []expr {
	items := make([]expr, 1+r.Intn(4))
	for i := range items {
		items[i] = keyword([]string{"default", "ge", "pattern", "validation_alias"}[i], atom(quote(strings.Repeat("k", r.Intn(30)))))
	}
	return items
}

// TestImportsAreRuffs sorts many random names as imports and as __all__.
func TestImportsAreRuffs(t *testing.T) {
	r := rand.New(rand.NewSource(9))
	const letters = "aAbBzZ_019éÉßЖж注"
	f := (&printer{}).newFile()
	var all []string
	for _, module := range []string{".", ".a", ".models", "._b", "._b.c"} {
		for range 60 {
			name := []rune("xX_"[r.Intn(3):][:1])
			for range 1 + r.Intn(6) {
				name = append(name, []rune(letters)[r.Intn(len([]rune(letters)))])
			}
			f.use(module, string(name))
			all = append(all, string(name))
		}
	}
	slices.Sort(all)
	f.writeAll(slices.Compact(all))
	path := filepath.Join(t.TempDir(), "imports.py")
	if err := os.WriteFile(path, f.bytes("Made up."), 0o600); err != nil {
		t.Fatal(err)
	}
	ruff := filepath.Join(filepath.Dir(toolchain.Python(t, "3.13")), "ruff")
	cmd := exec.Command(ruff, "check", "--isolated", "--no-cache", "--diff", "--select", "I001,RUF022", "--unsafe-fixes", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("ruff: %v\n%s", err, out)
	}
}
