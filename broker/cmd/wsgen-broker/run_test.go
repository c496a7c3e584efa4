package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/wsgen/wsgen/broker/internal/wstest"
)

// TestMain lets the tests run the command as a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("WSGEN_BROKER_MAIN") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// begin runs the command until the test ends and returns its standard output.
func begin(t *testing.T, args ...string) *bufio.Reader {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, args, writer, &stderr)
		_ = writer.Close()
	}()
	t.Cleanup(func() {
		cancel()
		go func() { _, _ = io.Copy(io.Discard, reader) }()
		if code := <-ended; code != exitOK {
			t.Errorf("exit code %d: %s", code, &stderr)
		}
	})
	return bufio.NewReader(reader)
}

// line reads a line and returns what follows the prefix.
func line(t *testing.T, r *bufio.Reader, prefix string) string {
	t.Helper()
	text, err := r.ReadString('\n')
	rest, ok := strings.CutPrefix(strings.TrimSuffix(text, "\n"), prefix)
	if err != nil || !ok {
		t.Fatalf("got %q (%v), want %q and more", text, err, prefix)
	}
	return strings.TrimSpace(rest)
}

// What --demo prints is enough for a call.
func TestDemo(t *testing.T) {
	for _, config := range []string{"", "../../profiles/b.json"} {
		args := []string{"--demo", "--port", "0", "--log-level", "error"}
		if config != "" {
			args = append(args, "--config", config)
		}
		out := begin(t, args...)
		address := line(t, out, "listening on ")
		if url := line(t, out, "url:"); url != "ws://"+address+"/connection/websocket" {
			t.Errorf("url is %s", url)
		}
		user := line(t, out, "user:")
		client := wstest.Connect(t, "ws://"+address+"/connection/websocket", line(t, out, "token:"))
		client.MustDo("publish", fmt.Sprintf(`{"channel":"rpc.requests","data":`+
			`{"method":"system.health","params":{},"correlation_id":"1","reply_to":"user#%s"}}`, user))
		if push := client.Push(); !strings.Contains(string(push.Pub.Data), `"status":"ok"`) {
			t.Errorf("got %s", push.Pub.Data)
		}
	}
}

func TestPrintToken(t *testing.T) {
	const config = "../../profiles/j.json"
	address := line(t, begin(t, "--config", config, "--address", "localhost", "--port", "0", "--log-level", "none"), "listening on ")
	var stdout, stderr bytes.Buffer
	args := []string{"--config", config, "--print-token", "456", "--channels", "user:a#456,user:b#456", "--ttl", "90s"}
	if code := run(context.Background(), args, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	client := wstest.Dial(t, "ws://"+address+"/connection/websocket", nil)
	token := strings.TrimSpace(stdout.String())
	reply := client.MustDo("connect", map[string]string{"token": token}).Connect
	if len(reply.Subs) != 2 || !reply.Expires || reply.TTL > 90 || reply.TTL < 80 {
		t.Errorf("connected with %+v, want two subscriptions and a ttl of 90", reply)
	}
}

// With --demo, another user's token is enough for a call, too.
func TestPrintDemoToken(t *testing.T) {
	address := line(t, begin(t, "--demo", "--port", "0", "--log-level", "error"), "listening on ")
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"--demo", "--print-token", "7"}, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	client := wstest.Connect(t, "ws://"+address+"/connection/websocket", strings.TrimSpace(stdout.String()))
	client.MustDo("publish", `{"channel":"rpc.requests","data":`+
		`{"method":"system.health","params":{},"correlation_id":"1","reply_to":"user#7"}}`)
	if push := client.Push(); !strings.Contains(string(push.Pub.Data), `"status":"ok"`) {
		t.Errorf("got %s", push.Pub.Data)
	}
}

func TestExitCodes(t *testing.T) {
	directory := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(directory, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	unknown := file("unknown.json", `{"clients":{}}`)
	noSecret := file("secret.json", `{}`)
	noProxy := file("proxy.json", `{"http_server":{"port":0},"rpc":{"without_namespace":{"proxy_enabled":true}}}`)
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--help"}, exitOK, "Exit codes:"},
		{nil, exitUsage, "--config FILE or --demo is needed"},
		{[]string{"--demo", "x"}, exitUsage, `unexpected argument "x"`},
		{[]string{"--demo", "--channels", "x"}, exitUsage, "--channels goes with --print-token"},
		{[]string{"--nonsense"}, exitUsage, "flag provided but not defined"},
		{[]string{"--config", unknown}, exitConfig, "unknown option clients; did you mean client?"},
		{[]string{"--config", filepath.Join(directory, "none.json")}, exitConfig, "no such file"},
		{[]string{"--demo", "--redis", "http://127.0.0.1:6379"}, exitConfig, "engine.redis.address: it is neither HOST:PORT"},
		{[]string{"--demo", "--log-level", "loud"}, exitConfig, `log.level: "loud" is not one of`},
		{[]string{"--config", noSecret, "--print-token", "1"}, exitFailed, "hmac_secret_key is not set"},
		{[]string{"--config", noProxy}, exitFailed, `no endpoint is set for proxy "default"`},
		{[]string{"--demo", "--address", "256.0.0.1"}, exitFailed, "listen tcp"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(context.Background(), test.args, &stdout, &stderr)
		if code != test.code || !strings.Contains(stderr.String(), test.want) {
			t.Errorf("%v: exit code %d, stderr %q; want %d and %q", test.args, code, &stderr, test.code, test.want)
		}
	}
}

// SIGTERM ends the process cleanly.
func TestSignals(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		command := exec.Command(os.Args[0], "--demo", "--port", "0")
		command.Env = append(os.Environ(), "WSGEN_BROKER_MAIN=1")
		stdout, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		out := bufio.NewReader(stdout)
		line(t, out, "listening on ")
		if err := command.Process.Signal(signal); err != nil {
			t.Error(err)
		}
		if _, err := io.Copy(io.Discard, out); err != nil {
			t.Error(err)
		}
		if err := command.Wait(); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
	}
}
