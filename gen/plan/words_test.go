package plan

import (
	"strings"
	"testing"

	"github.com/wsgen/wsgen/schema"
)

func TestPurposeNamesAllUsers(t *testing.T) {
	object := func(name string, parts ...schema.Type) *schema.Object {
		o := &schema.Object{Decl: schema.Decl{Name: name}}
		for _, part := range parts {
			o.Fields = append(o.Fields, &schema.Field{Wire: "x", Type: part})
		}
		return o
	}
	one, two, many := object("One"), object("Two"), object("Many")
	tree := object("Tree")
	tree.Fields = []*schema.Field{{Wire: "children", Type: &schema.List{Elem: tree}}}
	a := object("A", one, &schema.List{Elem: two}, many)
	b := object("B", &schema.Nullable{Elem: two}, two, many)
	c := object("C", many, tree)
	p := New(&schema.Model{
		Types: []schema.Named{one, two, many, tree, a, b, c},
		Methods: []*schema.Method{
			{Wire: "a.save", Name: schema.Name{"a", "save"}, Params: a, Result: a},
			{Wire: "a.get", Name: schema.Name{"a", "get"}, Result: a},
		},
		Events: []*schema.Event{{Wire: "b", Name: schema.Name{"b"}, Payload: b}},
	})
	for o, want := range map[schema.Named]string{
		one: "part of A", two: "part of A and B", many: "part of A, B and others", tree: "part of C",
		a: "parameters of a.save; result of a.save and a.get", b: "payload of b", c: "",
	} {
		if got := p.Purpose(o); got != want {
			t.Errorf("%s: %q, want %q", o.Head().Name, got, want)
		}
	}
}

func TestLimitsInWords(t *testing.T) {
	for _, c := range []struct {
		limits schema.Limits
		want   string
	}{
		{schema.Limits{Minimum: "1", Maximum: "200"}, "1 to 200."},
		{schema.Limits{Minimum: "1"}, "At least 1."},
		{schema.Limits{Maximum: "200", MultipleOf: "5"}, "At most 200, a multiple of 5."},
		{schema.Limits{ExclusiveMinimum: "0", Maximum: "1"}, "More than 0, at most 1."},
		{schema.Limits{Minimum: "0", Maximum: "10", MultipleOf: "2"}, "0 to 10, a multiple of 2."},
	} {
		got := Facts{Code: func(text string) string { return text }}.Type(&schema.Scalar{Kind: schema.Integer, Limits: &c.limits})
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %q, want %q", c.limits, got, c.want)
		}
	}
}

// The documentation of a call says whether it ends with its caller.
func TestUsageNamesWhatADisconnectDoes(t *testing.T) {
	for _, ends := range []bool{false, true} {
		usage := strings.Join(Facts{}.Usage(&Call{Method: &schema.Method{CancelOnDisconnect: ends}}), " ")
		if told := strings.Contains(usage, "cancels it when its caller has gone"); told != ends {
			t.Errorf("ends %t: %q", ends, usage)
		}
	}
}
