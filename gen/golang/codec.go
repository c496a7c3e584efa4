package golang

import (
	"strings"

	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// codec prints codec.go: the runtime's lexer and writer, then a pair of methods
// for each type.
func (g *generator) codec() []byte {
	b := newBuffer()
	b.Raw(header)
	b.Line()
	b.Raw(g.runtimeSource(codecSources, nil))
	for _, t := range g.model.Types {
		w := codecWriter{generator: g, b: b, tolerant: t.Head().Out}
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
	return b.Bytes()
}

// codecWriter prints how the values of one type are read and written.
type codecWriter struct {
	*generator
	b        *emit.Buffer
	tolerant bool // the type can come from a server that is newer than this code
}

// writeMarshalers prints the methods of encoding/json:
//
//	// MarshalJSON implements [json.Marshaler].
//	func (v Task) MarshalJSON() ([]byte, error) {
//		return encodeDocument(&v, (*Task).encodeJSON)
//	}
func (w *codecWriter) writeMarshalers(name string) {
	w.b.Line()
	w.b.Line("// MarshalJSON implements [json.Marshaler].")
	w.b.Block("func (v "+name+") MarshalJSON() ([]byte, error) {", func() {
		w.b.Line("return encodeDocument(&v, (*", name, ").encodeJSON)")
	}, "}")
	w.b.Line()
	w.b.Line("// UnmarshalJSON implements [json.Unmarshaler].")
	w.b.Block("func (v *"+name+") UnmarshalJSON(data []byte) error {", func() {
		w.b.Line("return decodeDocument(data, v, (*", name, ").decodeJSON)")
	}, "}")
}

func (w *codecWriter) decoder(name string, body func()) {
	w.b.Line()
	w.b.Block("func (v *"+name+") decodeJSON(d *decoder) {", body, "}")
}

func (w *codecWriter) encoder(name string, body func()) {
	w.b.Line()
	w.b.Block("func (v *"+name+") encodeJSON(e *encoder) {", body, "}")
}

// writeObject prints
//
//	func (v *User) decodeJSON(d *decoder) {
//		*v = User{}
//		start, seen := d.start(), uint64(0)
//		for d.object(); d.member(); {
//			switch string(d.key) {
//			case "id":
//				seen |= 1 << 0
//				decodeString(&v.ID, d)
//			default:
//				d.extra(&v.Extra)
//			}
//		}
//		if seen != 1<<1-1 {
//			d.missing(start, seen, "id")
//		}
//	}
func (w *codecWriter) writeObject(o *schema.Object) {
	name := w.names.types[o]
	w.writeMarshalers(name)
	w.decoder(name, func() { w.decodeObject(o, name) })
	w.encoder(name, func() { w.encodeObject(o) })
}

func (w *codecWriter) decodeObject(o *schema.Object, name string) {
	var required []string
	for _, f := range o.Fields {
		if f.Required {
			required = append(required, quote(f.Wire))
		}
	}
	w.b.Line("*v = ", name, "{}")
	for i := range (len(required) + 63) / 64 {
		if i == 0 {
			w.b.Line("start, seen := d.start(), uint64(0)")
		} else {
			w.b.Line("seen", itoa(i), " := uint64(0)")
		}
	}
	w.b.Line("for d.object(); d.member(); {")
	w.b.Indent(func() {
		if len(o.Fields) == 0 {
			w.decodeUndeclared(o)
			return
		}
		w.b.Line("switch string(d.key) {")
		bit := 0
		for i, f := range o.Fields {
			w.b.Line("case ", quote(f.Wire), ":")
			w.b.Indent(func() {
				if f.Required {
					w.b.Line(seenVar(bit), " |= 1 << ", itoa(bit%64))
					bit++
				}
				w.decodeField(o, i)
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
			w.b.Line("d.missing(start, ", seenVar(i), ", ", strings.Join(chunk, ", "), ")")
		}, "}")
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
	case typedExtra(o):
		w.b.Line("decodeEntry(&v.AdditionalProperties, d, ", w.decodeFunc(o.Extra), ")")
	case o.Closed && !w.tolerant:
		w.b.Line("d.unknownMember()")
	default:
		w.b.Line("d.extra(&v.Extra)")
	}
}

// decodeField prints how a member gets into its field.
func (w *codecWriter) decodeField(o *schema.Object, i int) {
	f := o.Fields[i]
	target := "v." + w.names.fields[o][i]
	inner, null := stripNull(f.Type)
	switch {
	case isConst(f.Type):
		w.b.Line(w.decodePlain(inner, target))
	case isNilable(inner) && remembersNull(f):
		w.b.Block("if !keepNull(&"+target+", d, &v.Extra) {", func() { w.b.Line(w.decodePlain(inner, target)) }, "}")
	case remembersNull(f):
		w.b.Line("decodeOptional(&", target, ", d, &v.Extra, ", w.plainDecoder(inner), ")")
	case isNilable(inner) || null:
		w.b.Line(w.decodeStmt(f.Type, target))
	case strings.HasPrefix(w.fieldExpr(o, i), "*"):
		w.b.Line("decodePointer(&", target, ", d, ", w.plainDecoder(inner), ")")
	default:
		w.b.Line(w.decodePlain(inner, target))
	}
}

// encodeObject prints
//
//	e.object()
//	e.key(`"id":`)
//	encodeString(&v.ID, e)
//	encodeOptional(e, `"due":`, v.Due, v.Extra["due"], encodeString)
//	e.extra(v.Extra, "id", "due")
//	e.close('}')
func (w *codecWriter) encodeObject(o *schema.Object) {
	declared := make([]string, len(o.Fields))
	w.b.Line("e.object()")
	for i, f := range o.Fields {
		declared[i] = ", " + quote(f.Wire)
		w.encodeField(o, i)
	}
	names := strings.Join(declared, "")
	if typedExtra(o) {
		w.b.Line("encodeEntries(e, v.AdditionalProperties, ", w.encodeFunc(o.Extra), names, ")")
	} else {
		w.b.Line("e.extra(v.Extra", names, ")")
	}
	w.b.Line("e.close('}')")
}

func (w *codecWriter) encodeField(o *schema.Object, i int) {
	f := o.Fields[i]
	target := "v." + w.names.fields[o][i]
	key := quote(quoteJSON(f.Wire) + ":")
	stored := "v.Extra[" + quote(f.Wire) + "]"
	inner, null := stripNull(f.Type)
	pointer := strings.HasPrefix(w.fieldExpr(o, i), "*") && !isNilable(inner)
	switch {
	case pointer && remembersNull(f):
		w.b.Line("encodeOptional(e, ", key, ", ", target, ", ", stored, ", ", w.plainEncoder(inner), ")")
	case pointer && !f.Required:
		w.b.Line("encodeMember(e, ", key, ", ", target, ", ", w.plainEncoder(inner), ")")
	case pointer:
		w.b.Line("e.key(", key, ")")
		w.b.Line("encodeNullable(&", target, ", e, ", w.plainEncoder(inner), ")")
	case isNilable(inner) && !f.Required:
		w.b.Line("if ", target, " != nil {")
		w.b.Indent(func() {
			w.b.Line("e.key(", key, ")")
			w.b.Line(w.encodePlain(inner, target))
		})
		if null {
			w.b.Line("} else {")
			w.b.Indent(func() { w.b.Line("e.stored(", key, ", ", stored, ")") })
		}
		w.b.Line("}")
	case isConst(f.Type):
		w.b.Line("e.key(", key, ")")
		w.b.Line(w.encodePlain(inner, target))
	default:
		w.b.Line("e.key(", key, ")")
		w.b.Line(w.encodeStmt(f.Type, target))
	}
}

// writeEnum prints
//
//	func (v *TaskStatus) decodeJSON(d *decoder) {
//		switch s := d.text(); string(s) {
//		case "open":
//			*v = TaskStatusOpen
//		default:
//			*v = TaskStatus(s)
//		}
//	}
func (w *codecWriter) writeEnum(e *schema.Enum) {
	name, base := w.names.types[e], enumBase(e)
	if base == jsonText {
		w.writeMarshalers(name)
	}
	w.decoder(name, func() {
		if !w.tolerant {
			w.b.Line("start := d.start()")
		}
		if base == goString {
			w.decodeStringEnum(e, name)
		} else {
			w.b.Line("decode", base.codec(), "(v, d)")
		}
		if !w.tolerant {
			w.b.Block("if d.err == nil && !v.IsKnown() {", func() {
				w.b.Line("d.fail(start, ", quote("unknown value of "+name), ")")
			}, "}")
		}
	})
	w.encoder(name, func() {
		if len(e.Values) == 1 {
			w.b.Line("encodeConstant(v, e, ", w.names.values[e][0], ", encode", base.codec(), ")")
		} else {
			w.b.Line("encode", base.codec(), "(v, e)")
		}
	})
}

// decodeStringEnum saves a copy of each known value.
func (w *codecWriter) decodeStringEnum(e *schema.Enum, name string) {
	w.b.Line("switch s := d.text(); string(s) {")
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
//	func (v *TaskEffort) decodeJSON(d *decoder) {
//		*v = TaskEffort{}
//		start, n := d.start(), 0
//		for d.array(); d.item(); n++ {
//			switch n {
//			case 0:
//				decodeInt(&v.V0, d)
//			default:
//				d.tooManyItems(1)
//			}
//		}
//		d.tooFewItems(start, n, 1)
//	}
func (w *codecWriter) writeTuple(t *schema.Tuple) {
	name := w.names.types[t]
	w.writeMarshalers(name)
	w.decoder(name, func() {
		w.b.Line("*v = ", name, "{}")
		w.b.Line("start, n := d.start(), 0")
		w.b.Line("for d.array(); d.item(); n++ {")
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
					w.b.Line("v.Extra = append(v.Extra, decodeVariant(d, decodeRaw[json.RawMessage]))")
				case t.Rest == nil:
					w.b.Line("d.tooManyItems(", itoa(len(t.Items)), ")")
				default:
					w.b.Line("v.Rest = append(v.Rest, decodeVariant(d, ", w.typedDecoder(t.Rest), "))")
				}
			})
			w.b.Line("}")
		})
		w.b.Line("}")
		w.b.Line("d.tooFewItems(start, n, ", itoa(t.Min), ")")
	})
	w.encoder(name, func() { w.encodeTuple(t) })
}

