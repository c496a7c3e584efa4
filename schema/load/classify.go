package load

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// This file tells what kind of type keywords describe.

// jsonTypes returns the JSON types that k names. Where it names none, but describes members
// or items, and has no keyword that is about another type, that is what is meant. Limits
// alone mean no type: {minimum: 3} allows any text.
func (k *keywords) jsonTypes() []string {
	if k.written.form != noType {
		return k.written.names
	}
	if types := k.implied.names(); len(types) == 1 && (types[0] == "object" && k.describesMembers() || types[0] == "array" && k.describesItems()) {
		return types
	}
	return nil
}

func (k *keywords) describesMembers() bool {
	return k.properties != nil || k.patterns != nil || k.additional != nil || k.memberNames != nil
}

func (k *keywords) describesItems() bool { return k.items != nil || k.prefixItems != nil }

// onlyType tells whether all values of k are of one JSON type.
func (k *keywords) onlyType(want string) bool {
	types := k.jsonTypes()
	return len(types) == 1 && types[0] == want
}

// namedType is the type that k names; "" where it names none or several.
func (k *keywords) namedType() string {
	if k.written.form != oneType {
		return ""
	}
	return k.written.names[0]
}

// branches returns the alternatives of k that describe a type; nil where there are
// none, and where they only narrow ({required: [a]}).
func (k *keywords) branches() []*keywords {
	if list := k.branchList(); list != nil {
		return list.schemas
	}
	return nil
}

func (k *keywords) branchList() *schemaList {
	for _, list := range []*schemaList{k.oneOf, k.anyOf} {
		if k.describesTypes(list) {
			return list
		}
	}
	return nil
}

// describesTypes tells whether a list of alternatives is about types.
func (k *keywords) describesTypes(list *schemaList) bool {
	if list == nil {
		return false
	}
	return slices.ContainsFunc(list.schemas, func(b *keywords) bool {
		return b.kind == falseSchema || !b.narrowsOnly() || b.isAny() && k.properties == nil && k.written.form == noType
	})
}

// withBranches returns a copy of k with other alternatives.
func (k *keywords) withBranches(branches []*keywords) *keywords {
	c, old := k.copy(), k.branchList()
	list := &schemaList{old.keyPos, branches}
	if old == k.oneOf {
		c.oneOf = list
	} else {
		c.anyOf = list
	}
	return c
}

// narrowsOnly tells whether k says nothing about the type of a value.
func (k *keywords) narrowsOnly() bool {
	return k.written.form == noType && k.ref == nil && !k.hasAlternatives() && k.allOf == nil && !k.listsValues() &&
		k.properties == nil && k.patterns == nil && k.additional == nil && k.items == nil && k.prefixItems == nil
}

func (k *keywords) hasAlternatives() bool { return k.anyOf != nil || k.oneOf != nil }

// hasStructure tells whether keywords of k make a type, "type" and "$ref" aside.
func (k *keywords) hasStructure() bool {
	return k.hasAlternatives() || k.allOf != nil || k.listsValues() || k.hasContents()
}

// hasContents tells whether k describes what is in objects, arrays or encoded text.
func (k *keywords) hasContents() bool {
	return k.describesMembers() || k.describesItems() ||
		k.has(func(k keyword) bool {
			return k == requiredMembers || k == encoding || k == mediaType || k == contentSchema
		})
}

// hasLimits tells whether keywords of k narrow values.
func (k *keywords) hasLimits() bool { return k.has(keyword.isLimit) }

// listsValues tells whether k has an enum or a const.
func (k *keywords) listsValues() bool { return k.enum != nil || k.get(constant) != nil }

// isAny tells whether k says nothing about the values.
func (k *keywords) isAny() bool {
	if k.kind != objectSchema {
		return k.kind == trueSchema
	}
	return k.ref == nil && k.allOf == nil && !k.hasAlternatives() && !k.listsValues() && k.written.form == noType && k.implied == 0
}

// isWrapper tells whether k is nothing but a list of alternatives.
func (k *keywords) isWrapper() bool {
	return k.onlyCombines() && k.allOf == nil && k.get(nullable) == nil && !k.extended
}

// onlyCombines tells whether k has nothing but allOf, anyOf or oneOf, and keywords
// that do not change the type.
func (k *keywords) onlyCombines() bool {
	return k.ref == nil && k.written.form == noType && k.get(discriminator) == nil && !k.listsValues() && !k.hasContents() && !k.hasLimits() && !k.unread
}

// withoutBranches returns a copy of k without its alternatives.
func (k *keywords) withoutBranches() *keywords {
	c := k.without(func(k keyword) bool { return k == discriminator })
	c.anyOf, c.oneOf = nil, nil
	return c
}

