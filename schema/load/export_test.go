package load

import "testing"

// LimitWork bounds what a document may cost in a fuzz test. An input that reaches the bound
// of [Load] takes a second, and go ends a fuzz test that waits ten seconds for one input,
// as can be on a busy machine.
func LimitWork(f *testing.F) {
	usual := baseSteps
	baseSteps = usual / 20
	f.Cleanup(func() { baseSteps = usual })
}
