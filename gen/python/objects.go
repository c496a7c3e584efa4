package python

import (
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/schema"
)

// writeObject prints a model:
//
//	class TaskStatsParams(Model):
//	    """Whose tasks to count."""
//
//	    user_id: str
//	    since: datetime.datetime | None = None
//	    """Leave out older tasks."""
func (f *file) writeObject(o *schema.Object) {
	b := f.body
	f.need("model")
	f.qualified = f.hidesNames(o)
	f.forward = false
	b.Raw("\n\n")
	f.classLine(f.names.types[o], "Model")
	b.Indent(func() {
		f.writeTypeDoc(o)
		if o.Closed && !o.Out {
			b.Blank()
			b.Line("model_config = ", f.pydantic("ConfigDict"), `(extra="forbid")`)
		}
		documented := true
		for _, field := range o.Fields {
			if documented {
				b.Blank()
			}
			documented = f.writeField(o, field)
		}
		f.writeAttrSet(o, "_not_null", f.notNull)
		f.writeAttrSet(o, "_left_out", f.leftOut)
		f.writeExtra(o)
	})
	if f.forward {
		f.cyclic = append(f.cyclic, f.names.types[o])
	}
	f.qualified = false
}

// writeField prints one attribute and tells whether it has a docstring, which a
// blank line follows.
func (f *file) writeField(o *schema.Object, fd *schema.Field) bool {
	forward := f.forward
	f.forward = false
	annotation, value := f.fieldParts(o, fd)
	if f.forward {
		annotation = atom(quote(annotation.flat()))
	}
	f.forward = f.forward || forward
	writeAssignment(f.body, f.names.attrs[fd], annotation, value)
	doc := f.fieldDoc(o, fd)
	writeAttributeDoc(f.body, doc)
	return doc != ""
}

// writeAssignment prints "name: annotation = value", broken as ruff does: within
// the value's brackets, else around the value, else within the annotation.
func writeAssignment(b *emit.Buffer, name string, annotation expr, value *expr) {
	if value == nil {
		writeExpr(b, name+": ", annotation, "")
		return
	}
	before := name + ": " + annotation.flat() + " = "
	flat := value.flat()
	switch {
	case b.Fits(before+flat) || len(value.items) > 0 && b.Fits(before+value.text+value.open):
		writeExpr(b, before, *value, "")
	case len(annotation.items) == 0 || b.Fits(before+"(") && (b.Fits("    "+flat) || len(value.items) > 0):
		b.Block(before+"(", func() { writeExpr(b, "", *value, "") }, ")")
	default:
		breakExpr(b, name+": ", annotation, func(closing string) { writeExpr(b, closing+" = ", *value, "") })
	}
}

// fieldParts returns a field's annotation and what is assigned, if anything.
func (f *file) fieldParts(o *schema.Object, fd *schema.Field) (expr, *expr) {
	var args []expr
	annotation := f.fieldType(o, fd)
	value, needsField := f.defaultOf(o, fd)
	if value == nil && !fd.Required {
		none := atom("None")
		annotation, value = unionOf(annotation, none), &none
	}
	if attr := f.names.attrs[fd]; attr != fd.Wire {
		wire := atom(quote(fd.Wire))
		args = append(args, keyword("validation_alias", wire), keyword("serialization_alias", wire))
	}
	if !o.Out {
		args = append(args, limitArgs(fd.Type)...)
	}
	if len(args) == 0 && !needsField {
		return annotation, value
	}
	if value != nil {
		name := "default"
		if needsField {
			name = "default_factory"
		}
		args = append([]expr{keyword(name, *value)}, args...)
	}
	whole := call(f.pydantic("Field"), args...)
	return annotation, &whole
}

// fieldType is the annotation without what being optional adds to it.
func (f *file) fieldType(o *schema.Object, fd *schema.Field) expr {
	if f.tags[fd] {
		return f.literal(schema.Resolve(fd.Type).(*schema.Enum), false)
	}
	t := fd.Type
	if s, ok := t.(*schema.Scalar); ok {
		return f.scalarExpr(s, o.Out)
	}
	if n, ok := t.(*schema.Nullable); ok {
		if s, ok := n.Elem.(*schema.Scalar); ok && !(o.Out && s.Kind == schema.Number) {
			return unionOf(f.scalarExpr(s, o.Out), atom("None"))
		}
	}
	switch t := t.(type) {
	case *schema.List:
		return subscript(f.builtin("list"), f.typeExpr(t.Elem, o.Out))
	case *schema.Map:
		return f.mapExpr(t, o.Out)
	}
	return f.typeExpr(t, o.Out)
}

// notNull tells whether None of an attribute means absent, since null is no
// value of the member.
func (f *file) notNull(o *schema.Object, fd *schema.Field) bool {
	if fd.Required || schema.IsNullable(fd.Type) {
		return false
	}
	value, _ := f.defaultOf(o, fd)
	return value == nil
}

// leftOut tells whether a constant need not be sent: it is the server's default,
// and no tag.
func (f *file) leftOut(_ *schema.Object, fd *schema.Field) bool {
	return !fd.Required && fd.Default != nil && !f.tags[fd] && schema.ConstOf(fd.Type) != nil
}

// writeAttrSet prints which attributes something is true of:
//
//	_not_null: ClassVar[frozenset[str]] = frozenset({"limit"})
func (f *file) writeAttrSet(o *schema.Object, name string, is func(*schema.Object, *schema.Field) bool) {
	var attrs []expr
	for _, fd := range o.Fields {
		if is(o, fd) {
			attrs = append(attrs, atom(quote(f.names.attrs[fd])))
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
	if o.Extra == nil {
		return
	}
	if _, ok := schema.Resolve(o.Extra).(*schema.Any); ok {
		return
	}
	f.body.Blank()
	annotation := subscript(f.builtin("dict"), atom(f.builtin("str")), f.typeExpr(o.Extra, o.Out))
	if f.forward {
		annotation = atom(quote(annotation.flat()))
	}
	// Pydantic documents this; checkers see an attribute that changes its type.
	f.body.Line("__pydantic_extra__: ", annotation.flat(), " = ", f.pydantic("Field"),
		"(init=False)  # pyright: ignore[reportIncompatibleVariableOverride]")
}
