package python

import (
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/schema"
)

// writeObject prints a model:
//
//	class TaskStatsParams(_models.Model):
//	    """Whose tasks to count."""
//
//	    user_id: str
//	    since: dt.datetime | None = None
//	    """Leave out older tasks."""
func (f *file) writeObject(o *schema.Object) {
	b := f.body
	members := f.membersOf(o)
	f.forward = false
	b.Raw("\n\n")
	f.classLine(f.names.types[o], f.basesOf(o)...)
	b.Indent(func() {
		f.writeTypeDoc(o)
		if o.Closed && !o.Out {
			b.Blank()
			b.Line("model_config = ", f.pydantic("ConfigDict"), `(extra="forbid")`)
		}
		documented := true
		for i := range members {
			if documented {
				b.Blank()
			}
			documented = f.writeField(o, &members[i])
		}
		f.writeAttrSet(members, "_not_null", (*member).notNull)
		f.writeAttrSet(members, "_nan", func(m *member) bool { return o.Out && m.notNull() && m.isNumber() })
		f.writeAttrSet(members, "_required", func(m *member) bool { return (o.Out || f.opt.Validate) && m.Filled && m.Required })
		f.writeExtra(o)
	})
	if f.forward && !f.apart[o] {
		f.cyclic = append(f.cyclic, f.names.types[o])
	}
	f.qualified = false
}

func (f *file) basesOf(o *schema.Object) (bases []string) {
	if f.apart[o] {
		f.use("._json", "cycles as _cycles")
		bases = append(bases, "_cycles.CyclicModel")
	}
	if f.checked[o] != nil {
		f.use(".", "_rules")
		bases = append(bases, "_rules.Checked")
	}
	if bases == nil {
		bases = append(bases, f.runtime("Model"))
	}
	return bases
}

// member is a member with what an attribute of it holds when nobody sets it.
type member struct {
	*plan.Member
	attr    string
	value   *expr // nil: nothing
	factory bool  // value makes it anew
}

// membersOf looks up an object's members, and whether their names hide those
// that annotations are made of.
func (f *file) membersOf(o *schema.Object) []member {
	planned := f.plan.Object(o).Members
	members := make([]member, len(planned))
	for i, attr := range f.names.attrs[o] {
		members[i] = member{Member: &planned[i], attr: attr}
		f.qualified = f.qualified || hideable[attr]
	}
	for i := range members {
		m := &members[i]
		m.value, m.factory = f.defaultOf(o, m.Member)
	}
	return members
}

// writeField prints one attribute and tells whether it has a docstring, which a
// blank line follows.
func (f *file) writeField(o *schema.Object, m *member) bool {
	forward := f.forward
	f.forward = false
	annotation, value := f.fieldParts(o, m)
	if f.forward {
		annotation = atom(quote(annotation.flat()))
	}
	f.forward = f.forward || forward
	writeAssignment(f.body, m.attr, annotation, value)
	doc := f.fieldDoc(o, m)
	writeAttributeDoc(f.body, doc)
	return doc != ""
}

// writeAssignment prints "name: annotation = value", broken as ruff does: within
// the value's brackets, else around the value, else within the annotation.
func writeAssignment(b *emit.Buffer, name string, annotation expr, value *expr) {
	if value == nil {
		if flat := annotation.flat(); len(annotation.items) == 0 && !fits(b, name, ": ", flat) && fits(b, name, ": (") {
			b.Block(name+": (", func() { b.Line(flat) }, ")")
			return
		}
		writeExpr(b, name+": ", annotation, "")
		return
	}
	before := name + ": " + annotation.flat() + " = "
	flat := value.flat()
	switch {
	case fits(b, before, flat):
		b.Line(before, flat)
	case len(value.items) > 0 && b.Fits(before+value.text+value.open):
		writeExpr(b, before, *value, "")
	case b.Fits(before+"(") && (b.Fits("    "+flat) || len(value.items) > 0):
		b.Block(before+"(", func() { writeExpr(b, "", *value, "") }, ")")
	case len(annotation.items) == 0:
		writeExpr(b, before, *value, "")
	default:
		breakExpr(b, name+": ", annotation, func(closing string) { writeExpr(b, closing+" = ", *value, "") })
	}
}

