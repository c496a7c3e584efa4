//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// testSession returns what a client that is connected, or connects, works with.
func (c *Client) testSession(t *testing.T) *session {
	t.Helper()
	s, _ := c.begin()
	if s == nil {
		t.Fatal("there is no session")
	}
	return s
}

// echo makes a call that must succeed; what was sent before has then been handled.
func echo(t *testing.T, c *Client) {
	t.Helper()
	if got, err := c.Call(context.Background(), request("echo", `{"a":1}`)); err != nil || string(got) != `{"a":1}` {
		t.Errorf("call: %s, %v", got, err)
	}
}

// nextEvent fails unless a loop gets an event.
func nextEvent(t *testing.T, l *listener, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
	defer cancel()
	if got, err := l.next(ctx); err != nil || string(got.data) != want {
		t.Errorf("event: %s, %v, want %s", got.data, err, want)
	}
}

// connections is how many the server has had.
func (s *fakeServer) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// TestListenWhileOpening has a loop begin while a new connection subscribes for others.
func TestListenWhileOpening(t *testing.T) {
	s := newSession(NewClient("ws://localhost", "", "", WithTransport(TransportRPC)))
	s.listen("first", nil)
	socket := slowSocket{make(chan string), make(chan struct{}), make(chan struct{})}
	l := newLink(socket, 64<<10, s.onPush)
	go s.subscribeAll(l, nil)
	got := []string{<-socket.messages}
	go s.listen("second", nil)
	socket.proceed <- struct{}{}
	got = append(got, <-socket.messages)
	socket.proceed <- struct{}{}
	want := []string{`{"id":1,"subscribe":{"channel":"first"}}`, `{"id":2,"subscribe":{"channel":"second"}}`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	l.close(errClosed)
}

// TestUnsubscribeIsInOrder: no loop can begin between the end of the last one and the command
// that follows from it, which would end the subscription of the new one.
func TestUnsubscribeIsInOrder(t *testing.T) {
	c := connect(t, newFakeServer(t, happy))
	s := c.testSession(t)
	loop := s.listen("news", nil)
	echo(t, c)
	l, err := s.await(context.Background(), time.Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock() // no command can leave
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.unlisten("news", loop)
	}()
	until(t, "the loop ends", func() bool {
		if !s.mu.TryLock() {
			return true // and nobody else decides meanwhile
		}
		defer s.mu.Unlock()
		ended := s.channels["news"] == nil
		if ended {
			t.Error("the loop has ended, and the command has not left")
		}
		return ended
	})
	l.mu.Unlock()
	<-done
}

// TestSwapLoops has the last loop end while the next one begins.
func TestSwapLoops(t *testing.T) {
	var subscribed atomic.Bool
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		switch {
		case cmd.Subscribe != nil && cmd.Subscribe.Channel == "news" && subscribed.Swap(true):
			return []string{refuse(cmd.ID, 105, "already subscribed")}
		case cmd.Unsubscribe != nil:
			subscribed.Store(false)
		}
		return happy(fc, cmd)
	}))
	s := c.testSession(t)
	last := s.listen("news", nil)
	for range 100 {
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			s.unlisten("news", last)
		}()
		next := s.listen("news", nil)
		wg.Wait()
		echo(t, c)
		if !subscribed.Load() {
			t.Fatal("a loop is not subscribed")
		}
		last = next
	}
}

// newsWithCalls sends an event with each call that it answers.
func newsWithCalls(fc *fakeConn, cmd command) []string {
	frames := happy(fc, cmd)
	if cmd.Publish != nil {
		frames = append([]string{publish("news", `"now"`, "")}, frames...)
	}
	return frames
}

// TestServerSideEvents has a loop end, and another one begin, over a channel that the server
// subscribed: the subscription is not the client's.
func TestServerSideEvents(t *testing.T) {
	for _, how := range []string{"in the connect reply", "already subscribed", "pushed"} {
		t.Run(how, func(t *testing.T) {
			var asked int
			c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
				switch {
				case cmd.Connect != nil && how == "in the connect reply":
					return []string{reply1(cmd.ID, `"connect":{"ping":25,"subs":{"news":{}}}`)}
				case cmd.Connect != nil && how == "pushed":
					return append(happy(fc, cmd), `{"push":{"channel":"news","subscribe":{}}}`)
				case cmd.Unsubscribe != nil:
					t.Error("the client ended the server's subscription")
				case cmd.Subscribe != nil && cmd.Subscribe.Channel == "news":
					if asked++; asked > 1 || how != "already subscribed" {
						t.Error("subscribed, although the server has")
					}
					return []string{refuse(cmd.ID, 105, "already subscribed")}
				}
				return newsWithCalls(fc, cmd)
			}))
			s := c.testSession(t)
			echo(t, c)
			for range 2 {
				l := s.listen("news", nil)
				echo(t, c)
				nextEvent(t, l, `"now"`)
				s.unlisten("news", l)
			}
		})
	}
}

