package golang

import (
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/schema"
)

// codec prints codec.go: what reads and writes the values of each type.
func (g *generator) codec() []byte {
	w := codecWriter{file: g.newFile(importRPC), shapes: &shapeWriter{names: g.names, known: map[string]string{}}}
	for _, t := range g.plan.Types {
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
	if base == jsonText || base == goInt { // encoding/json alone refuses 1.0 for an integer
		w.writeMarshalers(name)
	}
	w.decoder(name, func() {
		if !w.tolerant {
			w.b.Line("start := d.Start()")
		}
		switch base {
		case goString:
			w.decodeStringEnum(e, name)
		case jsonText:
			w.b.Line("rpc.DecodeText(v, d, ", strings.Join(w.names.values[e], ", "), ")")
		default:
			w.b.Line("rpc.Decode", base.codec(), "(v, d)")
		}
		if !w.tolerant {
			w.b.Block("if d.Ok() && !v.IsKnown() {", func() {
				w.b.Line("d.Fail(start, ", quote("unknown value of "+name), ")")
			}, "}")
		}
	})
	w.encoder(name, func() { w.b.Line("rpc.Encode", base.codec(), "(v, e)") })
}

// decodeStringEnum saves a copy of each known value.
func (w *codecWriter) decodeStringEnum(e *schema.Enum, name string) {
	w.b.Line("switch s := d.Text(); string(s) {")
	for i, v := range e.Values {
		w.b.Line("case ", quote(v.Value.Text), ":")
		w.b.Indent(func() { w.b.Line("*v = ", w.names.values[e][i]) })
	}
	w.b.Line("default:")
	w.b.Indent(func() { w.b.Line("*v = ", name, "(s)") })
	w.b.Line("}")
}

// writeTuple prints
//
//	func (v *TaskEffort) decodeJSON(d *rpc.Decoder) {
//		*v = TaskEffort{}
//		start, n := d.Start(), 0
//		for d.Array(); d.Item(); n++ {
//			switch n {
//			case 0:
//				rpc.DecodeInt(&v.V0, d)
//			default:
//				d.TooManyItems(1)
//			}
//		}
//		d.TooFewItems(start, n, 1)
//	}
func (w *codecWriter) writeTuple(t *schema.Tuple) {
	name := w.names.types[t]
	w.writeMarshalers(name)
	w.decoder(name, func() {
		w.b.Line("*v = ", name, "{}")
		w.b.Line("start, n := d.Start(), 0")
		w.b.Line("for d.Array(); d.Item(); n++ {")
		w.b.Indent(func() {
			w.b.Line("switch n {")
			for i := range t.Items {
				w.b.Line("case ", itoa(i), ":")
				w.b.Indent(func() { w.decodeItem(t, i) })
			}
			w.b.Line("default:")
			w.b.Indent(func() {
				switch {
				case keepsItems(t):
					w.b.Line("v.Extra = append(v.Extra, rpc.Decode(d, rpc.DecodeRaw[", w.use(rawType), "]))")
				case t.Rest == nil:
					w.b.Line("d.TooManyItems(", itoa(len(t.Items)), ")")
				default:
					w.b.Line("v.Rest = append(v.Rest, rpc.Decode(d, ", w.typedDecoder(t.Rest), "))")
				}
			})
			w.b.Line("}")
		})
		w.b.Line("}")
		w.b.Line("d.TooFewItems(start, n, ", itoa(t.Min), ")")
		if w.countsItems(t) {
			w.b.Line("v.count = n")
		}
	})
	w.encoder(name, func() { w.encodeTuple(t) })
}

func (w *codecWriter) decodeItem(t *schema.Tuple, i int) {
	target := "v." + w.names.items[t][i]
	inner, null := w.names.stripNull(t.Items[i].Type)
	if _, pointer := w.itemOf(t, i); pointer && !null {
		w.b.Line("rpc.DecodePointer(&", target, ", d, ", w.plainFunction(reading, inner), ")")
		return
	}
	w.writeMarshalers(name, w.enumFunction(e), w.plainFunction(e))
	if base == jsonText {
		w.writeCode(name, func() { w.b.Line("rpc.CodeText(v, c, ", strings.Join(w.names.values[e], ", "), ")") })
	}
}

// encodeTuple ends the array before the first item that is left out. One that may be
// null is left out if it was not read, and none of the next ones is there.
func (w *codecWriter) encodeTuple(t *schema.Tuple) {
	rest, items := t.Rest, "v.Rest"
	if keepsItems(t) {
		rest, items = &schema.Any{}, "v.Extra"
	}
	if w.countsItems(t) {
		w.countItems(t, items, rest != nil)
	}
	w.b.Line("e.Open('[')")
	for i, it := range t.Items {
		target := "v." + w.names.items[t][i]
		inner, null := w.names.stripNull(it.Type)
		if i >= t.Min {
			missing := target + " == nil"
			if null {
				missing = "n < " + itoa(i+1)
			}
			w.b.Block("if "+missing+" {", func() {
				w.b.Line("e.Close(']')")
				w.b.Line("return")
			}, "}")
		}
		w.b.Line("e.Item()")
		if _, pointer := w.itemOf(t, i); pointer && !null {
			w.b.Line("rpc.EncodeNullable(&", target, ", e, ", w.plainFunction(writing, inner), ")")
		} else {
			w.b.Line(w.statement(writing, it.Type, target))
		}
	}
	if rest != nil {
		w.b.Block("for i := range "+items+" {", func() {
			w.b.Line("e.Item()")
			w.b.Line(w.statement(writing, rest, items+"[i]"))
		}, "}")
	})
}

// item is the call that reads or writes an item. The array ends before the first one that is
// left out; one that may be null is never left out.
func (w *codecWriter) item(t *schema.Tuple, i int) string {
	target, part := "v."+w.names.items[t][i], "p.Item()"
	inner, null := w.names.stripNull(t.Items[i].Type)
	if i >= t.Min && !null {
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

// countItems prints
//
//	n := v.count
//	if v.V1 != nil {
//		n = max(n, 2)
//	}
func (w *codecWriter) countItems(t *schema.Tuple, rest string, hasRest bool) {
	w.b.Line("n := v.count")
	raise := func(condition string, to int) {
		w.b.Block("if "+condition+" {", func() { w.b.Line("n = max(n, ", itoa(to), ")") }, "}")
	}
	for i := t.Min; i < len(t.Items); i++ {
		raise("v."+w.names.items[t][i]+" != nil", i+1)
	}
	if hasRest {
		raise("len("+rest+") > 0", len(t.Items))
	}
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
