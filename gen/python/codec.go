package python

import (
	"fmt"
	"math/big"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// scalarNames are Python's names of the scalar kinds but Mixed.
var scalarNames = [...]string{schema.String: "str", schema.Integer: "int", schema.Number: "float", schema.Boolean: "bool"}

// native are the classes for formats whose text Pydantic writes as it came.
// Other formats are plain strings: a URL, say, would be normalized.
var native = map[schema.Format]string{
	schema.DateTime: "datetime.datetime", schema.Date: "datetime.date", schema.Time: "datetime.time",
	schema.Duration: "datetime.timedelta", schema.UUID: "uuid.UUID", schema.Decimal: "decimal.Decimal",
	schema.IPv4: "ipaddress.IPv4Address", schema.IPv6: "ipaddress.IPv6Address",
	schema.IPv4Network: "ipaddress.IPv4Network", schema.IPv6Network: "ipaddress.IPv6Network",
	schema.IPv4Interface: "ipaddress.IPv4Interface", schema.IPv6Interface: "ipaddress.IPv6Interface",
}

// scalarExpr is the type of a scalar without its limits.
func (f *file) scalarExpr(s *schema.Scalar, tolerant bool) expr {
	if s.Kind == schema.Number && tolerant && s.Format == schema.FormatNone {
		f.need("float")
		return atom("_Float")
	}
	if s.Kind != schema.String {
		return atom(f.builtin(scalarNames[s.Kind]))
	}
	if class, ok := native[s.Format]; ok {
		return atom(f.std(class))
	}
	switch s.Format {
	case schema.IPAny, schema.IPAnyNetwork, schema.IPAnyInterface:
		kind := map[schema.Format]string{schema.IPAny: "Address", schema.IPAnyNetwork: "Network", schema.IPAnyInterface: "Interface"}[s.Format]
		return unionOf(atom(f.std("ipaddress.IPv4"+kind)), atom(f.std("ipaddress.IPv6"+kind)))
	case schema.Binary:
		return atom(f.builtin("bytes"))
	case schema.Base64:
		f.need("base64-standard")
		return atom("_Base64")
	case schema.Base64URL:
		f.need("base64-url")
		return atom("_Base64URL")
	}
	return atom(f.builtin("str"))
}

// constrained adds the limits to a type inside of another one, where the type
// is strict: Annotated[int, Field(ge=1)].
func (f *file) constrained(e expr, t schema.Type, tolerant bool) expr {
	if tolerant {
		return e
	}
	args := limitArgs(t)
	if args == nil {
		return e
	}
	return subscript(f.typing("Annotated"), e, call(f.pydantic("Field"), args...))
}

// limitArgs returns the limits of t as arguments of Field. What Pydantic cannot
// check is left to the documentation.
func limitArgs(t schema.Type) []expr {
	switch t := t.(type) {
	case *schema.Nullable:
		if s, ok := t.Elem.(*schema.Scalar); ok {
			return limitArgs(s)
		}
	case *schema.List:
		return sizeArgs(t.Limits)
	case *schema.Map:
		return sizeArgs(t.Limits)
	case *schema.Scalar:
		if t.Limits == nil {
			return nil
		}
		_, isNative := native[t.Format]
		switch {
		case t.Kind == schema.Integer || t.Kind == schema.Number || t.Format == schema.Decimal:
			return numberArgs(t)
		case t.Kind == schema.String && !isNative && scalarText(t.Format):
			args := sizeArgs(t.Limits)
			if t.Limits.Pattern != "" && portable(t.Limits.Pattern) {
				args = append(args, keyword("pattern", atom(quote(t.Limits.Pattern))))
			}
			return args
		}
	}
	return nil
}

// scalarText tells whether a format that is not native stays a Python str.
func scalarText(f schema.Format) bool {
	switch f {
	case schema.Binary, schema.Base64, schema.Base64URL, schema.IPAny, schema.IPAnyNetwork, schema.IPAnyInterface:
		return false
	}
	return true
}

func sizeArgs(l *schema.Limits) []expr {
	if l == nil {
		return nil
	}
	var args []expr
	for _, limit := range [...]struct{ name, text string }{{"min_length", l.MinLength}, {"max_length", l.MaxLength}} {
		if n, err := strconv.ParseUint(limit.text, 10, 31); err == nil {
			args = append(args, keyword(limit.name, atom(strconv.FormatUint(n, 10))))
		}
	}
	return args
}

func numberArgs(s *schema.Scalar) []expr {
	var args []expr
	for _, limit := range [...]struct{ name, text string }{
		{"gt", s.Limits.ExclusiveMinimum}, {"ge", s.Limits.Minimum}, {"lt", s.Limits.ExclusiveMaximum},
		{"le", s.Limits.Maximum}, {"multiple_of", s.Limits.MultipleOf},
	} {
		if text := pyNumber(limit.text, s.Kind == schema.Integer); text != "" {
			args = append(args, keyword(limit.name, atom(text)))
		}
	}
	return args
}

// pyNumber returns a JSON number as ruff writes it, "" where there is none or
// where an integer is asked for and it is none.
func pyNumber(text string, integer bool) string {
	if text == "" || !integer {
		return strings.ToLower(text)
	}
	if isWhole(text) {
		return text
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || !r.IsInt() {
		return ""
	}
	return r.Num().String()
}

// portable tells whether Pydantic's regular expressions (Rust's) take an ECMA
// pattern and mean the same by it.
func portable(pattern string) bool {
	for _, s := range []string{"&&", "--", "~~", "[[", `\Q`, `\C`, `\z`} {
		if strings.Contains(pattern, s) {
			return false
		}
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	return err == nil && regexpSize(re) <= 500
}

// regexpSize estimates how large a compiled pattern is: Rust refuses big ones.
func regexpSize(re *syntax.Regexp) int {
	size := 1
	for _, sub := range re.Sub {
		size += regexpSize(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1)
	}
	return size
}

// plainUnion tells whether Pydantic alone, in its smart mode, chooses the same
// variant as the shape does: one plain type for each JSON type, in a strict type.
func plainUnion(u *schema.Union) bool {
	if u.Tag != "" || u.Out {
		return false
	}
	seen := map[schema.ScalarKind]bool{}
	for _, v := range u.Variants {
		s, ok := v.Type.(*schema.Scalar)
		if !ok || s.Format != schema.FormatNone || seen[s.Kind] {
			return false
		}
		seen[s.Kind] = true
	}
	return true
}

// writeUnionType prints a union and how its variants are told apart:
//
//	TaskAttachment = Annotated[
//	    FileAttachment | LinkAttachment | UnknownValue,
//	    _ByTag("kind", {"file": FileAttachment, "link": LinkAttachment}),
//	]
func (f *file) writeUnionType(u *schema.Union) {
	variants := make([]expr, len(u.Variants))
	for i, v := range u.Variants {
		_, isEnum := schema.Resolve(v.Type).(*schema.Enum)
		variants[i] = f.typeExpr(v.Type, u.Out && !isEnum) // other values are another variant's
	}
	if plainUnion(u) {
		f.writeAlias(u, unionOf(variants...))
		return
	}
	types := unionOf(variants...)
	if u.Out {
		types = unionOf(types, atom("UnknownValue"))
	}
	chooser := f.shapes(u, variants)
	if u.Tag != "" {
		chooser = f.tagsOf(u, variants)
	}
	f.writeAlias(u, subscript(f.typing("Annotated"), types, chooser))
}

func (f *file) tagsOf(u *schema.Union, variants []expr) expr {
	f.need("by-tag")
	var entries []expr
	for i, v := range u.Variants {
		for _, tag := range v.Tags {
			entries = append(entries, entry(pyValue(tag), variants[i]))
		}
	}
	return call("_ByTag", atom(quote(u.Tag)), dictOf(entries...))
}

// shapes describes the variants: ByShape(Shape(Point, "object", {"x": "number"})).
func (f *file) shapes(u *schema.Union, variants []expr) expr {
	if u.Tag != "" {
		return expr{}
	}
	f.need("by-shape")
	shapes := make([]expr, len(variants))
	for i, v := range u.Variants {
		args := append([]expr{variants[i]}, shapeArgs(v.Type, u.Out)...)
		shapes[i] = call("_Shape", args...)
	}
	return call("_ByShape", shapes...)
}

// shapeArgs are what a Shape knows about a variant.
func shapeArgs(t schema.Type, tolerant bool) []expr {
	switch t := schema.Resolve(t).(type) {
	case *schema.Object:
		return objectShape(t)
	case *schema.Enum:
		return []expr{atom(quote("enum")), keyword("values", valueList(t))}
	case *schema.Scalar:
		return []expr{atom(quote(shapeKind(t)))}
	case *schema.Tuple:
		most := strconv.Itoa(len(t.Items))
		if t.Rest != nil {
			most = "None"
		}
		return []expr{atom(quote("array")), keyword("length", atom("("+strconv.Itoa(t.Min)+", "+most+")"))}
	case *schema.Union:
		return []expr{atom(quote("any"))}
	case *schema.List:
		return []expr{atom(quote("array")), keyword("items", atom(quote(itemTypes(t.Elem, tolerant))))}
	default:
		return []expr{atom(quote(jsonTypes(t)))}
	}
}

func objectShape(o *schema.Object) []expr {
	var required, optional []expr
	for _, fd := range o.Fields {
		if !fd.Required {
			optional = append(optional, atom(quote(fd.Wire)))
			continue
		}
		types := atom(quote(itemTypes(fd.Type, o.Out)))
		if c := schema.ConstOf(fd.Type); c != nil {
			types = listOf(atom(pyValue(c)))
		}
		required = append(required, entry(quote(fd.Wire), types))
	}
	args := []expr{atom(quote("object")), dictOf(required...)}
	if optional != nil {
		args = append(args, dictOf(optional...))
	}
	return args
}

// shapeKind is a scalar's JSON type or, where texts of a format differ from
// other texts, its format.
func shapeKind(s *schema.Scalar) string {
	if s.Kind != schema.String {
		return s.Kind.String()
	}
	switch s.Format {
	case schema.DateTime, schema.Date, schema.Time, schema.Duration, schema.UUID, schema.Decimal, schema.URI,
		schema.Email, schema.Base64, schema.Base64URL:
		return string(s.Format)
	case schema.IPv4, schema.IPv6, schema.IPv4Network, schema.IPv6Network, schema.IPv4Interface, schema.IPv6Interface,
		schema.IPAny, schema.IPAnyNetwork, schema.IPAnyInterface:
		return "ip"
	}
	return "string"
}

// itemTypes names the JSON types of what an array or object holds. A tolerant
// number may be NaN, which travels as null.
func itemTypes(t schema.Type, tolerant bool) string {
	types := jsonTypes(t)
	if s, ok := schema.Resolve(t).(*schema.Scalar); ok && tolerant && s.Kind == schema.Number && s.Format == schema.FormatNone {
		types += " | null"
	}
	return types
}

// jsonTypes names the JSON types of t's values: "string | null".
func jsonTypes(t schema.Type) string {
	switch t := schema.Resolve(t).(type) {
	case *schema.Scalar:
		return t.Kind.String()
	case *schema.Null:
		return "null"
	case *schema.Any:
		return "any"
	case *schema.Nullable:
		return jsonTypes(t.Elem) + " | null"
	case *schema.List, *schema.Tuple:
		return "array"
	case *schema.Map, *schema.Object:
		return "object"
	case *schema.Enum:
		if t.Base != schema.Mixed {
			return t.Base.String()
		}
		var types []string
		for _, v := range t.Values {
			types = append(types, kindOf(v.Value).String())
		}
		return distinct(types)
	case *schema.Union:
		var types []string
		for _, v := range t.Variants {
			types = append(types, strings.Split(jsonTypes(v.Type), " | ")...)
		}
		return distinct(types)
	default:
		panic(fmt.Sprintf("unexpected type %T", t))
	}
}

func distinct(types []string) string {
	var kept []string
	seen := map[string]bool{}
	for _, t := range types {
		if !seen[t] {
			kept = append(kept, t)
			seen[t] = true
		}
	}
	return strings.Join(kept, " | ")
}

// tagFields finds the members that tell variants apart: their types stay exact,
// so that type checkers narrow by them.
func tagFields(m *schema.Model) map[*schema.Field]bool {
	tags := map[*schema.Field]bool{}
	for _, t := range m.Types {
		u, ok := t.(*schema.Union)
		if !ok || u.Tag == "" {
			continue
		}
		for _, v := range u.Variants {
			o, ok := schema.Resolve(v.Type).(*schema.Object)
			if !ok {
				continue
			}
			for _, f := range o.Fields {
				if e, ok := schema.Resolve(f.Type).(*schema.Enum); f.Wire == u.Tag && ok && literals(e) && inPlace(e) {
					tags[f] = true
				}
			}
		}
	}
	return tags
}

func valueList(e *schema.Enum) expr {
	values := make([]expr, len(e.Values))
	for i, v := range e.Values {
		values[i] = atom(pyValue(v.Value))
	}
	return listOf(values...)
}

// kindOf is the scalar kind of a value.
func kindOf(n *text.Node) schema.ScalarKind {
	switch n.Kind {
	case text.KindString:
		return schema.String
	case text.KindBool:
		return schema.Boolean
	case text.KindNumber:
		if strings.ContainsAny(n.Text, ".eE") {
			return schema.Number
		}
		return schema.Integer
	}
	panic("enum value is a " + n.Kind.String())
}
