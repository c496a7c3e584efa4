package typescript

import (
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// findTwoForms finds the types that results and params have in two forms: a member
// that a result always carries may be left out of params. A type that is made of
// such a type has two forms as well.
func findTwoForms(p *plan.Plan) map[schema.Named]bool {
	found := map[schema.Named]bool{}
	wholes := map[schema.Named][]schema.Named{} // what a type is part of
	var queue []schema.Named
	add := func(t schema.Named) {
		if d := t.Head(); d.In && d.Out && !found[t] {
			found[t] = true
			queue = append(queue, t)
		}
	}
	for _, t := range p.Types {
		for _, part := range namedParts(t, nil) {
			wholes[part] = append(wholes[part], t)
		}
		if o, ok := t.(*schema.Object); ok && differs(p.Object(o)) {
			add(t)
		}
	}
	for len(queue) > 0 {
		for _, whole := range wholes[queue[0]] {
			add(whole)
		}
		queue = queue[1:]
	}
	return found
}

// differs tells whether members of an object must be there in one direction only.
func differs(o *plan.Object) bool {
	for i := range o.Members {
		if m := &o.Members[i]; isRequired(m, false) != isRequired(m, true) {
			return true
		}
	}
	return false
}

// isRequired tells whether a member is always there: in params, or in what a server
// sends.
func isRequired(m *plan.Member, input bool) bool {
	if input {
		return !m.MayOmit()
	}
	return !m.MayLack()
}

// namedParts appends the named types that t is directly made of.
func namedParts(t schema.Type, parts []schema.Named) []schema.Named {
	for _, part := range schema.Parts(t) {
		if named, ok := part.(schema.Named); ok {
			parts = append(parts, named)
		} else {
			parts = namedParts(part, parts)
		}
	}
	return parts
}
