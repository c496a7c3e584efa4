package toolchain

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// pythons are the versions that generated packages must pass: the oldest one
// supported, which type checkers also take as their target, and the newest.
var pythons = []string{"3.10", "3.13"}

// importEach is a program that imports the packages named by its arguments and prints
// the traceback of each that fails.
const importEach = `
import importlib, sys, traceback
failed = 0
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException:
        traceback.print_exc()
        failed = 1
sys.exit(failed)
`

// CheckPython checks generated Python packages, each in a folder of its own: with ruff's
// linter and formatter (tools/ruff.toml), with mypy --strict and by importing them, with
// warnings as errors, on the oldest and the newest version, and with pyright in strict
// mode.
func CheckPython(t testing.TB, dirs ...string) {
	t.Helper()
	ws := newWorkspace(t, dirs)
	ws.unmask(t)
	run := func(title string, args ...string) {
		t.Helper()
		ws.run(t, command{title: title, dir: ws.dir, args: args})
	}
	config := filepath.Join(Root(t), "tools", "ruff.toml")
	ruff := filepath.Join(filepath.Dir(Python(t, "3.13")), "ruff")
	run("ruff check", append([]string{ruff, "check", "--no-cache", "--output-format=concise", "--config", config}, ws.names...)...)
	run("ruff format", append([]string{ruff, "format", "--no-cache", "--diff", "--config", config}, ws.names...)...)

	for _, version := range pythons {
		python := Python(t, version)
		mypy, err := Mypy(version)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range ws.names {
			mypy = append(mypy, "-p", name)
		}
		run("mypy --strict, Python "+version, mypy...)
		run("import, Python "+version,
			append([]string{python, "-B", "-W", "error", "-c", importEach}, ws.names...)...)
	}

	ws.write(t, "pyrightconfig.json", pyrightProject(t, ws.names))
	run("pyright strict", "node", tool(t, "node", "node_modules", "pyright", "index.js"), "--warnings", "-p", ws.dir)
}

// masks match the lines by which generated modules tell linters and formatters to pass by.
var masks = regexp.MustCompile(`(?m)^# (ruff: |flake8: |isort: |pylint: |fmt: off).*\n`)

// unmask makes the copies of generated modules such that linters and formatters look at them.
func (ws *workspace) unmask(t testing.TB) {
	t.Helper()
	err := filepath.WalkDir(ws.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".py" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		header, body, _ := bytes.Cut(data, []byte(`"""`))
		return os.WriteFile(path, slices.Concat(masks.ReplaceAll(header, nil), []byte(`"""`), body), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Mypy returns a command line that checks modules strictly for a version of Python, to
// which their names are to be added. What mypy finds out about Pydantic it keeps for the
// next run, in a folder for each package of tests, since these run side by side.
func Mypy(version string) ([]string, error) {
	python, err := FindPython(version)
	if err != nil {
		return nil, err
	}
	root, err := FindRoot()
	if err != nil {
		return nil, err
	}
	tests, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	cache := filepath.Join(root, ".mypy_cache", filepath.Base(tests))
	return []string{python, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", cache}, nil
}

// pyrightProject returns the pyrightconfig.json of a project with all packages.
func pyrightProject(t testing.TB, names []string) string {
	t.Helper()
	version := pythons[0]
	venv := filepath.Dir(filepath.Dir(Python(t, version)))
	project, err := json.Marshal(map[string]any{
		"typeCheckingMode": "strict",
		"pythonVersion":    version,
		"venvPath":         filepath.Dir(venv),
		"venv":             filepath.Base(venv),
		"include":          names,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(project)
}
