//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func request(method, params string) Request {
	return Request{Method: method, Params: json.RawMessage(params)}
}

func TestCall(t *testing.T) {
	c := connect(t, newFakeServer(t, happy))
	got, err := c.Call(context.Background(), request("echo", `{"a":"<&>"}`))
	if err != nil || string(got) != `{"a":"<&>"}` {
		t.Fatalf("%s, %v", got, err)
	}
	if got, err := c.Call(context.Background(), request("nothing", `{}`)); err != nil || got != nil && string(got) != "null" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := c.Call(context.Background(), Request{Method: "seen", Params: json.RawMessage(`{}`), Notify: true}); err != nil {
		t.Errorf("notify: %v", err)
	}
}

func TestManyCalls(t *testing.T) {
	echoAll(t, connect(t, newFakeServer(t, happy)), 200)
}

// taskGone is what a declared error looks like.
type taskGone struct {
	*ServerError
	Data string
}

// Unwrap returns the [Error].
func (e *taskGone) Unwrap() error { return e.ServerError }

func asTaskGone(err *Error) error {
	return &taskGone{ServerError: err, Data: ErrorData(err, CodeString[string])}
}

func TestTypedErrors(t *testing.T) {
	c := connect(t, newFakeServer(t, happy))
	m := Method[json.RawMessage, string]{Name: "fail", Params: CodeRaw[json.RawMessage], Result: CodeString[string], Errors: []DeclaredError{{404, asTaskGone}}}
	fail := func(params string) error {
		raw := json.RawMessage(params)
		_, err := Call(context.Background(), c, &m, &raw, nil)
		return err
	}
	var gone *taskGone
	var rpc *Error
	if err := fail(`{"code":404,"message":"gone","data":"t1"}`); !errors.As(err, &gone) || gone.Data != "t1" || !errors.As(err, &rpc) || !rpc.Sent {
		t.Errorf("declared error: %v", err)
	}
	var invalid *InvalidParamsError
	err := fail(`{"code":-32602,"message":"bad","data":[{"loc":["items",3],"msg":"m","type":"missing"}]}`)
	want := []Issue{{Loc: []string{"items", "3"}, Msg: "m", Type: "missing"}}
	if !errors.As(err, &invalid) || !reflect.DeepEqual(invalid.Issues, want) {
		t.Errorf("invalid params: %v %+v", err, invalid)
	}
	m.Name = "no.such"
	var unknown *MethodNotFoundError
	if err := fail(`{}`); !errors.As(err, &unknown) || unknown.Method != "no.such" || unknown.CorrelationID == "" {
		t.Errorf("unknown method: %v", err)
	}
}

// silent is happy, but the worker never replies.
func silent(c *fakeConn, cmd command) []string {
	if cmd.Publish != nil {
		return []string{reply1(cmd.ID, `"publish":{}`)}
	}
	return happy(c, cmd)
}

// sentBy is a deadline before which a request is sent, however busy the machine is.
const sentBy = 2 * time.Second

func TestTimeoutAndCancel(t *testing.T) {
	c := connect(t, newFakeServer(t, silent))
	_, err := c.Call(context.Background(), Request{Method: "echo", Params: json.RawMessage(`{}`), Timeout: sentBy})
	var timeout *TimeoutError
	if !errors.As(err, &timeout) || !errors.Is(err, context.DeadlineExceeded) || !timeout.Sent || timeout.Method != "echo" {
		t.Errorf("timeout: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := c.Call(ctx, request("echo", `{}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancel: %v", err)
	}
	if s, _ := c.begin(); len(s.calls) != 0 {
		t.Errorf("%d calls are left", len(s.calls))
	}
}

func TestRefusedPublish(t *testing.T) {
	for _, code := range []int{103, 100} {
		c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
			if cmd.Publish != nil {
				return []string{refuse(cmd.ID, code, "refused")}
			}
			return happy(fc, cmd)
		}))
		_, err := c.Call(context.Background(), request("echo", `{}`))
		var e *Error
		if !errors.As(err, &e) || e.Code != int64(code) || e.Sent != (code == 100) {
			t.Errorf("ack error %d: %v", code, err)
		}
	}
}

func TestRequestTooLarge(t *testing.T) {
	c := connect(t, newFakeServer(t, happy))
	_, err := c.Call(context.Background(), request("echo", `{"a":"`+strings.Repeat("x", 70_000)+`"}`))
	var e *RequestTooLargeError
	if !errors.As(err, &e) || e.Sent || e.Limit != 65536 || e.Method != "echo" {
		t.Errorf("got %v", err)
	}
}

