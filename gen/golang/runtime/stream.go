package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"time"
)

// Streamer carries the methods that stream their results: a [Client], or a fake in tests. Stream
// yields the JSON of each item, and last the error that ends the stream, if any. The call begins
// with the loop and ends with it.
type Streamer interface {
	Stream(ctx context.Context, req Request) iter.Seq2[json.RawMessage, error]
}

var _ Streamer = (*Client)(nil)

// The window of a stream.
const (
	defaultWindow = 32
	maxWindow     = 1000
)

// Stream calls a method that streams its results, and yields them. An item that does not fit its
// type ends the stream. Generated code uses it.
func Stream[P, R any](ctx context.Context, c Caller, m *Method[P, R], params *P, opts []CallOption) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		req, err := m.request(params, append([]CallOption{WithWindow(defaultWindow)}, opts...))
		s, ok := c.(Streamer)
		if err == nil && !ok {
			err = noStreams(m.Name, c)
		}
		if err != nil {
			missed(c)
			yield(nil, err)
			return
		}
		for raw, err := range s.Stream(ctx, req) {
			var item *R
			if err == nil {
				item, err = m.result(&req, raw, "an item does not fit its type")
			}
			if err != nil {
				yield(nil, typedError(err, m.Errors, false))
				return
			}
			if !yield(item, nil) {
				return
			}
		}
	}
}

func noStreams(method string, c Caller) error {
	return fmt.Errorf("%s streams its results, which %T cannot", method, c)
}

// Stream implements [Streamer]. Its timeout bounds each silence of the server, and ctx the
// whole. A loop that is left, a context that is cancelled and a silence cancel the call at the
// server. Items that have come are yielded before the error that ends the stream.
func (c *Client) Stream(ctx context.Context, req Request) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		req := req // of this loop
		req.Stream = true
		left := false
		take := func(item json.RawMessage) bool {
			left = !yield(item, nil)
			return !left
		}
		err := c.intercept(ctx, &req, func(ctx context.Context) error {
			if left { // an interceptor repeats it
				return nil
			}
			return c.stream(ctx, req, take)
		})
		if err != nil && !left {
			yield(nil, err)
		}
	}
}

// stream returns why the stream ended: nil for its end, and where take returns false.
func (c *Client) stream(ctx context.Context, req Request, take func(json.RawMessage) bool) error {
	switch {
	case c.opts.transport == TransportRPC:
		return fmt.Errorf("%s streams its results, which native RPC cannot", req.Method)
	case req.Window < 1 || req.Window > maxWindow:
		return fmt.Errorf("%s: the window of a stream has 1 to %d items", req.Method, maxWindow)
	}
	timeout := req.Timeout
	if timeout <= 0 {
		timeout = c.opts.timeout
	}
	p := newPending(ctx, req, timeout)
	p.stream = newInbox()
	s, cause := c.begin()
	if s == nil {
		return p.offline(cause)
	}
	for {
		l, err := s.depart(ctx, p)
		if err != nil {
			s.giveUp(ctx, p)
			return p.unsent(ctx, err, s.lastError())
		}
		err = s.readStream(ctx, l, p, take)
		lost, ok := err.(*ConnectionLostError)
		if !ok || lost.Sent && (!req.Idempotent || p.stream.begun()) {
			return err
		}
		p = p.retry(lost.Sent)
	}
}

// inbox holds what has come of a stream and waits for its reader. The session's mutex guards it.
type inbox struct {
	items []json.RawMessage
	heard bool  // a message has come
	last  int64 // the seq of the last item that came
	taken int64 // how many the reader has taken
	acked int64 // how many of these the worker was told of
	owed  bool  // the worker is to be told as soon as there is a connection
	wake  chan struct{}
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// begun tells whether anything has come of a stream; of a call it is false.
func (b *inbox) begun() bool { return b != nil && b.heard }

// readStream sends the request of a stream, unless its batch does, and hands its items over until
// it ends, or take returns false.
func (s *session) readStream(ctx context.Context, l *link, p *pending, take func(json.RawMessage) bool) error {
	if l != nil {
		if err := s.send(l, p); err != nil {
			return err
		}
	}
	defer s.abandon(p)
	over := s.whileBatched(l)
	silence := time.NewTimer(s.timeLeft(p))
	defer silence.Stop()
	var end *outcome
	expired := func() error {
		s.abandon(p)
		select {
		case o := <-p.done: // it came at the same moment
			if isLost(o.err) {
				return o.err // else nobody would tell the worker of an idempotent one
			}
		default:
		}
		return s.expired(ctx, l, p)
	}
	for {
		if ctx.Err() != nil {
			return expired()
		}
		if item, ok := s.nextItem(p); ok {
			if !take(item) {
				return nil
			}
			continue
		}
		if end != nil {
			return end.err
		}
		select {
		case <-p.stream.wake:
		case o := <-p.done: // items may have come before
			end = &o
		case <-ctx.Done():
		case <-over:
			if over = nil; !s.wasSent(p) {
				return expired()
			}
		case <-silence.C:
			left := s.timeLeft(p)
			if left <= 0 {
				return expired()
			}
			silence.Reset(left)
		}
	}
}

func isLost(err error) bool {
	_, lost := err.(*ConnectionLostError)
	return lost
}

// nextItem takes an item, if there is one, and acknowledges what was taken when that is half of
// the window.
func (s *session) nextItem(p *pending) (json.RawMessage, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := p.stream
	if len(b.items) == 0 {
		return nil, false
	}
	item := b.items[0]
	b.items[0] = nil // the slice may live on
	b.items = b.items[1:]
	b.taken++
	if b.taken-b.acked >= int64(max(1, p.req.Window/2)) {
		s.acknowledgeItems(p)
	}
	return item, true
}

// timeLeft is how long the silence of a stream may go on.
func (s *session) timeLeft(p *pending) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Until(p.deadline)
}