// isPlain tells whether k is a scalar and nothing more: most schemas are.
func (k *keywords) isPlain() bool {
	switch k.namedType() {
	case "string", "integer", "number", "boolean":
		return !k.listsValues() && !k.hasAlternatives() && k.get(nullable) == nil && k.get(flagNames) == nil
	}
	return false
}

// isObject tells whether k declares members, or that there are none.
func (k *keywords) isObject() bool {
	if !k.onlyType("object") {
		return false
	}
	return k.properties != nil || k.additional != nil && k.additional.kind == falseSchema && k.patterns == nil
}

// isTuple tells whether places of an array have types of their own, or must not be there.
func (k *keywords) isTuple() bool {
	return k.onlyType("array") && (k.prefixItems != nil || k.items != nil && k.items.kind == falseSchema)
}

// isFlags tells whether k is an integer whose values are combinations of flags.
func (k *keywords) isFlags() bool {
	flags := k.get(flagNames)
	return flags != nil && len(flags.Members) > 0 && k.namedType() == "integer" && !k.listsValues()
}

// isEnum tells whether k lists its values: as enum, as const, or as alternatives
// that are written in place and all list theirs.
func (k *keywords) isEnum() bool {
	if k.listsValues() {
		return true
	}
	branches := k.branches()
	if len(branches) < 2 {
		return false
	}
	f := k.facts()
	if f.enum == notAsked {
		f.enum = answerOf(!slices.ContainsFunc(branches, func(b *keywords) bool { return !b.listsScalars() }))
	}
	return f.enum == yes
}

// listsScalars tells whether an alternative is nothing but a list of scalars.
func (k *keywords) listsScalars() bool {
	if k.ref != nil || k.allOf != nil || k.properties != nil {
		return false
	}
	switch {
	case k.listsValues():
		return !slices.ContainsFunc(k.listedValues(), func(v *text.Node) bool { return !isScalar(v) })
	}
	return k.isEnum()
}

func isScalar(n *text.Node) bool { return n.Kind != text.KindArray && n.Kind != text.KindObject }

// decimalPattern begins the pattern that Pydantic writes for a Decimal, whatever
// its limits.
const decimalPattern = `^(?!^[-+.]*$)[+-]?0*`

// isDecimal recognises the text of Pydantic's Decimal, by its pattern or the format
// that the exporter writes.
func (k *keywords) isDecimal() bool {
	return k.namedType() == "string" && !k.listsValues() && (stringOf(k.get(formatName)) == "decimal" || strings.HasPrefix(stringOf(k.get(pattern)), decimalPattern))
}

// isLooseDecimal recognises what Pydantic writes for a Decimal in params, and for
// float | Decimal anywhere: a number or the text of a Decimal.
func (k *keywords) isLooseDecimal() bool {
	b := k.branches()
	return len(b) == 2 && (b[0].namedType() == "number" && b[1].isDecimal() || b[1].namedType() == "number" && b[0].isDecimal())
}

// outline is what a schema comes down to once references, allOf and null are seen to:
// a name or a scalar, alternatives, or the keywords of one type. It is found once for
// each schema, so that one that contains itself is recognised.
type outline struct {
	nullable     bool        // null is a value, core is the rest, and no more is known
	core         *keywords   // nil where null is the only value
	alternatives []*keywords // several, or none
	only         *keywords   // the only alternative, with what stands beside it
}

func (l *lowerer) outline(k *keywords) *outline {
	f := k.facts()
	if f.outline != nil {
		return f.outline
	}
	o := &outline{}
	f.outline = o
	if o.core, o.nullable = l.splitNull(k, true); o.nullable {
		return o
	}
	if o.core = l.splitValues(k); o.core == k {
		o.core = k.splitTypes()
	}
	o.alternatives = l.alternatives(o.core)
	if len(o.alternatives) == 1 {
		o.only = l.withSiblings(o.core, o.alternatives[0])
	}
	return o
}

// splitTypes turns {type: [a, b]} into {anyOf: [{type: a}, {type: b}]}, and returns any
// other schema as it is.
func (k *keywords) splitTypes() *keywords {
	if k.written.form != typeList || k.isEnum() || k.branches() != nil {
		return k
	}
	types := k.written.names
	alternatives := make([]*keywords, len(types))
	for i, t := range types {
		alternatives[i] = k.without(keyword.isAnnotation).withType(t)
	}
	if len(types) == 1 {
		return k.withType(types[0])
	}
	return &keywords{pos: k.pos, node: k.node, values: k.annotations(), anyOf: &schemaList{k.written.pos, alternatives}}
}

func (k *keywords) withType(t string) *keywords {
	c := k.copy()
	c.written = typeKeyword{pos: c.written.pos, form: oneType, names: single(t)}
	return c
}

// narrowed returns t with other types: where that is only one, it is the type.
func (t typeKeyword) narrowed(names []string) typeKeyword {
	t.form, t.names = typeList, names
	if len(names) == 1 {
		t.form = oneType
	}
	return t
}
