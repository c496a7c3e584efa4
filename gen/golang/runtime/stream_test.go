//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// streamer is a worker whose streams count up to the params. It keeps to the window.
type streamer struct {
	mu        sync.Mutex
	running   map[string]*counting
	requests  int
	cancelled int
	most      int // items that were under way at a time
}

// counting is a stream that goes on.
type counting struct{ sent, end, window int }

func newStreamer() *streamer { return &streamer{running: map[string]*counting{}} }

func (w *streamer) answer(c *fakeConn, cmd command) []string {
	if cmd.Publish == nil {
		return happy(c, cmd)
	}
	var m struct {
		Method        string
		Params        json.RawMessage
		CorrelationID string `json:"correlation_id"`
		Window        int
	}
	if err := json.Unmarshal(cmd.Publish.Data, &m); err != nil {
		return []string{refuse(cmd.ID, 107, err.Error())}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	frames := []string{reply1(cmd.ID, `"publish":{}`)}
	acked := 0
	switch m.Method {
	case methodCancel:
		w.cancelled++
		delete(w.running, m.CorrelationID)
	case methodAck:
		var params struct{ Seq int }
		_ = json.Unmarshal(m.Params, &params) // 0 is no progress
		acked = params.Seq
	default:
		w.requests++
		s := &counting{window: m.Window}
		_ = json.Unmarshal(m.Params, &s.end) // a stream without items
		w.running[m.CorrelationID] = s
	}
	s := w.running[m.CorrelationID]
	if s == nil {
		return frames
	}
	for s.sent < s.end && s.sent < acked+s.window {
		s.sent++
		frames = append(frames, publish("user#456", fmt.Sprintf(`{"correlation_id":%q,"seq":%d,"item":%d}`, m.CorrelationID, s.sent, s.sent), ""))
	}
	w.most = max(w.most, s.sent-acked)
	if s.sent == s.end && s.end <= acked+s.window {
		delete(w.running, m.CorrelationID)
		frames = append(frames, publish("user#456", fmt.Sprintf(`{"correlation_id":%q,"seq":%d,"result":null}`, m.CorrelationID, s.end+1), ""))
	}
	return frames
}

// waitFor waits until the worker has got to a state.
func (w *streamer) waitFor(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(waitLimit); ; {
		w.mu.Lock()
		ok := reached()
		w.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the worker does not get there: %s", what)
		}
		runtime.Gosched()
	}
}

var methodCount = Method[int64, int64]{Name: "count", Params: CodeInt[int64], Result: CodeInt[int64]}

func count(ctx context.Context, c Caller, to int64, opts ...CallOption) iter.Seq2[int64, error] {
	return PlainValues(Stream(ctx, c, &methodCount, &to, opts))
}

func TestStream(t *testing.T) {
	w := newStreamer()
	c := connect(t, newFakeServer(t, w.answer))
	numbers := count(context.Background(), c, 1000, WithWindow(10))
	for range 2 { // each loop is a call
		var last int64
		for n, err := range numbers {
			if err != nil || n != last+1 {
				t.Fatalf("%d after %d, %v", n, last, err)
			}
			last = n
		}
		if last != 1000 {
			t.Errorf("the last item is %d", last)
		}
	}
	if w.requests != 2 || w.most > 10 || w.cancelled != 0 {
		t.Errorf("%d requests, %d items under way, %d cancelled", w.requests, w.most, w.cancelled)
	}
}

// TestManyStreams shows that streams share a connection, and that nothing of them is left: no
// goroutine, as TestMain checks, and no call.
func TestManyStreams(t *testing.T) {
	w := newStreamer()
	c := connect(t, newFakeServer(t, w.answer))
	const streams = 50
	var wg sync.WaitGroup
	for i := range streams {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var got int64
			for n, err := range count(context.Background(), c, 200) {
				if got = n; err != nil {
					t.Error(err)
				}
				if i%2 == 0 && n == 100 {
					break
				}
			}
			if i%2 == 1 && got != 200 {
				t.Errorf("%d items, want 200", got)
			}
		}()
	}
	wg.Wait()
	w.waitFor(t, "every stream that was left is cancelled", func() bool { return w.cancelled == streams/2 && len(w.running) == 0 })
	s, _ := c.begin()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) != 0 {
		t.Errorf("%d calls are left", len(s.calls))
	}
}

