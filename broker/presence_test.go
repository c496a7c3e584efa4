package broker_test

import (
	"testing"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

func withPresence(c *broker.Config) {
	for i := range c.Channel.Namespaces {
		c.Channel.Namespaces[i].Presence = true
	}
}

// The API counts who is on a channel, however they were subscribed, until they leave; on other nodes, too.
func TestPresenceStats(t *testing.T) {
	url := startRedis(t)
	server := start(t, "j", withPresence, onRedis(url))
	other := start(t, "j", withPresence, onRedis(url))
	expect := func(what, channel, want string) {
		t.Helper()
		for _, node := range []*broker.Server{server, other} {
			if _, got := post(t, node, key(node), "presence_stats", `{"channel":"`+channel+`"}`); got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
	}
	none := `{"result":{"num_clients":0,"num_users":0}}`
	expect("before anybody comes", "user:#456", none)

	client := connect(t, server, "456")
	client.MustDo("subscribe", `{"channel":"user:#456"}`)
	expect("after a subscribe command", "user:#456", `{"result":{"num_clients":1,"num_users":1}}`)
	byToken := wstest.Dial(t, server.URL(), nil)
	byToken.MustDo("connect", map[string]string{"token": tokenFor(t, server, "456", "user:#456")})
	expect("with a server-side subscription", "user:#456", `{"result":{"num_clients":2,"num_users":1}}`)
	client.MustDo("unsubscribe", `{"channel":"user:#456"}`)
	expect("after an unsubscribe command", "user:#456", `{"result":{"num_clients":1,"num_users":1}}`)

	post(t, server, key(server), "subscribe", `{"user":"456","channel":"user:x#456"}`)
	expect("after a subscribe of the API", "user:x#456", `{"result":{"num_clients":2,"num_users":1}}`)
	post(t, server, key(server), "unsubscribe", `{"user":"456","channel":"user:x#456"}`)
	expect("after an unsubscribe of the API", "user:x#456", none)
}

// Presence that is not turned on is error 108. Where it is on, clients see nothing of it.
func TestPresenceIsNotForClients(t *testing.T) {
	off, on := start(t, "j"), start(t, "j", withPresence)
	want := `{"error":{"code":108,"message":"not available"}}`
	if _, body := post(t, off, key(off), "presence_stats", `{"channel":"user:#456"}`); body != want {
		t.Errorf("got %s, want %s", body, want)
	}
	for server, want := range map[*broker.Server]int{off: 108, on: 103} {
		client := connect(t, server, "456")
		client.MustDo("subscribe", `{"channel":"user:#456"}`)
		for _, command := range []string{"presence", "presence_stats"} {
			if got := code(client.Do(command, `{"channel":"user:#456"}`)); got != want {
				t.Errorf("%s is %d, want %d", command, got, want)
			}
		}
	}
}
