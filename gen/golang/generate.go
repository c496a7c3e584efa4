// Package golang generates the Go package: types, codec and client.
package golang

import (
	"cmp"
	"slices"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Names of the generated package where the options give none.
const (
	defaultPackage = "centrifugo_client"
	defaultModule  = "example.com/centrifugo_client"
)

// Generate returns the Go package of an API, in path order.
func Generate(p *plan.Plan, opt gen.Options) ([]gen.File, text.Diagnostics) {
	opt = withDefaults(opt)
	if opt.Nested {
		p = p.Nested()
	}
	var diags text.Diagnostics
	n := newNames(p, importsOf(p, opt.Shared, &diags), opt.Initialisms, &diags)
	g := &generator{
		plan:  p,
		opt:   opt,
		names: n,

		members: map[*schema.Object][]member{},
		boxed:   valueCycles(n, p.Model),
		facts:   plan.Facts{Code: func(code string) string { return code }, EmptyParams: true},
	}
	for _, t := range n.imports.Declared {
		if o, ok := t.(*schema.Object); ok {
			g.members[o] = g.membersOf(o)
		}
	}
	// Go has twice the text of the other languages: half of it is printed by another goroutine.
	codec := concurrently(g.codec)
	types, client := g.types(), g.client()
	files := []gen.File{
		{Path: "go/README.md", Data: g.readme()},
		{Path: "go/client.go", Data: client},
		{Path: "go/codec.go", Data: codec()},
	}
	if opt.Module != "" {
		files = append(files, gen.File{Path: "go/go.mod", Data: g.goMod()}, gen.File{Path: "go/go.sum", Data: goSum})
	}
	if opt.Runtime == opt.ImportPath+"/rpc" {
		for _, f := range runtimePackage {
			if opt.Validate || !slices.Contains(validation, f.Path) {
				files = append(files, f)
			}
		}
	}
	files = append(files,
		gen.File{Path: "go/rpc_client.go", Data: g.rpcClient()},
		gen.File{Path: "go/types.go", Data: types},
	)
	if opt.Validate {
		files = append(files, gen.File{Path: "go/validate.go", Data: g.validate(&diags)})
	}
	return files, diags
}

// withDefaults completes the options: the package is a module, and has a runtime of its own,
// unless they say otherwise.
func withDefaults(opt gen.Options) gen.Options {
	opt.Package = cmp.Or(opt.Package, defaultPackage)
	opt.Dir = cmp.Or(opt.Dir, "opensdk/go")
	if opt.ImportPath == "" {
		opt.Module = cmp.Or(opt.Module, defaultModule)
		opt.ImportPath = opt.Module
	}
	opt.Runtime = cmp.Or(opt.Runtime, opt.ImportPath+"/rpc")
	return opt
}

// concurrently starts to print. What it returns waits for the text, and raises a panic
// of the printing where the caller can recover it.
func concurrently(print func() []byte) func() []byte {
	var text []byte
	var failure any
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { failure = recover() }()
		text = print()
	}()
	return func() []byte {
		<-done
		if failure != nil {
			panic(failure)
		}
		return text
	}
}

// generator holds what all files are printed from; nothing in it changes once it is built.
type generator struct {
	plan  *plan.Plan
	opt   gen.Options
	names *names
	facts plan.Facts
	boxed map[schema.Type]map[int]bool // see valueCycles

	members map[*schema.Object][]member
}

// importPath is where the runtime's package is.
func (g *generator) importPath() string { return g.opt.Runtime }
