package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// commandCosts are the commands of CI, and how many times as long as generation each may take.
var commandCosts = []struct {
	name   string
	budget float64
}{{"validate", 1.1}, {"check", 1.1}, {"breaking", 2.2}}

// commands prints what the other commands cost beside generation: all of them in turn, so
// that a machine that gets slower or faster meanwhile does not distort the ratios.
//
//	command     time   of generate   budget
//	validate  160 ms          0.62     1.10
func (b *bench) commands(document string) error {
	manifest := filepath.Join(b.dir, document, "api.json")
	out := filepath.Join(b.dir, "out")
	args := map[string][]string{
		"validate": {"validate", "--asyncapi", manifest},
		"check":    {"check", "--asyncapi", manifest, "--output", out},
		"breaking": {"breaking", "--asyncapi", manifest, "--against", filepath.Join(b.dir, document+"-before", "api.json")},
	}
	took, ratios := map[string][]float64{}, map[string][]float64{}
	for i := range b.pairs + 1 {
		if err := os.RemoveAll(out); err != nil {
			return err
		}
		whole, _, err := b.run(b.wsgen, "--asyncapi", manifest, "--output", out)
		if err != nil {
			return err
		}
		for _, c := range commandCosts {
			one, _, err := b.run(b.wsgen, args[c.name]...)
			if err != nil {
				return err
			}
			if i > 0 { // the first round only warms the page cache
				took[c.name] = append(took[c.name], one.Seconds())
				ratios[c.name] = append(ratios[c.name], one.Seconds()/whole.Seconds())
			}
		}
	}
	fmt.Printf("%-10s %9s %12s %8s\n", "command", "time", "of generate", "budget")
	for _, c := range commandCosts {
		fmt.Printf("%-10s %6.0f ms %12.2f %8.2f\n", c.name, 1000*median(took[c.name]), median(ratios[c.name]), c.budget)
	}
	fmt.Println()
	return nil
}
