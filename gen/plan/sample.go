package plan

import (
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Sample is an example of a value: one that the document gives, or one with its required
// members alone.
type Sample struct {
	Type    schema.Type // neither an alias nor nullable, unless the value is null
	Value   *text.Node  // of a scalar, an enum or null
	Entries []SampleEntry
	Variant *Sample // of a union
	Index   int     // of that variant among the plan's; of the value among those of an enum
}

// SampleEntry is a part of a [Sample]: a member of an object, an item of a list or a tuple, or
// an entry of a map, whose key is Key.
type SampleEntry struct {
	Member *Member
	Key    string
	Value  *Sample
}

// maxSampled is how many values a sample may be made of: longer ones explain nothing.
const maxSampled = 60

// Sample returns an example of a value that the schema allows; nil where none is easily made,
// such as for patterns that only other engines read.
func (p *Plan) Sample(t schema.Type) *Sample {
	s := sampler{plan: p, open: map[schema.Named]bool{}}
	return s.of(t, "", nil)
}

// sampler makes a sample. Types that are being made are not made once more.
type sampler struct {
	plan *Plan
	open map[schema.Named]bool
	made int
}

// of makes a value; wire is the name of the member that it is for, and examples are the
// document's.
func (s *sampler) of(t schema.Type, wire string, examples []*text.Node) *Sample {
	if s.made++; s.made > maxSampled {
		return nil
	}
	switch t := t.(type) {
	case *schema.Nullable:
		if made := s.of(t.Elem, wire, examples); made != nil {
			return made
		}
		return &Sample{Type: &schema.Null{}, Value: &text.Node{Kind: text.KindNull}}
	case *schema.Null:
		return &Sample{Type: t, Value: &text.Node{Kind: text.KindNull}}
	case *schema.Any:
		return &Sample{Type: t, Value: &text.Node{Kind: text.KindNull}}
	case *schema.Scalar:
		if value := sampleScalar(t, wire, examples); value != nil {
			return &Sample{Type: t, Value: value}
		}
	case *schema.Enum:
		return sampleEnum(t, append(examples, t.Examples...))
	case *schema.List:
		if made := s.given(t, examples); made != nil {
			return made
		}
		return s.list(t, wire)
	case *schema.Map:
		if made := s.given(t, examples); made != nil {
			return made
		}
		return s.dict(t)
	case schema.Named:
		return s.named(t, wire, examples)
	}
	return nil
}

// named makes a value of a type that may hold itself.
func (s *sampler) named(t schema.Named, wire string, examples []*text.Node) *Sample {
	if s.open[t] {
		return nil
	}
	if _, isAlias := t.(*schema.Alias); !isAlias {
		if made := s.given(t, append(examples, t.Head().Examples...)); made != nil {
			return made
		}
	}
	s.open[t] = true
	defer delete(s.open, t)
	switch t := t.(type) {
	case *schema.Alias:
		return s.of(t.Target, wire, append(examples, t.Examples...))
	case *schema.Object:
		return s.object(t)
	case *schema.Union:
		for i, v := range s.plan.Union(t).Variants {
			if made := s.of(v.Type, wire, examples); made != nil {
				return &Sample{Type: t, Variant: made, Index: i}
			}
		}
	case *schema.Tuple:
		made := &Sample{Type: t}
		for _, item := range t.Items {
			value := s.of(item.Type, strings.Join(item.Name, "_"), nil)
			if value == nil {
				return nil
			}
			made.Entries = append(made.Entries, SampleEntry{Value: value})
		}
		return made
	}
	return nil
}

func (s *sampler) object(o *schema.Object) *Sample {
	made := &Sample{Type: o}
	members := s.plan.Object(o).Members
	for i := range members {
		m := &members[i]
		if !m.Required && !m.Filled {
			continue
		}
		examples := m.Examples
		if m.Default != nil {
			examples = append([]*text.Node{m.Default}, examples...)
		}
		value := s.of(m.Type, m.Wire, examples)
		if value == nil {
			return nil
		}
		made.Entries = append(made.Entries, SampleEntry{Member: m, Key: m.Wire, Value: value})
	}
	return made
}

// list makes the fewest items that there must be, or one that is simple.
func (s *sampler) list(t *schema.List, wire string) *Sample {
	made := &Sample{Type: t}
	least, most := 0, maxSampled
	if t.Limits != nil {
		least, most = count(t.Limits.MinLength, 0), count(t.Limits.MaxLength, maxSampled)
	}
	switch schema.Resolve(t.Elem).(type) {
	case *schema.Scalar, *schema.Enum:
		least = max(least, min(1, most))
	}
	taken := map[string]bool{}
	for i := 0; i < least; i++ {
		value := s.of(t.Elem, strings.TrimSuffix(wire, "s"), nil)
		if value != nil && t.Unique {
			value = value.unlike(taken)
		}
		if value == nil {
			if least == 1 && (t.Limits == nil || count(t.Limits.MinLength, 0) == 0) {
				break
			}
			return nil
		}
		made.Entries = append(made.Entries, SampleEntry{Value: value})
	}
	return made
}

// unlike makes another value of an enum, a text or a number where the same is there already.
func (s *Sample) unlike(taken map[string]bool) *Sample {
	if s.Value == nil {
		return nil
	}
	candidates := []*Sample{s}
	switch t := s.Type.(type) {
	case *schema.Enum:
		for i, v := range t.Values {
			candidates = append(candidates, &Sample{Type: t, Value: v.Value, Index: i})
		}
	case *schema.Scalar:
		for i := 2; i <= len(taken)+2; i++ {
			for _, value := range []*text.Node{
				{Kind: text.KindString, Text: s.Value.Text + strconv.Itoa(i)}, {Kind: text.KindNumber, Text: strconv.Itoa(i)},
			} {
				if fitsScalar(value, t) {
					candidates = append(candidates, &Sample{Type: t, Value: value})
				}
			}
		}
	}
	for _, c := range candidates {
		if key := c.Value.JSON(); !taken[key] {
			taken[key] = true
			return c
		}
	}
	return nil
}

// dict makes as many entries as there must be.
func (s *sampler) dict(t *schema.Map) *Sample {
	made := &Sample{Type: t}
	least := 0
	if t.Limits != nil {
		least = count(t.Limits.MinLength, 0)
	}
	taken := map[string]bool{}
	for i := 0; i < least; i++ {
		key, value := s.of(t.Key, "key", nil), s.of(t.Value, "", nil)
		if key == nil || value == nil {
			return nil
		}
		if key = key.unlike(taken); key == nil {
			return nil
		}
		made.Entries = append(made.Entries, SampleEntry{Key: key.Value.Text, Value: value})
	}
	return made
}

func sampleEnum(t *schema.Enum, examples []*text.Node) *Sample {
	for _, e := range examples {
		if made := enumValue(t, e); made != nil {
			return made
		}
	}
	return &Sample{Type: t, Value: t.Values[0].Value}
}

// enumValue is the value of an enum that is equal to n; nil where none is.
func enumValue(t *schema.Enum, n *text.Node) *Sample {
	for i, v := range t.Values {
		if v.Value.Kind == n.Kind && v.Value.Text == n.Text {
			return &Sample{Type: t, Value: v.Value, Index: i}
		}
	}
	return nil
}

// count is a number of items or characters, or another one where none is given.
func count(limit string, otherwise int) int {
	if limit == "" {
		return otherwise
	}
	n, err := strconv.Atoi(limit)
	if err != nil {
		return maxSampled + 1 // too many
	}
	return n
}

// Node is the sample as JSON.
func (s *Sample) Node() *text.Node {
	switch s.Type.(type) {
	case *schema.Union:
		return s.Variant.Node()
	case *schema.Object, *schema.Map:
		node := &text.Node{Kind: text.KindObject}
		for _, e := range s.Entries {
			node.Members = append(node.Members, text.Member{Key: e.Key, Value: e.Value.Node()})
		}
		return node
	case *schema.List, *schema.Tuple:
		node := &text.Node{Kind: text.KindArray}
		for _, e := range s.Entries {
			node.Items = append(node.Items, e.Value.Node())
		}
		return node
	}
	return s.Value
}
