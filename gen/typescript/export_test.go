package typescript

import (
	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// GuardOf returns a function that names the guard of a union in types.ts.
func GuardOf(p *plan.Plan) func(*schema.Union) string {
	guards := newNames(p, gen.Options{}, &text.Diagnostics{}).guards
	return func(u *schema.Union) string { return guards[u].known + guards[u].variant }
}
