package golang

import (
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// writeUnion prints
//
//	func (v *Attachment) decodeJSON(d *decoder) {
//		*v = Attachment{}
//		switch d.stringTag("kind") {
//		case "file":
//			v.Value = decodeVariant(d, (*FileAttachment).decodeJSON)
//		default:
//			v.Value = d.unknownVariant()
//		}
//	}
//
//	func (v *Attachment) encodeJSON(e *encoder) {
//		switch v := v.Value.(type) {
//		case FileAttachment:
//			v.encodeJSON(e)
//		case UnknownVariant:
//			v.encodeJSON(e)
//		default:
//			e.noVariant("Attachment", v)
//		}
//	}
func (w *codecWriter) writeUnion(u *schema.Union) {
	name := w.names.types[u]
	if u.Tag == "" {
		w.writeShapes(u)
	}
	w.writeMarshalers(name)
	w.decoder(name, func() {
		w.b.Line("*v = ", name, "{}")
		if u.Tag != "" {
			w.decodeTagged(u)
		} else {
			w.decodeUntagged(u)
		}
	})
	w.encoder(name, func() {
		w.b.Line("switch v := v.Value.(type) {")
		for _, v := range w.names.variants[u] {
			w.b.Line("case ", v.goName, ":")
			w.b.Indent(func() { w.b.Line(w.encodeVariant(v)) })
		}
		if w.tolerant {
			w.b.Line("case UnknownVariant:")
			w.b.Indent(func() { w.b.Line("v.encodeJSON(e)") })
		}
		w.b.Line("default:")
		w.b.Indent(func() { w.b.Line("e.noVariant(", quote(name), ", v)") })
		w.b.Line("}")
	})
}

func (w *codecWriter) encodeVariant(v variant) string {
	if v.wrapper && isWide(v.typ) {
		return "encodeBigInt(&v.Int, e)"
	}
	return w.encodePlain(v.typ, "v")
}

// decodeVariant reads the next value as one of the cases.
func (w *codecWriter) decodeVariant(v variant) string {
	switch {
	case v.wrapper && isWide(v.typ):
		return "v.Value = " + v.goName + "{decodeVariant(d, decodeBigInt)}"
	case v.wrapper:
		return "v.Value = " + v.goName + "(decodeVariant(d, " + w.variantFunc(v.typ) + "))"
	}
	return "v.Value = decodeVariant(d, " + w.variantFunc(v.typ) + ")"
}

// variantFunc is [codecWriter.decodeFunc] where the type cannot be inferred.
func (w *codecWriter) variantFunc(t schema.Type) string {
	f := w.plainDecoder(t)
	switch core(t).(type) {
	case *schema.Scalar, *schema.Any:
		return f + "[" + w.names.baseExpr(t) + "]"
	}
	return f
}

// unknown is what to do with a value that fits no case.
func (w *codecWriter) unknown(u *schema.Union) string {
	if w.tolerant {
		return "v.Value = d.unknownVariant()"
	}
	return "d.noVariant(" + quote(w.names.types[u]) + ")"
}

func (w *codecWriter) decodeTagged(u *schema.Union) {
	function, tagText := "stringTag", func(n *text.Node) string { return n.Text }
	for _, v := range u.Variants {
		for _, tag := range v.Tags {
			if tag.Kind != text.KindString {
				function, tagText = "jsonTag", (*text.Node).JSON
			}
		}
	}
	w.b.Line("switch d.", function, "(", quote(u.Tag), ") {")
	seen := map[string]bool{}
	for _, v := range w.names.variants[u] {
		var tags []string
		for _, tag := range v.tags {
			if q := quote(tagText(tag)); !seen[q] {
				seen[q] = true
				tags = append(tags, q)
			}
		}
		if len(tags) > 0 {
			w.b.Line("case ", strings.Join(tags, ", "), ":")
			w.b.Indent(func() { w.b.Line(w.decodeVariant(v)) })
		}
	}
	w.b.Line("default:")
	w.b.Indent(func() { w.b.Line(w.unknown(u)) })
	w.b.Line("}")
}

// jsonKind is a JSON type as the runtime names it, with the Go name of its
// constant.
type jsonKind uint8

const (
	kindNull jsonKind = 1 << iota
	kindBool
	kindInteger
	kindNumber
	kindString
	kindArray
	kindObject
)

var kindNames = []string{"kindNull", "kindBool", "kindInteger", "kindNumber", "kindString", "kindArray", "kindObject"}

func (k jsonKind) expr() string {
	var names []string
	for i, name := range kindNames {
		if k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " | ")
}

// kindsOf returns the JSON types that values of t can have.
func kindsOf(t schema.Type) jsonKind {
	switch t := t.(type) {
	case *schema.Null:
		return kindNull
	case *schema.Any:
		return 1<<7 - 1
	case *schema.Scalar:
		return [...]jsonKind{kindString, kindInteger, kindInteger | kindNumber, kindBool}[t.Kind]
	case *schema.Nullable:
		return kindNull | kindsOf(t.Elem)
	case *schema.List, *schema.Tuple:
		return kindArray
	case *schema.Map, *schema.Object:
		return kindObject
	case *schema.Enum:
		var k jsonKind
		for _, v := range t.Values {
			k |= nodeKind(v.Value)
		}
		return k
	case *schema.Union:
		var k jsonKind
		for _, v := range t.Variants {
			k |= kindsOf(v.Type)
		}
		return k
	case *schema.Alias:
		return kindsOf(t.Target)
	}
	panic(unknownType(t))
}

func nodeKind(n *text.Node) jsonKind {
	switch n.Kind {
	case text.KindString:
		return kindString
	case text.KindBool:
		return kindBool
	case text.KindNumber:
		if strings.ContainsAny(n.Text, ".eE") {
			return kindNumber
		}
		return kindInteger
	case text.KindArray:
		return kindArray
	case text.KindObject:
		return kindObject
	}
	return kindNull
}

// decodeUntagged prints a switch over the JSON type, then over what tells the
// cases of that type apart.
func (w *codecWriter) decodeUntagged(u *schema.Union) {
	variants := w.names.variants[u]
	w.b.Line("switch d.kind() {")
	for i, name := range kindNames {
		kind := jsonKind(1 << i)
		var fitting []int
		for j, v := range variants {
			if kindsOf(v.typ)&kind != 0 {
				fitting = append(fitting, j)
			}
		}
		if len(fitting) == 0 {
			continue
		}
		w.b.Line("case ", name, ":")
		w.b.Indent(func() {
			if kind == kindObject {
				w.decodeByShape(u, fitting)
			} else {
				w.decodeByValue(u, kind, fitting)
			}
		})
	}
	w.b.Line("default:")
	w.b.Indent(func() { w.b.Line(w.unknown(u)) })
	w.b.Line("}")
}

func (w *codecWriter) decodeByShape(u *schema.Union, fitting []int) {
	w.b.Line("switch d.match(shapes", w.names.types[u], ") {")
	for _, j := range fitting {
		w.b.Line("case ", itoa(j), ":")
		w.b.Indent(func() { w.b.Line(w.decodeVariant(w.names.variants[u][j])) })
	}
	w.b.Line("default:")
	w.b.Indent(func() { w.b.Line(w.unknown(u)) })
	w.b.Line("}")
}

// decodeByValue prints the cases of one JSON type: those that look at the value
// first, then the first that takes any.
func (w *codecWriter) decodeByValue(u *schema.Union, kind jsonKind, fitting []int) {
	variants := w.names.variants[u]
	plain := w.unknown(u)
	best := 0
	type guarded struct{ cond, stmt string }
	ranks := make([][]guarded, 2)
	for _, j := range fitting {
		v := variants[j]
		rank, cond := guard(v.typ, kind)
		if list, ok := core(v.typ).(*schema.List); ok && len(fitting) > 1 {
			rank, cond = 1, "d.startsWith("+kindsOf(list.Elem).expr()+")"
		}
		if cond != "" {
			ranks[rank] = append(ranks[rank], guarded{cond, w.decodeVariant(v)})
		} else if p := preference(v.typ, kind); p > best {
			best, plain = p, w.decodeVariant(v)
		}
	}
	all := append(ranks[0], ranks[1]...)
	if len(all) == 0 {
		w.b.Line(plain)
		return
	}
	w.b.Line("switch {")
	for _, g := range all {
		w.b.Line("case ", g.cond, ":")
		w.b.Indent(func() { w.b.Line(g.stmt) })
	}
	w.b.Line("default:")
	w.b.Indent(func() { w.b.Line(plain) })
	w.b.Line("}")
}

// preference orders the types that take any value of a JSON type: those for just
// this type, numbers for integers, other unions, anything. The first of equals
// wins.
func preference(t schema.Type, kind jsonKind) int {
	switch t := core(t).(type) {
	case *schema.Any:
		return 1
	case *schema.Union:
		return 2
	case *schema.Scalar:
		if t.Kind == schema.Number && kind == kindInteger {
			return 3
		}
	}
	return 4
}

// guard is the condition under which a value of the JSON type fits t: values of
// an enum have rank 0, formats and lengths 1. It is empty where any value fits.
func guard(t schema.Type, kind jsonKind) (rank int, cond string) {
	switch t := core(t).(type) {
	case *schema.Enum:
		var values []string
		for _, v := range t.Values {
			if nodeKind(v.Value) == kind {
				values = append(values, quote(v.Value.JSON()))
			}
		}
		return 0, "d.isOneOf(" + strings.Join(values, ", ") + ")"
	case *schema.Scalar:
		if name := formatType(t); name != "" {
			return 1, "is" + name + "(d.peekString())"
		}
	case *schema.Tuple:
		switch {
		case t.Rest != nil:
			return 1, "d.countItems() >= " + itoa(t.Min)
		case t.Min == len(t.Items):
			return 1, "d.countItems() == " + itoa(t.Min)
		}
		return 1, "d.hasItems(" + itoa(t.Min) + ", " + itoa(len(t.Items)) + ")"
	}
	return 0, ""
}

// writeShapes prints what tells the objects of a union apart:
//
//	var shapesPlace = []shape{
//		{0, []shapeMember{{"latitude", true, kindInteger | kindNumber, ""}}},
//	}
func (w *codecWriter) writeShapes(u *schema.Union) {
	var lines []string
	for i, v := range w.names.variants[u] {
		if kindsOf(v.typ)&kindObject != 0 {
			lines = appendShapes(lines, i, v.typ)
		}
	}
	if len(lines) == 0 {
		return
	}
	w.b.Line()
	w.b.Block("var shapes"+w.names.types[u]+" = []shape{", func() {
		for _, line := range lines {
			w.b.Line(line)
		}
	}, "}")
}

// appendShapes adds the shapes of a case; a union within the union has several.
func appendShapes(lines []string, i int, t schema.Type) []string {
	switch t := core(t).(type) {
	case *schema.Object:
		members := make([]string, len(t.Fields))
		for j, f := range t.Fields {
			members[j] = shapeMember(f)
		}
		return append(lines, "{"+itoa(i)+", []shapeMember{"+strings.Join(members, ", ")+"}},")
	case *schema.Union:
		for _, v := range t.Variants {
			lines = appendShapes(lines, i, v.Type)
		}
	case *schema.Map, *schema.Any:
		return append(lines, "{"+itoa(i)+", nil},")
	}
	return lines
}

func shapeMember(f *schema.Field) string {
	required, constant := "false", ""
	if f.Required {
		required = "true"
		if c := schema.ConstOf(f.Type); c != nil {
			constant = c.JSON()
		}
	}
	return "{" + quote(f.Wire) + ", " + required + ", " + kindsOf(f.Type).expr() + ", " + quote(constant) + "}"
}
