//go:build unix

package brokertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program that is not a broker, and never ends, is an error and not a test that hangs.
func TestStartOfAnotherProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho hello\nexec tail -f /dev/null\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(program, "none.json"); err == nil || !strings.Contains(err.Error(), "hello") {
		t.Errorf("got %v", err)
	}
}