// fieldParts returns a field's annotation and what is assigned, if anything.
func (f *file) fieldParts(o *schema.Object, m *member) (expr, *expr) {
	var args []expr
	annotation, value := f.fieldType(o, m), m.value
	if value == nil && !m.Required {
		none := atom("None")
		annotation, value = unionOf(annotation, none), &none
	}
	if m.attr != m.Wire {
		wire := atom(quote(m.Wire))
		args = append(args, keyword("validation_alias", wire), keyword("serialization_alias", wire))
	}
	if !o.Out {
		args = append(args, limitArgs(m.Type)...)
	}
	mutable := value != nil && (value.open == "[" || value.open == "{") // ruff wants it in a Field
	if len(args) == 0 && !m.factory && !mutable {
		return annotation, value
	}
	if value != nil {
		name := "default"
		if m.factory {
			name = "default_factory"
		}
		args = append([]expr{keyword(name, *value)}, args...)
	}
	whole := call(f.pydantic("Field"), args...)
	return annotation, &whole
}

// fieldType is the annotation without what being optional adds to it. The member
// that tells variants apart has an exact type, so that type checkers narrow by it.
func (f *file) fieldType(o *schema.Object, m *member) expr {
	switch t := m.Type.(type) {
	case *schema.Enum:
		return f.enumExpr(t, o.Out && !m.Tag)
	case *schema.Scalar:
		return f.scalarExpr(t, o.Out)
	case *schema.Nullable:
		if s, ok := t.Elem.(*schema.Scalar); ok && !(o.Out && s.Kind == schema.Number) {
			return unionOf(f.scalarExpr(s, o.Out), atom("None"))
		}
	case *schema.List:
		return subscript(f.builtin("list"), f.typeExpr(t.Elem, o.Out))
	case *schema.Map:
		return f.mapExpr(t, o.Out)
	}
	return f.typeExpr(m.Type, o.Out)
}

// notNull tells whether None of an attribute means absent, since null is no
// value of the member.
func (m *member) notNull() bool { return !m.Required && m.value == nil && !m.Nullable }

// isNumber tells whether the member is a number, of which NaN is null in JSON.
func (m *member) isNumber() bool {
	s, ok := schema.Resolve(m.Type).(*schema.Scalar)
	return ok && s.Kind == schema.Number && s.Format == schema.FormatNone
}

// writeAttrSet prints which attributes something is true of:
//
//	_not_null: ClassVar[frozenset[str]] = frozenset({"limit"})
func (f *file) writeAttrSet(members []member, name string, is func(*member) bool) {
	var attrs []expr
	for i := range members {
		if is(&members[i]) {
			attrs = append(attrs, atom(quote(members[i].attr)))
		}
	}
	if attrs == nil {
		return
	}
	f.body.Blank()
	annotation := subscript(f.typing("ClassVar"), subscript(f.builtin("frozenset"), atom(f.builtin("str"))))
	value := call(f.builtin("frozenset"), dictOf(attrs...))
	writeAssignment(f.body, name, annotation, &value)
}

// writeExtra prints the type of members without a declaration:
//
//	__pydantic_extra__: dict[str, int] = Field(init=False)
func (f *file) writeExtra(o *schema.Object) {
	if !f.plan.Object(o).TypedExtra {
		return
	}
	f.body.Blank()
	annotation := subscript(f.builtin("dict"), atom(f.builtin("str")), f.typeExpr(o.Extra, o.Out))
	if f.forward {
		annotation = atom(quote(annotation.flat()))
	}
	// Pydantic documents this; checkers see an attribute that changes its type.
	value := f.pydantic("Field") + "(init=False)"
	const ignored = "  # pyright: ignore[reportIncompatibleVariableOverride]"
	const before = "__pydantic_extra__: "
	if len(annotation.items) == 0 || fits(f.body, before, annotation.flat(), " = ", value) {
		f.body.Line(before, annotation.flat(), " = ", value, ignored)
		return
	}
	f.body.Line(before, annotation.text, annotation.open, ignored)
	f.body.Indent(func() { writeItems(f.body, annotation) })
	f.body.Line("] = ", value)
}
