package golang

import (
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/schema"
)

// codec prints codec.go: what reads and writes the values of each type.
func (g *generator) codec() []byte {
	w := codecWriter{file: g.newFile(importRPC), shapes: &shapeWriter{names: g.names, known: map[string]string{}}}
	for _, t := range g.names.imports.Declared {
		w.tolerant = t.Head().Out
		switch t := t.(type) {
		case *schema.Object:
			w.writeObject(t)
		case *schema.Enum:
			w.writeEnum(t)
		case *schema.Union:
			w.writeUnion(t)
		case *schema.Tuple:
			w.writeTuple(t)
		case *schema.Alias:
			w.writeAlias(t)
		default:
			panic(unknownType(t))
		}
	}
	w.shapes.write(w.b, g.plan.Shapes)
	return w.bytes("")
}

// codecWriter prints how the values of one type are read and written.
type codecWriter struct {
	*file
	shapes   *shapeWriter
	tolerant bool // the type can come from a server that is newer than this code
}

// writeMarshalers prints the methods of encoding/json:
//
//	func (v Task) MarshalJSON() ([]byte, error)     { return rpc.Marshal(&v, (*Task).codeJSON) }
//	func (v *Task) UnmarshalJSON(data []byte) error { return rpc.Unmarshal(data, v, (*Task).codeJSON) }
func (w *codecWriter) writeMarshalers(name, write, read string) {
	w.b.Blank()
	oneLineFunctions(w.b, []column{
		{cells: []string{"func (v " + name + ") MarshalJSON() ([]byte, error)", "return rpc.Marshal(&v, " + write + ")"}},
		{cells: []string{"func (v *" + name + ") UnmarshalJSON(data []byte) error", "return rpc.Unmarshal(data, v, " + read + ")"}},
	})
}

// writeType prints the methods of a type, body being what reads and writes it.
func (w *codecWriter) writeType(name string, body func()) {
	code := "(*" + name + ").codeJSON"
	w.writeMarshalers(name, code, code)
	w.writeCode(name, body)
}

func (w *codecWriter) writeCode(name string, body func()) {
	w.b.Blank()
	w.b.Block("func (v *"+name+") codeJSON(c *rpc.Codec) {", body, "}")
}

// writeObject prints a line for each member, which both reads and writes it:
//
//	func (v *User) codeJSON(c *rpc.Codec) {
//		p := rpc.Object(v, c, &v.Extra)
//		for p.Next() {
//			rpc.Value(p.Required("id"), &v.ID, rpc.CodeString)
//			rpc.Optional(p.Member("born"), &v.Born, rpc.CodeDate)
//		}
//	}
func (w *codecWriter) writeObject(o *schema.Object) {
	members, typed := w.members[o], w.plan.Object(o).TypedExtra
	w.writeType(w.names.types[o], func() {
		begin := "rpc." + w.constructor(o) + "(v, c, &v.Extra)"
		if len(members) == 0 && !typed {
			w.b.Line("p := ", begin)
			w.b.Line("p.End()")
			return
		}
		w.b.Line("p := ", begin)
		w.b.Block("for p.Next() {", func() {
			for i := range members {
				w.setDefault(&members[i])
				w.b.Line("rpc.", w.member(&members[i]))
			}
			if typed {
				w.b.Line("rpc.Additional(&p, &v.AdditionalProperties, ", w.function(o.Extra), ")")
			}
		}, "}")
	})
}

// constructor is the runtime's function that begins an object.
func (w *codecWriter) constructor(o *schema.Object) string {
	switch {
	case w.tolerant:
		return "Object"
	case o.Closed && !w.plan.Object(o).TypedExtra:
		return "ClosedObject"
	}
	return "StrictObject"
}

// setDefault prints what gives a member that a server leaves out, although it normally sends
// it, its default:
//
//	rpc.Init(&p, &v.Status, TaskStatusOpen)
func (w *codecWriter) setDefault(m *member) {
	if !m.always || m.Required || m.Default == nil || m.constant() || w.names.isZeroDefault(m.Member) {
		return
	}
	function, code := "Init", w.function
	if m.pointer {
		function = "InitPointer"
	}
	value, ok := w.literal(m.inner, m.Default)
	if !ok && w.canHold(m.inner, m.Default) {
		function, value, ok = "InitJSON", quote(m.Default.JSON())+", "+code(m.Type), true
	}
	if ok {
		w.b.Line("rpc.", function, "(&p, &v.", m.name, ", ", value, ")")
	}
}

// member is the call that reads or writes a member, by how the field keeps it.
func (w *codecWriter) member(m *member) string {
	part := "p.Member(" + m.wire + ")"
	switch {
	case quoteJSON(m.Wire) != `"`+m.Wire+`"`:
		part = "p.Escaped(" + m.wire + ", " + strconv.FormatBool(m.Required) + ")"
	case m.Required:
		part = "p.Required(" + m.wire + ")"
	}
	target := "v." + m.name
	switch {
	case m.constant():
		return w.constant(m, part, target)
	case m.pointer && m.remembersNull():
		return w.call("Optional", part, target, "", m.inner)
	case m.remembersNull():
		return w.call("OptionalNilable", part, target, target+" == nil", m.inner)
	case m.pointer && m.null:
		return w.call("Nullable", part, target, "", m.inner)
	case m.null:
		return w.call("Nilable", part, target, target+" == nil", m.inner)
	case m.pointer && !m.always:
		return w.call("IfSet", part, target, "", m.inner)
	case m.pointer:
		return w.call("Boxed", part, target, "", m.inner)
	case !m.always:
		return w.call("NilableIfSet", part, target, target+" == nil", m.inner)
	}
	return w.call("Value", part, target, "", m.inner)
}

