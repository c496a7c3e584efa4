package typescript

import (
	"fmt"
	"slices"

	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// typesFile prints types.ts.
type typesFile struct {
	*emit.Buffer
	names    *names
	purposes func(schema.Named) string
	shapes   bool   // whether a guard of a union told apart by its shape was printed
	tags     bool   // whether a guard of a tagged union was printed
	flat     []byte // of writeMember, used again and again
}

// writeTypes prints one declaration for every type, and the guards at their end.
func writeTypes(m *schema.Model, n *names, purposes func(schema.Named) string) []byte {
	f := &typesFile{Buffer: emit.New(indent, lineWidth), names: n, purposes: purposes}
	f.Line(header)
	for _, t := range m.Types {
		if !n.inPlace(t) {
			f.writeType(t)
		}
	}
	for _, e := range m.Events {
		if hasParams(e) {
			f.writeChannel(e)
		}
	}
	f.writeHelpers()
	if len(n.types)+len(n.channels) == 0 {
		f.Blank()
		f.Line("export {};")
	}
	return f.Bytes()
}

func (f *typesFile) writeType(t schema.Named) {
	switch t := t.(type) {
	case *schema.Object:
		f.writeObject(t)
	case *schema.Enum:
		f.writeEnum(t)
	case *schema.Union:
		f.writeUnion(t)
	case *schema.Tuple:
		f.writeAlias(t)
	case *schema.Alias:
		f.writeAlias(t)
	default:
		panic(fmt.Sprintf("typescript: unexpected type %T", t))
	}
	if f.names.recursive[t] {
		f.writeMaps(t)
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
func (f *typesFile) writeObject(t *schema.Object) {
	f.Blank()
	c := f.declComment(t)
	extra, fits := f.extraExpr(t)
	if t.Extra != nil && !fits {
		c.body = append(c.body, "Further members may be there, each `"+extra.doc(placeAnnotation).flat()+"`.")
	}
	c.write(f.Buffer)
	open := "export interface " + f.names.types[t] + " {"
	if len(t.Fields) == 0 && t.Extra == nil {
		f.Line(open, "}")
		return
	}
	f.Block(open, func() {
		for _, field := range t.Fields {
			fieldComment(field).write(f.Buffer)
			f.writeMember(field.Wire, f.names.typeExpr(field.Type, ""), isRequired(field))
		}
		switch {
		case fits:
			printDoc(f.Buffer, concat(raw("[key: string]: "), extra.doc(placeAnnotation), raw(";")))
		case t.Extra != nil: // an index signature must allow the declared members, too
			f.Line("[key: string]: unknown;")
		}
	}, "}")
}

// isRequired tells whether a member must be there: constants always are, since a tag
// that is left out is no tag, whatever its default.
func isRequired(field *schema.Field) bool {
	return field.Required || schema.ConstOf(field.Type) != nil
}

// writeMember prints a member of an interface: "total: number;" or
// "owner?: string | undefined;".
func (f *typesFile) writeMember(wire string, e expr, required bool) {
	colon := ": "
	if !required {
		colon = "?: "
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
func (f *typesFile) extraExpr(t *schema.Object) (e expr, fits bool) {
	if t.Extra == nil {
		return expr{}, false
	}
	e = f.names.typeExpr(t.Extra, "")
	if e.is("unknown") {
		return e, true
	}
	for _, field := range t.Fields {
		if !isRequired(field) || !e.equal(f.names.typeExpr(field.Type, "")) {
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
//	export type TaskStatus = "open" | "in_progress";
func (f *typesFile) writeEnum(t *schema.Enum) {
	f.Blank()
	c := f.declComment(t)
	if t.Out {
		c.body = append(c.body, "The server may send further values: `"+f.names.guards[t]+"` tells.")
	}
	c.write(f.Buffer)
	writeConstant(f.Buffer, raw("export const "+f.names.types[t]), func() {
		for i, v := range t.Values {
			comment{body: []string{v.Doc}}.write(f.Buffer)
			f.writeProperty(f.names.keys[t][i], v.Value)
		}
	}, "} as const;")
	f.Blank()
	c.write(f.Buffer)
	f.writeAliasOf(f.names.types[t], f.names.bodyExpr(t, ""))
	f.writeEnumGuard(t)
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

// writeProperty prints `Key: "value",`. A long string moves to the next line, unless
// the key is so short that this would gain nothing.
func (f *typesFile) writeProperty(key string, value *text.Node) {
	v := valueLiteral(value) + ","
	if value.Kind == text.KindString && emit.Width(key) >= 5 && !f.Fits(key+": "+v) {
		f.Line(key, ":")
		f.Indent(func() { f.Line(v) })
		return
	}
	f.Line(key, ": ", v)
}

// writeUnion prints a type alias and a guard:
//
//	export type TaskFilter = LabelFilter | AssigneeFilter;
func (f *typesFile) writeUnion(t *schema.Union) {
	f.Blank()
	c := f.declComment(t)
	switch {
	case t.Tag != "" && t.Out:
		c.body = append(c.body, "Told apart by "+code(t.Tag)+". The server may send further ones: `"+f.names.guards[t]+"` tells.")
	case t.Tag != "":
		c.body = append(c.body, "Told apart by "+code(t.Tag)+".")
	default:
		c.body = append(c.body, "Told apart by shape: `"+f.names.guards[t]+"` tells which it is.")
	}
	c.write(f.Buffer)
	f.writeAliasOf(f.names.types[t], f.names.bodyExpr(t, ""))
	if t.Tag != "" {
		f.writeTagGuard(t)
	} else {
		f.writeShapeGuard(t)
	}
}

// writeAlias prints a type alias:
//
//	export type Range = [start: number, end?: number];
func (f *typesFile) writeAlias(t schema.Named) {
	f.Blank()
	c := f.declComment(t)
	if a, ok := t.(*schema.Alias); ok {
		c.body = append(c.body, valueNotes(a.Target)...)
	}
	c.write(f.Buffer)
	f.writeAliasOf(f.names.types[t], f.names.bodyExpr(t, ""))
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
func (f *typesFile) writeMaps(t schema.Type) {
	for _, part := range schema.Parts(t) {
		if n, ok := part.(schema.Named); ok && !f.names.inPlace(n) {
			continue
		}
		m, ok := part.(*schema.Map)
		if !ok || f.names.maps[m] == "" {
			f.writeMaps(part)
			continue
		}
		f.Blank()
		value := f.names.typeExpr(m.Value, "")
		f.Block("export interface "+f.names.maps[m]+" {", func() {
			if keys, ok := schema.Resolve(m.Key).(*schema.Enum); ok {
				for _, v := range keys.Values {
					f.writeMember(v.Value.Text, value, false)
				}
				return
			}
			printDoc(f.Buffer, concat(raw("[key: string]: "), value.doc(placeAnnotation), raw(";")))
		}, "}")
		f.writeMaps(m)
	}
}

// writeChannel prints the arguments of an event's channel:
//
//	/** Channel of `task.updated`: `tasks:{project_id}`. */
//	export interface TaskUpdatedChannel {
//	  project_id: string;
//	}
func (f *typesFile) writeChannel(e *schema.Event) {
	f.Blank()
	comment{body: []string{"Channel of " + code(e.Wire) + ": " + code(e.Channel.Text) + "."}}.write(f.Buffer)
	f.Block("export interface "+f.names.channels[e]+" {", func() {
		for _, p := range params(e) {
			comment{body: []string{p.Doc}}.write(f.Buffer)
			f.writeMember(p.Param, name("string"), true)
		}
	}, "}")
}

// params lists the placeholders of an event's channel, each once.
func params(e *schema.Event) []schema.TemplatePart {
	var list []schema.TemplatePart
	for _, p := range e.Channel.Parts {
		same := func(q schema.TemplatePart) bool { return q.Param == p.Param }
		if p.Param != "" && !slices.ContainsFunc(list, same) {
			list = append(list, p)
		}
	}
	return list
}

// hasParams tells whether an event's subscription takes arguments.
func hasParams(e *schema.Event) bool { return len(params(e)) > 0 }

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
