package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/wsgen/wsgen/internal/brokertest"
)

// startBroker starts a broker that runs until the test ends.
func startBroker(t *testing.T, program, config string) *brokertest.Broker {
	t.Helper()
	b, err := brokertest.Start(program, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Error("wsgen-broker:", err)
		}
	})
	return b
}

// impatient writes a copy of a profile that pings every three seconds.
func impatient(t *testing.T, profile string) string {
	t.Helper()
	data, err := os.ReadFile(profile)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]map[string]any
	if err := json.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	// The timeout must be the shorter one; else it is as long as can be, since a
	// client on a busy machine has not gone.
	config["client"]["ping_interval"], config["client"]["pong_timeout"] = "3s", "2990ms"
	if data, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), filepath.Base(profile))
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}