func TestForgedReplyIsDropped(t *testing.T) {
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		frames := happy(fc, cmd)
		if cmd.Publish != nil {
			var env envelope
			if err := json.Unmarshal(cmd.Publish.Data, &env); err != nil {
				t.Error(err)
			}
			forged := publish(env.ReplyTo, `{"correlation_id":"`+env.CorrelationID+`","result":"forged"}`, `{"user":"999","client":"x"}`)
			foreign := publish(env.ReplyTo, `{"correlation_id":"other","result":"foreign"}`, "")
			frames = append([]string{forged, foreign, publish(env.ReplyTo, `"no reply"`, "")}, frames...)
		}
		return frames
	}))
	if got, err := c.Call(context.Background(), request("echo", `{}`)); err != nil || string(got) != "{}" {
		t.Errorf("%s, %v", got, err)
	}
}

// TestDeepReply has a reply that nests deeper than types may: it reaches the call.
func TestDeepReply(t *testing.T) {
	c := connect(t, newFakeServer(t, happy))
	deep := `{"a":` + strings.Repeat("[", 2*maxDepth) + strings.Repeat("]", 2*maxDepth) + `}`
	if got, err := c.Call(context.Background(), request("echo", deep)); err != nil || string(got) != deep {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestEventsAreNotShared has two loops over a channel append to the same event.
func TestEventsAreNotShared(t *testing.T) {
	both := make(chan struct{})
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		if cmd.Subscribe != nil && cmd.Subscribe.Channel == "tasks:1" {
			<-both
			return append(happy(fc, cmd), publish("tasks:1", `"event"`, `{"user":"1"}`))
		}
		return happy(fc, cmd)
	}))
	s, _ := c.begin()
	first, second := s.listen("tasks:1", nil), s.listen("tasks:1", nil)
	close(both)
	var got [2]string
	var events [2]json.RawMessage
	for i, loop := range []*listener{first, second} {
		event, err := loop.next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		events[i] = append(event.data, byte('1'+i))
	}
	for i, event := range events {
		got[i] = string(event)
	}
	if want := [2]string{`"event"1`, `"event"2`}; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// native is happy, and passes calls of native RPC on.
func native(fc *fakeConn, cmd command) []string {
	if cmd.RPC != nil {
		return []string{reply1(cmd.ID, `"rpc":{"data":{`+work(envelope{Method: cmd.RPC.Method, Params: cmd.RPC.Data})+`}}`)}
	}
	return happy(fc, cmd)
}

func TestNativeRPC(t *testing.T) {
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		if cmd.Subscribe != nil {
			t.Error("native RPC needs no reply channel")
		}
		return native(fc, cmd)
	}), WithTransport(TransportRPC))
	if got, err := c.Call(context.Background(), request("echo", `{"a":1}`)); err != nil || string(got) != `{"a":1}` {
		t.Errorf("%s, %v", got, err)
	}
	var e *Error
	if _, err := c.Call(context.Background(), request("fail", `{"code":7,"message":"no"}`)); !errors.As(err, &e) || e.Code != 7 {
		t.Errorf("got %v", err)
	}
}

// TestParamsAreNoJSON has a request that no connection can carry.
func TestParamsAreNoJSON(t *testing.T) {
	for _, transport := range []Transport{TransportPubSub, TransportRPC} {
		c := connect(t, newFakeServer(t, native), WithTransport(transport))
		failed := make(chan error, 1)
		go func() {
			_, err := c.Call(context.Background(), request("echo", `{`))
			failed <- err
		}()
		var lost *ConnectionLostError
		if err := within(t, "the call", failed); err == nil || errors.As(err, &lost) {
			t.Errorf("transport %d: got %v", transport, err)
		}
		echo(t, c)
	}
}

func TestServerSideSubscription(t *testing.T) {
	for _, how := range []string{"in the connect reply", "already subscribed"} {
		c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
			switch {
			case cmd.Connect != nil && how == "in the connect reply":
				return []string{reply1(cmd.ID, `"connect":{"ping":25,"subs":{"user#456":{}}}`)}
			case cmd.Subscribe != nil && how == "in the connect reply":
				t.Error("subscribed although the server has")
			case cmd.Subscribe != nil:
				return []string{refuse(cmd.ID, 105, "already subscribed")}
			}
			return happy(fc, cmd)
		}))
		if _, err := c.Call(context.Background(), request("echo", `{}`)); err != nil {
			t.Errorf("%s: %v", how, err)
		}
	}
}

