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
	if !null {
		return w.typedPlain(inner)
	}
	return w.nullable(inner, w.plainFunction(inner))
}

// nullable is for what may be null and is else read and written by code.
func (w *codecWriter) nullable(inner schema.Type, code string) string {
	if w.names.isNilable(inner) {
		return "rpc.NilableOf(" + w.nilTest(inner, w.names.base(inner, !w.tolerant)) + ", " + code + ")"
	}
	return "rpc.NullableOf[" + w.use(w.names.base(inner, !w.tolerant)) + "](" + code + ")"
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
		return "(*" + w.use(w.names.base(t, !w.tolerant)) + ").codeJSON"
	}
	if w.names.isForeign(t) {
		return "rpc.CodeImported"
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
	case *schema.List, *schema.Map:
		return w.nested(t)
	}
	panic(unknownType(t))
}

// nested is the function for lists and maps, from the outermost to what they hold. Both their
// types and the function are built once, not for every level again:
//
//	rpc.ListOf[[][]string](rpc.ListOf[[]string](rpc.CodeString))
func (w *codecWriter) nested(t schema.Type) string {
	var b strings.Builder
	open := 0
	typ := w.names.base(t, !w.tolerant)
	for {
		kind, element, outer := "List", schema.Type(nil), "[]"
		switch c := schema.Core(t).(type) {
		case *schema.List:
			element = c.Elem
		case *schema.Map:
			kind, element, outer = "Map", c.Value, "map["+w.names.base(c.Key, !w.tolerant).text+"]"
		}
		b.WriteString("rpc." + kind + "Of[" + w.use(typ) + "](")
		open++
		inner, null := w.names.stripNull(element)
		if w.names.hasMethods(inner) || !isListOrMap(inner) {
			return b.String() + w.function(element) + strings.Repeat(")", open)
		}
		t, typ.text = inner, strings.TrimPrefix(typ.text, outer)
		if null {
			b.WriteString("rpc.NilableOf(" + w.nilTest(t, typ) + ", ")
			open++
		}
	}
}

func isListOrMap(t schema.Type) bool {
	switch schema.Core(t).(type) {
	case *schema.List, *schema.Map:
		return true
	}
	return false
}

func (w *codecWriter) typedPlain(t schema.Type) string {
	f := w.plainFunction(t)
	if !strings.HasPrefix(f, "rpc.Code") || isWide(t) {
		return f
	}
	return f + "[" + w.use(w.names.base(t, !w.tolerant)) + "]"
}

// strictEnum refuses other values than the known ones where only clients send the type.
func (w *codecWriter) strictEnum(e *schema.Enum) string {
	code := w.enumFunction(e)
	switch {
	case w.names.isBare(e) && !w.tolerant:
		return "rpc.ConstantOf[" + enumBase(e).expr() + "](" + w.names.valueExpr(e, e.Values[0].Value) + ", " + code + ")"
	case !w.names.isBare(e) && !e.Out && w.names.imports.Any(e) == nil:
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
		return !n.isForeign(t)
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
