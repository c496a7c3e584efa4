package golang

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/schema"
)

// codec prints codec.go: what reads and writes the values of each type.
func (g *generator) codec() []byte {
	w := codecWriter{generator: g, b: newBuffer(), imports: importRPC, shapes: &shapeWriter{names: g.names, known: map[string]string{}}}
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
	head := newBuffer()
	head.Raw(header)
	head.Line()
	head.Line("package ", g.opt.Package)
	if !slices.ContainsFunc(g.plan.Types, g.names.hasCodec) {
		return head.Bytes()
	}
	head.Line()
	writeImports(head, w.imports, g.importPath())
	head.Append(w.b)
	return head.Bytes()
}

// codecWriter prints how the values of one type are read and written.
type codecWriter struct {
	*generator
	b        *emit.Buffer
	imports  imports
	shapes   *shapeWriter
	tolerant bool // the type can come from a server that is newer than this code
}

// use writes a type and notes what it needs.
func (w *codecWriter) use(t goType) string {
	w.imports |= t.imports
	return t.text
}

// writeMarshalers prints the methods of encoding/json:
//
//	// MarshalJSON implements [json.Marshaler].
//	func (v Task) MarshalJSON() ([]byte, error) {
//		return rpc.Marshal(&v, (*Task).encodeJSON)
//	}
func (w *codecWriter) writeMarshalers(name string) {
	w.b.Line()
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
	w.b.Line()
	w.b.Block("func (v *"+name+") decodeJSON(d *rpc.Decoder) {", body, "}")
}

func (w *codecWriter) encoder(name string, body func()) {
	w.b.Line()
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
	name, members := w.names.types[o], w.membersOf(o)
	w.writeMarshalers(name)
	w.decoder(name, func() { w.decodeObject(o, members) })
	w.encoder(name, func() { w.encodeObject(o, members) })
}

func (w *codecWriter) decodeObject(o *schema.Object, members []member) {
	var required []string
	for _, m := range members {
		if m.Required {
			required = append(required, quote(m.Wire))
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
			w.b.Line("case ", quote(m.Wire), ":")
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
		text := w.use(value)
		if m.pointer {
			text = "rpc.Ptr[" + w.use(w.names.baseOf(m.inner)) + "](" + text + ")"
		}
		w.b.Line("v.", m.name, " = ", text)
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
		w.b.Line("rpc.DecodeEntry(&v.AdditionalProperties, d, ", w.decodeFunc(o.Extra), ")")
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
		w.b.Line("rpc.DecodeOptional(&", target, ", d, &v.Extra, ", w.plainDecoder(m.inner), ")")
	case m.remembersNull():
		w.b.Block("if !rpc.KeepNull(&"+target+", d, &v.Extra) {", func() { w.b.Line(w.decodePlain(m.inner, target)) }, "}")
	case m.null:
		w.b.Line(w.decodeStmt(m.Type, target))
	case m.pointer:
		w.b.Line("rpc.DecodePointer(&", target, ", d, ", w.plainDecoder(m.inner), ")")
	default:
		w.b.Line(w.decodePlain(m.inner, target))
	}
}

// decodeConstant reads a member that has one value only.
func (w *codecWriter) decodeConstant(m *member, target string) string {
	extra, e := "nil", core(m.inner).(*schema.Enum)
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
		declared[i] = ", " + quote(members[i].Wire)
		w.encodeMember(&members[i])
	}
	names := strings.Join(declared, "")
	if w.plan.Object(o).TypedExtra {
		w.b.Line("rpc.EncodeEntries(e, v.AdditionalProperties, ", w.encodeFunc(o.Extra), names, ")")
	} else {
		w.b.Line("e.Extra(v.Extra", names, ")")
	}
	w.b.Line("e.Close('}')")
}

