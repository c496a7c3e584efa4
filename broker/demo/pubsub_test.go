package demo

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

// One call on each profile, with the reply channels that the profile allows.
func TestProfiles(t *testing.T) {
	for _, test := range []struct {
		profile, requests, replies string
		serverSide                 bool
	}{
		{"a", "rpc.requests", "user#456", false},
		{"a", "rpc.requests", "user.tab-1#456", false},
		{"b", "rpc.requests", "user#456", true},
		{"demo", "rpc.requests", "user#456", true},
		{"g", "rpc.requests", "user#456", false},
		{"g", "rpc.requests", "user.tab-1#456", false},
		{"j", "rpc:requests", "user:#456", false},
		{"j", "rpc:requests", "user:tab-1#456", false},
	} {
		t.Run(test.profile+" "+test.replies, func(t *testing.T) {
			d := startDemo(t, test.profile, 0)
			var client *wstest.Client
			if test.serverSide {
				client = connect(t, d, test.replies)
			} else {
				client = connect(t, d)
				client.MustDo("subscribe", map[string]string{"channel": test.replies})
			}
			sendRequest(client, test.requests, "1", "test.echo", `{"n":1}`, test.replies)
			if got := nextAnswer(t, client); got.CorrelationID != "1" || string(got.Result) != `{"n":1}` {
				t.Errorf("got %+v", got)
			}
		})
	}
	t.Run("rpc", func(t *testing.T) {
		got := overRPC(t, startDemo(t, "rpc", 0))(t, "test.echo", `{"n":1}`)
		if string(got.Result) != `{"n":1}` {
			t.Errorf("got %+v", got)
		}
	})
}

// The plain methods of tests/conformance/api.yaml; a notify is only acknowledged.
func TestPlainMethods(t *testing.T) {
	d := startDemo(t, "demo", 0)
	for transport, call := range map[string]caller{"pubsub": overPubSub(t, d), "rpc": overRPC(t, d)} {
		for method, want := range map[string]string{"test.repeat": `{"n":1}`, "test.nothing": `null`, "test.maybe": `null`} {
			if got := call(t, method, `{"n":1}`); got.Error != nil || string(got.Result) != want {
				t.Errorf("%s: %s: got %+v, want %s", transport, method, got, want)
			}
		}
	}
	client := connect(t, d, "user#456")
	sendRequest(client, "rpc.requests", "", "test.notify", `{"n":1}`, "")
	sendRequest(client, "rpc.requests", "last", "test.echo", `2`, "")
	if got := nextAnswer(t, client); got.CorrelationID != "last" {
		t.Errorf("a notify is answered: %+v", got)
	}
}

// Requests that share a publication are answered one by one, except for those that would be dropped alone.
func TestBatch(t *testing.T) {
	client := connect(t, startDemo(t, "demo", 0), "user#456")
	client.MustDo("publish", `{"channel":"rpc.requests","data":{"batch":[`+strings.Join([]string{
		`{"method":"test.echo","params":1,"correlation_id":"a"}`,
		`7`,
		`{"method":"no.such","correlation_id":"b"}`,
		`{"method":"test.echo","params":2,"correlation_id":"foreign","reply_to":"user#7"}`,
		`{"method":"test.echo","params":3,"correlation_id":"c"}`,
	}, ",")+`]}}`)
	for _, want := range []string{"a", "b", "c"} {
		if got := nextAnswer(t, client); got.CorrelationID != want || (got.Error != nil) != (want == "b") {
			t.Errorf("got %+v, want the reply to %s", got, want)
		}
	}
}

// On profile G the demo is the publish proxy's back end: it refuses every channel but the requests'.
func TestPublishProxy(t *testing.T) {
	client := connect(t, startDemo(t, "g", 0))
	reply := client.Do("publish", `{"channel":"user#999","data":{}}`)
	if reply.Error == nil || reply.Error.Code != 403 {
		t.Errorf("got %+v, want 403", reply.Error)
	}
}

