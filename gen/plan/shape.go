package plan

import (
	"fmt"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Shape describes the JSON values of a type as far as variants of unions differ
// in it: which values the type's decoders take, and how well a value fits. Its
// fields are called after the keywords of JSON Schema. Generated code holds the
// shapes as data, and the runtimes rate a value by them as [Shape.Rate] does.
type Shape struct {
	Named schema.Named // declared under the name of this type, where others refer to it; nil: written in place

	Types    Kinds
	Nullable bool // null is taken, too
	NaN      bool // null is taken for a number that JSON does not have: a misfit

	AnyOf   []*Shape       // the value is one of these; the fields below say nothing then, but for Open
	Enum    []*text.Node   // the known values; nil: any
	Open    bool           // what AnyOf or Enum does not list is taken as well: it is a misfit
	Format  schema.Format  // of a string, where it tells; a string of another form is a misfit or, where it is Parsed, refused
	Pattern string         // of a string; only portable ones
	Wide    bool           // of an integer: those beyond 64 bits fit as well
	Limits  *schema.Limits // of a number, or of a length; what exceeds them is a misfit

	PrefixItems []*Shape
	MinItems    int    // of PrefixItems that must be there
	Items       *Shape // of further items; nil: none are declared
	More        bool   // items beyond the declared ones are taken: each is a misfit

	Properties    []Property
	PropertyNames *Shape // of the names of members that are not declared; nil: any
	Additional    *Shape // of members that are not declared; nil: any
	Closed        bool   // members that are not declared are refused or, where Open, misfits
}

// Property is a declared member of an object's [Shape].
type Property struct {
	Name     string
	Required bool
	Shape    *Shape
}

// buildShapes makes the shapes of the variants that a tag alone does not settle.
func (p *Plan) buildShapes(tags map[*schema.Field]bool) {
	b := &shapeBuilder{plan: p, tags: tags, named: map[schema.Named]*Shape{}}
	for _, t := range p.Types {
		u, ok := p.unions[unionOf(t)]
		if !ok || u.Declared {
			continue
		}
		for i := range u.Variants {
			u.Variants[i].Shape = b.shape(u.Variants[i].Type, u.Out)
		}
	}
	for _, t := range p.Types {
		if s := b.named[t]; s != nil {
			p.Shapes = append(p.Shapes, s)
		}
	}
}

func unionOf(t schema.Named) *schema.Union {
	u, _ := t.(*schema.Union)
	return u
}

type shapeBuilder struct {
	plan  *Plan
	tags  map[*schema.Field]bool // members that tell variants apart: another value is another variant's
	named map[schema.Named]*Shape
}

// part is the shape of what another type is made of. There, a union or an enum
// that comes from a server keeps values that it does not list. As a variant of a
// union it does not: such a value is unknown to the whole union.
func (b *shapeBuilder) part(t schema.Type, tolerant bool) *Shape {
	s := b.shape(t, tolerant)
	switch t := schema.Core(t).(type) {
	case *schema.Union:
		if t.Out {
			s = wrapped(s)
			s.Open = true
		}
	case *schema.Enum:
		if Open(t) {
			s = wrapped(s)
			s.Open = true
		}
	}
	return s
}

// Open tells whether a server may send values that an enum does not list. A
// constant is one value for good.
func Open(e *schema.Enum) bool { return e.Out && len(e.Values) > 1 }

// wrapped returns a shape that may be changed: the shape of a named type is shared.
func wrapped(s *Shape) *Shape {
	if s.Named == nil {
		return s
	}
	return &Shape{Types: s.Types, AnyOf: []*Shape{s}}
}

func (b *shapeBuilder) shape(t schema.Type, tolerant bool) *Shape {
	switch t := t.(type) {
	case *schema.Null:
		return &Shape{Types: JSONNull}
	case *schema.Any:
		return &Shape{Types: JSONAny}
	case *schema.Scalar:
		return scalarShape(t, tolerant)
	case *schema.Nullable:
		s := wrapped(b.shape(t.Elem, tolerant))
		s.Nullable = true
		return s
	case *schema.List:
		return &Shape{Types: JSONArray, Items: b.part(t.Elem, tolerant), Limits: t.Limits}
	case *schema.Map:
		return &Shape{Types: JSONObject, PropertyNames: b.keys(t.Key, tolerant), Additional: b.part(t.Value, tolerant), Limits: t.Limits}
	case *schema.Enum:
		return enumShape(t)
	case *schema.Alias:
		if t.Inline {
			return b.shape(t.Target, tolerant)
		}
		return b.name(t, func(s *Shape) { b.fillAlias(s, t) })
	case *schema.Object:
		return b.name(t, func(s *Shape) { b.fillObject(s, t) })
	case *schema.Union:
		return b.name(t, func(s *Shape) { b.fillUnion(s, t) })
	case *schema.Tuple:
		if t.Inline {
			s := &Shape{}
			b.fillTuple(s, t)
			return s
		}
		return b.name(t, func(s *Shape) { b.fillTuple(s, t) })
	}
	panic(fmt.Sprintf("plan: unexpected type %T", t))
}

// keys is the shape of a map's keys; nil where any string is one.
func (b *shapeBuilder) keys(t schema.Type, tolerant bool) *Shape {
	s := b.part(t, tolerant)
	if s.Enum == nil && s.AnyOf == nil && s.Format == schema.FormatNone && s.Limits == nil {
		return nil
	}
	return s
}

// name registers the shape of a named type before it is filled, so that the type
// may contain itself.
func (b *shapeBuilder) name(t schema.Named, fill func(*Shape)) *Shape {
	if s := b.named[t]; s != nil {
		return s
	}
	s := &Shape{Named: t, Types: KindsOf(t)}
	b.named[t] = s
	fill(s)
	return s
}

func scalarShape(t *schema.Scalar, tolerant bool) *Shape {
	s := &Shape{Types: KindsOf(t), Limits: t.Limits}
	switch t.Kind {
	case schema.String:
		s.Format = Telling(t)
		if t.Limits != nil && s.Format == schema.FormatNone && Portable(t.Limits.Pattern) {
			s.Pattern = t.Limits.Pattern
		}
	case schema.Integer:
		s.Wide = t.Wide()
	case schema.Number:
		s.NaN = tolerant && t.Format == schema.FormatNone
	}
	return s
}

func enumShape(t *schema.Enum) *Shape {
	s := &Shape{Types: KindsOf(t)}
	for _, v := range t.Values {
		s.Enum = append(s.Enum, v.Value)
	}
	return s
}

func (b *shapeBuilder) fillAlias(s *Shape, a *schema.Alias) {
	target := b.shape(a.Target, a.Out)
	*s = *wrapped(target)
	s.Named = a
}

func (b *shapeBuilder) fillObject(s *Shape, o *schema.Object) {
	s.Types = JSONObject
	for _, f := range o.Fields {
		shape := b.part
		if b.tags[f] {
			shape = b.shape
		}
		s.Properties = append(s.Properties, Property{Name: f.Wire, Required: f.Required, Shape: shape(f.Type, o.Out)})
	}
	if o.Extra != nil {
		if _, untyped := schema.Resolve(o.Extra).(*schema.Any); !untyped {
			s.Additional = b.part(o.Extra, o.Out)
		}
	}
	s.Closed, s.Open = o.Closed, o.Out
}

func (b *shapeBuilder) fillUnion(s *Shape, u *schema.Union) {
	p := b.plan.unions[u]
	for _, v := range p.Variants {
		s.AnyOf = append(s.AnyOf, b.shape(v.Type, u.Out))
	}
	s.Nullable = p.Null
}

func (b *shapeBuilder) fillTuple(s *Shape, t *schema.Tuple) {
	s.Types, s.MinItems, s.More = JSONArray, t.Min, t.Out && t.Rest == nil
	for _, it := range t.Items {
		s.PrefixItems = append(s.PrefixItems, b.part(it.Type, t.Out))
	}
	if t.Rest != nil {
		s.Items = b.part(t.Rest, t.Out)
	}
}
