package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// language is one of the programs.
type language struct {
	name string
	// build makes the program ready and returns the command that starts it.
	build func(t *testing.T) []string
}

var languages = []language{
	{name: "python-3.10", build: pythonBuilder("3.10")},
	{name: "python-3.13", build: pythonBuilder("3.13")},
	{name: "typescript", build: buildTypeScript},
	{name: "go", build: buildGo},
}

// pythonBuilder has nothing to build. What is never awaited, closed or looked at
// shows in development mode, and every warning is an error.
func pythonBuilder(version string) func(t *testing.T) []string {
	return func(t *testing.T) []string {
		main, err := filepath.Abs(filepath.Join("python", "main.py"))
		if err != nil {
			t.Fatal(err)
		}
		return []string{toolchain.Python(t, version), "-B", "-X", "dev", "-W", "error", main}
	}
}

// buildTypeScript compiles the program together with its client.
func buildTypeScript(t *testing.T) []string {
	out := t.TempDir()
	modules := filepath.Join(toolchain.Root(t), ".tools", "node", "node_modules")
	if err := os.Symlink(modules, filepath.Join(out, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(out, "package.json"), []byte(`{"type":"module"}`), 0o666); err != nil {
		t.Fatal(err)
	}
	run(t, "typescript", "node", filepath.Join(modules, "typescript", "bin", "tsc"),
		"--pretty", "false", "--noEmit", "false", "--outDir", out)
	return []string{"node", filepath.Join(out, "tests", "e2e", "typescript", "main.js")}
}

func buildGo(t *testing.T) []string {
	program := filepath.Join(t.TempDir(), "e2e")
	run(t, "go", "go", "build", "-o", program, ".")
	return []string{program}
}

// run runs a tool to its end.
func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
