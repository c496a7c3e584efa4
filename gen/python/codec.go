package python

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
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
		return atom(f.runtime("Float"))
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
	case schema.Base64, schema.Base64URL:
		class := map[schema.Format]string{schema.Base64: "Base64", schema.Base64URL: "Base64URL"}[s.Format]
		if !tolerant {
			class = "Strict" + class
		}
		return atom(f.runtime(class))
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

// checksLimits tells whether Pydantic checks all limits of t, portable patterns
// among them.
func checksLimits(t schema.Type) bool {
	var limits *schema.Limits
	switch t := stripNullable(t).(type) {
	case *schema.List:
		limits = t.Limits
	case *schema.Map:
		limits = t.Limits
	case *schema.Scalar:
		limits = t.Limits
	}
	if limits == nil {
		return false
	}
	checkable := 0
	for _, text := range []string{limits.Minimum, limits.Maximum, limits.ExclusiveMinimum, limits.ExclusiveMaximum,
		limits.MultipleOf, limits.MinLength, limits.MaxLength} {
		if text != "" {
			checkable++
		}
	}
	if limits.Pattern != "" && plan.Portable(limits.Pattern) {
		checkable++
	}
	return len(limitArgs(t)) == checkable
}

func stripNullable(t schema.Type) schema.Type {
	if n, ok := t.(*schema.Nullable); ok {
		return n.Elem
	}
	return t
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
			if t.Limits.Pattern != "" && plan.Portable(t.Limits.Pattern) {
				args = append(args, keyword("pattern", atom(quote(inRust(t.Limits.Pattern)))))
			}
			return args
		}
	}
	return nil
}

// scalarText tells whether a format that is not native stays a Python str.
func scalarText(f schema.Format) bool {
	return f != schema.Binary && f != schema.Base64 && f != schema.Base64URL && !isIPAny(f)
}

func isIPAny(f schema.Format) bool {
	return f == schema.IPAny || f == schema.IPAnyNetwork || f == schema.IPAnyInterface
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
		if text := pyLimit(limit.text, s.Kind == schema.Integer); text != "" {
			args = append(args, keyword(limit.name, atom(text)))
		}
	}
	return args
}

// pyLimit returns a limit as ruff writes it, "" where there is none or where Python
// would read another number: 1e-400 is 0.
func pyLimit(text string, integer bool) string {
	if f, err := strconv.ParseFloat(text, 64); err != nil || f == 0 && strings.Trim(text, "-0.") != "" {
		return ""
	}
	return pyNumber(text, integer)
}

// pyNumber returns a JSON number as ruff writes it, "" where there is none or
// where an integer is asked for and it is none.
func pyNumber(text string, integer bool) string {
	if !integer {
		return pyFloat(text)
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

// pyFloat returns a JSON number as ruff writes it: 1E+300 is 1e300.
func pyFloat(text string) string {
	return strings.Replace(strings.ToLower(text), "e+", "e", 1)
}

// inRust writes a portable pattern for Pydantic, whose classes know all of Unicode: it must
// not refuse what those of ECMAScript take, which are all but ASCII's digits and letters.
func inRust(pattern string) string { return unicodeClasses.Replace(pattern) }

var unicodeClasses = strings.NewReplacer(`\\`, `\\`, `\D`, `[^0-9]`, `\W`, `[^0-9A-Za-z_]`)
