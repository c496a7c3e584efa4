package load

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/wsgen/wsgen/schema"
)

// joinVersions makes one type of definitions that share a name and a structure:
// what Pydantic exports as X-Input and X-Output, or in two files. Versions may
// differ in `required` of members with a default; the member is optional then.
// The result version is the one that stays.
func joinVersions(l *lowerer, m *schema.Model) {
	l.markDirections(m)
	inputs := map[schema.Named]bool{}
	for _, d := range l.defs {
		inputs[d.typ] = strings.HasSuffix(d.key, "-Input")
	}
	pairs := sameNames(l.defs)
	for _, p := range pairs {
		findDecimals(p.a, p.b)
	}
	comparePairs(pairs)
	canonical := map[schema.Named]schema.Named{}
	for _, p := range pairs {
		if p.differ {
			continue
		}
		into, from := root(canonical, p.a), root(canonical, p.b)
		if into == from {
			continue
		}
		if sent := from.Head().Out; sent != into.Head().Out {
			if sent {
				into, from = from, into
			}
		} else if inputs[into] && !inputs[from] {
			into, from = from, into
		}
		joinFields(into, from, from.Head().Out)
		canonical[from] = into
	}
	if len(canonical) > 0 {
		replaceTypes(l, m, func(t schema.Type) schema.Type {
			if n, ok := t.(schema.Named); ok {
				return root(canonical, n)
			}
			return t
		})
	}
}

func root(canonical map[schema.Named]schema.Named, n schema.Named) schema.Named {
	for canonical[n] != nil {
		n = canonical[n]
	}
	return n
}

// pair is two definitions of one name.
type pair struct {
	a, b    schema.Named
	differ  bool
	reliers []*pair // found alike because this one is
}

// maxVersions is how many definitions of one name are compared with all others of it.
// Copies of a model in many files are all like one of these.
const maxVersions = 32

// sameNames returns the pairs of definitions that share a name, the innermost first.
func sameNames(defs []*definition) []*pair {
	byName := map[string][]schema.Named{}
	for _, d := range defs {
		name := d.typ.Head().Name
		byName[name] = append(byName[name], d.typ)
	}
	var pairs []*pair
	for i := len(defs) - 1; i >= 0; i-- { // the last found are the innermost
		name := defs[i].typ.Head().Name
		group := byName[name]
		delete(byName, name)
		for i, a := range group[:min(len(group), maxVersions)] {
			for _, b := range group[i+1:] {
				pairs = append(pairs, &pair{a: a, b: b})
			}
		}
	}
	return pairs
}