func TestConnectFails(t *testing.T) {
	refuseSubscribe := func(fc *fakeConn, cmd command) []string {
		if cmd.Subscribe != nil {
			return []string{refuse(cmd.ID, 103, "permission denied")}
		}
		return happy(fc, cmd)
	}
	invalidToken := func(fc *fakeConn, _ command) []string {
		fc.ws.Close(3500, "invalid token")
		return nil
	}
	for _, c := range []struct {
		name, token, user, want string
		answer                  func(*fakeConn, command) []string
	}{
		{"no permission", jwt("456"), "", "allow_user_limited_channels", refuseSubscribe},
		{"invalid token", jwt("456"), "", "3500 invalid token", invalidToken},
		{"other user", jwt("456"), "7", `the user id is "7", but the token's subject is "456"`, happy},
		{"no user", "opaque", "", "user id is missing", happy},
		{"user id with a comma", "opaque", "4,5", "4,5", happy},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := NewClient(newFakeServer(t, c.answer).url(), c.token, c.user)
			if err := client.Connect(context.Background()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if got := client.State(); got != StateClosed {
				t.Errorf("state is %v", got)
			}
		})
	}
}

// nobody is the address of no server.
const nobody = "ws://127.0.0.1:1"

func TestConnectGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := NewClient(nobody, jwt("456"), "", WithStateFunc(func(_ State, cause error) {
		if cause != nil {
			cancel()
		}
	}))
	if err := c.Connect(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
	var offline *NotConnectedError
	if _, err := c.Call(context.Background(), request("echo", `{}`)); !errors.As(err, &offline) || !strings.Contains(err.Error(), "given up") {
		t.Errorf("call afterwards: %v", err)
	}
}

// earlyContext tells its deadline and never ends, as one whose timer is late.
type earlyContext struct {
	context.Context
	deadline time.Time
}

func (c earlyContext) Deadline() (time.Time, bool) { return c.deadline, true }

// TestConnectTimesOut tells why there was no connection.
func TestConnectTimesOut(t *testing.T) {
	failed := make(chan struct{}, 1000)
	c := NewClient(nobody, jwt("456"), "", WithStateFunc(func(_ State, cause error) {
		if cause != nil {
			failed <- struct{}{}
		}
	}))
	first := connecting(context.Background(), c)
	within(t, "the first attempt", failed)
	ctx := earlyContext{context.Background(), time.Now().Add(10 * time.Millisecond)}
	if err := c.Connect(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
	c.Close()
	<-first
}

func TestCloseAndReopen(t *testing.T) {
	published := make(chan struct{}, 1)
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		if cmd.Publish != nil && fc.index == 0 {
			published <- struct{}{}
			return nil
		}
		return happy(fc, cmd)
	}))
	failed := make(chan error, 1)
	go func() {
		_, err := c.Call(context.Background(), request("echo", `{}`))
		failed <- err
	}()
	<-published
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	var lost *ConnectionLostError
	if err := <-failed; !errors.As(err, &lost) || !lost.Sent {
		t.Errorf("pending call: %v", err)
	}
	var closed *NotConnectedError
	if _, err := c.Call(context.Background(), request("echo", `{}`)); !errors.As(err, &closed) || closed.Sent {
		t.Errorf("call after Close: %v", err)
	}
	if err := c.Connect(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Call(context.Background(), request("echo", `{}`)); err != nil {
		t.Error(err)
	}
}

// cutOnce is a server that cuts the first connection at the first publication.
func cutOnce(recoverable bool) func(*fakeConn, command) []string {
	var mu sync.Mutex
	var missed string
	return func(fc *fakeConn, cmd command) []string {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case cmd.Publish != nil && fc.index == 0:
			missed = ""
			frames := happy(fc, cmd)
			_, data, _ := strings.Cut(frames[1], `"pub":`)
			missed = strings.TrimSuffix(strings.TrimSuffix(data, "}}"), "}") + `,"offset":8}`
			fc.ws.Close(3001, "shutdown")
			return nil
		case cmd.Subscribe != nil && recoverable && fc.index == 0:
			return []string{reply1(cmd.ID, `"subscribe":{"recoverable":true,"epoch":"e","offset":7}`)}
		case cmd.Subscribe != nil && recoverable && cmd.Subscribe.Recover && cmd.Subscribe.Offset == 7:
			return []string{reply1(cmd.ID, `"subscribe":{"recoverable":true,"epoch":"e","offset":7,"was_recovering":true,"recovered":true,"publications":[`+missed+`]}`)}
		}
		return happy(fc, cmd)
	}
}

