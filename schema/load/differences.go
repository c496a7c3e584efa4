package load

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// spot is a place that a type and its twin have in common.
type spot struct {
	owner       string // "User"
	member      string // "User.name", or the owner
	here, there text.Pos
}

func (s spot) name() string {
	if s.member != "" {
		return s.member
	}
	return s.owner
}

const sayOtherwise = "the OpenAPI document says this"

// differ reports a difference, with both places.
func (t *twins) differ(at spot, note, format string, args ...any) {
	d := t.diags.Add(at.here, "import-differs", at.name()+" "+fmt.Sprintf(format, args...),
		fmt.Sprintf("export both documents from the same models, or leave the type out of `imports`: `types: [\"!%s\"]`", t.root))
	d.Notes = append(d.Notes, text.Note{Pos: at.there, Message: note})
}

// types compares a type with what an OpenAPI document has in its place.
func (t *twins) types(a, b schema.Type, at spot, input bool) {
	a, b = schema.Resolve(a), schema.Resolve(b)
	pair := comparison{a, b, input}
	switch {
	case a == b: // the manifest has it from the OpenAPI document
		schema.Walk(a, func(inner schema.Type) bool { t.noteAlike(inner, inner, input); return true })
		return
	case t.seen[pair]: // types may contain themselves
		return
	}
	t.seen[pair] = true
	n, named := a.(schema.Named)
	if named && !n.Head().Inline {
		at.owner, at.member = n.Head().Name, ""
	}
	if named && t.sameNamed(n, b, at, input) || !named && t.sameUnnamed(a, b, at, input) {
		t.noteAlike(a, b, input)
		return
	}
	t.differ(at, sayOtherwise, "is %s, but %s in the OpenAPI document", described(a), described(b))
}

// sameUnnamed compares what two types without a name hold, or tells that they are not of one kind.
func (t *twins) sameUnnamed(a, b schema.Type, at spot, input bool) bool {
	if s, ok := a.(*schema.Scalar); ok {
		return sameScalar(s, b)
	}
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	here, there := schema.Parts(a), schema.Parts(b)
	for i := range here {
		t.types(here[i], there[i], at, input)
	}
	return true
}

// sameScalar tells whether two scalars are alike. Of formats only those count that every
// generator knows; a Decimal is text, in params also a number.
func sameScalar(a *schema.Scalar, b schema.Type) bool {
	if u, ok := b.(*schema.Union); ok && a.Format == schema.Decimal {
		return !slices.ContainsFunc(u.Variants, func(v schema.Variant) bool {
			s, ok := schema.Resolve(v.Type).(*schema.Scalar)
			return !ok || s.Kind != schema.Number && s.Kind != schema.String
		})
	}
	other, ok := b.(*schema.Scalar)
	return ok && a.Kind == other.Kind && knownFormat(a.Format) == knownFormat(other.Format)
}

func knownFormat(f schema.Format) schema.Format {
	switch f {
	case schema.DateTime, schema.Date, schema.Time, schema.Duration, schema.UUID, schema.UnixTime, schema.DurationSeconds:
		return f
	}
	return schema.FormatNone
}

// sameNamed compares what two named types hold, or tells that they are not of one kind.
func (t *twins) sameNamed(a schema.Named, b schema.Type, at spot, input bool) bool {
	switch a := a.(type) {
	case *schema.Object:
		if b, ok := b.(*schema.Object); ok {
			t.objects(a, b, spot{owner: at.name(), here: a.Pos, there: b.Pos}, input)
			return true
		}
	case *schema.Enum:
		if b, ok := b.(*schema.Enum); ok && a.Base == b.Base {
			t.values(a.Values, b.Values, spot{owner: at.name(), here: a.Pos, there: b.Pos})
			return true
		}
	case *schema.Union:
		if b, ok := b.(*schema.Union); ok && len(a.Variants) == len(b.Variants) {
			for i := range a.Variants {
				t.types(a.Variants[i].Type, b.Variants[i].Type, at, input)
			}
			return true
		}
	case *schema.Tuple:
		b, ok := b.(*schema.Tuple)
		if ok && a.Min == b.Min && len(a.Items) == len(b.Items) && (a.Rest == nil) == (b.Rest == nil) {
			for i := range a.Items {
				t.types(a.Items[i].Type, b.Items[i].Type, at, input)
			}
			if a.Rest != nil {
				t.types(a.Rest, b.Rest, at, input)
			}
			return true
		}
	}
	return false
}

