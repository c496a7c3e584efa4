package schema

import "fmt"

// annotations say something about a schema, not about its values' type.
var annotations = map[string]bool{
	"$ref": true, "title": true, "description": true, "default": true, "examples": true, "example": true,
	"deprecated": true, "x-deprecated": true, "readOnly": true, "writeOnly": true, "nullable": true, "$comment": true,
	"$id": true, "$anchor": true, "$schema": true, "$defs": true, "definitions": true, "externalDocs": true, "xml": true,
}

// narrowing are keywords that only narrow values.
var narrowing = map[string]bool{
	"minLength": true, "maxLength": true, "pattern": true, "format": true, "minimum": true, "maximum": true,
	"exclusiveMinimum": true, "exclusiveMaximum": true, "multipleOf": true, "minItems": true, "maxItems": true,
	"uniqueItems": true, "minProperties": true, "maxProperties": true, "discriminator": true,
}

// refNarrowed tells whether keywords beside a $ref change the type that it
// stands for. Documentation does not, and limits do only for a scalar.
func (l *lowerer) refNarrowed(n *Node) bool {
	var target *Node
	lookup := func() *Node {
		if target == nil {
			t, ok := l.docs.resolve(n.Get("$ref"))
			if !ok || t.Node == nil {
				return n
			}
			target = t.Node
		}
		return target
	}
	for _, m := range n.Members {
		switch {
		case annotations[m.Key] || ignored[m.Key] || len(m.Key) > 1 && m.Key[:2] == "x-":
		case m.Key == "type":
			if !sameType(m.Value, lookup().Get("type")) {
				return true
			}
		case narrowing[m.Key]:
			switch lookup().GetString("type") {
			case "string", "number", "integer":
				return true
			}
		case knownKeywords[m.Key]:
			return true
		}
	}
	return false
}

func sameType(a, b *Node) bool {
	return b == nil || a.Kind == b.Kind && a.Text == b.Text && len(a.Items) == len(b.Items)
}

// knownKeywords make a type.
var knownKeywords = map[string]bool{
	"properties": true, "required": true, "additionalProperties": true, "patternProperties": true, "propertyNames": true,
	"items": true, "prefixItems": true, "additionalItems": true, "enum": true, "const": true, "anyOf": true, "oneOf": true, "allOf": true,
	"contentEncoding": true, "contentMediaType": true, "contentSchema": true,
}

// flatten returns n with allOf, and a $ref that has siblings, merged into it.
// A lone allOf branch with documentation beside it is that branch.
func (l *lowerer) flatten(n *Node) *Node {
	all, ref := n.Get("allOf"), n.Get("$ref")
	if all == nil && ref == nil || n.Kind != KindObject {
		return n
	}
	if done, ok := l.merged[n]; ok {
		return done
	}
	if l.active[n] {
		l.diags.add(n.Pos, "ref-cycle", "this schema includes itself through allOf", "remove it from its own allOf")
		return object(n)
	}
	l.active[n] = true
	defer delete(l.active, n)

	own := without(n, "allOf", "$ref")
	if lone := l.loneBranch(own, all, ref); lone != nil {
		l.merged[n] = lone
		return lone
	}
	var parts []*Node
	if ref != nil {
		parts = append(parts, object(ref, Member{Key: "$ref", KeyPos: ref.Pos, Value: ref}))
	}
	if all != nil {
		parts = append(parts, all.Items...)
	}
	parts = append(parts, own)
	flat := l.expand(parts[0])
	for _, p := range parts[1:] {
		flat = l.join(flat, l.expand(p))
	}
	l.merged[n] = flat
	return flat
}

// loneBranch returns the only branch of an allOf that has nothing but
// documentation beside it, as older versions of Pydantic wrap a $ref.
func (l *lowerer) loneBranch(own, all, ref *Node) *Node {
	if ref != nil || len(all.Items) != 1 {
		return nil
	}
	for _, m := range own.Members {
		if !annotations[m.Key] {
			return nil
		}
	}
	return object(own, Member{Key: "anyOf", KeyPos: all.Pos, Value: all})
}

// expand returns a part of an allOf with its own $ref and allOf resolved.
func (l *lowerer) expand(n *Node) *Node {
	for hops := 0; n.Get("$ref") != nil && !l.refNarrowed(n); hops++ {
		t, ok := l.docs.resolve(n.Get("$ref"))
		if !ok || hops > 100 {
			return object(n)
		}
		if l.active[t.Node] {
			return l.flatten(t.Node) // reports the cycle
		}
		n = t.Node
	}
	if l.active[n] || n.Get("allOf") != nil || n.Get("$ref") != nil {
		return l.flatten(n)
	}
	return n
}

