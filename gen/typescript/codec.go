package typescript

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/schema"
)

// writeEnumGuard prints a function that knows the values of an enum:
//
//	/** Tells whether `value` is one of those listed in `TaskStatus`. */
//	export function isKnownTaskStatus(value: unknown): value is TaskStatus {
//	  switch (value) {
//	    case "open":
//	    case "in_progress":
//	      return true;
//	    default:
//	      return false;
//	  }
//	}
func (f *typesFile) writeEnumGuard(t *schema.Enum) {
	f.Blank()
	comment{body: []string{"Tells whether `value` is one of those listed in `" + f.names.types[t] + "`."}}.write(f.Buffer)
	f.writeGuardOpening(t)
	f.Indent(func() {
		f.Block("switch (value) {", func() {
			for _, v := range t.Values {
				f.Line("case ", valueLiteral(v.Value), ":")
			}
			f.writeVerdicts()
		}, "}")
	})
	f.Line("}")
}

// writeTagGuard prints a function that knows the tags of a union. A variant that is a
// union itself is asked in turn.
func (f *typesFile) writeTagGuard(t *schema.Union) {
	f.tags = true
	f.Blank()
	comment{body: []string{"Tells whether the " + code(t.Tag) + " of `value` is one of those listed in `" + f.names.types[t] + "`."}}.write(f.Buffer)
	f.writeGuardOpening(t)
	f.Indent(func() {
		f.Block("switch (tagOf(value, "+quote(t.Tag)+")) {", func() {
			for _, v := range t.Variants {
				if guard := f.names.guards[nestedUnion(v.Type)]; guard != "" {
					f.writeTags(v)
					f.Indent(func() { f.Line("return ", guard, "(value);") })
				}
			}
			for _, v := range t.Variants {
				if f.names.guards[nestedUnion(v.Type)] == "" {
					f.writeTags(v)
				}
			}
			f.writeVerdicts()
		}, "}")
	})
	f.Line("}")
}

func (f *typesFile) writeTags(v schema.Variant) {
	for _, tag := range v.Tags {
		f.Line("case ", valueLiteral(tag), ":")
	}
}

// writeVerdicts ends a switch whose last cases are the known ones.
func (f *typesFile) writeVerdicts() {
	f.Indent(func() { f.Line("return true;") })
	f.Line("default:")
	f.Indent(func() { f.Line("return false;") })
}

func (f *typesFile) writeGuardOpening(t schema.Named) {
	printDoc(f.Buffer, concat(
		group(commaList("export function "+f.names.guards[t]+"(", []doc{raw("value: unknown")}, ")", ",")),
		raw(": value is "+f.names.types[t]+" {")))
}

// nestedUnion returns the union that a variant is, or nil.
func nestedUnion(t schema.Type) schema.Named {
	if u, ok := schema.Resolve(t).(*schema.Union); ok {
		return u
	}
	return nil
}

// writeShapeGuard prints a function that tells the variants of a union apart that has
// no tag, by the rule of variantOf:
//
//	export function placeVariant(value: unknown): "Point" | "Address" | undefined {
//	  return variantOf(value, [
//	    {
//	      name: "Point",
//	      type: "object",
//	      required: { latitude: "number" },
//	      members: ["latitude", "label"],
//	    },
//	  ]);
//	}
func (f *typesFile) writeShapeGuard(t *schema.Union) {
	f.shapes = true
	shapes := f.shapesOf(t)
	result := make([]expr, 0, len(shapes)+1)
	for _, s := range shapes {
		result = append(result, literal(quote(s.name)))
	}
	result = append(result, name("undefined"))
	f.Blank()
	comment{body: []string{"Tells which variant of `" + f.names.types[t] + "` `value` has the shape of, if it has any."}}.write(f.Buffer)
	printDoc(f.Buffer, group(
		commaList("export function "+f.names.guards[t]+"(", []doc{raw("value: unknown")}, ")", ","),
		raw(": "), union(result...).doc(placeAnnotation), raw(" {")))
	f.Indent(func() {
		f.Block("return variantOf(value, [", func() {
			for _, s := range shapes {
				f.Block("{", func() { f.writeShape(s) }, "},")
			}
		}, "]);")
	})
	f.Line("}")
}

// shape is how a variant is recognised.
type shape struct {
	name     string
	typ      string      // "object", "array", "string", "number", "boolean", "null" or "any"
	values   []string    // of an enum: literals
	required [][2]string // of an object: key and what is wanted, both as code
	members  []string    // of an object: all declared ones
	length   [2]int      // of a tuple: least and most items; most is -1 for any number
	tuple    bool
}

