// Package python generates the Python package: Pydantic models, the runtime and
// a typed client.
package python

import (
	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Generate returns the files of the package, in path order. It is a [gen.Func];
// the package takes its name from the folder that it stands in, so the options
// have nothing for it.
func Generate(pl *plan.Plan, _ gen.Options) ([]gen.File, text.Diagnostics) {
	m := pl.Model
	n, diags := newNames(m)
	if diags.HasErrors() {
		return nil, diags
	}
	p := &printer{model: m, names: n, purpose: pl.Purpose, tags: tagFields(m), done: map[schema.Named]bool{}}
	return []gen.File{
		{Path: "python/README.md", Data: p.readme()},
		{Path: "python/__init__.py", Data: p.initFile()},
		{Path: "python/client.py", Data: p.clientFile()},
		{Path: "python/models.py", Data: p.modelsFile()},
		{Path: "python/py.typed", Data: []byte{}},
		{Path: "python/requirements.txt", Data: []byte(source("requirements.txt"))},
		{Path: "python/rpc_client.py", Data: runtimeFile(m)},
	}, diags
}

// printer holds what the files are printed from.
type printer struct {
	model   *schema.Model
	names   *names
	purpose func(schema.Named) string
	tags    map[*schema.Field]bool // members that tell the variants of a union apart
	done    map[schema.Named]bool  // declared above the line that is being printed
}
