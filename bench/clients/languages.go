package main

import (
	"os"
	"path/filepath"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/golang"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/python"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/clienttest"
)

// language is one of the programs that are measured.
type language struct {
	name     string
	folder   string // of the program
	generate gen.Func
	// build builds the program in dir and returns how it is started.
	build func(dir string) (clienttest.Start, error)
}

var languages = []language{
	{"Go", "go", golang.Generate, func(dir string) (clienttest.Start, error) { return clienttest.BuildGo(dir) }},
	{"TypeScript", "typescript", typescript.Generate, func(dir string) (clienttest.Start, error) {
		return clienttest.BuildTypeScript(dir, "main.ts")
	}},
	{"Python", "python", python.Generate, func(dir string) (clienttest.Start, error) {
		return clienttest.Python(dir, "3.13", "main.py")
	}},
}

// prepare builds the program with its client below dir and returns how it is started.
func (l language) prepare(dir string, api *plan.Plan) (clienttest.Start, error) {
	dir = filepath.Join(dir, l.folder)
	if err := clienttest.Write(dir, os.DirFS(filepath.Join(folder, l.folder)), api, l.generate); err != nil {
		return nil, err
	}
	return l.build(dir)
}
