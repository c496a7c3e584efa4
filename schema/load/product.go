package load

import (
	"fmt"
	"slices"
)

// This file combines the alternatives of two schemas that hold at once:
//
//	allOf: [{oneOf: [A, B]}, {oneOf: [C, D]}]  ──►  oneOf: [A and C, A and D, B and C, B and D]
//
// Pairs that have no value in common are left out later, see [lowerer.possible]. A
// discriminator does not tell pairs apart.

// maxPairs bounds how many alternatives two lists are combined to.
const maxPairs = 1000

// product returns the alternatives of what satisfies both lists; c is the schema that is to
// have them.
func (l *lowerer) product(c *keywords, a, b *schemaList) *schemaList {
	switch {
	case l.includes(a.schemas, b.schemas):
		return b
	case l.includes(b.schemas, a.schemas):
		return a
	case len(a.schemas)*len(b.schemas) > maxPairs:
		c.conflict = &conflict{
			b.keyPos, fmt.Sprintf("%d and %d alternatives that hold at once combine to more than %d", len(a.schemas), len(b.schemas), maxPairs),
			"write out those that can be as one oneOf",
		}
		return a
	}
	c.values = slices.DeleteFunc(slices.Clone(c.values), func(v keywordValue) bool { return v.keyword == discriminator })
	l.steps += len(a.schemas) * len(b.schemas)
	pairs := &schemaList{keyPos: b.keyPos}
	for _, x := range a.schemas {
		for _, y := range b.schemas {
			pair := allOf(y.pos, x, y)
			pair.writtenAs = &schemaList{schemas: distinctParts(x.parts(), y.parts())}
			pairs.schemas = append(pairs.schemas, pair)
		}
	}
	return pairs
}

// distinctParts returns the schemas of both lists, each once: a schema that includes itself
// meets the same ones again and again.
func distinctParts(a, b []*keywords) []*keywords {
	known := make(map[*keywords]bool, len(a))
	for _, k := range a {
		known[k] = true
	}
	all := slices.Clip(a)
	for _, k := range b {
		if !known[k] {
			known[k] = true
			all = append(all, k)
		}
	}
	return all
}

// includes tells whether every one of some alternatives is one of list: a type that both
// refer to.
func (l *lowerer) includes(list, some []*keywords) bool {
	known := map[*keywords]bool{}
	for _, b := range list {
		known[l.target(b)] = true
	}
	return !slices.ContainsFunc(some, func(b *keywords) bool { return !known[l.target(b)] })
}

// joinAlternatives makes one list of anyOf and oneOf in one schema.
func (l *lowerer) joinAlternatives(k *keywords) *keywords {
	if !k.describesTypes(k.oneOf) || !k.describesTypes(k.anyOf) {
		return k
	}
	c := k.copy()
	c.oneOf, c.anyOf = l.product(c, k.oneOf, k.anyOf), nil
	return c
}

// parts are the alternatives of the document that k is put together from: itself where it
// stands there.
func (k *keywords) parts() []*keywords {
	if k.writtenAs == nil {
		return []*keywords{k}
	}
	return k.writtenAs.schemas
}
