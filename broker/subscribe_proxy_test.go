package broker_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

// asking returns a server whose namespace "orders" goes to a subscribe proxy, and whose namespace "mixed" is open to
// all but limits channels with "#".
func asking(t *testing.T, endpoint string) *broker.Server {
	t.Helper()
	return start(t, "j", func(c *broker.Config) {
		c.Channel.Proxy.Subscribe = broker.ProxyOptions{Endpoint: endpoint, IncludeConnectionMeta: true}
		c.Channel.Namespaces = append(c.Channel.Namespaces,
			broker.Namespace{Name: "orders", ChannelOptions: broker.ChannelOptions{
				SubscribeProxyEnabled: true, AllowSubscribeForClient: true, AllowUserLimitedChannels: true,
			}},
			broker.Namespace{Name: "mixed", ChannelOptions: broker.ChannelOptions{
				AllowSubscribeForClient: true, AllowUserLimitedChannels: true,
			}})
	})
}

// The back end gets who wants to subscribe to what, and what it adds reaches the subscriber.
func TestSubscribeProxyRequest(t *testing.T) {
	backend := newBackend(t, 200, `{"result":{"data":{"n":1},"expire_at":4102444800}}`)
	server := asking(t, backend.URL)
	client := wstest.Connect(t, server.URL(), sign(t, server.Config(), map[string]any{"sub": "456", "meta": map[string]any{"tenant": "t1"}}))
	reply := client.MustDo("subscribe", `{"channel":"orders:7","data":{"from":"test"}}`)
	body := <-backend.bodies
	meta, _ := body["meta"].(map[string]any)
	data, _ := body["data"].(map[string]any)
	if body["user"] != "456" || body["channel"] != "orders:7" || meta["tenant"] != "t1" || data["from"] != "test" || body["method"] != nil {
		t.Errorf("the back end got %v", body)
	}
	if string(reply.Subscribe.Data) != `{"n":1}` || !reply.Subscribe.Expires {
		t.Errorf("the subscriber got %+v", reply.Subscribe)
	}
}

// The back end's error is the subscriber's; a back end that fails is error 100, temporary.
func TestSubscribeProxyAnswers(t *testing.T) {
	for _, test := range []struct {
		rule, answer string
		status, want int
		temporary    bool
	}{
		{"no result", `{}`, 200, 0, false},
		{"refused", `{"error":{"code":403,"message":"permission denied"}}`, 200, 403, false},
		{"later", `{"error":{"code":1429,"message":"slow down","temporary":true}}`, 200, 1429, true},
		{"broken", `{"result":{}}`, 500, 100, true},
		{"an override, which this broker does not know", `{"result":{"override":{}}}`, 200, 100, true},
	} {
		t.Run(test.rule, func(t *testing.T) {
			backend := newBackend(t, test.status, test.answer)
			reply := connect(t, asking(t, backend.URL), "456").Do("subscribe", `{"channel":"orders:7"}`)
			if code(reply) != test.want || reply.Error != nil && reply.Error.Temporary != test.temporary {
				t.Errorf("got %+v, want %d", reply.Error, test.want)
			}
		})
	}
}

// The proxy decides about channels that no token, and no user's id, decides about, even where the namespace is open.
func TestWhatTheSubscribeProxyIsAsked(t *testing.T) {
	backend := newBackend(t, 200, `{"error":{"code":403,"message":"no"}}`)
	server := asking(t, backend.URL)
	client := connect(t, server, "456")
	token := sign(t, server.Config(), map[string]any{"sub": "456", "channel": "orders:8", "exp": in(time.Hour)})
	for _, test := range []struct {
		rule   string
		params map[string]any
		want   int
		asked  bool
	}{
		{"any other channel", map[string]any{"channel": "orders:7"}, 403, true},
		{"one's own", map[string]any{"channel": "orders:a#456"}, 0, false},
		{"that of another user", map[string]any{"channel": "orders:a#999"}, 103, false},
		{"with a token", map[string]any{"channel": "orders:8", "token": token}, 0, false},
		{"private, without a token", map[string]any{"channel": "$orders:8"}, 103, false},
		{"not ASCII", map[string]any{"channel": "orders:ü"}, 107, false},
	} {
		got := code(client.Do("subscribe", test.params))
		if asked := len(backend.bodies) > 0; got != test.want || asked != test.asked {
			t.Errorf("%s: got %d, asked %t; want %d, asked %t", test.rule, got, asked, test.want, test.asked)
		}
		for len(backend.bodies) > 0 {
			<-backend.bodies
		}
	}
}

// The connect command never asks the proxy, and opens no channel of a namespace that has one. Of a namespace that is
// open to all it opens every channel, even those that are limited to others: so Centrifugo does.
func TestConnectWithProxiedChannels(t *testing.T) {
	backend := newBackend(t, 200, `{"result":{}}`)
	server := asking(t, backend.URL)
	client := wstest.Dial(t, server.URL(), nil)
	connected := client.MustDo("connect", map[string]any{
		"token": tokenFor(t, server, "456"),
		"subs":  map[string]any{"orders:7": struct{}{}, "orders:#456": struct{}{}, "mixed:7": struct{}{}, "mixed:#999": struct{}{}},
	}).Connect
	var got []string
	for name := range connected.Subs {
		got = append(got, name)
	}
	slices.Sort(got)
	if want := []string{"mixed:#999", "mixed:7"}; !slices.Equal(got, want) || len(backend.bodies) > 0 {
		t.Errorf("subscribed to %v, want %v; the back end was asked %d times", got, want, len(backend.bodies))
	}
	if got := code(client.Do("subscribe", `{"channel":"mixed:a#999"}`)); got != 103 {
		t.Errorf("the subscribe command: got %d, want 103", got)
	}
}
