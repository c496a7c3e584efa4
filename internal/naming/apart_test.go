package naming_test

import (
	"slices"
	"testing"

	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Names that become one are told apart in the same way whatever their order.
func TestClaimAll(t *testing.T) {
	pascal := func(wire string) string { return naming.Pascal(schema.SplitName(wire)) }
	spelled := func(wire string) string { return naming.Pascal(schema.SpellName(wire)) }
	for _, c := range []map[string]string{
		{"maxSize": "MaxSize", "max-size": "MaxDashSize"},
		{"maxSize": "MaxSize", "max-size": "MaxDashSize", "max_size": "MaxUnderscoreSize"},
		{"config": "Config", "_config": "UnderscoreConfig"},
		{"schema": "Schema", "$schema": "DollarSchema", "Schema2": "Schema2"},
		{"Type": "Type", "type": "TypeLower"},
		{"Type": "Type", "type": "TypeLower", "type2": "Type2"},
		{"Type": "Type", "type": "TypeLower", "TYPE": "TypeUpper"},
		{"Type": "Type", "type": "TypeLower2", "typeLower": "TypeLower"},
		{"max_size": "MaxUnderscoreSize", "max-size": "MaxSize", "MaxDashSize": "MaxDashSize"},
		{"Page<number>": "PageNumber", "Page<number[]>": "PageOfNumberArray", "Page<number|string>": "PageNumberString"},
		{"Connect_": "Connect", "connect_": "ConnectUnderscore"},
		{"é": "É", "É_": "ÉUnderscore"},
	} {
		var wires []string
		for wire := range c {
			wires = append(wires, wire)
		}
		slices.Sort(wires)
		check := func() {
			t.Helper()
			var diags text.Diagnostics
			var wants []string
			var owners []naming.Owner
			for _, wire := range wires {
				wants, owners = append(wants, pascal(wire)), append(owners, naming.Owner{Kind: "member", Wire: wire})
			}
			for i, name := range naming.NewScope("Go", &diags, nil).ClaimAll(wants, owners, spelled) {
				if want := c[wires[i]]; name != want {
					t.Errorf("%q of %q is called %s, want %s", wires[i], wires, name, want)
				}
			}
			if diags.HasErrors() || len(diags) == 0 {
				t.Errorf("%q: %v", wires, diags)
			}
		}
		check()
		slices.Reverse(wires)
		check()
	}
}
