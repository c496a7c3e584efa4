package load

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

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
	"uniqueItems": true, "minProperties": true, "maxProperties": true,
}

// structural are keywords that make a type.
var structural = map[string]bool{
	"properties": true, "required": true, "additionalProperties": true, "patternProperties": true, "propertyNames": true,
	"items": true, "prefixItems": true, "enum": true, "const": true, "anyOf": true, "oneOf": true, "allOf": true,
	"contentEncoding": true, "contentMediaType": true, "contentSchema": true,
}

// refNarrowed tells whether keywords beside a $ref change the type that it
// stands for. Documentation does not, and limits do only for a scalar.
func (l *lowerer) refNarrowed(n *text.Node) bool {
	if len(n.Members) < 2 {
		return false
	}
	for _, m := range n.Members {
		switch {
		case annotations[m.Key] || ignored[m.Key] || strings.HasPrefix(m.Key, "x-"):
		case structural[m.Key]:
			return true
		case m.Key == "type":
			if !sameType(m.Value, l.refTarget(n).Get("type")) {
				return true
			}
		case narrowing[m.Key]:
			switch l.refTarget(n).GetString("type") {
			case "string", "number", "integer":
				return true
			}
		}
	}
	return false
}

// refTarget returns what the $ref of n leads to, nil where it leads nowhere.
func (l *lowerer) refTarget(n *text.Node) *text.Node {
	t, _ := l.docs.resolve(n.Get("$ref"))
	return t.Node
}

func sameType(a, b *text.Node) bool {
	return b == nil || a.Kind == b.Kind && a.Text == b.Text && len(a.Items) == len(b.Items)
}

// flatten returns n with allOf, and a $ref that has siblings, merged into it.
// A lone $ref in an allOf with only documentation beside it is that $ref.
func (l *lowerer) flatten(n *text.Node) *text.Node {
	all, ref := n.Get("allOf"), n.Get("$ref")
	if all == nil && ref == nil {
		return n
	}
	if done, ok := l.merged[n]; ok {
		return done
	}
	if l.active[n] {
		l.diags.Add(n.Pos, "ref-cycle", "this schema includes itself through allOf", "remove it from its own allOf")
		return object(n)
	}
	defer l.leave()
	if !l.enter(n) {
		return object(n)
	}
	l.active[n] = true
	defer delete(l.active, n)
	flat := l.mergeParts(n, all, ref)
	l.merged[n] = flat
	return flat
}

func (l *lowerer) mergeParts(n, all, ref *text.Node) *text.Node {
	own := without(n, "allOf", "$ref")
	if lone := l.loneRef(n); lone != nil {
		return with(own, "anyOf", all)
	}
	var parts []*text.Node
	if ref != nil {
		parts = append(parts, object(ref, text.Member{Key: "$ref", KeyPos: ref.Pos, Value: ref}))
	}
	if all != nil {
		parts = append(parts, all.Items...)
	}
	flat := object(n)
	for _, p := range append(parts, own) {
		if p.Kind == text.KindObject && p != own {
			l.noteIgnored(p)
			p = l.expand(n, p)
		}
		flat = l.join(flat, p)
	}
	if flat.Kind != text.KindObject {
		return flat
	}
	return object(n, flat.Members...) // even of a single part, the place is that of n
}

// loneRef returns the $ref of an allOf that has nothing else, and nothing but
// documentation beside it, as older versions of Pydantic wrap a $ref; else nil.
func (l *lowerer) loneRef(n *text.Node) *text.Node {
	all := n.Get("allOf")
	if all == nil || len(all.Items) != 1 || all.Items[0].Get("$ref") == nil || l.refNarrowed(all.Items[0]) {
		return nil
	}
	for _, m := range n.Members {
		if m.Key != "allOf" && (m.Key == "$ref" || !annotations[m.Key]) && !strings.HasPrefix(m.Key, "x-") {
			return nil
		}
	}
	return all.Items[0]
}