// hasBegun tells whether anything has come of a call that is a stream.
func (s *session) hasBegun(p *pending) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.stream.begun()
}

// onStream takes a message of a stream: an item, the end, or a sign of life. mu is held.
func (s *session) onStream(p *pending, a *answer) {
	b := p.stream
	ends := a.Item == nil && (a.hasError() || a.Result != nil)
	if a.Seq == nil && a.hasError() {
		s.end(p, p.answered(a)) // refused before it ran
		return
	}
	seq, err := strconv.ParseInt(string(a.Seq), 10, 64)
	if err != nil {
		s.end(p, p.malformed())
		return
	}
	b.heard, p.deadline = true, time.Now().Add(p.silence)
	next := b.last + 1
	if a.Item == nil && !ends { // a sign of life has the number of the last item
		next = b.last
	}
	switch {
	case seq > next:
		cause := fmt.Errorf("item %d is missing", b.last+1)
		s.breakOff(p, &ConnectionLostError{CallInfo: p.infoSent(true), Cause: cause}, ends)
	case seq < next: // it comes twice
	case ends:
		s.end(p, p.answered(a))
	case a.Item == nil:
		s.acknowledgeItems(p)
	case len(b.items) >= p.req.Window:
		s.breakOff(p, &Error{CallInfo: p.infoSent(true), Code: codeInternalError, Message: "more items came than the window has"}, false)
	default:
		b.last = seq
		b.items = append(b.items, a.Item)
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
}

// breakOff ends a stream that the worker may go on with; mu is held.
func (s *session) breakOff(p *pending, err error, ended bool) {
	s.end(p, outcome{err: err})
	if !ended {
		s.cancel(p)
	}
}

// abandon ends a call that is still under way, and tells the worker that nobody waits for it.
func (s *session) abandon(p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.over = true
	if s.withdraw(p) {
		s.cancel(p)
	}
}

// ackPause is how long an acknowledgement that failed for now waits until it is sent again.
const ackPause = time.Second

// acknowledgeItems tells the worker what the reader of a stream has taken, unless the stream has
// ended; mu is held. Without a connection the next one does it.
func (s *session) acknowledgeItems(p *pending) {
	if s.calls[p.info.CorrelationID] != p {
		return
	}
	b := p.stream
	b.acked, b.owed = b.taken, !s.ready
	s.control(p, control{Method: methodAck, Seq: b.taken}, func(r *reply) {
		if r.Error == nil || !r.Error.temporary() {
			return
		}
		time.AfterFunc(ackPause, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.acknowledgeItems(p)
		})
	})
}

// repeatAcks tells the worker over a new connection what the readers of streams have taken, since
// the last message about it may be lost; mu is held.
func (s *session) repeatAcks() {
	for _, p := range s.calls {
		if p.stream != nil && (p.stream.taken > 0 || p.stream.owed) {
			s.acknowledgeItems(p)
		}
	}
}

// control publishes a control message about a call; mu is held. Nothing depends on it: what cannot
// be sent is left out.
func (s *session) control(p *pending, c control, answered func(*reply)) {
	if s.reply == "" || !s.ready {
		return
	}
	if cmd, err := s.controlCommand(p, c); err == nil {
		_ = s.link.send(cmd, answered)
	}
}

// controlCommand is a control message about a call, published where its request was.
func (s *session) controlCommand(p *pending, c control) (command, error) {
	c.CorrelationID = p.info.CorrelationID
	data, err := encodeJSON(&c, (*control).encodeJSON)
	return command{Publish: &publishReq{Channel: s.requestsChannel(p), Data: data}}, err
}
