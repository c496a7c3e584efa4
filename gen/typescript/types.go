package typescript

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/markup"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// typesFile prints types.ts.
type typesFile struct {
	*emit.Buffer
	plan    *plan.Plan
	names   *names
	imports map[string]bool // names of the runtime, "type " before those that are only types
	formats []schema.Format // those that shapes refer to, in order of first use
	known   map[schema.Format]bool
	flat    []byte // of writeMember, used again and again

	variants bool // the function variant of codecs.ts is used
	temporal bool
}

// runtimeTypes are the types of the runtime that may be part of a type of types.ts.
var runtimeTypes = map[string]bool{"UnknownNumber": true, "UnknownString": true, "UnknownVariant": true}

func newTypesFile(n *names) *typesFile {
	return &typesFile{
		Buffer: emit.New(indent, lineWidth), plan: n.plan, names: n,
		imports: map[string]bool{}, known: map[schema.Format]bool{},
	}
}

// writeTypes prints one declaration for every type and form, and behind each what
// knows its values. What knows unions without a name comes last.
func writeTypes(n *names) []byte {
	f := newTypesFile(n)
	f.writeForeignNames()
	for _, t := range n.imports.Declared {
		f.writeType(t)
	}
	for _, s := range n.plan.Subscriptions {
		f.writeChannel(s.Wire, &s.Event.Channel, s.Args)
	}
	for _, c := range n.plan.Calls {
		f.writeChannel(c.Wire, c.Channel, c.Args)
	}
	for _, t := range n.imports.Declared {
		if _, guarded := n.guards[t]; guarded && n.inPlace(t) {
			f.writeGuards(t)
		}
	}
	shapes := f.apart(f.writeShapes) // first: shapes tell which formats are used
	formats := f.apart(f.writeFormats)
	all := f.head()
	for _, part := range []*emit.Buffer{f.Buffer, formats, shapes} {
		if part.Len() > 0 {
			all.Blank()
			all.Append(part)
		}
	}
	return all.Bytes()
}

// apart prints into a buffer of its own.
func (f *typesFile) apart(write func()) *emit.Buffer {
	old := f.Buffer
	defer func() { f.Buffer = old }()
	f.Buffer = emit.New(indent, lineWidth)
	write()
	return f.Buffer
}

// head is written last, when it is known what must be imported.
func (f *typesFile) head() *emit.Buffer {
	b := emit.New(indent, lineWidth)
	b.Line(header)
	b.Blank()
	b.Append(f.apart(f.writeForeign))
	var shape, unknown []string
	for _, i := range slices.Sorted(maps.Keys(f.imports)) {
		if called := strings.TrimPrefix(i, "type "); runtimeTypes[called] || called == "Chosen" {
			unknown = append(unknown, i)
		} else {
			shape = append(shape, i)
		}
	}
	if f.variants {
		writeImport(b, []string{"variant"}, "./codecs"+f.names.extension)
	}
	writeImport(b, shape, "./rpc/shape"+f.names.extension)
	if f.temporal {
		writeImport(b, []string{"type Temporal"}, "./rpc/temporal"+f.names.extension)
	}
	writeImport(b, unknown, "./rpc/unknown"+f.names.extension)
	if len(f.names.types)+len(f.names.channels)+len(f.names.guards) == 0 {
		b.Line("export {};")
	}
	return b
}

// use notes what a type needs to be imported.
func (f *typesFile) use(e expr) expr {
	e.eachName(func(called string) {
		if runtimeTypes[called] {
			f.imports["type "+called] = true
		}
		f.temporal = f.temporal || isTemporal(called)
	})
	return e
}

// typeExpr is a type as results have it, or as params do.
func (f *typesFile) typeExpr(t schema.Type, input bool) expr {
	return f.use(f.names.typeExpr(t, use{input: input}))
}

func (f *typesFile) bodyExpr(t schema.Named, input bool) expr {
	return f.use(f.names.bodyExpr(t, use{input: input}))
}

// writeType prints a type in each of its forms, and what knows its values.
func (f *typesFile) writeType(t schema.Named) {
	for _, input := range f.names.forms(t) {
		if f.names.imports.Of(t, input) != nil {
			continue
		}
		if !f.names.inPlace(t) {
			f.writeForm(t, input)
		}
		if f.names.recursive[t] {
			f.writeMaps(t, input)
		}
	}
	if !f.names.inPlace(t) {
		f.writeGuards(t)
	}
}

