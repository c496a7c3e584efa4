package broker

import (
	"bytes"
	"strings"
	"testing"

	"github.com/centrifugal/centrifuge"
)

// Params and results do not reach the log, at any level.
func TestLogHasNoPayloads(t *testing.T) {
	config := &Config{}
	config.Log.Level = "debug"
	var log bytes.Buffer
	write := nodeLog(config.NewLogger(&log))
	fields := map[string]any{"command": "a value", "reply": "a value", "data": "a value", "code": 1429, "user": "456"}
	for _, level := range []centrifuge.LogLevel{centrifuge.LogLevelInfo, centrifuge.LogLevelError} {
		write(centrifuge.LogEntry{Level: level, Message: "client command error", Fields: fields})
	}
	said := log.String()
	if strings.Contains(said, "a value") || strings.Count(said, "code=1429") != 2 || strings.Count(said, "user=456") != 2 {
		t.Error(said)
	}
}
