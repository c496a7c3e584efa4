package load

import (
	"reflect"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/schema"
)

// joinVersions makes one type of definitions that share a name and a structure:
// what Pydantic exports as X-Input and X-Output, or in two files. Versions may
// differ in `required` of members with a default; the member is optional then.
// The result version is the one that stays.
func joinVersions(l *lowerer, m *schema.Model) {
	l.markDirections(m)
	l.noteDirections()
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
		into.Head().Sources = append(into.Head().Sources, from.Head().Sources...)
		for _, twin := range from.Head().Twins {
			addTwin(into.Head(), twin)
		}
		canonical[from] = into
	}
	if len(canonical) > 0 {
		l.replaceTypes(m, func(t schema.Type) schema.Type {
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
		same := sameStructure(p.a, p.b, func(a, b schema.Named) bool {
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
	x, isNamed := a.(schema.Named)
	y, isOther := b.(schema.Named)
	switch {
	case a == b:
		return true
	case a == nil || b == nil || isNamed != isOther:
		return false
	case isNamed && !(x.Head().Inline && y.Head().Inline):
		return alike(x, y)
	}
	return sameStructure(a, b, alike)
}

// sameStructure compares what two types hold.
func sameStructure(a, b schema.Type, alike func(a, b schema.Named) bool) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	same := true
	switch a := a.(type) {
	case *schema.Scalar:
		b := b.(*schema.Scalar)
		same = a.Kind == b.Kind && a.Format == b.Format
	case *schema.List:
		same = a.Unique == b.(*schema.List).Unique
	case *schema.Object:
		return sameFields(a, b.(*schema.Object), alike)
	case *schema.Enum:
		same = sameValues(a.Values, b.(*schema.Enum).Values)
	case *schema.Union:
		same = a.Tag == b.(*schema.Union).Tag
	case *schema.Tuple:
		b := b.(*schema.Tuple)
		same = a.Min == b.Min && len(a.Items) == len(b.Items)
	case *schema.Alias:
		same = sameValues(a.Flags, b.(*schema.Alias).Flags)
	}
	return same && slices.EqualFunc(schema.Parts(a), schema.Parts(b), func(x, y schema.Type) bool { return equalTypes(x, y, alike) })
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
func (l *lowerer) replaceTypes(m *schema.Model, instead func(schema.Type) schema.Type) {
	done := map[schema.Named]bool{}
	var replace func(slot *schema.Type)
	replace = func(slot *schema.Type) {
		*slot = instead(*slot)
		if n, ok := (*slot).(schema.Named); ok {
			if done[n] {
				return
			}
			done[n] = true
		}
		schema.EachSlot(*slot, replace)
	}
	for _, slot := range slices.Concat(receivedTypes(m), sentTypes(m)) {
		replace(slot)
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

// markDirections notes for every type whether params or results reach it.
func (l *lowerer) markDirections(m *schema.Model) {
	for _, d := range l.defs {
		d.typ.Head().In, d.typ.Head().Out = false, false
	}
	for _, in := range l.inline {
		in.typ.Head().In, in.typ.Head().Out = false, false
	}
	mark := func(slots []*schema.Type, flagOf func(*schema.Decl) *bool) {
		var visit func(*schema.Type)
		visit = func(slot *schema.Type) {
			if n, ok := (*slot).(schema.Named); ok {
				flag := flagOf(n.Head())
				if *flag {
					return
				}
				*flag = true
			}
			schema.EachSlot(*slot, visit)
		}
		for _, slot := range slots {
			visit(slot)
		}
	}
	mark(receivedTypes(m), func(d *schema.Decl) *bool { return &d.In })
	mark(sentTypes(m), func(d *schema.Decl) *bool { return &d.Out })
}

// receivedTypes returns where the model has what a server receives: params.
func receivedTypes(m *schema.Model) (slots []*schema.Type) {
	for _, me := range m.Methods {
		slots = append(slots, &me.Params)
	}
	return slices.DeleteFunc(slots, isEmpty)
}

// sentTypes returns where the model has what a server sends: results, payloads of events,
// and data of errors.
func sentTypes(m *schema.Model) (slots []*schema.Type) {
	for _, me := range m.Methods {
		slots = append(slots, &me.Result)
	}
	for _, e := range m.Events {
		slots = append(slots, &e.Payload)
	}
	for _, e := range m.Errors {
		slots = append(slots, &e.Data)
	}
	return slices.DeleteFunc(slots, isEmpty)
}

func isEmpty(slot *schema.Type) bool { return *slot == nil }

// finish sets what follows from the whole: the order of types, and that members
// of what is only received are sent where they are required.
func finish(m *schema.Model) {
	roots := slices.Concat(receivedTypes(m), sentTypes(m))
	types := make([]schema.Type, len(roots))
	for i, slot := range roots {
		types[i] = *slot
	}
	named := dependencyOrder(types)
	for _, n := range named {
		if o, ok := n.(*schema.Object); ok {
			for _, f := range o.Fields {
				f.Sent = f.Required || f.Sent && o.Out
				plainDefault(f)
			}
		}
	}
	slices.SortFunc(named, func(a, b schema.Named) int { return strings.Compare(a.Head().Name, b.Head().Name) })
	m.Types = dependencyOrder(named)
}

// dependencyOrder returns the named types among types and in them, each after those that
// it uses, where there is no cycle.
func dependencyOrder[T schema.Type](types []T) []schema.Named {
	order := make([]schema.Named, 0, len(types))
	seen := map[schema.Named]bool{}
	var visit func(slot *schema.Type)
	visit = func(slot *schema.Type) {
		n, ok := (*slot).(schema.Named)
		if ok && seen[n] {
			return
		}
		if ok {
			seen[n] = true
		}
		schema.EachSlot(*slot, visit)
		if ok {
			order = append(order, n)
		}
	}
	for _, t := range types {
		var slot schema.Type = t
		visit(&slot)
	}
	return order
}
