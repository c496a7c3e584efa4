package load

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// This file merges schemas that hold at once: the parts of an allOf, a $ref and what
// stands beside it, alternatives and what stands beside them.

// flatten returns k with allOf, and a $ref that has siblings, merged into it.
// A lone $ref in an allOf with only documentation beside it is that $ref.
func (l *lowerer) flatten(k *keywords) *keywords {
	if k.allOf == nil && k.ref == nil && (k.anyOf == nil || k.oneOf == nil) && k.conditions == nil {
		return k
	}
	f := k.facts()
	if f.flat != nil {
		return f.flat
	}
	if f.flattening {
		l.diags.Add(k.pos, "ref-cycle", "this schema includes itself through allOf", "remove it from its own allOf")
		return &keywords{pos: k.pos}
	}
	defer l.leave()
	if !l.enter(k) {
		return &keywords{pos: k.pos}
	}
	f.flattening = true
	defer func() { f.flattening = false }()
	flat := l.mergeParts(k)
	f.flat = flat
	return flat
}

func (l *lowerer) mergeParts(k *keywords) *keywords {
	own := k.copy()
	own.allOf, own.ref, own.combined = nil, nil, false
	if l.loneRef(k) != nil {
		own.anyOf = k.allOf
		return own
	}
	var parts []*keywords
	if k.ref != nil {
		parts = append(parts, &keywords{pos: k.ref.Pos, ref: k.ref})
	}
	if k.allOf != nil {
		parts = append(parts, k.allOf.schemas...)
	}
	var expanded []*keywords
	for _, part := range parts {
		if part.kind == objectSchema {
			l.noteIgnored(part)
			part = l.expand(k, part)
		}
		expanded = append(expanded, part)
	}
	flat := l.withConditions(l.joinAlternatives(l.merge(l.mergeAll(expanded), own)))
	flat.pos, flat.node = k.pos, k.node
	return flat
}

// fewParts is how many parts are merged one after the other.
const fewParts = 16

// mergeAll merges parts in their order. Many are merged by halves: what is merged already is not
// copied for each of the others.
func (l *lowerer) mergeAll(parts []*keywords) *keywords {
	if half := len(parts) / 2; len(parts) > fewParts {
		return l.merge(l.mergeAll(parts[:half]), l.mergeAll(parts[half:]))
	}
	flat := &keywords{}
	for _, part := range parts {
		flat = l.merge(flat, part)
	}
	return flat
}

// expand returns a part of the allOf of k with its own $ref and allOf resolved.
// Where k is one of the part's alternatives, as OpenAPI writes inheritance, it
// is that one: the others are left out.
func (l *lowerer) expand(k, part *keywords) *keywords {
	target := l.target(part)
	if target.ref != nil && !l.refNarrowed(target) {
		return &keywords{pos: part.pos} // leads nowhere: reported
	}
	for _, b := range target.branches() {
		if b.ref != nil && l.refTarget(b) == k {
			target = target.withoutBranches()
			break
		}
	}
	flat := l.flatten(target)
	if part != target && flat.has(keyword.isAnnotation) {
		flat = flat.without(keyword.isAnnotation) // they are about the definition
	}
	return flat
}

// merge returns the keywords of what satisfies a and b, which are flat: what b says
// goes before what a says, members are united, and what both narrow is narrowed by both.
func (l *lowerer) merge(a, b *keywords) *keywords {
	switch {
	case a.kind == falseSchema || b.kind == trueSchema || b.kind == noSchema:
		return a
	case b.kind == falseSchema:
		return b.copy()
	}
	c := a.copy()
	c.sealed = a.sealed || b.sealed
	if c.conditions = cmp.Or(a.conditions, b.conditions); a.conditions != nil && b.conditions != nil {
		c.conditions = &schemaList{schemas: slices.Concat(a.conditions.schemas, b.conditions.schemas)}
	}
	c.conflict = cmp.Or(a.conflict, b.conflict)
	mergeTypes(c, a, b)
	mergeValues(c, a, b)
	l.mergeContents(c, a, b)
	c.values = mergeKept(a.values, b.values)
	c.anyOf = l.mergeAlternatives(c, a, b, a.anyOf, b.anyOf)
	c.oneOf = l.mergeAlternatives(c, a, b, a.oneOf, b.oneOf)
	c.extended, c.unread = a.extended || b.extended, a.unread || b.unread
	return c
}

// mergeKept returns the keywords of two schemas that hold at once, each as the
// vocabulary says.
func mergeKept(a, b []keywordValue) []keywordValue {
	if len(a) == 0 || len(b) == 0 {
		return append(a[:len(a):len(a)], b...)
	}
	merged := slices.Clone(a)
	for _, v := range b {
		i := slices.IndexFunc(merged, func(other keywordValue) bool { return other.keyword == v.keyword })
		if i < 0 {
			merged = append(merged, v)
			continue
		}
		earlier := merged[i].node
		switch mergeUses[v.keyword] {
		case unites:
			v.node = &text.Node{Kind: text.KindArray, Items: distinctValues(slices.Concat(earlier.Items, v.node.Items)), Pos: v.node.Pos}
		case atLeast:
			if text.CompareNumbers(earlier, v.node) > 0 {
				v.node = earlier
			}
		case atMost:
			if text.CompareNumbers(earlier, v.node) < 0 {
				v.node = earlier
			}
		}
		merged[i] = v
	}
	return merged
}

