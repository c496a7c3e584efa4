package load

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// lowerer turns schemas into types. Every definition is lowered once, and only when
// something that is generated refers to it. The passes, each in a file of its own:
//
//	read      the keywords of a schema, once
//	resolve   $ref, and what stands beside it
//	intersect allOf, and what stands beside alternatives
//	null      out of the types that have it
//	classify  object, tuple, list, map, enum, union, scalar, or anything
//
// Then a type is declared or built in place. What a pass finds out about a schema is
// remembered in its [facts].
type lowerer struct {
	docs   *documents
	diags  *text.Diagnostics
	defs   []*definition // in order of discovery
	roots  []*text.Node  // schemas that no definition holds: those in the manifest
	twins  []*text.Node  // schemas of OpenAPI documents that were just compared
	inline []inlineDecl
	tagged []*schema.Union // unions with a discriminator
	later  []func()        // checks of finished types

	doubtful      []doubtful // defaults to check against finished types
	looseDecimals map[*schema.Scalar]looseDecimal

	chunks       [][]keywords   // of the schemas that were read; the mark of a node is its number among them, from 1
	schemas      int            // how many those are
	reading      []keywordValue // of the schemas that are being read
	unusedValues []keywordValue
	open         map[*outline]schema.Named // types in place that are being lowered

	circles  map[*keywords]bool     // alternatives that lead back to their union, and were reported
	nullable map[*schema.Alias]bool // those that have null among their values
	ends     map[*schema.Alias]bool // those that lead to another type than an alias

	tags     map[tagKey][]*text.Node                    // what declaredTags found
	mappings map[*text.Node]map[*text.Node][]*text.Node // discriminator mappings, read
	called   map[*text.Node]string                      // names of alternatives that have none of their own

	pairs   map[string]*keywords // schemas that are merged of others, by those
	numbers map[*keywords]int    // of schemas that are merged
	noted   map[text.Pos]bool    // where schemas without a value were reported

	depth, steps int
	allowed      int  // steps; more if more documents were read since
	doubting     int  // schemas around this one whose values are in doubt
	combining    int  // schemas around this one that are not in the document
	nesting      int  // schemas around this one in the same definition
	stopped      bool // a limit was reached; every further schema becomes Any
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
		docs: docs, diags: diags, looseDecimals: map[*schema.Scalar]looseDecimal{},
		open:    map[*outline]schema.Named{},
		circles: map[*keywords]bool{}, nullable: map[*schema.Alias]bool{}, ends: map[*schema.Alias]bool{},
		tags: map[tagKey][]*text.Node{}, mappings: map[*text.Node]map[*text.Node][]*text.Node{},
		noted: map[text.Pos]bool{}, pairs: map[string]*keywords{}, numbers: map[*keywords]int{},
		called: map[*text.Node]string{},
	}
}

// facts are what passes found out about a schema.
type facts struct {
	flat    *keywords // with allOf and a $ref merged
	outline *outline
	named   schema.Named // of a definition

	any, null, onlyNull answer    // whether it becomes Any, has null, and has nothing else
	never               answer    // whether it has no value
	enum                answer    // whether its alternatives list their values
	core                *keywords // without null; nil for nothing
	hasCore             bool

	flattening, splitting bool // a pass is at work on it
}

// answer is what is known about a yes-or-no question.
type answer uint8

const (
	notAsked answer = iota
	no
	yes
)

func answerOf(found bool) answer {
	if found {
		return yes
	}
	return no
}

// facts returns what is known about k, to be added to.
func (k *keywords) facts() *facts {
	if k.known == nil {
		k.known = &facts{}
	}
	return k.known
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
	return l.typ(l.read(n), place{path: name})
}

