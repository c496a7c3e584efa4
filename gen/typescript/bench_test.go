package typescript_test

import (
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/schema"
)

// BenchmarkGenerate prints a thousand methods and 2,500 models.
func BenchmarkGenerate(b *testing.B) {
	m := wideModel()
	str := &schema.Scalar{Kind: schema.String}
	var last schema.Named = object("Zero")
	m.Types = append(m.Types[:0:0], last)
	m.Methods, m.Events, m.Errors = nil, nil, nil
	for i := range 2500 {
		name := "Model" + string(rune('A'+i%26)) + string(rune('A'+i/26%26)) + string(rune('A'+i/676))
		o := object(name, required("id", str), optional("owner", last), required("items", &schema.List{Elem: last}),
			optional("created_at", &schema.Scalar{Format: schema.DateTime}), required("total", &schema.Scalar{Kind: schema.Integer}))
		o.Doc = "A model of the kind that real documents are full of, with a sentence or two about it."
		m.Types = append(m.Types, o)
		if last = o; i < 1000 {
			m.Methods = append(m.Methods, &schema.Method{Wire: name, Name: schema.SplitName(name), Params: o, Result: o, Doc: o.Doc})
		}
	}
	planned(m) // lists the types without a name
	for b.Loop() {
		if _, diags := typescript.Generate(plan.New(m), gen.Options{}); len(diags) > 0 {
			b.Fatal(diags)
		}
	}
}
