package broker_test

import (
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/demo"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

// buildWsgen builds the generator's command, which is of another module.
func buildWsgen(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "wsgen")
	build := exec.Command("go", "build", "-o", program, "./cmd/wsgen")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// doctor runs `wsgen doctor` as user 999, whose victim is 456, and returns its table and its exit code.
func doctor(t *testing.T, wsgen string, server *demo.Demo, manifest string, channel func(user string) []string) (string, int) {
	t.Helper()
	args := []string{"doctor", "--asyncapi", manifest, "--url", server.URL(), "--wait", "10s",
		"--token", tokenFor(t, server.Server, "999", channel("999")...),
		"--other-token", tokenFor(t, server.Server, "456", channel("456")...)}
	out, err := exec.Command(wsgen, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		return string(out), exit.ExitCode()
	}
	return string(out), 0
}

// startDemo runs a configuration with the fixtures' methods behind it until the test ends.
func startDemo(t *testing.T, config broker.Config) *demo.Demo {
	t.Helper()
	config.HTTPServer.Port = 0
	server, err := demo.Start(config, 0, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// isolated copies a fixture's documents with the channel names of profile "isolated".
func isolated(t *testing.T, fixture string) string {
	t.Helper()
	names := strings.NewReplacer("rpc.requests", "rpc:requests", "user#{user_id}", "user:{nonce}#{user_id}")
	directory := t.TempDir()
	for _, name := range []string{"api.yaml", "models.json"} {
		data, err := os.ReadFile(filepath.Join("../fixtures", fixture, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(directory, name), []byte(names.Replace(string(data))), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(directory, "api.yaml")
}

// What `wsgen centrifugo-config` writes runs here as it is: hostile users are refused, calls and events get through.
func TestEmittedConfigurations(t *testing.T) {
	wsgen := buildWsgen(t)
	t.Setenv("CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY", "secret-of-the-environment")
	t.Setenv("CENTRIFUGO_HTTP_API_KEY", "key-of-the-environment")
	t.Setenv("CENTRIFUGO_VAR_RPC_PROXY_SECRET", "secret-of-the-proxy")
	files, err := filepath.Glob("../internal/centrifugo/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no emitted configurations", err)
	}
	for _, file := range files {
		fixture, profile, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".json"), ".")
		t.Run(fixture+" "+profile, func(t *testing.T) {
			config, err := broker.ReadConfig(file)
			if err != nil {
				t.Fatal(err)
			}
			server := startDemo(t, config)
			manifest := filepath.Join("../fixtures", fixture, "api.yaml")
			requests, reply := "rpc.requests", "user#999"
			if profile == "isolated" || profile == "existing" {
				manifest, requests, reply = isolated(t, fixture), "rpc:requests", "user:tab#999"
			}
			inToken := func(user string) []string {
				if profile == "dev" {
					return []string{"user#" + user}
				}
				return nil
			}
			table, code := doctor(t, wsgen, server, manifest, inToken)
			if code != 0 || strings.Count(table, "answered to the sender") < 1 {
				t.Errorf("exit code %d\n%s", code, table)
			}
			client := connect(t, server.Server, "999", inToken("999")...)
			if profile != "dev" {
				client.MustDo("subscribe", `{"channel":"`+reply+`"}`)
			}
			callHealth(t, client, requests, reply)
			if fixture == "tasks" {
				client.MustDo("subscribe", `{"channel":"tasks:website"}`)
				publish(t, server.Server, "tasks:website", `{"n":1}`)
				if push := client.Push(); push.Channel != "tasks:website" {
					t.Errorf("got %+v, want an event", push)
				}
			}
		})
	}
}

func callHealth(t *testing.T, client *wstest.Client, requests, reply string) {
	t.Helper()
	client.MustDo("publish", `{"channel":"`+requests+`","data":{"method":"system.health","params":{},"correlation_id":"c1","reply_to":"`+reply+`"}}`)
	push := client.Push()
	if push.Channel != reply || push.Pub == nil || !strings.Contains(string(push.Pub.Data), `"status":"ok"`) {
		t.Errorf("got %+v, want the reply on %s", push, reply)
	}
}

// On servers that are not safe, the doctor names what got through.
func TestDoctorFindings(t *testing.T) {
	wsgen := buildWsgen(t)
	nobody := func(string) []string { return nil }
	for _, test := range []struct {
		fault, profile string
		plant          func(*broker.Config)
		rows           []string // what the rows that are not ok start with
	}{
		{"naive publishing", "a", func(*broker.Config) {},
			[]string{"publish on rpc.requests-other", "publish a string on", "publish a list on", "publish on user#456", "subscribe user#456,999", "publish on user#999"}},
		{"no regex", "g", func(*broker.Config) {}, []string{"subscribe user#456,999"}},
		{"requests for everyone", "g", func(c *broker.Config) { c.Channel.WithoutNamespace.AllowSubscribeForClient = true },
			[]string{"connect with subscriptions to", "subscribe rpc.requests", "subscribe user#456,999"}},
		{"histories for everyone", "g", func(c *broker.Config) { c.Channel.WithoutNamespace.AllowHistoryForClient = true },
			[]string{"history rpc.requests", "history user#456", "subscribe user#456,999"}},
		{"events of everyone", "g", func(c *broker.Config) {
			for i := range c.Channel.Namespaces {
				c.Channel.Namespaces[i].AllowPublishForClient = true
			}
		}, []string{"subscribe user#456,999", "publish on tasks:wsgen-doctor", "publish on system:maintenance"}},
		{"replies for nobody", "b", func(*broker.Config) {}, []string{"publish a string on", "publish a list on", "subscribe user#999"}},
	} {
		t.Run(test.fault, func(t *testing.T) {
			config, err := broker.Profile(test.profile)
			if err != nil {
				t.Fatal(err)
			}
			test.plant(&config)
			table, code := doctor(t, wsgen, startDemo(t, config), "../fixtures/tasks/api.yaml", nobody)
			var bad []string
			for line := range strings.Lines(table) {
				if strings.HasSuffix(line, " NO\n") {
					bad = append(bad, line)
				}
			}
			if code != 1 || len(bad) != len(test.rows) {
				t.Fatalf("exit code %d, %d findings, want 1 and %d\n%s", code, len(bad), len(test.rows), table)
			}
			for i, row := range test.rows {
				if !strings.HasPrefix(bad[i], row) {
					t.Errorf("got %s, want %s", bad[i], row)
				}
			}
		})
	}
}
