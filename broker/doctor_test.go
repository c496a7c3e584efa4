package broker_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/demo"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

// buildWsgen builds the generator's command, which belongs to another module.
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
func doctor(
	t *testing.T, wsgen string, server *broker.Server, manifest string, channel func(user string) []string, more ...string,
) (string, int) {
	t.Helper()
	args := []string{"doctor", "--asyncapi", manifest, "--url", server.URL(), "--wait", "2s"} // a clean server costs all of it
	command := exec.Command(wsgen, append(args, more...)...)
	command.Env = append(os.Environ(),
		"WSGEN_TOKEN="+tokenFor(t, server, "999", channel("999")...),
		"WSGEN_OTHER_TOKEN="+tokenFor(t, server, "456", channel("456")...))
	return run(t, command.CombinedOutput)
}

// run returns the output of a command, and its exit code.
func run(t *testing.T, output func() ([]byte, error)) (string, int) {
	t.Helper()
	out, err := output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		return string(out), exit.ExitCode()
	}
	return string(out), 0
}

// answered matches the last row of the table if a worker has answered; the column of what is expected reads the same
// without one.
var answered = regexp.MustCompile(`, answered to the sender +yes\n`)

// withMethods runs a configuration with the fixtures' methods behind it until the test ends.
func withMethods(t *testing.T, config broker.Config) *demo.Demo {
	t.Helper()
	config.HTTPServer.Port = 0
	server, err := demo.Start(config, 0, slog.New(slog.DiscardHandler))
	return wstest.Serve(t, server, err)
}

