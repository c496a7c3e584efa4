//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"
)

// batchServer answers batches as happy does each of their requests, and keeps what came.
type batchServer struct {
	mu    sync.Mutex
	sizes []int // how many requests each publication had
}

func (b *batchServer) answer(c *fakeConn, cmd command) []string {
	if cmd.Publish == nil {
		return happy(c, cmd)
	}
	var data struct {
		Batch []json.RawMessage
	}
	if err := json.Unmarshal(cmd.Publish.Data, &data); err != nil {
		return []string{refuse(cmd.ID, 107, err.Error())}
	}
	b.mu.Lock()
	b.sizes = append(b.sizes, max(1, len(data.Batch)))
	b.mu.Unlock()
	if data.Batch == nil {
		return happy(c, cmd)
	}
	frames := []string{reply1(cmd.ID, `"publish":{}`)}
	for _, request := range data.Batch {
		one := cmd
		one.Publish = &publishReq{Channel: cmd.Publish.Channel, Data: request}
		frames = append(frames, happy(c, one)[1:]...)
	}
	return frames
}

// came returns how many requests each publication had.
func (b *batchServer) came() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprint(b.sizes)
}

// waitFor waits until so many calls wait in a batch.
func (b *Batch) waitFor(t *testing.T, calls int) {
	t.Helper()
	until(t, fmt.Sprintf("%d calls wait", calls), func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.waiting) == calls
	})
}

// echoAll calls echo so many times at once, and checks each result.
func echoAll(t *testing.T, c Caller, calls int) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range calls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			want := fmt.Sprintf(`{"n":%d}`, i)
			if got, err := c.Call(context.Background(), request("echo", want)); err != nil || string(got) != want {
				t.Errorf("%s: %s, %v", want, got, err)
			}
		}()
	}
	wg.Wait()
}

func TestBatch(t *testing.T) {
	var b batchServer
	c := connect(t, newFakeServer(t, b.answer))
	batch := NewBatch(c, 8)
	echoAll(t, batch, 8)
	echoAll(t, batch, 8)
	echoAll(t, NewBatch(batch, 1), 1)
	echoAll(t, NewBatch(c, 230), 230)
	if got := b.came(); got != "[8 8 1 100 100 30]" {
		t.Errorf("the requests came as %s", got)
	}
}

// TestBatchConnects shows that calls that come before there is a connection leave together after it.
func TestBatchConnects(t *testing.T) {
	var b batchServer
	s := newFakeServer(t, b.answer)
	c := NewClient(s.url(), jwt("456"), "")
	defer c.Close()
	echoAll(t, NewBatch(c, 3), 3)
	if got := b.came(); got != "[3]" {
		t.Errorf("the requests came as %s", got)
	}
}

// TestBatchSend shows that what was sent early is not waited for, nor waits itself.
func TestBatchSend(t *testing.T) {
	var b batchServer
	batch := NewBatch(connect(t, newFakeServer(t, b.answer)), 10)
	done := make(chan struct{})
	go func() {
		defer close(done)
		echoAll(t, batch, 2)
	}()
	batch.waitFor(t, 2)
	batch.Send()
	<-done
	echoAll(t, batch, 1)
	if got := b.came(); got != "[2 1]" {
		t.Errorf("the requests came as %s", got)
	}
}

// TestBatchCountsAll shows that nobody waits for a request that does not wait, or ended before.
func TestBatchCountsAll(t *testing.T) {
	refuseAll := errors.New("refused")
	for _, test := range []struct {
		name  string
		other func(*Batch) error
		want  string // the error
	}{
		{"a notification", func(b *Batch) error {
			_, err := b.Call(context.Background(), Request{Method: "seen", Params: json.RawMessage(`{}`), Notify: true})
			return err
		}, ""},
		{"a context that has ended", func(b *Batch) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_, err := b.Call(ctx, request("echo", `{}`))
			return err
		}, "context canceled"},
		{"an interceptor that refuses", func(b *Batch) error {
			_, err := b.Call(context.Background(), request("refused", `{}`))
			return err
		}, "refused"},
		{"params that cannot be written", func(b *Batch) error {
			m := Method[json.RawMessage, string]{Name: "echo", Params: CodeRaw[json.RawMessage], Result: CodeString[string]}
			params := json.RawMessage(`{`)
			_, err := Call(context.Background(), b, &m, &params, nil)
			return err
		}, "params"},
		{"a stream with such params", func(b *Batch) error {
			m := Method[json.RawMessage, string]{Name: "echo", Params: CodeRaw[json.RawMessage], Result: CodeString[string]}
			params := json.RawMessage(`{`)
			for _, err := range Stream(context.Background(), b, &m, &params, nil) {
				return err
			}
			return nil
		}, "params"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b batchServer
			c := connect(t, newFakeServer(t, b.answer), WithInterceptor(func(ctx context.Context, req *Request, next func(context.Context) error) error {
				if req.Method == "refused" {
					return refuseAll
				}
				return next(ctx)
			}))
			batch := NewBatch(c, 3)
			done := make(chan struct{})
			go func() {
				defer close(done)
				echoAll(t, batch, 2)
			}()
			batch.waitFor(t, 2)
			err := test.other(batch)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("the error is %v", err)
			}
			<-done
			if got := b.came(); !strings.Contains(got, "2") {
				t.Errorf("the requests came as %s", got)
			}
		})
	}
}

