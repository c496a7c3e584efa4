package typescript

import (
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// unionExpr lists the variants, and what a newer server may send beside them. Of a
// variant that is a union with a discriminator, too, the variants are listed in its
// place, so that all of the list have the outer discriminator:
//
//	BlackCat | UnknownVariant<"color", UnknownString, { pet: "cat" }> | Dog | UnknownVariant<"pet">
func (n *names) unionExpr(t *schema.Union, at use) expr {
	u := n.plan.Union(t)
	parts := n.variantExprs(u, at, nil, u.Out)
	if u.Null {
		parts = append(parts, name("null"))
	}
	return union(parts...)
}

// variantExprs lists the variants of a union and, where it is open, the unknown one.
// The members known are constants of all of them: the tags of the unions around it.
func (n *names) variantExprs(u *plan.Union, at use, known []expr, open bool) []expr {
	var parts []expr
	for _, v := range u.Variants {
		inner, ok := v.Type.(*schema.Union)
		if !ok || !u.Declared || !n.plan.Union(inner).Declared {
			parts = append(parts, n.typeExpr(v.Type, at))
			continue
		}
		tag := expr{name: u.Tag, args: []expr{n.tagsExpr(v.Tags)}}
		parts = append(parts, n.variantExprs(n.plan.Union(inner), at, append(known[:len(known):len(known)], tag), open)...)
	}
	if open {
		parts = append(parts, unknownVariant(u, known))
	}
	return parts
}

func (n *names) tagsExpr(tags []*text.Node) expr {
	values := make([]expr, len(tags))
	for i, tag := range tags {
		values[i] = literal(n.literal(tag))
	}
	return union(values...)
}

// unknownVariant is what a union's value may be beside its variants: UnknownVariant,
// or UnknownVariant<"kind"> where a member called kind tells the variants apart.
func unknownVariant(u *plan.Union, known []expr) expr {
	if u.Tag == "" {
		return name("UnknownVariant")
	}
	args := []expr{literal(quote(u.Tag))}
	var kinds plan.Kinds
	for _, v := range u.Variants {
		for _, tag := range v.Tags {
			kinds |= plan.KindOf(tag)
		}
	}
	if value := union(unknownScalars(kinds)...); !value.is("UnknownString") || known != nil {
		args = append(args, value)
	}
	if known != nil {
		args = append(args, expr{kind: exprObject, args: known})
	}
	return generic("UnknownVariant", args...)
}

// writeUnion prints a type alias:
//
//	export type TaskFilter = LabelFilter | AssigneeFilter | UnknownVariant<"kind">;
func (f *typesFile) writeUnion(t *schema.Union, input bool) {
	f.Blank()
	c := f.declComment(t)
	c.body = append(c.body, facts.Union(f.plan.Union(t))+" "+f.toldBy(t))
	c.write(f.Buffer)
	f.writeAliasOf(f.names.typeName(t, input), f.bodyExpr(t, input))
}

// toldBy is the sentence that leads to the guard of a union.
func (f *typesFile) toldBy(t *schema.Union) string {
	g := f.names.guards[t]
	if g.known != "" {
		return code(g.known) + " tells whether a value is one of these."
	}
	return code(g.variant) + " tells which of these a value is."
}

// writeUnionGuard prints the functions that know the variants of a union.
func (f *typesFile) writeUnionGuard(t *schema.Union) {
	u := f.plan.Union(t)
	if u.Declared {
		f.writeTagGuard(u)
		return
	}
	f.writeVariants(u)
	f.writeVariantGuard(u)
	f.writeVariantPredicate(u)
}

// called is how a comment names a union: by its name or, where it has none, by its
// variants.
func (f *typesFile) called(u *plan.Union) string {
	if called := f.names.types[u.Union]; called != "" {
		return code(called)
	}
	return code(f.knownExpr(u).doc(placeAnnotation).flat())
}

// knownExpr is the type of a union without null and without what only a newer server
// sends. Params may lack what results have: only their form is sure.
func (f *typesFile) knownExpr(u *plan.Union) expr {
	if f.names.inPlace(u.Union) {
		return f.use(union(f.names.variantExprs(u, use{input: u.In}, nil, false)...))
	}
	e := f.typeExpr(u.Union, u.In)
	var less []expr
	if u.Out {
		less = append(less, name("UnknownVariant"))
	}
	if u.Null {
		less = append(less, name("null"))
	}
	if less == nil {
		return e
	}
	return f.use(generic("Exclude", e, union(less...)))
}

// writeTagGuard prints a function that knows the tags of a union. A variant that is a
// union itself is asked in turn:
//
//	/** Tells whether a value is a known variant of `TaskFilter`. */
//	export function isKnownTaskFilter(
//	  value: unknown,
//	): value is Exclude<TaskFilter, UnknownVariant> {
//	  switch (tagOf(value, "kind")) {
//	    case "label":
//	    case "assignee":
//	      return true;
//	    default:
//	      return false;
//	  }
//	}
func (f *typesFile) writeTagGuard(u *plan.Union) {
	f.imports["tagOf"] = true
	f.Blank()
	comment{body: []string{"Tells whether a value is a known variant of " + f.called(u) + "."}}.write(f.Buffer)
	f.writePredicate(f.names.guards[u.Union].known, f.knownExpr(u))
	f.Indent(func() {
		f.Block("switch (tagOf(value, "+quote(u.Tag)+")) {", func() {
			for _, v := range u.Variants {
				if inner, ok := v.Type.(*schema.Union); ok {
					f.writeTags(v)
					f.Indent(func() { f.Line("return ", f.names.guards[inner].known, "(value);") })
				}
			}
			for _, v := range u.Variants {
				if _, isUnion := v.Type.(*schema.Union); !isUnion {
					f.writeTags(v)
				}
			}
			f.writeVerdicts()
		}, "}")
	})
	f.Line("}")
}

func (f *typesFile) writeTags(v plan.Variant) {
	for _, tag := range v.Tags {
		f.Line("case ", f.names.literal(tag), ":")
	}
}

// writeVerdicts ends a switch whose last cases are the known ones.
func (f *typesFile) writeVerdicts() {
	f.Indent(func() { f.Line("return true;") })
	f.Line("default:")
	f.Indent(func() { f.Line("return false;") })
}

// writeVariants prints the types of the variants, by name:
//
//	/** The variants of `Place`, by name. */
//	export interface PlaceVariants {
//	  Point: Point;
//	  "list of string": string[];
//	}
func (f *typesFile) writeVariants(u *plan.Union) {
	g := f.names.guards[u.Union]
	f.Blank()
	comment{body: []string{"The variants of " + f.called(u) + ", by name."}}.write(f.Buffer)
	f.Block("export interface "+g.variants+" {", func() {
		for _, v := range u.Variants {
			f.writeMember(v.Name, f.typeExpr(v.Type, u.In), true)
		}
	}, "}")
}

// writeVariantGuard prints the function that tells the variants apart:
//
//	/** Names the variant of `Place` that a value is, if it is known. */
//	export function placeVariant(value: unknown): keyof PlaceVariants | undefined {
//	  return variantOf(value, {
//	    variants: [
//	      { name: "Point", shape: { ref: "Point" } },
//	      { name: "list of string", shape: { type: "array", items: { type: "string" } } },
//	    ],
//	    shapes,
//	  });
//	}
//
// Where something in the union is converted, codecs.ts knows the variants.
func (f *typesFile) writeVariantGuard(u *plan.Union) {
	g := f.names.guards[u.Union]
	f.Blank()
	comment{body: []string{"Names the variant of " + f.called(u) + " that a value is, if it is known."}}.write(f.Buffer)
	printDoc(f.Buffer, group(
		commaList("export function "+g.variant+"(", []doc{raw("value: unknown")}, ")", ","),
		raw(": "), union(name("keyof "+g.variants), name("undefined")).doc(placeAnnotation), raw(" {")))
	f.Indent(func() {
		if f.names.converting[u.Union] {
			f.variants = true
			printDoc(f.Buffer, concat(group(commaList("return variant(", []doc{raw(quote(u.Name)), raw("value")}, ")", ",")), raw(";")))
			return
		}
		f.imports["variantOf"] = true
		members := []member{}
		if u.Tag != "" {
			members = append(members, member{"tag", raw(quote(u.Tag))})
		}
		members = append(members, member{"variants", f.variantsDoc(u)})
		if len(f.plan.Shapes) > 0 {
			members = append(members, member{"shapes", doc{}})
		}
		printDoc(f.Buffer, concat(raw("return variantOf(value, "), brokenObject(members), raw(");")))
	})
	f.Line("}")
}

func (f *typesFile) variantsDoc(u *plan.Union) doc {
	list := make([]doc, len(u.Variants))
	for i, v := range u.Variants {
		members := []member{{"name", raw(quote(v.Name))}}
		if u.Tag != "" && len(v.Tags) > 0 {
			members = append(members, member{"tags", f.valuesDoc(v.Tags)})
		}
		list[i] = objectDoc(append(members, member{"shape", f.shapeDoc(v.Shape)}))
	}
	return arrayDoc(list, len(list) > 1)
}

// writeVariantPredicate prints the function by which the compiler knows a variant:
//
//	/** Tells whether a value is the named variant of `Place`. */
//	export function isPlaceVariant<Name extends keyof PlaceVariants>(
//	  value: unknown,
//	  variant: Name,
//	): value is Chosen<PlaceVariants[Name]> {
//	  const chosen = placeVariant(value);
//	  return chosen === variant;
//	}
func (f *typesFile) writeVariantPredicate(u *plan.Union) {
	f.imports["type Chosen"] = true
	g := f.names.guards[u.Union]
	f.Blank()
	comment{body: []string{"Tells whether a value is the named variant of " + f.called(u) + "."}}.write(f.Buffer)
	name := concat(raw("Name extends"), doc{kind: docMove}, indentIfMoved(raw("keyof "+g.variants)))
	printDoc(f.Buffer, concat(
		raw("export function "+g.is),
		group(commaList("<", []doc{name}, ">", ",")),
		group(
			commaList("(", []doc{raw("value: unknown"), raw("variant: Name")}, ")", ","),
			raw(": value is "), group(raw("Chosen"), commaList("<", []doc{raw(g.variants + "[Name]")}, ">", ""))),
		raw(" {")))
	f.Indent(func() {
		call := group(commaList(g.variant+"(", []doc{raw("value")}, ")", ","))
		printDoc(f.Buffer, concat(raw("const chosen ="), group(indented(line, call)), raw(";")))
		f.Line("return chosen === variant;")
	})
	f.Line("}")
}
