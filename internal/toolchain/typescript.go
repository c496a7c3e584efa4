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
	ws.write(t, "tsconfig.json", strictProject(t, ws.names))

	ws.run(t, command{
		title: "prettier --check",
		dir:   ws.dir,
		args: append([]string{"node", filepath.Join(modules, "prettier", "bin", "prettier.cjs"),
			"--check", "--no-config", "--no-editorconfig", "--log-level=warn"}, ws.names...),
	})
	for _, compiler := range compilers {
		tsc := filepath.Join(modules, compiler, "bin", "tsc")
		ws.run(t, command{
			title: compiler + " with tools/tsconfig.strict.json",
			dir:   ws.dir,
			args:  []string{"node", tsc, "--pretty", "false", "-p", "tsconfig.json"},
		})
		for i, name := range ws.names {
			ws.run(t, command{
				title: compiler + " in " + dirs[i],
				dir:   ws.dir,
				args:  []string{"node", tsc, "--pretty", "false", "--noEmit", "--skipLibCheck", "-p", name},
			})
		}
	}
}

// strictProject returns the tsconfig.json of a project with all packages.
func strictProject(t testing.TB, names []string) string {
	t.Helper()
	project, err := json.Marshal(map[string]any{
		"extends": filepath.Join(Root(t), "tools", "tsconfig.strict.json"),
		"include": names,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(project)
}
