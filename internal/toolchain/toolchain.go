// Package toolchain checks generated packages with the tools of their languages, under
// the strictest settings that a user could have.
//
// Each Check function works on copies of the packages, so that the tools do not write
// into the repository, and reports every finding with t.Errorf. A missing tool fails
// the test; nothing is skipped.
package toolchain

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// FindRoot returns the absolute path of the repository: the nearest folder at or
// above the working directory that holds tools/setup.sh.
func FindRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "tools", "setup.sh")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("toolchain: not inside the wsgen repository")
		}
		dir = parent
	}
}

// Find returns the path of an installed tool below .tools.
func Find(elem ...string) (string, error) {
	root, err := FindRoot()
	if err != nil {
		return "", err
	}
	path := filepath.Join(append([]string{root, ".tools"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("toolchain: %w\nRun `make tools` to install the development tools", err)
	}
	return path, nil
}

// FindPython returns the path of the interpreter for a version ("3.10" or "3.13"),
// in a virtual environment that has the pinned packages.
func FindPython(version string) (string, error) {
	return Find("py"+strings.ReplaceAll(version, ".", ""), "bin", "python")
}

// Root is FindRoot for tests.
func Root(t testing.TB) string {
	t.Helper()
	root, err := FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Python is FindPython for tests.
func Python(t testing.TB, version string) string {
	t.Helper()
	python, err := FindPython(version)
	if err != nil {
		t.Fatal(err)
	}
	return python
}

// tool is Find for tests.
func tool(t testing.TB, elem ...string) string {
	t.Helper()
	path, err := Find(elem...)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// workspace is a temporary folder with copies of the packages that are checked.
type workspace struct {
	dir    string   // temporary folder
	names  []string // sub-folder of each package, in the caller's order
	source []string // folder each one was copied from
}

// newWorkspace copies each package into a folder of its own. The folders' names
// are identifiers, because a Python package is imported by its folder's name.
func newWorkspace(t testing.TB, dirs []string) *workspace {
	t.Helper()
	if len(dirs) == 0 {
		t.Fatal("toolchain: no package to check")
	}
	ws := &workspace{dir: t.TempDir(), source: dirs}
	for i, dir := range dirs {
		name := fmt.Sprintf("package_%d", i+1)
		if err := os.CopyFS(filepath.Join(ws.dir, name), os.DirFS(dir)); err != nil {
			t.Fatalf("toolchain: copy %s: %v", dir, err)
		}
		ws.names = append(ws.names, name)
	}
	return ws
}

// path returns the folder of one package's copy.
func (ws *workspace) path(name string) string { return filepath.Join(ws.dir, name) }

// write creates a file beside the packages, for a tool's configuration.
func (ws *workspace) write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(ws.path(name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command is one run of a tool.
type command struct {
	title string   // begins the report of its findings
	dir   string   // working directory
	env   []string // added to the environment
	args  []string // program and arguments
	// silent says that the tool exits with 0 in any case: output means findings.
	silent bool
}

// run executes the command, reports findings with the paths of the originals,
// and returns standard output.
func (ws *workspace) run(t testing.TB, c command) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	switch {
	case err != nil:
		t.Errorf("%s: %v\n%s", c.title, err, ws.original(stdout.String()+stderr.String()))
	case c.silent && stdout.Len() > 0:
		t.Errorf("%s:\n%s", c.title, ws.original(stdout.String()))
	}
	return stdout.String()
}

// original replaces the copies' paths in a tool's output by the originals', so
// that a finding names the file to look at.
func (ws *workspace) original(output string) string {
	var pairs []string
	for i := len(ws.names) - 1; i >= 0; i-- { // package_10 before package_1
		pairs = append(pairs, ws.path(ws.names[i]), ws.source[i], ws.names[i]+"/", ws.source[i]+"/")
	}
	return strings.NewReplacer(pairs...).Replace(output)
}
