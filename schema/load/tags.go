package load

import (
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// tagMember is a member that tells a variant from the others of its unions.
type tagMember struct {
	object *schema.Object
	field  *schema.Field
	tags   []*text.Node // its values in the variant
	differ bool         // in another union it has others
}

// constantTags makes constants of the members that tell variants apart, where the
// document gives the values only in a discriminator's mapping, or not at all, and
// all unions agree on them. So a client knows what to send, and which variant it
// has received:
//
//	Card: {resourcetype: str}  ──►  Card: {resourcetype: "CardPayment"}
func (l *lowerer) constantTags() {
	byField := map[*schema.Field]*tagMember{}
	var members []*tagMember
	for _, u := range l.tagged {
		for i := range u.Variants {
			v := &u.Variants[i]
			o, ok := schema.Resolve(v.Type).(*schema.Object)
			if !ok {
				continue
			}
			f := o.Field(u.Tag)
			if f == nil {
				continue
			}
			typeTags(v.Tags, f.Type)
			if !hasOthers(f.Type, v.Tags) {
				continue
			}
			m := byField[f]
			if m == nil {
				m = &tagMember{object: o, field: f, tags: v.Tags}
				byField[f], members = m, append(members, m)
			}
			m.differ = m.differ || !sameTags(m.tags, v.Tags)
		}
	}
	for _, m := range members {
		if !m.differ {
			l.makeConstant(m)
		}
	}
}

// typeTags gives the keys of a mapping, which are texts, the JSON type of the
// member: 2 and not "2" for an integer.
func typeTags(tags []*text.Node, t schema.Type) {
	s, ok := schema.Resolve(t).(*schema.Scalar)
	if !ok || s.Kind == schema.String {
		return
	}
	for _, tag := range tags {
		if tag.Kind == text.KindString {
			tag.Kind, tag.Text = text.CoreScalar(tag.Text)
		}
	}
}

// hasOthers tells whether a member has other values than the tags, too.
func hasOthers(t schema.Type, tags []*text.Node) bool {
	switch t := schema.Resolve(t).(type) {
	case *schema.Enum:
		return len(t.Values) > len(tags)
	case *schema.Scalar:
		misfit := func(tag *text.Node) bool { return !schema.Fits(t, tag) }
		return len(tags) > 0 && !slices.ContainsFunc(tags, misfit)
	}
	return false
}

func sameTags(a, b []*text.Node) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x *text.Node) bool {
		return !slices.ContainsFunc(b, func(y *text.Node) bool { return x.JSON() == y.JSON() })
	})
}

// makeConstant gives a member the type of its tags.
func (l *lowerer) makeConstant(m *tagMember) {
	f := m.field
	e := &schema.Enum{Decl: schema.Decl{Inline: true, Pos: f.Pos}}
	for _, tag := range m.tags {
		e.Values = append(e.Values, valueOf(f.Type, tag))
	}
	e.Base = baseOf(e.Values)
	f.Type = e
	l.inline = append(l.inline, inlineDecl{e, place{owner: m.object, path: pascal(f.Name)}})
	if f.Default != nil {
		l.doubtful = append(l.doubtful, doubtful{field: f})
	}
}

// valueOf returns the value of an enum, with its name and description, or a value
// that has none.
func valueOf(t schema.Type, value *text.Node) schema.EnumValue {
	if e, ok := schema.Resolve(t).(*schema.Enum); ok {
		for _, v := range e.Values {
			if v.Value.JSON() == value.JSON() {
				return v
			}
		}
	}
	return schema.EnumValue{Value: value, Pos: value.Pos}
}
