package golang

import (
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// sample writes an example of params as another package does; ok is false where that takes
// more than an expression:
//
//	centrifugo_client.GetTaskParams{TaskID: "3f2c8a52-0b1d-4c55-9a39-7f6e2d1c0b4a"}
func (g *generator) sample(t schema.Type) (expr string, ok bool) {
	made := g.plan.Sample(t)
	if made == nil {
		return "", false
	}
	return g.sampleExpr(t, made)
}

// sampleExpr writes a sample where a type is expected.
func (g *generator) sampleExpr(t schema.Type, s *plan.Sample) (expr string, ok bool) {
	inner, null := g.names.stripNull(t)
	nilable := g.names.isNilable(inner)
	if _, isNull := s.Type.(*schema.Null); isNull && null {
		return "nil", true
	}
	if g.names.isForeign(inner) { // its members have names of their own
		return "", false
	}
	expr, ok = g.plainSample(inner, s)
	if null && !nilable {
		return g.pointerTo(inner, expr), ok
	}
	return expr, ok
}

// pointerTo writes a pointer to a value: of a constant the type has to be said.
func (g *generator) pointerTo(t schema.Type, expr string) string {
	switch schema.Core(t).(type) {
	case *schema.Scalar:
		return "rpc.Ptr[" + g.qualified(g.names.baseOf(t).text) + "](" + expr + ")"
	case *schema.Object, *schema.Tuple:
		return "&" + expr
	}
	return "rpc.Ptr(" + expr + ")"
}

func (g *generator) plainSample(t schema.Type, s *plan.Sample) (expr string, ok bool) {
	switch sampled := s.Type.(type) {
	case *schema.Null:
		return "rpc.Null{}", true
	case *schema.Any:
		return "nil", true
	case *schema.Scalar:
		if sampled.Wide() {
			return "", false
		}
		return scalarLiteral(sampled.Kind, s.Value)
	case *schema.Enum:
		if !g.names.isBare(sampled) {
			return g.opt.Package + "." + g.names.values[sampled][s.Index], true
		}
		return g.names.valueExpr(sampled, s.Value), true
	case *schema.Union:
		return g.variantSample(sampled, s)
	case *schema.Object:
		return g.structSample(sampled, s)
	case *schema.Tuple:
		return g.tupleSample(sampled, s)
	case *schema.List:
		return g.listSample(g.qualified(g.names.baseOf(t).text), sampled.Elem, s, false)
	case *schema.Map:
		if scalar, isScalar := schema.Core(sampled.Key).(*schema.Scalar); isScalar && scalar.Kind == schema.String {
			return g.listSample(g.qualified(g.names.baseOf(t).text), sampled.Value, s, true)
		}
	}
	return "", false
}

// variantSample writes a value of a union: scalars and the like are in a type of their own.
func (g *generator) variantSample(u *schema.Union, s *plan.Sample) (expr string, ok bool) {
	v := g.names.variants[u][s.Index]
	expr, ok = g.plainSample(v.typ, s.Variant)
	if !v.wrapper {
		return expr, ok
	}
	if strings.HasSuffix(expr, "}") { // of a list or a map
		return g.opt.Package + "." + v.goName + expr[strings.Index(expr, "{"):], ok
	}
	return g.opt.Package + "." + v.goName + "(" + expr + ")", ok
}

// structSample writes a struct without what fills itself in.
func (g *generator) structSample(o *schema.Object, s *plan.Sample) (expr string, ok bool) {
	var fields []string
	for _, e := range s.Entries {
		for i := range g.members[o] {
			m := &g.members[o][i]
			if m.Member != e.Member || m.Const != nil && m.constant() {
				continue
			}
			value, ok := g.sampleExpr(m.Type, e.Value)
			if !ok {
				return "", false
			}
			if m.pointer && !m.null {
				value = g.pointerTo(m.inner, value)
			}
			fields = append(fields, m.name+": "+value)
		}
	}
	return g.opt.Package + "." + g.names.types[o] + "{" + strings.Join(fields, ", ") + "}", true
}

func (g *generator) tupleSample(t *schema.Tuple, s *plan.Sample) (expr string, ok bool) {
	var items []string
	for i, e := range s.Entries {
		value, ok := g.sampleExpr(t.Items[i].Type, e.Value)
		if !ok {
			return "", false
		}
		inner, null := g.names.stripNull(t.Items[i].Type)
		if _, pointer := g.itemOf(t, i); pointer && !null {
			value = g.pointerTo(inner, value)
		}
		items = append(items, g.names.items[t][i]+": "+value)
	}
	return g.opt.Package + "." + g.names.types[t] + "{" + strings.Join(items, ", ") + "}", true
}

// listSample writes a slice or, with keys, a map.
func (g *generator) listSample(typ string, elem schema.Type, s *plan.Sample, keyed bool) (expr string, ok bool) {
	var items []string
	for _, e := range s.Entries {
		value, ok := g.sampleExpr(elem, e.Value)
		if !ok {
			return "", false
		}
		if keyed {
			value = quote(e.Key) + ": " + value
		}
		items = append(items, value)
	}
	return typ + "{" + strings.Join(items, ", ") + "}", true
}

// qualified writes a type of the package as others do: "[]centrifugo_client.Task".
func (g *generator) qualified(typ string) string {
	start := strings.LastIndexAny(typ, "]*") + 1
	prefix, name := typ[:start], typ[start:]
	switch name {
	case "string", "int64", "float64", "bool", "any", "json.RawMessage":
		return typ
	}
	if strings.Contains(name, ".") {
		return typ
	}
	return prefix + g.opt.Package + "." + name
}
