package golang

import (
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/schema"
)

// writeVariants prints what a union's variants are told apart by:
//
//	var variantsPlace = []*rpc.Shape{
//		&shapeGeoPoint,
//		{Types: rpc.JSONString},
//	}
func (w *codecWriter) writeVariants(u *plan.Union) {
	w.b.Line()
	w.b.Block("var variants"+w.names.types[u.Union]+" = []*rpc.Shape{", func() {
		for _, v := range u.Variants {
			w.b.Line(w.shapes.item(v.Shape), ",")
		}
	}, "}")
}

// shapeWriter prints shapes, and notes the patterns that they need.
type shapeWriter struct {
	names    *names
	patterns []string // declarations
	known    map[string]string
}

// write prints the shapes that have a name, and the patterns of all. A shape may hold itself,
// which Go allows only for variables that are set later:
//
//	var shapeGeoPoint rpc.Shape
//
//	func init() {
//		shapeGeoPoint = rpc.Shape{Types: rpc.JSONObject, …}
//	}
func (s *shapeWriter) write(b *emit.Buffer, shapes []*plan.Shape) {
	lines := make([]string, len(shapes))
	for i, shape := range shapes {
		lines[i] = s.variable(shape) + " = rpc.Shape" + s.literal(shape)
	}
	if len(s.patterns) > 0 {
		b.Line()
		b.Line("// What strings of unions are told apart by.")
		for _, line := range s.patterns {
			b.Line(line)
		}
	}
	if len(shapes) == 0 {
		return
	}
	b.Line()
	b.Line("// What the types of unions are told apart by.")
	for _, shape := range shapes {
		b.Line("var ", s.variable(shape), " rpc.Shape")
	}
	b.Line()
	b.Block("func init() {", func() {
		for _, line := range lines {
			b.Line(line)
		}
	}, "}")
}

func (s *shapeWriter) variable(shape *plan.Shape) string { return "shape" + s.names.types[shape.Named] }

// item is a shape in a list of pointers to shapes.
func (s *shapeWriter) item(shape *plan.Shape) string {
	if shape.Named != nil {
		return "&" + s.variable(shape)
	}
	return s.literal(shape)
}

// pointer is a shape where no type is given.
func (s *shapeWriter) pointer(shape *plan.Shape) string {
	if shape.Named != nil {
		return "&" + s.variable(shape)
	}
	return "&rpc.Shape" + s.literal(shape)
}

func (s *shapeWriter) list(shapes []*plan.Shape) string {
	items := make([]string, len(shapes))
	for i, shape := range shapes {
		items[i] = s.item(shape)
	}
	return "[]*rpc.Shape{" + strings.Join(items, ", ") + "}"
}

// literal is {Types: rpc.JSONArray, Items: &shapeTask}.
func (s *shapeWriter) literal(shape *plan.Shape) string {
	fields := []string{"Types: " + kinds(shape.Types)}
	add := func(name, value string) { fields = append(fields, name+": "+value) }
	flag := func(name string, set bool) {
		if set {
			add(name, "true")
		}
	}
	flag("Nullable", shape.Nullable)
	flag("NaN", shape.NaN)
	if shape.AnyOf != nil {
		add("AnyOf", s.list(shape.AnyOf))
	}
	s.addEnum(shape, add)
	flag("Open", shape.Open)
	if shape.Format != schema.FormatNone {
		add("Format", s.pattern("format"+s.names.joined(schema.SplitName(string(shape.Format))), "Format", plan.FormatPattern(shape.Format)))
		flag("Parsed", plan.Parsed(shape.Format))
	}
	if shape.Pattern != "" {
		add("Pattern", s.pattern("pattern"+itoa(len(s.patterns)+1), "Pattern", shape.Pattern))
	}
	flag("Wide", shape.Wide)
	if l := limits(shape.Limits); l != "" {
		add("Limits", "&rpc.Limits{"+l+"}")
	}
	if shape.PrefixItems != nil {
		add("PrefixItems", s.list(shape.PrefixItems))
	}
	if shape.MinItems > 0 {
		add("MinItems", itoa(shape.MinItems))
	}
	if shape.Items != nil {
		add("Items", s.pointer(shape.Items))
	}
	flag("More", shape.More)
	if shape.Properties != nil {
		add("Properties", s.properties(shape.Properties))
	}
	if shape.PropertyNames != nil {
		add("PropertyNames", s.pointer(shape.PropertyNames))
	}
	if shape.Additional != nil {
		add("Additional", s.pointer(shape.Additional))
	}
	flag("Closed", shape.Closed)
	return "{" + strings.Join(fields, ", ") + "}"
}

// addEnum adds the known values: strings as they are, others as JSON.
func (s *shapeWriter) addEnum(shape *plan.Shape, add func(name, value string)) {
	var texts, values []string
	for _, v := range shape.Enum {
		if plan.KindOf(v) == plan.JSONString {
			texts = append(texts, quote(v.Text))
		} else {
			values = append(values, quote(v.JSON()))
		}
	}
	if texts != nil {
		add("Texts", "[]string{"+strings.Join(texts, ", ")+"}")
	}
	if values != nil {
		add("Values", "[]string{"+strings.Join(values, ", ")+"}")
	}
}

func (s *shapeWriter) properties(list []plan.Property) string {
	items := make([]string, len(list))
	for i, p := range list {
		items[i] = "{Name: " + quote(p.Name)
		if p.Required {
			items[i] += ", Required: true"
		}
		items[i] += ", Shape: " + s.pointer(p.Shape) + "}"
	}
	return "[]rpc.Property{" + strings.Join(items, ", ") + "}"
}

// pattern returns the variable of a regular expression, each of which has one.
func (s *shapeWriter) pattern(name, kind, text string) string {
	if known := s.known[kind+text]; known != "" {
		return known
	}
	s.known[kind+text] = name
	s.patterns = append(s.patterns, "var "+name+" = rpc.New"+kind+"("+quote(text)+")")
	return name
}

// kinds writes a set of JSON types: rpc.JSONString | rpc.JSONNumber.
func kinds(k plan.Kinds) string {
	if k == plan.JSONAny {
		return "rpc.JSONAny"
	}
	var names []string
	for _, one := range []struct {
		kind plan.Kinds
		name string
	}{
		{plan.JSONNull, "JSONNull"}, {plan.JSONBoolean, "JSONBoolean"}, {plan.JSONNumber, "JSONNumber"}, {plan.JSONInteger, "JSONInteger"},
		{plan.JSONFraction, "JSONFraction"}, {plan.JSONString, "JSONString"}, {plan.JSONArray, "JSONArray"}, {plan.JSONObject, "JSONObject"},
	} {
		if k&one.kind == one.kind {
			names = append(names, "rpc."+one.name)
			k &^= one.kind
		}
	}
	return strings.Join(names, " | ")
}

func limits(l *schema.Limits) string {
	if l == nil {
		return ""
	}
	var fields []string
	for _, f := range []struct{ name, value string }{
		{"Minimum", l.Minimum}, {"Maximum", l.Maximum}, {"ExclusiveMinimum", l.ExclusiveMinimum}, {"ExclusiveMaximum", l.ExclusiveMaximum},
		{"MinLength", l.MinLength}, {"MaxLength", l.MaxLength},
	} {
		if f.value != "" {
			fields = append(fields, f.name+": "+quote(f.value))
		}
	}
	return strings.Join(fields, ", ")
}
