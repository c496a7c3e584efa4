package schema

import (
	"encoding/json"
	"slices"
	"strings"
)

// plain converts a node to what jsonschema validates: numbers as json.Number.
func (n *Node) plain() any {
	switch n.Kind {
	case KindNull:
		return nil
	case KindBool:
		return n.Text == "true"
	case KindNumber:
		return json.Number(n.Text)
	case KindString:
		return n.Text
	case KindArray:
		items := make([]any, len(n.Items))
		for i, item := range n.Items {
			items[i] = item.plain()
		}
		return items
	}
	members := make(map[string]any, len(n.Members))
	for i := range n.Members {
		members[n.Members[i].Key] = n.Members[i].Value.plain()
	}
	return members
}

// schemaKeywords are the members of a schema that hold more schemas: as the value,
// as its items, or as its members.
var schemaKeywords = map[string]func(*Node) (value any, right bool){}

func init() {
	for _, k := range []string{
		"items", "contains", "unevaluatedItems", "additionalProperties", "unevaluatedProperties", "propertyNames",
		"not", "if", "then", "else",
	} {
		schemaKeywords[k] = (*Node).doubts
	}
	for _, k := range []string{"prefixItems", "allOf", "anyOf", "oneOf"} {
		schemaKeywords[k] = (*Node).doubtsOfItems
	}
	for _, k := range []string{"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"} {
		schemaKeywords[k] = (*Node).doubtsOfMembers
	}
}

// doubts converts a schema to what the profile has to look at: not the members
// that are right at a glance, which nearly all are. It is right where none is left.
func (n *Node) doubts() (value any, right bool) {
	if n.Kind != KindObject {
		return n.plain(), n.Kind == KindBool
	}
	var left map[string]any
	for i := range n.Members {
		m := &n.Members[i]
		rule := schemaProfile.rules[m.Key]
		if rule == nil {
			continue
		}
		value, right := any(nil), false
		if inside := schemaKeywords[m.Key]; inside != nil {
			value, right = inside(m.Value)
		} else if right = obvious(rule, m.Value); !right {
			value = m.Value.plain()
		}
		if !right {
			left = put(left, m.Key, value)
		}
	}
	return left, left == nil
}

// doubtsOfItems does the same for a list of schemas.
func (n *Node) doubtsOfItems() (value any, right bool) {
	if n.Kind != KindArray || len(n.Items) == 0 {
		return n.plain(), false
	}
	items := make([]any, len(n.Items))
	right = true
	for i, item := range n.Items {
		value, ok := item.doubts()
		if ok {
			value = true // keeps its place for the others
		}
		items[i], right = value, right && ok
	}
	return items, right
}

// doubtsOfMembers does the same for an object of named schemas.
func (n *Node) doubtsOfMembers() (value any, right bool) {
	if n.Kind != KindObject {
		return n.plain(), false
	}
	var left map[string]any
	for i := range n.Members {
		if value, ok := n.Members[i].Value.doubts(); !ok {
			left = put(left, n.Members[i].Key, value)
		}
	}
	return left, left == nil
}

func put(members map[string]any, key string, value any) map[string]any {
	if members == nil {
		members = map[string]any{}
	}
	members[key] = value
	return members
}

// obvious tells whether a rule of the profile certainly accepts a value: it asks
// for no more than types, and how many items there are at least.
func obvious(rule, value *Node) bool {
	for i := range rule.Members {
		arg := rule.Members[i].Value
		ok := false
		switch rule.Members[i].Key {
		case "type":
			ok = hasType(arg, value)
		case "pattern": // of words
			words := strings.Split(strings.Trim(arg.Text, "^()$"), "|")
			ok = value.Kind != KindString || slices.Contains(words, value.Text)
		case "minItems":
			ok = value.Kind != KindArray || arg.Text == "1" && len(value.Items) > 0
		case "items":
			ok = !slices.ContainsFunc(value.Items, func(item *Node) bool { return !obvious(arg, item) })
		case "enum":
			ok = slices.ContainsFunc(arg.Items, func(item *Node) bool { return item.Kind == value.Kind && item.Text == value.Text })
		}
		if !ok {
			return false
		}
	}
	return true
}

// hasType tells whether a value has the type, or one of the types, of a rule.
func hasType(types, value *Node) bool {
	if types.Kind == KindArray {
		return slices.ContainsFunc(types.Items, func(t *Node) bool { return hasType(t, value) })
	}
	return types.Text == value.Kind.String()
}
