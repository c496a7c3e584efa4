package plan

import (
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Object says of every member of an object what is sent and what may be absent.
type Object struct {
	*schema.Object
	Members []Member // in the order of the fields

	// TypedExtra says that members that are not declared have a type: Extra.
	TypedExtra bool
}

// Member is a declared member of an object. In a decoded value it may be absent
// unless Required; in one that is sent it may be left out unless Required, and a
// Filled one is then sent all the same.
type Member struct {
	*schema.Field
	Const    *text.Node // its only value; nil: it has several
	Default  *text.Node // the value that the server assumes for an absent member; nil: nothing, or null
	Nullable bool
	Tag      bool // tells the variants of a union apart
	Filled   bool // a constant that is sent even if nobody set it: a tag, or one that is required or has a default
}

func newObject(o *schema.Object, tags map[*schema.Field]bool) *Object {
	out := &Object{Object: o, Members: make([]Member, len(o.Fields))}
	for i, f := range o.Fields {
		m := Member{Field: f, Const: schema.ConstOf(f.Type), Nullable: schema.IsNullable(f.Type), Tag: tags[f]}
		if f.Default != nil && f.Default.Kind != text.KindNull {
			m.Default = f.Default
		}
		m.Filled = m.Const != nil && (m.Required || m.Tag || m.Default != nil)
		out.Members[i] = m
	}
	if o.Extra != nil {
		_, untyped := schema.Core(o.Extra).(*schema.Any)
		out.TypedExtra = !untyped
	}
	return out
}

// MayLack tells whether a value that a server sends may lack the member.
func (m *Member) MayLack() bool { return !m.Sent }

// MayOmit tells whether one who sends a value may leave the member out, and
// nothing is sent for it then.
func (m *Member) MayOmit() bool { return !m.Required && !m.Filled }

// tagMembers finds the members by which unions tell their variants apart.
func (p *Plan) tagMembers() map[*schema.Field]bool {
	tags := map[*schema.Field]bool{}
	for _, u := range p.unions {
		if u.Tag == "" {
			continue
		}
		for _, l := range u.Leaves {
			if o, ok := schema.Core(l).(*schema.Object); ok {
				if f := o.Field(u.Tag); f != nil {
					tags[f] = true
				}
			}
		}
	}
	return tags
}
