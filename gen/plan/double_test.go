package plan_test

import (
	"testing"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

func TestBeyondDouble(t *testing.T) {
	for _, test := range []struct {
		format string
		limits schema.Limits
		want   bool
	}{
		{"", schema.Limits{}, false},
		{"", schema.Limits{Minimum: "0"}, false},
		{"", schema.Limits{Maximum: "9007199254740992"}, false},
		{"", schema.Limits{Maximum: "9007199254740993"}, true},
		{"", schema.Limits{ExclusiveMinimum: "-9007199254740993"}, true},
		{"", schema.Limits{Maximum: "1e16"}, true},
		{"", schema.Limits{MultipleOf: "9007199254740994"}, false},
		{"int32", schema.Limits{}, false},
		{"int64", schema.Limits{}, true},
		{"int64", schema.Limits{Minimum: "0"}, true},
		{"int64", schema.Limits{Maximum: "0"}, true},
		{"int64", schema.Limits{Minimum: "0", ExclusiveMaximum: "100"}, false},
		{"uint64", schema.Limits{}, true},
		{"uint64", schema.Limits{Maximum: "4294967295"}, false},
	} {
		s := &schema.Scalar{Kind: schema.Integer, Hint: test.format, Limits: &test.limits}
		if got := plan.BeyondDouble(s); got != test.want {
			t.Errorf("%q %+v: %t, want %t", test.format, test.limits, got, test.want)
		}
	}
	if plan.BeyondDouble(&schema.Scalar{Kind: schema.Number, Hint: "int64"}) {
		t.Error("a number is wide")
	}
}

func TestValueBeyondDouble(t *testing.T) {
	for value, want := range map[string]bool{
		"9007199254740991": false, "9007199254740992": true, "-9007199254740992": true, "1e16": true, "1e15": false, "1.5e300": true, "0.5": false,
	} {
		if got := plan.ValueBeyondDouble(&text.Node{Kind: text.KindNumber, Text: value}); got != want {
			t.Errorf("%s: %t, want %t", value, got, want)
		}
	}
}