// TestPositionOfConnect has an event follow right upon the connect reply: the position is
// that of the event.
func TestPositionOfConnect(t *testing.T) {
	asked := make(chan subscribeReq, 1)
	s := newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		switch {
		case cmd.Connect != nil && fc.index == 0:
			return []string{
				reply1(cmd.ID, `"connect":{"ping":25,"subs":{"news":{"recoverable":true,"epoch":"e","offset":4}}}`),
				`{"push":{"channel":"news","pub":{"data":5,"offset":5}}}`,
			}
		case cmd.Connect != nil:
			asked <- cmd.Connect.Subs["news"]
		case cmd.Publish != nil && fc.index == 0:
			fc.ws.Close(3001, "shutdown")
			return nil
		}
		return happy(fc, cmd)
	})
	c := connect(t, s)
	c.testSession(t).listen("news", nil)
	_, err := c.Call(context.Background(), request("echo", `{}`))
	var lost *ConnectionLostError
	if !errors.As(err, &lost) {
		t.Errorf("got %v", err)
	}
	if got, want := <-asked, (subscribeReq{Recover: true, Epoch: "e", Offset: 5}); got != want {
		t.Errorf("asked %+v, want %+v", got, want)
	}
}

func TestChannelTooLong(t *testing.T) {
	for _, test := range []struct{ bytes, maxFrame, limit int }{{70_000, 64 << 10, maxChannel}, {600, 512, 512}} {
		s := newFakeServer(t, happy)
		c := connect(t, s, WithMaxFrame(test.maxFrame))
		ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
		defer cancel()
		var large *RequestTooLargeError
		for _, err := range Subscribe(ctx, c, "task.updated", "tasks:"+strings.Repeat("x", test.bytes), CodeString[string]) {
			if !errors.As(err, &large) || large.Method != "task.updated" || large.Sent || large.Limit != test.limit {
				t.Errorf("got %v", err)
			}
		}
		echo(t, c)
		if got := s.connections(); got != 1 || large == nil {
			t.Errorf("%d connections, %v", got, large)
		}
	}
}

// TestChannelWithoutName has an event whose channel is one argument, which is empty.
func TestChannelWithoutName(t *testing.T) {
	for _, transport := range []Transport{TransportPubSub, TransportRPC} {
		c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
			if cmd.Subscribe != nil && cmd.Subscribe.Channel == "" {
				return []string{refuse(cmd.ID, 107, "bad request")}
			}
			return native(fc, cmd)
		}), WithTransport(transport))
		_, err := c.testSession(t).listen("", nil).next(context.Background())
		if err == nil || strings.Contains(err.Error(), "reply channel") || !strings.Contains(err.Error(), "107") {
			t.Errorf("got %v", err)
		}
		echo(t, c)
	}
}

// TestErrorsAreNotShared has two events on a channel that is too long for a frame.
func TestErrorsAreNotShared(t *testing.T) {
	proceed := make(chan struct{})
	c := NewClient(newFakeServer(t, happy).url(), "", "456", WithMaxFrame(512), WithTokenFunc(func(context.Context) (string, error) {
		<-proceed
		return jwt("456"), nil
	}))
	connected := connecting(context.Background(), c)
	until(t, "it connects", func() bool { return c.State() == StateConnecting })
	channel := strings.Repeat("x", 600)
	got := map[string]chan error{"task.updated": make(chan error, 1), "task.deleted": make(chan error, 1)}
	for name, errs := range got {
		go func() {
			for _, err := range Subscribe(context.Background(), c, name, channel, CodeString[string]) {
				errs <- err
			}
			close(errs)
		}()
	}
	s := c.testSession(t)
	until(t, "both wait", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		ch := s.channels[channel]
		return ch != nil && len(ch.listeners) == 2
	})
	close(proceed)
	var kept []error
	for _, errs := range got {
		kept = append(kept, <-errs)
		<-errs // its loop has ended
	}
	methods := map[string]bool{}
	for _, err := range kept {
		var large *RequestTooLargeError
		if errors.As(err, &large) {
			methods[large.Method] = true
		}
	}
	if len(methods) != 2 {
		t.Errorf("got %v", kept)
	}
	<-connected
	c.Close()
}

