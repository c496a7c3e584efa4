package plan

import "github.com/wsgen/wsgen/schema"

// Use is a place of an API that mentions a type: alone, or as what a list, a map or
// a nullable holds.
type Use struct {
	Role string // "params of", "result of", "error data of", "payload of", "part of"
	By   any    // what mentions it: a *schema.Method, *schema.Event or schema.Named
}

// Uses finds all uses of each named type, each once: of methods first, then of
// events, then of other types, in the model's order.
func (p *Plan) Uses() map[schema.Named][]Use {
	uses := map[schema.Named][]Use{}
	find := func(role string, by any, in ...schema.Type) {
		for _, t := range in {
			schema.Walk(t, func(t schema.Type) bool {
				n, named := t.(schema.Named)
				if last := len(uses[n]) - 1; named && (last < 0 || uses[n][last] != Use{role, by}) {
					uses[n] = append(uses[n], Use{role, by})
				}
				return !named
			})
		}
	}
	for _, m := range p.Methods {
		find("params of", m, m.Params)
		find("result of", m, m.Result)
		for _, e := range m.Errors {
			find("error data of", m, e.Data)
		}
	}
	for _, e := range p.Events {
		find("payload of", e, e.Payload)
	}
	for _, t := range p.Types {
		find("part of", t, schema.Parts(t)...)
	}
	return uses
}
