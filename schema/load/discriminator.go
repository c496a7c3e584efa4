package load

import (
	"fmt"
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// This file finds the values of the member that tells the variants of a union apart.

// tag returns the member that a discriminator names; AsyncAPI's own dialect
// writes it as a string.
func (k *keywords) tag() string {
	if name := stringOf(k.get(discriminator)); name != "" {
		return name
	}
	return k.get(discriminator).GetString("propertyName")
}

// tagsOf returns the values of the tag that select a variant: the constants that
// it declares, of those only the ones that the mapping has for it, if any. Where
// it declares none, they are the keys of the mapping that lead to it, else, as in
// OpenAPI, the name of its definition.
// written is the variant without the members that stand beside all of them.
func (l *lowerer) tagsOf(union, variant, written *keywords, tag string) []*text.Node {
	declared := l.declaredTags(variant, tag)
	if written.ref == nil || len(declared) == 1 || len(declared) == 0 && !l.declares(variant, tag) {
		return declared
	}
	target, ok := l.docs.resolve(written.ref)
	if !ok {
		return declared
	}
	mapped := l.mappedTags(union)[target.Node]
	switch {
	case len(declared) > 0:
		return mappedOnly(declared, mapped)
	case len(mapped) > 0:
		return mapped
	}
	return []*text.Node{{Kind: text.KindString, Text: target.Key, Pos: written.ref.Pos}}
}

// mappedOnly returns the constants that a mapping has, or all where it has none
// of them. Keys of a mapping are texts, whatever the constants are.
func mappedOnly(declared, mapped []*text.Node) []*text.Node {
	var kept []*text.Node
	for _, c := range declared {
		if slices.ContainsFunc(mapped, func(key *text.Node) bool { return key.Text == c.Text }) {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return declared
	}
	return kept
}

// mappedTags reads a discriminator's mapping: references, and names of the
// definitions among the alternatives.
func (l *lowerer) mappedTags(union *keywords) map[*text.Node][]*text.Node {
	mapping := union.get(discriminator).Get("mapping")
	if mapping == nil {
		return nil
	}
	if known, ok := l.mappings[mapping]; ok {
		return known
	}
	byName := map[string]*text.Node{}
	for _, b := range union.branches() {
		if b.ref != nil {
			if t, ok := l.docs.resolve(b.ref); ok {
				byName[t.Key] = t.Node
			}
		}
	}
	tags := map[*text.Node][]*text.Node{}
	l.mappings[mapping] = tags
	for _, m := range mapping.Members {
		if m.Value.Kind != text.KindString {
			continue // Pydantic writes a nested union itself here
		}
		node := byName[m.Value.Text]
		if node == nil {
			t, ok := l.docs.resolve(m.Value)
			if !ok {
				continue
			}
			node = t.Node
		}
		tags[node] = append(tags[node], &text.Node{Kind: text.KindString, Text: m.Key, Pos: m.KeyPos})
	}
	return tags
}

// tagKey is a schema and the member that tells it from others.
type tagKey struct {
	schema *keywords
	tag    string
}

// declaredTags reads the constants of a variant's tag from the schema itself:
// the variant may still be being lowered. Those of a nested union are all of its
// variants'.
func (l *lowerer) declaredTags(k *keywords, tag string) []*text.Node {
	k = l.target(k)
	key := tagKey{k, tag}
	if known, ok := l.tags[key]; ok {
		return known
	}
	defer l.leave()
	if !l.enter(k) {
		return nil
	}
	l.tags[key] = nil // in a cycle, which is reported elsewhere
	flat := l.flatten(k)
	var tags []*text.Node
	if m := flat.properties.get(tag); m != nil {
		tags = l.constants(m)
	}
	if len(tags) == 0 {
		for _, b := range flat.branches() {
			tags = append(tags, l.declaredTags(b, tag)...)
		}
	}
	l.tags[key] = distinctValues(tags)
	return l.tags[key]
}

// declares tells whether a variant has the tag among its members.
func (l *lowerer) declares(k *keywords, tag string) bool {
	return l.flatten(l.target(k)).properties.get(tag) != nil
}

// distinctValues drops repetitions: variants of a nested union may share a tag.
func distinctValues(values []*text.Node) []*text.Node {
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

// constants returns the only values that a member can have; nil where it can
// have others.
func (l *lowerer) constants(k *keywords) []*text.Node {
	k = l.flatten(l.target(k))
	if k.listsValues() {
		return k.listedValues()
	}
	var values []*text.Node
	for _, b := range k.branches() {
		b = l.flatten(l.target(b))
		if !b.listsValues() {
			return nil
		}
		values = append(values, b.listedValues()...)
	}
	return values
}

// listedValues returns the values of const or enum.
func (k *keywords) listedValues() []*text.Node {
	if only := k.get(constant); only != nil {
		return []*text.Node{only}
	}
	return k.enum.values
}

// checkTags reports variants that no tag selects, and tags that select two.
func (l *lowerer) checkTags(u *schema.Union) {
	seen := map[string]text.Pos{}
	for _, v := range u.Variants {
		if !l.checkVariant(u, v) {
			continue
		}
		for _, tag := range v.Tags {
			key := tag.JSON()
			first, taken := seen[key]
			if !taken {
				seen[key] = tag.Pos
				continue
			}
			d := l.diags.Add(tag.Pos, "duplicate-tag", fmt.Sprintf("%s: %s selects two variants", text.Quote(u.Tag), key), "give each variant a tag of its own")
			d.Notes = append(d.Notes, text.Note{Pos: first, Message: "the first one is here"})
		}
	}
}

func (l *lowerer) checkVariant(u *schema.Union, v schema.Variant) bool {
	tag := text.Quote(u.Tag)
	switch t := schema.Resolve(v.Type).(type) {
	case *schema.Any:
		return false // reported already
	case *schema.Object:
	case *schema.Union:
		if t.Tag == "" {
			l.diags.Add(v.Pos, "tag-variant", fmt.Sprintf("a variant told apart by %s is itself a union without a discriminator", tag),
				"give the inner union a discriminator, or list its variants in the outer one")
			return false
		}
	default:
		l.diags.Add(v.Pos, "tag-variant", fmt.Sprintf("a variant told apart by %s must be an object, not %s", tag, schema.Describe(v.Type)),
			"wrap it in a model, or remove the discriminator")
		return false
	}
	if len(v.Tags) == 0 {
		l.diags.Add(v.Pos, "tag-missing", fmt.Sprintf("no value of %s selects this variant", tag),
			fmt.Sprintf("declare the member %s in it, with a const", tag))
		return false
	}
	for _, value := range v.Tags {
		if value.Kind == text.KindArray || value.Kind == text.KindObject || value.Kind == text.KindNull {
			l.diags.Add(value.Pos, "tag-value", fmt.Sprintf("a value of %s must be a string, a number or a boolean, not %s", tag, article(value.Kind.String())), "")
			return false
		}
	}
	return true
}
