package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Union says how the variants of a union are told apart.
//
// A decoder looks at the member Tag first, where there is one: its value selects the
// variant, and no variant fits where it is not a known one. Everything else is settled
// by [Shape.Rate]: the variant that rates highest is taken, the first of equals. Where
// none fits, the value is unknown: kept by a type that comes from a server, else
// refused.
type Union struct {
	*schema.Union

	Null     bool          // null is one of the values; Variants do not mention it
	Tag      string        // of a discriminator, or a constant member that all objects have; "": none
	Declared bool          // Tag comes from a discriminator: no variant fits a value without it
	Variants []Variant     // each once, at least one; in the document's order, less what orderBySent changes
	Leaves   []schema.Type // the types of the variants, with those of unions among them in place of these
}

// Variant is one case of a [Union].
type Variant struct {
	Name  string       // in the terms of JSON Schema, unique in the union: "Mail", "integer", "list of string"
	Type  schema.Type  // neither nullable nor an alias of a union
	Tags  []*text.Node // values of the tag that select it
	Shape *Shape       // nil where the tag alone settles it
}

// planUnion decides about a union, once: unions among its variants come first, and
// several unions may share these. No union is among its own variants.
func (p *Plan) planUnion(u *schema.Union) *Union {
	if known := p.unions[u]; known != nil {
		return known
	}
	out := &Union{Union: u, Tag: u.Tag, Declared: u.Tag != ""}
	p.unions[u] = out
	b := unionBuilder{Union: out, places: map[any]int{}, names: map[string]bool{}}
	for _, v := range u.Variants {
		b.add(v.Type, v.Tags)
	}
	if out.Tag == "" {
		out.findTag()
	}
	if out.Tag == "" {
		out.orderBySent()
	}
	leaves := map[schema.Type]bool{}
	addLeaf := func(t schema.Type) {
		if !leaves[t] {
			leaves[t] = true
			out.Leaves = append(out.Leaves, t)
		}
	}
	for _, v := range out.Variants {
		inner, ok := v.Type.(*schema.Union)
		if !ok {
			addLeaf(v.Type)
			continue
		}
		planned := p.planUnion(inner)
		out.Null = out.Null || planned.Null
		for _, l := range planned.Leaves {
			addLeaf(l)
		}
	}
	return out
}

// unionBuilder collects the variants of a union.
type unionBuilder struct {
	*Union
	places map[any]int // of the variants, by what identity says
	names  map[string]bool
}

// add adds a variant without what the document wraps it in: null belongs to the
// whole union, and the variants of a union in place are variants of this one.
func (b *unionBuilder) add(t schema.Type, tags []*text.Node) {
	switch t := t.(type) {
	case *schema.Null:
		b.Null = true
		return
	case *schema.Nullable:
		b.Null = true
		b.add(t.Elem, tags)
		return
	case *schema.Alias:
		switch schema.Resolve(t).(type) {
		case *schema.Nullable, *schema.Null, *schema.Union:
			b.add(schema.Resolve(t), tags)
			return
		}
	case *schema.Union:
		if t.Inline && t.Tag == "" {
			for _, v := range t.Variants {
				b.add(v.Type, v.Tags)
			}
			return
		}
	}
	id := identity(t)
	if i, known := b.places[id]; known {
		b.Variants[i].Tags = append(b.Variants[i].Tags, tags...)
		return
	}
	b.places[id] = len(b.Variants)
	name := Label(t)
	if b.names[name] {
		name = fmt.Sprintf("%s (%d)", name, len(b.Variants)+1)
	}
	b.names[name] = true
	b.Variants = append(b.Variants, Variant{Name: name, Type: t, Tags: tags})
}

// identity is equal for two variants that are one: a named type that is listed twice,
// or types without a name that allow the same values.
func identity(t schema.Type) any {
	type content struct {
		kind, key, value any
		limits           schema.Limits
	}
	limits := func(l *schema.Limits) schema.Limits {
		if l == nil {
			return schema.Limits{}
		}
		return *l
	}
	switch t := t.(type) {
	case *schema.Scalar:
		return content{t.Kind, nil, t.Format, limits(t.Limits)}
	case *schema.Nullable:
		return content{"null", nil, identity(t.Elem), schema.Limits{}}
	case *schema.List:
		return content{"list", t.Unique, identity(t.Elem), limits(t.Limits)}
	case *schema.Map:
		return content{"map", identity(t.Key), identity(t.Value), limits(t.Limits)}
	case *schema.Any:
		return "any"
	}
	return t
}

