// Package golang generates the Go package: types, codec and client.
package golang

import (
	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/schema"
)

// Names of the generated package where the options give none.
const (
	defaultPackage = "centrifugo_client"
	defaultModule  = "example.com/centrifugo_client"
)

// Generate returns the Go package of an API, in path order.
func Generate(m *schema.Model, opt gen.Options) ([]gen.File, schema.Diagnostics) {
	if opt.Package == "" {
		opt.Package = defaultPackage
	}
	if opt.Module == "" {
		opt.Module = defaultModule
	}
	var diags schema.Diagnostics
	g := &generator{
		model:   m,
		opt:     opt,
		names:   newNames(m, &diags),
		purpose: gen.Purpose(m),
		boxed:   valueCycles(m),
	}
	return []gen.File{
		{Path: "go/README.md", Data: g.readme()},
		{Path: "go/client.go", Data: g.client()},
		{Path: "go/codec.go", Data: g.codec()},
		{Path: "go/go.mod", Data: g.goMod()},
		{Path: "go/go.sum", Data: goSum},
		{Path: "go/rpc_client.go", Data: g.rpcClient()},
		{Path: "go/types.go", Data: g.types()},
	}, diags
}

// generator holds what all files are made from; nothing in it changes once it
// is built.
type generator struct {
	model   *schema.Model
	opt     gen.Options
	names   *names
	purpose map[schema.Named]string
	boxed   map[schema.Type]map[int]bool // see valueCycles
}