// TestStreamMemory leaves many streams early: what has come of them is not kept.
func TestStreamMemory(t *testing.T) {
	w := newStreamer()
	c := connect(t, newFakeServer(t, w.answer))
	leave := func(n int) uint64 {
		for range n {
			for _, err := range count(context.Background(), c, 20) {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := leave(200)
	if after := leave(3000); after > before+2<<20 {
		t.Errorf("%d bytes are in use after the streams, %d before", after, before)
	}
}

// TestStreamEndsWithContext shows that a deadline of the context bounds the whole, though items come.
func TestStreamEndsWithContext(t *testing.T) {
	w := newStreamer()
	c := connect(t, newFakeServer(t, w.answer))
	ctx, cancel := context.WithTimeout(context.Background(), sentBy)
	defer cancel()
	var last error
	for _, err := range count(ctx, c, 1<<40) {
		last = err
	}
	var timeout *TimeoutError
	if !errors.As(last, &timeout) || !timeout.Sent || timeout.Method != "count" {
		t.Errorf("deadline: %v", last)
	}
	w.waitFor(t, "the stream is cancelled", func() bool { return w.cancelled == 1 && len(w.running) == 0 })
}

func TestStreamWhoseLoopPanics(t *testing.T) {
	w := newStreamer()
	c := connect(t, newFakeServer(t, w.answer))
	func() {
		defer func() { _ = recover() }()
		for range count(context.Background(), c, 1000) {
			panic("the loop")
		}
	}()
	w.waitFor(t, "the stream is cancelled", func() bool { return w.cancelled == 1 })
}

// breaking is a server that keeps a history of the reply channel, and breaks the connection at every
// twentieth command, after it was carried out and before anything is answered.
type breaking struct {
	*streamer
	mu       sync.Mutex
	history  []string // publications
	commands int
	breaks   int
}

func (s *breaking) answer(c *fakeConn, cmd command) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cmd.Subscribe != nil {
		offset := uint64(len(s.history))
		var missed []string
		if cmd.Subscribe.Recover {
			offset = cmd.Subscribe.Offset
			missed = s.history[offset:]
		}
		return []string{reply1(cmd.ID, fmt.Sprintf(`"subscribe":{"recoverable":true,"positioned":true,"epoch":"e","offset":%d,`+
			`"was_recovering":%t,"recovered":%t,"publications":[%s]}`, offset, cmd.Subscribe.Recover, cmd.Subscribe.Recover, strings.Join(missed, ",")))}
	}
	frames := s.streamer.answer(c, cmd)
	for i, frame := range frames {
		data, published := strings.CutPrefix(frame, `{"push":{"channel":"user#456","pub":{"data":`)
		if published {
			data = fmt.Sprintf(`{"data":%s,"offset":%d}`, strings.TrimSuffix(data, "}}}"), len(s.history)+1)
			s.history = append(s.history, data)
			frames[i] = `{"push":{"channel":"user#456","pub":` + data + `}}`
		}
	}
	if s.commands++; s.commands%20 == 0 {
		s.breaks++
		_ = c.ws.CloseNow()
		return nil
	}
	return frames
}

// TestStreamsSurviveBreaks shows that no item is lost, doubled or out of order, and that no stream waits
// for a worker that has not got its acknowledgement.
func TestStreamsSurviveBreaks(t *testing.T) {
	server := &breaking{streamer: newStreamer()}
	c := connect(t, newFakeServer(t, server.answer))
	const streams = 5
	var wg, begun sync.WaitGroup
	begun.Add(streams)
	for range streams {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var last int64
			for n, err := range count(context.Background(), c, 300, WithWindow(16)) {
				if err != nil || n != last+1 {
					t.Errorf("%d after %d, %v", n, last, err)
					return
				}
				if last = n; n == 1 { // a request that is under way when the connection breaks is lost
					begun.Done()
					begun.Wait()
				}
			}
			if last != 300 {
				t.Errorf("the last item is %d", last)
			}
		}()
	}
	wg.Wait()
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.breaks < 5 || server.requests != streams {
		t.Errorf("%d breaks, %d requests", server.breaks, server.requests)
	}
}

// fakeStreamer is what a test of a user has in place of a connection.
type fakeStreamer struct{ Caller }

func (fakeStreamer) Stream(_ context.Context, req Request) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		if yield(json.RawMessage(fmt.Sprint(req.Window)), nil) {
			yield(nil, &Error{Code: 7, Message: "the end"})
		}
	}
}

