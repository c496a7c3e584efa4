package schema

import "fmt"

// lowerer turns schema nodes into types. Every definition is lowered once, and
// only when something that is generated refers to it.
type lowerer struct {
	docs   *documents
	diags  *Diagnostics
	named  map[*Node]Named
	defs   []*definition // in order of discovery
	roots  []*Node       // schemas that stand in the manifest itself
	inline []inlineDecl
	merged map[*Node]*Node // flattened allOf and $ref with siblings
	active map[*Node]bool  // being flattened

	made    map[*Node]bool // see both
	depth   int            // of those around what is being lowered
	endless bool           // mergeLimit was reached
}

// definition is a schema that a $ref leads to.
type definition struct {
	node *Node
	key  string
	typ  Named
}

// inlineDecl is a type without a name, to be called after its owner.
type inlineDecl struct {
	typ Named
	at  place
}

// place is where a schema stands, for the names of what has none.
type place struct {
	owner Named  // nil at the root
	path  string // PascalCase, below the owner
}

func (p place) in(suffix string) place { return place{p.owner, p.path + suffix} }

func newLowerer(docs *documents, diags *Diagnostics) *lowerer {
	return &lowerer{docs: docs, diags: diags, named: map[*Node]Named{}, merged: map[*Node]*Node{}, active: map[*Node]bool{}, made: map[*Node]bool{}}
}

// nodes returns every schema that was lowered and is not part of another one.
func (l *lowerer) nodes() []*Node {
	nodes := append([]*Node(nil), l.roots...)
	for _, d := range l.defs {
		nodes = append(nodes, d.node)
	}
	return nodes
}

// typ lowers the schema n. What the profile refuses lowers to anything: it is
// reported there.
func (l *lowerer) typ(n *Node, at place) Type {
	if at.owner == nil {
		l.roots = append(l.roots, n)
	}
	switch n.Kind {
	case KindBool:
		if n.Text == "false" {
			l.diags.add(n.Pos, "never", "the schema false allows no value", "remove the member, or describe what it holds")
		}
		return &Any{}
	case KindObject:
	default:
		return &Any{}
	}
	if l.made[n] {
		defer func() { l.depth-- }()
		if !l.enterMade(n) {
			return &Any{}
		}
	}
	l.noteIgnored(n)
	if ref := n.Get("$ref"); ref != nil && !l.refNarrowed(n) {
		return nullableIf(n.IsTrue("nullable"), l.reference(ref))
	}
	return l.shape(l.flatten(n), at)
}

// reference returns the type that a $ref stands for.
func (l *lowerer) reference(ref *Node) Type {
	t, ok := l.docs.resolve(ref)
	if !ok {
		return &Any{}
	}
	node, key := t.Node, t.Key
	if isPureRef(node) {
		if node, key, ok = l.docs.deref(node); !ok {
			return &Any{}
		}
	}
	if node.Kind != KindObject {
		return l.typ(node, place{path: typeName(key)})
	}
	return l.define(node, key)
}