// TestTemporaryErrorOfEvents has a subscription fail for a while, which harms no call.
func TestTemporaryErrorOfEvents(t *testing.T) {
	refused := make(chan struct{})
	s := newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		if cmd.Subscribe == nil || cmd.Subscribe.Channel != "news" {
			return happy(fc, cmd)
		}
		select {
		case <-refused:
			return append(happy(fc, cmd), publish("news", `"at last"`, ""))
		default:
			close(refused)
			return []string{reply1(cmd.ID, `"error":{"code":100,"message":"internal server error","temporary":true}`)}
		}
	})
	c := connect(t, s)
	l := c.testSession(t).listen("news", nil)
	<-refused
	echo(t, c)
	nextEvent(t, l, `"at last"`)
	if got := s.connections(); got != 1 {
		t.Errorf("%d connections", got)
	}
}

// TestGhostPosition has a loop end before its subscription is confirmed: the next one
// starts from now, not from then.
func TestGhostPosition(t *testing.T) {
	ended := make(chan struct{})
	asked := make(chan subscribeReq, 2)
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		if cmd.Subscribe != nil && cmd.Subscribe.Channel == "news" {
			asked <- *cmd.Subscribe
			<-ended
			return []string{reply1(cmd.ID, `"subscribe":{"recoverable":true,"epoch":"e","offset":5}`)}
		}
		return happy(fc, cmd)
	}))
	s := c.testSession(t)
	s.unlisten("news", s.listen("news", nil))
	close(ended)
	echo(t, c)
	s.listen("news", nil)
	for range 2 {
		if got, want := <-asked, (subscribeReq{Channel: "news"}); got != want {
			t.Errorf("asked %+v, want %+v", got, want)
		}
	}
}

// TestUnsubscribedByServer has the server end a subscription for now, with and without
// what makes the position abandoned.
func TestUnsubscribedByServer(t *testing.T) {
	for code, want := range map[int]subscribeReq{
		2500: {Channel: "news", Recover: true, Epoch: "e", Offset: 5},
		2502: {Channel: "news"},
	} {
		asked := make(chan subscribeReq, 2)
		c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
			if cmd.Subscribe == nil || cmd.Subscribe.Channel != "news" {
				return happy(fc, cmd)
			}
			asked <- *cmd.Subscribe
			frames := []string{reply1(cmd.ID, `"subscribe":{"recoverable":true,"epoch":"e","offset":5}`)}
			if len(asked) == 1 {
				frames = append(frames, fmt.Sprintf(`{"push":{"channel":"news","unsubscribe":{"code":%d}}}`, code))
			}
			return frames
		}))
		c.testSession(t).listen("news", nil)
		echo(t, c)
		echo(t, c)
		<-asked
		if got := <-asked; got != want {
			t.Errorf("%d: asked %+v, want %+v", code, got, want)
		}
	}
}

// endsReplies ends the reply channel at the first request; to what it answers when the client
// subscribes again.
func endsReplies(to func(cmd command) []string) func(*fakeConn, command) []string {
	var ended bool
	return func(fc *fakeConn, cmd command) []string {
		switch {
		case cmd.Publish != nil && !ended:
			ended = true
			return []string{reply1(cmd.ID, `"publish":{}`), `{"push":{"channel":"user#456","unsubscribe":{"code":2000,"reason":"server unsubscribe"}}}`}
		case cmd.Subscribe != nil && ended:
			return to(cmd)
		}
		return happy(fc, cmd)
	}
}

