package conformance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/golang"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/python"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/toolchain"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// language is a column of the table.
type language struct {
	Name  string // "go"; also the folder of its driver
	Title string
	// runs are the ways in which the driver is started; a case passes if it
	// passes in all of them.
	runs     []string
	generate gen.Func
	// prepare builds the driver in dir, a copy of its folder with the generated
	// package in dir/client, and returns how one of the runs is started.
	prepare func(t *testing.T, dir, run string) func() *exec.Cmd
}

var languages = []*language{
	{Name: "python", Title: "Python", runs: []string{"3.10", "3.13"}, generate: python.Generate, prepare: preparePython},
	{Name: "typescript", Title: "TypeScript", runs: []string{"node"}, generate: typescript.Generate, prepare: prepareTypeScript},
	{Name: "go", Title: "Go", runs: []string{"go"}, generate: golang.Generate, prepare: prepareGo},
}

func languageNamed(name string) *language {
	for _, l := range languages {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// model is the API of the cases.
var model = sync.OnceValues(func() (*schema.Model, error) {
	m, diags := load.Load(load.Options{AsyncAPI: "api.yaml", Read: os.ReadFile})
	if diags.HasErrors() {
		return nil, fmt.Errorf("api.yaml: %v", diags)
	}
	return m, nil
})

// folder copies a language's driver and generates its client beside it.
func (l *language) folder(t *testing.T) string {
	t.Helper()
	m, err := model()
	if err != nil {
		t.Fatal(err)
	}
	files, diags := l.generate(plan.New(m), gen.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("drivers", l.Name))); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		path := filepath.Join(dir, "client", strings.TrimPrefix(f.Path, l.Name+"/"))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// tool runs a program that a driver is built with.
func tool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// prepareGo builds with the race detector where there is the C compiler it needs.
func prepareGo(t *testing.T, dir, _ string) func() *exec.Cmd {
	race := strings.TrimSpace(tool(t, dir, "go", "env", "CGO_ENABLED")) == "1"
	tool(t, dir, "go", "build", "-race="+strconv.FormatBool(race), "-o", "driver", ".")
	return func() *exec.Cmd { return exec.Command(filepath.Join(dir, "driver")) }
}

func prepareTypeScript(t *testing.T, dir, _ string) func() *exec.Cmd {
	modules := filepath.Join(toolchain.Root(t), ".tools", "node", "node_modules")
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	tool(t, dir, "node", filepath.Join(modules, "typescript", "bin", "tsc"), "--pretty", "false")
	return func() *exec.Cmd { return exec.Command("node", filepath.Join(dir, "dist", "driver.js")) }
}

func preparePython(t *testing.T, dir, version string) func() *exec.Cmd {
	interpreter := toolchain.Python(t, version)
	tool(t, dir, interpreter, "-m", "compileall", "-q", ".")
	return func() *exec.Cmd {
		cmd := exec.Command(interpreter, "-X", "dev", "-W", "error", "driver.py")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PYTHONPATH="+dir)
		return cmd
	}
}

// TestGoDriver checks the Go driver's source, which no other check sees: it does
// not build without its generated client.
func TestGoDriver(t *testing.T) {
	toolchain.CheckGo(t, languageNamed("go").folder(t))
}
