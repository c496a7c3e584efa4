package golang

import (
	"strings"

	"github.com/wsgen/wsgen/schema"
)

// direction is what generated code that reads values and code that writes them differ in.
type direction struct {
	verb, noun string // of the runtime's functions: rpc.DecodeString, rpc.ListDecoder
	name       string // of the package's functions for unions, and how the methods of types begin
	from       string // the decoder or the encoder
}

var (
	reading = direction{"Decode", "Decoder", "decode", "d"}
	writing = direction{"Encode", "Encoder", "encode", "e"}
)

// A value is read or written by a function of its address and the decoder or the encoder.
// The functions below give the expression for one ([codecWriter.function]), or a statement
// that calls one for target, an addressable expression. The "plain" ones are for what is not
// null here, even if t is an alias of something nullable.

func (w *codecWriter) statement(dir direction, t schema.Type, target string) string {
	inner, null := w.names.stripNull(t)
	if !null {
		return w.plainStatement(dir, inner, target)
	}
	kind, test := "Nullable(", ""
	if w.names.isNilable(inner) {
		kind = "Nilable("
		if dir == writing {
			test = target + " == nil, "
		}
	}
	return "rpc." + dir.verb + kind + address(target) + ", " + dir.from + ", " + test + w.plainFunction(dir, inner) + ")"
}

func (w *codecWriter) plainStatement(dir direction, t schema.Type, target string) string {
	switch t := t.(type) {
	case *schema.List:
		return "rpc." + dir.verb + "List(" + address(target) + ", " + dir.from + ", " + w.function(dir, t.Elem) + ")"
	case *schema.Map:
		return "rpc." + dir.verb + "Map(" + address(target) + ", " + dir.from + ", " + w.function(dir, t.Value) + ")"
	}
	if w.names.hasMethods(t) {
		return strings.TrimPrefix(target, "*") + "." + dir.name + "JSON(" + dir.from + ")"
	}
	return w.plainFunction(dir, t) + "(" + address(target) + ", " + dir.from + ")"
}

func (w *codecWriter) function(dir direction, t schema.Type) string {
	inner, null := w.names.stripNull(t)
	plain := w.plainFunction(dir, inner)
	switch {
	case null && w.names.isNilable(inner) && dir == writing:
		return "rpc.NilableEncoder(" + w.nilTest(inner) + ", " + plain + ")"
	case null && w.names.isNilable(inner):
		return "rpc.NilableDecoder(" + plain + ")"
	case null:
		return "rpc.Nullable" + dir.noun + "[" + w.use(w.names.baseOf(inner)) + "](" + plain + ")"
	}
	return plain
}

func (w *codecWriter) plainFunction(dir direction, t schema.Type) string {
	if w.names.hasMethods(t) {
		return "(*" + w.use(w.names.baseOf(t)) + ")." + dir.name + "JSON"
	}
	switch c := schema.Core(t).(type) {
	case *schema.Scalar:
		return "rpc." + dir.verb + w.scalarCodec(dir, c)
	case *schema.Any:
		return "rpc." + dir.verb + "Raw"
	case *schema.Null:
		return "rpc." + dir.verb + "Null"
	case *schema.Enum:
		if dir == reading {
			return w.bareDecoder(c)
		}
		return "rpc.Encode" + enumBase(c).codec()
	case *schema.Union:
		return dir.name + w.names.types[c]
	case *schema.List:
		return "rpc.List" + dir.noun + "[" + w.use(w.names.baseOf(t)) + "](" + w.function(dir, c.Elem) + ")"
	case *schema.Map:
		return "rpc.Map" + dir.noun + "[" + w.use(w.names.baseOf(t)) + "](" + w.function(dir, c.Value) + ")"
	}
	panic(unknownType(t))
}

// typedDecoder is [codecWriter.function] where Go cannot infer the type.
func (w *codecWriter) typedDecoder(t schema.Type) string {
	if inner, null := w.names.stripNull(t); null && !w.names.isNilable(inner) {
		return w.function(reading, t)
	} else if null {
		return "rpc.NilableDecoder(" + w.typedPlain(inner) + ")"
	}
	return w.typedPlain(t)
}

// typedPlain is [codecWriter.plainFunction] where Go cannot infer the type.
func (w *codecWriter) typedPlain(t schema.Type) string {
	f := w.plainFunction(reading, t)
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

// nilTest is the function that tells whether a value of a nilable type is nil.
func (w *codecWriter) nilTest(t schema.Type) string {
	kind := "Slice"
	switch schema.Core(t).(type) {
	case *schema.Map:
		kind = "Map"
	case *schema.Scalar, *schema.Union:
		kind = "Value"
	}
	return "rpc.Nil" + kind + "[" + w.use(w.names.baseOf(t)) + "]"
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
func (w *codecWriter) scalarCodec(dir direction, s *schema.Scalar) string {
	switch {
	case s.Wide():
		return "BigInt"
	case s.Kind == schema.Number && w.tolerant && dir == reading:
		return "FloatOrNaN"
	}
	return [...]string{"String", "Int", "Float", "Bool"}[s.Kind]
}