// typ lowers a schema. One that the profile refuses becomes Any; it has been reported.
func (l *lowerer) typ(k *keywords, at place) schema.Type {
	defer l.leave()
	l.nesting++
	defer func() { l.nesting-- }()
	if !l.enter(k) {
		return &schema.Any{}
	}
	if k.combined {
		defer func() { l.combining-- }()
		if !l.enterCombined(k) {
			return &schema.Any{}
		}
	}
	if k.kind != objectSchema && k.kind != falseSchema {
		return &schema.Any{}
	}
	l.noteIgnored(k)
	if k.ref != nil && !l.refNarrowed(k) {
		return l.nullableIf(isTrue(k.get(nullable)), l.reference(k.ref))
	}
	return l.shape(l.flatten(k), at)
}

// Bounds on the work that a hostile document can cause: chains of references
// deeper than any stack, and combinations that multiply.
const (
	maxChain     = 50_000
	maxNesting   = 4 * text.MaxDepth
	stepsPerByte = 4
)

// baseSteps is what a document of any size may cost; fuzz tests set it lower.
var baseSteps = 200_000

func (l *lowerer) enter(k *keywords) bool {
	l.depth++
	l.steps++
	switch {
	case l.stopped:
	case l.nesting > maxNesting:
		l.stop(k, "this schema includes itself without an end")
	case l.depth > maxChain:
		l.stop(k, fmt.Sprintf("schemas refer to each other more than %d levels deep", maxChain/2))
	case l.steps > l.allowed:
		if l.allowed = baseSteps + stepsPerByte*l.docs.size(); l.steps > l.allowed {
			l.stop(k, "the alternatives in allOf, anyOf and oneOf multiply to more types than can be generated")
		}
	}
	return !l.stopped
}

func (l *lowerer) leave() { l.depth-- }

func (l *lowerer) stop(k *keywords, message string) {
	l.stopped = true
	l.diags.Add(k.pos, "too-complex", message, "name the parts as definitions, and let no schema include itself")
}

// size is the number of bytes that were read.
func (d *documents) size() int {
	total := 0
	for src := range d.bySource {
		total += len(src.Data)
	}
	return total
}

// define lowers a definition. It is registered before its parts are lowered, so
// that they can refer back to it.
func (l *lowerer) define(k *keywords, key string) schema.Named {
	if t := k.facts().named; t != nil {
		return t
	}
	outer := l.nesting
	l.nesting = 0
	defer func() { l.nesting = outer }()
	l.noteIgnored(k)
	d := &definition{node: k.node, key: key}
	l.defs = append(l.defs, d)
	register := func(t schema.Named) {
		d.typ, k.facts().named = t, t
	}
	decl := k.declOf(key)
	flat := k
	if k.ref == nil || l.refNarrowed(k) {
		flat = l.flatten(k)
	}
	if t := l.declareDefinition(flat, decl, register); t != nil {
		return t
	}
	alias := &schema.Alias{Decl: decl}
	register(alias)
	l.nullable[alias] = l.allowsNull(k)
	if flat.ref != nil {
		alias.Target = l.nullableIf(isTrue(flat.get(nullable)), l.reference(flat.ref))
	} else {
		alias.Target = l.shape(flat, place{owner: alias})
	}
	l.cutAliasCycle(alias)
	return alias
}

// declareDefinition declares a definition under its own name, or returns nil
// where it is another name for a type that is declared elsewhere or nowhere.
func (l *lowerer) declareDefinition(flat *keywords, decl schema.Decl, register func(schema.Named)) schema.Named {
	if flat.ref != nil || l.allowsNull(flat) || l.never(flat) && l.neverItself(flat) {
		return nil
	}
	o := l.outline(flat)
	if o.only != nil || slices.ContainsFunc(o.alternatives, l.anything) {
		return nil
	}
	return l.declare(o, decl, register)
}

