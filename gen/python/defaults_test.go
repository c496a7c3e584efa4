package python

import (
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Defaults are the Python that ruff's formatter leaves alone, and never raise where they stand.
func TestDefaults(t *testing.T) {
	number := func(s string) *text.Node { return &text.Node{Kind: text.KindNumber, Text: s} }
	day, real := &schema.Scalar{Format: schema.Date}, &schema.Scalar{Kind: schema.Number}
	for _, c := range []struct {
		of   schema.Type
		json *text.Node
		want string
	}{
		{day, stringNode("2024-02-29"), "dt.date(2024, 2, 29)"},
		{day, stringNode("0001-01-01"), "dt.date(1, 1, 1)"},
		{day, stringNode("0999-12-31"), "dt.date(999, 12, 31)"},
		{day, stringNode("2023-02-29"), `default_of(lambda: dt.date, json="2023-02-29")`},
		{day, stringNode("0000-01-01"), `default_of(lambda: dt.date, json="0000-01-01")`},
		{real, number("1E+300"), "1e300"},
		{real, number("1e-7"), "1e-7"},
		{real, number("-5"), "-5.0"},
		{&schema.Any{}, number("1E+5"), "json=1e5"},
	} {
		f := optional("value", c.of)
		f.Default = c.json
		if got := models(t, &schema.Object{Decl: schema.Decl{Name: "Params"}, Fields: []*schema.Field{f}}); !strings.Contains(got, c.want) {
			t.Errorf("default %s: no %s in\n%s", c.json.JSON(), c.want, got)
		}
	}
}