func (w *codecWriter) decodeItem(t *schema.Tuple, i int) {
	target := "v." + w.names.items[t][i]
	inner, null := stripNull(t.Items[i].Type)
	if !null && strings.HasPrefix(w.itemExpr(t, i), "*") && !isNilable(inner) {
		w.b.Line("decodePointer(&", target, ", d, ", w.plainDecoder(inner), ")")
		return
	}
	w.b.Line(w.decodeStmt(t.Items[i].Type, target))
}

// typedDecoder is a decode function whose type Go need not infer.
func (w *codecWriter) typedDecoder(t schema.Type) string {
	if _, null := stripNull(t); null {
		return w.decodeFunc(t)
	}
	return w.variantFunc(t)
}

// encodeTuple ends the array before the first item that is left out; one that
// may be null is never left out.
func (w *codecWriter) encodeTuple(t *schema.Tuple) {
	w.b.Line("e.open('[')")
	for i, it := range t.Items {
		target := "v." + w.names.items[t][i]
		inner, null := stripNull(it.Type)
		if i >= t.Min && !null {
			w.b.Block("if "+target+" == nil {", func() {
				w.b.Line("e.close(']')")
				w.b.Line("return")
			}, "}")
		}
		w.b.Line("e.item()")
		if !null && strings.HasPrefix(w.itemExpr(t, i), "*") && !isNilable(inner) {
			w.b.Line("encodeNullable(&", target, ", e, ", w.plainEncoder(inner), ")")
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
			w.b.Line("e.item()")
			w.b.Line(w.encodeStmt(rest, items+"[i]"))
		}, "}")
	}
	w.b.Line("e.close(']')")
}

