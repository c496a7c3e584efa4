package schema

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// joinVersions makes one type of definitions that share a name and a structure:
// what Pydantic exports as X-Input and X-Output, or in two files. Versions may
// differ in `required` of members with a default; the member is optional then.
func joinVersions(l *lowerer, m *Model) {
	inputs := map[Named]bool{}
	for _, d := range l.defs {
		inputs[d.typ] = strings.HasSuffix(d.key, "-Input")
	}
	pairs := sameNames(l.defs)
	for _, p := range pairs {
		findDecimals(p.a, p.b)
	}
	comparePairs(pairs)
	canonical := map[Named]Named{}
	for _, p := range pairs {
		if p.differ {
			continue
		}
		into, from := root(canonical, p.a), root(canonical, p.b)
		if into == from {
			continue
		}
		if inputs[into] && !inputs[from] {
			into, from = from, into
		}
		relaxRequired(into, from)
		canonical[from] = into
	}
	if len(canonical) > 0 {
		replaceTypes(l, m, func(n Named) Named { return root(canonical, n) })
	}
}

func root(canonical map[Named]Named, n Named) Named {
	for canonical[n] != nil {
		n = canonical[n]
	}
	return n
}

// pair is two definitions of one name.
type pair struct {
	a, b    Named
	differ  bool
	reliers []*pair // found alike because this one is
}

// sameNames returns the pairs of definitions that share a name, the innermost first.
func sameNames(defs []*definition) []*pair {
	byName := map[string][]Named{}
	for _, d := range defs {
		name := d.typ.Head().Name
		byName[name] = append(byName[name], d.typ)
	}
	var pairs []*pair
	for i := len(defs) - 1; i >= 0; i-- { // the last found are the innermost
		name := defs[i].typ.Head().Name
		group := byName[name]
		delete(byName, name)
		for i, a := range group {
			for _, b := range group[i+1:] {
				pairs = append(pairs, &pair{a: a, b: b})
			}
		}
	}
	return pairs
}

// comparePairs marks the pairs that differ. Because of recursion all are taken for
// alike until a difference is found; what relied on that is then compared again.
func comparePairs(pairs []*pair) {
	index := make(map[[2]Named]*pair, 2*len(pairs))
	for _, p := range pairs {
		index[[2]Named{p.a, p.b}], index[[2]Named{p.b, p.a}] = p, p
	}
	queue := slices.Clone(pairs)
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if p.differ {
			continue
		}
		same := sameNamed(p.a, p.b, func(a, b Named) bool {
			on := index[[2]Named{a, b}]
			if on == nil || on.differ {
				return false
			}
			on.reliers = append(on.reliers, p)
			return true
		})
		if !same {
			p.differ = true
			queue = append(queue, p.reliers...)
			p.reliers = nil
		}
	}
}

// equalTypes compares two types; named ones are compared by alike, inline ones by
// what they hold.
func equalTypes(a, b Type, alike func(a, b Named) bool) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	switch a := a.(type) {
	case *Null:
		_, ok := b.(*Null)
		return ok
	case *Any:
		_, ok := b.(*Any)
		return ok
	case *Scalar:
		b, ok := b.(*Scalar)
		return ok && a.Kind == b.Kind && a.Format == b.Format
	case *Nullable:
		b, ok := b.(*Nullable)
		return ok && equalTypes(a.Elem, b.Elem, alike)
	case *List:
		b, ok := b.(*List)
		return ok && a.Unique == b.Unique && equalTypes(a.Elem, b.Elem, alike)
	case *Map:
		b, ok := b.(*Map)
		return ok && equalTypes(a.Key, b.Key, alike) && equalTypes(a.Value, b.Value, alike)
	case Named:
		b, ok := b.(Named)
		if !ok || a == b {
			return ok
		}
		if a.Head().Inline && b.Head().Inline {
			return sameNamed(a, b, alike)
		}
		return alike(a, b)
	}
	panic(fmt.Sprintf("unexpected type %T", a))
}

// sameNamed compares what two declarations hold.
func sameNamed(a, b Named, alike func(a, b Named) bool) bool {
	switch a := a.(type) {
	case *Object:
		b, ok := b.(*Object)
		return ok && sameFields(a, b, alike)
	case *Enum:
		b, ok := b.(*Enum)
		return ok && sameValues(a, b)
	case *Union:
		b, ok := b.(*Union)
		if !ok || a.Tag != b.Tag || len(a.Variants) != len(b.Variants) {
			return false
		}
		for i := range a.Variants {
			if !equalTypes(a.Variants[i].Type, b.Variants[i].Type, alike) {
				return false
			}
		}
		return true
	case *Tuple:
		b, ok := b.(*Tuple)
		if !ok || a.Min != b.Min || len(a.Items) != len(b.Items) || !equalTypes(a.Rest, b.Rest, alike) {
			return false
		}
		for i := range a.Items {
			if !equalTypes(a.Items[i].Type, b.Items[i].Type, alike) {
				return false
			}
		}
		return true
	case *Alias:
		b, ok := b.(*Alias)
		return ok && equalTypes(a.Target, b.Target, alike)
	}
	panic(fmt.Sprintf("unexpected type %T", a))
}

func sameFields(a, b *Object, alike func(a, b Named) bool) bool {
	if len(a.Fields) != len(b.Fields) || a.Closed != b.Closed || !equalTypes(a.Extra, b.Extra, alike) {
		return false
	}
	others := make(map[string]*Field, len(b.Fields))
	for _, f := range b.Fields {
		others[f.Wire] = f
	}
	for _, f := range a.Fields {
		g := others[f.Wire]
		if g == nil || !equalTypes(f.Type, g.Type, alike) {
			return false
		}
		if f.Required != g.Required && f.Default == nil && g.Default == nil {
			return false
		}
	}
	return true
}

