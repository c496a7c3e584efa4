package broker_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

// attempt is a command of user 999 and the error code that it must get; 0 is success.
type attempt struct {
	rule    string
	command string
	params  string
	want    int
}

func TestPermissions(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(onlyRequests))
	defer backend.Close()
	atBackend := func(c *broker.Config) { c.Channel.Proxy.Publish.Endpoint = backend.URL }

	profiles := []struct {
		name     string
		change   func(*broker.Config)
		attempts []attempt
	}{
		{"j", nil, []attempt{
			{"subscribe to the requests: 103", "subscribe", `{"channel":"rpc:requests"}`, 103},
			{"subscribe to another user's channel: 103", "subscribe", `{"channel":"user:#456"}`, 103},
			{"and to one with a nonce: 103", "subscribe", `{"channel":"user:tabA#456"}`, 103},
			{"the multi-user trick: 107 by the regex", "subscribe", `{"channel":"user:tabA#456,999"}`, 107},
			{"subscribe to its own channel: ok", "subscribe", `{"channel":"user:tabZ#999"}`, 0},
			{"publish a reply to another user: 103", "publish", `{"channel":"user:#456","data":{}}`, 103},
			{"and with a nonce: 103", "publish", `{"channel":"user:tabA#456","data":{}}`, 103},
			{"publish to its own reply channel: 103", "publish", `{"channel":"user:tabZ#999","data":{}}`, 103},
			{"publish outside the namespaces: 103", "publish", `{"channel":"rpc.requests","data":{}}`, 103},
			{"publish a reply outside them: 103", "publish", `{"channel":"user#456","data":{}}`, 103},
			{"publish what the regex refuses: 107", "publish", `{"channel":"rpc:other","data":{}}`, 107},
			{"publish a request: ok", "publish", `{"channel":"rpc:requests","data":{}}`, 0},
			{"publish into an unknown namespace: 102", "publish", `{"channel":"zz:x","data":{}}`, 102},
			{"subscribe in an unknown namespace: 102", "subscribe", `{"channel":"zz:x"}`, 102},
			{"history where none is kept: 108", "history", `{"channel":"rpc:requests"}`, 108},
			{"history without permission: 103", "history", `{"channel":"user:#456"}`, 103},
			{"history of what the regex refuses: 107", "history", `{"channel":"rpc:other"}`, 107},
			{"presence: 108", "presence", `{"channel":"rpc:requests"}`, 108},
			{"publish a string, not an object: 107", "publish", `{"channel":"rpc:requests","data":"text"}`, 107},
			{"publish an array, not an object: 107", "publish", `{"channel":"rpc:requests","data":[{}]}`, 107},
			{"publish null: 107", "publish", `{"channel":"rpc:requests","data":null}`, 107},
			{"publish nothing: 107", "publish", `{"channel":"rpc:requests"}`, 107},
			{"call with no RPC proxy: 108", "rpc", `{"method":"m1","data":{}}`, 108},
		}},
		{"a", nil, []attempt{
			{"publish a request: ok", "publish", `{"channel":"rpc.requests","data":{}}`, 0},
			{"publish into another user's channel: ok, which is why A is naive", "publish", `{"channel":"user#456","data":{}}`, 0},
			{"subscribe to another user's channel: 103", "subscribe", `{"channel":"user#456"}`, 103},
			{"without the regex the multi-user trick works", "subscribe", `{"channel":"user#456,999"}`, 0},
			{"subscribe to its own channel: ok", "subscribe", `{"channel":"user#999"}`, 0},
			{"and to one with a nonce", "subscribe", `{"channel":"user.tab-1#999"}`, 0},
			{"subscribe to the requests: 103", "subscribe", `{"channel":"rpc.requests"}`, 103},
			{"a private channel needs a token: 103", "subscribe", `{"channel":"$user#999"}`, 103},
			{"a name beyond ASCII: 107", "subscribe", `{"channel":"café#999"}`, 107},
		}},
		{"b", nil, []attempt{
			{"publish a request: ok", "publish", `{"channel":"rpc.requests","data":{}}`, 0},
			{"the regex holds for publish: 107", "publish", `{"channel":"user#456","data":{}}`, 107},
			{"and for subscribe, its own channel included: 107", "subscribe", `{"channel":"user#999"}`, 107},
			{"and for history: 107", "history", `{"channel":"user#999"}`, 107},
			{"subscribe to the requests: 103", "subscribe", `{"channel":"rpc.requests"}`, 103},
		}},
		{"g", atBackend, []attempt{
			{"the back end accepts a request", "publish", `{"channel":"rpc.requests","data":{}}`, 0},
			{"the back end's error reaches the client: 403", "publish", `{"channel":"user#456","data":{}}`, 403},
			{"subscribe to its own channel: ok", "subscribe", `{"channel":"user#999"}`, 0},
			{"subscribe to another user's channel: 103", "subscribe", `{"channel":"user#456"}`, 103},
			{"history without permission: 103", "history", `{"channel":"user#999"}`, 103},
		}},
	}
	for _, profile := range profiles {
		t.Run(profile.name, func(t *testing.T) {
			var change []func(*broker.Config)
			if profile.change != nil {
				change = append(change, profile.change)
			}
			hostile := connect(t, start(t, profile.name, change...), "999")
			for _, a := range profile.attempts {
				if got := code(hostile.Do(a.command, a.params)); got != a.want {
					t.Errorf("%s: %s %s: got %d, want %d", a.rule, a.command, a.params, got, a.want)
				}
			}
		})
	}
}

