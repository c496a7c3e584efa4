package schema

import (
	"math/big"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// EachSlot calls f with the places where t refers to other types, in document order: what is
// put there replaces the type.
func EachSlot(t Type, f func(*Type)) {
	switch t := t.(type) {
	case *Nullable:
		f(&t.Elem)
	case *List:
		f(&t.Elem)
	case *Map:
		f(&t.Key)
		f(&t.Value)
	case *Object:
		for _, field := range t.Fields {
			f(&field.Type)
		}
		ifSet(&t.Extra, f)
	case *Union:
		for i := range t.Variants {
			f(&t.Variants[i].Type)
		}
	case *Tuple:
		for i := range t.Items {
			f(&t.Items[i].Type)
		}
		ifSet(&t.Rest, f)
	case *Alias:
		f(&t.Target)
	}
}

func ifSet(slot *Type, f func(*Type)) {
	if *slot != nil {
		f(slot)
	}
}

// Parts returns the types that t directly refers to, in document order.
func Parts(t Type) []Type {
	var parts []Type
	EachSlot(t, func(slot *Type) { parts = append(parts, *slot) })
	return parts
}

// Walk calls f for t and every type that it refers to, directly or not, each named type once, until
// f returns false for a branch.
func Walk(t Type, f func(Type) bool) {
	seen := map[Named]bool{}
	var walk func(*Type)
	walk = func(slot *Type) {
		if n, ok := (*slot).(Named); ok {
			if seen[n] {
				return
			}
			seen[n] = true
		}
		if f(*slot) {
			EachSlot(*slot, walk)
		}
	}
	if t != nil {
		walk(&t)
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
func IsNullable(t Type) bool { return isNullable(t, nil) }

// isNullable leaves out the unions that were seen, which is made when there is one.
func isNullable(t Type, seen map[*Union]bool) bool {
	switch t := t.(type) {
	case *Nullable, *Null, *Any:
		return true
	case *Alias:
		return isNullable(t.Target, seen)
	case *Union:
		if seen == nil {
			seen = map[*Union]bool{}
		}
		if seen[t] {
			return false
		}
		seen[t] = true
		return slices.ContainsFunc(t.Variants, func(v Variant) bool { return isNullable(v.Type, seen) })
	}
	return false
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
