package packaging

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// A project whose own sources each tool here has something to do with, and in which wsgen
// puts its packages among them.
var formattedProject = map[string]string{
	"wsgen.yaml": `version: 1
asyncapi: api/api.yaml
python: {output: backend/realtime}
typescript: {output: web/src/realtime}
go: {output: worker/realtime, module: none}
`,
	"backend/main.py":  "import sys, os\nx = 'a'  \nprint(sys.argv, os.sep,x)",
	"web/src/main.ts":  "let b = 'b'\n\n\nexport {b}  ",
	"worker/main.go":   "package main\nfunc main() {  }",
	"worker/go.mod":    "module example.com/worker\n\ngo 1.23\n\nrequire nhooyr.io/websocket v1.8.17\n",
	"notes.md":         "*  a\n*  b   \n",
	".gitignore":       "node_modules\nvenv\n",
	"package.json":     `{"private": true, "type": "module"}`,
	"tsconfig.json":    "{}\n",
	"eslint.config.js": eslintConfig,
}

// The configuration that ESLint's own set-up writes for TypeScript, and the stricter rules.
const eslintConfig = `import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  js.configs.recommended,
  tseslint.configs.strict,
  tseslint.configs.stylistic,
);
`

// Formatters and linters that run over a whole project, in their default settings and with
// all their repairs, leave the generated packages as they are, or at least as wsgen wants them.
func TestFormatters(t *testing.T) {
	t.Parallel()
	p := newFormattedProject(t)
	npm := "npm install --no-save --no-package-lock --no-audit --no-fund --ignore-scripts " +
		"eslint@10.15.0 @eslint/js@10.0.1 typescript-eslint@8.74.0 @biomejs/biome@2.6.8 prettier@3.10.1 typescript@5.9.3"
	run(t, p.dir, nil, "sh", "-c", npm)
	run(t, p.dir, nil, toolchain.Python(t, "3.13"), "-m", "venv", "venv")
	run(t, p.dir, nil, "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "black==26.10.1", "isort==9.0.2", "flake8==7.5.0")
	ruff := filepath.Join(filepath.Dir(toolchain.Python(t, "3.13")), "ruff")

	for _, tool := range []struct{ command, changes string }{
		{ruff + " check --no-cache --fix --unsafe-fixes --select ALL --exit-zero .", "backend/main.py"},
		{ruff + " format --no-cache .", "backend/main.py"},
		{"venv/bin/black --quiet .", "backend/main.py"},
		{"venv/bin/isort --quiet backend", "backend/main.py"},
		{"npx prettier --write --log-level=warn .", "web/src/main.ts"},
		{"echo '{\"semi\": false, \"tabWidth\": 4}' > .prettierrc && npx prettier --write --log-level=warn .", "web/src/main.ts"},
		{"npx eslint --fix --max-warnings 0 web", "web/src/main.ts"},
		{"npx biome check --write --unsafe .", "web/src/main.ts"},
		{"gofmt -w .", "worker/main.go"},
	} {
		t.Run(strings.Join(strings.Fields(tool.command)[:2], " "), func(t *testing.T) {
			p.restore(t)
			run(t, p.dir, nil, "sh", "-c", tool.command)
			if read(t, filepath.Join(p.dir, tool.changes)) == formattedProject[tool.changes] {
				t.Errorf("%s is as it was: the tool has done nothing", tool.changes)
			}
			p.check(t)
		})
	}
	t.Run("findings", func(t *testing.T) {
		p.restore(t)
		run(t, p.dir, nil, ruff, "check", "--no-cache", "--select", "ALL", "backend/realtime")
		run(t, p.dir, nil, "venv/bin/flake8", "backend/realtime")
		run(t, p.dir, nil, "npx", "eslint", "--max-warnings", "0", "web/src/realtime")
	})
}

// The rules of pre-commit's end-of-file-fixer and trailing-whitespace: nothing to repair.
func TestEndsOfLines(t *testing.T) {
	p := newFormattedProject(t)
	for _, dir := range p.packages() {
		eachFile(t, dir, func(name string, data []byte) {
			if len(data) > 0 && (!bytes.HasSuffix(data, []byte("\n")) || bytes.HasSuffix(data, []byte("\n\n"))) {
				t.Errorf("%s does not end with one line break", name)
			}
			for i, line := range bytes.Split(data, []byte("\n")) {
				if len(line) != len(bytes.TrimRight(line, " \t\r")) {
					t.Errorf("%s:%d ends with white space", name, i+1)
				}
			}
		})
	}
}

// A checkout on Windows: with the .gitattributes that comes with a package git leaves the
// line ends alone. Without it they change, which is not an edit: the next run works.
func TestWindowsCheckout(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"gitattributes: true\n", "gitattributes: false\n"} {
		p := newFormattedProject(t)
		write(t, filepath.Join(p.dir, "wsgen.yaml"), formattedProject["wsgen.yaml"]+setting)
		run(t, p.dir, nil, p.wsgen, "--quiet")
		git := func(args ...string) {
			run(t, p.dir, nil, append([]string{"git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "core.autocrlf=true"}, args...)...)
		}
		git("init", "--quiet")
		git("add", "--all")
		git("commit", "--quiet", "--message", "all")
		clone := t.TempDir()
		git("clone", "--quiet", p.dir, clone)
		p.dir = clone
		crlf := bytes.Contains([]byte(read(t, filepath.Join(clone, "backend/realtime/models.py"))), []byte("\r\n"))
		if crlf != strings.Contains(setting, "false") {
			t.Errorf("%s: CRLF is %v", setting, crlf)
		}
		p.check(t)
	}
}

type formatted struct{ dir, wsgen string }

// newFormattedProject writes the project and generates its packages.
func newFormattedProject(t *testing.T) *formatted {
	t.Helper()
	p := &formatted{t.TempDir(), filepath.Join(t.TempDir(), "wsgen")}
	run(t, toolchain.Root(t), nil, "go", "build", "-o", p.wsgen, "./cmd/wsgen")
	p.restore(t)
	return p
}

// restore brings everything back to how it is written and generated.
func (p *formatted) restore(t *testing.T) {
	t.Helper()
	for _, dir := range p.packages() {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range formattedProject {
		name = filepath.Join(p.dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, name, text)
	}
	if err := os.RemoveAll(filepath.Join(p.dir, ".prettierrc")); err != nil {
		t.Fatal(err)
	}
	document(t, filepath.Join(p.dir, "api"), "types")
	run(t, p.dir, nil, p.wsgen, "--quiet")
}

// document writes the documents of a fixture to a folder.
func document(t *testing.T, dir, fixture string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"api.yaml", "models.json"} {
		write(t, filepath.Join(dir, name), read(t, filepath.Join(toolchain.Root(t), "fixtures", fixture, name)))
	}
}

func (p *formatted) packages() []string {
	return []string{
		filepath.Join(p.dir, "backend", "realtime"), filepath.Join(p.dir, "web", "src", "realtime"), filepath.Join(p.dir, "worker", "realtime"),
	}
}

// check fails where wsgen finds an edit or drift, now or at the next change of the API.
func (p *formatted) check(t *testing.T) {
	t.Helper()
	document(t, filepath.Join(p.dir, "api"), "types") // a formatter may have been at the documents, too
	cmd := exec.Command(p.wsgen, "check")
	cmd.Dir = p.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out[:min(len(out), 4000)])
		return
	}
	document(t, filepath.Join(p.dir, "api"), "tasks")
	run(t, p.dir, nil, p.wsgen, "--quiet")
	run(t, p.dir, nil, p.wsgen, "check")
}

// eachFile reads the files below a folder.
func eachFile(t *testing.T, dir string, look func(name string, data []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		look(name, data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
