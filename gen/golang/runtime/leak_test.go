package rpc

import (
	"testing"

	"go.uber.org/goleak"
)

// No test leaves a goroutine behind, so neither does a client that is closed.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