func TestReplyChannel(t *testing.T) {
	for _, test := range []struct {
		user, replyTo, want string
	}{
		{"456", "", "user#456"},
		{"456", "user#456", "user#456"},
		{"456", "user.a-Z_9#456", "user.a-Z_9#456"},
		{"456", "user:a#456", "user:a#456"},
		{"456", "user:#456", "user:#456"},
		{"456", "user#999", ""},
		{"456", "user:a#999", ""},
		{"456", "user:a#456,999", ""},
		{"456", "user:a#999#456", ""},
		{"456", "user:a.b#456", ""},
		{"456", "tasks:website", ""},
		{"456", "other#456", ""},
		{"456", "user:" + fmt.Sprintf("%041d", 0) + "#456", ""},
		{"", "", ""},
		{"4#56", "user#4#56", ""},
		{"4,56", "", ""},
		{"4:56", "", ""},
	} {
		got, ok := replyChannel(test.user, test.replyTo)
		if ok != (test.want != "") || ok && got != test.want {
			t.Errorf("user %q, reply_to %q: got %q, want %q", test.user, test.replyTo, got, test.want)
		}
	}
}

// Requests that get no reply: the next reply is the next call's.
func TestDroppedRequests(t *testing.T) {
	d := startDemo(t, "demo", 0)
	client := connect(t, d, "user#456", "user#999")
	sendRequest(client, "rpc.requests", "foreign", "test.echo", `1`, "user#999")
	sendRequest(client, "rpc.requests", "", "tasks.seen", `{"task_id":"`+firstTask+`","seen_at":"2025-03-01T08:00:00Z"}`, "")
	sendRequest(client, "rpc.requests", "", "no.such_method", `{}`, "user#456")
	client.MustDo("publish", `{"channel":"rpc.requests","data":{"method":7,"correlation_id":"odd"}}`)
	sendRequest(client, "rpc.requests", "last", "test.echo", `2`, "")
	if got := nextAnswer(t, client); got.CorrelationID != "last" {
		t.Errorf("got a reply to %q", got.CorrelationID)
	}
	client.MustDo("publish", `{"channel":"rpc.requests","data":{"correlation_id":"x"}}`)
	if got := nextAnswer(t, client); got.CorrelationID != "x" || got.Error == nil || got.Error.Code != codeInvalidRequest {
		t.Errorf("no method: got %+v, want -32600", got)
	}
}

// A reply is kept for a client that comes back, unless it is large.
func TestRepliesAreRecoverable(t *testing.T) {
	d := startDemo(t, "j", 0)
	client := connect(t, d)
	at := client.MustDo("subscribe", `{"channel":"user:a#456"}`).Subscribe
	sendRequest(client, "rpc:requests", "small", "test.echo", `1`, "user:a#456")
	sendRequest(client, "rpc:requests", "large", "test.large", `{"bytes":40000}`, "user:a#456")
	nextAnswer(t, client)
	if got := nextAnswer(t, client); got.CorrelationID != "large" || len(got.Result) != 40002 {
		t.Errorf("got %d bytes to %q", len(got.Result), got.CorrelationID)
	}
	back := connect(t, d).MustDo("subscribe", map[string]any{
		"channel": "user:a#456", "recover": true, "epoch": at.Epoch, "offset": at.Offset,
	}).Subscribe
	if !back.Recovered || len(back.Publications) != 1 || decodeAnswer(t, back.Publications[0].Data).CorrelationID != "small" {
		t.Errorf("got %+v, want the small reply alone", back)
	}
}

func TestMisbehavingReplies(t *testing.T) {
	d := startDemo(t, "b", 0) // it runs a connection's requests one by one, so their replies keep their order
	for mode, want := range map[string][]string{
		replyTwice:     {`{"correlation_id":"1","result":"twice"}`, `{"correlation_id":"1","result":"twice"}`},
		replyNever:     {},
		replyForeign:   {`{"correlation_id":"of-nobody","result":"not the reply"}`, `{"correlation_id":"1","result":"foreign"}`},
		replyMalformed: {`{"unknown":1}`, `{"correlation_id":17,"result":1}`, `{"correlation_id":"1","result":"malformed"}`},
		replyForged:    {`{"correlation_id":"1","result":"not the reply"}`, `{"correlation_id":"1","result":"forged"}`},
	} {
		client := connect(t, d, "user#456")
		sendRequest(client, "rpc.requests", "1", "test.reply", fmt.Sprintf(`{"mode":%q}`, mode), "user#456")
		sendRequest(client, "rpc.requests", "end", "test.echo", `null`, "user#456")
		for _, want := range append(want, `{"correlation_id":"end","result":null}`) {
			pub := client.Push().Pub
			if string(pub.Data) != want {
				t.Errorf("%s: got %s, want %s", mode, pub.Data, want)
			}
			if forged := want == `{"correlation_id":"1","result":"not the reply"}`; (pub.Info != nil) != forged {
				t.Errorf("%s: %s has info %v", mode, pub.Data, pub.Info)
			}
		}
	}
}

