package broker_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

// backend answers every proxy request with one body and shows the requests.
type backend struct {
	*httptest.Server
	requests chan *http.Request
	bodies   chan map[string]any
}

func newBackend(t *testing.T, status int, answer string) *backend {
	b := &backend{requests: make(chan *http.Request, 8), bodies: make(chan map[string]any, 8)}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.bodies <- decodeBody(r)
		b.requests <- r
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(b.Close)
	return b
}

// decodeBody returns nil for what is not a JSON object.
func decodeBody(r *http.Request) map[string]any {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	return body
}

func rpcAt(endpoint string) func(*broker.Config) {
	return func(c *broker.Config) { c.RPC.Proxy.Endpoint = endpoint }
}

func publishAt(endpoint string) func(*broker.Config) {
	return func(c *broker.Config) { c.Channel.Proxy.Publish.Endpoint = endpoint }
}

// The RPC proxy's back end gets who called what, with the token's meta and chosen headers, and answers with data.
func TestRPCProxyRequest(t *testing.T) {
	backend := newBackend(t, 200, `{"result":{"data":{"n":1.0}}}`)
	server := start(t, "rpc", rpcAt(backend.URL), func(c *broker.Config) {
		c.RPC.Proxy.HTTPHeaders = []string{"Cookie"}
		c.RPC.Proxy.HTTP.StaticHeaders = map[string]string{"X-Static": "s"}
	})
	claims := map[string]any{"sub": "456", "meta": map[string]any{"tenant": "t1"}}
	client := wstest.Dial(t, server.URL(), http.Header{"Cookie": {"a=b"}, "X-Other": {"o"}})
	id := client.MustDo("connect", map[string]string{"token": sign(t, server.Config(), claims)}).Connect.Client

	reply := client.MustDo("rpc", `{"method":"tasks.get","data":{"a":1}}`)
	if string(reply.RPC.Data) != `{"n":1.0}` {
		t.Errorf("data is %s", reply.RPC.Data)
	}
	body, request := <-backend.bodies, <-backend.requests
	for name, want := range map[string]any{
		"client": id, "transport": "websocket", "protocol": "json", "encoding": "json", "user": "456", "method": "tasks.get",
	} {
		if body[name] != want {
			t.Errorf("%s is %v, want %v", name, body[name], want)
		}
	}
	if data, _ := json.Marshal(body["data"]); string(data) != `{"a":1}` {
		t.Errorf("data is %s", data)
	}
	if meta, _ := body["meta"].(map[string]any); meta["tenant"] != "t1" {
		t.Errorf("meta is %v", body["meta"])
	}
	headers := request.Header
	if headers.Get("Cookie") != "a=b" || headers.Get("X-Static") != "s" || headers.Get("X-Other") != "" {
		t.Errorf("headers are %v", headers)
	}
}

// A back end's error passes through; one that is down, slow, or makes no sense is 100, temporary.
func TestRPCProxyErrors(t *testing.T) {
	const down = "http://127.0.0.1:1" // where nothing listens
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	within := func(timeout time.Duration) func(*broker.Config) {
		return func(c *broker.Config) { c.RPC.Proxy.Timeout = broker.Duration(timeout) }
	}
	for _, test := range []struct {
		rule      string
		endpoint  string
		timeout   time.Duration
		code      int
		temporary bool
	}{
		{"an error", newBackend(t, 200, `{"error":{"code":1404,"message":"no"}}`).URL, time.Minute, 1404, false},
		{"a temporary error", newBackend(t, 200, `{"error":{"code":1429,"message":"slow down","temporary":true}}`).URL, time.Minute, 1429, true},
		{"status 500", newBackend(t, 500, `{"result":{}}`).URL, time.Minute, 100, true},
		{"not JSON", newBackend(t, 200, `<html>`).URL, time.Minute, 100, true},
		{"down", down, time.Minute, 100, true},
		{"slower than the timeout", slow.URL, 50 * time.Millisecond, 100, true},
	} {
		t.Run(test.rule, func(t *testing.T) {
			client := connect(t, start(t, "rpc", rpcAt(test.endpoint), within(test.timeout)), "456")
			reply := client.Do("rpc", `{"method":"m","data":{}}`)
			if code(reply) != test.code || reply.Error.Temporary != test.temporary {
				t.Errorf("got %+v, want %d, temporary %t", reply.Error, test.code, test.temporary)
			}
		})
	}
	t.Run("a disconnect", func(t *testing.T) {
		abuse := newBackend(t, 200, `{"disconnect":{"code":4500,"reason":"abuse"}}`)
		client := connect(t, start(t, "rpc", rpcAt(abuse.URL)), "456")
		client.Command("rpc", `{"method":"m","data":{}}`)
		if got := client.CloseCode(); got != 4500 {
			t.Errorf("closed with %d, want 4500", got)
		}
	})
}

// ":" in a method selects the RPC namespace: unknown 104; known without a proxy 108; else the proxy that it names.
func TestRPCNamespaces(t *testing.T) {
	named := newBackend(t, 200, `{"result":{"data":"named"}}`)
	server := start(t, "rpc", func(c *broker.Config) {
		c.Proxies = []broker.Proxy{{Name: "other", ProxyOptions: broker.ProxyOptions{Endpoint: named.URL}}}
		c.RPC.Namespaces = []broker.RPCNamespace{
			{Name: "closed"}, {Name: "open", RPCOptions: broker.RPCOptions{ProxyEnabled: true, ProxyName: "other"}},
		}
	})
	client := connect(t, server, "456")
	for method, want := range map[string]int{"zz:x": 104, "closed:x": 108, "open:x": 0} {
		if got := code(client.Do("rpc", map[string]any{"method": method, "data": 1})); got != want {
			t.Errorf("%s: got %d, want %d", method, got, want)
		}
	}
}

