package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/golang"
	"github.com/wsgen/wsgen/gen/python"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/clienttest"
	"github.com/wsgen/wsgen/internal/toolchain"
)

// language is a column of the table.
type language struct {
	Name  string // "go"; also the folder of its driver
	Title string
	// runs are the ways in which the driver is started; a case passes if it
	// passes in all of them.
	runs     []string
	generate gen.Func
	// build builds the driver in dir and returns how one of the runs is started.
	build func(dir, run string) (clienttest.Start, error)
}

var languages = []*language{
	{Name: "python", Title: "Python", runs: []string{"3.10", "3.13"}, generate: python.Generate, build: buildPython},
	{Name: "typescript", Title: "TypeScript", runs: []string{"node"}, generate: typescript.Generate, build: buildTypeScript},
	{Name: "go", Title: "Go", runs: []string{"go"}, generate: golang.Generate, build: buildGo},
}

func languageNamed(name string) *language {
	for _, l := range languages {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// folder copies a language's driver and generates its client beside it.
func (l *language) folder(t *testing.T) string {
	t.Helper()
	api, err := clienttest.Load("api.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := clienttest.Write(dir, os.DirFS(filepath.Join("drivers", l.Name)), api, l.generate); err != nil {
		t.Fatal(err)
	}
	return dir
}

// prepare returns how the driver is started in a run.
func (l *language) prepare(t *testing.T, run string) clienttest.Start {
	t.Helper()
	start, err := l.build(l.folder(t), run)
	if err != nil {
		t.Fatal(err)
	}
	return start
}

// buildGo builds with the race detector where there is the C compiler it needs.
func buildGo(dir, _ string) (clienttest.Start, error) {
	cgo, err := exec.Command("go", "env", "CGO_ENABLED").Output()
	if err != nil {
		return nil, err
	}
	return clienttest.BuildGo(dir, "-race="+strconv.FormatBool(strings.TrimSpace(string(cgo)) == "1"))
}

func buildTypeScript(dir, _ string) (clienttest.Start, error) {
	return clienttest.BuildTypeScript(dir, "driver.ts")
}

// buildPython has nothing to build. It makes everything show that is never awaited, closed or looked at.
func buildPython(dir, version string) (clienttest.Start, error) {
	return clienttest.Python(dir, version, "driver.py", "-X", "dev", "-W", "error")
}

// TestDrivers checks the drivers' sources, which no other check sees: they are nothing
// without their generated clients. The compiler checks TypeScript's.
func TestDrivers(t *testing.T) {
	toolchain.CheckGo(t, languageNamed("go").folder(t))
	if err := clienttest.CheckPython(languageNamed("python").folder(t), "driver.py"); err != nil {
		t.Error(err)
	}
}
