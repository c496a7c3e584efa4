// Package gen is what the language packages have in common: a plan goes in,
// files come out. They read nothing and write nothing else.
package gen

import (
	"cmp"
	"embed"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/text"
)

// File is one generated file.
type File struct {
	Path string // slash-separated, below the output folder: "python/models.py"
	Data []byte
}

// Options name the generated packages. The zero value is the default of each.
type Options struct {
	// Package is the package's name: in package.json for TypeScript, in the
	// package clause for Go. Python's is the folder it stands in.
	Package string
	// Module is the Go module's path.
	Module string
}

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