func sameValues(a, b *Enum) bool {
	if len(a.Values) != len(b.Values) {
		return false
	}
	for i := range a.Values {
		if a.Values[i].Value.JSON() != b.Values[i].Value.JSON() {
			return false
		}
	}
	return true
}

// relaxRequired makes a member optional in the joined type that is so in one of
// the versions, in the objects that stand in it in place too.
func relaxRequired(into, from Type) {
	a, ok := into.(*Object)
	if !ok {
		relaxParts(into, from)
		return
	}
	others := map[string]*Field{}
	for _, f := range from.(*Object).Fields {
		others[f.Wire] = f
	}
	for _, f := range a.Fields {
		g := others[f.Wire]
		if !g.Required {
			f.Required = false
		}
		if f.Default == nil {
			f.Default = g.Default
		}
		relaxPart(f.Type, g.Type)
	}
}

// relaxParts goes into what has the same structure and no name.
func relaxParts(into, from Type) {
	a, b := Parts(into), Parts(from)
	for i := range min(len(a), len(b)) {
		relaxPart(a[i], b[i])
	}
}

func relaxPart(into, from Type) {
	if n, named := into.(Named); !named || n.Head().Inline {
		relaxRequired(into, from)
	}
}

// replaceTypes puts one named type in the place of another, everywhere.
func replaceTypes(l *lowerer, m *Model, instead func(Named) Named) {
	done := map[Named]bool{}
	var replace func(t Type) Type
	replace = func(t Type) Type {
		switch t := t.(type) {
		case *Nullable:
			t.Elem = replace(t.Elem)
		case *List:
			t.Elem = replace(t.Elem)
		case *Map:
			t.Key, t.Value = replace(t.Key), replace(t.Value)
		case Named:
			n := instead(t)
			if !done[n] {
				done[n] = true
				replaceIn(n, replace)
			}
			return n
		}
		return t
	}
	for _, me := range m.Methods {
		me.Params, me.Result = replaceIf(me.Params, replace), replaceIf(me.Result, replace)
	}
	for _, e := range m.Events {
		e.Payload = replace(e.Payload)
	}
	for _, e := range m.Errors {
		e.Data = replaceIf(e.Data, replace)
	}
	kept := l.defs[:0]
	for _, d := range l.defs {
		if instead(d.typ) == d.typ {
			kept = append(kept, d)
		}
	}
	l.defs = kept
}

func replaceIf(t Type, replace func(Type) Type) Type {
	if t == nil {
		return nil
	}
	return replace(t)
}

func replaceIn(n Named, replace func(Type) Type) {
	switch n := n.(type) {
	case *Object:
		for _, f := range n.Fields {
			f.Type = replace(f.Type)
		}
		n.Extra = replaceIf(n.Extra, replace)
	case *Union:
		for i := range n.Variants {
			n.Variants[i].Type = replace(n.Variants[i].Type)
		}
	case *Tuple:
		for i := range n.Items {
			n.Items[i].Type = replace(n.Items[i].Type)
		}
		n.Rest = replaceIf(n.Rest, replace)
	case *Alias:
		n.Target = replace(n.Target)
	}
}

// markDirections notes for every type whether params or results reach it.
func markDirections(m *Model) {
	mark := func(t Type, seen func(*Decl) *bool) {
		var visit func(Type)
		visit = func(t Type) {
			if n, ok := t.(Named); ok {
				flag := seen(n.Head())
				if *flag {
					return
				}
				*flag = true
			}
			for _, p := range Parts(t) {
				visit(p)
			}
		}
		if t != nil {
			visit(t)
		}
	}
	in := func(d *Decl) *bool { return &d.In }
	out := func(d *Decl) *bool { return &d.Out }
	for _, me := range m.Methods {
		mark(me.Params, in)
		mark(me.Result, out)
	}
	for _, e := range m.Events {
		mark(e.Payload, out)
	}
	for _, e := range m.Errors {
		mark(e.Data, out)
	}
}

// finish sets what follows from the whole: members that results always carry,
// and the order of types.
func finish(m *Model) {
	seen := map[Named]bool{}
	var roots []Named
	collect := func(t Type) {
		Walk(t, func(t Type) bool {
			n, ok := t.(Named)
			if !ok {
				return true
			}
			if seen[n] {
				return false
			}
			seen[n] = true
			roots = append(roots, n)
			return true
		})
	}
	for _, me := range m.Methods {
		collect(me.Params)
		collect(me.Result)
	}
	for _, e := range m.Events {
		collect(e.Payload)
	}
	for _, e := range m.Errors {
		collect(e.Data)
	}
	for _, n := range roots {
		if o, ok := n.(*Object); ok && !o.In {
			for _, f := range o.Fields {
				f.Required = f.Required || f.Default != nil
			}
		}
	}
	sort.SliceStable(roots, func(i, j int) bool { return roots[i].Head().Name < roots[j].Head().Name })
	m.Types = dependencyOrder(roots)
}

// dependencyOrder puts a type after those it is made of, where there is no cycle.
func dependencyOrder(types []Named) []Named {
	order := make([]Named, 0, len(types))
	seen := map[Named]bool{}
	var visit func(t Type)
	visit = func(t Type) {
		n, ok := t.(Named)
		if ok && seen[n] {
			return
		}
		if ok {
			seen[n] = true
		}
		for _, p := range Parts(t) {
			visit(p)
		}
		if ok {
			order = append(order, n)
		}
	}
	for _, t := range types {
		visit(t)
	}
	return order
}