// isolated copies a fixture's documents, with the channel names that the profile "isolated" asks for.
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
			server := withMethods(t, config)
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
			table, code := doctor(t, wsgen, server.Server, manifest, inToken)
			if code != 0 || !answered.MatchString(table) {
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

// On unsafe servers the doctor names the attempts that succeed.
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
		}, []string{"subscribe user#456,999", "publish on tasks:wsgen-doctor", "publish on inbox:#456", "publish on system:maintenance"}},
		{"events that need a permission, for everyone", "g", func(c *broker.Config) {
			for i := range c.Channel.Namespaces {
				if c.Channel.Namespaces[i].Name == "tasks" {
					c.Channel.Namespaces[i].SubscribeProxyEnabled = false
					c.Channel.Namespaces[i].AllowSubscribeForClient = true
				}
			}
		}, []string{"connect with subscriptions to tasks:wsgen-doctor", "subscribe user#456,999", "subscribe tasks:wsgen-doctor"}},
		{"events of one user, in a namespace for everyone", "g", func(c *broker.Config) {
			for i := range c.Channel.Namespaces {
				if c.Channel.Namespaces[i].Name == "inbox" {
					c.Channel.Namespaces[i].AllowSubscribeForClient = true
				}
			}
		}, []string{"connect with subscriptions to inbox:#456", "subscribe user#456,999"}},
		{"events for nobody", "g", func(c *broker.Config) {
			for i := range c.Channel.Namespaces {
				c.Channel.Namespaces[i].AllowSubscribeForClient = false
			}
		}, []string{"subscribe user#456,999", "subscribe system:maintenance"}},
		{"replies for nobody", "b", func(*broker.Config) {}, []string{"publish a string on", "publish a list on", "subscribe user#456 as user 456", "subscribe user#999"}},
	} {
		t.Run(test.fault, func(t *testing.T) {
			config, err := broker.Profile(test.profile)
			if err != nil {
				t.Fatal(err)
			}
			test.plant(&config)
			// This test does not look at the worker's answers, so it does not wait for them.
			table, code := doctor(t, wsgen, withMethods(t, config).Server, "../fixtures/tasks/api.yaml", nobody, "--wait", "1ms")
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

// Where calls end with their callers, the server must know who is on reply channels.
func TestDoctorAsksForPresence(t *testing.T) {
	wsgen := buildWsgen(t)
	manifest := filepath.Join(t.TempDir(), "api.yaml")
	document := "asyncapi: 3.1.0\ninfo: {title: T, version: 1.0.0}\n" +
		"x-rpc: {methods: {system.health: {result: {type: string}, on_disconnect: cancel}}}\n"
	if err := os.WriteFile(manifest, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	inToken := func(user string) []string { return []string{"user#" + user} }
	for _, test := range []struct {
		profile  string
		presence bool
		row      string // without what every row of an attempt to ask has; "" where there is none
	}{
		{"g", true, `103 permission denied +yes`},
		{"g", false, `108 not available +NO`},
		{"b", true, ""}, // the regex refuses the channel
	} {
		config, err := broker.Profile(test.profile)
		if err != nil {
			t.Fatal(err)
		}
		config.Channel.WithoutNamespace.Presence = test.presence
		table, _ := doctor(t, wsgen, withMethods(t, config).Server, manifest, inToken, "--wait", "1ms")
		if test.row == "" {
			if strings.Contains(table, "ask who") {
				t.Errorf("%s, presence %t: want no attempt to ask\n%s", test.profile, test.presence, table)
			}
			continue
		}
		if !regexp.MustCompile(`(?m)^ask who is on user#999 +refused, but not with 108 +` + test.row).MatchString(table) {
			t.Errorf("%s, presence %t: want a row with %s\n%s", test.profile, test.presence, test.row, table)
		}
	}
}

// Without a worker, or without a victim who gets replies, attempts to lie about the sender prove nothing.
func TestDoctorProvesNothing(t *testing.T) {
	wsgen := buildWsgen(t)
	config, err := broker.Profile("b")
	if err != nil {
		t.Fatal(err)
	}
	config.HTTPServer.Port = 0
	config.Channel.WithoutNamespace.PublicationDataFormat = "json_object"
	lonely, err := broker.Start(config)
	wstest.Serve(t, lonely, err)
	all := func(user string) []string { return []string{"user#" + user} }
	sender := func(user string) []string { return all(user)[:map[string]int{"999": 1}[user]] }
	for _, test := range []struct {
		what    string
		server  *broker.Server
		channel func(user string) []string
		want    string
		doubts  int // one more where nobody is there to be asked about an event
	}{
		{"no worker", lonely, all, "no worker answered within 10ms: this proves nothing", 3},
		{"no victim", withMethods(t, config).Server, sender, "user 456 gets no replies: this proves nothing", 2},
	} {
		more := []string{}
		if test.server == lonely {
			more = []string{"--wait", "10ms"}
		}
		table, code := doctor(t, wsgen, test.server, "../fixtures/tasks/api.yaml", test.channel, more...)
		if code != 1 || strings.Count(table, test.want) != 2 || strings.Count(table, " ?\n") != test.doubts || !strings.Contains(table, fmt.Sprint(test.doubts, " not proven")) {
			t.Errorf("%s: exit code %d\n%s", test.what, code, table)
		}
	}
}

// An unsafe configuration with the doctor's patch applied refuses the hostile user, even one whose id its regex allows.
func TestDoctorMends(t *testing.T) {
	wsgen := buildWsgen(t)
	t.Setenv("CENTRIFUGO_VAR_RPC_PROXY_SECRET", "secret-of-the-proxy")
	const open = `"allow_user_limited_channels": true`
	for _, test := range []struct{ profile, manifest, planted string }{
		{"a", "../fixtures/tasks/api.yaml", open},
		{"a", "../fixtures/tasks/api.yaml", open + `, "channel_regex": "^(rpc\\.requests|user#[0-9]{3})$"`},
		{"a", "../fixtures/tasks/api.yaml", open + `, "channel_regex": "requests$", "allow_subscribe_for_client": 1`},
		{"j", isolated(t, "tasks"), open + `, "allow_publish_for_client": "T", "allow_history_for_client": true`},
	} {
		data, err := os.ReadFile("profiles/" + test.profile + ".json")
		if err != nil || !strings.Contains(string(data), open) {
			t.Fatalf("the fault cannot be planted: %v", err)
		}
		file := filepath.Join(t.TempDir(), "centrifugo.json")
		unsafe := strings.Replace(string(data), open, test.planted, 1)
		if err := os.WriteFile(file, []byte(unsafe), 0o600); err != nil {
			t.Fatal(err)
		}
		patch, code := run(t, exec.Command(wsgen, "doctor", "--config", file, "--asyncapi", test.manifest).Output)
		if code != 1 {
			t.Fatalf("exit code %d\n%s", code, patch)
		}
		config, err := broker.ParseConfig(mergePatch(t, unsafe, patch), os.LookupEnv)
		if err != nil {
			t.Fatal(err)
		}
		table, code := doctor(t, wsgen, withMethods(t, config).Server, test.manifest, func(string) []string { return nil })
		if code != 0 || !answered.MatchString(table) {
			t.Errorf("%s with %s: exit code %d\n%s", test.profile, test.planted, code, table)
		}
	}
}

// mergePatch applies a JSON merge patch (RFC 7396).
func mergePatch(t *testing.T, text, patch string) []byte {
	t.Helper()
	var target, change any
	if err := errors.Join(json.Unmarshal([]byte(text), &target), json.Unmarshal([]byte(patch), &change)); err != nil {
		t.Fatal(err)
	}
	merged, err := json.Marshal(merge(target, change))
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

func merge(target, patch any) any {
	changes, isObject := patch.(map[string]any)
	if !isObject {
		return patch
	}
	merged, isObject := target.(map[string]any)
	if !isObject {
		merged = map[string]any{}
	}
	for name, value := range changes {
		if value == nil {
			delete(merged, name)
		} else {
			merged[name] = merge(merged[name], value)
		}
	}
	return merged
}