// client.concurrency: 0 runs a connection's calls one after another; above 1, one slow call does not hold up the others.
func TestConcurrency(t *testing.T) {
	arrived, release := make(chan string, 4), make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, _ := decodeBody(r)["method"].(string)
		arrived <- method
		if method == "slow" {
			<-release
		}
		_, _ = w.Write([]byte(`{"result":{"data":1}}`))
	}))
	defer backend.Close()

	client := connect(t, start(t, "rpc", rpcAt(backend.URL)), "456")
	slow := client.Command("rpc", `{"method":"slow","data":1}`)
	client.MustDo("rpc", `{"method":"fast","data":1}`)
	close(release)
	if reply := client.Reply(slow); reply.Error != nil {
		t.Errorf("the slow call failed: %+v", reply.Error)
	}

	one := connect(t, start(t, "rpc", rpcAt(backend.URL), func(c *broker.Config) { c.Client.Concurrency = 0 }), "456")
	first := one.Command("rpc", `{"method":"slow","data":1}`)
	one.Command("rpc", `{"method":"fast","data":1}`)
	if got := one.Message(); got.ID != first {
		t.Errorf("reply %d came first, want %d", got.ID, first)
	}
}

// The publish proxy accepts, replaces, refuses or disconnects; what it accepts is published with the client's info.
func TestPublishProxy(t *testing.T) {
	for _, test := range []struct {
		answer string
		want   string // what the subscriber gets
	}{
		{`{"result":{}}`, `{"n":1}`},
		{`{"result":{"data":{"n":2}}}`, `{"n":2}`},
	} {
		proxy := newBackend(t, 200, test.answer)
		server := start(t, "g", publishAt(proxy.URL))
		worker := connect(t, server, "svc", "rpc.requests")
		claims := map[string]any{"sub": "456", "meta": map[string]any{"tenant": "t1"}}
		client := wstest.Connect(t, server.URL(), sign(t, server.Config(), claims))
		client.MustDo("publish", `{"channel":"rpc.requests","data":{"n":1}}`)
		body := <-proxy.bodies
		if body["channel"] != "rpc.requests" || body["user"] != "456" || body["method"] != nil || body["meta"] != nil {
			t.Errorf("the back end got %v", body)
		}
		push := worker.Push().Pub
		if string(push.Data) != test.want || push.Info == nil || push.Info.User != "456" {
			t.Errorf("%s: got %s with info %v, want %s", test.answer, push.Data, push.Info, test.want)
		}
	}
	refused := newBackend(t, 200, `{"error":{"code":1429,"message":"rate limited","temporary":true}}`)
	reply := connect(t, start(t, "g", publishAt(refused.URL)), "456").Do("publish", `{"channel":"rpc.requests","data":{}}`)
	if code(reply) != 1429 || !reply.Error.Temporary {
		t.Errorf("got %+v, want 1429, temporary", reply.Error)
	}
}

// publication_data_format holds before the publish proxy is asked, which so gets objects only, and again for what the
// back end publishes in the client's place: 107.
func TestPublishProxyDataFormat(t *testing.T) {
	proxy := newBackend(t, 200, `{"result":{"data":"a text"}}`)
	client := connect(t, start(t, "g", publishAt(proxy.URL)), "456")
	for _, data := range []string{`"a text"`, `[{}]`, `7`, `null`} {
		if got := code(client.Do("publish", `{"channel":"rpc.requests","data":`+data+`}`)); got != 107 {
			t.Errorf("%s: got %d, want 107", data, got)
		}
	}
	if len(proxy.bodies) > 0 {
		t.Errorf("the back end got %v", <-proxy.bodies)
	}
	if got := code(client.Do("publish", `{"channel":"rpc.requests","data":{}}`)); got != 107 || len(proxy.bodies) != 1 {
		t.Errorf("a text of the back end: got %d after %d requests, want 107 after 1", got, len(proxy.bodies))
	}
}

// The meta of a token is that of the connection until a refresh brings another; without one it stays.
func TestMetaAfterRefresh(t *testing.T) {
	backend := newBackend(t, 200, `{"result":{"data":1}}`)
	server := start(t, "rpc", rpcAt(backend.URL))
	token := func(meta any) string {
		claims := map[string]any{"sub": "456", "exp": in(time.Hour)}
		if meta != nil {
			claims["meta"] = meta
		}
		return sign(t, server.Config(), claims)
	}
	client := wstest.Connect(t, server.URL(), token("one"))
	for _, test := range []struct{ meta, want any }{{nil, "one"}, {"two", "two"}} {
		client.MustDo("refresh", map[string]string{"token": token(test.meta)})
		client.MustDo("rpc", `{"method":"m","data":{}}`)
		if got := (<-backend.bodies)["meta"]; got != test.want {
			t.Errorf("after a token with meta %v the back end got %v, want %v", test.meta, got, test.want)
		}
	}
}

// A namespace that names a proxy without an endpoint stops the start, as Centrifugo's configuration check does.
func TestMissingProxy(t *testing.T) {
	for profile, want := range map[string]string{
		"g":   `publish proxy of channel namespace "": no endpoint is set for proxy "default"`,
		"rpc": `proxy of rpc namespace "": no endpoint is set for proxy "default"`,
	} {
		config, err := broker.Profile(profile)
		if err != nil {
			t.Fatal(err)
		}
		config.HTTPServer.Port = 0
		config.Channel.Proxy.Publish.Endpoint, config.RPC.Proxy.Endpoint = "", ""
		if _, err := broker.Start(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", profile, err, want)
		}
	}
}
