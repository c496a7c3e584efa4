package load

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// alternatives returns what a value of the flat schema n can be: its branches,
// with those of unions in place put in, repetitions left out, and the members
// that stand beside them given to each.
func (l *lowerer) alternatives(n *text.Node) []*text.Node {
	bs := branches(n)
	if bs == nil || n.Get("enum") != nil || n.Get("const") != nil {
		return nil // values that are listed leave nothing to choose
	}
	if n.Get("oneOf") != nil && n.Get("anyOf") != nil && branchesKey(without(n, branchesKey(n))) != "" {
		l.diags.Add(n.Lookup("anyOf").KeyPos, "allof-unsupported", "anyOf and oneOf stand side by side",
			"write the combinations out as one oneOf")
	}
	if n.Get("properties") != nil {
		bs = l.distribute(n, bs)
	}
	if n.Get("discriminator") != nil || isEnum(n) {
		return bs
	}
	a := alternatives{l: l, index: map[any]int{}}
	a.add(bs)
	return a.list
}

// alternatives gathers branches, each once.
type alternatives struct {
	l     *lowerer
	list  []*text.Node
	index map[any]int // by the definition or the scalar that they are
}

func (a *alternatives) add(bs []*text.Node) {
	for _, b := range bs {
		if inner := branches(b); len(inner) > 0 && isWrapper(b) && !isEnum(b) {
			a.add(inner)
			continue
		}
		key := a.l.identity(b)
		first, taken := a.index[key]
		switch {
		case key == nil:
		case !taken:
			a.index[key] = len(a.list)
		case a.list[first].Get("$ref") == nil:
			a.list[first] = unlimited(a.list[first])
			continue
		default:
			continue
		}
		a.list = append(a.list, b)
	}
}

// isWrapper tells whether n is nothing but a list of alternatives.
func isWrapper(n *text.Node) bool {
	for _, m := range n.Members {
		if m.Key != "anyOf" && m.Key != "oneOf" && (!annotations[m.Key] || m.Key == "$ref" || m.Key == "nullable") {
			return false
		}
	}
	return true
}

// scalarKey is what two scalars of a union may not share: clients could not tell
// them apart.
type scalarKey struct{ kind, format, encoding, media string }

// identity is equal for branches of the same type; nil is equal to nothing.
func (l *lowerer) identity(b *text.Node) any {
	if b.Get("$ref") != nil {
		if target, _, ok := l.docs.deref(b); ok && !l.refNarrowed(b) {
			return target
		}
		return nil
	}
	switch kind := b.GetString("type"); kind {
	case "string", "integer", "number", "boolean":
		if !isEnum(b) && b.Get("allOf") == nil && branches(b) == nil {
			format := b.GetString("format")
			if isDecimal(b) {
				format = string(schema.Decimal)
			}
			return scalarKey{kind, format, b.GetString("contentEncoding"), b.GetString("contentMediaType")}
		}
	}
	return nil
}