// onlyRequests is profile G's back end: it rejects every channel but the requests'.
func onlyRequests(w http.ResponseWriter, r *http.Request) {
	answer := `{"error":{"code":403,"message":"requests only"}}`
	if decodeBody(r)["channel"] == "rpc.requests" {
		answer = `{"result":{}}`
	}
	_, _ = w.Write([]byte(answer))
}

// The worker sees who published, and nothing that the client says about itself.
func TestPublicationInfo(t *testing.T) {
	server := start(t, "j")
	worker := connect(t, server, "svc-rpc-worker", "rpc:requests")
	client := wstest.Dial(t, server.URL(), nil)
	claims := map[string]any{"sub": "999", "info": map[string]any{"plan": "free"}}
	connected := client.MustDo("connect", map[string]any{"token": sign(t, server.Config(), claims)}).Connect

	client.MustDo("publish", `{"channel":"rpc:requests","data":{ "n" : 9007199254740993 },`+
		`"info":{"user":"456"},"tags":{"a":"b"},"offset":7}`)

	got := worker.Push()
	info := got.Pub.Info
	if info == nil || info.User != "999" || info.Client != connected.Client || string(info.ConnInfo) != `{"plan":"free"}` {
		t.Errorf("info is %+v, want user 999 and client %s", info, connected.Client)
	}
	if got.Pub.Tags != nil || got.Pub.Offset != 0 {
		t.Errorf("the client's tags or offset got through: %+v", got.Pub)
	}
	if data := string(got.Pub.Data); data != `{ "n" : 9007199254740993 }` {
		t.Errorf("payload bytes changed to %s", data)
	}

	// A publication of the server API has no info.
	publish(t, server, "rpc:requests", `{"by":"server"}`)
	if pub := worker.Push().Pub; pub.Info != nil {
		t.Errorf("info is %+v, want none", pub.Info)
	}
}

// connect.subs for foreign channels are ignored; own ones, and those of the personal channel option, are subscribed.
func TestSubscriptionsOfConnect(t *testing.T) {
	server := start(t, "j", func(c *broker.Config) {
		c.Client.PersonalChannel = broker.PersonalChannel{Enabled: true, Namespace: "user"}
	})
	client := wstest.Dial(t, server.URL(), nil)
	reply := client.MustDo("connect", map[string]any{
		"token": tokenFor(t, server, "999"),
		"subs":  map[string]any{"user:#456": struct{}{}, "user:tab#999": struct{}{}, "rpc:requests": struct{}{}},
	})
	subs := reply.Connect.Subs
	if len(subs) != 2 || !subs["user:tab#999"].Recoverable || !subs["user:#999"].Recoverable {
		t.Errorf("subscribed to %+v, want user:tab#999 and user:#999", subs)
	}
	// A server-side subscription is there already: 105.
	if got := code(client.Do("subscribe", `{"channel":"user:#999"}`)); got != 105 {
		t.Errorf("got %d, want 105", got)
	}
	// The client may end it.
	client.MustDo("unsubscribe", `{"channel":"user:#999"}`)
	client.MustDo("subscribe", `{"channel":"user:#999"}`)
}

// More than channel_limit subscriptions of one connection: 106.
func TestChannelLimit(t *testing.T) {
	server := start(t, "a", func(c *broker.Config) { c.Client.ChannelLimit = 1 })
	client := connect(t, server, "999")
	client.MustDo("subscribe", `{"channel":"user.a#999"}`)
	if got := code(client.Do("subscribe", `{"channel":"user.b#999"}`)); got != 106 {
		t.Errorf("got %d, want 106", got)
	}
}

// allow_publish_for_subscriber and allow_history_for_subscriber hold for subscribers only.
func TestSubscriberPermissions(t *testing.T) {
	server := start(t, "j", func(c *broker.Config) {
		options := &c.Channel.Namespaces[1].ChannelOptions
		options.AllowPublishForSubscriber, options.AllowHistoryForSubscriber = true, true
	})
	client := connect(t, server, "999")
	const publication = `{"channel":"user:#999","data":{"n":1}}`
	if got := code(client.Do("publish", publication)); got != 103 {
		t.Errorf("publish before subscribe: got %d, want 103", got)
	}
	client.MustDo("subscribe", `{"channel":"user:#999"}`)
	client.MustDo("publish", publication)
	history := client.MustDo("history", `{"channel":"user:#999","limit":10}`).History
	if got := dataOf(history.Publications); len(got) != 1 || got[0] != `{"n":1}` {
		t.Errorf("history is %v", got)
	}
}
