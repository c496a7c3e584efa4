package python

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/toolchain"
	"github.com/wsgen/wsgen/schema/load"
)

// kinds generates the package of testdata/kinds, beside the programs there.
func kinds(t *testing.T) (dir string) {
	t.Helper()
	model, diags := load.Load(load.Options{AsyncAPI: "testdata/kinds/api.yaml", Read: os.ReadFile})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	files, diags := Generate(plan.New(model), gen.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	dir = filepath.Dir(written(t, files))
	for _, name := range []string{"values.py", "narrowing.py"} {
		data, err := os.ReadFile(filepath.Join("testdata", "kinds", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPackagesAreClean(t *testing.T) {
	toolchain.CheckPython(t, filepath.Join(kinds(t), "python"), hostilePackage(t))
}

func TestKindsOfValues(t *testing.T) {
	dir := kinds(t)
	for _, version := range []string{"3.10", "3.13"} {
		cmd := exec.Command(toolchain.Python(t, version), "-B", "-W", "error", "values.py")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("Python %s: %v\n%s", version, err, out)
		}
	}
}

// Type checkers narrow by tags, members of enums and classes, and see what is left.
func TestNarrowing(t *testing.T) {
	dir := kinds(t)
	want := markedLines(t, filepath.Join(dir, "narrowing.py"))
	mypy, err := toolchain.Mypy("3.10")
	if err != nil {
		t.Fatal(err)
	}
	mypy = append(mypy, "narrowing.py")
	config := `{"typeCheckingMode": "strict", "pythonVersion": "3.10", "include": ["narrowing.py"], "venvPath": "` +
		filepath.Join(toolchain.Root(t), ".tools") + `", "venv": "py310"}`
	if err := os.WriteFile(filepath.Join(dir, "pyrightconfig.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	pyright := exec.Command("node", filepath.Join(toolchain.Root(t), ".tools", "node", "node_modules", "pyright", "index.js"), "-p", dir)
	for name, cmd := range map[string]*exec.Cmd{"mypy": exec.Command(mypy[0], mypy[1:]...), "pyright": pyright} {
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput() // there are findings
		if got := linesOf(string(out)); !slices.Equal(got, want) {
			t.Errorf("%s finds errors in lines %v, want %v:\n%s", name, got, want, out)
		}
	}
}

var finding = regexp.MustCompile(`narrowing\.py:(\d+)[^\n]*error`)

// linesOf returns the lines that a type checker finds errors in, each once.
func linesOf(output string) []int {
	var lines []int
	for _, match := range finding.FindAllStringSubmatch(output, -1) {
		n, _ := strconv.Atoi(match[1])
		lines = append(lines, n)
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func markedLines(t *testing.T, path string) []int {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var lines []int
	scan := bufio.NewScanner(file)
	for n := 1; scan.Scan(); n++ {
		if strings.Contains(scan.Text(), "  # error") {
			lines = append(lines, n)
		}
	}
	return lines
}
