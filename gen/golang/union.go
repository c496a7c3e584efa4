package golang

import (
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// writeUnion prints an interface that the union's variants implement, and no other types:
//
//	// Attachment: What is attached to a task.
//	type Attachment interface {
//		isAttachment()
//	}
//
//	// UnknownAttachment is an [Attachment] that only a newer server knows.
//	type UnknownAttachment struct{ rpc.UnknownVariant }
//
//	func (FileAttachment) isAttachment()    {}
//	func (UnknownAttachment) isAttachment() {}
func (w *typeWriter) writeUnion(u *schema.Union) {
	name := w.names.types[u]
	comment(w.b, w.unionDoc(u))
	w.b.Block("type "+name+" interface {", func() {
		w.b.Line(markerMethod(name))
		for _, outer := range w.names.outer[u] {
			w.b.Line(markerMethod(w.names.types[outer]))
		}
	}, "}")
	for _, v := range w.names.variants[u] {
		if v.wrapper {
			w.b.Line()
			comment(w.b, v.goName+" is a variant of ["+name+"].")
			w.b.Line("type ", v.goName, " ", w.wrapped(v))
		}
	}
	if unknown := w.names.unknown[u]; unknown != "" {
		w.b.Line()
		comment(w.b, unknown+" is a value of ["+name+"] that only a newer server knows.")
		w.b.Line("type ", unknown, " struct{ ", w.use(unknownBase), " }")
	}
	w.b.Line()
	w.writeMarkers(u)
}

func markerMethod(union string) string { return "is" + union + "()" }

// writeMarkers prints the methods that make types variants of a union.
func (w *typeWriter) writeMarkers(u *schema.Union) {
	var lines []column
	for _, name := range w.concrete(u, map[string]bool{}) {
		lines = append(lines, column{cells: []string{"func (" + name + ") " + markerMethod(w.names.types[u]), "{}"}})
	}
	oneLineFunctions(w.b, lines)
}

// concrete returns the types that a value of a union can have, those of unions among its
// variants included.
func (g *generator) concrete(u *schema.Union, seen map[string]bool) []string {
	var found []string
	add := func(name string) {
		if name != "" && !seen[name] {
			seen[name] = true
			found = append(found, name)
		}
	}
	for _, v := range g.names.variants[u] {
		inner, ok := v.typ.(*schema.Union)
		switch {
		case !ok:
			add(v.goName)
		case !seen[v.goName]:
			seen[v.goName] = true
			found = append(found, g.concrete(inner, seen)...)
		}
	}
	add(g.names.unknown[u])
	return found
}

// wrapped is the type below a wrapper: one that may have methods.
func (w *typeWriter) wrapped(v variant) string {
	expr := w.use(w.names.baseOf(v.typ))
	if isWide(v.typ) {
		return "struct{ " + expr + " }"
	}
	return expr
}

// unionDoc says what a union can hold and how to read one.
func (w *typeWriter) unionDoc(u *schema.Union) string {
	var variants []string
	seen := map[string]bool{}
	for _, v := range w.names.variants[u] {
		if !seen[v.goName] {
			seen[v.goName] = true
			variants = append(variants, "["+v.goName+"]")
		}
	}
	if unknown := w.names.unknown[u]; unknown != "" {
		variants = append(variants, "["+unknown+"]")
	}
	doc := w.typeDoc(u) + "\n\nIt is one of " + strings.Join(variants, ", ") + ", or a pointer to one. " + w.facts.Union(w.plan.Union(u)) +
		" [" + w.names.readers[u] + "] reads one from JSON."
	return doc + "\n\n```\nswitch v := value.(type) {\ncase " + w.names.variants[u][0].goName + ":\n\tuse(v)\n}\n```"
}

// writeUnion prints what reads and writes a union: functions, since an interface has no
// methods of its own.
//
//	// UnmarshalAttachment reads a value of [Attachment] from JSON.
//	func UnmarshalAttachment(data []byte) (Attachment, error) {
//		var v Attachment
//		err := rpc.Unmarshal(data, &v, decodeAttachment)
//		return v, err
//	}
func (w *codecWriter) writeUnion(u *schema.Union) {
	for _, v := range w.names.variants[u] {
		if v.wrapper {
			w.writeWrapper(v)
		}
	}
	w.writeReader(u)
	w.writeUnionDecoder(u)
	w.writeUnionEncoder(u)
}

// writeReader prints the function that reads a value of an interface.
func (w *codecWriter) writeReader(t schema.Named) {
	name, reader := w.names.types[t], w.names.readers[t]
	w.b.Blank()
	comment(w.b, reader+" reads a value of ["+name+"] from JSON.")
	w.b.Block("func "+reader+"(data []byte) ("+name+", error) {", func() {
		w.b.Line("var v ", name)
		w.b.Line("err := rpc.Unmarshal(data, &v, ", w.function(reading, t), ")")
		w.b.Line("return v, err")
	}, "}")
}

// writeWrapper prints how a type is written that exists for one variant only.
func (w *codecWriter) writeWrapper(v variant) {
	value, encode := "&v", w.wrapperEncoder(v)
	if isWide(v.typ) {
		w.encoder(v.goName, func() { w.b.Line("rpc.EncodeBigInt(&v.Int, e)") })
	}
	w.b.Blank()
	w.b.Line("// MarshalJSON implements [json.Marshaler].")
	w.b.Block("func (v "+v.goName+") MarshalJSON() ([]byte, error) {", func() {
		w.b.Line("return rpc.Marshal(", value, ", ", encode, ")")
	}, "}")
}

func (w *codecWriter) wrapperEncoder(v variant) string {
	switch t := v.typ.(type) {
	case *schema.List:
		return "rpc.ListEncoder[" + v.goName + "](" + w.function(writing, t.Elem) + ")"
	case *schema.Map:
		return "rpc.MapEncoder[" + v.goName + "](" + w.function(writing, t.Value) + ")"
	}
	if isWide(v.typ) {
		return "(*" + v.goName + ").encodeJSON"
	}
	return w.plainFunction(writing, v.typ)
}

// writeUnionDecoder prints one of
//
//	func decodeAttachment(v *Attachment, d *rpc.Decoder) {
//		switch string(d.Tag("kind")) {
//		case "file":
//			*v = rpc.Decode(d, (*FileAttachment).decodeJSON)
//		default:
//			*v = UnknownAttachment{d.Unknown()}
//		}
//	}
//
//	func decodePlace(v *Place, d *rpc.Decoder) {
//		switch d.Choose(variantsPlace) {
//		case 0:
//			*v = rpc.Decode(d, (*GeoPoint).decodeJSON)
//		…
func (w *codecWriter) writeUnionDecoder(u *schema.Union) {
	name, p := w.names.types[u], w.plan.Union(u)
	if !p.Declared {
		w.writeVariants(p)
	}
	w.b.Line()
	w.b.Block("func decode"+name+"(v *"+name+", d *rpc.Decoder) {", func() {
		if p.Null {
			w.b.Block("if rpc.SetNil(v, d) {", func() { w.b.Line("return") }, "}")
		}
		switch {
		case p.Declared:
			w.decodeTagged(p)
		case p.Tag != "":
			w.b.Line("variant := -1")
			w.switchTag(p, func(i int) { w.b.Line("variant = ", itoa(i)) },
				func() { w.b.Line("variant = d.ChooseUntagged(", quote(p.Tag), ", variants", name, ")") })
			w.b.Line("switch variant {")
			w.decodeCases(p)
		default:
			w.b.Line("switch d.Choose(variants", name, ") {")
			w.decodeCases(p)
		}
	}, "}")
}

// decodeCases prints the cases of a switch over the number of the variant.
func (w *codecWriter) decodeCases(p *plan.Union) {
	for i := range p.Variants {
		w.b.Line("case ", itoa(i), ":")
		w.b.Indent(func() { w.b.Line(w.decodeVariant(p.Union, i)) })
	}
	w.b.Line("default:")
	w.b.Indent(func() { w.b.Line(w.decodeUnknown(p.Union)) })
	w.b.Line("}")
}

// decodeTagged prints a switch over the tag.
func (w *codecWriter) decodeTagged(p *plan.Union) {
	w.switchTag(p, func(i int) { w.b.Line(w.decodeVariant(p.Union, i)) },
		func() { w.b.Line(w.decodeUnknown(p.Union)) })
}

// switchTag prints what to do for each variant that the tag selects, and otherwise.
func (w *codecWriter) switchTag(p *plan.Union, selected func(variant int), otherwise func()) {
	type branch struct {
		variant int
		tags    []*text.Node
	}
	var branches []branch
	var all []string
	seen := map[string]bool{}
	for i, v := range p.Variants {
		b := branch{variant: i}
		for _, tag := range v.Tags {
			if !seen[tag.JSON()] {
				seen[tag.JSON()] = true
				b.tags, all = append(b.tags, tag), append(all, quote(tag.JSON()))
			}
		}
		if len(b.tags) > 0 {
			branches = append(branches, b)
		}
	}
	texts := p.AllStringTags() && !seen[`""`] // "" is what Tag returns where there is no text
	if texts {
		w.b.Line("switch string(d.Tag(", quote(p.Tag), ")) {")
	} else {
		w.b.Line("switch d.TagOf(", quote(p.Tag), ", ", strings.Join(all, ", "), ") {")
	}
	n := 0
	for _, b := range branches {
		labels := make([]string, len(b.tags))
		for i, tag := range b.tags {
			labels[i] = itoa(n)
			if texts {
				labels[i] = quote(tag.Text)
			}
			n++
		}
		w.b.Line("case ", strings.Join(labels, ", "), ":")
		w.b.Indent(func() { selected(b.variant) })
	}
	w.b.Line("default:")
	w.b.Indent(otherwise)
	w.b.Line("}")
}

// decodeVariant reads the next value as one of the variants.
func (w *codecWriter) decodeVariant(u *schema.Union, i int) string {
	v := w.names.variants[u][i]
	value := "rpc.Decode(d, " + w.typedDecoder(v.typ) + ")"
	switch {
	case v.wrapper && isWide(v.typ):
		value = v.goName + "{" + value + "}"
	case v.wrapper:
		value = v.goName + "(" + value + ")"
	}
	return "*v = " + value
}

// decodeUnknown is what to do with a value that fits no variant.
func (w *codecWriter) decodeUnknown(u *schema.Union) string {
	if unknown := w.names.unknown[u]; unknown != "" {
		return "*v = " + unknown + "{d.Unknown()}"
	}
	return "d.NoVariant(" + quote(w.names.types[u]) + ")"
}

// writeUnionEncoder prints
//
//	func encodeAttachment(v *Attachment, e *rpc.Encoder) {
//		switch v := (*v).(type) {
//		case FileAttachment:
//			v.encodeJSON(e)
//		case *FileAttachment:
//			rpc.EncodePointer(v, e, "Attachment", (*FileAttachment).encodeJSON)
//		case UnknownAttachment:
//			e.Raw(v.Raw)
//		default:
//			e.NoVariant("Attachment", v)
//		}
//	}
func (w *codecWriter) writeUnionEncoder(u *schema.Union) {
	name := w.names.types[u]
	w.b.Line()
	w.b.Block("func encode"+name+"(v *"+name+", e *rpc.Encoder) {", func() {
		w.b.Line("switch v := (*v).(type) {")
		if w.plan.Union(u).Null {
			w.b.Line("case nil:")
			w.b.Indent(func() { w.b.Line("e.Null()") })
		}
		seen := map[string]bool{}
		for _, v := range w.names.variants[u] {
			if !seen[v.goName] {
				seen[v.goName] = true
				w.encodeVariant(name, v)
			}
		}
		if unknown := w.names.unknown[u]; unknown != "" {
			w.b.Line("case ", unknown, ":")
			w.b.Indent(func() { w.b.Line("e.Raw(v.Raw)") })
		}
		w.b.Line("default:")
		w.b.Indent(func() { w.b.Line("e.NoVariant(", quote(name), ", v)") })
		w.b.Line("}")
	}, "}")
}

func (w *codecWriter) encodeVariant(union string, v variant) {
	w.b.Line("case ", v.goName, ":")
	if _, ok := v.typ.(*schema.Union); ok {
		w.b.Indent(func() { w.b.Line("encode", v.goName, "(&v, e)") })
		return
	}
	value := w.plainStatement(writing, v.typ, "v")
	encode := w.plainFunction(writing, v.typ)
	if v.wrapper && isWide(v.typ) {
		value = "v.encodeJSON(e)"
	}
	if v.wrapper {
		encode = w.wrapperEncoder(v)
	}
	w.b.Indent(func() { w.b.Line(value) })
	w.b.Line("case *", v.goName, ":")
	w.b.Indent(func() { w.b.Line("rpc.EncodePointer(v, e, ", quote(union), ", ", encode, ")") })
}