// A slow call does not hold up the others of its connection, even where the broker runs its commands one by one.
func TestSleep(t *testing.T) {
	config, err := broker.Profile("b")
	if err != nil {
		t.Fatal(err)
	}
	if config.Client.Concurrency != 0 {
		t.Fatalf("profile b has concurrency %d", config.Client.Concurrency)
	}
	client := connect(t, startDemo(t, "b", 0), "user#456")
	sendRequest(client, "rpc.requests", "slow", "test.sleep", `{"ms":3000}`, "user#456")
	sendRequest(client, "rpc.requests", "fast", "test.echo", `1`, "user#456")
	if first, second := nextAnswer(t, client), nextAnswer(t, client); first.CorrelationID != "fast" || second.CorrelationID != "slow" {
		t.Errorf("got %q, then %q", first.CorrelationID, second.CorrelationID)
	}
}

// Close does not wait for calls that sleep.
func TestCloseEndsCalls(t *testing.T) {
	config, err := broker.Profile("demo")
	if err != nil {
		t.Fatal(err)
	}
	config.HTTPServer.Port = 0
	d, err := Start(config, time.Hour, config.NewLogger(t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	client := connect(t, d, "user#456")
	sendRequest(client, "rpc.requests", "1", "test.sleep", `{"ms":3600000}`, "user#456")
	client.Command("rpc", `{"method":"test.sleep","data":{"ms":3600000}}`)
	closed := make(chan error)
	go func() { closed <- d.Close() }()
	if got := client.CloseCode(); got != 3001 {
		t.Errorf("closed with %d, want 3001", got)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// A disconnect closes all connections of its caller, over either transport.
func TestDisconnect(t *testing.T) {
	d := startDemo(t, "demo", 0)
	const params = `{"code":4001,"reason":"try again"}`
	for transport, call := range map[string]func(*wstest.Client){
		"rpc":    func(c *wstest.Client) { c.Command("rpc", `{"method":"test.disconnect","data":`+params+`}`) },
		"pubsub": func(c *wstest.Client) { sendRequest(c, "rpc.requests", "1", "test.disconnect", params, "user#456") },
	} {
		client, other := connect(t, d, "user#456"), connect(t, d)
		call(client)
		for _, c := range []*wstest.Client{client, other} {
			if got := c.CloseCode(); got != 4001 {
				t.Errorf("%s: closed with %d, want 4001", transport, got)
			}
		}
	}
}

func TestEvent(t *testing.T) {
	d := startDemo(t, "demo", 0)
	client := connect(t, d)
	client.MustDo("subscribe", `{"channel":"tasks:website"}`)
	overRPC(t, d)(t, "test.event", `{"channel":"tasks:website","data":{"n":1}}`)
	if push := client.Push(); push.Channel != "tasks:website" || !json.Valid(push.Pub.Data) || string(push.Pub.Data) != `{"n":1}` {
		t.Errorf("got %+v", push)
	}
}

// The demo decides about subscriptions as the fixtures' permissions would: nobody watches a project that is not there.
func TestAllowSubscribe(t *testing.T) {
	d := startDemo(t, "g", 0)
	for channel, want := range map[string]bool{
		"tasks:website": true, "tasks:456": true, "tasks:999": false, "tasks:": false, "tasks:website2": false, "system:maintenance": true, "orders:1": false,
	} {
		if err := d.AllowSubscribe("456", channel); (err == nil) != want {
			t.Errorf("%s: got %v, want allowed: %t", channel, err, want)
		}
		if d.AllowSubscribe("", channel) == nil {
			t.Errorf("%s is open to nobody in particular", channel)
		}
	}
}