func TestFakeStream(t *testing.T) {
	var items []int64
	var last error
	for n, err := range count(context.Background(), fakeStreamer{}, 1) {
		items, last = append(items, n), err
	}
	var e *Error
	if len(items) != 2 || items[0] != 32 || !errors.As(last, &e) || e.Code != 7 {
		t.Errorf("%v, %v", items, last)
	}
	for _, err := range count(context.Background(), struct{ Caller }{}, 1) {
		if err == nil || !strings.Contains(err.Error(), "count streams its results, which struct") {
			t.Errorf("a caller without streams: %v", err)
		}
	}
}

// TestCheckedStream shows that a caller that checks params streams what its caller does, and nothing
// where the params do not fit.
func TestCheckedStream(t *testing.T) {
	for text, want := range map[string]string{
		`{"count": {"type": ["integer"]}}`: "[32 0] (code 7)",
		`{"count": {"type": ["object"]}}`:  "[0] (code -32602)",
	} {
		var items []int64
		var last error
		for n, err := range count(context.Background(), Checking(fakeStreamer{}, NewRules(text)), 1) {
			items, last = append(items, n), err
		}
		var e *Error
		if !errors.As(last, &e) || fmt.Sprintf("%d (code %d)", items, e.Code) != want {
			t.Errorf("%s: %v, %v, want %s", text, items, last, want)
		}
	}
}

// TestCancelTellsTheWorker shows when a plain call is cancelled at the worker, and when not.
func TestCancelTellsTheWorker(t *testing.T) {
	cancelled := make(chan string, 10)
	ctx, cancel := context.WithCancel(context.Background())
	c := connect(t, newFakeServer(t, func(fc *fakeConn, cmd command) []string {
		var env envelope
		if cmd.Publish != nil && json.Unmarshal(cmd.Publish.Data, &env) == nil {
			if env.Method == methodCancel {
				cancelled <- env.CorrelationID
			} else if env.CorrelationID == "mine" {
				cancel()
			}
		}
		return silent(fc, cmd)
	}))
	if _, err := c.Call(context.Background(), Request{Method: "echo", Params: json.RawMessage(`{}`), Timeout: time.Millisecond}); err == nil {
		t.Error("a call without a reply succeeds")
	}
	req := request("echo", `{}`)
	req.CorrelationID = "mine"
	if _, err := c.Call(ctx, req); !errors.Is(err, context.Canceled) {
		t.Errorf("cancel: %v", err)
	}
	if id := within(t, "the cancellation", cancelled); id != "mine" { // the call that timed out would come first
		t.Errorf("%s was cancelled", id)
	}
}

// TestCancelAtTheMomentOfABreak shows that the loss of the connection counts: an idempotent call that
// has ended by it is still to be cancelled at the worker.
func TestCancelAtTheMomentOfABreak(t *testing.T) {
	s := newSession(NewClient("ws://127.0.0.1:1", jwt("456"), ""))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 { // whatever is looked at first
		p := newPending(ctx, Request{Method: "echo", Idempotent: true}, waitLimit)
		s.mu.Lock()
		s.calls[p.info.CorrelationID] = p
		s.endCalls(errNotReady, everyCall)
		s.mu.Unlock()
		if o := s.outcome(ctx, nil, p); !isLost(o.err) {
			t.Fatalf("got %v", o.err)
		}
	}
}

// TestOwedCancellationsAreBounded shows that the latest cancellations are kept while there is no connection, and
// none for a session that is over.
func TestOwedCancellationsAreBounded(t *testing.T) {
	s := newSession(NewClient("ws://127.0.0.1:1", jwt("456"), ""))
	s.reply = "user#456"
	cancel := func(id string) {
		s.cancel(&pending{req: request("echo", `{}`), info: CallInfo{CorrelationID: id}, acked: true})
	}
	for i := range maxOwed + 5 {
		cancel(fmt.Sprint(i))
	}
	if n := len(s.owed); n != maxOwed || s.owed[0].id != "5" {
		t.Errorf("%d are kept, and the first one is %s", n, s.owed[0].id)
	}
	s.finish(nil)
	if cancel("late"); len(s.owed) != 0 {
		t.Errorf("%d are kept after the end", len(s.owed))
	}
}

// BenchmarkItems measures the items of a stream, to compare with the calls of BenchmarkCalls.
func BenchmarkItems(b *testing.B) {
	c := connect(b, newFakeServer(b, newStreamer().answer))
	for _, err := range count(context.Background(), c, int64(b.N)) {
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCalls(b *testing.B) {
	c := connect(b, newFakeServer(b, happy))
	for range b.N {
		if _, err := c.Call(context.Background(), request("echo", `1`)); err != nil {
			b.Fatal(err)
		}
	}
}