// mergeTypes leaves the types that two schemas have in common.
func mergeTypes(c, a, b *keywords) {
	c.implied = a.implied.union(b.implied)
	if b.written.form == noType {
		return
	}
	c.written = b.written
	if a.written.form == noType {
		return
	}
	var common []string
	for _, x := range a.written.names {
		for _, y := range b.written.names {
			switch {
			case x == y || x == "number" && y == "integer":
				common = append(common, y)
			case x == "integer" && y == "number":
				common = append(common, x)
			}
		}
	}
	if len(common) == 0 {
		c.conflict = &conflict{
			b.written.pos,
			fmt.Sprintf("parts of an allOf have different types: %s and %s", strings.Join(a.written.names, " or "), strings.Join(b.written.names, " or ")),
			"no value is of both; remove one",
		}
		return
	}
	c.written = c.written.narrowed(common)
}

// mergeValues leaves the values of enum and const that two schemas have in common.
func mergeValues(c, a, b *keywords) {
	switch {
	case b.enum == nil:
	case a.enum == nil:
		c.enum = b.enum
	case a.get(enumNames) != nil: // the values that have names
		c.enum = commonValues(c, a.enum, b.enum, b.enum.keyPos)
	default:
		c.enum = commonValues(c, b.enum, a.enum, b.enum.keyPos)
	}
	if x, y := a.get(constant), b.get(constant); x != nil && y != nil && x.JSON() != y.JSON() {
		c.conflict = &conflict{y.Pos, fmt.Sprintf("parts of an allOf are different constants: %s and %s", x.JSON(), y.JSON()), "no value is both; remove one"}
	}
}

// commonValues returns the values of a that b has, too; keyPos is that of the later.
func commonValues(c *keywords, a, b *enumKeyword, keyPos text.Pos) *enumKeyword {
	has := map[string]bool{}
	for _, v := range b.values {
		has[v.JSON()] = true
	}
	common := &enumKeyword{keyPos: keyPos}
	for _, v := range a.values {
		if has[v.JSON()] {
			common.values = append(common.values, v)
		}
	}
	if len(common.values) == 0 {
		c.conflict = &conflict{keyPos, "parts of an allOf have no enum value in common", "no value satisfies both; remove one"}
	}
	return common
}

// mergeContents merges what describes the parts of objects and arrays.
func (l *lowerer) mergeContents(c, a, b *keywords) {
	c.properties = l.mergeProperties(a.properties, b.properties)
	c.additional = l.combine(a.additional, b.additional)
	c.memberNames = l.combine(a.memberNames, b.memberNames)
	c.items = l.combine(a.items, b.items)
	c.patterns = cmp.Or(b.patterns, a.patterns)
	c.prefixItems = cmp.Or(b.prefixItems, a.prefixItems)
}

func (l *lowerer) mergeProperties(a, b *memberList) *memberList {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	out := &memberList{pos: a.pos, members: slices.Clone(a.members)}
	index := make(map[string]int, len(a.members))
	for i, m := range a.members {
		index[m.key] = i
	}
	for _, m := range b.members {
		if i, declared := index[m.key]; declared {
			out.members[i] = member{m.key, m.keyPos, l.combine(out.members[i].schema, m.schema)}
		} else {
			out.members = append(out.members, m)
		}
	}
	return out
}

// combine returns the schema of what satisfies a and b, one of which may be nil. It
// is merged only when it is lowered: recursive schemas have no end.
func (l *lowerer) combine(a, b *keywords) *keywords {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case b.isAny():
		return a.annotated(b)
	case a.isAny(), b.kind != objectSchema:
		return b.annotated(a)
	case a.kind != objectSchema:
		return a
	case l.target(a) == l.target(b): // a name and the same name
		return a.annotated(b)
	}
	ofA, ofB := l.mergedOf(a), l.mergedOf(b)
	switch both := union(ofA, ofB); {
	case len(both) == len(ofA): // b is among what a is merged of
		return a.annotated(b)
	case len(both) == len(ofB) && b.has(keyword.isAnnotation):
		return b
	case len(both) == len(ofB):
		return b.annotated(a)
	default:
		return l.pair(both, a, b)
	}
}

// pair returns the schema that is merged of several. Of the same ones it is the same, so
// that one that contains itself is recognised, but for what it says to people.
func (l *lowerer) pair(of []int, a, b *keywords) *keywords {
	c := allOf(b.pos, a, b)
	c.values = mergeKept(a.annotations(), b.annotations())
	key := fmt.Sprint(of)
	if first := l.pairs[key]; first != nil {
		c.known = first.facts()
	} else {
		l.pairs[key] = c
	}
	return c
}

