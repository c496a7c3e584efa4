package golang

import (
	"fmt"
	"strconv"

	"github.com/wsgen/wsgen/schema"
)

func itoa(i int) string { return strconv.Itoa(i) }

func unknownType(t schema.Type) string { return fmt.Sprintf("golang: unknown type %T", t) }

// typeExpr writes a type as Go does: "[]*Task". What may be null is a pointer,
// unless Go's type has a nil of its own.
func (n *names) typeExpr(t schema.Type) string {
	inner, null := stripNull(t)
	if null && !isNilable(inner) {
		return "*" + n.baseExpr(inner)
	}
	return n.baseExpr(inner)
}

// baseExpr is [names.typeExpr] of what is not null.
func (n *names) baseExpr(t schema.Type) string {
	switch t := t.(type) {
	case *schema.Scalar:
		return scalarExpr(t)
	case *schema.Null:
		return "Null"
	case *schema.Any:
		return "json.RawMessage"
	case *schema.Nullable:
		return n.baseExpr(t.Elem)
	case *schema.List:
		return "[]" + n.typeExpr(t.Elem)
	case *schema.Map:
		return "map[" + n.baseExpr(t.Key) + "]" + n.typeExpr(t.Value)
	case schema.Named:
		return n.types[t]
	}
	panic(unknownType(t))
}

func scalarExpr(s *schema.Scalar) string {
	if s.Wide() {
		return "*big.Int"
	}
	if name := formatType(s); name != "" {
		return name
	}
	return [...]string{"string", "int64", "float64", "bool"}[s.Kind]
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
func stripNull(t schema.Type) (inner schema.Type, null bool) {
	for {
		n, ok := t.(*schema.Nullable)
		if !ok {
			break
		}
		t, null = n.Elem, true
	}
	for r := t; ; {
		switch x := r.(type) {
		case *schema.Alias:
			r = x.Target
		case *schema.Nullable:
			return t, true
		default:
			return t, null
		}
	}
}

// core looks through aliases and null.
func core(t schema.Type) schema.Type {
	for {
		switch x := t.(type) {
		case *schema.Alias:
			t = x.Target
		case *schema.Nullable:
			t = x.Elem
		default:
			return t
		}
	}
}

// isNilable tells whether Go's type of t has a nil without being a pointer to it.
func isNilable(t schema.Type) bool {
	switch t := core(t).(type) {
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

// isStruct tells whether a result of type t is handed out as a pointer.
func isStruct(t schema.Type) bool {
	switch core(t).(type) {
	case *schema.Object, *schema.Union, *schema.Tuple:
		return true
	}
	return false
}

// isConst tells whether t has one value only, which is always sent.
func isConst(t schema.Type) bool { return schema.ConstOf(t) != nil }

// fieldExpr is the Go type of a member.
func (g *generator) fieldExpr(o *schema.Object, i int) string {
	f := o.Fields[i]
	inner, null := stripNull(f.Type)
	base := g.names.baseExpr(inner)
	if !isConst(f.Type) && !isNilable(inner) && (null || !f.Required || g.boxed[o][i]) {
		return "*" + base
	}
	return base
}

// itemExpr is the Go type of a tuple's item.
func (g *generator) itemExpr(t *schema.Tuple, i int) string {
	inner, null := stripNull(t.Items[i].Type)
	base := g.names.baseExpr(inner)
	if !isNilable(inner) && (null || i >= t.Min || g.boxed[t][i]) {
		return "*" + base
	}
	return base
}

// remembersNull tells whether Extra keeps a field's explicit null, because nil
// means that it is absent.
func remembersNull(f *schema.Field) bool {
	_, null := stripNull(f.Type)
	return null && !f.Required
}

// valueCycles finds the fields and items by which a struct would contain
// itself: these are pointers.
func valueCycles(m *schema.Model) map[schema.Type]map[int]bool {
	boxed := map[schema.Type]map[int]bool{}
	const open, done = 1, 2
	state := map[schema.Type]int{}
	var visit func(schema.Type)
	visit = func(t schema.Type) {
		state[t] = open
		for i, part := range valueParts(t) {
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
func valueParts(t schema.Type) []schema.Type {
	var parts []schema.Type
	add := func(t schema.Type, always bool) {
		inner, null := stripNull(t)
		switch c := core(inner).(type) {
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
		for _, f := range t.Fields {
			add(f.Type, f.Required)
		}
	case *schema.Tuple:
		for i, it := range t.Items {
			add(it.Type, i < t.Min)
		}
	}
	return parts
}
