package schema

import (
	"slices"

	"github.com/wsgen/wsgen/internal/text"
)

// Fits tells whether a value has the structure of t: JSON types, known values,
// required and typed members, items. Limits, patterns and formats do not count.
func Fits(t Type, n *text.Node) bool {
	switch t := t.(type) {
	case *Null:
		return n.Kind == text.KindNull
	case *Any:
		return true
	case *Scalar:
		return fitsScalar(t.Kind, n)
	case *Nullable:
		return n.Kind == text.KindNull || Fits(t.Elem, n)
	case *List:
		misfit := func(item *text.Node) bool { return !Fits(t.Elem, item) }
		return n.Kind == text.KindArray && !slices.ContainsFunc(n.Items, misfit)
	case *Map:
		return fitsMap(t, n)
	case *Object:
		return fitsObject(t, n)
	case *Enum:
		return slices.ContainsFunc(t.Values, func(v EnumValue) bool { return SameScalar(v.Value, n) })
	case *Union:
		return fitsUnion(t, n)
	case *Tuple:
		return fitsTuple(t, n)
	case *Alias:
		return Fits(t.Target, n)
	}
	return false
}

func fitsScalar(kind ScalarKind, n *text.Node) bool {
	switch kind {
	case String:
		return n.Kind == text.KindString
	case Integer:
		return text.CountOf(n) != "" // 3.0 is an integer in JSON Schema
	case Number:
		return n.Kind == text.KindNumber
	case Boolean:
		return n.Kind == text.KindBool
	}
	return false
}

func fitsMap(t *Map, n *text.Node) bool {
	if n.Kind != text.KindObject {
		return false
	}
	for _, m := range n.Members {
		key := &text.Node{Kind: text.KindString, Text: m.Key}
		if !Fits(t.Key, key) || !Fits(t.Value, m.Value) {
			return false
		}
	}
	return true
}

func fitsObject(t *Object, n *text.Node) bool {
	if n.Kind != text.KindObject {
		return false
	}
	declared := make(map[string]bool, len(t.Fields))
	for _, f := range t.Fields {
		declared[f.Wire] = true
		if value := n.Get(f.Wire); value == nil && f.Required || value != nil && !Fits(f.Type, value) {
			return false
		}
	}
	for _, m := range n.Members {
		if !declared[m.Key] && (t.Closed || t.Extra != nil && !Fits(t.Extra, m.Value)) {
			return false
		}
	}
	return true
}

// fitsUnion looks at all variants or, where a tag tells them apart, at the one
// that it selects.
func fitsUnion(t *Union, n *text.Node) bool {
	for _, v := range t.Variants {
		if (t.Tag == "" || selects(v.Tags, n.Get(t.Tag))) && Fits(v.Type, n) {
			return true
		}
	}
	return false
}

func selects(tags []*text.Node, tag *text.Node) bool {
	return tag != nil && slices.ContainsFunc(tags, func(known *text.Node) bool { return SameScalar(known, tag) })
}

func fitsTuple(t *Tuple, n *text.Node) bool {
	if n.Kind != text.KindArray || len(n.Items) < t.Min {
		return false
	}
	for i, item := range n.Items {
		of := t.Rest
		if i < len(t.Items) {
			of = t.Items[i].Type
		}
		if of == nil || !Fits(of, item) {
			return false
		}
	}
	return true
}

// SameScalar compares two scalars as JSON Schema does: 1.0 is 1.
func SameScalar(a, b *text.Node) bool {
	if a.Kind != b.Kind || a.Kind == text.KindArray || a.Kind == text.KindObject {
		return false
	}
	return a.Text == b.Text || a.Kind == text.KindNumber && text.CompareNumbers(a, b) == 0
}
