package broker_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/broker"
)

// startRedis runs a Redis of the test's own, that keeps nothing on disk, and returns its URL.
func startRedis(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("SKIPPED: there is no `redis-server` on PATH")
	}
	directory, err := os.MkdirTemp("", "redis-") // a short path: it names a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	socket := filepath.Join(directory, "s")
	redis := exec.Command(program, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", directory)
	stdout, err := redis.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := redis.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = redis.Process.Kill()
		_ = redis.Wait() // by the signal
	})
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if strings.Contains(lines.Text(), "eady to accept connections") {
			return "unix://" + socket
		}
	}
	t.Fatal("redis-server has ended")
	return ""
}

func onRedis(url string) func(*broker.Config) {
	return func(c *broker.Config) { c.UseRedis(url) }
}

// What is published at one node reaches the clients of another.
func TestNodesShareChannels(t *testing.T) {
	url := startRedis(t)
	one, two := start(t, "j", onRedis(url)), start(t, "j", onRedis(url))
	client := connect(t, two, "456")
	client.MustDo("subscribe", map[string]any{"channel": replies})
	publish(t, one, replies, `{"n":1}`)
	if got := string(client.Push().Pub.Data); got != `{"n":1}` {
		t.Errorf("got %s", got)
	}
	// A method of the API holds for connections of all nodes.
	if err := one.Disconnect("456", 4500, "enough"); err != nil {
		t.Fatal(err)
	}
	if got := client.CloseCode(); got != 4500 {
		t.Errorf("closed with %d, want 4500", got)
	}
}

// A client that comes back to another node misses nothing.
func TestNodesShareHistories(t *testing.T) {
	url := startRedis(t)
	one := start(t, "j", onRedis(url))
	epoch := position(t, one)
	publish(t, one, replies, `{"n":1}`)
	two := start(t, "j", onRedis(url))
	publish(t, two, replies, `{"n":2}`)
	got := subscribeAt(t, two, epoch, 0)
	if data := dataOf(got.Publications); !got.Recovered || !slices.Equal(data, []string{`{"n":1}`, `{"n":2}`}) {
		t.Errorf("got %+v, want both publications recovered", got)
	}
}

// The prefix keeps apart what shares a Redis.
func TestPrefixesShareNothing(t *testing.T) {
	url := startRedis(t)
	one := start(t, "j", onRedis(url))
	other := start(t, "j", onRedis(url), func(c *broker.Config) { c.Engine.Redis.Prefix = "other" })
	epoch := position(t, other)
	publish(t, one, replies, `{"n":1}`)
	if got := subscribeAt(t, other, epoch, 0); len(got.Publications) != 0 {
		t.Errorf("got %+v of another prefix", got.Publications)
	}
}

// A broker that cannot reach its Redis does not start.
func TestRedisAway(t *testing.T) {
	config, err := broker.Profile("j")
	if err != nil {
		t.Fatal(err)
	}
	config.HTTPServer.Port = 0
	config.UseRedis("unix://" + filepath.Join(t.TempDir(), "none"))
	if server, err := broker.Start(config); err == nil || !strings.HasPrefix(err.Error(), "engine.redis: ") {
		t.Errorf("it starts: %v, %v", server, err)
	}
}
