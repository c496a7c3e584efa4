package plan_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/wsgen/wsgen/gen/plan"
)

// A pattern becomes what matches the same texts in other engines, or nothing.
func TestPatternsOfEngines(t *testing.T) {
	for _, c := range []struct {
		pattern     string
		re2, python []string
	}{
		{`^[a-z]+$`, []string{`^[a-z]+$`}, []string{`^[a-z]+\Z`}},
		{`\A\w\Z`, []string{`^\w$`}, []string{`^\w\Z`}},
		{`[\s$]\S`, []string{`[\t-\r \xa0$][^\t-\r \xa0]`}, []string{`[\t-\r \xa0$][^\t-\r \xa0]`}},
		{`(?<a>x)\$`, []string{`(?<a>x)\$`}, []string{`(?P<a>x)\$`}},
		{`\u00e4`, []string{`\x{00e4}`}, []string{`\u00e4`}},
		{`\p{L}`, []string{`\p{L}`}, nil},
		{`^(?!x)y`, nil, []string{`^(?!x)y`}},
		{`(a)\1`, nil, []string{`(a)\1`}},
		{`^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$`, []string{`^[+-]?0*\d*\.?\d*$`, `[0-9]`}, []string{`^(?!^[-+.]*\Z)[+-]?0*\d*\.?\d*\Z`}},
		{`^(?!^[-+.]*$)[+-]?0*(?:\d{0,8}|(?=[\d.]{1,11}0*$)\d{0,8}\.\d{0,2}0*$)`, []string{`^[+-]?0*(?:\d{0,8}|\d{0,8}\.\d{0,2}0*$)`, `[0-9]`},
			[]string{`^(?!^[-+.]*\Z)[+-]?0*(?:\d{0,8}|(?=[\d.]{1,11}0*\Z)\d{0,8}\.\d{0,2}0*\Z)`}},
	} {
		if got := plan.RE2Pattern(c.pattern); !slices.Equal(got, c.re2) {
			t.Errorf("%s: Go: %q, want %q", c.pattern, got, c.re2)
		}
		for _, p := range c.re2 {
			regexp.MustCompile(p)
		}
		if got := plan.PythonPattern(c.pattern); !slices.Equal(got, c.python) {
			t.Errorf("%s: Python: %q, want %q", c.pattern, got, c.python)
		}
	}
}
