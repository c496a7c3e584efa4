package schema

import (
	"math/big"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// Parts returns the types that t directly refers to, in document order.
func Parts(t Type) []Type {
	switch t := t.(type) {
	case *Nullable:
		return []Type{t.Elem}
	case *List:
		return []Type{t.Elem}
	case *Map:
		return []Type{t.Key, t.Value}
	case *Object:
		parts := make([]Type, 0, len(t.Fields)+1)
		for _, f := range t.Fields {
			parts = append(parts, f.Type)
		}
		if t.Extra != nil {
			parts = append(parts, t.Extra)
		}
		return parts
	case *Union:
		parts := make([]Type, len(t.Variants))
		for i, v := range t.Variants {
			parts[i] = v.Type
		}
		return parts
	case *Tuple:
		parts := make([]Type, 0, len(t.Items)+1)
		for _, it := range t.Items {
			parts = append(parts, it.Type)
		}
		if t.Rest != nil {
			parts = append(parts, t.Rest)
		}
		return parts
	case *Alias:
		return []Type{t.Target}
	}
	return nil
}

// Walk calls f for t and every type that it refers to, directly or not, each named type once, until
// f returns false for a branch.
func Walk(t Type, f func(Type) bool) {
	seen := map[Named]bool{}
	var walk func(Type)
	walk = func(t Type) {
		if n, ok := t.(Named); ok {
			if seen[n] {
				return
			}
			seen[n] = true
		}
		if !f(t) {
			return
		}
		for _, p := range Parts(t) {
			walk(p)
		}
	}
	if t != nil {
		walk(t)
	}
}

// Resolve looks through aliases.
func Resolve(t Type) Type {
	for {
		a, ok := t.(*Alias)
		if !ok {
			return t
		}
		t = a.Target
	}
}

// Core looks through aliases and null: through all that adds no level to the JSON
// value.
func Core(t Type) Type {
	for {
		switch x := t.(type) {
		case *Nullable:
			t = x.Elem
		case *Alias:
			t = x.Target
		default:
			return t
		}
	}
}

// IsNullable tells whether null is a value of t.
func IsNullable(t Type) bool {
	nullable := false
	Walk(t, func(t Type) bool {
		switch t.(type) {
		case *Nullable, *Null, *Any:
			nullable = true
		case *Alias, *Union:
			return true // null in what they refer to is a value of t
		}
		return false
	})
	return nullable
}

// ConstOf returns the only value of t, or nil where it has several.
func ConstOf(t Type) *text.Node {
	if e, ok := Resolve(t).(*Enum); ok && len(e.Values) == 1 {
		return e.Values[0].Value
	}
	return nil
}

// Wide tells whether an integer's own bounds reach beyond a signed 64-bit one.
func (s *Scalar) Wide() bool {
	if s.Kind != Integer || s.Limits == nil {
		return false
	}
	for _, text := range []string{s.Limits.Minimum, s.Limits.Maximum, s.Limits.ExclusiveMinimum, s.Limits.ExclusiveMaximum} {
		if len(text) < len("9223372036854775807") && !strings.ContainsAny(text, "eE") {
			continue
		}
		if f, _, err := big.ParseFloat(text, 10, 256, big.ToZero); err == nil {
			if i, _ := f.Int(nil); !i.IsInt64() {
				return true
			}
		}
	}
	return false
}

// Describe writes t the way a Python annotation does, for people:
// "list[Task | None]". A nil type is "None".
func Describe(t Type) string {
	switch t := t.(type) {
	case nil, *Null:
		return "None"
	case *Any:
		return "Any"
	case *Scalar:
		return describeScalar(t)
	case *Nullable:
		return Describe(t.Elem) + " | None"
	case *List:
		if t.Unique {
			return "set[" + Describe(t.Elem) + "]"
		}
		return "list[" + Describe(t.Elem) + "]"
	case *Map:
		return "dict[" + Describe(t.Key) + ", " + Describe(t.Value) + "]"
	case Named:
		if !t.Head().Inline {
			return t.Head().Name
		}
		return describeInline(t)
	}
	panic("unreachable")
}

func describeScalar(s *Scalar) string {
	if s.Format != FormatNone && s.Kind == String {
		return string(s.Format)
	}
	return [...]string{"str", "int", "float", "bool", "Any"}[s.Kind]
}

func describeInline(t Named) string {
	var parts []string
	switch t := t.(type) {
	case *Union:
		for _, v := range t.Variants {
			parts = append(parts, Describe(v.Type))
		}
		return strings.Join(parts, " | ")
	case *Tuple:
		for _, it := range t.Items {
			parts = append(parts, Describe(it.Type))
		}
		if t.Rest != nil {
			parts = append(parts, Describe(t.Rest), "...")
		}
		return "tuple[" + strings.Join(parts, ", ") + "]"
	case *Enum:
		for _, v := range t.Values {
			parts = append(parts, v.Value.JSON())
		}
		return "Literal[" + strings.Join(parts, ", ") + "]"
	}
	return t.Head().Name
}
