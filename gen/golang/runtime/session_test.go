//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// waitLimit ends a test that hangs, and decides nothing else.
const waitLimit = time.Minute

// within waits for what would else be waited for in vain.
func within[T any](t *testing.T, what string, c <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-c:
	case <-time.After(waitLimit):
		t.Fatal("waited in vain for " + what)
	}
	return got
}

// until waits for what only others can bring about.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(waitLimit); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain until " + what)
		}
	}
}

// connecting begins to connect; the error comes on the channel.
func connecting(ctx context.Context, c *Client) <-chan error {
	done := make(chan error, 1)
	go func() { done <- c.Connect(ctx) }()
	return done
}

func TestBadURL(t *testing.T) {
	for _, url := range []string{"nonsense", "ws://", "localhost:8000/connection", "ftp://example.com", "ws://%zz", ""} {
		c := NewClient(url, jwt("456"), "")
		if err := c.Connect(context.Background()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("the URL %q", url)) {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// TestTokenFuncThatHangs has a token function that minds no context: neither Connect nor
// Close wait for it.
func TestTokenFuncThatHangs(t *testing.T) {
	asked, release := make(chan struct{}, 2), make(chan struct{})
	defer close(release)
	c := NewClient(newFakeServer(t, happy).url(), "", "", WithTokenFunc(func(context.Context) (string, error) {
		asked <- struct{}{}
		<-release
		return jwt("456"), nil
	}))
	ctx, cancel := context.WithCancel(context.Background())
	connected := connecting(ctx, c)
	<-asked
	cancel()
	if err := within(t, "Connect", connected); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	connected = connecting(context.Background(), c)
	<-asked
	c.Close()
	if err := within(t, "Connect", connected); err == nil {
		t.Error("connected with no token")
	}
}

func TestCloseInCallbacks(t *testing.T) {
	var c *Client
	closed := make(chan struct{})
	c = NewClient(newFakeServer(t, happy).url(), jwt("456"), "", WithStateFunc(func(s State, _ error) {
		if s == StateConnected {
			c.Close()
			close(closed)
		}
	}))
	connected := connecting(context.Background(), c)
	within(t, "Close in the state function", closed)
	<-connected // either way
	c = NewClient(newFakeServer(t, happy).url(), "", "", WithTokenFunc(func(context.Context) (string, error) {
		return jwt("456"), c.Close()
	}))
	if err := within(t, "Close in the token function", connecting(context.Background(), c)); err == nil {
		t.Error("connected, although the client is closed")
	}
}

// TestStatesInOrder has a state function that takes its time while the client goes on.
func TestStatesInOrder(t *testing.T) {
	reopened := make(chan struct{})
	states := make(chan State, 10)
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		if cmd.Publish != nil {
			fc.ws.Close(4500, "bye")
			return nil
		}
		return happy(fc, cmd)
	}), WithStateFunc(func(s State, _ error) {
		if s == StateClosed {
			<-reopened
		}
		states <- s
	}))
	if _, err := c.Call(context.Background(), request("echo", `{}`)); err == nil {
		t.Error("the call succeeded")
	}
	until(t, "the client is closed", func() bool { return c.State() == StateClosed })
	if err := c.Connect(context.Background()); err != nil {
		t.Fatal(err)
	}
	close(reopened)
	for _, want := range []State{StateConnecting, StateConnected, StateClosed, StateConnecting, StateConnected} {
		if got := within(t, want.String(), states); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// TestSecondTokens has a token function that first knows user 456, and later something
// else, as the client comes back or refreshes its token.
func TestSecondTokens(t *testing.T) {
	loggedOut := fmt.Errorf("no cookie: %w", ErrUnauthorized)
	for _, test := range []struct {
		name, token string
		err         error
		want        string
	}{
		{"other user", jwt("999"), nil, `the user id is "456", but the token's subject is "999"`},
		{"logged out", "", loggedOut, "no cookie: unauthorized"},
	} {
		for _, refresh := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, refresh %v", test.name, refresh), func(t *testing.T) {
				t.Parallel()
				s := newFakeServer(t, expiring(refresh))
				var fetched atomic.Int32
				closed := make(chan error, 1)
				c := NewClient(s.url(), "", "", WithTokenFunc(func(context.Context) (string, error) {
					if fetched.Add(1) == 1 {
						return jwt("456"), nil
					}
					return test.token, test.err
				}), WithStateFunc(func(s State, cause error) {
					if s == StateClosed {
						closed <- cause
					}
				}))
				if err := c.Connect(context.Background()); err != nil {
					t.Fatal(err)
				}
				_, _ = c.Call(context.Background(), request("echo", `{}`)) // succeeds or not
				if err := within(t, "the end", closed); err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("closed with %v", err)
				}
				var offline *NotConnectedError
				_, err := c.Call(context.Background(), request("echo", `{}`))
				if !errors.As(err, &offline) || !strings.Contains(err.Error(), test.want) || errors.Is(err, ErrUnauthorized) != (test.err != nil) {
					t.Errorf("call afterwards: %v", err)
				}
			})
		}
	}
}

