package main

import (
	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/golang"
	"github.com/wsgen/wsgen/gen/python"
	"github.com/wsgen/wsgen/gen/typescript"
)

// language is one language that wsgen generates.
type language struct {
	name     string // of the flag, of the key in wsgen.yaml, and of the folder
	title    string
	generate gen.Func
}

// languages lists them in the order in which they are reported.
var languages = []language{
	{"python", "Python", python.Generate},
	{"typescript", "TypeScript", typescript.Generate},
	{"go", "Go", golang.Generate},
}
