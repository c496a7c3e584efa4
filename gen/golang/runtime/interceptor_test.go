package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// recorder is a server that keeps what was sent along with each request, and its correlation ids.
type recorder struct {
	mu   sync.Mutex
	seen []string
}

func (r *recorder) answer(c *fakeConn, cmd command) []string {
	var env envelope
	if cmd.Publish != nil && json.Unmarshal(cmd.Publish.Data, &env) == nil {
		r.mu.Lock()
		r.seen = append(r.seen, env.Method+" "+env.Meta["a"]+env.Meta["b"])
		r.mu.Unlock()
	}
	return happy(c, cmd)
}

func TestInterceptors(t *testing.T) {
	var r recorder
	var order []string
	note := func(name string) Option {
		return WithInterceptor(func(ctx context.Context, req *Request, next func(context.Context) error) error {
			order = append(order, name)
			req.AddMeta(name, name+"!")
			err := next(ctx)
			order = append(order, "/"+name)
			return err
		})
	}
	c := connect(t, newFakeServer(t, r.answer), note("a"), note("b"))
	shared := map[string]string{"kept": "x"}
	for range 2 {
		got, err := c.Call(context.Background(), Request{Method: "echo", Params: json.RawMessage(`{"n":1}`), Meta: shared})
		if err != nil || string(got) != `{"n":1}` {
			t.Errorf("%s, %v", got, err)
		}
	}
	if want := []string{"a", "b", "/b", "/a", "a", "b", "/b", "/a"}; !reflect.DeepEqual(order, want) {
		t.Errorf("got the order %v, want %v", order, want)
	}
	if want := []string{"echo a!b!", "echo a!b!"}; !reflect.DeepEqual(r.seen, want) {
		t.Errorf("the server got %q, want %q", r.seen, want)
	}
	if len(shared) != 1 {
		t.Errorf("the caller's meta became %v", shared)
	}
}

func TestInterceptorsChangeTheEnd(t *testing.T) {
	var r recorder
	errNo := errors.New("not today")
	tries := 0
	c := connect(t, newFakeServer(t, r.answer), WithInterceptor(func(ctx context.Context, req *Request, next func(context.Context) error) error {
		switch {
		case req.Notify:
			return errNo
		case req.Method == "fail":
			tries++
			if err := next(ctx); err == nil || !strings.Contains(err.Error(), "error 7") {
				t.Errorf("the error is %v", err)
			}
			req.Method = "echo"
		}
		return next(ctx)
	}))
	if _, err := c.Call(context.Background(), Request{Method: "seen", Params: json.RawMessage(`{}`), Notify: true}); !errors.Is(err, errNo) {
		t.Errorf("refused: %v", err)
	}
	got, err := c.Call(context.Background(), request("fail", `{"code":7,"message":"m"}`))
	if err != nil || string(got) != `{"code":7,"message":"m"}` || tries != 1 {
		t.Errorf("repeated: %s, %v", got, err)
	}
	if want := []string{"fail ", "echo "}; !reflect.DeepEqual(r.seen, want) {
		t.Errorf("the server got %q, want %q", r.seen, want)
	}
}

// TestInterceptedStream shows that a stream is within its interceptors until its loop ends, and that
// a loop that was left is not called again.
func TestInterceptedStream(t *testing.T) {
	var ends []error
	twice := func(ctx context.Context, req *Request, next func(context.Context) error) error {
		if !req.Stream {
			t.Error("a stream is no stream to its interceptor")
		}
		ends = append(ends, next(ctx), next(ctx))
		return errors.New("of the interceptor")
	}
	w := newStreamer()
	c := connect(t, newFakeServer(t, w.answer), WithInterceptor(twice))
	var items int
	for _, err := range count(context.Background(), c, 3) {
		if err != nil {
			t.Fatal(err)
		}
		if items++; items == 2 {
			break
		}
	}
	if len(ends) != 2 || ends[0] != nil || ends[1] != nil || w.requests != 1 {
		t.Errorf("the stream ended with %v, after %d requests", ends, w.requests)
	}
	var last error
	for _, last = range count(context.Background(), c, 3) {
		items++
	}
	if last == nil || last.Error() != "of the interceptor" || items != 2+3+3+1 {
		t.Errorf("%d items, %v", items, last)
	}
}
