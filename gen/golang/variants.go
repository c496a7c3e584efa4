package golang

import (
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// VariantTypes names the Go types that the values of each union have: one for each
// variant, in the plan's order, and that of unknown values, "" where these are refused.
// Tests ask which variant a value has become.
func VariantTypes(p *plan.Plan) map[*schema.Union][]string {
	n := newNames(p, p.Imports(plan.Importing{}, nil), nil, new(text.Diagnostics))
	types := make(map[*schema.Union][]string, len(n.variants))
	for u, variants := range n.variants {
		for _, v := range variants {
			types[u] = append(types[u], v.goName)
		}
		types[u] = append(types[u], n.unknown[u])
	}
	return types
}
