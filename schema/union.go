package schema

import (
	"fmt"
	"strconv"
)

// fillUnion lowers the alternatives of anyOf or oneOf.
func (l *lowerer) fillUnion(u *Union, n *Node) {
	bs := branches(n)
	if n.Get("properties") != nil {
		bs = branches(l.distribute(n, bs))
	}
	u.Tag = tagOf(n)
	for i, b := range bs {
		t := l.typ(b, place{owner: u, path: variantName(b, i)})
		if t == Type(u) {
			continue // adds nothing to what the others allow
		}
		if inner, ok := t.(*Union); ok && inner.Inline && inner.Tag == "" && u.Tag == "" {
			u.Variants = append(u.Variants, inner.Variants...)
			continue
		}
		v := Variant{Type: t, Pos: b.Pos}
		if u.Tag != "" {
			v.Tags = l.tagsOf(n, b, u.Tag)
		}
		if u.Tag == "" && hasVariant(u, t) {
			continue
		}
		u.Variants = append(u.Variants, v)
	}
	if len(u.Variants) == 0 {
		l.diags.add(n.Pos, "ref-cycle", "this union is made of nothing but itself", "give it a variant of another type")
	}
	if u.Tag != "" {
		l.checkTags(u, n)
	}
}

// variantName names an alternative that has no name of its own.
func variantName(b *Node, i int) string {
	if title := b.GetString("title"); title != "" {
		return typeName(title)
	}
	return "Variant" + strconv.Itoa(i+1)
}

// hasVariant tells whether a type without a declaration is among the variants.
func hasVariant(u *Union, t Type) bool {
	for _, v := range u.Variants {
		if v.Type == t {
			return true
		}
		a, okA := v.Type.(*Scalar)
		b, okB := t.(*Scalar)
		if okA && okB && a.Kind == b.Kind && a.Format == b.Format {
			return true
		}
	}
	return false
}

// tagOf returns the member that a discriminator names; AsyncAPI's own dialect
// writes it as a string.
func tagOf(n *Node) string {
	d := n.Get("discriminator")
	if d != nil && d.Kind == KindString {
		return d.Text
	}
	return d.GetString("propertyName")
}

// tagsOf returns the values of the tag that select a variant: the constants that
// it declares or, where it declares none, the keys of the mapping that lead to it.
func (l *lowerer) tagsOf(union, variant *Node, tag string) []*Node {
	if tags := l.declaredTags(variant, tag, map[*Node]bool{}); len(tags) > 0 {
		return distinctValues(tags)
	}
	ref := variant.Get("$ref")
	if ref == nil {
		return nil
	}
	target, ok := l.docs.resolve(ref)
	if !ok {
		return nil
	}
	var tags []*Node
	if mapping := union.Get("discriminator").Get("mapping"); mapping != nil {
		for _, m := range mapping.Members {
			if m.Value.Kind != KindString {
				continue // Pydantic writes a nested union itself here
			}
			if to, ok := l.docs.resolve(m.Value); ok && to.Node == target.Node {
				tags = append(tags, &Node{Kind: KindString, Text: m.Key, Pos: m.KeyPos})
			}
		}
	}
	if tags == nil { // OpenAPI: the definition's name
		tags = append(tags, &Node{Kind: KindString, Text: target.Key, Pos: ref.Pos})
	}
	return tags
}

// distinctValues drops repetitions: variants of a nested union may share a tag.
func distinctValues(values []*Node) []*Node {
	seen := make(map[string]bool, len(values))
	kept := values[:0:0]
	for _, v := range values {
		if key := v.JSON(); !seen[key] {
			seen[key] = true
			kept = append(kept, v)
		}
	}
	return kept
}

// declaredTags reads the constants of a variant's tag from the schema itself:
// the variant may still be being lowered.
func (l *lowerer) declaredTags(n *Node, tag string, seen map[*Node]bool) []*Node {
	for hops := 0; n.Get("$ref") != nil && !l.refNarrowed(n) && hops < 100; hops++ {
		t, ok := l.docs.resolve(n.Get("$ref"))
		if !ok {
			return nil
		}
		n = t.Node
	}
	if seen[n] {
		return nil
	}
	seen[n] = true
	flat := l.flatten(n)
	if prop := flat.Get("properties").Get(tag); prop != nil {
		return l.constants(prop, map[*Node]bool{})
	}
	var tags []*Node
	for _, b := range branches(flat) {
		tags = append(tags, l.declaredTags(b, tag, seen)...)
	}
	return tags
}

func (l *lowerer) constants(prop *Node, seen map[*Node]bool) []*Node {
	for hops := 0; prop.Get("$ref") != nil && hops < 100; hops++ {
		t, ok := l.docs.resolve(prop.Get("$ref"))
		if !ok {
			return nil
		}
		prop = t.Node
	}
	if seen[prop] {
		return nil
	}
	seen[prop] = true
	prop = l.flatten(prop)
	if c := prop.Get("const"); c != nil {
		return []*Node{c}
	}
	if e := prop.Get("enum"); e != nil {
		return e.Items
	}
	if bs := branches(prop); len(bs) == 1 {
		return l.constants(bs[0], seen)
	}
	return nil
}

// checkTags reports variants that are no objects and tags that select two.
func (l *lowerer) checkTags(u *Union, n *Node) {
	seen := map[string]Pos{}
	for _, v := range u.Variants {
		switch t := Resolve(v.Type).(type) {
		case *Object:
		case *Union:
			if t.Tag == "" {
				l.diags.add(v.Pos, "tag-variant", fmt.Sprintf("a variant told apart by %s is itself a union without a discriminator", quoteText(u.Tag)),
					"give the inner union a discriminator, or list its variants in the outer one")
			}
		default:
			l.diags.add(v.Pos, "tag-variant", fmt.Sprintf("a variant told apart by %s must be an object, not %s", quoteText(u.Tag), Describe(v.Type)),
				"wrap it in a model, or remove the discriminator")
		}
		for _, tag := range v.Tags {
			key := tag.JSON()
			if first, taken := seen[key]; taken {
				d := l.diags.add(tag.Pos, "duplicate-tag", fmt.Sprintf("%s: %s selects two variants", quoteText(u.Tag), key), "give each variant a tag of its own")
				d.Notes = append(d.Notes, Note{first, "the first one is here"})
			} else {
				seen[key] = tag.Pos
			}
		}
	}
}