// expand returns a part of the allOf of n with its own $ref and allOf resolved.
// Where n is one of the part's alternatives, as OpenAPI writes inheritance, it
// is that one: the others are left out.
func (l *lowerer) expand(n, part *text.Node) *text.Node {
	target := l.target(part)
	if target.Get("$ref") != nil && !l.refNarrowed(target) {
		return object(part) // leads nowhere: reported
	}
	for _, b := range branches(target) {
		if b.Get("$ref") != nil && l.refTarget(b) == n {
			target = without(target, "anyOf", "oneOf", "discriminator")
			break
		}
	}
	flat := l.flatten(target)
	if part != target {
		flat = without(flat, annotationKeys...) // they are about the definition
	}
	return flat
}

// join merges b into a: what b says goes before what a says, members are united,
// and what both narrow is narrowed by both.
func (l *lowerer) join(a, b *text.Node) *text.Node {
	if a.Kind != text.KindObject || len(a.Members) == 0 {
		return b
	}
	if b.Kind != text.KindObject || len(b.Members) == 0 {
		return a
	}
	out := *a
	out.Members = slices.Clone(a.Members)
	for _, m := range b.Members {
		if old := out.Lookup(m.Key); old != nil {
			old.Value = l.joinKeyword(a, b, *old, m)
			old.KeyPos = m.KeyPos
		} else {
			out.Members = append(out.Members, m)
		}
	}
	return &out
}

// joinKeyword returns the value of a keyword that both a and b have.
func (l *lowerer) joinKeyword(a, b *text.Node, old, m text.Member) *text.Node {
	switch m.Key {
	case "properties":
		return l.joinProperties(old.Value, m.Value)
	case "required":
		return array(old.Value, distinctValues(append(slices.Clone(old.Value.Items), m.Value.Items...)))
	case "enum":
		if a.Get("x-enum-varnames") != nil {
			return l.intersect(old.Value, m.Value, m)
		}
		return l.intersect(m.Value, old.Value, m)
	case "const":
		if old.Value.JSON() != m.Value.JSON() {
			l.diags.Add(m.Value.Pos, "allof-unsupported", fmt.Sprintf("parts of an allOf are different constants: %s and %s", old.Value.JSON(), m.Value.JSON()),
				"no value is both; remove one")
		}
	case "type":
		return l.joinTypes(old.Value, m.Value)
	case "items", "additionalProperties", "propertyNames":
		return l.both(old.Value, m.Value)
	case "anyOf", "oneOf":
		return l.joinAlternatives(a, b, m)
	case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties":
		if text.CompareNumbers(old.Value, m.Value) > 0 {
			return old.Value
		}
	case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties":
		if text.CompareNumbers(old.Value, m.Value) < 0 {
			return old.Value
		}
	}
	return m.Value
}

// joinTypes returns the types that two parts have in common.
func (l *lowerer) joinTypes(a, b *text.Node) *text.Node {
	var common []*text.Node
	for _, x := range wordsOf(a) {
		for _, y := range wordsOf(b) {
			switch {
			case x.Text == y.Text || x.Text == "number" && y.Text == "integer":
				common = append(common, y)
			case x.Text == "integer" && y.Text == "number":
				common = append(common, x)
			}
		}
	}
	switch len(common) {
	case 0:
		l.diags.Add(b.Pos, "allof-unsupported", fmt.Sprintf("parts of an allOf have different types: %s and %s", typeWords(a), typeWords(b)),
			"no value is of both; remove one")
		return b
	case 1:
		return common[0]
	}
	return array(b, common)
}

func typeWords(t *text.Node) string {
	words := make([]string, 0, 1)
	for _, w := range wordsOf(t) {
		words = append(words, w.Text)
	}
	return strings.Join(words, " or ")
}

func wordsOf(t *text.Node) []*text.Node {
	if t.Kind == text.KindArray {
		return t.Items
	}
	return []*text.Node{t}
}

func (l *lowerer) joinAlternatives(a, b *text.Node, m text.Member) *text.Node {
	if narrowOnly := branchesKey(a) != m.Key; narrowOnly {
		return m.Value
	}
	if branchesKey(b) == m.Key {
		l.diags.Add(m.KeyPos, "allof-unsupported", "two parts of an allOf have alternatives of their own",
			"write the combinations out as one oneOf")
	}
	return a.Get(m.Key)
}

