package golang

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// exportedByRuntime are all names that the package rpc declares for others.
func exportedByRuntime(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, f := range runtimePackage {
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Path, f.Data, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			names = append(names, declaredBy(d)...)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !ast.IsExported(name) })
}

// TestModelsKeepTheirNames: no name of the runtime, of the standard library or of Go takes one
// of a model's, and what is generated for such models compiles.
func TestModelsKeepTheirNames(t *testing.T) {
	names := append(exportedByRuntime(t), strings.Fields(`Client Context Response Iter Seq2 JSON RawMessage Marshaler Big Int String Bool
		Any Nil Len Append Package Import Go Struct Interface Func Main Init`)...)
	slices.Sort(names)
	names = slices.Compact(names)
	all := &schema.Object{Decl: schema.Decl{Name: "Everything", In: true, Out: true}}
	m := &schema.Model{Types: []schema.Named{all}}
	for _, name := range names {
		o := &schema.Object{Decl: schema.Decl{Name: name, In: true, Out: true},
			Fields: []*schema.Field{field("at", &schema.Scalar{Kind: schema.String, Format: schema.DateTime}, true), field("raw", &schema.Any{}, false)}}
		m.Types = append(m.Types, o)
		all.Fields = append(all.Fields, field(name, o, false))
		m.Methods = append(m.Methods, &schema.Method{Wire: "get." + name, Name: schema.SplitName("get." + name), Params: o, Result: o})
	}
	p := plan.New(m)
	declared := map[string]bool{}
	for _, f := range generated(t, m) {
		if path.Base(f.Path) == "types.go" {
			parsed, err := parser.ParseFile(token.NewFileSet(), f.Path, f.Data, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range parsed.Decls {
				for _, name := range declaredBy(d) {
					declared[name] = true
				}
			}
		}
	}
	for _, name := range names {
		if !declared[name] && !packageReserved[name] {
			t.Errorf("the model %s is called otherwise", name)
		}
	}
	module := newModule(t)
	module.add("sdk", p)
	module.run("vet", "./sdk")
}
