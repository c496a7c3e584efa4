package golang

import (
	"flag"
	"testing"

	"github.com/wsgen/wsgen/fixtures/unions"
	rpc "github.com/wsgen/wsgen/gen/golang/runtime"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

var randomUnions = flag.Uint64("unions", 300, "how many random unions are tried")

// The runtime chooses the variant that the plan chooses: for the table of cases, for random
// unions, and for all that is in their values.
func TestRuntimeChoosesAsThePlan(t *testing.T) {
	cases := unions.Cases(t)
	for seed := range *randomUnions {
		cases = append(cases, unions.Random(seed))
	}
	compared := 0
	for _, c := range cases {
		for _, d := range unions.Directions {
			p, _, err := unions.Load(c.Schema(d), d)
			if err != nil {
				t.Fatal(c.Name, d, err)
			}
			var nodes []*text.Node
			for _, v := range c.Values {
				nodes = appendNodes(nodes, v.JSON)
			}
			compared += compareChoices(t, p, nodes, c.Name+" "+string(d))
		}
		if t.Failed() {
			t.Fatal(c)
		}
	}
	if compared < 10_000 {
		t.Errorf("only %d choices were compared", compared)
	}
}

// appendNodes adds a value and all that is in it.
func appendNodes(nodes []*text.Node, n *text.Node) []*text.Node {
	nodes = append(nodes, n)
	for _, item := range n.Items {
		nodes = appendNodes(nodes, item)
	}
	for _, m := range n.Members {
		nodes = appendNodes(nodes, m.Value)
	}
	return nodes
}

func compareChoices(t *testing.T, p *plan.Plan, nodes []*text.Node, name string) (compared int) {
	t.Helper()
	shapes := shapeConverter{}
	for _, typ := range p.Types {
		u, ok := typ.(*schema.Union)
		if !ok {
			continue
		}
		union := p.Union(u)
		for _, n := range nodes {
			if n.Kind == text.KindNull && union.Null {
				continue
			}
			compared++
			want := -1
			for i := range union.Variants {
				if &union.Variants[i] == union.Choose(n) {
					want = i
				}
			}
			if got := shapes.choose(t, union, n.JSON()); got != want {
				t.Errorf("%s: %s is variant %d of %s, want %d", name, n.JSON(), got, u.Name, want)
			}
		}
	}
	return compared
}

// shapeConverter makes shapes of the runtime, as generated code declares them.
type shapeConverter map[*plan.Shape]*rpc.Shape

// choose does what a generated decoder does.
func (c shapeConverter) choose(t *testing.T, u *plan.Union, json string) int {
	t.Helper()
	variants := make([]*rpc.Shape, len(u.Variants))
	for i, v := range u.Variants {
		variants[i] = c.convert(v.Shape)
	}
	begin := func(v *int, codec *rpc.Codec) rpc.Union {
		switch {
		case u.Declared:
			return rpc.UnionByTag(v, codec, u.Name, u.Tag)
		case u.Tag != "":
			return rpc.UnionByTagOrShape(v, codec, u.Name, u.Tag, variants)
		}
		return rpc.UnionByShape(v, codec, u.Name, variants)
	}
	chosen, err := rpc.Read([]byte(json), func(v *int, codec *rpc.Codec) {
		l := begin(v, codec)
		for l.Next() {
			for i, variant := range u.Variants {
				var tags []string
				for _, tag := range variant.Tags {
					tags = append(tags, tag.JSON())
				}
				rpc.Variant(l.CaseJSON(tags...), v, numbered(i))
			}
			rpc.Variant(l.Unknown(), v, numbered(-1))
		}
	})
	if err != nil {
		t.Fatal(json, err)
	}
	return chosen
}

// numbered passes over a value, which is then n.
func numbered(n int) func(*int, *rpc.Codec) {
	return func(v *int, codec *rpc.Codec) {
		var raw rpc.UnknownVariant
		raw.CodeJSON(codec)
		*v = n
	}
}

func (c shapeConverter) convert(s *plan.Shape) *rpc.Shape {
	if s == nil {
		return nil
	}
	if known := c[s]; known != nil {
		return known
	}
	out := &rpc.Shape{
		Types: rpc.Kinds(s.Types), Nullable: s.Nullable, NaN: s.NaN, Open: s.Open, Parsed: plan.Parsed(s.Format),
		Wide: s.Wide, MinItems: s.MinItems, More: s.More, Closed: s.Closed,
	}
	c[s] = out
	out.AnyOf, out.PrefixItems = c.convertAll(s.AnyOf), c.convertAll(s.PrefixItems)
	out.Items, out.PropertyNames, out.Additional = c.convert(s.Items), c.convert(s.PropertyNames), c.convert(s.Additional)
	for _, v := range s.Enum {
		if v.Kind == text.KindString {
			out.Texts = append(out.Texts, v.Text)
		} else {
			out.Values = append(out.Values, v.JSON())
		}
	}
	if s.Format != schema.FormatNone {
		out.Format = rpc.NewFormat(plan.FormatPattern(s.Format))
	}
	if s.Pattern != "" {
		out.Pattern = rpc.NewPattern(s.Pattern)
	}
	if l := s.Limits; l != nil {
		out.Limits = &rpc.Limits{Minimum: l.Minimum, Maximum: l.Maximum, ExclusiveMinimum: l.ExclusiveMinimum,
			ExclusiveMaximum: l.ExclusiveMaximum, MinLength: l.MinLength, MaxLength: l.MaxLength}
	}
	for _, p := range s.Properties {
		out.Properties = append(out.Properties, rpc.Property{Name: p.Name, Required: p.Required, Shape: c.convert(p.Shape)})
	}
	return out
}

func (c shapeConverter) convertAll(shapes []*plan.Shape) []*rpc.Shape {
	var out []*rpc.Shape
	for _, s := range shapes {
		out = append(out, c.convert(s))
	}
	return out
}

// TestUnionsCompile type-checks the packages of all cases, and of some random unions, each
// for itself, so that it may import no more than it uses; fixtures/unions builds and runs
// one package of them all.
func TestUnionsCompile(t *testing.T) {
	cases := unions.Cases(t)
	for seed := range min(*randomUnions, 60) {
		cases = append(cases, unions.Random(seed))
	}
	check := newTypeChecker(t)
	for _, c := range cases {
		for _, d := range unions.Directions {
			p, _, err := unions.Load(c.Schema(d), d)
			if err != nil {
				t.Fatal(c.Name, d, err)
			}
			check.packageOf(p, c.Name+" "+string(d))
		}
	}
}
