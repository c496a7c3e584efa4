package golang

import (
	"strings"

	"github.com/wsgen/wsgen/schema"
)

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
	switch c := schema.Core(t).(type) {
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
	switch c := schema.Core(t).(type) {
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
	switch c := schema.Core(t).(type) {
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
	switch schema.Core(t).(type) {
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
