package load

import (
	"fmt"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// This file finds types that refer only to themselves. A cycle is fine
// where a list, a map, a tuple or a member of an object is on the way.

// cutAliasCycle reports an alias that leads back to itself through aliases only,
// and cuts it, so that [schema.Resolve] ends.
func (l *lowerer) cutAliasCycle(alias *schema.Alias) {
	t := alias.Target
	for {
		switch x := t.(type) {
		case *schema.Nullable:
			t = x.Elem
		case *schema.Alias:
			if l.ends[x] {
				l.ends[alias] = true
				return
			}
			if x == alias {
				l.diags.Add(alias.Pos, "ref-cycle", fmt.Sprintf("%s refers only to itself", text.Quote(alias.Name)), "give it a type")
				alias.Target = &schema.Any{}
				return
			}
			t = x.Target
		default:
			l.ends[alias] = t != nil // else it is being lowered
			return
		}
	}
}

// reportCircle reports, once, an alternative by which a union is among its own variants.
func (l *lowerer) reportCircle(alternative *keywords) {
	if !l.circles[alternative] {
		l.circles[alternative] = true
		l.diags.Add(alternative.pos, "ref-cycle", "this alternative leads back to the union that it belongs to", outOfCircle)
	}
}

const outOfCircle = "remove it, or refer to the union from a member of an object or the items of a list"

// cutUnionCycles does the same for unions among whose variants, or the variants
// of those, they are themselves.
func (l *lowerer) cutUnionCycles() {
	const (
		entered = 1
		left    = 2
	)
	state := map[schema.Named]int{}
	var visit func(t schema.Type)
	visit = func(t schema.Type) {
		n, ok := t.(schema.Named)
		if ok && state[n] != 0 {
			return
		}
		switch t := t.(type) {
		case *schema.Nullable:
			visit(t.Elem)
		case *schema.Alias:
			state[t] = entered
			visit(t.Target)
			state[t] = left
		case *schema.Union:
			state[t] = entered
			for i, v := range t.Variants {
				visit(v.Type)
				if inner, ok := schema.Core(v.Type).(schema.Named); ok && state[inner] == entered {
					l.diags.Add(v.Pos, "ref-cycle", "this alternative leads back to the union that it belongs to", outOfCircle)
					t.Variants[i].Type = &schema.Any{}
				}
			}
			state[t] = left
		}
	}
	for _, d := range l.defs {
		visit(d.typ)
	}
	for _, in := range l.inline {
		visit(in.typ)
	}
}