func TestReconnect(t *testing.T) {
	c := connect(t, newFakeServer(t, cutOnce(false)))
	_, err := c.Call(context.Background(), request("echo", `{}`))
	var lost *ConnectionLostError
	if !errors.As(err, &lost) || !lost.Sent {
		t.Fatalf("call in flight: %v", err)
	}
	if _, err := c.Call(context.Background(), request("echo", `{}`)); err != nil {
		t.Errorf("call while connecting: %v", err)
	}
}

func TestReconnectRecoversReplies(t *testing.T) {
	c := connect(t, newFakeServer(t, cutOnce(true)))
	if got, err := c.Call(context.Background(), request("echo", `{"a":1}`)); err != nil || string(got) != `{"a":1}` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestIdempotentCallIsRepeated(t *testing.T) {
	c := connect(t, newFakeServer(t, cutOnce(false)))
	req := request("echo", `{"a":1}`)
	req.Idempotent = true
	if got, err := c.Call(context.Background(), req); err != nil || string(got) != `{"a":1}` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestEvents(t *testing.T) {
	s := newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		frames := happy(fc, cmd)
		if cmd.Subscribe != nil && cmd.Subscribe.Channel == "tasks:1" {
			frames = append(frames, publish("tasks:1", fmt.Sprintf(`"connection %d"`, fc.index), ""), publish("tasks:1", `5`, ""))
			if fc.index == 0 {
				fc.send(frames...)
				fc.ws.Close(3001, "shutdown")
				return nil
			}
		}
		return frames
	})
	c := connect(t, s)
	var got []string
	for event, err := range Subscribe(context.Background(), c, "task.updated", "tasks:1", CodeString[string]) {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, *event)
		if *event == "connection 1" {
			break
		}
	}
	want := []string{"connection 0", "task.updated: event on tasks:1: want string, got 5", "connection 1"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEventsEnd(t *testing.T) {
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		if cmd.Subscribe != nil && cmd.Subscribe.Channel == "secret" {
			return []string{refuse(cmd.ID, 103, "permission denied")}
		}
		return happy(fc, cmd)
	}))
	for _, err := range c.Subscribe(context.Background(), "secret") {
		if err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("got %v", err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel)
	for _, err := range c.Subscribe(ctx, "quiet") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

func TestTokens(t *testing.T) {
	var mu sync.Mutex
	var tokens []string
	refreshed := make(chan string, 1)
	s := newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case cmd.Connect != nil && fc.index == 0:
			tokens = append(tokens, cmd.Connect.Token)
			return []string{refuse(cmd.ID, 109, "token expired")}
		case cmd.Connect != nil:
			tokens = append(tokens, cmd.Connect.Token)
			return []string{reply1(cmd.ID, `"connect":{"ping":25,"pong":true,"expires":true,"ttl":1}`)}
		case cmd.Refresh != nil:
			refreshed <- cmd.Refresh.Token
			return []string{reply1(cmd.ID, `"refresh":{}`)}
		}
		return happy(fc, cmd)
	})
	connect(t, s, WithTokenFunc(func(context.Context) (string, error) { return jwt("456") + "2", nil }))
	mu.Lock()
	if want := []string{jwt("456"), jwt("456") + "2"}; !reflect.DeepEqual(tokens, want) {
		t.Errorf("tokens %q, want %q", tokens, want)
	}
	mu.Unlock()
	if got := <-refreshed; got != jwt("456")+"2" {
		t.Errorf("refreshed with %q", got)
	}
}

func TestPong(t *testing.T) {
	ponged := make(chan struct{}, 1)
	connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		frames := happy(fc, cmd)
		switch {
		case cmd.Subscribe != nil:
			frames = append(frames, "{}")
		case cmd == command{}:
			ponged <- struct{}{}
		}
		return frames
	}))
	<-ponged
}

func TestStates(t *testing.T) {
	states := make(chan State, 3)
	c := connect(t, newFakeServer(t, happy), WithStateFunc(func(s State, _ error) { states <- s }))
	c.Close()
	for _, want := range []State{StateConnecting, StateConnected, StateClosed} {
		if got := <-states; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// TestNoToken shows that no way to print a client prints its token.
func TestNoToken(t *testing.T) {
	c := NewClient("ws://localhost", "the-secret", "456", WithHeader("X-Key", "another-secret"))
	holder := struct{ Client *Client }{c}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{c, holder, &holder} {
			text := fmt.Sprintf(verb, value)
			if strings.Contains(text, "secret") || strings.Contains(text, fmt.Sprintf("%x", "secret")) {
				t.Errorf("%s: %s", verb, text)
			}
		}
	}
	if text, err := json.Marshal(holder); err != nil || strings.Contains(string(text), "secret") {
		t.Errorf("JSON: %s, %v", text, err)
	}
}
