package demo

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

// startDemo runs the demo on a profile until the test ends.
func startDemo(t *testing.T, profile string, interval time.Duration) *Demo {
	t.Helper()
	config, err := broker.Profile(profile)
	if err != nil {
		t.Fatal(err)
	}
	config.HTTPServer.Port = 0
	d, err := Start(config, interval, slog.New(slog.DiscardHandler))
	return wstest.Serve(t, d, err)
}

// connect connects user 456, with server-side subscriptions to the channels.
func connect(t *testing.T, d *Demo, channels ...string) *wstest.Client {
	t.Helper()
	token, err := d.Config().NewToken("456", time.Hour, channels...)
	if err != nil {
		t.Fatal(err)
	}
	return wstest.Connect(t, d.URL(), token)
}

// answer is a reply as a client decodes it.
type answer struct {
	CorrelationID string          `json:"correlation_id"`
	Result        json.RawMessage `json:"result"`
	Error         *struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	} `json:"error"`
}

// caller calls a method over one of the transports.
type caller func(t *testing.T, method, params string) answer

// overPubSub calls on the demo's default profile: requests on rpc.requests, replies on a server-side user#456.
func overPubSub(t *testing.T, d *Demo) caller {
	client := connect(t, d, "user#456")
	calls := 0
	return func(t *testing.T, method, params string) answer {
		t.Helper()
		calls++
		id := fmt.Sprintf("c%d", calls)
		sendRequest(client, "rpc.requests", id, method, params, "user#456")
		got := nextAnswer(t, client)
		if got.CorrelationID != id {
			t.Errorf("%s: reply to %q, want %q", method, got.CorrelationID, id)
		}
		return got
	}
}

func overRPC(t *testing.T, d *Demo) caller {
	client := connect(t, d)
	return func(t *testing.T, method, params string) answer {
		t.Helper()
		reply := client.MustDo("rpc", map[string]any{"method": method, "data": json.RawMessage(params)})
		return decodeAnswer(t, reply.RPC.Data)
	}
}

func sendRequest(client *wstest.Client, channel, id, method, params, replyTo string) {
	data := map[string]any{"method": method, "params": json.RawMessage(params)}
	if id != "" {
		data["correlation_id"] = id
	}
	if replyTo != "" {
		data["reply_to"] = replyTo
	}
	client.MustDo("publish", map[string]any{"channel": channel, "data": data})
}

// nextAnswer waits for the next publication without info, as clients ignore those with info.
func nextAnswer(t *testing.T, client *wstest.Client) answer {
	t.Helper()
	for {
		if pub := client.Push().Pub; pub != nil && pub.Info == nil {
			return decodeAnswer(t, pub.Data)
		}
	}
}

func decodeAnswer(t *testing.T, data []byte) answer {
	t.Helper()
	var got answer
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	if (got.Result == nil) == (got.Error == nil) {
		t.Errorf("%s must have either a result or an error", data)
	}
	return got
}
