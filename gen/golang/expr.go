package golang

import (
	"fmt"
	"strconv"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

func itoa(i int) string { return strconv.Itoa(i) }

func unknownType(t schema.Type) string { return fmt.Sprintf("golang: unknown type %T", t) }

// imports is a set of packages that generated code needs.
type imports uint8

const (
	importJSON imports = 1 << iota // encoding/json
	importBig                      // math/big
	importIter                     // iter
	importTime                     // time
	importRPC                      // the runtime
)

// goType is a type as Go code writes it, and what the code has to import for it.
type goType struct {
	text    string
	imports imports
}

func (t goType) pointer() goType { return goType{"*" + t.text, t.imports} }

// list is []elem.
func list(elem goType) goType { return goType{"[]" + elem.text, elem.imports} }

// dict is map[key]value.
func dict(key, value goType) goType {
	return goType{"map[" + key.text + "]" + value.text, key.imports | value.imports}
}

var (
	rawType     = goType{"json.RawMessage", importJSON}
	nullType    = goType{"rpc.Null", importRPC}
	bigType     = goType{"*big.Int", importBig}
	extraType   = dict(goType{text: "string"}, rawType)
	unknownBase = goType{"rpc.UnknownVariant", importRPC}
	basicTypes  = [...]string{"string", "int64", "float64", "bool"}
)

// typeOf is the Go type of t. What may be null is a pointer, unless Go's type has a
// nil of its own.
func (n *names) typeOf(t schema.Type) goType { return n.typ(t, false) }

// baseOf is [names.typeOf] of what is not null.
func (n *names) baseOf(t schema.Type) goType { return n.base(t, false) }

// typ is [names.typeOf] for params or for results, between which only types of other
// packages differ.
func (n *names) typ(t schema.Type, input bool) goType {
	inner, null := n.stripNull(t)
	if null && !n.isNilable(inner) {
		return n.base(inner, input).pointer()
	}
	return n.base(inner, input)
}

// base is [names.typ] of what is not null.
func (n *names) base(t schema.Type, input bool) goType {
	switch t := t.(type) {
	case *schema.Scalar:
		return scalarType(t)
	case *schema.Null:
		return nullType
	case *schema.Any:
		return rawType
	case *schema.Nullable:
		return n.base(t.Elem, input)
	case *schema.List:
		return list(n.typ(t.Elem, input))
	case *schema.Map:
		return dict(n.base(t.Key, input), n.typ(t.Value, input))
	case *schema.Enum:
		if n.isBare(t) {
			return goType{text: enumBase(t).expr()}
		}
		return goType{text: n.typeName(t, input)}
	case schema.Named:
		return goType{text: n.typeName(t, input)}
	}
	panic(unknownType(t))
}

func scalarType(s *schema.Scalar) goType {
	if s.Wide() {
		return bigType
	}
	if name := formatType(s); name != "" {
		return goType{"rpc." + name, importRPC}
	}
	return goType{text: basicTypes[s.Kind]}
}

// formatType returns the runtime's type for a format, "" where it has none.
func formatType(s *schema.Scalar) string {
	if s.Kind != schema.String {
		return ""
	}
	return formatTypes[s.Format]
}

var formatTypes = map[schema.Format]string{
	schema.DateTime: "DateTime", schema.Date: "Date", schema.Time: "Time", schema.Duration: "Duration",
	schema.UUID: "UUID", schema.Decimal: "Decimal", schema.URI: "URL", schema.Base64: "Base64", schema.Base64URL: "Base64URL",
}

// stripNull looks for null in a type and in what it is an alias of. An alias is
// kept: its Go type is never a pointer.
func (n *names) stripNull(t schema.Type) (inner schema.Type, null bool) {
	for {
		x, ok := t.(*schema.Nullable)
		if !ok {
			break
		}
		t, null = x.Elem, true
	}
	for r := t; ; {
		switch x := r.(type) {
		case *schema.Alias:
			r = x.Target
		case *schema.Nullable:
			return t, true
		case *schema.Union:
			return t, null || n.plan.Union(x).Null
		default:
			return t, null
		}
	}
}

// isNilable tells whether Go's type of t has a nil without being a pointer to it.
func (n *names) isNilable(t schema.Type) bool {
	switch t := schema.Core(t).(type) {
	case *schema.Union:
		return !n.isForeign(t)
	case *schema.List, *schema.Map, *schema.Any:
		return true
	case *schema.Scalar:
		return t.Wide()
	}
	return false
}

// isDefined tells whether an alias is a Go type of its own, with methods; other
// aliases are Go aliases.
func isDefined(a *schema.Alias) bool {
	switch t := a.Target.(type) {
	case *schema.List, *schema.Map:
		return true
	case *schema.Nullable:
		switch t.Elem.(type) {
		case *schema.List, *schema.Map:
			return true
		}
	}
	return false
}

// isStruct tells whether results and events of type t are handed out as pointers.
func (n *names) isStruct(t schema.Type) bool {
	switch t := schema.Core(t).(type) {
	case *schema.Object, *schema.Tuple:
		return true
	case *schema.Union:
		return n.isForeign(t)
	}
	return false
}

func isUnion(t schema.Type) bool {
	_, ok := schema.Core(t).(*schema.Union)
	return ok
}

func isWide(t schema.Type) bool {
	s, ok := schema.Core(t).(*schema.Scalar)
	return ok && s.Wide()
}

// member is a field of a struct.
type member struct {
	*plan.Member
	name    string // of the field
	wire    string // its name in JSON, as a Go string
	typ     goType
	inner   schema.Type // without null
	null    bool        // it may be null
	always  bool        // every value has it: nil is null, or a mistake
	pointer bool        // a pointer to what is there
}

// constant tells whether the field has one value only, which is filled in.
func (m *member) constant() bool { return m.Const != nil && !m.pointer }

// remembersNull tells whether Extra keeps the member's explicit null, because nil
// means that it is absent.
func (m *member) remembersNull() bool { return m.null && !m.always }

// membersOf returns the fields of an object's struct.
func (g *generator) membersOf(o *schema.Object) []member {
	p := g.plan.Object(o)
	members := make([]member, len(p.Members))
	for i := range p.Members {
		f := &p.Members[i]
		m := member{
			Member: f, name: g.names.fields[o][i], wire: quote(f.Wire), always: alwaysThere(o, f),
		}
		m.inner, m.null = g.names.stripNull(f.Type)
		m.typ = g.names.base(m.inner, !o.Out)
		if !f.Filled && !g.names.isNilable(m.inner) && (m.null || !m.always || g.boxed[o][i]) {
			m.pointer, m.typ = true, m.typ.pointer()
		}
		members[i] = m
	}
	return members
}

// alwaysThere tells whether every value of an object in Go has the member. Only what
// comes from a server may lack one that is required: it gets its default.
func alwaysThere(o *schema.Object, m *plan.Member) bool {
	return m.Required || m.Sent && !o.In
}

// itemOf is the Go type of a tuple's item.
func (g *generator) itemOf(t *schema.Tuple, i int) (typ goType, pointer bool) {
	inner, null := g.names.stripNull(t.Items[i].Type)
	base := g.names.base(inner, !t.Out)
	if !g.names.isNilable(inner) && (null || i >= t.Min || g.boxed[t][i]) {
		return base.pointer(), true
	}
	return base, false
}

// valueCycles finds the fields and items by which a struct would contain
// itself: these are pointers.
func valueCycles(n *names, m *schema.Model) map[schema.Type]map[int]bool {
	boxed := map[schema.Type]map[int]bool{}
	const open, done = 1, 2
	state := map[schema.Type]int{}
	var visit func(schema.Type)
	visit = func(t schema.Type) {
		state[t] = open
		for i, part := range valueParts(n, t) {
			if part == nil {
				continue
			}
			switch state[part] {
			case open:
				if boxed[t] == nil {
					boxed[t] = map[int]bool{}
				}
				boxed[t][i] = true
			case 0:
				visit(part)
			}
		}
		state[t] = done
	}
	for _, t := range m.Types {
		if state[t] == 0 {
			visit(t)
		}
	}
	return boxed
}

// valueParts returns the structs that a struct contains, by field or item.
func valueParts(n *names, t schema.Type) []schema.Type {
	var parts []schema.Type
	add := func(t schema.Type, always bool) {
		inner, null := n.stripNull(t)
		switch c := schema.Core(inner).(type) {
		case *schema.Object, *schema.Tuple:
			if always && !null {
				parts = append(parts, c)
				return
			}
		}
		parts = append(parts, nil)
	}
	switch t := t.(type) {
	case *schema.Object:
		if n.isForeign(t) {
			return nil
		}
		for i := range n.plan.Object(t).Members {
			m := &n.plan.Object(t).Members[i]
			add(m.Type, alwaysThere(t, m))
		}
	case *schema.Tuple:
		for i, it := range t.Items {
			add(it.Type, i < t.Min)
		}
	}
	return parts
}
