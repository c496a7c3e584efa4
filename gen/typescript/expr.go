package typescript

import (
	"fmt"
	"slices"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// expr is a TypeScript type.
type expr struct {
	kind exprKind
	text string // of a name or literal; what stands before "<"
	args []expr
	item itemKind // of an item of a tuple
	name string   // label of an item of a tuple, name of a member of an object
}

type exprKind uint8

const (
	exprName    exprKind = iota // string, Task, types.Task
	exprLiteral                 // "open", 1
	exprUnion                   // A | B
	exprArray                   // A[]
	exprTuple                   // [A, B?]
	exprGeneric                 // Record<A, B>
	exprObject                  // { kind: "label" }
)

type itemKind uint8

const (
	itemRequired itemKind = iota
	itemOptional          // A?
	itemRest              // ...A[]
)

func name(s string) expr                   { return expr{kind: exprName, text: s} }
func literal(s string) expr                { return expr{kind: exprLiteral, text: s} }
func array(of expr) expr                   { return expr{kind: exprArray, args: []expr{of}} }
func generic(of string, args ...expr) expr { return expr{kind: exprGeneric, text: of, args: args} }
func (e expr) is(s string) bool            { return e.kind == exprName && e.text == s }
func (e expr) equal(o expr) bool {
	return e.kind == o.kind && e.text == o.text && e.item == o.item && e.name == o.name &&
		slices.EqualFunc(e.args, o.args, expr.equal)
}

// union joins types: unions in it are opened, repetitions dropped, and unknown
// takes in all others.
func union(of ...expr) expr {
	var parts []expr
	var add func([]expr)
	seen := map[string]bool{}
	add = func(of []expr) {
		for _, e := range of {
			if e.kind == exprUnion {
				add(e.args)
			} else if key := string(e.appendFlat(nil)); !seen[key] {
				seen[key] = true
				parts = append(parts, e)
			}
		}
	}
	add(of)
	if i := slices.IndexFunc(parts, func(e expr) bool { return e.is("unknown") }); i >= 0 {
		return parts[i]
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return expr{kind: exprUnion, args: parts}
}

// use is where a type is written.
type use struct {
	qualifier string // what names of types.ts begin with: "" in types.ts itself
	input     bool   // params: what the caller sends
}

// typeExpr returns the type that a value of t has in TypeScript.
func (n *names) typeExpr(t schema.Type, at use) expr {
	switch t := t.(type) {
	case *schema.Scalar:
		return n.scalarExpr(t)
	case *schema.Null:
		return name("null")
	case *schema.Any:
		return name("unknown")
	case *schema.Nullable:
		return union(n.typeExpr(t.Elem, at), name("null"))
	case *schema.List:
		return array(n.typeExpr(t.Elem, at))
	case *schema.Map:
		return n.mapExpr(t, at)
	case schema.Named:
		if n.inPlace(t) {
			return n.bodyExpr(t, at)
		}
		called := n.typeName(t, at.input)
		if called == "" {
			panic("typescript: the model does not list " + t.Head().Name)
		}
		return name(at.qualifier + called)
	default:
		panic(fmt.Sprintf("typescript: unexpected type %T", t))
	}
}

// bodyExpr writes a type alias's own type, or a type that has no name.
func (n *names) bodyExpr(t schema.Named, at use) expr {
	switch t := t.(type) {
	case *schema.Enum:
		return n.enumExpr(t)
	case *schema.Union:
		return n.unionExpr(t, at)
	case *schema.Tuple:
		return n.tupleExpr(t, at)
	case *schema.Alias:
		return n.typeExpr(t.Target, at)
	default:
		panic(fmt.Sprintf("typescript: unexpected type %T", t))
	}
}

// enumExpr lists the values, and what a newer server may send beside them.
func (n *names) enumExpr(t *schema.Enum) expr {
	values := make([]expr, len(t.Values))
	for i, v := range t.Values {
		values[i] = literal(n.literal(v.Value))
	}
	if plan.Open(t) {
		values = append(values, unknownScalars(plan.KindsOf(t))...)
	}
	return union(values...)
}

// unknownScalars are the types of scalars that are not listed where others of their
// kind are. Of booleans there are no more than two.
func unknownScalars(kinds plan.Kinds) []expr {
	var types []expr
	if kinds.Has(plan.JSONString) {
		types = append(types, name("UnknownString"))
	}
	if kinds.Has(plan.JSONNumber) {
		types = append(types, name("UnknownNumber"))
	}
	if kinds.Has(plan.JSONBoolean) {
		types = append(types, name("boolean"))
	}
	return types
}

func scalarExpr(k schema.ScalarKind) expr {
	switch k {
	case schema.String:
		return name("string")
	case schema.Integer, schema.Number:
		return name("number")
	case schema.Boolean:
		return name("boolean")
	case schema.Mixed: // only the base of an enum
	}
	panic("typescript: unexpected scalar " + k.String())
}

// mapExpr is Record<string, T>, or partial where the keys are known.
func (n *names) mapExpr(t *schema.Map, at use) expr {
	if called := n.maps[mapForm{t, at.input}]; called != "" {
		return name(at.qualifier + called)
	}
	key := name("string")
	if _, plain := schema.Resolve(t.Key).(*schema.Scalar); !plain || !n.converted(t.Key) {
		key = n.typeExpr(t.Key, at)
	}
	record := generic("Record", key, n.typeExpr(t.Value, at))
	if _, ok := schema.Resolve(t.Key).(*schema.Enum); ok {
		return generic("Partial", record)
	}
	return record
}

// tupleExpr is [A, B?, ...C[]], with the names of a NamedTuple's fields as labels.
func (n *names) tupleExpr(t *schema.Tuple, at use) expr {
	e := expr{kind: exprTuple}
	labelled := len(t.Items) > 0
	for _, it := range t.Items {
		labelled = labelled && it.Name != nil
	}
	for i, it := range t.Items {
		item := n.typeExpr(it.Type, at)
		switch {
		case i >= t.Min:
			item = expr{kind: exprTuple, item: itemOptional, args: []expr{item}}
		default:
			item = expr{kind: exprTuple, item: itemRequired, args: []expr{item}}
		}
		if labelled {
			item.name = label(it.Name)
		}
		e.args = append(e.args, item)
	}
	if t.Rest != nil {
		item := expr{kind: exprTuple, item: itemRest, args: []expr{n.typeExpr(t.Rest, at)}}
		if labelled {
			item.name = "rest"
		}
		e.args = append(e.args, item)
	}
	return e
}

// place is where a type stands, which decides how a long union is broken.
type place uint8

const (
	placeAnnotation place = iota // after ":", in an array, in a labelled item
	placeArgument                // between "<" and ">"
	placeItem                    // the only item of a tuple
	placeItems                   // one of several items of a tuple
	placeValue                   // after the "=" of an alias
)

// doc returns the layout that prettier gives to a type.
func (e expr) doc(at place) doc {
	switch e.kind {
	case exprName, exprLiteral:
		return raw(e.text)
	case exprArray:
		return concat(e.args[0].operand(), raw("[]"))
	case exprGeneric:
		return e.genericDoc()
	case exprTuple:
		return e.tupleDoc()
	case exprUnion:
		return e.unionDoc(at)
	case exprObject:
		return e.objectDoc()
	}
	panic("unreachable")
}

// operand is e in front of "[]" or "?": a union needs parentheses.
func (e expr) operand() doc {
	if e.kind != exprUnion {
		return e.doc(placeAnnotation)
	}
	if e.hugs() {
		return concat(raw("("), e.doc(placeAnnotation), raw(")"))
	}
	return concat(raw("("), group(indented(softline, e.variants()), softline), raw(")"))
}

// appendFlat appends e on one line, which most types fit on: what doc(at).flat() is,
// without the layout.
func (e expr) appendFlat(b []byte) []byte {
	switch e.kind {
	case exprName, exprLiteral:
		return append(b, e.text...)
	case exprUnion:
		for i, a := range e.args {
			if i > 0 {
				b = append(b, " | "...)
			}
			b = a.appendFlat(b)
		}
		return b
	case exprArray:
		if of := e.args[0]; of.kind == exprUnion {
			return append(of.appendFlat(append(b, '(')), ")[]"...)
		}
		return append(e.args[0].appendFlat(b), "[]"...)
	case exprGeneric, exprTuple, exprObject:
	}
	return append(b, e.doc(placeAnnotation).flat()...)
}

func (e expr) unionDoc(at place) doc {
	if e.hugs() {
		parts := make([]doc, 0, 2*len(e.args))
		for i, a := range e.args {
			if i > 0 {
				parts = append(parts, raw(" | "))
			}
			parts = append(parts, a.doc(placeAnnotation))
		}
		return concat(parts...)
	}
	switch at {
	case placeItems:
		return group(indented(ifBroken(raw("("), softline), e.variants()), softline, ifBroken(raw(")")))
	case placeAnnotation, placeArgument:
		if at == placeAnnotation {
			return group(indented(softline, e.variants()))
		}
		return e.variants()
	case placeItem, placeValue:
		return e.variants()
	}
	panic("unreachable")
}

// variants are "A | B" on one line, or one a line behind a bar.
func (e expr) variants() doc {
	parts := make([]doc, 0, 3*len(e.args))
	for i, a := range e.args {
		if i == 0 {
			parts = append(parts, ifBroken(raw("| ")))
		} else {
			parts = append(parts, line, raw("| "))
		}
		parts = append(parts, indented(a.doc(placeAnnotation)))
	}
	return group(parts...)
}

// hugs tells whether prettier keeps a union together: a reference or null.
func (e expr) hugs() bool {
	references := 0
	for _, a := range e.args {
		switch {
		case a.kind == exprGeneric || a.kind == exprName && !isKeyword(a.text):
			references++
		case !a.is("null") && !a.is("void"):
			return false
		}
	}
	return references == 1
}

func isKeyword(s string) bool {
	switch s {
	case "string", "number", "bigint", "boolean", "unknown", "null", "undefined", "void":
		return true
	}
	return false
}

func (e expr) genericDoc() doc {
	if len(e.args) == 1 {
		if a := e.args[0]; a.kind == exprName || a.kind == exprLiteral || a.kind == exprUnion && a.hugs() {
			return concat(raw(e.text+"<"), a.doc(placeArgument), raw(">"))
		}
	}
	args := make([]doc, len(e.args))
	for i, a := range e.args {
		args[i] = a.doc(placeArgument)
	}
	return group(raw(e.text), commaList("<", args, ">", ""))
}

func (e expr) tupleDoc() doc {
	items := make([]doc, len(e.args))
	for i, a := range e.args {
		items[i] = a.itemDoc(len(e.args) == 1)
	}
	return group(commaList("[", items, "]", ","))
}

// itemDoc is an item of a tuple: "A", "A?", "...A[]", each with a label before it or not.
func (e expr) itemDoc(only bool) doc {
	of := e.args[0]
	if e.name == "" {
		switch {
		case e.item == itemOptional:
			return concat(of.operand(), raw("?"))
		case e.item == itemRest:
			return concat(raw("..."), of.operand(), raw("[]"))
		case only:
			return of.doc(placeItem)
		}
		return of.doc(placeItems)
	}
	switch e.item {
	case itemOptional:
		return concat(raw(e.name+"?: "), of.doc(placeAnnotation))
	case itemRest:
		return concat(raw("..."+e.name+": "), of.operand(), raw("[]"))
	case itemRequired:
	}
	return concat(raw(e.name+": "), of.doc(placeAnnotation))
}

// objectDoc is `{ kind: "label"; value: 1 }`.
func (e expr) objectDoc() doc {
	members := make([]doc, len(e.args))
	for i, a := range e.args {
		members[i] = concat(raw(memberName(a.name)+": "), a.args[0].doc(placeAnnotation))
	}
	return braces("", members, ";")
}

// eachName calls f for the names that e is made of.
func (e expr) eachName(f func(string)) {
	if e.kind == exprName || e.kind == exprGeneric {
		f(e.text)
	}
	for _, a := range e.args {
		a.eachName(f)
	}
}