// comparePairs marks the pairs that differ. Because of recursion all are assumed to be
// alike until a difference is found; what relied on that is then compared again.
func comparePairs(pairs []*pair) {
	index := make(map[[2]schema.Named]*pair, 2*len(pairs))
	for _, p := range pairs {
		index[[2]schema.Named{p.a, p.b}], index[[2]schema.Named{p.b, p.a}] = p, p
	}
	queue := slices.Clone(pairs)
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if p.differ {
			continue
		}
		same := sameNamed(p.a, p.b, func(a, b schema.Named) bool {
			on := index[[2]schema.Named{a, b}]
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
func equalTypes(a, b schema.Type, alike func(a, b schema.Named) bool) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	switch a := a.(type) {
	case *schema.Null:
		_, ok := b.(*schema.Null)
		return ok
	case *schema.Any:
		_, ok := b.(*schema.Any)
		return ok
	case *schema.Scalar:
		b, ok := b.(*schema.Scalar)
		return ok && a.Kind == b.Kind && a.Format == b.Format
	case *schema.Nullable:
		b, ok := b.(*schema.Nullable)
		return ok && equalTypes(a.Elem, b.Elem, alike)
	case *schema.List:
		b, ok := b.(*schema.List)
		return ok && a.Unique == b.Unique && equalTypes(a.Elem, b.Elem, alike)
	case *schema.Map:
		b, ok := b.(*schema.Map)
		return ok && equalTypes(a.Key, b.Key, alike) && equalTypes(a.Value, b.Value, alike)
	case schema.Named:
		b, ok := b.(schema.Named)
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
func sameNamed(a, b schema.Named, alike func(a, b schema.Named) bool) bool {
	switch a := a.(type) {
	case *schema.Object:
		b, ok := b.(*schema.Object)
		return ok && sameFields(a, b, alike)
	case *schema.Enum:
		b, ok := b.(*schema.Enum)
		return ok && sameValues(a.Values, b.Values)
	case *schema.Union:
		b, ok := b.(*schema.Union)
		if !ok || a.Tag != b.Tag || len(a.Variants) != len(b.Variants) {
			return false
		}
		for i := range a.Variants {
			if !equalTypes(a.Variants[i].Type, b.Variants[i].Type, alike) {
				return false
			}
		}
		return true
	case *schema.Tuple:
		b, ok := b.(*schema.Tuple)
		if !ok || a.Min != b.Min || len(a.Items) != len(b.Items) || !equalTypes(a.Rest, b.Rest, alike) {
			return false
		}
		for i := range a.Items {
			if !equalTypes(a.Items[i].Type, b.Items[i].Type, alike) {
				return false
			}
		}
		return true
	case *schema.Alias:
		b, ok := b.(*schema.Alias)
		return ok && sameValues(a.Flags, b.Flags) && equalTypes(a.Target, b.Target, alike)
	}
	panic(fmt.Sprintf("unexpected type %T", a))
}

func sameFields(a, b *schema.Object, alike func(a, b schema.Named) bool) bool {
	if len(a.Fields) != len(b.Fields) || a.Closed != b.Closed || !equalTypes(a.Extra, b.Extra, alike) {
		return false
	}
	others := make(map[string]*schema.Field, len(b.Fields))
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

func sameValues(a, b []schema.EnumValue) bool {
	return slices.EqualFunc(a, b, func(x, y schema.EnumValue) bool { return x.Value.JSON() == y.Value.JSON() })
}

// joinFields makes a member optional in the joined type that is so in one of the
// versions, in the objects without a name inside it too. Whether a member is
// always sent is for the version of results to say: into, and from as well where
// fromIsSent.
func joinFields(into, from schema.Type, fromIsSent bool) {
	a, ok := into.(*schema.Object)
	if !ok {
		x, y := schema.Parts(into), schema.Parts(from)
		for i := range min(len(x), len(y)) {
			joinPart(x[i], y[i], fromIsSent)
		}
		return
	}
	others := map[string]*schema.Field{}
	for _, f := range from.(*schema.Object).Fields {
		others[f.Wire] = f
	}
	for _, f := range a.Fields {
		g := others[f.Wire]
		f.Required = f.Required && g.Required
		if fromIsSent {
			f.Sent = f.Sent && g.Sent
		}
		if f.Default == nil {
			f.Default = g.Default
		}
		joinPart(f.Type, g.Type, fromIsSent)
	}
}

// joinPart goes into what has no name of its own: named types are joined apart.
func joinPart(into, from schema.Type, fromIsSent bool) {
	if n, named := into.(schema.Named); !named || n.Head().Inline {
		joinFields(into, from, fromIsSent)
	}
}

// replaceTypes puts one type in the place of another, everywhere.
func replaceTypes(l *lowerer, m *schema.Model, instead func(schema.Type) schema.Type) {
	done := map[schema.Named]bool{}
	var replace func(t schema.Type) schema.Type
	replace = func(t schema.Type) schema.Type {
		t = instead(t)
		switch t := t.(type) {
		case *schema.Nullable:
			t.Elem = replace(t.Elem)
		case *schema.List:
			t.Elem = replace(t.Elem)
		case *schema.Map:
			t.Key, t.Value = replace(t.Key), replace(t.Value)
		case schema.Named:
			if !done[t] {
				done[t] = true
				replaceIn(t, replace)
			}
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
	l.replaceDefinitions(instead)
}

// replaceDefinitions keeps one definition for each type.
func (l *lowerer) replaceDefinitions(instead func(schema.Type) schema.Type) {
	defined := make(map[schema.Type]bool, len(l.defs))
	for _, d := range l.defs {
		defined[d.typ] = true
	}
	kept := l.defs[:0]
	for _, d := range l.defs {
		t := instead(d.typ)
		if t != d.typ && defined[t] {
			continue
		}
		d.typ, defined[t] = t.(schema.Named), true
		kept = append(kept, d)
	}
	l.defs = kept
}

func replaceIf(t schema.Type, replace func(schema.Type) schema.Type) schema.Type {
	if t == nil {
		return nil
	}
	return replace(t)
}

func replaceIn(n schema.Named, replace func(schema.Type) schema.Type) {
	switch n := n.(type) {
	case *schema.Object:
		for _, f := range n.Fields {
			f.Type = replace(f.Type)
		}
		n.Extra = replaceIf(n.Extra, replace)
	case *schema.Union:
		for i := range n.Variants {
			n.Variants[i].Type = replace(n.Variants[i].Type)
		}
	case *schema.Tuple:
		for i := range n.Items {
			n.Items[i].Type = replace(n.Items[i].Type)
		}
		n.Rest = replaceIf(n.Rest, replace)
	case *schema.Alias:
		n.Target = replace(n.Target)
	}
}

// markDirections notes for every type whether params or results reach it.
func (l *lowerer) markDirections(m *schema.Model) {
	for _, d := range l.defs {
		d.typ.Head().In, d.typ.Head().Out = false, false
	}
	for _, in := range l.inline {
		in.typ.Head().In, in.typ.Head().Out = false, false
	}
	mark := func(t schema.Type, seen func(*schema.Decl) *bool) {
		var visit func(schema.Type)
		visit = func(t schema.Type) {
			if n, ok := t.(schema.Named); ok {
				flag := seen(n.Head())
				if *flag {
					return
				}
				*flag = true
			}
			for _, p := range schema.Parts(t) {
				visit(p)
			}
		}
		if t != nil {
			visit(t)
		}
	}
	for _, me := range m.Methods {
		mark(me.Params, func(d *schema.Decl) *bool { return &d.In })
	}
	for _, t := range sentTypes(m) {
		mark(t, func(d *schema.Decl) *bool { return &d.Out })
	}
}

// sentTypes returns what a server sends: results, payloads of events, and data of
// errors; nil where there is none.
func sentTypes(m *schema.Model) []schema.Type {
	types := make([]schema.Type, 0, len(m.Methods)+len(m.Events)+len(m.Errors))
	for _, me := range m.Methods {
		types = append(types, me.Result)
	}
	for _, e := range m.Events {
		types = append(types, e.Payload)
	}
	for _, e := range m.Errors {
		types = append(types, e.Data)
	}
	return types
}

// finish sets what follows from the whole: the order of types, and that members
// of what is only received are sent where they are required.
func finish(m *schema.Model) {
	seen := map[schema.Named]bool{}
	var roots []schema.Named
	collect := func(t schema.Type) {
		schema.Walk(t, func(t schema.Type) bool {
			n, ok := t.(schema.Named)
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
		if o, ok := n.(*schema.Object); ok {
			for _, f := range o.Fields {
				f.Sent = f.Required || f.Sent && o.Out
				plainDefault(f)
			}
		}
	}
	sort.SliceStable(roots, func(i, j int) bool { return roots[i].Head().Name < roots[j].Head().Name })
	m.Types = dependencyOrder(roots)
}

// dependencyOrder puts a type after the types that it uses, where there is no cycle.
func dependencyOrder(types []schema.Named) []schema.Named {
	order := make([]schema.Named, 0, len(types))
	seen := map[schema.Named]bool{}
	var visit func(t schema.Type)
	visit = func(t schema.Type) {
		n, ok := t.(schema.Named)
		if ok && seen[n] {
			return
		}
		if ok {
			seen[n] = true
		}
		for _, p := range schema.Parts(t) {
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