// isPureRef tells whether a definition is just another name: nothing but $ref.
func isPureRef(n *Node) bool {
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
func (l *lowerer) define(n *Node, key string) Named {
	if t, done := l.named[n]; done {
		return t
	}
	l.noteIgnored(n)
	flat := n
	if n.Get("$ref") == nil || l.refNarrowed(n) {
		flat = l.flatten(n)
	}
	name := typeName(key)
	decl := Decl{Name: name, Doc: n.GetString("description"), Title: titleOf(n, name), Deprecated: deprecationOf(n), Examples: examplesOf(n), Pos: n.Pos}
	if sameWords(decl.Title, key) {
		decl.Title = ""
	}
	d := &definition{node: n, key: key}
	l.defs = append(l.defs, d)
	_, nullable := splitNull(flat)
	register := func(t Named) Named {
		d.typ, l.named[n] = t, t
		return t
	}
	if !nullable && flat.Get("$ref") == nil {
		if t := l.declare(flat, decl, register); t != nil {
			return t
		}
	}
	alias := &Alias{Decl: decl}
	register(alias)
	if flat.Get("$ref") != nil {
		alias.Target = l.reference(flat.Get("$ref"))
	} else {
		alias.Target = l.shape(flat, place{owner: alias})
	}
	l.checkAlias(alias)
	return alias
}

// checkAlias reports an alias that is made of nothing but itself.
func (l *lowerer) checkAlias(alias *Alias) {
	t := alias.Target
	for {
		switch x := t.(type) {
		case *Nullable:
			t = x.Elem
			continue
		case *Alias:
			if x == alias {
				l.diags.add(alias.Pos, "ref-cycle", fmt.Sprintf("definition %s is made of nothing but itself", quoteText(alias.Name)), "give it a type")
				alias.Target = &Any{}
				return
			}
			t = x.Target
			continue
		}
		return
	}
}

// declare makes a named type of n: with the name in decl, or, where decl has
// none, one that is made up later. It returns nil where n needs no declaration.
func (l *lowerer) declare(n *Node, decl Decl, register func(Named) Named) Named {
	switch {
	case isEnum(n):
		e := &Enum{Decl: decl}
		register(e)
		l.fillEnum(e, n)
		return e
	case len(branches(n)) > 1 && !anyBranch(branches(n)) && !isDecimal(n):
		u := &Union{Decl: decl}
		register(u)
		l.fillUnion(u, n)
		return u
	case isTuple(n):
		t := &Tuple{Decl: decl}
		register(t)
		l.fillTuple(t, n)
		return t
	case isObject(n):
		o := &Object{Decl: decl}
		register(o)
		l.fillObject(o, n)
		return o
	}
	return nil
}

// shape lowers a schema that refers to nothing itself, at its place of use.
func (l *lowerer) shape(n *Node, at place) Type {
	core, nullable := splitNull(n)
	if nullable {
		if core == nil {
			return &Null{}
		}
		return nullableIf(true, l.typ(core, at.orNested()))
	}
	if bs := branches(n); len(bs) == 1 && n.Get("enum") == nil && n.Get("const") == nil {
		return l.typ(l.withBase(n, bs[0]), at.orNested())
	} else if anyBranch(bs) {
		return &Any{}
	}
	decl := Decl{Inline: true, Pos: n.Pos}
	if isObject(n) {
		decl.Doc, decl.Title, decl.Deprecated, decl.Examples = n.GetString("description"), n.GetString("title"), deprecationOf(n), examplesOf(n)
	}
	if t := l.declare(n, decl, func(t Named) Named {
		l.inline = append(l.inline, inlineDecl{t, at})
		return t
	}); t != nil {
		return simplify(t)
	}
	return l.unnamed(n, at)
}

// orNested keeps typ from taking a part of a root for another root.
func (p place) orNested() place {
	if p.owner == nil {
		p.owner = rootOwner
	}
	return p
}

// rootOwner stands for "no owner, but not a root schema either".
var rootOwner Named = &Alias{}

// simplify replaces an inline union that turned out to have one variant.
func simplify(t Named) Type {
	if u, ok := t.(*Union); ok && len(u.Variants) == 1 {
		return u.Variants[0].Type
	}
	return t
}

// unnamed lowers what has no declaration in any language.
func (l *lowerer) unnamed(n *Node, at place) Type {
	types := typesOf(n)
	if isDecimal(n) {
		return decimalOf(n)
	}
	switch {
	case len(types) == 0:
		return &Any{}
	case len(types) > 1:
		return l.typ(splitTypes(n, types), at.orNested())
	}
	switch types[0] {
	case "string", "integer", "number", "boolean":
		return l.scalar(n, types[0])
	case "null":
		return &Null{}
	case "array":
		return l.list(n, at)
	case "object":
		return l.dict(n, at)
	}
	return &Any{}
}

// nullableIf wraps t unless null is among its values anyway.
func nullableIf(nullable bool, t Type) Type {
	switch t.(type) {
	case *Nullable, *Null, *Any:
		return t
	}
	if nullable {
		return &Nullable{Elem: t}
	}
	return t
}

// ignored are keywords that narrow values, not types.
var ignored = map[string]bool{
	"if": true, "then": true, "else": true, "not": true, "contains": true, "minContains": true, "maxContains": true,
	"unevaluatedItems": true, "unevaluatedProperties": true, "dependentSchemas": true, "dependentRequired": true,
	"dependencies": true, "$dynamicRef": true, "$recursiveRef": true,
}

// noteIgnored tells of keywords that are documentation for wsgen.
func (l *lowerer) noteIgnored(n *Node) {
	for _, m := range n.Members {
		if ignored[m.Key] {
			l.diags.add(m.KeyPos, "keyword-ignored", fmt.Sprintf("%s narrows values, not types: wsgen takes it as documentation", quoteText(m.Key)),
				"the server still checks it").Severity = Info
		}
	}
}

func examplesOf(n *Node) []*Node {
	if list := n.Get("examples"); list != nil && list.Kind == KindArray {
		return list.Items
	}
	if one := n.Get("example"); one != nil {
		return []*Node{one}
	}
	return nil
}
