package golang

import (
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
//	// MarshalJSON implements [json.Marshaler].
//	func (v Task) MarshalJSON() ([]byte, error) {
//		return rpc.Marshal(&v, (*Task).encodeJSON)
//	}
func (w *codecWriter) writeMarshalers(name string) {
	w.b.Blank()
	w.b.Line("// MarshalJSON implements [json.Marshaler].")
	w.b.Block("func (v "+name+") MarshalJSON() ([]byte, error) {", func() {
		w.b.Line("return rpc.Marshal(&v, (*", name, ").encodeJSON)")
	}, "}")
	w.b.Line()
	w.b.Line("// UnmarshalJSON implements [json.Unmarshaler].")
	w.b.Block("func (v *"+name+") UnmarshalJSON(data []byte) error {", func() {
		w.b.Line("return rpc.Unmarshal(data, v, (*", name, ").decodeJSON)")
	}, "}")
}

func (w *codecWriter) decoder(name string, body func()) {
	w.b.Blank()
	w.b.Block("func (v *"+name+") decodeJSON(d *rpc.Decoder) {", body, "}")
}

func (w *codecWriter) encoder(name string, body func()) {
	w.b.Blank()
	w.b.Block("func (v *"+name+") encodeJSON(e *rpc.Encoder) {", body, "}")
}

// writeObject prints
//
//	func (v *User) decodeJSON(d *rpc.Decoder) {
//		*v = User{}
//		start, seen := d.Start(), uint64(0)
//		for d.Object(); d.Member(); {
//			switch string(d.Key) {
//			case "id":
//				seen |= 1 << 0
//				rpc.DecodeString(&v.ID, d)
//			default:
//				d.Extra(&v.Extra)
//			}
//		}
//		if seen != 1<<1-1 {
//			d.Missing(start, seen, "id")
//		}
//	}
func (w *codecWriter) writeObject(o *schema.Object) {
	name, members := w.names.types[o], w.members[o]
	w.writeMarshalers(name)
	w.decoder(name, func() { w.decodeObject(o, members) })
	w.encoder(name, func() { w.encodeObject(o, members) })
}

func (w *codecWriter) decodeObject(o *schema.Object, members []member) {
	var required []string
	for _, m := range members {
		if m.Required {
			required = append(required, m.wire)
		}
	}
	w.b.Line("*v = ", w.names.types[o], "{}")
	w.setDefaults(members)
	for i := range (len(required) + 63) / 64 {
		if i == 0 {
			w.b.Line("start, seen := d.Start(), uint64(0)")
		} else {
			w.b.Line("seen", itoa(i), " := uint64(0)")
		}
	}
	w.b.Line("for d.Object(); d.Member(); {")
	w.b.Indent(func() {
		if len(members) == 0 {
			w.decodeUndeclared(o)
			return
		}
		w.b.Line("switch string(d.Key) {")
		bit := 0
		for i := range members {
			m := &members[i]
			w.b.Line("case ", m.wire, ":")
			w.b.Indent(func() {
				if m.Required {
					w.b.Line(seenVar(bit), " |= 1 << ", itoa(bit%64))
					bit++
				}
				w.decodeMember(m)
			})
		}
		w.b.Line("default:")
		w.b.Indent(func() { w.decodeUndeclared(o) })
		w.b.Line("}")
	})
	w.b.Line("}")
	for i := 0; i < len(required); i += 64 {
		chunk := required[i:min(i+64, len(required))]
		w.b.Block("if "+seenVar(i)+" != 1<<"+itoa(len(chunk))+"-1 {", func() {
			w.b.Line("d.Missing(start, ", seenVar(i), ", ", strings.Join(chunk, ", "), ")")
		}, "}")
	}
}

// setDefaults gives members that a server leaves out, although it normally sends them, their
// defaults.
func (w *codecWriter) setDefaults(members []member) {
	for i := range members {
		m := &members[i]
		if !m.always || m.Required || m.Default == nil || m.constant() || w.names.isZeroDefault(m.Member) {
			continue
		}
		value, ok := w.defaultExpr(m.inner, m.Default)
		if !ok {
			continue
		}
		if m.pointer {
			value = "rpc.Ptr[" + w.use(w.names.baseOf(m.inner)) + "](" + value + ")"
		}
		w.b.Line("v.", m.name, " = ", value)
	}
}

func seenVar(bit int) string {
	if bit < 64 {
		return "seen"
	}
	return "seen" + itoa(bit/64)
}

// decodeUndeclared prints what happens to a member without a field.
func (w *codecWriter) decodeUndeclared(o *schema.Object) {
	switch {
	case w.plan.Object(o).TypedExtra:
		w.b.Line("rpc.DecodeEntry(&v.AdditionalProperties, d, ", w.function(reading, o.Extra), ")")
	case o.Closed && !w.tolerant:
		w.b.Line("d.UnknownMember()")
	default:
		w.b.Line("d.Extra(&v.Extra)")
	}
}

// decodeMember prints how a member gets into its field.
func (w *codecWriter) decodeMember(m *member) {
	target := "v." + m.name
	switch {
	case m.constant():
		w.b.Line(w.decodeConstant(m, target))
	case m.remembersNull() && m.pointer:
		w.b.Line("rpc.DecodeOptional(&", target, ", d, &v.Extra, ", w.plainFunction(reading, m.inner), ")")
	case m.remembersNull():
		w.b.Block("if !rpc.KeepNull(&"+target+", d, &v.Extra) {", func() { w.b.Line(w.plainStatement(reading, m.inner, target)) }, "}")
	case m.null:
		w.b.Line(w.statement(reading, m.Type, target))
	case m.pointer:
		w.b.Line("rpc.DecodePointer(&", target, ", d, ", w.plainFunction(reading, m.inner), ")")
	default:
		w.b.Line(w.plainStatement(reading, m.inner, target))
	}
}

// decodeConstant reads a member that has one value only.
func (w *codecWriter) decodeConstant(m *member, target string) string {
	extra, e := "nil", schema.Core(m.inner).(*schema.Enum)
	if w.tolerant {
		extra = "&v.Extra"
	}
	value := w.names.valueExpr(e, m.Const)
	if enumBase(e) == goString {
		return "rpc.DecodeStringConstant(&" + target + ", d, " + extra + ", " + value + ")"
	}
	return "rpc.DecodeConstant(&" + target + ", d, " + extra + ", " + value + ", " + w.enumDecoder(e) + ")"
}

// encodeObject prints
//
//	e.Object()
//	e.Key(`"id":`)
//	rpc.EncodeString(&v.ID, e)
//	rpc.EncodeOptional(e, `"due":`, v.Due, v.Extra["due"], rpc.EncodeString)
//	e.Extra(v.Extra, "id", "due")
//	e.Close('}')
func (w *codecWriter) encodeObject(o *schema.Object, members []member) {
	declared := make([]string, len(members))
	w.b.Line("e.Object()")
	for i := range members {
		declared[i] = ", " + members[i].wire
		w.encodeMember(&members[i])
	}
	names := strings.Join(declared, "")
	if w.plan.Object(o).TypedExtra {
		w.b.Line("rpc.EncodeEntries(e, v.AdditionalProperties, ", w.function(writing, o.Extra), names, ")")
	} else {
		w.b.Line("e.Extra(v.Extra", names, ")")
	}
	w.b.Line("e.Close('}')")
}

func (w *codecWriter) encodeMember(m *member) {
	target := "v." + m.name
	key, stored := m.key, "v.Extra["+m.wire+"]"
	switch {
	case m.constant():
		w.b.Line("rpc.EncodeConstant(e, ", key, ", &", target, ", ", quote(m.Const.JSON()), ", ", stored, ", ", w.plainFunction(writing, m.inner), ")")
	case m.pointer && m.remembersNull():
		w.b.Line("rpc.EncodeOptional(e, ", key, ", ", target, ", ", stored, ", ", w.plainFunction(writing, m.inner), ")")
	case m.pointer && !m.always:
		w.b.Line("rpc.EncodeMember(e, ", key, ", ", target, ", ", w.plainFunction(writing, m.inner), ")")
	case m.pointer:
		w.b.Line("e.Key(", key, ")")
		w.b.Line("rpc.EncodeNullable(&", target, ", e, ", w.plainFunction(writing, m.inner), ")")
	case !m.always:
		w.b.Line("if ", target, " != nil {")
		w.b.Indent(func() {
			w.b.Line("e.Key(", key, ")")
			w.b.Line(w.plainStatement(writing, m.inner, target))
		})
		if m.null {
			w.b.Line("} else {")
			w.b.Indent(func() { w.b.Line("e.Stored(", key, ", ", stored, ")") })
		}
		w.b.Line("}")
	default:
		w.b.Line("e.Key(", key, ")")
		w.b.Line(w.statement(writing, m.Type, target))
	}
}

// writeEnum prints
//
//	func (v *TaskStatus) decodeJSON(d *rpc.Decoder) {
//		switch s := d.Text(); string(s) {
//		case "open":
//			*v = TaskStatusOpen
//		default:
//			*v = TaskStatus(s)
//		}
//	}
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
	w.b.Line(w.statement(reading, t.Items[i].Type, target))
}