// writeGuards prints the functions that know the values of a type, if it has any.
func (f *typesFile) writeGuards(t schema.Named) {
	switch t := t.(type) {
	case *schema.Enum:
		f.writeEnumGuard(t)
	case *schema.Union:
		f.writeUnionGuard(t)
	case *schema.Object, *schema.Tuple, *schema.Alias:
	}
}

func (f *typesFile) writeForm(t schema.Named, input bool) {
	switch t := t.(type) {
	case *schema.Object:
		f.writeObject(f.plan.Object(t), input)
	case *schema.Enum:
		f.writeEnum(t)
	case *schema.Union:
		f.writeUnion(t, input)
	case *schema.Tuple, *schema.Alias:
		f.writeAlias(t, input)
	default:
		panic(fmt.Sprintf("typescript: unexpected type %T", t))
	}
}

// writeObject prints an interface:
//
//	/** Numbers of one user's tasks. */
//	export interface TaskStats {
//	  /** Number of tasks that matched. */
//	  total: number;
//	  owner?: TaskOwner | null | undefined;
//	}
func (f *typesFile) writeObject(o *plan.Object, input bool) {
	f.Blank()
	c := f.declComment(o.Object)
	extra, fits := f.extraExpr(o, input)
	if o.Extra != nil && !fits {
		c.body = append(c.body, "Further members may be there, each "+code(extra.doc(placeAnnotation).flat())+".")
	}
	c.write(f.Buffer)
	open := "export interface " + f.names.typeName(o.Object, input) + " {"
	if len(o.Members) == 0 && o.Extra == nil && !o.Open {
		f.Line(open, "}")
		return
	}
	f.Block(open, func() {
		for i := range o.Members {
			m := &o.Members[i]
			f.names.memberComment(m).write(f.Buffer)
			f.writeMember(m.Wire, f.typeExpr(m.Type, input), isRequired(m, input))
		}
		switch {
		case fits:
			printDoc(f.Buffer, concat(raw("[key: string]: "), f.use(extra).doc(placeAnnotation), raw(";")))
		case o.Extra != nil, o.Open: // an index signature must allow the declared members, too
			f.Line("[key: string]: unknown;")
		}
	}, "}")
}

// writeMember prints a member of an interface: "total: number;" or
// "owner?: string | undefined;".
func (f *typesFile) writeMember(wire string, e expr, required bool) {
	colon := ": "
	if !required {
		colon = "?: "
		if isInherited(wire) { // where it is left out, there is the function of all objects
			e = union(e, name("Object["+quote(wire)+"]"))
		}
		e = union(e, name("undefined"))
	}
	left := memberName(wire) + colon
	f.flat = append(e.appendFlat(append(f.flat[:0], left...)), ';')
	if emit.Width(string(f.flat)) <= f.Room() {
		f.Line(string(f.flat))
		return
	}
	printDoc(f.Buffer, concat(raw(left), e.doc(placeAnnotation), raw(";")))
}

// extraExpr returns the type of the members that are not declared, and whether
// TypeScript accepts it as an index signature: the declared members must be of it.
// Nothing is imported for it yet.
func (f *typesFile) extraExpr(o *plan.Object, input bool) (e expr, fits bool) {
	if o.Extra == nil {
		return expr{}, false
	}
	e = f.names.typeExpr(o.Extra, use{input: input})
	if e.is("unknown") {
		return e, true
	}
	for i := range o.Members {
		m := &o.Members[i]
		if !isRequired(m, input) || !e.equal(f.names.typeExpr(m.Type, use{input: input})) {
			return e, false
		}
	}
	return e, true
}

// writeEnum prints a constant, the type of its values and a guard:
//
//	export const TaskStatus = {
//	  Open: "open",
//	  InProgress: "in_progress",
//	} as const;
//
//	export type TaskStatus = "open" | "in_progress" | UnknownString;
func (f *typesFile) writeEnum(t *schema.Enum) {
	f.Blank()
	c := f.declComment(t)
	if open := facts.Enum(t); open != "" {
		c.body = append(c.body, open+" "+code(f.names.guards[t].known)+" tells whether a value is listed.")
	}
	c.write(f.Buffer)
	f.writeValues(t, t.Values)
	f.Blank()
	c.write(f.Buffer)
	f.writeAliasOf(f.names.types[t], f.bodyExpr(t, t.In))
}

// writeValues prints a constant with the values of an enum, or with flags.
func (f *typesFile) writeValues(t schema.Named, values []schema.EnumValue) {
	writeConstant(f.Buffer, raw("export const "+f.names.types[t]), func() {
		for i, v := range values {
			comment{body: []string{markup.Markdown(v.Doc)}}.write(f.Buffer)
			printDoc(f.Buffer, concat(member{f.names.keys[t][i], raw(f.names.literal(v.Value))}.doc(), raw(",")))
		}
	}, "} as const;")
}

