package typescript

import (
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// The types that settings ask for, where these are not the default.
const (
	int64Bigint   = "bigint"
	int64String   = "string"
	datesDate     = "Date"
	datesTemporal = "Temporal"
)

// settings are what decides which values are not what is sent of them.
type settings struct {
	int64 string // "", int64Bigint or int64String
	dates string // "", datesDate or datesTemporal
}

func settingsOf(opt gen.Options) settings {
	var s settings
	if opt.Int64 != "number" {
		s.int64 = opt.Int64
	}
	if opt.Dates != "string" {
		s.dates = opt.Dates
	}
	return s
}

// converts tells whether any values may be converted, and exactly whether integers keep
// all their digits.
func (s settings) converts() bool { return s.exactly() || s.dates != "" }
func (s settings) exactly() bool  { return s.int64 != "" }

// scalarExpr is the type of a scalar.
func (s settings) scalarExpr(t *schema.Scalar) expr {
	switch {
	case s.int64 != "" && plan.BeyondDouble(t):
		return name(s.int64)
	case t.Kind == schema.String && s.dates == datesDate && t.Format == schema.DateTime:
		return name("Date")
	case t.Kind == schema.String && s.dates == datesTemporal && temporalTypes[t.Format] != nil:
		return union(temporalTypes[t.Format]...)
	}
	return scalarExpr(t.Kind)
}

// temporalTypes are those of Temporal. A time without an offset is not one of a zone.
var temporalTypes = map[schema.Format][]expr{
	schema.DateTime: {name("Temporal.ZonedDateTime"), name("Temporal.PlainDateTime")},
	schema.Date:     {name("Temporal.PlainDate")},
	schema.Time:     {name("Temporal.PlainTime")},
	schema.Duration: {name("Temporal.Duration")},
}

// converter is what converts a scalar: a name, and the module of the runtime that has it.
type converter struct{ name, module string }

// scalar returns what converts a scalar, if it must be.
func (s settings) scalar(t *schema.Scalar) converter {
	switch t.Kind {
	case schema.Integer:
		switch {
		case s.int64 == int64Bigint && plan.BeyondDouble(t):
			return converter{"bigints", "integers"}
		case s.int64 == int64String && plan.BeyondDouble(t):
			return converter{"digits", "integers"}
		case s.exactly():
			return converter{"integers", "integers"}
		}
	case schema.Number:
		if s.exactly() {
			return converter{"numbers", "integers"}
		}
	case schema.String:
		switch s.dates {
		case datesDate:
			if t.Format == schema.DateTime {
				return converter{"dateTimes", "dates"}
			}
		case datesTemporal:
			if called := temporalConverters[t.Format]; called != "" {
				return converter{called, "temporal"}
			}
		}
	case schema.Boolean, schema.Mixed:
	}
	return converter{}
}

var temporalConverters = map[schema.Format]string{
	schema.DateTime: "dateTimes", schema.Date: "dates", schema.Time: "times", schema.Duration: "durations",
}

// enum returns what converts the values of an enum, if they must be.
func (s settings) enum(t *schema.Enum) converter {
	kinds := plan.KindsOf(t)
	switch {
	case !s.exactly() || !kinds.Has(plan.JSONNumber):
		return converter{}
	case kinds.Has(plan.JSONFraction):
		return converter{"numbers", "integers"}
	case !slices.ContainsFunc(t.Values, func(v schema.EnumValue) bool { return plan.ValueBeyondDouble(v.Value) }):
		return converter{"integers", "integers"}
	case s.int64 == int64String:
		return converter{"listed", "integers"}
	}
	return converter{}
}

// literal writes a scalar as a value of its type.
func (s settings) literal(v *text.Node) string {
	if s.int64 == int64String && plan.ValueBeyondDouble(v) {
		return quote(digitsOf(v))
	}
	return s.wireLiteral(v)
}

// wireLiteral writes a scalar as it is received: integers that a number rounds are bigints.
func (s settings) wireLiteral(v *text.Node) string {
	if s.exactly() && plan.ValueBeyondDouble(v) {
		return digitsOf(v) + "n"
	}
	return valueLiteral(v)
}

// digitsOf writes an integer without an exponent.
func digitsOf(v *text.Node) string {
	f, _, err := big.ParseFloat(v.Text, 10, 4096, big.ToZero)
	if err != nil {
		return v.Text
	}
	return f.Text('f', 0)
}

// findConverting finds the named types in which something is converted.
func (n *names) findConverting() map[schema.Named]bool {
	found := map[schema.Named]bool{}
	if !n.converts() {
		return found
	}
	wholes := map[schema.Named][]schema.Named{}
	var queue []schema.Named
	for _, t := range n.plan.Types {
		at := func(part schema.Type) {
			if named, ok := part.(schema.Named); ok {
				wholes[named] = append(wholes[named], t)
			}
		}
		if e, ok := t.(*schema.Enum); ok && n.enum(e) != (converter{}) || n.holdsConverted(partsOf(t), at) {
			found[t] = true
			queue = append(queue, t)
		}
	}
	for len(queue) > 0 {
		for _, whole := range wholes[queue[0]] {
			if !found[whole] {
				found[whole] = true
				queue = append(queue, whole)
			}
		}
		queue = queue[1:]
	}
	return found
}

// partsOf are the parts of a type whose values may be converted: not the keys of a map.
func partsOf(t schema.Type) []schema.Type {
	if m, ok := t.(*schema.Map); ok {
		return []schema.Type{m.Value}
	}
	return schema.Parts(t)
}

// holdsConverted tells whether any of the types has a scalar in place that is converted, and
// calls at for the named types in place.
func (n *names) holdsConverted(types []schema.Type, at func(schema.Type)) bool {
	found := false
	for _, t := range types {
		if s, ok := t.(*schema.Scalar); ok {
			found = found || n.scalar(s) != (converter{})
			continue
		}
		if _, named := t.(schema.Named); named {
			at(t)
			continue
		}
		found = n.holdsConverted(partsOf(t), at) || found
	}
	return found
}

// converted tells whether values of a type are not what is sent of them.
func (n *names) converted(t schema.Type) bool {
	found := false
	direct := n.holdsConverted([]schema.Type{t}, func(part schema.Type) {
		named, _ := part.(schema.Named)
		found = found || n.converting[named]
	})
	return direct || found
}

// codecsFile prints codecs.ts: what is converted in the types that have something to convert.
type codecsFile struct {
	*typesFile
	converters map[converter]bool
}

// writeCodecs prints
//
//	const conversions: Conversions = {
//	  Task: { properties: { id: { scalar: bigints }, owner: { ref: "User" } } },
//	};
//
//	/** Returns the codec of a type; names the variant of a union that a value is. */
//	export const { codec, variant } = makeCodecs(conversions);
func writeCodecs(n *names) []byte {
	f := &codecsFile{typesFile: newTypesFile(n), converters: map[converter]bool{}}
	var list []member
	for _, t := range n.plan.Types {
		if _, isEnum := t.(*schema.Enum); n.converting[t] && !isEnum {
			list = append(list, member{t.Head().Name, f.body(t)})
		}
	}
	if len(list) == 0 {
		f.Line("const conversions: Conversions = {};")
	} else {
		printDoc(f.Buffer, concat(raw("const conversions: Conversions = "), brokenObject(list), raw(";")))
	}
	shapes := f.apart(f.writeShapes)
	formats := f.apart(f.writeFormats)
	f.Blank()
	comment{body: []string{"Makes the codec of a type, and names the variant of a union that a value is."}}.write(f.Buffer)
	args := []doc{raw("conversions")}
	switch texts := n.int64 == int64String; {
	case texts && shapes.Len() == 0:
		args = append(args, raw("{}"), raw("true"))
	case texts:
		args = append(args, raw("shapes"), raw("true"))
	case shapes.Len() > 0:
		args = append(args, raw("shapes"))
	}
	printDoc(f.Buffer, concat(group(commaList("export const { codec, variant } = makeCodecs(", args, ")", ",")), raw(";")))
	all := f.codecsHead(shapes.Len() > 0)
	for _, part := range []*emit.Buffer{formats, shapes, f.Buffer} {
		if part.Len() > 0 {
			all.Blank()
			all.Append(part)
		}
	}
	return all.Bytes()
}

func (f *codecsFile) codecsHead(shapes bool) *emit.Buffer {
	b := emit.New(indent, lineWidth)
	b.Line(header)
	b.Blank()
	writeImport(b, []string{"makeCodecs", "type Conversions"}, "./rpc/convert"+f.names.extension)
	writeConverterImports(b, f.converters, f.names.extension)
	if shapes {
		writeImport(b, []string{"type Shapes"}, "./rpc/shape"+f.names.extension)
	}
	return b
}

func writeConverterImports(b *emit.Buffer, converters map[converter]bool, extension string) {
	modules := map[string][]string{}
	for c := range converters {
		modules[c.module] = append(modules[c.module], c.name)
	}
	for _, module := range slices.Sorted(maps.Keys(modules)) {
		slices.Sort(modules[module])
		writeImport(b, modules[module], "./rpc/"+module+extension)
	}
}

// body is what is converted in a named type.
func (f *codecsFile) body(t schema.Named) doc {
	switch t := t.(type) {
	case *schema.Alias:
		return f.conversion(t.Target)
	case *schema.Tuple:
		return f.tuple(t)
	case *schema.Object:
		return f.object(t)
	case *schema.Union:
		return f.union(t)
	case *schema.Enum:
		return f.scalarDoc(f.names.enum(t))
	}
	panic("typescript: unexpected type " + t.Head().Name)
}

// conversion is what is converted in a type: `{ ref: "Task" }`.
func (f *codecsFile) conversion(t schema.Type) doc {
	return conversionOf(f.names, t, func(c converter) { f.converters[c] = true })
}

func (f *codecsFile) scalarDoc(c converter) doc {
	f.converters[c] = true
	return objectDoc([]member{{"scalar", raw(c.name)}})
}

// conversionOf is what is converted in a type; use gets what converts the scalars of it.
func conversionOf(n *names, t schema.Type, use func(converter)) doc {
	scalar := func(c converter) doc {
		use(c)
		return objectDoc([]member{{"scalar", raw(c.name)}})
	}
	switch t := t.(type) {
	case *schema.Scalar:
		return scalar(n.scalar(t))
	case *schema.Nullable:
		return conversionOf(n, t.Elem, use)
	case *schema.List:
		return objectDoc([]member{{"items", conversionOf(n, t.Elem, use)}})
	case *schema.Map:
		return objectDoc([]member{{"additional", conversionOf(n, t.Value, use)}})
	case *schema.Enum:
		return scalar(n.enum(t))
	}
	return objectDoc([]member{{"ref", raw(quote(t.(schema.Named).Head().Name))}})
}

func (f *codecsFile) tuple(t *schema.Tuple) doc {
	var list members
	items := make([]doc, len(t.Items))
	several := len(items) > 1
	for i, it := range t.Items {
		items[i] = raw("undefined")
		if f.names.converted(it.Type) {
			items[i] = f.conversion(it.Type)
		}
		several = several && items[i].members > 1
	}
	list.add("prefixItems", arrayDoc(items, several))
	if t.Rest != nil && f.names.converted(t.Rest) {
		list.add("items", f.conversion(t.Rest))
	}
	return objectDoc(list)
}

func (f *codecsFile) object(o *schema.Object) doc {
	var list members
	var properties []member
	others := o.Extra != nil && f.names.converted(o.Extra)
	for _, field := range o.Fields {
		if f.names.converted(field.Type) {
			properties = append(properties, member{field.Wire, f.conversion(field.Type)})
		} else if others { // it is none of these
			properties = append(properties, member{field.Wire, raw("undefined")})
		}
	}
	if properties != nil {
		list.add("properties", objectDoc(properties))
	}
	if others {
		list.add("additional", f.conversion(o.Extra))
	}
	return objectDoc(list)
}

func (f *codecsFile) union(t *schema.Union) doc {
	u := f.plan.Union(t)
	var list members
	if u.Tag != "" {
		list.add("tag", raw(quote(u.Tag)))
	}
	variants := make([]doc, len(u.Variants))
	for i, v := range u.Variants {
		members := members{{"name", raw(quote(v.Name))}}
		if u.Tag != "" && len(v.Tags) > 0 {
			members.add("tags", f.valuesDoc(v.Tags))
		}
		if v.Shape != nil {
			f.imports["variantOf"] = true // so that shapes are printed
			members.add("shape", f.shapeDoc(v.Shape))
		}
		if f.names.converted(v.Type) {
			members.add("conversion", f.variantConversion(u, v.Type))
		}
		variants[i] = objectDoc(members)
	}
	list.add("anyOf", arrayDoc(variants, len(variants) > 1))
	return objectDoc(list)
}

// variantConversion is what is converted in a variant of a union.
func (f *codecsFile) variantConversion(u *plan.Union, t schema.Type) doc {
	s, ok := schema.Resolve(t).(*schema.Scalar)
	if !ok || s.Kind != schema.Integer || !hasNumber(u) {
		return f.conversion(t)
	}
	c := f.names.scalar(s)
	f.converters[c] = true
	f.converters[converter{"besideNumbers", c.module}] = true
	return objectDoc([]member{{"scalar", raw("besideNumbers(" + c.name + ")")}})
}

// hasNumber tells whether a number that need not be an integer is a variant.
func hasNumber(u *plan.Union) bool {
	return slices.ContainsFunc(u.Leaves, func(t schema.Type) bool {
		s, ok := schema.Resolve(t).(*schema.Scalar)
		return ok && s.Kind == schema.Number
	})
}

// writeCodec prints `paramsCodec: codec({ ref: "Task" }),` where a type needs it.
func (f *clientFile) writeCodec(begin string, t schema.Type, end string) {
	if t == nil || !f.names.converted(t) {
		return
	}
	f.codecs = true
	use := func(c converter) { f.converters[c] = true }
	printDoc(f.Buffer, concat(raw(begin+"codec("), conversionOf(f.names, t, use), raw(")"+end)))
}

// isTemporal tells whether a name of a type is one of Temporal.
func isTemporal(called string) bool { return strings.HasPrefix(called, "Temporal.") }
