package load

import (
	"fmt"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// shareUnions makes one type of unions in place that are the same in every respect: that of
// the place which the methods and events lead to first, so that it keeps its name when more of
// them are appended. Params have their own, since results take what a newer server sends.
func shareUnions(l *lowerer, m *schema.Model) {
	l.markDirections(m)
	s := &sharing{numbers: map[string]int{}, known: map[schema.Named]int{}}
	type use struct {
		number int
		out    bool
	}
	first := map[use]schema.Named{}
	instead := map[schema.Type]schema.Type{}
	for _, in := range l.inline {
		head := in.typ.Head()
		u, isUnion := in.typ.(*schema.Union)
		if !isUnion || !head.Inline || !head.In && !head.Out {
			continue
		}
		key := use{s.named(u), head.Out}
		if first[key] == nil {
			first[key] = u
		} else if first[key] != u {
			instead[u] = first[key]
		}
	}
	if len(instead) == 0 {
		return
	}
	l.replaceTypes(m, func(t schema.Type) schema.Type {
		if other := instead[t]; other != nil {
			return other
		}
		return t
	})
}

// sharing numbers types: equal ones have equal numbers. What has a name of its own is equal to
// nothing else.
type sharing struct {
	numbers map[string]int // by what a type is, in text
	known   map[schema.Named]int
}

func (s *sharing) number(of string) int {
	n, ok := s.numbers[of]
	if !ok {
		n = len(s.numbers) + 1
		s.numbers[of] = n
	}
	return n
}

func (s *sharing) named(t schema.Named) int {
	if n, ok := s.known[t]; ok {
		return n
	}
	s.known[t] = s.number(fmt.Sprintf("%p", t))
	if t.Head().Inline {
		s.known[t] = s.number(s.inPlace(t))
	}
	return s.known[t]
}

// inPlace says all that there is to say of a type without a name.
func (s *sharing) inPlace(t schema.Named) string {
	head := t.Head()
	parts := []any{head.Doc, head.Title, deprecationText(head.Deprecated), nodesText(head.Examples)}
	for _, source := range head.Sources {
		parts = append(parts, source.Node.JSON())
	}
	switch t := t.(type) {
	case *schema.Object:
		parts = append(parts, "object", t.Closed, t.Open, s.typ(t.Extra))
		for _, f := range t.Fields {
			parts = append(parts, s.field(f))
		}
	case *schema.Enum:
		parts = append(parts, "enum", t.Base, valuesText(t.Values))
	case *schema.Union:
		parts = append(parts, "union", t.Tag)
		for _, v := range t.Variants {
			parts = append(parts, s.typ(v.Type), nodesText(v.Tags))
		}
	case *schema.Tuple:
		parts = append(parts, "tuple", t.Min, s.typ(t.Rest))
		for _, item := range t.Items {
			parts = append(parts, strings.Join(item.Name, " "), s.typ(item.Type), item.Doc)
		}
	case *schema.Alias:
		parts = append(parts, "alias", s.typ(t.Target), valuesText(t.Flags))
	}
	return fmt.Sprintf("%#v", parts)
}

func (s *sharing) field(f *schema.Field) string {
	return fmt.Sprintf("%#v", []any{
		f.Wire, strings.Join(f.Name, " "), s.typ(f.Type), f.Required, f.Sent, nodesText([]*text.Node{f.Default}), f.Doc, f.Title,
		deprecationText(f.Deprecated), f.ReadOnly, f.WriteOnly, nodesText(f.Examples),
	})
}

func (s *sharing) typ(t schema.Type) string {
	switch t := t.(type) {
	case *schema.Scalar:
		return fmt.Sprintf("%#v", []any{t.Kind, t.Format, t.Hint, limitsText(t.Limits)})
	case *schema.Nullable:
		return "null or " + s.typ(t.Elem)
	case *schema.List:
		return fmt.Sprintf("list %t %s of %s", t.Unique, limitsText(t.Limits), s.typ(t.Elem))
	case *schema.Map:
		return fmt.Sprintf("map %s of %s to %s", limitsText(t.Limits), s.typ(t.Key), s.typ(t.Value))
	case schema.Named:
		return fmt.Sprint(s.named(t))
	}
	return fmt.Sprintf("%T", t)
}

func limitsText(l *schema.Limits) string {
	if l == nil {
		return ""
	}
	return fmt.Sprintf("%q", *l)
}

func deprecationText(d *schema.Deprecation) string {
	if d == nil {
		return ""
	}
	return "deprecated " + d.Note
}

func nodesText(nodes []*text.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		if n != nil {
			b.WriteString(n.JSON())
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func valuesText(values []schema.EnumValue) string {
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "%s %q %q ", v.Value.JSON(), v.Name, v.Doc)
	}
	return b.String()
}