// writeConstant prints `left = {`, the members and closing; where even the brace
// does not fit behind the equals sign it stands on a line of its own.
func writeConstant(b *emit.Buffer, left doc, members func(), closing string) {
	if one := left.flat() + " = {"; b.Fits(one) {
		b.Block(one, members, closing)
		return
	}
	open := layOut(assignment(left, concat(raw("{"), hardline)), b.Room())
	open = open[:len(open)-1]
	for _, l := range open {
		b.Line(l)
	}
	if open[len(open)-1] != indent+"{" {
		b.Indent(members)
		b.Line(closing)
		return
	}
	b.Indent(func() {
		b.Indent(members)
		b.Line(closing)
	})
}

// writeAlias prints a type alias, and the constants that an integer is combined of:
//
//	export const Rights = {
//	  Read: 1,
//	} as const;
//
//	export type Rights = number;
func (f *typesFile) writeAlias(t schema.Named, input bool) {
	f.Blank()
	c := f.declComment(t)
	if a, ok := t.(*schema.Alias); ok {
		c.body = append(c.body, strings.TrimSpace(strings.Join(f.names.facts().Type(a.Target), " ")+" "+f.names.note(a.Target)))
		if a.Flags != nil {
			c.body = append(c.body, facts.Flags(a))
			c.write(f.Buffer)
			f.writeValues(a, a.Flags)
			f.Blank()
		}
	}
	c.write(f.Buffer)
	f.writeAliasOf(f.names.typeName(t, input), f.bodyExpr(t, input))
}

func (f *typesFile) writeAliasOf(called string, e expr) {
	left := raw("export type " + called)
	if e.kind == exprUnion && !e.hugs() {
		printDoc(f.Buffer, group(left, raw(" ="), group(indented(line, e.doc(placeValue))), raw(";")))
		return
	}
	printDoc(f.Buffer, concat(assignment(left, e.doc(placeValue)), raw(";")))
}

// writeMaps prints the dictionaries that a recursive type is made of:
//
//	export interface JsonMap {
//	  [key: string]: Json;
//	}
func (f *typesFile) writeMaps(t schema.Type, input bool) {
	for _, part := range schema.Parts(t) {
		if n, ok := part.(schema.Named); ok && !f.names.inPlace(n) {
			continue
		}
		m, ok := part.(*schema.Map)
		if !ok || f.names.maps[mapForm{m, input}] == "" {
			f.writeMaps(part, input)
			continue
		}
		f.Blank()
		value := f.typeExpr(m.Value, input)
		f.Block("export interface "+f.names.maps[mapForm{m, input}]+" {", func() {
			if keys, ok := schema.Resolve(m.Key).(*schema.Enum); ok {
				for _, v := range keys.Values {
					f.writeMember(v.Value.Text, value, false)
				}
				return
			}
			printDoc(f.Buffer, concat(raw("[key: string]: "), value.doc(placeAnnotation), raw(";")))
		}, "}")
		f.writeMaps(m, input)
	}
}

// writeChannel prints the arguments of the channel of an event or a method, if it takes any:
//
//	/** Channel of `task.updated`: `tasks:{project_id}`. */
//	export interface TaskUpdatedChannel {
//	  project_id: string;
//	}
func (f *typesFile) writeChannel(wire string, channel *schema.Template, placeholders []schema.TemplatePart) {
	if len(placeholders) == 0 {
		return
	}
	f.Blank()
	comment{body: []string{"Channel of " + code(wire) + ": " + code(channel.Text) + "."}}.write(f.Buffer)
	f.Block("export interface "+f.names.channels[channel]+" {", func() {
		for _, a := range placeholders {
			comment{body: []string{markup.Markdown(a.Doc)}}.write(f.Buffer)
			f.writeMember(a.Param, name("string"), true)
		}
	}, "}")
}

// label returns the name of a tuple's item.
func label(n schema.Name) string { return identifier(naming.Snake(n)) }

// valueLiteral writes a scalar.
func valueLiteral(v *text.Node) string {
	switch v.Kind {
	case text.KindString:
		return quote(v.Text)
	case text.KindNumber:
		return number(v.Text)
	case text.KindBool, text.KindNull:
		return v.Text
	case text.KindArray, text.KindObject:
	}
	panic("typescript: an enum of " + v.Kind.String())
}
