package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Every n-th package is type-checked by mypy, which takes seconds; all are imported.
const mypyEach = 10

// tscAtOnce bounds the memory of one run of the compiler.
const tscAtOnce = 12

// packageNumber finds which package a compiler speaks of.
var packageNumber = regexp.MustCompile(`(?m)^(?:vet: |# corpus/|.*/)?\.*/?d(\d+)[/.\s]`)

// compile checks the packages of all outcomes, and notes those that do not compile. It returns
// what the compilers said.
func (w *workspace) compile(outcomes []*outcome) string {
	byNumber := map[int]*outcome{}
	var numbers []int
	for _, o := range outcomes {
		if o.generated() {
			byNumber[o.number] = o
			numbers = append(numbers, o.number)
		}
	}
	var said strings.Builder
	check := func(language string, out string, failed bool) {
		if !failed {
			return
		}
		fmt.Fprintf(&said, "%s:\n%s\n", language, out)
		for _, found := range packageNumber.FindAllStringSubmatch(out, -1) {
			n, _ := strconv.Atoi(found[1])
			if o := byNumber[n]; o != nil && !slices.Contains(o.invalid, language) {
				o.invalid = append(o.invalid, language)
			}
		}
	}
	out, failed := w.output("go", "go", "vet", "./...")
	check("Go", out, failed)
	for group := range slices.Chunk(numbers, tscAtOnce) {
		out, failed := w.tsc(group)
		check("TypeScript", out, failed)
	}
	out, failed = w.output("python", absolute(python()), append([]string{"-B", "-c", importEach}, names(numbers)...)...)
	check("Python", out, failed)
	args := []string{"--strict", "--cache-dir", "../mypy"}
	for i := 0; i < len(numbers); i += mypyEach {
		args = append(args, "-p", names(numbers)[i])
	}
	out, failed = w.output("python", filepath.Join(filepath.Dir(absolute(python())), "mypy"), args...)
	check("Python", out, failed)
	return said.String()
}

// importEach imports the packages that it is given, and says which cannot be.
const importEach = `
import importlib, sys, traceback
failed = False
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception:
        failed = True
        print(f"{name}/ {traceback.format_exc(limit=-2)}")
sys.exit(failed)
`

// names are those of packages.
func names(numbers []int) []string {
	list := make([]string, len(numbers))
	for i, n := range numbers {
		list[i] = fmt.Sprintf("d%d", n)
	}
	return list
}

// tsc compiles packages with the strictest settings.
func (w *workspace) tsc(numbers []int) (string, bool) {
	var files []string
	for _, n := range numbers {
		files = append(files, fmt.Sprintf("d%d/index.ts", n))
	}
	modules := filepath.Join(w.dir, "typescript", "node_modules")
	if err := os.Symlink(absolute(".tools/node/node_modules"), modules); err != nil && !os.IsExist(err) {
		return err.Error(), true
	}
	settings, err := json.Marshal(map[string]any{
		"files": files,
		"compilerOptions": map[string]any{
			"noEmit": true, "strict": true, "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true, "isolatedModules": true,
			"verbatimModuleSyntax": true, "skipLibCheck": true, "target": "es2022", "module": "nodenext",
		},
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(w.dir, "typescript", "tsconfig.json"), settings, 0o644)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(w.dir, "typescript", "package.json"), []byte(`{"type": "module"}`), 0o644)
	}
	if err != nil {
		return err.Error(), true
	}
	return w.output("typescript", "node", "--max-old-space-size=4096", filepath.Join(modules, "typescript", "bin", "tsc"), "-p", ".")
}

// output runs a command in a folder of the workspace.
func (w *workspace) output(folder, name string, args ...string) (out string, failed bool) {
	cmd := exec.Command(name, args...)
	cmd.Dir = filepath.Join(w.dir, folder)
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	data, err := cmd.CombinedOutput()
	if err != nil && len(data) == 0 {
		return err.Error(), true
	}
	return string(data), err != nil
}

func absolute(file string) string {
	abs, err := filepath.Abs(file)
	if err != nil {
		panic(err) // the working directory is gone
	}
	return abs
}
