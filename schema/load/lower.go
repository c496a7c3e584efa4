package load

import (
	"fmt"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// lowerer turns schema nodes into types. Every definition is lowered once, and
// only when something that is generated refers to it.
type lowerer struct {
	docs   *documents
	diags  *text.Diagnostics
	named  map[*text.Node]schema.Named
	defs   []*definition // in order of discovery
	roots  []*text.Node  // schemas that no definition holds: those in the manifest
	inline []inlineDecl
	tagged []*schema.Union // unions with a discriminator
	later  []func()        // checks of finished types

	doubtful []doubtful // defaults to check against finished types

	looseDecimals map[*schema.Scalar]looseDecimal

	merged    map[*text.Node]*text.Node                  // flattened allOf and $ref with siblings
	active    map[*text.Node]bool                        // being flattened
	anys      map[*text.Node]bool                        // whether a schema lowers to any value
	nulls     map[*text.Node]bool                        // whether null is a value of a schema
	onlyNulls map[*text.Node]bool                        // whether it is the only one
	tags      map[tagKey][]*text.Node                    // what declaredTags found
	mappings  map[*text.Node]map[*text.Node][]*text.Node // discriminator mappings, read

	splitting map[*text.Node]bool       // null is being taken out of it
	cores     map[*text.Node]*text.Node // what was left then; nil for nothing
	circles   int                       // how often a schema was met that is being split
	nullable  map[*schema.Alias]bool    // those that have null among their values

	parts map[*text.Node]*parts
	open  map[*text.Node]schema.Named // types in place that are being lowered
	made  map[*text.Node]bool         // schemas that are not in the document

	depth, steps, merging int
	nesting               int  // schemas around this one in the same definition
	stopped               bool // at a bound: the rest lowers to anything
}

// definition is a schema that a $ref leads to.
type definition struct {
	node *text.Node
	key  string
	typ  schema.Named
}

// inlineDecl is a type without a name, to be called after its owner.
type inlineDecl struct {
	typ schema.Named
	at  place
}

// place is where a schema stands, for the names of what has none.
type place struct {
	owner schema.Named // nil in the manifest
	path  string       // PascalCase, below the owner
}

func (p place) in(suffix string) place { return place{p.owner, p.path + suffix} }

func newLowerer(docs *documents, diags *text.Diagnostics) *lowerer {
	return &lowerer{
		docs: docs, diags: diags, named: map[*text.Node]schema.Named{}, merged: map[*text.Node]*text.Node{},
		active: map[*text.Node]bool{}, nulls: map[*text.Node]bool{}, onlyNulls: map[*text.Node]bool{}, tags: map[tagKey][]*text.Node{}, mappings: map[*text.Node]map[*text.Node][]*text.Node{},
		splitting: map[*text.Node]bool{}, cores: map[*text.Node]*text.Node{}, nullable: map[*schema.Alias]bool{}, made: map[*text.Node]bool{}, parts: map[*text.Node]*parts{}, open: map[*text.Node]schema.Named{}, anys: map[*text.Node]bool{},
		looseDecimals: map[*schema.Scalar]looseDecimal{},
	}
}

// nodes returns every schema that was lowered and is not part of another one.
func (l *lowerer) nodes() []*text.Node {
	nodes := append([]*text.Node(nil), l.roots...)
	for _, d := range l.defs {
		nodes = append(nodes, d.node)
	}
	return nodes
}

// lowerRoot lowers a schema that no definition holds. name is for types in it that
// have no name of their own.
func (l *lowerer) lowerRoot(n *text.Node, name string) schema.Type {
	l.roots = append(l.roots, n)
	return l.typ(n, place{path: name})
}

// typ lowers the schema n. What the profile refuses lowers to anything: it is
// reported there.
func (l *lowerer) typ(n *text.Node, at place) schema.Type {
	defer l.leave()
	l.nesting++
	defer func() { l.nesting-- }()
	if !l.enter(n) {
		return &schema.Any{}
	}
	if l.made[n] {
		defer func() { l.merging-- }()
		if !l.enterMade(n) {
			return &schema.Any{}
		}
	}
	switch {
	case n.Kind == text.KindBool && n.Text == "false":
		l.diags.Add(n.Pos, "never", "the schema false allows no value", "remove the member, or describe what it holds")
		return &schema.Any{}
	case n.Kind != text.KindObject:
		return &schema.Any{}
	}
	l.noteIgnored(n)
	if ref := n.Get("$ref"); ref != nil && !l.refNarrowed(n) {
		return l.nullableIf(n.IsTrue("nullable"), l.reference(ref))
	}
	return l.shape(l.flatten(n), at)
}

// Bounds on the work that a hostile document can cause: chains of references
// deeper than any stack, and combinations that multiply.
const (
	maxChain     = 50_000
	maxNesting   = 4 * text.MaxDepth
	baseSteps    = 200_000
	stepsPerByte = 4
)

func (l *lowerer) enter(n *text.Node) bool {
	l.depth++
	l.steps++
	switch {
	case l.stopped:
	case l.nesting > maxNesting:
		l.stop(n, "this schema includes itself without an end")
	case l.depth > maxChain:
		l.stop(n, fmt.Sprintf("schemas refer to each other more than %d levels deep", maxChain/2))
	case l.steps%baseSteps == 0 && l.steps > baseSteps+stepsPerByte*l.docs.size():
		l.stop(n, "the alternatives in allOf, anyOf and oneOf multiply to more types than can be generated")
	}
	return !l.stopped
}

func (l *lowerer) leave() { l.depth-- }

func (l *lowerer) stop(n *text.Node, message string) {
	l.stopped = true
	l.diags.Add(n.Pos, "too-complex", message, "name the parts as definitions, and let no schema include itself")
}

// size is the number of bytes that were read.
func (d *documents) size() int {
	total := 0
	for src := range d.bySource {
		total += len(src.Data)
	}
	return total
}

// reference returns the type that a $ref stands for.
func (l *lowerer) reference(ref *text.Node) schema.Type {
	t, ok := l.docs.resolve(ref)
	if !ok {
		return &schema.Any{}
	}
	node, key := t.Node, t.Key
	if isPureRef(node) {
		if node, key, ok = l.docs.deref(node); !ok {
			return &schema.Any{}
		}
	}
	switch {
	case node.Kind != text.KindObject:
		return l.lowerRoot(node, typeName(key))
	case l.onlyNull(node):
		return &schema.Null{} // a name would add nothing to it
	}
	return l.define(node, key)
}

// isPureRef tells whether a definition is just another name: nothing but $ref.
func isPureRef(n *text.Node) bool {
	if n.Get("$ref") == nil {
		return false
	}
	for _, m := range n.Members {
		if m.Key != "$ref" && m.Key != "$defs" && m.Key != "definitions" && m.Key != "$schema" && m.Key != "$id" {
			return false
		}
	}
	return true
}

// define lowers a definition. It is registered before its parts are lowered, so
// that they can refer back to it.
func (l *lowerer) define(n *text.Node, key string) schema.Named {
	if t, done := l.named[n]; done {
		return t
	}
	outer := l.nesting
	l.nesting = 0
	defer func() { l.nesting = outer }()
	l.noteIgnored(n)
	d := &definition{node: n, key: key}
	l.defs = append(l.defs, d)
	register := func(t schema.Named) schema.Named {
		d.typ, l.named[n] = t, t
		return t
	}
	decl := declOf(n, key)
	flat := n
	if n.Get("$ref") == nil || l.refNarrowed(n) {
		flat = l.flatten(n)
	}
	if t := l.declareDefinition(flat, decl, register); t != nil {
		return t
	}
	alias := &schema.Alias{Decl: decl}
	register(alias)
	l.nullable[alias] = l.allowsNull(n)
	if ref := flat.Get("$ref"); ref != nil {
		alias.Target = l.nullableIf(flat.IsTrue("nullable"), l.reference(ref))
	} else {
		alias.Target = l.shape(flat, place{owner: alias})
	}
	l.cutAliasCycle(alias)
	return alias
}

func declOf(n *text.Node, key string) schema.Decl {
	name := typeName(key)
	decl := schema.Decl{
		Name: name, Doc: n.GetString("description"), Title: titleOf(n, name),
		Deprecated: deprecationOf(n), Examples: examplesOf(n), Pos: n.Pos,
	}
	if sameWords(decl.Title, key) {
		decl.Title = ""
	}
	return decl
}

// declareDefinition declares a definition under its own name, or returns nil
// where it is another name for a type that is declared elsewhere or nowhere.
func (l *lowerer) declareDefinition(flat *text.Node, decl schema.Decl, register func(schema.Named) schema.Named) schema.Named {
	if flat.Get("$ref") != nil || l.allowsNull(flat) {
		return nil
	}
	s := l.split(flat)
	if s.lone != nil || l.anyBranch(s.alternatives) {
		return nil
	}
	return l.declare(s.core, s.alternatives, decl, register)
}

// declare makes a named type of n: with the name in decl, or, where decl has
// none, one that is made up later. It returns nil where n needs no declaration.
func (l *lowerer) declare(n *text.Node, alternatives []*text.Node, decl schema.Decl, register func(schema.Named) schema.Named) schema.Named {
	switch {
	case isFlags(n):
		decl.Inline = false // for the sake of its constants
		a := &schema.Alias{Decl: decl, Target: l.scalar(n, "integer"), Flags: flagsOf(n)}
		register(a)
		return a
	case isEnum(n):
		e := &schema.Enum{Decl: decl}
		register(e)
		l.fillEnum(e, n)
		return e
	case len(alternatives) > 1 && !isLooseDecimal(n):
		u := &schema.Union{Decl: decl}
		register(u)
		l.fillUnion(u, n, alternatives)
		return u
	case isTuple(n):
		t := &schema.Tuple{Decl: decl}
		register(t)
		l.fillTuple(t, n)
		return t
	case isObject(n):
		o := &schema.Object{Decl: decl}
		register(o)
		l.fillObject(o, n)
		return o
	}
	return nil
}

// shape lowers a schema that refers to nothing itself, at its place of use.
func (l *lowerer) shape(n *text.Node, at place) schema.Type {
	if isPlain(n) {
		return l.unnamed(n, at)
	}
	s := l.split(n)
	if s.nullable {
		if s.core == nil {
			return &schema.Null{}
		}
		return l.nullableIf(true, l.typ(s.core, at))
	}
	if t := l.open[n]; t != nil {
		t.Head().Inline = false // what contains itself needs a declaration
		return t
	}
	n, alternatives := s.core, s.alternatives
	switch {
	case s.lone != nil:
		return l.typ(s.lone, at)
	case l.anyBranch(alternatives):
		return &schema.Any{}
	}
	decl := schema.Decl{Inline: true, Pos: n.Pos}
	if isObject(n) {
		decl.Doc, decl.Title, decl.Deprecated, decl.Examples = n.GetString("description"), n.GetString("title"), deprecationOf(n), examplesOf(n)
	}
	if t := l.declare(n, alternatives, decl, func(t schema.Named) schema.Named {
		l.inline = append(l.inline, inlineDecl{t, at})
		l.open[s.from] = t
		return t
	}); t != nil {
		delete(l.open, s.from)
		return t
	}
	return l.unnamed(n, at)
}

// parts is what a flat schema comes down to. It is made once for each schema, so
// that one that contains itself is known again.
type parts struct {
	from, core   *text.Node
	nullable     bool // the rest is about core
	alternatives []*text.Node
	lone         *text.Node // the only alternative, with what stands beside it
}

func (l *lowerer) split(n *text.Node) *parts {
	if known := l.parts[n]; known != nil {
		return known
	}
	s := &parts{from: n}
	l.parts[n] = s
	if s.core, s.nullable = l.splitNull(n, true); s.nullable {
		return s
	}
	s.core = splitTypes(n)
	s.alternatives = l.alternatives(s.core)
	if len(s.alternatives) == 1 {
		s.lone = l.withBase(s.core, s.alternatives[0])
	}
	return s
}

// unnamed lowers what has no declaration in any language.
func (l *lowerer) unnamed(n *text.Node, at place) schema.Type {
	if isDecimal(n) || isLooseDecimal(n) {
		return l.decimal(n, at)
	}
	types := typesOf(n)
	if len(types) == 0 {
		return &schema.Any{}
	}
	switch types[0] {
	case "string", "integer", "number", "boolean":
		return l.scalar(n, types[0])
	case "null":
		return &schema.Null{}
	case "array":
		return l.list(n, at)
	case "object":
		return l.dict(n, at)
	}
	return &schema.Any{} // the profile refuses it
}

// finish does what needs every type to be whole.
func (l *lowerer) finish() {
	l.cutUnionCycles()
	l.constantTags()
	for _, u := range l.tagged {
		l.checkTags(u)
	}
	for _, check := range l.later {
		check()
	}
	l.dropMisfits()
}

// ignored are keywords that narrow values, not types.
var ignored = map[string]bool{
	"if": true, "then": true, "else": true, "not": true, "contains": true, "minContains": true, "maxContains": true,
	"unevaluatedItems": true, "unevaluatedProperties": true, "dependentSchemas": true, "dependentRequired": true,
	"dependencies": true, "$dynamicRef": true, "$recursiveRef": true,
}

// noteIgnored tells of keywords that are documentation for wsgen.
func (l *lowerer) noteIgnored(n *text.Node) {
	for _, m := range n.Members {
		if ignored[m.Key] {
			l.diags.Add(m.KeyPos, "keyword-ignored", fmt.Sprintf("%s narrows values, not types: wsgen takes it as documentation", text.Quote(m.Key)),
				"the server still checks it").Severity = text.Info
		}
	}
}

func examplesOf(n *text.Node) []*text.Node {
	if list := n.Get("examples"); list != nil && list.Kind == text.KindArray {
		return text.DetachedAll(list.Items)
	}
	if one := n.Get("example"); one != nil {
		return []*text.Node{one.Detached()}
	}
	return nil
}