// unlimited returns a scalar without its limits, for one that stands for several.
func unlimited(n *text.Node) *text.Node {
	if isDecimal(n) {
		return n
	}
	return without(n, "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
}

// anyBranch tells whether one of the alternatives is any value.
func (l *lowerer) anyBranch(bs []*text.Node) bool { return slices.ContainsFunc(bs, l.anything) }

// fillUnion lowers the alternatives of the flat schema n.
func (l *lowerer) fillUnion(u *schema.Union, n *text.Node, bs []*text.Node) {
	u.Tag = tagOf(n)
	written := bs
	if n.Get("properties") != nil {
		written = branches(n) // without the members that stand beside them
	}
	for i, b := range bs {
		v := schema.Variant{Type: l.typ(b, place{owner: u, path: l.variantName(written, i)}), Pos: b.Pos}
		if u.Tag != "" {
			v.Tags = text.DetachedAll(l.tagsOf(n, b, written[i], u.Tag))
		}
		u.Variants = append(u.Variants, v)
	}
	if u.Tag != "" {
		l.tagged = append(l.tagged, u)
	}
}

// variantName names an alternative that has no name of its own.
func (l *lowerer) variantName(bs []*text.Node, i int) string {
	if i >= len(bs) {
		return "Variant" + strconv.Itoa(i+1)
	}
	if title := bs[i].GetString("title"); title != "" {
		return typeName(title)
	}
	if ref := bs[i].Get("$ref"); ref != nil {
		if t, ok := l.docs.resolve(ref); ok {
			return typeName(t.Key)
		}
	}
	return "Variant" + strconv.Itoa(i+1)
}

// tagOf returns the member that a discriminator names; AsyncAPI's own dialect
// writes it as a string.
func tagOf(n *text.Node) string {
	d := n.Get("discriminator")
	if d != nil && d.Kind == text.KindString {
		return d.Text
	}
	return d.GetString("propertyName")
}

// tagsOf returns the values of the tag that select a variant: the constants that
// it declares, of those only the ones that the mapping has for it, if any. Where
// it declares none, they are the keys of the mapping that lead to it, else, as in
// OpenAPI, the name of its definition.
// written is the variant without the members that stand beside all of them.
func (l *lowerer) tagsOf(union, variant, written *text.Node, tag string) []*text.Node {
	declared := l.declaredTags(variant, tag)
	ref := written.Get("$ref")
	if ref == nil || len(declared) == 0 && !l.declares(variant, tag) {
		return declared
	}
	target, ok := l.docs.resolve(ref)
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
	return []*text.Node{{Kind: text.KindString, Text: target.Key, Pos: ref.Pos}}
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
func (l *lowerer) mappedTags(union *text.Node) map[*text.Node][]*text.Node {
	mapping := union.Get("discriminator").Get("mapping")
	if mapping == nil {
		return nil
	}
	if known, ok := l.mappings[mapping]; ok {
		return known
	}
	byName := map[string]*text.Node{}
	for _, b := range branches(union) {
		if ref := b.Get("$ref"); ref != nil {
			if t, ok := l.docs.resolve(ref); ok {
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
	node *text.Node
	tag  string
}

// declaredTags reads the constants of a variant's tag from the schema itself:
// the variant may still be being lowered. Those of a nested union are all of its
// variants'.
func (l *lowerer) declaredTags(n *text.Node, tag string) []*text.Node {
	n = l.target(n)
	key := tagKey{n, tag}
	if known, ok := l.tags[key]; ok {
		return known
	}
	defer l.leave()
	if !l.enter(n) {
		return nil
	}
	l.tags[key] = nil // in a cycle, which is reported elsewhere
	flat := l.flatten(n)
	var tags []*text.Node
	if prop := flat.Get("properties").Get(tag); prop != nil {
		tags = l.constants(prop)
	}
	if len(tags) == 0 {
		for _, b := range branches(flat) {
			tags = append(tags, l.declaredTags(b, tag)...)
		}
	}
	l.tags[key] = distinctValues(tags)
	return l.tags[key]
}

// declares tells whether a variant has the tag among its members.
func (l *lowerer) declares(n *text.Node, tag string) bool {
	return l.flatten(l.target(n)).Get("properties").Get(tag) != nil
}

// target follows references that have nothing but documentation beside them.
func (l *lowerer) target(n *text.Node) *text.Node {
	for hops := 0; hops < maxHops; hops++ {
		if lone := l.loneRef(n); lone != nil {
			n = lone
		}
		if n.Get("$ref") == nil || l.refNarrowed(n) {
			break
		}
		t, ok := l.docs.resolve(n.Get("$ref"))
		if !ok {
			break
		}
		n = t.Node
	}
	return n
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
func (l *lowerer) constants(prop *text.Node) []*text.Node {
	prop = l.flatten(l.target(prop))
	if c := prop.Get("const"); c != nil {
		return []*text.Node{c}
	}
	if e := prop.Get("enum"); e != nil && e.Kind == text.KindArray {
		return e.Items
	}
	var values []*text.Node
	for _, b := range branches(prop) {
		b = l.flatten(l.target(b))
		switch c, e := b.Get("const"), b.Get("enum"); {
		case c != nil:
			values = append(values, c)
		case e != nil && e.Kind == text.KindArray:
			values = append(values, e.Items...)
		default:
			return nil
		}
	}
	return values
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