func TestReplyChannelEnds(t *testing.T) {
	states := make(chan State, 10)
	s := newFakeServer(t, endsReplies(func(cmd command) []string { return happy(nil, cmd) }))
	c := connect(t, s, WithStateFunc(func(s State, _ error) { states <- s }))
	_, err := c.Call(context.Background(), request("echo", `{}`))
	var lost *ConnectionLostError
	if !errors.As(err, &lost) || !lost.Sent || !strings.Contains(err.Error(), "user#456 ended: 2000 server unsubscribe") {
		t.Errorf("got %v", err)
	}
	echo(t, c)
	for _, want := range []State{StateConnecting, StateConnected, StateConnecting, StateConnected} {
		if got := <-states; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if got := s.connections(); got != 1 {
		t.Errorf("%d connections", got)
	}
}

func TestReplyChannelEndsForRepeat(t *testing.T) {
	c := connect(t, newFakeServer(t, endsReplies(func(cmd command) []string { return happy(nil, cmd) })))
	req := request("echo", `{"a":1}`)
	req.Idempotent = true
	if got, err := c.Call(context.Background(), req); err != nil || string(got) != `{"a":1}` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestReplyChannelIsGone(t *testing.T) {
	c := connect(t, newFakeServer(t, endsReplies(func(cmd command) []string {
		return []string{refuse(cmd.ID, 103, "permission denied")}
	})))
	req := request("echo", `{}`)
	req.Idempotent = true // so that it waits for the next attempt
	_, err := c.Call(context.Background(), req)
	var lost *ConnectionLostError
	if !errors.As(err, &lost) || !lost.Sent || !strings.Contains(err.Error(), "allow_user_limited_channels") {
		t.Errorf("got %v", err)
	}
	var offline *NotConnectedError
	if _, err := c.Call(context.Background(), req); !errors.As(err, &offline) || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("afterwards: %v", err)
	}
}

// TestReplyChannelBecomesTheServers has the server subscribe the reply channel of the second
// connection, and recover nothing.
func TestReplyChannelBecomesTheServers(t *testing.T) {
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		switch {
		case cmd.Connect != nil && fc.index > 0:
			return []string{reply1(cmd.ID, `"connect":{"ping":25,"subs":{"user#456":{"recoverable":true,"epoch":"e","offset":9}}}`)}
		case cmd.Subscribe != nil:
			return []string{reply1(cmd.ID, `"subscribe":{"recoverable":true,"epoch":"e","offset":5}`)}
		case cmd.Publish != nil && fc.index == 0:
			fc.send(reply1(cmd.ID, `"publish":{}`))
			fc.ws.CloseNow()
			return nil
		}
		return happy(fc, cmd)
	}))
	req := request("echo", `{"a":1}`)
	req.Idempotent = true
	if got, err := c.Call(context.Background(), req); err != nil || string(got) != `{"a":1}` {
		t.Errorf("%s, %v", got, err)
	}
}

// TestSlowLoop has a loop that is too slow and then fast again: it must not miss events
// without being told.
func TestSlowLoop(t *testing.T) {
	maxEvents := defaultOptions().maxEvents
	l := newListener(maxEvents, false)
	for i := range maxEvents + 1 {
		l.push(event{data: json.RawMessage(fmt.Sprint(i))})
	}
	var got, want []string
	for i := range maxEvents {
		e, err := l.next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		got, want = append(got, string(e.data)), append(want, fmt.Sprint(i))
		l.push(event{data: json.RawMessage(`"after the gap"`)})
	}
	if _, err := l.next(context.Background()); err == nil || !reflect.DeepEqual(got, want) {
		t.Errorf("error %v after %d events", err, len(got))
	}
}

// TestSlowLoopMemory sends far more to a loop that sleeps than may wait for it.
func TestSlowLoopMemory(t *testing.T) {
	const events, perFrame, size = 20_000, 40, 1000
	event := publish("news", `"`+strings.Repeat("x", size)+`"`, "")
	frame := strings.TrimSuffix(strings.Repeat(event+"\n", perFrame), "\n")
	for _, dropOldest := range []bool{false, true} {
		t.Run(fmt.Sprint("dropOldest=", dropOldest), func(t *testing.T) {
			options := []Option{}
			if dropOldest {
				options = append(options, WithDropOldest())
			}
			c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
				for range events / perFrame {
					if cmd.Publish != nil {
						fc.send(frame)
					}
				}
				return happy(fc, cmd)
			}), options...)
			l := c.testSession(t).listen("news", nil)
			before := heapBytes()
			echo(t, c) // its reply comes behind the events
			grown := heapBytes() - before

			limit := defaultOptions().maxEvents
			l.mu.Lock()
			held := len(l.events)
			l.mu.Unlock()
			if held != limit {
				t.Errorf("%d of %d events wait, want %d", held, events, limit)
			}
			if most := int64(2 * limit * size); grown > most {
				t.Errorf("the heap has grown by %d bytes, more than %d", grown, most)
			}
		})
	}
}

// heapBytes is what is in use.
func heapBytes() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// TestListenAtTheEnd has a loop begin when the session has just ended.
func TestListenAtTheEnd(t *testing.T) {
	s := newSession(NewClient("ws://localhost", "", "456"))
	s.finish(nil)
	ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
	defer cancel()
	var offline *NotConnectedError
	if _, err := s.listen("news", nil).next(ctx); !errors.As(err, &offline) {
		t.Errorf("got %v", err)
	}
}

// TestReasonOfWaiting tells who gives up why there were no replies.
func TestReasonOfWaiting(t *testing.T) {
	s := newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		if cmd.Subscribe != nil {
			return []string{refuse(cmd.ID, 100, "internal server error")}
		}
		return happy(fc, cmd)
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := NewClient(s.url(), jwt("456"), "", WithStateFunc(func(_ State, cause error) {
		if cause != nil {
			cancel()
		}
	}))
	if err := c.Connect(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "user#456: error 100: internal server error") {
		t.Errorf("got %v", err)
	}
}