// TestBatchWithoutOne shows that a call that ends while it waits is not sent, and the others are.
func TestBatchWithoutOne(t *testing.T) {
	var b batchServer
	c := connect(t, newFakeServer(t, b.answer))
	batch := NewBatch(c, 3)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		_, err := batch.Call(ctx, request("echo", `{}`))
		ended <- err
	}()
	batch.waitFor(t, 1)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var late *TimeoutError
	_, err := batch.Call(context.Background(), Request{Method: "echo", Params: json.RawMessage(`{}`), Timeout: 10 * time.Millisecond})
	if !errors.As(err, &late) || late.Sent {
		t.Errorf("after its deadline: %v", err)
	}
	echoAll(t, batch, 1)
	if got := b.came(); got != "[1]" {
		t.Errorf("the requests came as %s", got)
	}
}

// TestBatchCloses shows that calls that wait end with the client.
func TestBatchCloses(t *testing.T) {
	var b batchServer
	c := connect(t, newFakeServer(t, b.answer))
	batch := NewBatch(c, 3)
	ended := make(chan error)
	go func() {
		_, err := batch.Call(context.Background(), request("echo", `{}`))
		ended <- err
	}()
	go func() {
		for _, err := range count(context.Background(), batch, 3) {
			ended <- err
		}
	}()
	batch.waitFor(t, 2)
	if err := batch.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var offline *NotConnectedError
		if err := <-ended; !errors.As(err, &offline) || offline.Sent {
			t.Errorf("got %v", err)
		}
	}
}

// TestBatchRepeats shows that an interceptor that repeats a call waits for no others.
func TestBatchRepeats(t *testing.T) {
	var b batchServer
	c := connect(t, newFakeServer(t, b.answer), WithInterceptor(func(ctx context.Context, _ *Request, next func(context.Context) error) error {
		if err := next(ctx); err != nil {
			return err
		}
		return next(ctx)
	}))
	echoAll(t, NewBatch(c, 2), 2)
	if got := b.came(); got != "[2 1 1]" {
		t.Errorf("the requests came as %s", got)
	}
}

// fakeCaller answers calls as a user's fake does.
type fakeCaller struct{}

func (fakeCaller) Call(_ context.Context, req Request) (json.RawMessage, error) {
	return req.Params, nil
}

func (fakeCaller) Subscribe(context.Context, string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage(`1`), nil) }
}

// TestBatchOfFake shows that a fake answers the calls of a batch, which need not wait.
func TestBatchOfFake(t *testing.T) {
	batch := NewBatch(fakeCaller{}, 3)
	echoAll(t, batch, 1)
	for _, err := range count(context.Background(), batch, 3) {
		if err == nil || err.Error() != "count streams its results, which rpc.fakeCaller cannot" {
			t.Errorf("got %v", err)
		}
	}
	for event, err := range batch.Subscribe(context.Background(), "c") {
		if string(event) != "1" || err != nil {
			t.Errorf("got %s, %v", event, err)
		}
	}
	if err := errors.Join(batch.Connect(context.Background()), batch.Close()); err != nil {
		t.Error(err)
	}
}

// TestBatchInTrouble shows that each call of a batch ends, with its own result or a typed error, while
// connections are cut and contexts end.
func TestBatchInTrouble(t *testing.T) {
	var b batchServer
	var mu sync.Mutex
	published := 0
	s := newFakeServer(t, func(c *fakeConn, cmd command) []string {
		mu.Lock()
		defer mu.Unlock()
		if cmd.Publish != nil {
			if published++; published%7 == 0 {
				_ = c.ws.CloseNow() // the client sees it
				return nil
			}
		}
		return b.answer(c, cmd)
	})
	c := connect(t, s)
	batch := NewBatch(c, 5)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+i%50)*20*time.Millisecond)
			defer cancel()
			if i%9 == 0 {
				go cancel()
			}
			want := fmt.Sprintf(`{"n":%d}`, i)
			got, err := batch.Call(ctx, Request{Method: "echo", Params: json.RawMessage(want), Idempotent: i%2 == 0})
			var lost *ConnectionLostError
			switch {
			case err == nil && string(got) != want:
				t.Errorf("%s: got %s", want, got)
			case err != nil && !errors.As(err, &lost) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled):
				t.Errorf("%s: %v", want, err)
			}
		}()
	}
	wg.Wait()
}