// encodeTuple ends the array before the first item that is left out; one that
// may be null is never left out.
func (w *codecWriter) encodeTuple(t *schema.Tuple) {
	w.b.Line("e.Open('[')")
	for i, it := range t.Items {
		target := "v." + w.names.items[t][i]
		inner, null := w.names.stripNull(it.Type)
		if i >= t.Min && !null {
			w.b.Block("if "+target+" == nil {", func() {
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
	rest, items := t.Rest, "v.Rest"
	if keepsItems(t) {
		rest, items = &schema.Any{}, "v.Extra"
	}
	if rest != nil {
		w.b.Block("for i := range "+items+" {", func() {
			w.b.Line("e.Item()")
			w.b.Line(w.statement(writing, rest, items+"[i]"))
		}, "}")
	}
	w.b.Line("e.Close(']')")
}

// writeAlias prints methods for lists and maps that have a name.
func (w *codecWriter) writeAlias(a *schema.Alias) {
	if w.names.readers[a] != "" {
		w.writeReader(a)
	}
	if !isDefined(a) {
		return
	}
	name := w.names.types[a]
	inner, null := w.names.stripNull(a.Target)
	w.writeMarshalers(name)
	w.decoder(name, func() {
		if null {
			w.b.Block("if rpc.SetNil(v, d) {", func() { w.b.Line("return") }, "}")
		}
		w.b.Line(w.plainStatement(reading, inner, "*v"))
	})
	w.encoder(name, func() {
		if null {
			w.b.Block("if *v == nil {", func() {
				w.b.Line("e.Null()")
				w.b.Line("return")
			}, "}")
		}
		w.b.Line(w.plainStatement(writing, inner, "*v"))
	})
}