// expiring is a server whose connections are good for a second, or until the first call, after
// which the token is no longer good.
func expiring(refresh bool) func(*fakeConn, command) []string {
	return func(fc *fakeConn, cmd command) []string {
		switch {
		case cmd.Connect != nil && refresh:
			return []string{reply1(cmd.ID, `"connect":{"ping":25,"expires":true,"ttl":1}`)}
		case cmd.Connect != nil && fc.index > 0:
			return []string{refuse(cmd.ID, 109, "token expired")}
		case cmd.Publish != nil && !refresh:
			fc.ws.Close(3005, "connection expired")
			return nil
		}
		return happy(fc, cmd)
	}
}

func TestEmptyToken(t *testing.T) {
	c := NewClient(newFakeServer(t, happy).url(), "", "", WithTokenFunc(func(context.Context) (string, error) { return "", nil }))
	if err := c.Connect(context.Background()); err == nil || !strings.Contains(err.Error(), "token function") {
		t.Errorf("got %v", err)
	}
}

// TestLoopsEndWithToken has loops end as the token comes, for the race detector.
func TestLoopsEndWithToken(t *testing.T) {
	const loops = 100
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := NewClient(newFakeServer(t, happy).url(), "", "456", WithTokenFunc(func(context.Context) (string, error) {
		<-ctx.Done()
		return jwt("456"), nil
	}))
	defer c.Close()
	connected := connecting(context.Background(), c)
	until(t, "it connects", func() bool { return c.State() == StateConnecting })
	var wg sync.WaitGroup
	for range loops {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for _, err := range c.Subscribe(ctx, "news") {
				if !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			}
		}()
	}
	s := c.testSession(t)
	until(t, "all loops wait", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.channels["news"] != nil && len(s.channels["news"].listeners) == loops
	})
	cancel()
	wg.Wait()
	if err := within(t, "Connect", connected); err != nil {
		t.Error(err)
	}
}

// TestTokenOutlivesFailures has connecting fail after a new token was fetched, which is still good.
func TestTokenOutlivesFailures(t *testing.T) {
	var fetched atomic.Int32
	connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		switch {
		case cmd.Connect != nil && fc.index == 0:
			return []string{refuse(cmd.ID, 109, "token expired")}
		case cmd.Connect != nil && fc.index == 1:
			fc.ws.CloseNow()
			return nil
		}
		return happy(fc, cmd)
	}), WithTokenFunc(func(context.Context) (string, error) {
		fetched.Add(1)
		return jwt("456"), nil
	}))
	if got := fetched.Load(); got != 1 {
		t.Errorf("fetched %d tokens", got)
	}
}

// TestTemporaryErrorOfRefresh leaves the connection as it is.
func TestTemporaryErrorOfRefresh(t *testing.T) {
	refused := make(chan struct{})
	s := newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		switch {
		case cmd.Connect != nil:
			return []string{reply1(cmd.ID, `"connect":{"ping":25,"expires":true,"ttl":1}`)}
		case cmd.Refresh != nil:
			close(refused)
			return []string{refuse(cmd.ID, 100, "internal server error")}
		}
		return happy(fc, cmd)
	})
	c := connect(t, s, WithTokenFunc(func(context.Context) (string, error) { return jwt("456"), nil }))
	within(t, "the refresh", refused)
	echo(t, c)
	echo(t, c)
	if got := s.connections(); got != 1 {
		t.Errorf("%d connections", got)
	}
}

// TestStateInvalidated has a server that wants neither the token nor the position again.
func TestStateInvalidated(t *testing.T) {
	var fetched atomic.Int32
	tokens, asked := make(chan string, 2), make(chan subscribeReq, 2)
	c := NewClient(newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		switch {
		case cmd.Publish != nil && fc.index == 0:
			fc.ws.Close(3014, "state invalidated")
			return nil
		case cmd.Connect != nil:
			tokens <- cmd.Connect.Token
		case cmd.Subscribe != nil:
			asked <- *cmd.Subscribe
			return []string{reply1(cmd.ID, `"subscribe":{"recoverable":true,"epoch":"e","offset":5}`)}
		}
		return happy(fc, cmd)
	}).url(), "", "", WithTokenFunc(func(context.Context) (string, error) {
		return fmt.Sprint(jwt("456"), fetched.Add(1)), nil
	}))
	if err := c.Connect(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err := c.Call(context.Background(), request("echo", `{}`))
	var lost *ConnectionLostError
	if !errors.As(err, &lost) || !lost.Sent {
		t.Errorf("call in flight: %v", err)
	}
	echo(t, c)
	for i := range 2 {
		if got, want := <-tokens, fmt.Sprint(jwt("456"), i+1); got != want {
			t.Errorf("token %s, want %s", got, want)
		}
		if got, want := <-asked, (subscribeReq{Channel: "user#456"}); got != want {
			t.Errorf("asked %+v, want %+v", got, want)
		}
	}
}

