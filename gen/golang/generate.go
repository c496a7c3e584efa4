// Package golang generates the Go package: types, codec and client.
package golang

import (
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
	m := p.Model
	if opt.Package == "" {
		opt.Package = defaultPackage
	}
	if opt.Module == "" {
		opt.Module = defaultModule
	}
	var diags text.Diagnostics
	g := &generator{
		model:   m,
		opt:     opt,
		names:   newNames(m, &diags),
		purpose: p.Purpose,
		boxed:   valueCycles(m),
	}
	// Go has twice the text of the other languages: half of it is printed aside.
	codec := aside(g.codec)
	types, client := g.types(), g.client()
	return []gen.File{
		{Path: "go/README.md", Data: g.readme()},
		{Path: "go/client.go", Data: client},
		{Path: "go/codec.go", Data: codec()},
		{Path: "go/go.mod", Data: g.goMod()},
		{Path: "go/go.sum", Data: goSum},
		{Path: "go/rpc_client.go", Data: g.rpcClient()},
		{Path: "go/types.go", Data: types},
	}, diags
}

// aside starts to print. What it returns waits for the text, and raises a panic
// of the printing where the caller can recover it.
func aside(print func() []byte) func() []byte {
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

// generator holds what all files are made from; nothing in it changes once it
// is built.
type generator struct {
	model   *schema.Model
	opt     gen.Options
	names   *names
	purpose func(schema.Named) string
	boxed   map[schema.Type]map[int]bool // see valueCycles
}