func (w *codecWriter) encodeMember(m *member) {
	target := "v." + m.name
	key := quote(quoteJSON(m.Wire) + ":")
	stored := "v.Extra[" + quote(m.Wire) + "]"
	switch {
	case m.constant():
		w.b.Line("rpc.EncodeConstant(e, ", key, ", &", target, ", ", quote(m.Const.JSON()), ", ", stored, ", ", w.plainEncoder(m.inner), ")")
	case m.pointer && m.remembersNull():
		w.b.Line("rpc.EncodeOptional(e, ", key, ", ", target, ", ", stored, ", ", w.plainEncoder(m.inner), ")")
	case m.pointer && !m.always:
		w.b.Line("rpc.EncodeMember(e, ", key, ", ", target, ", ", w.plainEncoder(m.inner), ")")
	case m.pointer:
		w.b.Line("e.Key(", key, ")")
		w.b.Line("rpc.EncodeNullable(&", target, ", e, ", w.plainEncoder(m.inner), ")")
	case !m.always:
		w.b.Line("if ", target, " != nil {")
		w.b.Indent(func() {
			w.b.Line("e.Key(", key, ")")
			w.b.Line(w.encodePlain(m.inner, target))
		})
		if m.null {
			w.b.Line("} else {")
			w.b.Indent(func() { w.b.Line("e.Stored(", key, ", ", stored, ")") })
		}
		w.b.Line("}")
	default:
		w.b.Line("e.Key(", key, ")")
		w.b.Line(w.encodeStmt(m.Type, target))
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
	if base == jsonText {
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
		w.b.Line("rpc.DecodePointer(&", target, ", d, ", w.plainDecoder(inner), ")")
		return
	}
	w.b.Line(w.decodeStmt(t.Items[i].Type, target))
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
			w.b.Line("rpc.EncodeNullable(&", target, ", e, ", w.plainEncoder(inner), ")")
		} else {
			w.b.Line(w.encodeStmt(it.Type, target))
		}
	}
	rest, items := t.Rest, "v.Rest"
	if keepsItems(t) {
		rest, items = &schema.Any{}, "v.Extra"
	}
	if rest != nil {
		w.b.Block("for i := range "+items+" {", func() {
			w.b.Line("e.Item()")
			w.b.Line(w.encodeStmt(rest, items+"[i]"))
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
		w.b.Line(w.decodePlain(inner, "*v"))
	})
	w.encoder(name, func() {
		if null {
			w.b.Block("if *v == nil {", func() {
				w.b.Line("e.Null()")
				w.b.Line("return")
			}, "}")
		}
		w.b.Line(w.encodePlain(inner, "*v"))
	})
}

// A value is read by a function of its address and the decoder. The functions
// below give the expression for one ([codecWriter.decodeFunc]), or a statement
// that calls one for target, an addressable expression. The "plain" ones are for
// what is not null here, even if t is an alias of something nullable.

func (w *codecWriter) decodeStmt(t schema.Type, target string) string {
	inner, null := w.names.stripNull(t)
	switch {
	case null && w.names.isNilable(inner):
		return "rpc.DecodeNilable(" + address(target) + ", d, " + w.plainDecoder(inner) + ")"
	case null:
		return "rpc.DecodeNullable(" + address(target) + ", d, " + w.plainDecoder(inner) + ")"
	}
	return w.decodePlain(inner, target)
}

func (w *codecWriter) decodePlain(t schema.Type, target string) string {
	switch t := t.(type) {
	case *schema.List:
		return "rpc.DecodeList(" + address(target) + ", d, " + w.decodeFunc(t.Elem) + ")"
	case *schema.Map:
		return "rpc.DecodeMap(" + address(target) + ", d, " + w.decodeFunc(t.Value) + ")"
	}
	if w.names.hasMethods(t) {
		return strings.TrimPrefix(target, "*") + ".decodeJSON(d)"
	}
	return w.plainDecoder(t) + "(" + address(target) + ", d)"
}