// writeAlias prints methods for lists and maps that have a name.
func (w *codecWriter) writeAlias(a *schema.Alias) {
	if !isDefined(a) {
		return
	}
	name := w.names.types[a]
	inner, null := stripNull(a.Target)
	w.writeMarshalers(name)
	w.decoder(name, func() {
		if null {
			w.b.Block("if setNull(v, d) {", func() { w.b.Line("return") }, "}")
		}
		w.b.Line(w.decodePlain(inner, "*v"))
	})
	w.encoder(name, func() {
		if null {
			w.b.Block("if *v == nil {", func() {
				w.b.Line("e.null()")
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
	inner, null := stripNull(t)
	switch {
	case null && isNilable(inner):
		return "decodeNilable(" + address(target) + ", d, " + w.plainDecoder(inner) + ")"
	case null:
		return "decodeNullable(" + address(target) + ", d, " + w.plainDecoder(inner) + ")"
	}
	return w.decodePlain(inner, target)
}

func (w *codecWriter) decodePlain(t schema.Type, target string) string {
	switch t := t.(type) {
	case *schema.List:
		return "decodeList(" + address(target) + ", d, " + w.decodeFunc(t.Elem) + ")"
	case *schema.Map:
		return "decodeMap(" + address(target) + ", d, " + w.decodeFunc(t.Value) + ")"
	}
	if hasMethods(t) {
		return strings.TrimPrefix(target, "*") + ".decodeJSON(d)"
	}
	return w.plainDecoder(t) + "(" + address(target) + ", d)"
}

func (w *codecWriter) decodeFunc(t schema.Type) string {
	inner, null := stripNull(t)
	switch plain := w.plainDecoder(inner); {
	case null && isNilable(inner):
		return "nilableDecoder(" + plain + ")"
	case null:
		return "nullableDecoder[" + w.names.baseExpr(inner) + "](" + plain + ")"
	default:
		return plain
	}
}

func (w *codecWriter) plainDecoder(t schema.Type) string {
	if hasMethods(t) {
		return "(*" + w.names.baseExpr(t) + ").decodeJSON"
	}
	switch c := core(t).(type) {
	case *schema.Scalar:
		return "decode" + w.scalarCodec(c)
	case *schema.Any:
		return "decodeRaw"
	case *schema.List:
		return "listDecoder[" + w.names.baseExpr(t) + "](" + w.decodeFunc(c.Elem) + ")"
	case *schema.Map:
		return "mapDecoder[" + w.names.baseExpr(t) + "](" + w.decodeFunc(c.Value) + ")"
	}
	panic(unknownType(t))
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
	inner, null := stripNull(t)
	switch {
	case null && isNilable(inner):
		return "encodeNilable(" + address(target) + ", e, " + target + " == nil, " + w.plainEncoder(inner) + ")"
	case null:
		return "encodeNullable(" + address(target) + ", e, " + w.plainEncoder(inner) + ")"
	}
	return w.encodePlain(inner, target)
}

func (w *codecWriter) encodePlain(t schema.Type, target string) string {
	switch t := t.(type) {
	case *schema.List:
		return "encodeList(" + address(target) + ", e, " + w.encodeFunc(t.Elem) + ")"
	case *schema.Map:
		return "encodeMap(" + address(target) + ", e, " + w.encodeFunc(t.Value) + ")"
	}
	if hasMethods(t) {
		return strings.TrimPrefix(target, "*") + ".encodeJSON(e)"
	}
	return w.plainEncoder(t) + "(" + address(target) + ", e)"
}

func (w *codecWriter) encodeFunc(t schema.Type) string {
	inner, null := stripNull(t)
	switch plain := w.plainEncoder(inner); {
	case null && isNilable(inner):
		return "nilableEncoder(" + w.nilTest(inner) + ", " + plain + ")"
	case null:
		return "nullableEncoder[" + w.names.baseExpr(inner) + "](" + plain + ")"
	default:
		return plain
	}
}

func (w *codecWriter) plainEncoder(t schema.Type) string {
	if hasMethods(t) {
		return "(*" + w.names.baseExpr(t) + ").encodeJSON"
	}
	switch c := core(t).(type) {
	case *schema.Scalar:
		return "encode" + strings.TrimSuffix(w.scalarCodec(c), "OrNaN")
	case *schema.Any:
		return "encodeRaw"
	case *schema.List:
		return "listEncoder[" + w.names.baseExpr(t) + "](" + w.encodeFunc(c.Elem) + ")"
	case *schema.Map:
		return "mapEncoder[" + w.names.baseExpr(t) + "](" + w.encodeFunc(c.Value) + ")"
	}
	panic(unknownType(t))
}

// nilTest is the function that tells whether a value of a nilable type is nil.
func (w *codecWriter) nilTest(t schema.Type) string {
	switch core(t).(type) {
	case *schema.Map:
		return "nilMap[" + w.names.baseExpr(t) + "]"
	case *schema.Scalar:
		return "nilPointer[big.Int]"
	}
	return "nilSlice[" + w.names.baseExpr(t) + "]"
}

// hasMethods tells whether the Go type of t, which is not null, has a codec of
// its own.
func hasMethods(t schema.Type) bool {
	switch t := t.(type) {
	case *schema.Alias:
		if isDefined(t) {
			return true
		}
		inner, _ := stripNull(t.Target)
		return hasMethods(inner)
	case *schema.Object, *schema.Enum, *schema.Union, *schema.Tuple, *schema.Null:
		return true
	}
	return false
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

// quoteJSON is [quote] for JSON. HTML characters stay as they are.
func quoteJSON(s string) string {
	return (&text.Node{Kind: text.KindString, Text: s}).JSON()
}