// declare makes a named type of what is not null: with the name in decl, or, where
// decl has none, one that is made up later. It returns nil where that needs no declaration.
func (l *lowerer) declare(o *outline, decl schema.Decl, register func(schema.Named)) schema.Named {
	k := o.core
	switch {
	case k.isFlags():
		decl.Inline = false // for the sake of its constants
		a := &schema.Alias{Decl: decl, Target: k.scalar("integer"), Flags: k.flagValues()}
		register(a)
		return a
	case k.isEnum():
		e := &schema.Enum{Decl: decl}
		register(e)
		fillEnum(e, k)
		return e
	case len(o.alternatives) > 1 && !k.isLooseDecimal():
		u := &schema.Union{Decl: decl}
		register(u)
		l.fillUnion(u, k, o.alternatives)
		return u
	case k.isTuple():
		t := &schema.Tuple{Decl: decl}
		register(t)
		l.fillTuple(t, k)
		return t
	case k.isObject():
		obj := &schema.Object{Decl: decl}
		register(obj)
		l.fillObject(obj, k)
		return obj
	}
	return nil
}

// shape lowers flat keywords at their place of use.
func (l *lowerer) shape(k *keywords, at place) schema.Type {
	switch {
	case k.isPlain():
		return l.unnamed(k, at)
	case l.never(k) && l.neverItself(k):
		l.noteNever(k)
		return &schema.Any{}
	}
	o := l.outline(k)
	if o.nullable {
		if o.core == nil {
			return &schema.Null{}
		}
		return l.nullableIf(true, l.typ(o.core, at))
	}
	if t := l.open[o]; t != nil {
		t.Head().Inline = false // what contains itself needs a declaration
		return t
	}
	switch {
	case o.only != nil:
		return l.typ(o.only, at)
	case slices.ContainsFunc(o.alternatives, l.anything):
		return &schema.Any{}
	}
	decl := schema.Decl{Inline: true, Pos: o.core.pos}
	if o.core.isObject() {
		decl = o.core.decl()
		decl.Inline = true
	}
	defer delete(l.open, o)
	if t := l.declare(o, decl, func(t schema.Named) {
		l.inline = append(l.inline, inlineDecl{t, at})
		l.open[o] = t
	}); t != nil {
		return t
	}
	return l.unnamed(o.core, at)
}

// unnamed lowers what has no declaration in any language.
func (l *lowerer) unnamed(k *keywords, at place) schema.Type {
	if k.isDecimal() || k.isLooseDecimal() {
		return l.decimal(k, at)
	}
	types := k.jsonTypes()
	if len(types) == 0 {
		l.noteUntyped(k)
		return &schema.Any{}
	}
	switch types[0] {
	case "string", "integer", "number", "boolean":
		return k.scalar(types[0])
	case "null":
		return &schema.Null{}
	case "array":
		return l.list(k, at)
	case "object":
		return l.dict(k, at)
	}
	return &schema.Any{} // the profile refuses it
}

// noteUntyped tells of a schema whose keywords are about some types of values, while it
// allows all others as well.
func (l *lowerer) noteUntyped(k *keywords) {
	if k.implied != 0 && k.node != nil {
		l.diags.Add(k.pos, "type-missing", "this schema allows values of any type: its keywords narrow "+strings.Join(plurals(k.implied.names()), " and ")+" only",
			`add "type"`).Severity = text.Info
	}
}

func plurals(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = name + "s"
	}
	return out
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

// noteIgnored tells of keywords that are documentation for wsgen.
func (l *lowerer) noteIgnored(k *keywords) {
	if !k.ignored || k.node == nil {
		return
	}
	in := l.docs.dialectAt(k.node)
	for _, m := range in.dropped(k.node) {
		l.diags.Add(m.KeyPos, "keyword-ignored", fmt.Sprintf("%s does not count beside a $ref in this dialect of JSON Schema, draft-07 or older", text.Quote(m.Key)),
			"put the $ref into an allOf, or say that the schema is of 2019-09 or newer").Severity = text.Info
	}
	for _, m := range in.translated(k.node) {
		if vocabulary[m.Key].use != narrows {
			continue
		}
		l.diags.Add(m.KeyPos, "keyword-ignored", fmt.Sprintf("%s narrows values, not types: wsgen takes it as documentation", text.Quote(m.Key)),
			"the server still checks it").Severity = text.Info
	}
}
