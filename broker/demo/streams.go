package demo

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// What a stream has where its request says nothing, and the bounds of what a request may say.
const (
	defaultWindow   = 32
	maxWindow       = 1000
	defaultTimeout  = 10 * time.Second
	maxTimeout      = 10 * time.Minute
	shortestSilence = 100 * time.Millisecond
	abandonedAfter  = 30 * time.Second
)

// streamed is a message of a stream: an item, the end, or a sign of life, which has only the number of the last item.
type streamed struct {
	CorrelationID string          `json:"correlation_id"`
	Seq           int             `json:"seq"`
	Item          json.RawMessage `json:"item,omitempty"`
	Result        json.RawMessage `json:"result,omitempty"`
	Error         *rpcError       `json:"error,omitempty"`
}

// streamID names a stream: the ids of one user mean nothing to another.
type streamID struct{ user, correlation string }

// stream is a stream that is under way.
type stream struct {
	publish func(streamed)
	cancel  context.CancelFunc
	window  int
	timeout time.Duration
	more    chan struct{} // has an element when the reader has taken items

	mu          sync.Mutex // held while a message is sent, so that all go out in their order
	sent, taken int
	ended       bool
	heard       time.Time // of the client
}

// beginStream runs a method that streams, in a goroutine. From now on control messages reach it. A second request with
// the id of a stream that is under way is dropped, and one without an id, whose items nobody could read.
func (d *Demo) beginStream(r request, user, address string) {
	if r.CorrelationID == "" {
		return
	}
	ctx, cancel := context.WithCancel(d.ctx)
	s := &stream{
		cancel: cancel, window: defaultWindow, timeout: defaultTimeout, more: make(chan struct{}, 1), heard: time.Now(),
		publish: func(m streamed) {
			m.CorrelationID = r.CorrelationID
			d.publishReply(address, m)
		},
	}
	if r.Window > 0 {
		s.window = min(r.Window, maxWindow)
	}
	if r.TimeoutMS > 0 {
		s.timeout = time.Duration(min(r.TimeoutMS, maxTimeout.Milliseconds())) * time.Millisecond
	}
	id := streamID{user, r.CorrelationID}
	if _, twice := d.streams.LoadOrStore(id, s); twice {
		cancel()
		return
	}
	d.work.Go(func() {
		defer cancel()
		defer d.streams.Delete(id)
		d.work.Go(func() { s.stayAlive(ctx) })
		err := d.methods[r.Method].stream(call{ctx: ctx, user: user, params: r.Params}, func(item any) error { return s.emit(ctx, item) })
		if d.ctx.Err() == nil {
			s.end(d.endOf(ctx, r.Method, err))
		}
	})
}

// endOf returns the last message of a stream.
func (d *Demo) endOf(ctx context.Context, method string, err error) streamed {
	switch {
	case ctx.Err() != nil:
		return streamed{Error: &rpcError{Code: codeCancelled, Message: "cancelled"}}
	case err != nil:
		return streamed{Error: d.failure(method, err)}
	default:
		return streamed{Result: json.RawMessage("null")}
	}
}

// emit sends an item, as soon as the reader has taken enough of those before it.
func (s *stream) emit(ctx context.Context, item any) error {
	data, err := json.Marshal(item)
	if err != nil {
		return err
	}
	for !s.hasRoom() {
		select {
		case <-s.more:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send(streamed{Item: data})
	return ctx.Err()
}

// end sends the end, which nothing follows.
func (s *stream) end(m streamed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send(m)
	s.ended = true
}

func (s *stream) hasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent-s.taken < s.window
}

// send sends the next message; s.mu is locked.
func (s *stream) send(m streamed) {
	s.sent++
	m.Seq = s.sent
	s.publish(m)
}

// stayAlive says that the stream goes on, which clients answer, and cancels it when nothing was heard for long.
func (s *stream) stayAlive(ctx context.Context) {
	ticker := time.NewTicker(max(s.timeout/3, shortestSilence))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.sign()
		}
	}
}

func (s *stream) sign() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
	case time.Since(s.heard) > max(3*s.timeout, abandonedAfter):
		s.cancel()
	default:
		s.publish(streamed{Seq: s.sent})
	}
}

// ack notes that the reader has taken the items up to a number.
func (s *stream) ack(seq int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = time.Now()
	if seq > s.taken && seq <= s.sent {
		s.taken = seq
	}
	select {
	case s.more <- struct{}{}:
	default: // it will look anyway
	}
}

// control passes a control message on to its stream. It drops those about anything else: other calls are not cancelled.
func (d *Demo) control(r request, user string) {
	found, ok := d.streams.Load(streamID{user, r.CorrelationID})
	if !ok {
		return
	}
	s := found.(*stream)
	if r.Method == methodCancel {
		s.cancel()
		return
	}
	var params struct {
		Seq int `json:"seq"`
	}
	if json.Unmarshal(r.Params, &params) == nil {
		s.ack(params.Seq)
	}
}