func (f *typesFile) writeShape(s shape) {
	f.Line("name: ", quote(s.name), ",")
	f.Line("type: ", quote(s.typ), ",")
	if s.values != nil {
		f.writeArray("values: [", s.values)
	}
	if s.tuple {
		f.Line("least: ", strconv.Itoa(s.length[0]), ",")
		if s.length[1] >= 0 {
			f.Line("most: ", strconv.Itoa(s.length[1]), ",")
		}
	}
	if len(s.required) > 0 {
		f.Block("required: {", func() {
			for _, r := range s.required {
				f.Line(r[0], ": ", r[1], ",")
			}
		}, "},")
	}
	if len(s.members) > 0 {
		f.writeArray("members: [", s.members)
	}
}

func (f *typesFile) writeArray(open string, items []string) {
	docs := make([]doc, len(items))
	for i, it := range items {
		docs[i] = raw(it)
	}
	printDoc(f.Buffer, concat(group(commaList(open, docs, "]", ",")), raw(",")))
}

// shapesOf lists the variants, those that look alike once: a UUID and a plain string
// are both "string" here.
func (f *typesFile) shapesOf(t *schema.Union) []shape {
	var shapes []shape
	var add func(schema.Type)
	add = func(v schema.Type) {
		if u, ok := v.(*schema.Union); ok && f.names.inPlace(u) {
			for _, inner := range u.Variants {
				add(inner.Type)
			}
			return
		}
		if n, ok := v.(*schema.Nullable); ok {
			add(n.Elem)
			v = &schema.Null{}
		}
		s := f.shapeOf(v)
		if !slices.ContainsFunc(shapes, func(o shape) bool { return o.name == s.name }) {
			shapes = append(shapes, s)
		}
	}
	for _, v := range t.Variants {
		add(v.Type)
	}
	// What lists its values, tuples and integers say more than what takes any string, array or number.
	slices.SortStableFunc(shapes, func(a, b shape) int { return b.weight() - a.weight() })
	return shapes
}

func (s shape) weight() int {
	switch {
	case s.values != nil || s.tuple:
		return 2
	case s.typ == "integer":
		return 1
	}
	return 0
}

func (f *typesFile) shapeOf(v schema.Type) shape {
	s := shape{typ: jsonType(v)}
	s.name = s.typ
	if n, ok := v.(schema.Named); ok && !f.names.inPlace(n) {
		s.name = f.names.types[n]
	}
	switch t := schema.Resolve(v).(type) {
	case *schema.Object:
		for _, field := range t.Fields {
			s.members = append(s.members, quote(field.Wire))
			if field.Required {
				s.required = append(s.required, [2]string{literalKey(field.Wire), requirement(field.Type)})
			}
		}
	case *schema.Enum:
		s.values = make([]string, len(t.Values))
		for i, value := range t.Values {
			s.values[i] = valueLiteral(value.Value)
		}
		if s.name == s.typ {
			s.name = strings.Join(enumTexts(t), " | ")
		}
	case *schema.Tuple:
		s.tuple = true
		s.length = [2]int{t.Min, len(t.Items)}
		if t.Rest != nil {
			s.length[1] = -1
		}
	}
	return s
}

func enumTexts(t *schema.Enum) []string {
	texts := make([]string, len(t.Values))
	for i, v := range t.Values {
		texts[i] = v.Value.Text
	}
	return texts
}

// requirement is what a required member must be: a constant's value in a list, or a
// JSON type.
func requirement(t schema.Type) string {
	if c := schema.ConstOf(t); c != nil {
		return "[" + valueLiteral(c) + "]"
	}
	return quote(jsonType(t))
}

// jsonType names the JSON type of t's values, "any" where there are several.
func jsonType(t schema.Type) string {
	switch t := schema.Resolve(t).(type) {
	case *schema.Scalar:
		return scalarType(t.Kind)
	case *schema.Enum:
		return scalarType(t.Base)
	case *schema.Null:
		return "null"
	case *schema.List, *schema.Tuple:
		return "array"
	case *schema.Map, *schema.Object:
		return "object"
	case *schema.Any:
		return "any"
	case *schema.Nullable:
		if of := jsonType(t.Elem); of != "any" {
			return of + "?"
		}
		return "any"
	case *schema.Union:
		of := jsonType(t.Variants[0].Type)
		for _, v := range t.Variants[1:] {
			if jsonType(v.Type) != of {
				return "any"
			}
		}
		return of
	default:
		panic(fmt.Sprintf("typescript: unexpected type %T", t))
	}
}

func scalarType(k schema.ScalarKind) string {
	switch k {
	case schema.String:
		return "string"
	case schema.Integer:
		return "integer"
	case schema.Number:
		return "number"
	case schema.Boolean:
		return "boolean"
	case schema.Mixed:
	}
	return "any"
}

// writeHelpers prints what the guards call, where there is any.
func (f *typesFile) writeHelpers() {
	if f.tags {
		f.Blank()
		f.Raw(helper("tagOf"))
	}
	if f.shapes {
		f.Blank()
		f.Raw(helper("variantOf"))
	}
}
