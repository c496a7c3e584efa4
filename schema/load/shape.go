package load

import (
	"slices"

	"github.com/wsgen/wsgen/internal/text"
)

// This file looks at schema nodes without lowering them.

// typesOf returns the JSON types that n names or, where it names none, those that
// its keywords are about.
func typesOf(n *text.Node) []string {
	switch t := n.Get("type"); {
	case t == nil:
		return impliedTypes(n)
	case t.Kind == text.KindString:
		return []string{t.Text}
	}
	var types []string
	for _, it := range n.Get("type").Items {
		types = append(types, it.Text)
	}
	return types
}

func impliedTypes(n *text.Node) []string {
	var types []string
	for _, m := range n.Members {
		of := ""
		switch m.Key {
		case "properties", "additionalProperties", "patternProperties", "propertyNames", "required", "minProperties", "maxProperties":
			of = "object"
		case "items", "prefixItems", "minItems", "maxItems", "uniqueItems":
			of = "array"
		case "pattern", "minLength", "maxLength", "contentEncoding", "contentMediaType":
			of = "string"
		case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
			of = "number"
		}
		if of != "" && !slices.Contains(types, of) {
			types = append(types, of)
		}
	}
	return types
}

// branches returns the alternatives of n that describe a type; those that only
// narrow ({required: [a]}) are none.
func branches(n *text.Node) []*text.Node {
	key := branchesKey(n)
	if key == "" {
		return nil // and not the member "", which a document may have
	}
	return n.Get(key).Items
}

// branchesKey is the keyword of the alternatives that describe a type; "" where
// there are none.
func branchesKey(n *text.Node) string {
	for _, key := range []string{"oneOf", "anyOf"} {
		list := n.Get(key)
		if list == nil || list.Kind != text.KindArray {
			continue
		}
		for _, b := range list.Items {
			if !narrowsOnly(b) || isAny(b) && n.Get("properties") == nil && n.Get("type") == nil {
				return key
			}
		}
	}
	return ""
}

// narrowsOnly tells whether a schema says nothing about the type of a value.
func narrowsOnly(n *text.Node) bool {
	for _, m := range n.Members {
		switch m.Key {
		case "type", "properties", "items", "prefixItems", "enum", "const", "$ref", "anyOf", "oneOf", "allOf", "additionalProperties", "patternProperties":
			return false
		}
	}
	return true
}

// isAny tells whether n says nothing about the type of a value.
func isAny(n *text.Node) bool {
	if n.Kind != text.KindObject {
		return n.Kind == text.KindBool && n.Text == "true"
	}
	for _, m := range n.Members {
		switch m.Key {
		case "$ref", "allOf", "anyOf", "oneOf", "enum", "const":
			return false
		}
	}
	return typesOf(n) == nil
}

// isPlain tells whether n is a scalar and nothing more: most schemas are.
func isPlain(n *text.Node) bool {
	plain := false
	for _, m := range n.Members {
		switch m.Key {
		case "type":
			switch m.Value.Text {
			case "string", "integer", "number", "boolean":
				plain = true
			}
		case "enum", "const", "anyOf", "oneOf", "nullable", flagsKeyword:
			return false
		}
	}
	return plain
}

// isObject tells whether n declares members, or that there are none.
func isObject(n *text.Node) bool {
	if !onlyType(n, "object") {
		return false
	}
	if p := n.Get("properties"); p != nil {
		return p.Kind == text.KindObject
	}
	extra := n.Get("additionalProperties")
	return extra != nil && extra.Kind == text.KindBool && extra.Text == "false" && n.Get("patternProperties") == nil
}

// onlyType tells whether all values of n are of one JSON type.
func onlyType(n *text.Node, want string) bool {
	types := typesOf(n)
	return len(types) == 1 && types[0] == want
}

// isTuple tells whether places of an array have types of their own.
func isTuple(n *text.Node) bool {
	items := n.Get("prefixItems")
	return items != nil && items.Kind == text.KindArray && onlyType(n, "array")
}

