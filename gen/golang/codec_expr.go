package golang

import (
	"strings"

	"github.com/wsgen/wsgen/schema"
)

// A value is read or written by a function of its address and the codec. The functions below
// give the expression for one. The "plain" ones are for what is not null here, even if t is
// an alias of something nullable; the "typed" ones for where Go cannot infer the type.

func (w *codecWriter) function(t schema.Type) string {
	inner, null := w.names.stripNull(t)
	if !null {
		return w.plainFunction(inner)
	}
	return w.nullable(inner, w.plainFunction(inner))
}

func (w *codecWriter) typedFunction(t schema.Type) string {
	inner, null := w.names.stripNull(t)
	plain := w.plainFunction(dir, inner)
	switch {
	case null && w.names.isNilable(inner):
		return w.nilable(dir, inner, w.names.baseOf(inner)) + plain + ")"
	case null:
		return "rpc.Nullable" + dir.noun + "[" + w.use(w.names.baseOf(inner)) + "](" + plain + ")"
	}
	return w.nullable(inner, w.plainFunction(inner))
}

// nullable is for what may be null and is else read and written by code.
func (w *codecWriter) nullable(inner schema.Type, code string) string {
	if w.names.isNilable(inner) {
		return "rpc.NilableOf(" + w.nilTest(inner) + ", " + code + ")"
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
	case *schema.List, *schema.Map:
		return w.nested(dir, t)
	}
	panic(unknownType(t))
}

// typedDecoder is [codecWriter.function] for reading, where Go cannot infer the type.
func (w *codecWriter) typedDecoder(t schema.Type) string {
	if inner, null := w.names.stripNull(t); null && w.names.isNilable(inner) {
		return "rpc.NilableDecoder(" + w.typedPlain(reading, inner) + ")"
	}
	return w.typed(reading, t)
}

// typed is [codecWriter.function] where Go cannot infer the type.
func (w *codecWriter) typed(dir direction, t schema.Type) string {
	if _, null := w.names.stripNull(t); null {
		return w.function(dir, t)
	}
	return w.typedPlain(dir, t)
}

// typedPlain is [codecWriter.plainFunction] where Go cannot infer the type.
func (w *codecWriter) typedPlain(dir direction, t schema.Type) string {
	f := w.plainFunction(dir, t)
	switch c := schema.Core(t).(type) {
	case *schema.Scalar:
		if !c.Wide() {
			return f + "[" + w.use(w.names.baseOf(t)) + "]"
		}
	case *schema.Any:
		return f + "[" + w.use(rawType) + "]"
	case *schema.Enum:
		if w.names.isBare(c) && strings.HasPrefix(f, "rpc."+dir.verb) {
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
func (w *codecWriter) nilTest(t schema.Type, typ goType) string {
	kind := "Slice"
	switch schema.Core(t).(type) {
	case *schema.Map:
		kind = "Map"
	case *schema.Scalar, *schema.Union:
		kind = "Value"
	}
	return "rpc.Nil" + kind + "[" + w.use(typ) + "]"
}

func (w *codecWriter) plainFunction(t schema.Type) string {
	if w.names.hasMethods(t) {
		return "(*" + w.use(w.names.baseOf(t)) + ").codeJSON"
	}
	switch c := schema.Core(t).(type) {
	case *schema.Scalar:
		return "rpc.Code" + w.scalarCode(c)
	case *schema.Any:
		return "rpc.CodeRaw"
	case *schema.Null:
		return "rpc.CodeNull"
	case *schema.Enum:
		return w.strictEnum(c)
	case *schema.Union:
		return "code" + w.names.types[c]
	case *schema.List:
		return "rpc.ListOf[" + w.use(w.names.baseOf(t)) + "](" + w.function(c.Elem) + ")"
	case *schema.Map:
		return "rpc.MapOf[" + w.use(w.names.baseOf(t)) + "](" + w.function(c.Value) + ")"
	}
	panic(unknownType(t))
}

func (w *codecWriter) typedPlain(t schema.Type) string {
	f := w.plainFunction(t)
	if !strings.HasPrefix(f, "rpc.Code") || isWide(t) {
		return f
	}
	return f + "[" + w.use(w.names.baseOf(t)) + "]"
}

// strictEnum refuses other values than the known ones where only clients send the type.
func (w *codecWriter) strictEnum(e *schema.Enum) string {
	code := w.enumFunction(e)
	switch {
	case w.names.isBare(e) && !w.tolerant:
		return "rpc.ConstantOf[" + enumBase(e).expr() + "](" + w.names.valueExpr(e, e.Values[0].Value) + ", " + code + ")"
	case !w.names.isBare(e) && !e.Out:
		return "rpc.KnownOf[" + w.names.types[e] + "](" + code + ")"
	}
	return code
}

// enumFunction takes any value of an enum's Go type.
func (w *codecWriter) enumFunction(e *schema.Enum) string {
	base := enumBase(e)
	switch {
	case base == jsonText && w.names.isBare(e):
		return "rpc.TextOf[string](" + w.names.valueExpr(e, e.Values[0].Value) + ")"
	case base == jsonText:
		return "(*" + w.names.types[e] + ").codeJSON"
	}
	return "rpc.Code" + [...]string{"Enum", "Int", "Float", "Bool"}[base]
}

// hasMethods tells whether the Go type of t, which is not null, has a method that reads and
// writes it.
func (n *names) hasMethods(t schema.Type) bool {
	switch t := t.(type) {
	case *schema.Alias:
		if isDefined(t) {
			return true
		}
		inner, _ := n.stripNull(t.Target)
		return n.hasMethods(inner)
	case *schema.Object, *schema.Tuple:
		return true
	}
	return false
}

// scalarCode is what the runtime's function for a scalar ends with.
func (w *codecWriter) scalarCode(s *schema.Scalar) string {
	switch {
	case s.Wide():
		return "BigInt"
	case s.Kind == schema.Number && w.tolerant:
		return "FloatOrNaN"
	}
	switch format := formatType(s); format {
	case "DateTime", "Date", "Time":
		return format
	}
	return [...]string{"String", "Int", "Float", "Bool"}[s.Kind]
}
