package load

import "slices"

// This file finds members that only conditions declare: those below then, else and
// dependentSchemas.
//
//	properties: {kind: {enum: [card, bank]}},
//	if: {properties: {kind: {const: card}}},
//	then: {properties: {number: {type: string}}, required: [number]}
//
// has the optional member number. What conditions say of other members narrows values.

// withConditions returns the flat schema k with the members of its conditions. Where
// several declare one, it is what either says.
func (l *lowerer) withConditions(k *keywords) *keywords {
	if !k.onlyType("object") || k.additional != nil && !k.additional.isAny() {
		return k
	}
	found := &memberList{pos: k.pos}
	for _, condition := range k.conditions {
		target := l.target(condition)
		if target.facts().flattening { // it is the schema itself
			continue
		}
		flat := l.flatten(target)
		if flat.properties == nil {
			continue
		}
		for _, m := range flat.properties.members {
			if k.properties.get(m.key) == nil && m.schema.kind != falseSchema {
				found.addAlternative(m)
			}
		}
	}
	if len(found.members) == 0 {
		return k
	}
	c := k.copy()
	if k.properties != nil {
		found.members = slices.Concat(k.properties.members, found.members)
	}
	c.properties = found
	return c
}

// addAlternative adds a member, or another schema for one that is there.
func (list *memberList) addAlternative(m member) {
	i := slices.IndexFunc(list.members, func(other member) bool { return other.key == m.key })
	if i < 0 {
		list.members = append(list.members, m)
		return
	}
	earlier := list.members[i].schema
	either := &keywords{pos: earlier.pos, values: earlier.annotations(), anyOf: &schemaList{m.keyPos, []*keywords{earlier, m.schema}}}
	list.members[i].schema = either
}
