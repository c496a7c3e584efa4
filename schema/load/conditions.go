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
	found, index := &memberList{pos: k.pos}, map[string]int{}
	declared := k.properties.keys()
	for _, condition := range k.conditions.list() {
		target := l.target(condition)
		if target.facts().flattening { // it is the schema itself
			continue
		}
		flat := l.flatten(target)
		if flat.properties == nil {
			continue
		}
		for _, m := range flat.properties.members {
			if declared[m.key] || m.schema.kind == falseSchema {
				continue
			}
			i, again := index[m.key]
			if !again {
				i = len(found.members)
				index[m.key], found.members = i, append(found.members, m)
			} else {
				found.members[i].schema = either(found.members[i].schema, m)
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

// either returns what a member is that another condition declares as well.
func either(earlier *keywords, m member) *keywords {
	if earlier.node == nil && earlier.anyOf != nil { // made here, of others
		earlier.anyOf.schemas = append(earlier.anyOf.schemas, m.schema)
		return earlier
	}
	return &keywords{pos: earlier.pos, values: earlier.annotations(), anyOf: &schemaList{m.keyPos, []*keywords{earlier, m.schema}}}
}

// keys are the names of the members.
func (l *memberList) keys() map[string]bool {
	keys := map[string]bool{}
	if l != nil {
		for _, m := range l.members {
			keys[m.key] = true
		}
	}
	return keys
}
