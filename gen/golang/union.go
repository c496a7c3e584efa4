package golang

import (
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
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
			w.b.Line("type ", v.goName, " ", w.wrapped(v, !u.Out))
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
		lines = append(lines, column{cells: []string{"func (" + name + ") " + markerMethod(w.names.types[u]), ""}})
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
func (w *typeWriter) wrapped(v variant, input bool) string {
	expr := w.use(w.names.base(v.typ, input))
	if isWide(v.typ) || w.names.isForeign(v.typ) {
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
func (w *codecWriter) writeUnion(u *schema.Union) {
	for _, v := range w.names.variants[u] {
		if v.wrapper {
			w.writeWrapper(v)
		}
	}
	w.writeReader(u)
	w.writeUnionCode(w.plan.Union(u))
}

// writeReader prints the function that reads a value of an interface:
//
//	// UnmarshalAttachment reads a value of [Attachment] from JSON.
//	func UnmarshalAttachment(data []byte) (Attachment, error) {
//		return rpc.Read(data, codeAttachment)
//	}
func (w *codecWriter) writeReader(t schema.Named) {
	name, reader := w.names.types[t], w.names.readers[t]
	w.b.Blank()
	comment(w.b, reader+" reads a value of ["+name+"] from JSON.")
	w.b.Block("func "+reader+"(data []byte) ("+name+", error) {", func() {
		w.b.Line("return rpc.Read(data, ", w.typedFunction(t), ")")
	}, "}")
}

// writeWrapper prints how a type is written that exists for one variant only.
func (w *codecWriter) writeWrapper(v variant) {
	if isWide(v.typ) {
		w.writeCode(v.goName, func() { w.b.Line("rpc.CodeBigInt(&v.Int, c)") })
	}
	if w.names.isForeign(v.typ) {
		w.writeCode(v.goName, func() { w.b.Line("rpc.CodeImported(&v.", w.use(w.names.base(v.typ, !w.tolerant)), ", c)") })
	}
	w.b.Blank()
	oneLineFunctions(w.b, []column{{cells: []string{
		"func (v " + v.goName + ") MarshalJSON() ([]byte, error)", "return rpc.Marshal(&v, " + w.variantFunction(v) + ")",
	}}})
}

// variantFunction reads and writes what a union's interface holds.
func (w *codecWriter) variantFunction(v variant) string {
	if !v.wrapper {
		return w.typedPlain(v.typ)
	}
	if isWide(v.typ) || w.names.isForeign(v.typ) {
		return "(*" + v.goName + ").codeJSON"
	}
	switch t := v.typ.(type) {
	case *schema.List:
		return "rpc.ListOf[" + v.goName + "](" + w.function(t.Elem) + ")"
	case *schema.Map:
		return "rpc.MapOf[" + v.goName + "](" + w.function(t.Value) + ")"
	}
	f := w.plainFunction(v.typ)
	if strings.HasPrefix(f, "rpc.Code") {
		return f + "[" + v.goName + "]"
	}
	e := schema.Core(v.typ).(*schema.Enum) // a constant without a type
	return strings.Replace(f, "["+enumBase(e).expr()+"]", "["+v.goName+"]", 1)
}

// writeUnionCode prints a line for each variant, with its tags where it has some:
//
//	func codeAttachment(v *Attachment, c *rpc.Codec) {
//		u := rpc.UnionByTag(v, c, "Attachment", "kind")
//		for u.Next() {
//			rpc.Variant(u.Case("file"), v, (*FileAttachment).codeJSON)
//			rpc.Variant(u.Unknown(), v, (*UnknownAttachment).CodeJSON)
//		}
//	}
func (w *codecWriter) writeUnionCode(p *plan.Union) {
	name, unknown := w.names.types[p.Union], w.names.unknown[p.Union]
	if !p.Declared {
		w.writeVariants(p)
	}
	w.b.Line()
	w.b.Block("func code"+name+"(v *"+name+", c *rpc.Codec) {", func() {
		if p.Null {
			w.returnIfNull()
		}
		w.b.Line("u := rpc.", w.unionConstructor(p, name))
		w.b.Block("for u.Next() {", func() {
			cases := cases(p)
			for i, v := range w.names.variants[p.Union] {
				w.b.Line("rpc.Variant(", cases[i], ", v, ", w.variantFunction(v), ")")
			}
			if unknown != "" {
				w.b.Line("rpc.Variant(u.Unknown(), v, (*", unknown, ").CodeJSON)")
			}
		}, "}")
	}, "}")
}

// unionConstructor begins a union, by what tells its variants apart.
func (w *codecWriter) unionConstructor(p *plan.Union, name string) string {
	args := "(v, c, " + quote(name)
	switch {
	case p.Declared:
		return "UnionByTag" + args + ", " + quote(p.Tag) + ")"
	case p.Tag != "":
		return "UnionByTagOrShape" + args + ", " + quote(p.Tag) + ", variants" + name + ")"
	}
	return "UnionByShape" + args + ", variants" + name + ")"
}

// cases are u.Case("file") and the like, one for each variant. A tag belongs to the first
// variant that has it.
func cases(p *plan.Union) []string {
	texts, out := p.AllStringTags(), make([]string, len(p.Variants))
	seen := map[string]bool{}
	for i, v := range p.Variants {
		var tags []string
		for _, tag := range v.Tags {
			switch {
			case seen[tag.JSON()]:
				continue
			case texts:
				tags = append(tags, quote(tag.Text))
			default:
				tags = append(tags, quote(tag.JSON()))
			}
			seen[tag.JSON()] = true
		}
		function := "u.Case("
		if !texts {
			function = "u.CaseJSON("
		}
		out[i] = function + strings.Join(tags, ", ") + ")"
	}
	return out
}