// findTag looks for a member that is a constant in every object among the
// variants, each with values of its own: as Pydantic writes unions of models that
// are told apart by a Literal, without a discriminator.
func (u *Union) findTag() {
	var objects []*schema.Object
	at := make([]int, 0, len(u.Variants))
	for i, v := range u.Variants {
		if !KindsOf(v.Type).Has(JSONObject) {
			continue
		}
		o, ok := schema.Resolve(v.Type).(*schema.Object)
		if !ok {
			return
		}
		objects, at = append(objects, o), append(at, i)
	}
	if len(objects) < 2 {
		return
	}
	for _, f := range objects[0].Fields {
		values := distinctConstants(objects, f.Wire)
		if values == nil {
			continue
		}
		u.Tag = f.Wire
		for i, list := range values {
			u.Variants[at[i]].Tags = list
		}
		return
	}
}

// orderBySent orders the objects among the variants by how many members a server always
// sends although params may leave them out: of two objects that take a value equally well, the
// one that lacks fewer of these is what was sent. The other variants keep their places.
func (u *Union) orderBySent() {
	var objects []Variant
	var at []int
	for i, v := range u.Variants {
		if _, ok := schema.Resolve(v.Type).(*schema.Object); ok {
			objects, at = append(objects, v), append(at, i)
		}
	}
	slices.SortStableFunc(objects, func(a, b Variant) int {
		return cmp.Compare(alwaysSent(a.Type), alwaysSent(b.Type))
	})
	for i, v := range objects {
		u.Variants[at[i]] = v
	}
}

// alwaysSent counts the members of an object that a server always sends and params may leave out.
func alwaysSent(t schema.Type) (count int) {
	for _, f := range schema.Resolve(t).(*schema.Object).Fields {
		if f.Sent && !f.Required {
			count++
		}
	}
	return count
}

// distinctConstants returns the known values of a member in each object; nil
// where one object lacks the member, takes any value, or shares a value.
func distinctConstants(objects []*schema.Object, wire string) [][]*text.Node {
	seen := map[string]bool{}
	lists := make([][]*text.Node, len(objects))
	for i, o := range objects {
		f := o.Field(wire)
		if f == nil {
			return nil
		}
		e, ok := schema.Resolve(f.Type).(*schema.Enum)
		if !ok {
			return nil
		}
		for _, v := range e.Values {
			if key := v.Value.JSON(); !isTagValue(v.Value) || seen[key] {
				return nil
			}
			seen[v.Value.JSON()] = true
			lists[i] = append(lists[i], v.Value)
		}
	}
	return lists
}

// isTagValue tells whether all languages compare a value alike: 1 and 1.0 are one
// number, which texts do not show.
func isTagValue(n *text.Node) bool {
	switch n.Kind {
	case text.KindString, text.KindBool:
		return true
	case text.KindNumber:
		return !strings.ContainsAny(n.Text, ".eE")
	}
	return false
}

// AllStringTags tells whether the tag is always a string, as it nearly always is.
func (u *Union) AllStringTags() bool {
	for _, v := range u.Variants {
		for _, tag := range v.Tags {
			if tag.Kind != text.KindString {
				return false
			}
		}
	}
	return true
}

// Label names a type in the terms of JSON Schema, for people: "Mail", "integer",
// "date-time", "list of string", "map of Task".
func Label(t schema.Type) string {
	switch t := t.(type) {
	case *schema.Null:
		return "null"
	case *schema.Any:
		return "any"
	case *schema.Scalar:
		if f := Telling(t); f != schema.FormatNone {
			return string(f)
		}
		return t.Kind.String()
	case *schema.Nullable:
		return Label(t.Elem) + " or null"
	case *schema.List:
		return "list of " + Label(t.Elem)
	case *schema.Map:
		return "map of " + Label(t.Value)
	case *schema.Enum:
		if t.Inline {
			texts := make([]string, len(t.Values))
			for i, v := range t.Values {
				texts[i] = v.Value.JSON()
			}
			return strings.Join(texts, " | ")
		}
	case *schema.Tuple:
		if t.Inline {
			items := make([]string, len(t.Items))
			for i, it := range t.Items {
				items[i] = Label(it.Type)
			}
			return "tuple of " + strings.Join(items, ", ")
		}
	}
	return t.(schema.Named).Head().Name
}
