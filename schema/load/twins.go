package load

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// This file finds the schemas of OpenAPI documents that describe the same values as types of
// the manifest: their twins, which other generators write code for.

// twins are the definitions that have a twin, and all schemas that can be one.
type twins struct {
	*lowerer
	all    []*component                // in the order of the documents
	named  map[string][]*component     // by the names of their types
	of     map[schema.Named]*component // those that were lowered
	pairs  []twinPair                  // by name
	inside []twinPair                  // of what is inside such pairs
	seen   map[comparison]bool
	root   string // the type that is compared, for hints
}

// component is one of components.schemas.
type component struct {
	document, key string
	node          *text.Node
	loss          schema.Loss
	typ           schema.Named // nil before it is lowered, and where it is not a named type
}

type twinPair struct {
	typ   schema.Named
	input bool
	twin  *component
}

type comparison struct {
	a, b  schema.Type
	input bool
}

// lowerTwins lowers the schemas that the rules ask for, by their names.
func (l *lowerer) lowerTwins(m *schema.Model, rules []schema.ImportRule) *twins {
	t := &twins{
		lowerer: l, named: map[string][]*component{}, of: map[schema.Named]*component{},
		seen: map[comparison]bool{},
	}
	if len(rules) == 0 {
		return t
	}
	t.index()
	t.markLosses()
	l.markDirections(m)
	defs, inline := len(l.defs), len(l.inline)
	for _, d := range l.defs[:defs] {
		t.pair(d, rules)
	}
	for _, rule := range rules {
		t.warnOfUnknown(rule)
	}
	for _, d := range l.defs[defs:] {
		l.twins = append(l.twins, d.node)
	}
	l.defs, l.inline = l.defs[:defs], l.inline[:inline]
	return t
}

// index lists all schemas of the OpenAPI documents.
func (t *twins) index() {
	for _, doc := range t.docs.openapi {
		schemas := doc.root.Get("components").Get("schemas")
		if schemas == nil {
			continue
		}
		for _, m := range schemas.Members {
			if !strings.ContainsFunc(m.Key, unicode.IsLetter) {
				continue // no language has an identifier for it
			}
			name := typeName(m.Key)
			c := &component{document: doc.name, key: m.Key, node: m.Value}
			t.all = append(t.all, c)
			t.named[name] = append(t.named[name], c)
		}
	}
}

// pair finds the twins of a definition that rules are about.
func (t *twins) pair(d *definition, rules []schema.ImportRule) {
	for _, rule := range rules {
		if !rule.Matches(d.typ.Head().Name, d.key) {
			continue
		}
		for _, input := range []bool{true, false} {
			if head := d.typ.Head(); input && !head.In || !input && !head.Out {
				continue
			}
			if c := t.find(d, rule, input); c != nil && t.lower(c) {
				t.pairs = append(t.pairs, twinPair{d.typ, input, c})
			}
		}
	}
}

// find returns the schema that has the name of a definition: the one of that very key, or
// User-Input and User-Output for User.
func (t *twins) find(d *definition, rule schema.ImportRule, input bool) *component {
	var found []*component
	for _, c := range t.candidates(d.typ.Head().Name, rule) {
		if rule.Document == "" || path.Clean(rule.Document) == c.document {
			found = append(found, c)
		}
	}
	suffix, other := "-Output", "-Input"
	if input {
		suffix, other = other, suffix
	}
	fits := []func(*component) bool{
		func(c *component) bool { return c.node == d.node },
		func(c *component) bool { return strings.HasSuffix(c.key, suffix) },
		func(c *component) bool { return c.key == d.key && !strings.HasSuffix(c.key, other) },
		func(c *component) bool { return !strings.HasSuffix(c.key, other) },
	}
	if _, chosen := rule.Names[d.typ.Head().Name]; chosen {
		fits = []func(*component) bool{func(*component) bool { return true }}
	}
	for _, fit := range fits {
		if i := slices.IndexFunc(found, fit); i >= 0 {
			return found[i]
		}
	}
	return nil
}

// candidates returns the schema that a rule names for a type, or all that are called as it is.
func (t *twins) candidates(name string, rule schema.ImportRule) []*component {
	chosen, ok := rule.Names[name]
	if !ok {
		return t.named[name]
	}
	for _, c := range t.named[typeName(chosen.Text)] {
		if c.key == chosen.Text {
			return []*component{c}
		}
	}
	return nil
}

// lower lowers a schema, and tells whether it is a type with a name.
func (t *twins) lower(c *component) bool {
	if c.typ != nil {
		return true
	}
	node, key := c.node, c.key
	if isPureRef(node) {
		var ok bool
		if node, key, ok = t.docs.deref(node); !ok {
			return false
		}
	}
	k := t.read(node)
	if k.kind != objectSchema || t.onlyNull(k) {
		return false
	}
	c.typ = t.define(k, key)
	if t.of[c.typ] == nil {
		t.of[c.typ] = c
	}
	return true
}

// warnOfUnknown warns of names and patterns in a rule that fit no schema.
func (t *twins) warnOfUnknown(rule schema.ImportRule) {
	var keys []string
	for _, c := range t.all {
		keys = append(keys, c.key)
	}
	slices.Sort(keys)
	warn := func(name schema.Text) {
		hint := "the schemas are those under components.schemas"
		if near := text.Nearest(name.Text, keys); near != "" {
			hint = didYouMean(near)
		}
		t.diags.Add(name.Pos, "import-unknown", fmt.Sprintf("imports: no OpenAPI document has a schema %s", text.Quote(name.Text)), hint).Severity = text.Warning
	}
	for _, pattern := range rule.Types {
		pattern.Text = strings.TrimPrefix(pattern.Text, "!")
		alone := schema.ImportRule{Types: []schema.Text{pattern}}
		_, named := rule.Names[pattern.Text]
		if !named && !slices.ContainsFunc(keys, func(key string) bool { return alone.Matches(key, typeName(key)) }) {
			warn(pattern)
		}
	}
	for _, name := range sortedKeys(rule.Names) {
		if !slices.Contains(keys, rule.Names[name].Text) {
			warn(rule.Names[name])
		}
	}
}

// compare reports what differs between types and their twins, and notes the twins.
func (t *twins) compare() {
	for _, p := range t.pairs {
		t.root = p.typ.Head().Name
		t.types(p.typ, p.twin.typ, spot{owner: t.root, here: p.typ.Head().Pos, there: p.twin.typ.Head().Pos}, p.input)
	}
	for _, p := range append(t.pairs, t.inside...) {
		addTwin(p.typ.Head(), schema.Twin{Document: p.twin.document, Key: p.twin.key, Input: p.input, Loss: p.twin.loss})
	}
}

// addTwin notes a twin, unless the type has one in that document.
func addTwin(head *schema.Decl, twin schema.Twin) {
	if !slices.ContainsFunc(head.Twins, func(t schema.Twin) bool { return t.Document == twin.Document && t.Input == twin.Input }) {
		head.Twins = append(head.Twins, twin)
	}
}
