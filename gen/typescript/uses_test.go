package typescript_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/toolchain"
	"github.com/wsgen/wsgen/schema/load"
)

// TestUses compiles a program that uses the client of testdata/uses/api.yaml in every
// way that must be accepted, and in some that must not, with both compilers, and
// runs it.
func TestUses(t *testing.T) {
	files, diags := typescript.Generate(usesAPI(t), gen.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	dir := t.TempDir()
	writeAll(t, filepath.Join(dir, "client"), files)
	modules := linkModules(t, dir)
	program, err := os.ReadFile("testdata/uses/uses.ts")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "uses.ts"), program)
	write(t, filepath.Join(dir, "package.json"), []byte(`{"type": "module"}`))
	project, err := json.Marshal(map[string]any{
		"extends":         filepath.Join(toolchain.Root(t), "tools", "tsconfig.strict.json"),
		"compilerOptions": map[string]any{"noEmit": false, "outDir": "out"},
		"files":           []string{"uses.ts"},
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "tsconfig.json"), project)
	for _, compiler := range []string{"typescript7", "typescript"} {
		run(t, dir, "node", filepath.Join(modules, compiler, "bin", "tsc"), "--pretty", "false")
	}
	run(t, dir, "node", "out/uses.js")
}

func usesAPI(t *testing.T) *plan.Plan {
	t.Helper()
	m, diags := load.Load(load.Options{AsyncAPI: "testdata/uses/api.yaml", Read: os.ReadFile})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return plan.New(m)
}
