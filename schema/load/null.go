package load

import (
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// This file finds null among the values of a schema: types that have it are
// [schema.Nullable] on the outside, however deep the document hides it.

// isNull tells whether null is the only value of k.
func (k *keywords) isNull() bool {
	switch {
	case k.listsValues():
		values := k.listedValues()
		return len(values) == 1 && values[0].Kind == text.KindNull
	}
	return len(k.written.names) == 1 && k.written.names[0] == "null"
}

// listsNull tells whether k itself names null.
func (k *keywords) listsNull() bool {
	switch {
	case k.isNull() || isTrue(k.get(nullable)):
		return true
	case k.listsValues():
		return slices.ContainsFunc(k.listedValues(), func(v *text.Node) bool { return v.Kind == text.KindNull })
	}
	return slices.Contains(k.written.names, "null")
}

// allowsNull tells whether null is a value of k, through references.
func (l *lowerer) allowsNull(k *keywords) bool {
	f := k.facts()
	if f.null != notAsked {
		return f.null == yes
	}
	defer l.leave()
	if !l.enter(k) {
		return false
	}
	f.null = no // in a cycle: what refers to itself gets no null from there
	found := l.findNull(k)
	f.null = answerOf(found)
	return found
}

func (l *lowerer) findNull(k *keywords) bool {
	if l.anything(k) {
		return true
	}
	if k.ref != nil && !l.refNarrowed(k) {
		target := l.refTarget(k)
		return target != nil && (isTrue(k.get(nullable)) || l.allowsNull(target))
	}
	flat := l.flatten(k)
	if flat.listsNull() || flat.listsValues() {
		return flat.listsNull()
	}
	return slices.ContainsFunc(flat.branches(), func(b *keywords) bool {
		return l.allowsNull(b) && !l.anything(b) // what says nothing of types leaves them as they are
	})
}

// onlyNull tells whether null is the only value of k, through references.
func (l *lowerer) onlyNull(k *keywords) bool {
	f := k.facts()
	if f.onlyNull == notAsked {
		f.onlyNull = answerOf(!l.anything(k) && l.allowsNull(k) && l.withoutNull(k) == nil)
	}
	return f.onlyNull == yes
}

// anything tells whether k becomes Any, through references and branches.
func (l *lowerer) anything(k *keywords) bool {
	f := k.facts()
	if f.any != notAsked {
		return f.any == yes
	}
	defer l.leave()
	if !l.enter(k) {
		return false
	}
	f.any = no // in a cycle, as for null
	flat := l.flatten(l.target(k))
	found := flat.isAny()
	if !found && flat.kind == objectSchema && flat.ref == nil && !flat.isEnum() && len(flat.jsonTypes()) == 0 {
		branches := flat.branches()
		found = branches == nil || slices.ContainsFunc(branches, l.anything)
	}
	f.any = answerOf(found)
	return found
}

// splitNull takes null out of what the flat schema k allows. It returns k itself
// where null is not among it, and a nil core where nothing else is. With keepNames
// a definition that has null itself keeps its name where it is all that k allows:
// null is then still among the values of the core.
func (l *lowerer) splitNull(k *keywords, keepNames bool) (core *keywords, hasNull bool) {
	switch {
	case k.isNull():
		return nil, true
	case isTrue(k.get(nullable)):
		core, _ = l.splitNull(k.without(isNullable), keepNames)
		return core, true
	case k.listsNull():
		return k.dropNull(), true
	case k.listsValues():
		return k, false
	}
	branches := k.branches()
	if keepNames && len(branches) == 1 && branches[0].ref != nil && k.properties == nil {
		return k, false
	}
	var kept []*keywords
	for _, b := range branches {
		if rest := l.withoutNull(b); rest != nil {
			kept = append(kept, rest)
		}
		hasNull = hasNull || !l.anything(b) && l.allowsNull(b)
	}
	if !hasNull {
		return k, false
	}
	if len(kept) == 0 {
		return nil, true
	}
	if keepNames && len(branches) == 2 && len(kept) == 1 {
		kept = l.keepName(branches, kept)
	}
	return k.withBranches(kept), true
}

// dropNull removes null from the enum of k or, where it has none, its types.
func (k *keywords) dropNull() *keywords {
	c := k.copy()
	if k.enum != nil {
		of := func(list []*text.Node) []*text.Node { return withoutThose(list, k.enum.values, isNullValue) }
		c.enum = &enumKeyword{k.enum.keyPos, of(k.enum.values)}
		return c.withLabels(of)
	}
	c.written = k.written.narrowed(slices.DeleteFunc(slices.Clone(k.written.names), func(t string) bool { return t == "null" }))
	return c
}

func isNullValue(v *text.Node) bool { return v.Kind == text.KindNull }

// withLabels returns k with what a function makes of the names and descriptions of its enum.
func (k *keywords) withLabels(of func([]*text.Node) []*text.Node) *keywords {
	for _, labels := range []keyword{enumNames, enumDocs} {
		if n := k.get(labels); n != nil {
			k = k.with([]keywordValue{{labels, &text.Node{Kind: n.Kind, Items: of(n.Items), Pos: n.Pos}}})
		}
	}
	return k
}

// withoutThose removes from list what belongs to some of the values.
func withoutThose(list, values []*text.Node, those func(*text.Node) bool) []*text.Node {
	if len(list) != len(values) {
		return list
	}
	var kept []*text.Node
	for i, item := range list {
		if !those(values[i]) {
			kept = append(kept, item)
		}
	}
	return kept
}

// keepName keeps the name in [X, null], where X is a definition that has null itself.
func (l *lowerer) keepName(branches, kept []*keywords) []*keywords {
	for _, b := range branches {
		if b.ref != nil && !l.onlyNull(b) {
			return []*keywords{b}
		}
	}
	return kept
}

// withoutNull returns a branch without null; nil where nothing is left.
func (l *lowerer) withoutNull(b *keywords) *keywords {
	if l.anything(b) || !l.allowsNull(b) {
		return b
	}
	k, seen := b, map[*keywords]bool{}
	for k.ref != nil && !l.refNarrowed(k) {
		target := l.refTarget(k)
		if target == nil || seen[k] { // to nowhere, or in a circle
			return b
		}
		seen[k] = true
		if !l.allowsNull(target) { // the null is beside the $ref
			return k.without(isNullable)
		}
		k = target
	}
	f := k.facts()
	if f.hasCore {
		return f.core
	}
	if f.splitting {
		l.reportCircle(b)
		return nil // it adds nothing to the union
	}
	f.splitting = true
	defer func() { f.splitting = false }()
	f.core, _ = l.splitNull(l.flatten(k), false)
	f.hasCore = true
	return f.core
}

// nullableIf wraps t unless null is among its values anyway.
func (l *lowerer) nullableIf(nullable bool, t schema.Type) schema.Type {
	switch t := t.(type) {
	case *schema.Nullable, *schema.Null, *schema.Any:
		return t
	case *schema.Alias:
		nullable = nullable && !l.nullable[t]
	}
	if nullable {
		return &schema.Nullable{Elem: t}
	}
	return t
}
