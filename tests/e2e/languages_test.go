package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/golang"
	"github.com/wsgen/wsgen/gen/python"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/clienttest"
)

// language is one of the programs.
type language struct {
	name     string
	folder   string // of the program
	generate gen.Func
	// build builds the program in dir and returns how it is started.
	build func(dir string) (clienttest.Start, error)
}

var languages = []language{
	{"python-3.10", "python", python.Generate, pythonOf("3.10")},
	{"python-3.13", "python", python.Generate, pythonOf("3.13")},
	{"typescript", "typescript", typescript.Generate, func(dir string) (clienttest.Start, error) {
		return clienttest.BuildTypeScript(dir, "main.ts")
	}},
	{"go", "go", golang.Generate, func(dir string) (clienttest.Start, error) { return clienttest.BuildGo(dir) }},
}

// pythonOf starts the program so that everything shows that is never awaited, closed or
// looked at.
func pythonOf(version string) func(dir string) (clienttest.Start, error) {
	return func(dir string) (clienttest.Start, error) {
		return clienttest.Python(dir, version, "main.py", "-X", "dev", "-W", "error")
	}
}

// prepare builds the program with its client and returns how it is started.
func (l language) prepare(t *testing.T) clienttest.Start {
	t.Helper()
	api, err := clienttest.Load(filepath.Join("..", "..", "fixtures", "tasks", "api.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := clienttest.Write(dir, os.DirFS(l.folder), api, l.generate); err != nil {
		t.Fatal(err)
	}
	start, err := l.build(dir)
	if err != nil {
		t.Fatal(err)
	}
	return start
}
