package packaging

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/python"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/clienttest"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/internal/toolchain"
)

// The Go package's README is compiled by gen/golang, the others here.
func TestReadmes(t *testing.T) {
	t.Parallel()
	for _, api := range []string{"tasks", "types"} {
		manifest := filepath.Join(toolchain.Root(t), "fixtures", api, "api.yaml")
		t.Run(api+"/python", func(t *testing.T) {
			dir := t.TempDir()
			copyTree(t, client(t, manifest, python.Generate, "python"), filepath.Join(dir, "opensdk", "python"))
			mypy := []string{toolchain.Python(t, "3.10"), "-m", "mypy", "--strict",
				"--cache-dir", filepath.Join(toolchain.Root(t), ".tools", "cache", "mypy-"+api)}
			for i, code := range blocks(t, filepath.Join(dir, "opensdk", "python", "README.md"), "python") {
				name := fmt.Sprintf("block%d.py", i)
				write(t, filepath.Join(dir, name), code)
				mypy = append(mypy, name)
			}
			run(t, dir, nil, mypy...)
		})
		t.Run(api+"/typescript", func(t *testing.T) {
			dir := application(t, "readme")
			copyTree(t, client(t, manifest, everything, "typescript"), filepath.Join(dir, "client"))
			npmInstall(t, dir, tanStackQuery, "@opentelemetry/api@1.9.0")
			for language, name := range map[string]string{"ts": "program.ts", "tsx": "page.tsx"} {
				code := blocks(t, filepath.Join(dir, "client", "README.md"), language)
				write(t, filepath.Join(dir, name), strings.Join(code, "\n"))
			}
			compile(t, dir)
		})
	}
}

// everything generates the TypeScript package with all its modules.
func everything(p *plan.Plan, opt gen.Options) ([]gen.File, text.Diagnostics) {
	opt.React, opt.TanStackQuery = true, true
	return typescript.Generate(p, opt)
}

// client generates the client of an API in a language, and returns its folder.
func client(t *testing.T, manifest string, generate gen.Func, language string) string {
	t.Helper()
	api, err := clienttest.Load(manifest)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := clienttest.Write(dir, fstest.MapFS{}, api, generate); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "opensdk", language)
}

// commands returns the lines of a README's shell blocks.
func commands(t *testing.T, readme string) []string {
	t.Helper()
	all := strings.Join(blocks(t, readme, "sh"), "")
	return strings.Split(strings.TrimSuffix(all, "\n"), "\n")
}

// blocks returns the fenced blocks of a language in a README.
func blocks(t *testing.T, readme, language string) []string {
	t.Helper()
	var found []string
	for _, rest := range strings.Split(read(t, readme), "\n```"+language+"\n")[1:] {
		code, _, closed := strings.Cut(rest, "\n```")
		if !closed {
			t.Fatalf("%s: a block is not closed", readme)
		}
		found = append(found, code+"\n")
	}
	if len(found) == 0 {
		t.Fatalf("%s has no block of %s", readme, language)
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