func (w *codecWriter) decodeFunc(t schema.Type) string {
	inner, null := w.names.stripNull(t)
	switch plain := w.plainDecoder(inner); {
	case null && w.names.isNilable(inner):
		return "rpc.NilableDecoder(" + plain + ")"
	case null:
		return "rpc.NullableDecoder[" + w.use(w.names.baseOf(inner)) + "](" + plain + ")"
	default:
		return plain
	}
}

// typedDecoder is [codecWriter.decodeFunc] where Go cannot infer the type.
func (w *codecWriter) typedDecoder(t schema.Type) string {
	if inner, null := w.names.stripNull(t); null && !w.names.isNilable(inner) {
		return w.decodeFunc(t)
	} else if null {
		return "rpc.NilableDecoder(" + w.typedPlain(inner) + ")"
	}
	return w.typedPlain(t)
}

// typedPlain is [codecWriter.plainDecoder] where Go cannot infer the type.
func (w *codecWriter) typedPlain(t schema.Type) string {
	f := w.plainDecoder(t)
	switch c := core(t).(type) {
	case *schema.Scalar:
		if !c.Wide() {
			return f + "[" + w.use(w.names.baseOf(t)) + "]"
		}
	case *schema.Any:
		return f + "[" + w.use(rawType) + "]"
	case *schema.Enum:
		if w.names.isBare(c) && strings.HasPrefix(f, "rpc.Decode") {
			return f + "[" + enumBase(c).expr() + "]"
		}
	}
	return f
}

func (w *codecWriter) plainDecoder(t schema.Type) string {
	if w.names.hasMethods(t) {
		return "(*" + w.use(w.names.baseOf(t)) + ").decodeJSON"
	}
	switch c := core(t).(type) {
	case *schema.Scalar:
		return "rpc.Decode" + w.scalarCodec(c)
	case *schema.Any:
		return "rpc.DecodeRaw"
	case *schema.Null:
		return "rpc.DecodeNull"
	case *schema.Enum:
		return w.bareDecoder(c)
	case *schema.Union:
		return "decode" + w.names.types[c]
	case *schema.List:
		return "rpc.ListDecoder[" + w.use(w.names.baseOf(t)) + "](" + w.decodeFunc(c.Elem) + ")"
	case *schema.Map:
		return "rpc.MapDecoder[" + w.use(w.names.baseOf(t)) + "](" + w.decodeFunc(c.Value) + ")"
	}
	panic(unknownType(t))
}

// bareDecoder reads a constant that has no type of its own, where it is no member: types
// that only a client sends refuse other values.
func (w *codecWriter) bareDecoder(e *schema.Enum) string {
	if w.tolerant {
		return w.enumDecoder(e)
	}
	return "rpc.ConstantDecoder[" + enumBase(e).expr() + "](" + w.names.valueExpr(e, e.Values[0].Value) + ", " + w.enumDecoder(e) + ")"
}

// enumDecoder reads any value of an enum's Go type.
func (w *codecWriter) enumDecoder(e *schema.Enum) string {
	switch {
	case !w.names.isBare(e):
		return "(*" + w.names.types[e] + ").decodeJSON"
	case enumBase(e) == jsonText:
		return "rpc.TextDecoder[string](" + w.names.valueExpr(e, e.Values[0].Value) + ")"
	}
	return "rpc.Decode" + enumBase(e).codec()
}

// address is &target.
func address(target string) string {
	if pointer, ok := strings.CutPrefix(target, "*"); ok {
		return pointer
	}
	return "&" + target
}

// Writing mirrors reading.

func (w *codecWriter) encodeStmt(t schema.Type, target string) string {
	inner, null := w.names.stripNull(t)
	switch {
	case null && w.names.isNilable(inner):
		return "rpc.EncodeNilable(" + address(target) + ", e, " + target + " == nil, " + w.plainEncoder(inner) + ")"
	case null:
		return "rpc.EncodeNullable(" + address(target) + ", e, " + w.plainEncoder(inner) + ")"
	}
	return w.encodePlain(inner, target)
}

