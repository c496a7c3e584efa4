package breaking

import (
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

func (c *comparer) unions(b, a *schema.Union, d direction, p place) {
	if b.Tag != "" && a.Tag != "" && b.Tag != a.Tag {
		c.note(tagChanged.of(d), p, "the variants are told apart by %q, and were by %q", a.Tag, b.Tag)
		return
	}
	var known []schema.Type // the variants of the new version that were there before
	for i := range b.Variants {
		old := &b.Variants[i]
		v := c.counterpart(old, a, d, known)
		if v == nil {
			c.variantRemoved(old, a, d)
			continue
		}
		known = append(known, v.Type)
		c.compare(old.Type, v.Type, d, place{old.Pos, v.Pos})
	}
	for i := range a.Variants {
		if v := &a.Variants[i]; !slices.Contains(known, v.Type) {
			c.variantAdded(v, b, d)
		}
	}
}

// counterpart finds the variant of the other version: by a common tag, by its name, the
// first that takes the same values, or a list or dict that is not known as another's yet.
func (c *comparer) counterpart(v *schema.Variant, in *schema.Union, d direction, known []schema.Type) *schema.Variant {
	tests := []func(*schema.Variant) bool{
		func(o *schema.Variant) bool { return sharesTag(v, o) },
		func(o *schema.Variant) bool {
			return len(v.Tags) == 0 && declaredName(v.Type) != "" && declaredName(v.Type) == declaredName(o.Type)
		},
		func(o *schema.Variant) bool {
			return len(v.Tags) == 0 && c.fits(v.Type, o.Type, d) && c.fits(o.Type, v.Type, d)
		},
		func(o *schema.Variant) bool {
			return !slices.Contains(known, o.Type) && declaredName(v.Type) == "" && declaredName(o.Type) == "" && sameContainer(v.Type, o.Type)
		},
	}
	for _, test := range tests {
		for i := range in.Variants {
			if test(&in.Variants[i]) {
				return &in.Variants[i]
			}
		}
	}
	return nil
}

// sameContainer tells whether both are lists, or both dicts.
func sameContainer(a, b schema.Type) bool {
	_, listA := a.(*schema.List)
	_, listB := b.(*schema.List)
	_, mapA := a.(*schema.Map)
	_, mapB := b.(*schema.Map)
	return listA && listB || mapA && mapB
}

func sharesTag(a, b *schema.Variant) bool {
	return slices.ContainsFunc(a.Tags, func(x *text.Node) bool {
		return slices.ContainsFunc(b.Tags, func(y *text.Node) bool { return schema.SameScalar(x, y) })
	})
}

func (c *comparer) variantRemoved(old *schema.Variant, a *schema.Union, d direction) {
	what := schema.Describe(old.Type)
	if d == toServer && !slices.ContainsFunc(a.Variants, func(v schema.Variant) bool { return c.fits(old.Type, v.Type, d) }) {
		c.add(variantRefused.of(d), old.Pos, a.Pos, "%s %s", what, senders[d])
	}
	c.add(variantGone, old.Pos, a.Pos, "the variant %s is gone", what)
}

func (c *comparer) variantAdded(v *schema.Variant, b *schema.Union, d direction) {
	what := schema.Describe(v.Type)
	if d == toServer {
		c.add(paramsVariantMore, b.Pos, v.Pos, "%s may be sent", what)
		return
	}
	c.add(unknownVariant, b.Pos, v.Pos, "%s may be sent: code that looks at all variants lacks it", what)
}