// call is Value(p.Required("id"), &v.ID, rpc.CodeString).
func (w *codecWriter) call(function, part, target, isNil string, t schema.Type) string {
	if isNil != "" {
		isNil += ", "
	}
	code := ""
	list, isList := t.(*schema.List)
	dict, isMap := t.(*schema.Map)
	switch {
	case function == "Value" && isList:
		function, code = "List", w.function(list.Elem)
	case function == "Value" && isMap:
		function, code = "Map", w.function(dict.Value)
	default:
		code = w.plainFunction(t)
	}
	return function + "(" + part + ", &" + target + ", " + isNil + code + ")"
}

// constant is for a member that has one value only.
func (w *codecWriter) constant(m *member, part, target string) string {
	e := schema.Core(m.inner).(*schema.Enum)
	value := w.names.valueExpr(e, m.Const)
	if enumBase(e) == goString {
		return "StringConstant(" + part + ", &" + target + ", " + value + ")"
	}
	return "Constant(" + part + ", &" + target + ", " + w.enumFunction(e) + ", " + value + ")"
}

// writeEnum prints methods for the enums that encoding/json would not read or write as they
// are: it refuses 1.0 for an integer, and some values are JSON text.
func (w *codecWriter) writeEnum(e *schema.Enum) {
	if w.names.isBare(e) {
		return
	}
	name, base := w.names.types[e], enumBase(e)
	if base != jsonText && base != goInt {
		return
	}
	w.writeMarshalers(name, w.enumFunction(e), w.plainFunction(e))
	if base == jsonText {
		w.writeCode(name, func() { w.b.Line("rpc.CodeText(v, c, ", strings.Join(w.names.values[e], ", "), ")") })
	}
}

// writeTuple prints a line for each item:
//
//	func (v *TaskEffort) codeJSON(c *rpc.Codec) {
//		p := rpc.Array(v, c, 1)
//		for p.Next() {
//			rpc.Value(p.Item(), &v.V0, rpc.CodeInt)
//			rpc.Boxed(p.ItemIf(v.V1 != nil), &v.V1, rpc.CodeString)
//		}
//	}
func (w *codecWriter) writeTuple(t *schema.Tuple) {
	w.writeType(w.names.types[t], func() {
		begin := "rpc.Array(v, c, " + itoa(t.Min) + ")"
		if len(t.Items) == 0 && t.Rest == nil && !keepsItems(t) {
			w.b.Line("p := ", begin)
			w.b.Line("p.End()")
			return
		}
		w.b.Line("p := ", begin)
		w.b.Block("for p.Next() {", func() {
			for i := range t.Items {
				w.b.Line("rpc.", w.item(t, i))
			}
			switch {
			case keepsItems(t):
				w.b.Line("rpc.Rest(&p, &v.Extra, rpc.CodeRaw)")
			case t.Rest != nil:
				w.b.Line("rpc.Rest(&p, &v.Rest, ", w.function(t.Rest), ")")
			}
			if w.countsItems(t) {
				w.b.Line("p.Count(&v.count)")
			}
		}, "}")
	})
}

// present is the condition for an item that may be null and may be left out: it was read, or
// a value is there for it or for a later one.
func (w *codecWriter) present(t *schema.Tuple, i int) string {
	parts := []string{"v.count > " + itoa(i)}
	for _, name := range w.names.items[t][i:] {
		parts = append(parts, "v."+name+" != nil")
	}
	switch {
	case keepsItems(t):
		parts = append(parts, "len(v.Extra) > 0")
	case t.Rest != nil:
		parts = append(parts, "len(v.Rest) > 0")
	}
	return strings.Join(parts, " || ")
}

// item is the call that reads or writes an item. The array ends before the first one that is
// left out.
func (w *codecWriter) item(t *schema.Tuple, i int) string {
	target, part := "v."+w.names.items[t][i], "p.Item()"
	inner, null := w.names.stripNull(t.Items[i].Type)
	switch {
	case i >= t.Min && null:
		part = "p.ItemIf(" + w.present(t, i) + ")"
	case i >= t.Min:
		part = "p.ItemIf(" + target + " != nil)"
	}
	_, pointer := w.itemOf(t, i)
	switch {
	case null && pointer:
		return w.call("Nullable", part, target, "", inner)
	case null:
		return w.call("Nilable", part, target, target+" == nil", inner)
	case pointer:
		return w.call("Boxed", part, target, "", inner)
	}
	return w.call("Value", part, target, "", inner)
}

// writeAlias prints methods for lists and maps that have a name.
func (w *codecWriter) writeAlias(a *schema.Alias) {
	if w.names.readers[a] != "" {
		w.writeReader(a)
	}
	if !isDefined(a) {
		return
	}
	inner, null := w.names.stripNull(a.Target)
	w.writeType(w.names.types[a], func() {
		if null {
			w.returnIfNull()
		}
		switch t := inner.(type) {
		case *schema.List:
			w.b.Line("rpc.CodeList(v, c, ", w.function(t.Elem), ")")
		case *schema.Map:
			w.b.Line("rpc.CodeMap(v, c, ", w.function(t.Value), ")")
		}
	})
}

// returnIfNull prints what reads or writes null.
func (w *codecWriter) returnIfNull() {
	w.b.Block("if rpc.CodeNil(v, c, *v == nil) {", func() { w.b.Line("return") }, "}")
}
