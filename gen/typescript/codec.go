package typescript

import (
	"strconv"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// writeEnumGuard prints a function that knows the values of an enum:
//
//	/** Tells whether `value` is one of those listed in `TaskStatus`. */
//	export function isKnownTaskStatus(
//	  value: unknown,
//	): value is Exclude<TaskStatus, UnknownString> {
//	  switch (value) {
//	    case "open":
//	    case "in_progress":
//	      return true;
//	    default:
//	      return false;
//	  }
//	}
func (f *typesFile) writeEnumGuard(t *schema.Enum) {
	f.Blank()
	comment{body: []string{"Tells whether `value` is one of those listed in " + code(f.names.types[t]) + "."}}.write(f.Buffer)
	f.writePredicate(f.names.guards[t].known, f.knownValues(t))
	f.Indent(func() {
		f.Block("switch (value) {", func() {
			for _, v := range t.Values {
				f.Line("case ", f.names.literal(v.Value), ":")
			}
			f.writeVerdicts()
		}, "}")
	})
	f.Line("}")
}

// knownValues is the type of an enum without what only a newer server sends.
func (f *typesFile) knownValues(t *schema.Enum) expr {
	kinds := plan.KindsOf(t)
	if kinds.Has(plan.JSONBoolean) {
		return f.names.tagsExpr(valuesOf(t)) // the other boolean cannot be told from the type
	}
	e := f.typeExpr(t, t.In)
	if !plan.Open(t) {
		return e
	}
	return f.use(generic("Exclude", e, union(unknownScalars(kinds)...)))
}

func valuesOf(t *schema.Enum) []*text.Node {
	values := make([]*text.Node, len(t.Values))
	for i, v := range t.Values {
		values[i] = v.Value
	}
	return values
}

// writePredicate prints the first line of a function that narrows its argument:
// `export function isKnownTask(value: unknown): value is Task {`.
func (f *typesFile) writePredicate(called string, narrowed expr) {
	printDoc(f.Buffer, concat(group(
		commaList("export function "+called+"(", []doc{raw("value: unknown")}, ")", ","),
		raw(": value is "), narrowed.doc(placeAnnotation)), raw(" {")))
}

// writeShapes prints what the guards of unions, if there are any, know of other types:
//
//	const shapes: Shapes = {
//	  Point: {
//	    type: "object",
//	    properties: { latitude: { type: "number" } },
//	    required: ["latitude"],
//	  },
//	};
func (f *typesFile) writeShapes() {
	if len(f.plan.Shapes) == 0 || !f.imports["variantOf"] {
		return
	}
	f.imports["type Shapes"] = true
	members := make([]member, len(f.plan.Shapes))
	for i, s := range f.plan.Shapes {
		body := *s
		body.Named = nil
		members[i] = shapeMember(s.Named.Head().Name, f.shapeDoc(&body))
	}
	printDoc(f.Buffer, concat(raw("const shapes: Shapes = "), brokenObject(members), raw(";")))
}

// writeFormats prints the formats that shapes refer to, by their names:
//
//	const formats = {
//	  uuid: { pattern: "[0-9A-Fa-f]{8}-…", parsed: true },
//	};
func (f *typesFile) writeFormats() {
	if len(f.formats) == 0 {
		return
	}
	members := make([]member, len(f.formats))
	for i, format := range f.formats {
		members[i] = member{string(format), objectDoc([]member{
			{"pattern", raw(quote(plan.FormatPattern(format)))},
			{"parsed", raw(strconv.FormatBool(plan.Parsed(format)))},
		})}
	}
	printDoc(f.Buffer, concat(raw("const formats = "), brokenObject(members), raw(";")))
}

// shapeDoc writes a shape as data of the runtime's type Shape.
func (f *typesFile) shapeDoc(s *plan.Shape) doc {
	if s.Named != nil {
		return objectDoc([]member{{"ref", raw(quote(s.Named.Head().Name))}})
	}
	var list members
	if s.AnyOf == nil || s.Open {
		list.add("type", typesDoc(s.Types))
	}
	list.flag("nullable", s.Nullable && s.Types != plan.JSONAny)
	list.flag("nan", s.NaN)
	if s.AnyOf != nil {
		list.add("anyOf", f.shapesDoc(s.AnyOf))
	}
	if s.Enum != nil {
		list.add("enum", f.valuesDoc(s.Enum))
	}
	list.flag("open", s.Open && (s.AnyOf != nil || s.Enum != nil || s.Closed))
	if s.Format != schema.FormatNone {
		list.add("format", raw("formats"+property(string(f.format(s.Format)))))
	}
	if s.Pattern != "" {
		list.add("pattern", raw(quote(s.Pattern)))
	}
	list.flag("wide", s.Wide)
	list.limits(s)
	f.addItems(&list, s)
	f.addProperties(&list, s)
	return objectDoc(list)
}

func (f *typesFile) addItems(list *members, s *plan.Shape) {
	if s.PrefixItems != nil {
		list.add("prefixItems", f.shapesDoc(s.PrefixItems))
	}
	if s.MinItems > 0 {
		list.add("minItems", raw(strconv.Itoa(s.MinItems)))
	}
	if s.Items != nil {
		list.add("items", f.shapeDoc(s.Items))
	}
	list.flag("more", s.More)
}

func (f *typesFile) addProperties(list *members, s *plan.Shape) {
	var properties []member
	var required []doc
	for _, p := range s.Properties {
		properties = append(properties, shapeMember(p.Name, f.shapeDoc(p.Shape)))
		if p.Required {
			required = append(required, raw(quote(p.Name)))
		}
	}
	if properties != nil {
		list.add("properties", objectDoc(properties))
	}
	if required != nil {
		list.add("required", arrayDoc(required, false))
	}
	if s.PropertyNames != nil {
		list.add("propertyNames", f.shapeDoc(s.PropertyNames))
	}
	if s.Additional != nil {
		list.add("additional", f.shapeDoc(s.Additional))
	}
	list.flag("closed", s.Closed)
}

// shapeMember is a shape under its name. The compiler takes a member that every
// object inherits for that one, and would make a plain string of `type: "string"`.
func shapeMember(name string, shape doc) member {
	if isInherited(name) {
		shape = concat(shape, raw(" as const"))
	}
	return member{name, shape}
}

func (f *typesFile) shapesDoc(shapes []*plan.Shape) doc {
	docs := make([]doc, len(shapes))
	several := len(shapes) > 1
	for i, s := range shapes {
		docs[i] = f.shapeDoc(s)
		several = several && docs[i].members > 1
	}
	return arrayDoc(docs, several)
}

// format notes that a format is used.
func (f *typesFile) format(format schema.Format) schema.Format {
	if !f.known[format] {
		f.known[format] = true
		f.formats = append(f.formats, format)
	}
	return format
}

// typesDoc is `"string"` or `["string", "integer"]`; empty for any type.
func typesDoc(kinds plan.Kinds) doc {
	if kinds == plan.JSONAny {
		return doc{}
	}
	names := kinds.Names()
	if kinds&plan.JSONNumber == plan.JSONFraction {
		names = append(names, "fraction")
	}
	if len(names) == 1 {
		return raw(quote(names[0]))
	}
	docs := make([]doc, len(names))
	for i, n := range names {
		docs[i] = raw(quote(n))
	}
	return arrayDoc(docs, false)
}

// valuesDoc is `["open", 1, true]`.
func (f *typesFile) valuesDoc(values []*text.Node) doc {
	docs := make([]doc, len(values))
	numbers := len(values) > 1
	for i, v := range values {
		docs[i] = raw(f.names.wireLiteral(v))
		numbers = numbers && v.Kind == text.KindNumber
	}
	if numbers {
		return numbersDoc(docs)
	}
	return arrayDoc(docs, false)
}

// members are those of an object that is written as data.
type members []member

func (l *members) add(key string, value doc) {
	if value.kind != docText || value.text != "" {
		*l = append(*l, member{key, value})
	}
}

func (l *members) flag(key string, set bool) {
	if set {
		l.add(key, raw("true"))
	}
}

func (l *members) limits(s *plan.Shape) {
	if s.Limits == nil {
		return
	}
	for _, limit := range []struct{ key, value string }{
		{"minimum", s.Limits.Minimum}, {"maximum", s.Limits.Maximum},
		{"exclusiveMinimum", s.Limits.ExclusiveMinimum}, {"exclusiveMaximum", s.Limits.ExclusiveMaximum},
		{"minLength", s.Limits.MinLength}, {"maxLength", s.Limits.MaxLength},
	} {
		if limit.value != "" {
			l.add(limit.key, raw(limitLiteral(limit.value)))
		}
	}
}

// limitLiteral writes a limit; one that no number reaches is infinite.
func limitLiteral(s string) string {
	if _, err := strconv.ParseFloat(s, 64); err != nil {
		if s[0] == '-' {
			return "-Infinity"
		}
		return "Infinity"
	}
	return number(s)
}

// property is `.name`, or `["two words"]`.
func property(name string) string {
	if isIdentifier(name) {
		return "." + name
	}
	return "[" + quote(name) + "]"
}
