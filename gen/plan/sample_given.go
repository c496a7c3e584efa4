package plan

import (
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// given makes a sample of the first example of the document that fits the type and is short;
// nil where none does.
func (s *sampler) given(t schema.Type, examples []*text.Node) *Sample {
	for _, e := range examples {
		g := giver{plan: s.plan, left: maxSampled - s.made}
		if made := g.of(t, e); made != nil {
			s.made = maxSampled - g.left
			return made
		}
	}
	return nil
}

// giver reads an example by its type. What it cannot be sure of does not fit.
type giver struct {
	plan *Plan
	left int // how many values the sample may still have
}

func (g *giver) of(t schema.Type, n *text.Node) *Sample {
	if g.left--; g.left < 0 {
		return nil
	}
	switch t := t.(type) {
	case *schema.Alias:
		return g.of(t.Target, n)
	case *schema.Nullable:
		if n.Kind == text.KindNull {
			return &Sample{Type: &schema.Null{}, Value: n}
		}
		return g.of(t.Elem, n)
	case *schema.Null, *schema.Any:
		if n.Kind == text.KindNull {
			return &Sample{Type: t, Value: n}
		}
	case *schema.Scalar:
		if fitsScalar(n, t) {
			return &Sample{Type: t, Value: n}
		}
	case *schema.Enum:
		return enumValue(t, n)
	case *schema.Object:
		return g.object(t, n)
	case *schema.Union:
		for i, v := range g.plan.Union(t).Variants {
			if made := g.of(v.Type, n); made != nil {
				return &Sample{Type: t, Variant: made, Index: i}
			}
		}
	case *schema.List:
		if n.Kind == text.KindArray && !t.Unique && fitsCount(len(n.Items), t.Limits) {
			return g.entries(t, t.Elem, n)
		}
	case *schema.Map:
		if n.Kind == text.KindObject && fitsCount(len(n.Members), t.Limits) {
			return g.entries(t, t.Value, n)
		}
	}
	return nil
}

func (g *giver) object(o *schema.Object, n *text.Node) *Sample {
	if n.Kind != text.KindObject {
		return nil
	}
	made := &Sample{Type: o}
	members := g.plan.Object(o).Members
	for i := range members {
		m := &members[i]
		value := n.Get(m.Wire)
		if value == nil && (m.Required || m.Filled) || value != nil && m.ReadOnly {
			return nil
		}
		if value == nil {
			continue
		}
		part := g.of(m.Type, value)
		if part == nil {
			return nil
		}
		made.Entries = append(made.Entries, SampleEntry{Member: m, Key: m.Wire, Value: part})
	}
	if len(made.Entries) < len(n.Members) { // it has members that are not declared
		return nil
	}
	return made
}

// entries reads the items of a list, or the entries of a map whose keys are plain texts.
func (g *giver) entries(t, of schema.Type, n *text.Node) *Sample {
	made := &Sample{Type: t}
	add := func(key string, value *text.Node) bool {
		part := g.of(of, value)
		made.Entries = append(made.Entries, SampleEntry{Key: key, Value: part})
		return part != nil
	}
	for _, item := range n.Items {
		if !add("", item) {
			return nil
		}
	}
	for _, m := range n.Members {
		if key, plain := t.(*schema.Map).Key.(*schema.Scalar); !plain || !fitsText(m.Key, key) || !add(m.Key, m.Value) {
			return nil
		}
	}
	return made
}

func fitsCount(n int, l *schema.Limits) bool {
	return l == nil || n >= count(l.MinLength, 0) && n <= count(l.MaxLength, maxSampled)
}
