package typescript

import (
	"slices"

	"github.com/wsgen/wsgen/schema"
)

// recursive finds the types that reach themselves through types that TypeScript
// writes as type aliases: everything but interfaces (Tarjan's algorithm).
func recursive(types []schema.Named) map[schema.Named]bool {
	r := recursion{index: map[schema.Named]int{}, low: map[schema.Named]int{}, onStack: map[schema.Named]bool{}, found: map[schema.Named]bool{}}
	for _, t := range types {
		if _, ok := t.(*schema.Object); !ok && r.index[t] == 0 {
			r.visit(t)
		}
	}
	return r.found
}

type recursion struct {
	index, low map[schema.Named]int
	onStack    map[schema.Named]bool
	stack      []schema.Named
	found      map[schema.Named]bool
}

func (r *recursion) visit(t schema.Named) {
	r.index[t] = len(r.index) + 1
	r.low[t] = r.index[t]
	r.stack = append(r.stack, t)
	r.onStack[t] = true
	self := false
	for _, next := range nextNamed(t) {
		switch {
		case next == t:
			self = true
		case r.index[next] == 0:
			r.visit(next)
			r.low[t] = min(r.low[t], r.low[next])
		case r.onStack[next]:
			r.low[t] = min(r.low[t], r.index[next])
		}
	}
	if r.low[t] == r.index[t] {
		r.pop(t, self)
	}
}

// pop takes the types that reach each other off the stack, down to root. A single
// one is only recursive if it is made of itself.
func (r *recursion) pop(root schema.Named, self bool) {
	i := len(r.stack) - 1
	for r.stack[i] != root {
		i--
	}
	cycle := r.stack[i:]
	for _, t := range cycle {
		r.onStack[t] = false
		r.found[t] = self || len(cycle) > 1
	}
	r.stack = r.stack[:i]
}

// nextNamed lists the named types that t is made of, interfaces left out.
func nextNamed(t schema.Named) []schema.Named {
	return slices.DeleteFunc(namedParts(t, nil), func(part schema.Named) bool {
		_, isObject := part.(*schema.Object)
		return isObject
	})
}
