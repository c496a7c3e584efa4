package load

import (
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// This file finds null among the values of a schema: types that have it are
// [schema.Nullable] on the outside, however deep the document hides it.

// isNull tells whether null is the only value of n.
func isNull(n *text.Node) bool {
	if c := n.Get("const"); c != nil {
		return c.Kind == text.KindNull
	}
	if e := n.Get("enum"); e != nil && e.Kind == text.KindArray {
		return len(e.Items) == 1 && e.Items[0].Kind == text.KindNull
	}
	t := n.Get("type")
	return t != nil && (t.Text == "null" || t.Kind == text.KindArray && len(t.Items) == 1 && t.Items[0].Text == "null")
}

// allowsNull tells whether null is a value of n, through references.
func (l *lowerer) allowsNull(n *text.Node) bool {
	if known, ok := l.nulls[n]; ok {
		return known
	}
	defer l.leave()
	if !l.enter(n) {
		return false
	}
	l.nulls[n] = false // in a cycle: what refers to itself gets no null from there
	found := l.findNull(n)
	l.nulls[n] = found
	return found
}

func (l *lowerer) findNull(n *text.Node) bool {
	if l.anything(n) {
		return true
	}
	if ref := n.Get("$ref"); ref != nil && !l.refNarrowed(n) {
		t, ok := l.docs.resolve(ref)
		return ok && (n.IsTrue("nullable") || l.allowsNull(t.Node))
	}
	flat := l.flatten(n)
	if listsNull(flat) {
		return true
	}
	if flat.Get("enum") != nil || flat.Get("const") != nil {
		return false
	}
	for _, b := range branches(flat) {
		if l.allowsNull(b) {
			return true
		}
	}
	return false
}

// onlyNull tells whether null is the only value of n, through references.
func (l *lowerer) onlyNull(n *text.Node) bool {
	known, ok := l.onlyNulls[n]
	if !ok {
		known = !l.anything(n) && l.allowsNull(n) && l.withoutNull(n) == nil
		l.onlyNulls[n] = known
	}
	return known
}

// anything tells whether n lowers to any value, through references and branches.
func (l *lowerer) anything(n *text.Node) bool {
	if known, ok := l.anys[n]; ok {
		return known
	}
	defer l.leave()
	if !l.enter(n) {
		return false
	}
	l.anys[n] = false // in a cycle, as for null
	flat := l.flatten(l.target(n))
	found := isAny(flat)
	if !found && flat.Kind == text.KindObject && flat.Get("$ref") == nil && !isEnum(flat) && typesOf(flat) == nil {
		bs := branches(flat)
		found = bs == nil || slices.ContainsFunc(bs, l.anything)
	}
	l.anys[n] = found
	return found
}

// listsNull tells whether n itself names null.
func listsNull(n *text.Node) bool {
	if isNull(n) || n.IsTrue("nullable") {
		return true
	}
	if n.Get("const") != nil {
		return false
	}
	if e := n.Get("enum"); e != nil {
		return slices.ContainsFunc(e.Items, func(v *text.Node) bool { return v.Kind == text.KindNull })
	}
	t := n.Get("type")
	return t != nil && slices.ContainsFunc(t.Items, isNullWord)
}

func isNullWord(t *text.Node) bool { return t.Kind == text.KindString && t.Text == "null" }

// splitNull takes null out of what the flat schema n allows. It returns n itself
// where null is not among it, and a nil core where nothing else is. With keepNames
// a definition that has null itself keeps its name where it is all that n allows:
// null is then still among the values of the core.
func (l *lowerer) splitNull(n *text.Node, keepNames bool) (core *text.Node, nullable bool) {
	switch {
	case isNull(n):
		return nil, true
	case n.IsTrue("nullable"):
		rest, _ := l.splitNull(without(n, "nullable"), keepNames)
		return rest, true
	case listsNull(n):
		return dropNull(n), true
	case n.Get("enum") != nil || n.Get("const") != nil:
		return n, false
	}
	bs := branches(n)
	if keepNames && len(bs) == 1 && bs[0].Get("$ref") != nil {
		return n, false
	}
	var kept []*text.Node
	for _, b := range bs {
		if rest := l.withoutNull(b); rest != nil {
			kept = append(kept, rest)
		}
		nullable = nullable || !l.anything(b) && l.allowsNull(b)
	}
	if !nullable {
		return n, false
	}
	if len(kept) == 0 {
		return nil, true
	}
	if keepNames && len(bs) == 2 && len(kept) == 1 {
		kept = l.keepName(bs, kept)
	}
	key := branchesKey(n)
	return with(n, key, array(n.Get(key), kept)), true
}

// dropNull removes null from the enum of n or, where it has none, its types.
func dropNull(n *text.Node) *text.Node {
	if e := n.Get("enum"); e != nil {
		for _, key := range []string{"x-enum-varnames", "x-enum-descriptions"} {
			if list := n.Get(key); list != nil && len(list.Items) == len(e.Items) {
				n = with(n, key, dropPlaces(list, e))
			}
		}
		return with(n, "enum", dropPlaces(e, e))
	}
	t := n.Get("type")
	kept := slices.DeleteFunc(slices.Clone(t.Items), isNullWord)
	if len(kept) == 1 {
		return with(n, "type", kept[0])
	}
	return with(n, "type", array(t, kept))
}

// dropPlaces removes from list what stands where the enum e has null.
func dropPlaces(list, e *text.Node) *text.Node {
	var kept []*text.Node
	for i, item := range list.Items {
		if e.Items[i].Kind != text.KindNull {
			kept = append(kept, item)
		}
	}
	return array(list, kept)
}

// keepName keeps the name in [X, null], where X is a definition that has null itself.
func (l *lowerer) keepName(bs, kept []*text.Node) []*text.Node {
	for _, b := range bs {
		if b.Get("$ref") != nil && !l.onlyNull(b) {
			return []*text.Node{b}
		}
	}
	return kept
}

// withoutNull returns a branch without null; nil where nothing is left.
func (l *lowerer) withoutNull(b *text.Node) *text.Node {
	if l.anything(b) || !l.allowsNull(b) {
		return b
	}
	at, seen := b, map[*text.Node]bool{}
	for at.Get("$ref") != nil && !l.refNarrowed(at) {
		t, ok := l.docs.resolve(at.Get("$ref"))
		if !ok || seen[at] { // to nowhere, or in a circle
			return b
		}
		seen[at] = true
		if !l.allowsNull(t.Node) { // the null is beside the $ref
			return without(at, "nullable")
		}
		at = t.Node
	}
	if known, ok := l.cores[at]; ok {
		return known
	}
	if l.splitting[at] {
		l.circles++
		return b
	}
	l.splitting[at] = true
	defer delete(l.splitting, at)
	circles := l.circles
	core, _ := l.splitNull(l.flatten(at), false)
	if circles == l.circles { // else it depends on where the circle was entered
		l.cores[at] = core
	}
	return core
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
