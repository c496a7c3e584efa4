package load

import "testing"

// LimitWork bounds what a document may cost in tests with random documents. An input that reaches the bound
// of [Load] takes a second, and go ends a fuzz test that waits ten seconds for one input,
// as can be on a busy machine.
func LimitWork(t testing.TB) {
	usual := baseSteps
	baseSteps = usual / 20
	t.Cleanup(func() { baseSteps = usual })
}
