package toolchain

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// compilers are the TypeScript versions that generated packages must pass: the
// last one written in JavaScript and the first native one.
var compilers = []string{"typescript", "typescript7"}

// CheckTypeScript checks generated TypeScript packages, each in a folder of its own:
// prettier changes nothing, and every compiler accepts them with their own tsconfig.json
// and with tools/tsconfig.strict.json.
func CheckTypeScript(t testing.TB, dirs ...string) {
	t.Helper()
	modules := tool(t, "node", "node_modules")
	ws := newWorkspace(t, dirs)
	if err := os.Symlink(modules, ws.path("node_modules")); err != nil {
		t.Fatal(err)
	}
	ws.run(t, command{
		title: "prettier --check",
		dir:   ws.dir,
		args: append([]string{"node", filepath.Join(modules, "prettier", "bin", "prettier.cjs"),
			"--check", "--no-config", "--no-editorconfig", "--log-level=warn"}, ws.names...),
	})
	projects := ws.projects(t)
	for _, compiler := range compilers {
		ws.run(t, command{
			title: compiler,
			dir:   ws.dir,
			args:  append([]string{"node", filepath.Join(modules, compiler, "bin", "tsc"), "--build", "--force", "--pretty", "false"}, projects...),
		})
	}
}

// projects writes a project of all packages with the strict settings, and one for each
// package with its own. A compiler checks them in one run, which reads the libraries once.
func (ws *workspace) projects(t testing.TB) (files []string) {
	t.Helper()
	add := func(file string, project map[string]any) {
		t.Helper()
		data, err := json.Marshal(project)
		if err != nil {
			t.Fatal(err)
		}
		ws.write(t, file, string(data))
		files = append(files, file)
	}
	add("tsconfig.json", map[string]any{
		"extends": filepath.Join(Root(t), "tools", "tsconfig.strict.json"),
		"include": ws.names,
	})
	for _, name := range ws.names {
		add(filepath.Join(name, "tsconfig.check.json"), map[string]any{
			"extends":         "./tsconfig.json",
			"compilerOptions": map[string]any{"noEmit": true, "skipLibCheck": true},
		})
	}
	return files
}