// intersect returns the values of a that b has, too; m is the later of the two.
func (l *lowerer) intersect(a, b *text.Node, m text.Member) *text.Node {
	has := map[string]bool{}
	for _, v := range b.Items {
		has[v.JSON()] = true
	}
	var kept []*text.Node
	for _, v := range a.Items {
		if has[v.JSON()] {
			kept = append(kept, v)
		}
	}
	if len(kept) == 0 {
		l.diags.Add(m.KeyPos, "allof-unsupported", "parts of an allOf have no enum value in common", "no value satisfies both; remove one")
		return a
	}
	return array(a, kept)
}

// both returns the schema of what satisfies a and b.
func (l *lowerer) both(a, b *text.Node) *text.Node {
	switch {
	case isAny(b):
		return annotate(a, b)
	case isAny(a), b.Kind != text.KindObject:
		return annotate(b, a)
	case a.Kind != text.KindObject:
		return a
	case l.target(a) == l.target(b): // a name and the same name
		return annotate(a, b)
	}
	n := annotate(annotate(allOf(b, a, b), a), b)
	l.made[n] = true
	return n
}

// make returns a schema that is not in the document: branch with what stands
// beside it. A branch that names no type cannot add null to that of the base.
func (l *lowerer) make(base, branch *text.Node) *text.Node {
	if branch.IsTrue("nullable") && isAny(branch) {
		branch = without(branch, "nullable")
	}
	n := allOf(branch, base, branch)
	l.made[n] = true
	return n
}

func allOf(at *text.Node, parts ...*text.Node) *text.Node {
	return object(at, text.Member{Key: "allOf", KeyPos: at.Pos, Value: array(at, parts)})
}

// mergeLimit bounds merging inside of what was merged already: recursive schemas
// can go on for ever.
const mergeLimit = 32

// enterMade counts how deep n lies in schemas that are not in the document, and
// tells whether to go on.
func (l *lowerer) enterMade(n *text.Node) bool {
	l.merging++
	if l.merging > mergeLimit && !l.stopped {
		l.stopped = true
		l.diags.Add(n.Pos, "allof-unsupported", "merging this schema with the ones around it never ends", "write the combination out as a definition of its own")
	}
	return !l.stopped
}

func (l *lowerer) joinProperties(a, b *text.Node) *text.Node {
	out := *a
	out.Members = slices.Clone(a.Members)
	index := make(map[string]int, len(a.Members))
	for i, m := range a.Members {
		index[m.Key] = i
	}
	for _, m := range b.Members {
		i, declared := index[m.Key]
		if !declared {
			out.Members = append(out.Members, m)
			continue
		}
		out.Members[i] = text.Member{Key: m.Key, KeyPos: m.KeyPos, Value: l.both(out.Members[i].Value, m.Value)}
	}
	return &out
}

// shared are the keywords that alternatives have in common where they stand
// beside them.
var shared = []string{"properties", "required", "additionalProperties", "patternProperties", "type"}

// distribute gives each alternative what stands beside them all. An alternative
// that declares those members itself stays as it is.
func (l *lowerer) distribute(n *text.Node, bs []*text.Node) []*text.Node {
	base := object(n)
	for _, key := range shared {
		if m := n.Lookup(key); m != nil {
			base.Members = append(base.Members, *m)
		}
	}
	out := make([]*text.Node, len(bs))
	for i, b := range bs {
		out[i] = b
		if !l.declaresAll(b, base) {
			out[i] = l.make(base, b)
		}
	}
	return out
}

func (l *lowerer) declaresAll(b, base *text.Node) bool {
	flat := l.flatten(l.target(b))
	declared, required := flat.Get("properties"), requiredNames(flat)
	for _, m := range base.Get("properties").Members {
		if declared.Get(m.Key) == nil {
			return false
		}
	}
	for name := range requiredNames(base) {
		if !required[name] {
			return false
		}
	}
	return base.Get("additionalProperties") == nil && base.Get("patternProperties") == nil
}

// withBase gives the only alternative of n the keywords that stand beside it.
func (l *lowerer) withBase(n, branch *text.Node) *text.Node {
	rest := without(n, "anyOf", "oneOf", "discriminator")
	for _, m := range rest.Members {
		if structural[m.Key] || narrowing[m.Key] && branch.Get("$ref") == nil {
			return l.make(without(rest, "nullable"), branch)
		}
	}
	return branch
}