// mergedLimit bounds how many parts of a schema are looked at: a diamond of allOf has many.
const mergedLimit = 256

// mergedOf returns numbers of the schemas that k is merged of, in order: itself, unless it
// has nothing but an allOf, the parts of that, and what it refers to.
func (l *lowerer) mergedOf(k *keywords) []int {
	var numbers []int
	seen := map[*keywords]bool{}
	for queue := []*keywords{k}; len(queue) > 0; queue = queue[1:] {
		part := l.target(queue[0])
		if seen[part] {
			continue
		}
		if seen[part] = true; len(seen) > mergedLimit {
			return []int{l.number(k)}
		}
		if part.allOf == nil || part.hasAlternatives() || !part.onlyCombines() {
			numbers = append(numbers, l.number(part))
		}
		if part.ref != nil {
			if target := l.refTarget(part); target != nil {
				queue = append(queue, target)
			}
		}
		if part.allOf != nil {
			queue = append(queue, part.allOf.schemas...)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// number tells schemas apart.
func (l *lowerer) number(k *keywords) int {
	n, known := l.numbers[k]
	if !known {
		n = len(l.numbers)
		l.numbers[k] = n
	}
	return n
}

// union returns the numbers that are in either of two lists, in order.
func union(a, b []int) []int {
	both := slices.Concat(a, b)
	slices.Sort(both)
	return slices.Compact(both)
}

// allOf returns a schema that is not in the document: that of what satisfies all parts.
func allOf(pos text.Pos, parts ...*keywords) *keywords {
	return &keywords{pos: pos, allOf: &schemaList{pos, parts}, combined: true}
}

// annotated returns k with the annotations of other, where it has them.
func (k *keywords) annotated(other *keywords) *keywords {
	if !other.has(keyword.isAnnotation) {
		return k
	}
	return k.with(other.annotations())
}

// mergeAlternatives returns the anyOf or the oneOf of two schemas that are merged to c: of
// those that only narrow values, either.
func (l *lowerer) mergeAlternatives(c, a, b *keywords, earlier, later *schemaList) *schemaList {
	switch {
	case later == nil, earlier != nil && a.describesTypes(earlier) && !b.describesTypes(later):
		return earlier
	case earlier == nil || !a.describesTypes(earlier):
		return later
	}
	return l.product(c, earlier, later)
}

// mergeLimit bounds merging inside of what was merged already: recursive schemas
// can go on for ever.
const mergeLimit = 32

// enterCombined counts how deep k lies in schemas that are not in the document, and
// tells whether to go on.
func (l *lowerer) enterCombined(k *keywords) bool {
	l.combining++
	if l.combining > mergeLimit && !l.stopped {
		l.stopped = true
		l.diags.Add(k.pos, "allof-unsupported", "merging this schema with the ones around it never ends", "write the combination out as a definition of its own")
	}
	return !l.stopped
}

// withBase returns an alternative with what stands beside all of them. One that
// allows anything cannot add null, or alternatives, to the type of the base.
func (l *lowerer) withBase(base, branch *keywords) *keywords {
	if flat := l.flatten(l.target(branch)); l.anything(flat) && (isTrue(flat.get(nullable)) || flat.branches() != nil) {
		branch = flat.withoutBranches().without(isNullable)
	}
	c := allOf(branch.pos, base, branch)
	c.writtenAs = &schemaList{schemas: branch.parts()}
	return c
}

// distribute gives each alternative the members that stand beside them all. An
// alternative that declares those members itself stays as it is.
func (l *lowerer) distribute(k *keywords, branches []*keywords) []*keywords {
	base := &keywords{
		pos: k.pos, properties: k.properties, additional: k.additional, patterns: k.patterns,
		written: k.written, implied: impliedTypes(0).with("object"),
		values: k.without(func(other keyword) bool { return other != requiredMembers }).values,
	}
	// Types beside the alternatives that lack null leave no null to these.
	noNull := k.written.form != noType && !slices.Contains(k.written.names, "null")
	out := make([]*keywords, len(branches))
	for i, b := range branches {
		if noNull && isTrue(b.get(nullable)) {
			b = b.without(isNullable)
		}
		out[i] = b
		if !l.declaresAll(b, base) {
			out[i] = l.withBase(base, b)
		}
	}
	return out
}

func (l *lowerer) declaresAll(branch, base *keywords) bool {
	flat := l.flatten(l.target(branch))
	for _, m := range base.properties.members {
		if flat.properties.get(m.key) == nil {
			return false
		}
	}
	required := flat.requiredNames()
	for name := range base.requiredNames() {
		if !required[name] {
			return false
		}
	}
	return base.additional == nil && base.patterns == nil
}

// withSiblings gives the only alternative of k the keywords that stand beside it.
func (l *lowerer) withSiblings(k, branch *keywords) *keywords {
	rest := k.withoutBranches()
	if rest.hasStructure() || rest.hasLimits() && branch.ref == nil {
		return l.withBase(rest.without(isNullable), branch)
	}
	return branch
}