func (w *codecWriter) encodePlain(t schema.Type, target string) string {
	switch t := t.(type) {
	case *schema.List:
		return "rpc.EncodeList(" + address(target) + ", e, " + w.encodeFunc(t.Elem) + ")"
	case *schema.Map:
		return "rpc.EncodeMap(" + address(target) + ", e, " + w.encodeFunc(t.Value) + ")"
	}
	if w.names.hasMethods(t) {
		return strings.TrimPrefix(target, "*") + ".encodeJSON(e)"
	}
	return w.plainEncoder(t) + "(" + address(target) + ", e)"
}

func (w *codecWriter) encodeFunc(t schema.Type) string {
	inner, null := w.names.stripNull(t)
	switch plain := w.plainEncoder(inner); {
	case null && w.names.isNilable(inner):
		return "rpc.NilableEncoder(" + w.nilTest(inner) + ", " + plain + ")"
	case null:
		return "rpc.NullableEncoder[" + w.use(w.names.baseOf(inner)) + "](" + plain + ")"
	default:
		return plain
	}
}

func (w *codecWriter) plainEncoder(t schema.Type) string {
	if w.names.hasMethods(t) {
		return "(*" + w.use(w.names.baseOf(t)) + ").encodeJSON"
	}
	switch c := core(t).(type) {
	case *schema.Scalar:
		return "rpc.Encode" + strings.TrimSuffix(w.scalarCodec(c), "OrNaN")
	case *schema.Any:
		return "rpc.EncodeRaw"
	case *schema.Null:
		return "rpc.EncodeNull"
	case *schema.Enum:
		return "rpc.Encode" + enumBase(c).codec()
	case *schema.Union:
		return "encode" + w.names.types[c]
	case *schema.List:
		return "rpc.ListEncoder[" + w.use(w.names.baseOf(t)) + "](" + w.encodeFunc(c.Elem) + ")"
	case *schema.Map:
		return "rpc.MapEncoder[" + w.use(w.names.baseOf(t)) + "](" + w.encodeFunc(c.Value) + ")"
	}
	panic(unknownType(t))
}

// nilTest is the function that tells whether a value of a nilable type is nil.
func (w *codecWriter) nilTest(t schema.Type) string {
	switch core(t).(type) {
	case *schema.Map:
		return "rpc.NilMap[" + w.use(w.names.baseOf(t)) + "]"
	case *schema.Scalar, *schema.Union:
		return "rpc.NilValue[" + w.use(w.names.baseOf(t)) + "]"
	}
	return "rpc.NilSlice[" + w.use(w.names.baseOf(t)) + "]"
}

// hasMethods tells whether the Go type of t, which is not null, has methods that read and
// write it.
func (n *names) hasMethods(t schema.Type) bool {
	switch t := t.(type) {
	case *schema.Alias:
		if isDefined(t) {
			return true
		}
		inner, _ := n.stripNull(t.Target)
		return n.hasMethods(inner)
	case *schema.Enum:
		return !n.isBare(t)
	case *schema.Object, *schema.Tuple:
		return true
	}
	return false
}

// hasCodec tells whether codec.go has functions for a named type.
func (n *names) hasCodec(t schema.Named) bool {
	a, isAlias := t.(*schema.Alias)
	return n.readers[t] != "" || isAlias && isDefined(a) || !isAlias && n.hasMethods(t)
}

// scalarCodec is what the runtime's functions for a scalar end with.
func (w *codecWriter) scalarCodec(s *schema.Scalar) string {
	switch s.Kind {
	case schema.Integer:
		if s.Wide() {
			return "BigInt"
		}
		return "Int"
	case schema.Number:
		if w.tolerant {
			return "FloatOrNaN"
		}
		return "Float"
	case schema.Boolean:
		return "Bool"
	}
	return "String"
}
