// Package gen is what the language packages have in common: a plan goes in,
// files come out. They read nothing and write nothing else.
package gen

import (
	"cmp"
	"embed"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/text"
)

// File is one generated file.
type File struct {
	Path string // slash-separated, in a folder with the language's name: "python/models.py"
	Data []byte
}

// Options say what the generated package is called and where it is. The zero value is the
// default of each language.
type Options struct {
	// Package is the package's name: what Python code imports from, the name in
	// package.json, or the name in Go's package clause.
	Package string
	// Module is the path of the Go module that the package is.
	Module string
	// ImportPath is set instead where the Go package is part of another module.
	ImportPath string
	// Runtime is the import path of a Go package rpc to use; empty for one of the package's own.
	Runtime string
	// Dir is the package's folder as seen from the project's root, for the README.
	Dir string
}

// ShellPath quotes a path where a shell needs that.
func ShellPath(name string) string {
	if strings.Trim(name, shellSafe) != "" {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}

const shellSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-@+,:"

// Func generates one language's package, files in path order. A name that
// cannot be given is a diagnostic, and then the files are not to be used.
type Func func(*plan.Plan, Options) ([]File, text.Diagnostics)

// WriteSections prints the sections of a README; language is that of the package.
func WriteSections(b *emit.Buffer, sections []plan.ReadmeSection, language string) {
	for _, s := range sections {
		b.Blank()
		b.Line("## ", s.Title)
		b.Prose(s.Text)
		b.Code(cmp.Or(s.Language, language), s.Code)
		b.Prose(s.After)
	}
}

// SourcesOf returns what reads a file of a language's runtime, embedded below the
// folder runtime. A wrong name is a bug of ours.
func SourcesOf(runtime embed.FS) func(name string) string {
	return func(name string) string {
		data, err := runtime.ReadFile("runtime/" + name)
		if err != nil {
			panic(err)
		}
		return string(data)
	}
}
