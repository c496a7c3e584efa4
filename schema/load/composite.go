package load

import (
	"slices"
	"strconv"

	"github.com/wsgen/wsgen/internal/text"
)

// This file describes constants that are arrays or objects with other keywords:
//
//	const: [1, {a: 2}]  ──►  a list of the constant 1 and an object whose only member is the constant 2

// splitValues takes the values that are arrays and objects out of enum and const: they are
// alternatives, beside the scalars. It returns k itself where there are none.
func (l *lowerer) splitValues(k *keywords) *keywords {
	if !k.listsValues() || !slices.ContainsFunc(k.listedValues(), isComposite) {
		return k
	}
	if only := k.get(constant); only != nil {
		return l.read(constantSchema(only)).with(k.annotations())
	}
	var alternatives []*keywords
	if scalars := k.onlyScalars(); len(scalars.enum.values) > 0 {
		alternatives = append(alternatives, scalars)
	}
	names, docs := itemsOf(k.get(enumNames)), itemsOf(k.get(enumDocs))
	for i, v := range k.enum.values {
		if !isComposite(v) {
			continue
		}
		alternative := constantSchema(v)
		if len(names) == len(k.enum.values) {
			alternative.Members = append(alternative.Members, text.Member{Key: "title", Value: names[i]})
		}
		if len(docs) == len(k.enum.values) {
			alternative.Members = append(alternative.Members, text.Member{Key: "description", Value: docs[i]})
		}
		alternatives = append(alternatives, l.read(alternative))
	}
	if len(alternatives) == 1 {
		return alternatives[0].with(k.annotations())
	}
	return &keywords{pos: k.pos, node: k.node, values: k.annotations(), anyOf: &schemaList{k.enum.keyPos, alternatives}}
}

func isComposite(v *text.Node) bool { return !isScalar(v) }

// onlyScalars returns k without the values of its enum that are arrays or objects.
func (k *keywords) onlyScalars() *keywords {
	c := k.copy()
	of := func(list []*text.Node) []*text.Node { return withoutThose(list, k.enum.values, isComposite) }
	c.enum = &enumKeyword{k.enum.keyPos, of(k.enum.values)}
	return c.withLabels(of)
}

// constantSchema returns a schema whose only value is v, at the place of v.
func constantSchema(v *text.Node) *text.Node {
	node := func(kind text.Kind, s string) *text.Node { return &text.Node{Kind: kind, Text: s, Pos: v.Pos} }
	out := node(text.KindObject, "")
	set := func(key string, value *text.Node) {
		out.Members = append(out.Members, text.Member{Key: key, KeyPos: v.Pos, Value: value})
	}
	set("type", node(text.KindString, v.Kind.String()))
	switch v.Kind {
	case text.KindArray:
		items := node(text.KindArray, "")
		for _, item := range v.Items {
			items.Items = append(items.Items, constantSchema(item))
		}
		if len(v.Items) > 0 {
			set("prefixItems", items)
		}
		set("items", node(text.KindBool, "false"))
		set("minItems", node(text.KindNumber, strconv.Itoa(len(v.Items))))
	case text.KindObject:
		members, required := node(text.KindObject, ""), node(text.KindArray, "")
		for _, m := range v.Members {
			m.Value = constantSchema(m.Value)
			members.Members = append(members.Members, m)
			required.Items = append(required.Items, node(text.KindString, m.Key))
		}
		set("properties", members)
		set("required", required)
		set("additionalProperties", node(text.KindBool, "false"))
	default:
		out.Members = nil
		set("const", v)
	}
	return out
}
