package python

import (
	"slices"
	"strconv"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// writeUnion prints a union, and the class of its unknown variants where they have
// one of their own:
//
//	class UnknownTaskAttachment(_models.UnknownValue):
//	    """A TaskAttachment that only a newer server knows."""
//
//	    kind: ClassVar[None] = None
//
//
//	TaskAttachment = Annotated[
//	    FileAttachment | LinkAttachment | UnknownTaskAttachment,
//	    _unions.one_of("TaskAttachment", FileAttachment, LinkAttachment),
//	]
func (f *file) writeUnion(u *schema.Union) {
	p, name := f.plan.Union(u), f.names.types[u]
	choice := newChoice(f, u)
	f.choices = append(f.choices, entry(quote(name), choice.data(p)))
	f.places[u] = choice.placesOf(p)
	types := unionOf(choice.types...)
	if u.Out {
		types = unionOf(types, f.unknownVariant(p))
	}
	if p.Null {
		types = unionOf(types, atom("None"))
	}
	f.use(".", "_unions")
	args := append([]expr{atom(quote(name))}, choice.types...)
	f.writeAlias(u, subscript(f.typing("Annotated"), types, call("_unions.one_of", args...)), f.facts().Union(p))
}

// unknownVariant is what the union's values are kept as that fit no variant. Where
// a member tells the variants apart it has a class of its own, in which the member
// is None: so type checkers see that it is none of the known ones.
func (f *file) unknownVariant(u *plan.Union) expr {
	name, own := f.names.unknowns[u.Union]
	if !own {
		return atom(f.runtime("UnknownValue"))
	}
	b := f.body
	b.Raw("\n\n")
	f.classLine(name, f.runtime("UnknownValue"))
	b.Indent(func() {
		writeDoc(b, "", "A `"+f.names.types[u.Union]+"` that only a newer server knows.")
		b.Blank()
		b.Line(f.names.tagAttr(u), ": ", f.typing("ClassVar"), "[None] = None")
	})
	return atom(name)
}

// choice collects the types that a union's values can have in Python, which are
// those of the unions among its variants as well.
type choice struct {
	file   *file
	union  *schema.Union
	types  []expr
	byText map[string]int // places of the types, by how they are written
	places map[schema.Type]int
}

func newChoice(f *file, u *schema.Union) *choice {
	return &choice{file: f, union: u, byText: map[string]int{}, places: map[schema.Type]int{}}
}

// data describes how the variant of a value is chosen:
//
//	{
//	    "tag": "kind",
//	    "declared": True,
//	    "variants": [{"tags": ["file"], "is": 0}, {"tags": ["link"], "is": 1}],
//	}
func (c *choice) data(u *plan.Union) expr {
	var entries []expr
	if u.Tag != "" {
		entries = append(entries, entry(quote("tag"), atom(quote(u.Tag))))
	}
	if u.Declared {
		entries = append(entries, entry(quote("declared"), atom("True")))
	}
	variants := make([]expr, len(u.Variants))
	for i, v := range u.Variants {
		variants[i] = c.variant(v)
	}
	return dictOf(append(entries, entry(quote("variants"), listOf(variants...)))...)
}

func (c *choice) variant(v plan.Variant) expr {
	var entries []expr
	if len(v.Tags) > 0 {
		entries = append(entries, entry(quote("tags"), valueList(v.Tags)))
	}
	if v.Shape != nil {
		entries = append(entries, entry(quote("shape"), c.file.shapeExpr(v.Shape)))
	}
	if inner, ok := v.Type.(*schema.Union); ok {
		return dictOf(append(entries, c.inner(c.file.plan.Union(inner))...)...)
	}
	return dictOf(append(entries, entry(quote("is"), atom(strconv.Itoa(c.place(v.Type)))))...)
}

// inner is the choice of a variant that is a union itself: the name of one that is declared
// already, and where its types are among those of this one, from a place on or one by one.
//
//	"of": "Shape", "at": 1
//
// Where two of its leaves are one type there and two here, it is the whole choice.
func (c *choice) inner(u *plan.Union) []expr {
	at := map[int]int{}
	places := c.placesOf(u)
	own, declared := c.file.places[u.Union]
	if !declared {
		return []expr{entry(quote("of"), c.data(u))}
	}
	for i, place := range own {
		if other, known := at[place]; known && other != places[i] {
			return []expr{entry(quote("of"), c.data(u))}
		}
		at[place] = places[i]
	}
	list, consecutive := make([]expr, len(at)), true
	for i := range list {
		list[i] = atom(strconv.Itoa(at[i]))
		consecutive = consecutive && at[i] == at[0]+i
	}
	where := listOf(list...)
	if consecutive {
		where = list[0]
	}
	return []expr{entry(quote("of"), atom(quote(c.file.names.types[u.Union]))), entry(quote("at"), where)}
}

// placesOf returns the places of the types of a union's leaves.
func (c *choice) placesOf(u *plan.Union) []int {
	places := make([]int, len(u.Leaves))
	for i, leaf := range u.Leaves {
		places[i] = c.place(leaf)
	}
	return places
}

// place returns the place of a variant's type among the types. The values of an
// enum are known ones: others belong to another variant.
func (c *choice) place(t schema.Type) int {
	if place, known := c.places[t]; known {
		return place
	}
	var e expr
	if enum, ok := t.(*schema.Enum); ok {
		e = c.file.knownExpr(enum)
	} else {
		e = c.file.typeExpr(t, c.union.Out)
	}
	flat := e.flat()
	if _, known := c.byText[flat]; !known {
		c.byText[flat] = len(c.types)
		c.types = append(c.types, e)
	}
	c.places[t] = c.byText[flat]
	return c.places[t]
}

// unionsFile prints _unions.py, the data by which models.py chooses variants.
func (p *printer) unionsFile() []byte {
	f := p.newFile()
	f.use("._models", "Unions")
	shapes := make([]expr, len(p.plan.Shapes))
	formats := map[schema.Format]bool{}
	for i, s := range p.plan.Shapes {
		shapes[i] = entry(quote(p.names.types[s.Named]), f.shapeBody(s))
		collectFormats(s, formats)
	}
	for _, t := range p.imports.Declared {
		if u, ok := t.(*schema.Union); ok {
			for _, v := range p.plan.Union(u).Variants {
				collectFormats(v.Shape, formats)
			}
		}
	}
	f.body.Raw("\n")
	objects := subscript("dict", atom("str"), subscript("dict", atom("str"), atom(f.typing("Any"))))
	f.writeData("_CHOICES", objects, dictOf(p.choices...))
	f.writeData("_SHAPES", objects, dictOf(shapes...))
	patterns := subscript("dict", atom("str"), subscript("tuple", atom("str"), atom("bool")))
	f.writeData("_FORMATS", patterns, formatTable(formats))
	f.body.Line("one_of = Unions(_CHOICES, _SHAPES, _FORMATS).one_of")
	return f.bytes("How the variants of the unions in models.py are told apart.")
}

func (f *file) writeData(name string, annotation, value expr) {
	writeAssignment(f.body, name, annotation, &value)
}

// formatTable maps a format to the pattern of its strings, and to whether other
// strings are refused.
func formatTable(used map[schema.Format]bool) expr {
	names := make([]string, 0, len(used))
	for format := range used {
		names = append(names, string(format))
	}
	slices.Sort(names)
	entries := make([]expr, len(names))
	for i, name := range names {
		format := schema.Format(name)
		entries[i] = entry(quote(name), tupleOf(atom(quote(plan.FormatPattern(format))), atom(pyBool(plan.Parsed(format)))))
	}
	return dictOf(entries...)
}

func collectFormats(s *plan.Shape, formats map[schema.Format]bool) {
	if s == nil {
		return
	}
	if s.Format != schema.FormatNone {
		formats[s.Format] = true
	}
	for _, part := range shapeParts(s) {
		if part != nil && part.Named == nil {
			collectFormats(part, formats)
		}
	}
}

func shapeParts(s *plan.Shape) []*plan.Shape {
	parts := append(append([]*plan.Shape{s.Items, s.PropertyNames, s.Additional}, s.AnyOf...), s.PrefixItems...)
	for _, p := range s.Properties {
		parts = append(parts, p.Shape)
	}
	return parts
}

// shapeExpr is a shape as data; see the runtime's shapes.py. Named ones are
// referred to: {"ref": "Mail"}.
func (f *file) shapeExpr(s *plan.Shape) expr {
	if s.Named != nil {
		return dictOf(entry(quote("ref"), atom(quote(f.names.types[s.Named]))))
	}
	return f.shapeBody(s)
}

func (f *file) shapeBody(s *plan.Shape) expr {
	var entries []expr
	add := func(key string, value expr) { entries = append(entries, entry(quote(key), value)) }
	flag := func(key string, is bool) {
		if is {
			add(key, atom("True"))
		}
	}
	add("types", stringList(kindNames(s.Types)))
	flag("nullable", s.Nullable)
	flag("nan", s.NaN)
	flag("open", s.Open && (s.AnyOf != nil || s.Enum != nil || s.Closed))
	if s.AnyOf != nil {
		add("any_of", f.shapeList(s.AnyOf))
		return dictOf(entries...)
	}
	if s.Enum != nil {
		add("enum", valueList(s.Enum))
	}
	if s.Format != schema.FormatNone {
		add("format", atom(quote(string(s.Format))))
	}
	if s.Pattern != "" {
		add("pattern", atom(quote(s.Pattern)))
	}
	flag("wide", s.Wide)
	for _, limit := range shapeLimits(s) {
		add(limit.key, atom(limit.text))
	}
	if s.PrefixItems != nil {
		add("prefix_items", f.shapeList(s.PrefixItems))
	}
	if s.MinItems > 0 {
		add("min_items", atom(strconv.Itoa(s.MinItems)))
	}
	if s.Items != nil {
		add("items", f.shapeExpr(s.Items))
	}
	flag("more", s.More)
	entries = append(entries, f.propertyEntries(s)...)
	flag("closed", s.Closed)
	return dictOf(entries...)
}

func (f *file) propertyEntries(s *plan.Shape) []expr {
	var entries, properties, required []expr
	for _, p := range s.Properties {
		properties = append(properties, entry(quote(p.Name), f.shapeExpr(p.Shape)))
		if p.Required {
			required = append(required, atom(quote(p.Name)))
		}
	}
	if properties != nil {
		entries = append(entries, entry(quote("properties"), dictOf(properties...)))
	}
	if required != nil {
		entries = append(entries, entry(quote("required"), listOf(required...)))
	}
	if s.PropertyNames != nil {
		entries = append(entries, entry(quote("property_names"), f.shapeExpr(s.PropertyNames)))
	}
	if s.Additional != nil {
		entries = append(entries, entry(quote("additional"), f.shapeExpr(s.Additional)))
	}
	return entries
}

func (f *file) shapeList(shapes []*plan.Shape) expr {
	items := make([]expr, len(shapes))
	for i, s := range shapes {
		items[i] = f.shapeExpr(s)
	}
	return listOf(items...)
}

type shapeLimit struct{ key, text string }

// shapeLimits returns the limits of a shape that Python reads as they are written.
func shapeLimits(s *plan.Shape) []shapeLimit {
	if s.Limits == nil {
		return nil
	}
	var limits []shapeLimit
	for _, l := range []shapeLimit{
		{"minimum", s.Limits.Minimum}, {"maximum", s.Limits.Maximum},
		{"exclusive_minimum", s.Limits.ExclusiveMinimum}, {"exclusive_maximum", s.Limits.ExclusiveMaximum},
		{"min_length", s.Limits.MinLength}, {"max_length", s.Limits.MaxLength},
	} {
		if text := pyLimit(l.text, false); text != "" {
			limits = append(limits, shapeLimit{l.key, text})
		}
	}
	return limits
}

// kindNames are the JSON types of a set, where every number is an integer or a
// fraction.
func kindNames(kinds plan.Kinds) []string {
	var names []string
	for _, one := range []struct {
		kind plan.Kinds
		name string
	}{
		{plan.JSONNull, "null"}, {plan.JSONBoolean, "boolean"}, {plan.JSONInteger, "integer"}, {plan.JSONFraction, "fraction"},
		{plan.JSONString, "string"}, {plan.JSONArray, "array"}, {plan.JSONObject, "object"},
	} {
		if kinds.Has(one.kind) {
			names = append(names, one.name)
		}
	}
	return names
}

func stringList(texts []string) expr {
	items := make([]expr, len(texts))
	for i, t := range texts {
		items[i] = atom(quote(t))
	}
	return listOf(items...)
}

func valueList(nodes []*text.Node) expr {
	items := make([]expr, len(nodes))
	for i, n := range nodes {
		items[i] = atom(pyValue(n))
	}
	return listOf(items...)
}

func pyBool(b bool) string {
	if b {
		return "True"
	}
	return "False"
}