// flagsKeyword names the constants of an integer, as the exporter writes Python's
// Flag classes: {"READ": 1, "WRITE": 2}.
const flagsKeyword = "x-enum-flags"

// isFlags tells whether n is an integer of which values are combinations of flags.
func isFlags(n *text.Node) bool {
	flags := n.Get(flagsKeyword)
	return flags != nil && len(flags.Members) > 0 && n.GetString("type") == "integer" && n.Get("enum") == nil && n.Get("const") == nil
}

// isEnum tells whether n lists its values: as enum, as const, or as alternatives
// that are written in place and all list theirs.
func isEnum(n *text.Node) bool {
	if n.Get("enum") != nil || n.Get("const") != nil {
		return true
	}
	bs := branches(n)
	for _, b := range bs {
		if !listsScalars(b) {
			return false
		}
	}
	return len(bs) > 1
}

// listsScalars tells whether an alternative is nothing but a list of scalars.
func listsScalars(n *text.Node) bool {
	if n.Get("$ref") != nil || n.Get("allOf") != nil || n.Get("properties") != nil {
		return false
	}
	if c := n.Get("const"); c != nil {
		return isScalar(c)
	}
	if e := n.Get("enum"); e != nil {
		return !slices.ContainsFunc(e.Items, func(v *text.Node) bool { return !isScalar(v) })
	}
	return isEnum(n)
}

func isScalar(n *text.Node) bool { return n.Kind != text.KindArray && n.Kind != text.KindObject }

// with returns a copy of n in which one member has another value.
func with(n *text.Node, key string, value *text.Node) *text.Node {
	c := *n
	c.Members = make([]text.Member, 0, len(n.Members)+1)
	found := false
	for _, m := range n.Members {
		if m.Key == key {
			m.Value, found = value, true
		}
		c.Members = append(c.Members, m)
	}
	if !found {
		c.Members = append(c.Members, text.Member{Key: key, KeyPos: value.Pos, Value: value})
	}
	return &c
}

// without returns a copy of n that lacks some members.
func without(n *text.Node, keys ...string) *text.Node {
	c := *n
	c.Members = make([]text.Member, 0, len(n.Members))
	for _, m := range n.Members {
		drop := false
		for _, k := range keys {
			drop = drop || m.Key == k
		}
		if !drop {
			c.Members = append(c.Members, m)
		}
	}
	return &c
}

func array(at *text.Node, items []*text.Node) *text.Node {
	return &text.Node{Kind: text.KindArray, Items: items, Pos: at.Pos}
}

func object(at *text.Node, members ...text.Member) *text.Node {
	return &text.Node{Kind: text.KindObject, Members: members, Pos: at.Pos}
}

// splitTypes writes {type: [a, b]} as {anyOf: [{type: a}, {type: b}]}, also where
// the keywords of n imply the types, and returns any other schema as it is.
func splitTypes(n *text.Node) *text.Node {
	list := n.Get("type")
	if list != nil && list.Kind != text.KindArray || isEnum(n) || branches(n) != nil {
		return n
	}
	types, at := typesOf(n), n
	if list != nil {
		at = list
	} else if len(types) < 2 {
		return n
	}
	alternatives := make([]*text.Node, len(types))
	bare := without(n, annotationKeys...)
	for i, t := range types {
		alternatives[i] = with(bare, "type", &text.Node{Kind: text.KindString, Text: t, Pos: at.Pos})
	}
	if len(types) == 1 {
		return annotate(alternatives[0], n)
	}
	out := object(n, text.Member{Key: "anyOf", KeyPos: at.Pos, Value: array(at, alternatives)})
	return annotate(out, n)
}

// annotationKeys are members for people.
var annotationKeys = []string{"title", "description", "default", "examples", "example", "deprecated", "x-deprecated", "readOnly", "writeOnly"}

// annotate gives n the annotations of from, where from has them.
func annotate(n, from *text.Node) *text.Node {
	for _, key := range annotationKeys {
		if v := from.Get(key); v != nil {
			n = with(n, key, v)
		}
	}
	return n
}
