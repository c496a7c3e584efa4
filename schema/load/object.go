package load

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// fillObject reads properties, required and additionalProperties.
func (l *lowerer) fillObject(o *schema.Object, k *keywords) {
	required := k.requiredNames()
	doc := l.docs.bySource[k.pos.Src]
	exact := doc != nil && doc.exactRequired || stringOf(k.get(presence)) == alwaysSent
	if k.properties != nil {
		o.Fields = make([]*schema.Field, 0, len(k.properties.members))
		for _, m := range k.properties.members {
			if l.never(m.schema) && !required[m.key] {
				l.noteConflict(m.schema)
				continue // it must be absent
			}
			f := l.field(o, m, required[m.key])
			f.Sent = f.Required || f.Default != nil && !exact
			l.noteDefault(f, m.schema)
			o.Fields = append(o.Fields, f)
		}
	}
	l.readExtra(o, k)
	o.Open = o.Extra == nil && !o.Closed && !exact && !k.sealed
	l.checkRequired(o, itemsOf(k.get(requiredMembers)))
}

// checkRequired reports members that are required and not declared: most are typos.
func (l *lowerer) checkRequired(o *schema.Object, required []*text.Node) {
	if len(required) == 0 {
		return
	}
	declared := make(map[string]bool, len(o.Fields))
	names := make([]string, len(o.Fields))
	for i, f := range o.Fields {
		declared[f.Wire], names[i] = true, f.Wire
	}
	for _, r := range required {
		if r.Kind != text.KindString || declared[r.Text] {
			continue
		}
		hint := "declare it under properties, or remove it from required"
		if l.docs.search() {
			hint = cmp.Or(didYouMean(text.Nearest(r.Text, names)), hint)
		}
		l.diags.Add(r.Pos, "required-undeclared", fmt.Sprintf("member %s is required and not declared", text.Quote(r.Text)), hint).Severity = text.Warning
	}
}

func (l *lowerer) field(o *schema.Object, m member, required bool) *schema.Field {
	f := &schema.Field{Wire: m.key, Name: schema.SplitName(m.key), Required: required, Pos: m.keyPos}
	k := m.schema
	f.Type = l.memberType(k, place{owner: o, path: pascal(f.Name)})
	f.Default = k.get(defaultValue).Detached()
	f.Doc = k.doc()
	if t := stringOf(k.get(title)); !sameWords(t, m.key) {
		f.Title = t // it says more than the name
	}
	f.Deprecated = k.deprecation()
	f.ReadOnly, f.WriteOnly = isTrue(k.get(readOnly)), isTrue(k.get(writeOnly))
	f.Examples = k.examples()
	return f
}

// memberType lowers the schema of a member of an object or of a place in a tuple.
// Where the default is null, null is sent and taken, whatever the type says.
func (l *lowerer) memberType(k *keywords, at place) schema.Type {
	d := k.get(defaultValue)
	return l.nullableIf(d != nil && d.Kind == text.KindNull, l.typ(k, at))
}

func (k *keywords) requiredNames() map[string]bool {
	required := itemsOf(k.get(requiredMembers))
	names := make(map[string]bool, len(required))
	for _, r := range required {
		if r.Kind == text.KindString {
			names[r.Text] = true
		}
	}
	return names
}

// readExtra finds the type of members that are not declared.
func (l *lowerer) readExtra(o *schema.Object, k *keywords) {
	switch at := (place{owner: o, path: "Extra"}); {
	case k.hasPatterns():
		o.Extra = l.typ(l.patternValues(k), at)
	case k.additional == nil:
	case l.never(k.additional):
		o.Closed = true
	default:
		o.Extra = l.typ(k.additional, at)
	}
}

func (k *keywords) hasPatterns() bool { return k.patterns != nil && len(k.patterns.members) > 0 }

// patternValues returns the schema of the members that patternProperties and
// additionalProperties describe together. Where members that match no pattern may
// hold anything, that is true.
func (l *lowerer) patternValues(k *keywords) *keywords {
	if k.additional == nil || k.additional.isAny() {
		return &keywords{kind: trueSchema, pos: k.patterns.pos}
	}
	var values []*keywords
	for _, m := range k.patterns.members {
		values = append(values, m.schema)
	}
	if k.additional.kind == objectSchema {
		values = append(values, k.additional)
	}
	if values = l.possible(values); len(values) == 1 {
		return values[0]
	}
	return &keywords{pos: k.patterns.pos, anyOf: &schemaList{k.patterns.pos, values}}
}

// dict lowers an object that declares no members.
func (l *lowerer) dict(k *keywords, at place) schema.Type {
	m := &schema.Map{Key: &schema.Scalar{Kind: schema.String}, Value: &schema.Any{}, Limits: k.sizeLimits(minProperties, maxProperties)}
	if k.memberNames != nil && k.memberNames.kind == objectSchema {
		m.Key = l.mapKey(k.memberNames, at)
	}
	switch {
	case k.hasPatterns():
		closed := k.additional != nil && k.additional.kind == falseSchema
		if patterns := k.patterns.members; closed && len(patterns) == 1 && k.memberNames == nil {
			m.Key = &schema.Scalar{Kind: schema.String, Limits: &schema.Limits{Pattern: patterns[0].key}}
		}
		m.Value = l.typ(l.patternValues(k), at.in("Value"))
	case k.additional != nil && k.additional.kind == objectSchema:
		m.Value = l.typ(k.additional, at.in("Value"))
	}
	return m
}

// mapKey lowers propertyNames: a type that is not a string type becomes any string.
func (l *lowerer) mapKey(names *keywords, at place) schema.Type {
	if names.written.form == noType && names.ref == nil && names.anyOf == nil && !names.listsValues() {
		names = names.withType("string")
	}
	key := l.typ(names, at.in("Key"))
	switch t := schema.Resolve(key).(type) {
	case *schema.Scalar:
		if t.Kind == schema.String {
			return key
		}
	case *schema.Enum:
		if t.Base == schema.String {
			return key
		}
	}
	return &schema.Scalar{Kind: schema.String}
}

func (l *lowerer) list(k *keywords, at place) schema.Type {
	t := &schema.List{Elem: &schema.Any{}, Unique: isTrue(k.get(uniqueItems)), Limits: k.sizeLimits(minItems, maxItems)}
	if k.items != nil {
		t.Elem = l.typ(k.items, at.in("Item"))
	}
	return t
}

func (l *lowerer) fillTuple(t *schema.Tuple, k *keywords) {
	var items []*keywords
	if k.prefixItems != nil {
		items = k.prefixItems.schemas
	}
	ends := slices.IndexFunc(items, l.never) // there are none from there on
	if ends >= 0 {
		items = items[:ends]
	}
	for i, it := range items {
		item := schema.TupleItem{Type: l.memberType(it, place{owner: t, path: "Item" + strconv.Itoa(i+1)}), Doc: it.doc()}
		if name := stringOf(it.get(title)); name != "" && !t.Inline {
			item.Name = schema.SplitName(name)
		}
		t.Items = append(t.Items, item)
	}
	if fewest, err := strconv.Atoi(text.CountOf(k.get(minItems))); err == nil {
		t.Min = min(fewest, len(items))
	}
	most, err := strconv.Atoi(text.CountOf(k.get(maxItems)))
	switch closed := err == nil && most <= len(items); {
	case closed || ends >= 0 || k.items != nil && l.never(k.items):
	case k.items != nil:
		t.Rest = l.typ(k.items, place{owner: t, path: "Rest"})
	default:
		t.Rest = &schema.Any{}
	}
}