// TestConnectOfOthers has one of two callers of Connect give up.
func TestConnectOfOthers(t *testing.T) {
	proceed := make(chan struct{})
	c := NewClient(newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		if cmd.Connect != nil {
			<-proceed
		}
		return happy(fc, cmd)
	}).url(), jwt("456"), "")
	defer c.Close()
	ctx, cancel := context.WithCancel(context.Background())
	first := connecting(ctx, c)
	until(t, "the first waits", func() bool { return c.State() == StateConnecting })
	second := connecting(context.Background(), c)
	until(t, "both wait", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.session.waiting == 2
	})
	cancel()
	if err := within(t, "the first", first); !errors.Is(err, context.Canceled) {
		t.Errorf("the first: %v", err)
	}
	close(proceed)
	if err := within(t, "the second", second); err != nil {
		t.Errorf("the second: %v", err)
	}
}

// TestConnectDuringClose begins anew once the former connection is closed.
func TestConnectDuringClose(t *testing.T) {
	c := connect(t, newFakeServer(t, happy))
	c.testSession(t).stop(nil) // as Close does before it waits
	if err := c.Connect(context.Background()); err != nil {
		t.Fatal(err)
	}
	echo(t, c)
}

// TestCallsEndWithClose has calls that may be repeated in flight as the client is closed and
// opened again: they are not sent over the new connection.
func TestCallsEndWithClose(t *testing.T) {
	const calls = 20
	published := make(chan struct{}, calls)
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		if cmd.Publish != nil && fc.index == 0 {
			published <- struct{}{}
			return nil
		}
		return happy(fc, cmd)
	}))
	req := request("echo", `{}`)
	req.Idempotent = true
	var wg sync.WaitGroup
	for range calls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			_, err := c.Call(context.Background(), req)
			var lost *ConnectionLostError
			if !errors.As(err, &lost) || !lost.Sent {
				t.Errorf("got %v", err)
			}
		}()
	}
	for range calls {
		<-published
	}
	c.Close()
	if err := c.Connect(context.Background()); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
}

// TestCancelledBefore has a call that is cancelled before it begins: it is not sent.
func TestCancelledBefore(t *testing.T) {
	var published atomic.Int32
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		if cmd.Publish != nil {
			published.Add(1)
		}
		return happy(fc, cmd)
	}))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Call(ctx, request("echo", `{}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	late, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	var timeout *TimeoutError
	if _, err := c.Call(late, request("echo", `{}`)); !errors.As(err, &timeout) || timeout.Sent {
		t.Errorf("got %v", err)
	}
	echo(t, c)
	if got := published.Load(); got != 1 {
		t.Errorf("%d requests", got)
	}
}

// TestUserIsNotNeeded connects without what only a reply channel would need.
func TestUserIsNotNeeded(t *testing.T) {
	for name, opts := range map[string][]Option{
		"native RPC":               {WithTransport(TransportRPC)},
		"a template with no user":  {WithReplyChannel("replies.{nonce}")},
		"native RPC, any template": {WithTransport(TransportRPC), WithReplyChannel("")},
	} {
		for _, user := range []string{"", "auth0|1:2"} {
			c := NewClient(newFakeServer(t, happy).url(), "opaque", user, opts...)
			if err := c.Connect(context.Background()); err != nil {
				t.Errorf("%s, user %q: %v", name, user, err)
			}
			c.Close()
		}
	}
}

// TestResultThatDoesNotFit is an error of the server, whatever the transport.
func TestResultThatDoesNotFit(t *testing.T) {
	c := connect(t, newFakeServer(t, happy))
	m := Method[string, string]{Name: "nothing", Result: CodeString[string]}
	_, err := Call(context.Background(), c, &m, nil, nil)
	var e *Error
	var why *DecodeError
	if !errors.As(err, &e) || e.Code != codeInternalError || !e.Sent || e.Method != "nothing" || e.CorrelationID == "" || !errors.As(err, &why) {
		t.Errorf("got %v", err)
	}
}