// noteAlike notes that a type inside another one has a twin there: also where the
// OpenAPI document has another name for it.
func (t *twins) noteAlike(a, b schema.Type, input bool) {
	typ, named := a.(schema.Named)
	twin, isNamed := b.(schema.Named)
	if !named || !isNamed {
		return
	}
	if c := t.componentOf(twin); c != nil {
		t.inside = append(t.inside, twinPair{typ, input, c})
	}
}

// componentOf returns the schema that a type was made of, if it is one of components.schemas.
func (t *twins) componentOf(typ schema.Named) *component {
	if c := t.of[typ]; c != nil {
		return c
	}
	for _, s := range typ.Head().Sources {
		for _, c := range t.named[typ.Head().DocName] {
			if c.node == s.Node {
				return c
			}
		}
	}
	return nil
}

// objects compares members: their types, and whether they may be absent. What only a default
// makes optional on one side is not a difference, nor are limits and descriptions.
func (t *twins) objects(a, b *schema.Object, at spot, input bool) {
	for _, f := range a.Fields {
		in := spot{owner: at.owner, member: at.owner + "." + f.Wire, here: f.Pos, there: b.Pos}
		g := b.Field(f.Wire)
		if g == nil {
			t.differ(in, "its schema there is here", "is not in the OpenAPI document")
			continue
		}
		in.there = g.Pos
		t.types(f.Type, g.Type, in, input)
		switch {
		case input && f.Required && !g.Required:
			t.differ(in, sayOtherwise, "is required, but may be left out in the OpenAPI document")
		case !input && !f.Sent && !f.Required && g.Required:
			t.differ(in, sayOtherwise, "may be absent, but is required in the OpenAPI document")
		case f.Default != nil && g.Default != nil && f.Default.JSON() != g.Default.JSON():
			t.differ(in, sayOtherwise, "has the default %s, but %s in the OpenAPI document", f.Default.JSON(), g.Default.JSON())
		}
	}
	for _, g := range b.Fields {
		if a.Field(g.Wire) == nil {
			t.differ(spot{owner: at.owner, here: a.Pos, there: g.Pos}, "the OpenAPI document has it here", "lacks %s, which the OpenAPI document has", text.Quote(g.Wire))
		}
	}
	switch {
	case (a.Extra == nil) != (b.Extra == nil), a.Closed != b.Closed:
		t.differ(at, sayOtherwise, "%s, but %s in the OpenAPI document", furtherMembers(a), furtherMembers(b))
	case a.Extra != nil:
		t.types(a.Extra, b.Extra, at, input)
	}
}

func furtherMembers(o *schema.Object) string {
	switch {
	case o.Closed:
		return "has no further members"
	case o.Extra != nil:
		return "has further members"
	}
	return "says nothing of further members"
}

// values compares the values of enums, in any order.
func (t *twins) values(a, b []schema.EnumValue, at spot) {
	texts := func(values []schema.EnumValue) (list []string) {
		for _, v := range values {
			list = append(list, v.Value.JSON())
		}
		return list
	}
	lacks := func(a, b []string) string {
		return strings.Join(slices.DeleteFunc(slices.Clone(b), func(v string) bool { return slices.Contains(a, v) }), ", ")
	}
	here, there := texts(a), texts(b)
	if missing := lacks(there, here); missing != "" {
		t.differ(at, sayOtherwise, "has %s, which the OpenAPI document lacks", missing)
	}
	if missing := lacks(here, there); missing != "" {
		t.differ(at, sayOtherwise, "lacks %s, which the OpenAPI document has", missing)
	}
}

// described is a type for people, also before it has a name.
func described(t schema.Type) string {
	if o, ok := t.(*schema.Object); ok && o.Name == "" {
		return "an object"
	}
	return schema.Describe(t)
}
