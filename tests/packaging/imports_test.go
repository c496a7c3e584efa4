package packaging

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/internal/toolchain"
)

// generatedWith generates the TypeScript package of the tasks API with options into dir.
func generatedWith(t *testing.T, dir string, opt gen.Options) {
	t.Helper()
	generatedOf(t, "tasks", dir, opt)
}

func generatedOf(t *testing.T, fixture, dir string, opt gen.Options) {
	t.Helper()
	manifest := filepath.Join(toolchain.Root(t), "fixtures", fixture, "api.yaml")
	generate := func(p *plan.Plan, _ gen.Options) ([]gen.File, text.Diagnostics) { return typescript.Generate(p, opt) }
	copyTree(t, client(t, manifest, generate, "typescript"), dir)
}

// The package as it is built for each way in which its modules can name each other: it runs as
// an ES module and as a CommonJS module, and both find their types. Installing and building it
// inside a repository leaves nothing behind that git would ask about.
func TestBuilds(t *testing.T) {
	t.Parallel()
	broker, token := demo(t)
	for _, imports := range []string{".js", ".ts", "none"} {
		t.Run(imports, func(t *testing.T) {
			app := application(t, "node")
			source := filepath.Join(app, "sdk")
			generatedWith(t, source, gen.Options{Imports: imports, React: true, TanStackQuery: true})
			run(t, source, nil, "git", "init", "--quiet")
			run(t, source, nil, "git", "add", "--all")
			run(t, source, nil, "npm", "install", "--no-audit", "--no-fund")
			run(t, source, nil, "npm", "run", "build")
			if left := run(t, source, nil, "git", "status", "--porcelain", "--untracked-files=all"); strings.Contains(left, "??") {
				t.Errorf("git asks about\n%s", left)
			}
			unpack(t, app, filepath.Join(source, run(t, source, nil, "npm", "pack", "--silent")))

			matches(t, run(t, app, nil, "node", "main.mjs", broker, token))
			matches(t, run(t, app, nil, "node", "main.cjs", broker, token))
			const program = "import { APIClient, FakeRPC, type Events, type Methods } from \"centrifugo-client\";\n" +
				"export const total: Promise<number> = new APIClient(new FakeRPC<Methods, Events>()).tasksCount({ project_id: \"1\" });\n"
			for _, name := range []string{"uses.mts", "uses.cts"} {
				write(t, filepath.Join(app, name), program)
			}
			write(t, filepath.Join(app, "tsconfig.json"), `{"compilerOptions": {"module": "nodenext", "strict": true, "noEmit": true, "types": []}, "files": ["uses.mts", "uses.cts"]}`)
			compile(t, app)
		})
	}
}
