package plan_test

import (
	"testing"

	"github.com/wsgen/wsgen/gen/plan"
)

// Patterns are portable only if every engine reads them in the same way.
func TestPortable(t *testing.T) {
	for pattern, want := range map[string]bool{
		`^[a-z]+$`:             true,
		`^\d{3}(?:,\d{1,2})?$`: true,
		`^[\]{}]\{x\}$`:        true,
		`{@link}`:              false, // Rust misses what is repeated
		`a}`:                   false, // ECMAScript refuses it in Unicode mode
		`a]`:                   false,
		`x{a}`:                 false,
		`(?=x)y`:               false,
		`\p{L}+`:               false,
		`ü`:                    false,
		`^(a|b){1,1000}$`:      false, // too large for Rust's limit
		`[`:                    false,
	} {
		if got := plan.Portable(pattern); got != want {
			t.Errorf("Portable(%q) = %v", pattern, got)
		}
	}
}
