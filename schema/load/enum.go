package load

import (
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// fillEnum reads enum, const, or alternatives that are constants.
func fillEnum(e *schema.Enum, k *keywords) {
	values := k.enumValues()
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		if key := v.Value.JSON(); !seen[key] {
			seen[key] = true
			e.Values = append(e.Values, v)
		}
	}
	e.Base = baseOf(e.Values)
}

// enumValues lists the values of an enum, with their names and descriptions where
// x-enum-varnames and x-enum-descriptions have one for each. An alternative with
// one value has that value's name as its title.
func (k *keywords) enumValues() []schema.EnumValue {
	only := k.get(constant)
	if k.enum != nil {
		values := k.namedValues()
		if only == nil {
			return values
		}
		for _, v := range values {
			if v.Value.JSON() == only.JSON() {
				return []schema.EnumValue{v}
			}
		}
	}
	if only != nil {
		return []schema.EnumValue{{Value: only.Detached(), Pos: only.Pos}}
	}
	var values []schema.EnumValue
	for _, b := range k.branches() {
		of := b.enumValues()
		if len(of) == 1 && of[0].Name == "" && of[0].Doc == "" {
			of[0].Name, of[0].Doc = stringOf(b.get(title)), b.doc()
		}
		values = append(values, of...)
	}
	return values
}

// namedValues returns the values of the keyword enum.
func (k *keywords) namedValues() []schema.EnumValue {
	values := make([]schema.EnumValue, len(k.enum.values))
	names, docs := itemsOf(k.get(enumNames)), itemsOf(k.get(enumDocs))
	for i, v := range k.enum.values {
		values[i] = schema.EnumValue{Value: v.Detached(), Pos: v.Pos}
		if len(names) == len(values) {
			values[i].Name = stringOf(names[i])
		}
		if len(docs) == len(values) {
			values[i].Doc = stringOf(docs[i])
		}
	}
	return values
}

func itemsOf(n *text.Node) []*text.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// flagValues lists the constants of an integer.
func (k *keywords) flagValues() []schema.EnumValue {
	var flags []schema.EnumValue
	for _, m := range k.get(flagNames).Members {
		if text.CountOf(m.Value) != "" { // else the profile refuses it
			flags = append(flags, schema.EnumValue{Value: m.Value.Detached(), Name: m.Key, Pos: m.KeyPos})
		}
	}
	return flags
}

func baseOf(values []schema.EnumValue) schema.ScalarKind {
	base := schema.Mixed
	for i, v := range values {
		kind := schema.Mixed
		switch v.Value.Kind {
		case text.KindString:
			kind = schema.String
		case text.KindBool:
			kind = schema.Boolean
		case text.KindNumber:
			kind = schema.Integer
			if strings.ContainsAny(v.Value.Text, ".eE") {
				kind = schema.Number
			}
		}
		switch {
		case i == 0:
			base = kind
		case base == schema.Integer && kind == schema.Number || base == schema.Number && kind == schema.Integer:
			base = schema.Number
		case base != kind:
			return schema.Mixed
		}
	}
	return base
}