// join merges b into a: what b says goes before what a says, members are united,
// and a member that both declare must satisfy both.
func (l *lowerer) join(a, b *Node) *Node {
	if a.Kind != KindObject || len(a.Members) == 0 {
		return b
	}
	if b.Kind != KindObject || len(b.Members) == 0 {
		return a
	}
	out := *a
	out.Members = append([]Member(nil), a.Members...)
	for _, m := range b.Members {
		old := out.member(m.Key)
		switch {
		case old == nil:
			out.Members = append(out.Members, m)
		case m.Key == "properties":
			old.Value = l.joinProperties(old.Value, m.Value)
		case m.Key == "required":
			old.Value = array(old.Value, append(append([]*Node(nil), old.Value.Items...), m.Value.Items...))
		case m.Key == "anyOf" || m.Key == "oneOf":
			l.diags.add(m.KeyPos, "allof-unsupported", "two parts of an allOf have alternatives of their own",
				"write the combinations out as one oneOf")
		case m.Key == "type" && !joinableTypes(old.Value, m.Value):
			l.diags.add(m.Value.Pos, "allof-unsupported", fmt.Sprintf("parts of an allOf have different types: %s and %s", textOf(old.Value), textOf(m.Value)),
				"no value is of both; remove one")
		default:
			*old = m
		}
	}
	if bs := branches(&out); len(bs) > 0 && out.Get("properties") != nil {
		return l.distribute(&out, bs)
	}
	return &out
}

// joinableTypes tells whether some value is of both types.
func joinableTypes(a, b *Node) bool {
	if a.Kind != KindString || b.Kind != KindString || a.Text == b.Text {
		return true
	}
	return a.Text == "number" && b.Text == "integer" || a.Text == "integer" && b.Text == "number"
}

func (l *lowerer) joinProperties(a, b *Node) *Node {
	out := *a
	out.Members = append([]Member(nil), a.Members...)
	for _, m := range b.Members {
		old := out.member(m.Key)
		switch {
		case old == nil:
			out.Members = append(out.Members, m)
		case isAny(m.Value):
			// documentation only: what a says about the type stays
		case isAny(old.Value):
			*old = m
		case m.Value.Get("const") != nil || m.Value.Get("enum") != nil:
			*old = m // the narrower one
		default:
			*old = Member{Key: m.Key, KeyPos: m.KeyPos, Value: l.both(m.Value, m.KeyPos, old.Value, m.Value)}
		}
	}
	return &out
}

// both returns a schema that is not in the document: what satisfies a and b.
func (l *lowerer) both(at *Node, keyPos Pos, a, b *Node) *Node {
	n := object(at, Member{Key: "allOf", KeyPos: keyPos, Value: array(at, []*Node{a, b})})
	l.made[n] = true
	return n
}

// mergeLimit bounds merging inside of what was merged already: recursive schemas
// can go on for ever.
const mergeLimit = 32

// enterMade counts how deep n lies in schemas that [lowerer.both] made, and
// tells whether to go on.
func (l *lowerer) enterMade(n *Node) bool {
	l.depth++
	if l.depth > mergeLimit && !l.endless {
		l.endless = true
		l.diags.add(n.Pos, "allof-unsupported", "merging this schema with the ones around it never ends", "write the combination out as a definition of its own")
	}
	return !l.endless
}

// distribute gives each alternative what stands beside them all.
func (l *lowerer) distribute(n *Node, bs []*Node) *Node {
	key := "anyOf"
	if n.Get("oneOf") != nil {
		key = "oneOf"
	}
	base := without(n, "anyOf", "oneOf", "discriminator", "title", "description", "default", "examples", "deprecated")
	alternatives := make([]*Node, len(bs))
	for i, b := range bs {
		alternatives[i] = l.both(b, b.Pos, base, b)
	}
	out := without(n, "properties", "required", "additionalProperties", "patternProperties", "type")
	return with(out, key, array(n.Get(key), alternatives))
}

// withBase gives the only alternative of n the keywords that stand beside it.
func (l *lowerer) withBase(n, branch *Node) *Node {
	rest := without(n, "anyOf", "oneOf", "discriminator")
	for _, m := range rest.Members {
		if knownKeywords[m.Key] {
			return l.both(branch, branch.Pos, rest, branch)
		}
	}
	return branch
}
