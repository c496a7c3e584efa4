package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"sync"
	"time"
)

// maxBatch is how many requests one publication may hold.
const maxBatch = 100

// Batch is a [Caller] whose requests leave together, in one publication for each requests channel.
// It holds calls and streams back until as many have come as its size says; more wait for as many
// again. One whose context ends meanwhile is not sent, and the others go on waiting. The server
// handles each request as if it had come alone, and each has its own outcome.
//
// Notifications, and all requests over [TransportRPC], count, but leave at once and alone. So do
// requests that are sent again.
type Batch struct {
	wrapper
	size int

	mu      sync.Mutex
	come    int  // requests since the last ones left
	sent    bool // no request waits any more
	waiting []batched
}

var (
	_ Caller         = (*Batch)(nil)
	_ Streamer       = (*Batch)(nil)
	_ PositionCaller = (*Batch)(nil)
)

// batched is a call that waits in a batch.
type batched struct {
	session *session
	call    *pending
}

// NewBatch returns a batch for the requests of caller, which is a [Client], or calls one with the
// requests that it gets.
func NewBatch(caller Caller, size int) *Batch {
	if outer, ok := caller.(*Batch); ok {
		caller = outer.caller
	}
	return &Batch{wrapper: wrapper{caller}, size: size}
}

// Send sends the requests that wait. Those that come later leave at once.
func (b *Batch) Send() {
	b.mu.Lock()
	b.sent = true
	waiting := b.take()
	b.mu.Unlock()
	sendBatched(waiting)
}

// Call implements [Caller].
func (b *Batch) Call(ctx context.Context, req Request) (json.RawMessage, error) {
	req.seat = &seat{batch: b}
	defer req.seat.pass()
	return b.caller.Call(ctx, req)
}

// Stream implements [Streamer].
func (b *Batch) Stream(ctx context.Context, req Request) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		req := req // of this loop
		req.seat = &seat{batch: b}
		defer req.seat.pass()
		b.stream(ctx, req, yield)
	}
}

// seat is the place of one request in a batch.
type seat struct {
	batch *Batch
	taken bool // guarded by the batch's mutex
}

// take puts a call into its batch, where it waits for others, and tells whether it did. It does not
// where there is no batch, and where the call has left with it before and is sent again.
func (t *seat) take(s *session, p *pending) bool {
	if t == nil || p.req.Notify || s.client.opts.transport == TransportRPC {
		t.pass()
		return false
	}
	return t.batch.arrive(t, &batched{s, p})
}

// pass notes that a request has come that does not wait, unless it has come before.
func (t *seat) pass() {
	if t != nil {
		t.batch.arrive(t, nil)
	}
}

// missed notes that a request could not be made, for which the others of its batch would wait.
func missed(c Caller) {
	if b, ok := c.(*Batch); ok {
		(&seat{batch: b}).pass()
	}
}

// arrive counts a request, and sends those that wait when they are complete. It tells whether the
// call waits, or has just left with the others.
func (b *Batch) arrive(t *seat, w *batched) bool {
	b.mu.Lock()
	if t.taken {
		b.mu.Unlock()
		return false
	}
	t.taken = true
	b.come++
	waits := w != nil && !b.sent
	if waits {
		b.waiting = append(b.waiting, *w)
	}
	var complete []batched
	if b.come >= b.size {
		complete = b.take()
	}
	b.mu.Unlock()
	sendBatched(complete)
	return waits
}

// take returns what waits, and begins anew; mu is held.
func (b *Batch) take() []batched {
	waiting := b.waiting
	b.waiting, b.come = nil, 0
	return waiting
}

// sendBatched sends calls that have come together: at once where there is a connection, else when
// there is one. Those of two sessions have nothing in common.
func sendBatched(all []batched) {
	for len(all) > 0 {
		s := all[0].session
		var calls []*pending
		var others []batched
		for _, w := range all {
			if w.session == s {
				calls = append(calls, w.call)
			} else {
				others = append(others, w)
			}
		}
		if l, _ := s.readyLink(); l != nil {
			s.sendTogether(l, calls)
		} else {
			go s.sendWhenReady(calls)
		}
		all = others
	}
}

// sendWhenReady waits for a connection as long as one of the calls does. The calls end by themselves
// where there is none.
func (s *session) sendWhenReady(calls []*pending) {
	var latest time.Time
	for _, p := range calls {
		if p.deadline.After(latest) { // of a stream it moves later
			latest = p.deadline
		}
	}
	if l, err := s.await(context.Background(), latest); err == nil {
		s.sendTogether(l, calls)
	}
}

// bundle is what is published at once.
type bundle struct {
	channel  string
	size     int // bytes of the command, at most
	calls    []*pending
	requests [][]byte
}

// bundleFrame is a command around requests, but for its channel, with the longest id.
const bundleFrame = `{"id":4294967295,"publish":{"channel":,"data":{"batch":[]}}}`

// sendTogether sends calls in as few publications as they fit, except for those that have ended.
func (s *session) sendTogether(l *link, calls []*pending) {
	var all []*bundle
	last := map[string]*bundle{} // by channel
	for _, p := range calls {
		if !s.register(l, p) {
			p.finish(outcome{err: &ConnectionLostError{CallInfo: p.infoSent(false), Cause: errNotReady}})
			continue
		}
		request, err := s.envelope(p)
		if err != nil {
			p.finish(outcome{err: s.takeBack(l, p, err)})
			continue
		}
		channel := s.requestsChannel(p)
		b := last[channel]
		if b == nil || len(b.calls) == maxBatch || b.size+len(",")+len(request) > l.maxFrame {
			b = &bundle{channel: channel, size: len(bundleFrame) + len(appendString(nil, channel))}
			last[channel] = b
			all = append(all, b)
		}
		b.calls, b.requests = append(b.calls, p), append(b.requests, request)
		b.size += len(",") + len(request)
	}
	for _, b := range all {
		s.sendBundle(l, b)
	}
}

// sendBundle publishes one request as it would be alone, several as a batch. The server's answer is
// that of each.
func (s *session) sendBundle(l *link, b *bundle) {
	data := b.requests[0]
	if len(b.requests) > 1 {
		data = fmt.Appendf(nil, `{"batch":[%s]}`, bytes.Join(b.requests, []byte(",")))
	}
	err := l.send(command{Publish: &publishReq{Channel: b.channel, Data: data}}, func(r *reply) {
		for _, p := range b.calls {
			s.onAck(p, r)
		}
	})
	if err == nil {
		return
	}
	for _, p := range b.calls {
		p.finish(outcome{err: s.takeBack(l, p, err)})
	}
}

// depart returns the connection that a call is to be sent over: nil where its batch sends it.
func (s *session) depart(ctx context.Context, p *pending) (*link, error) {
	if ctx.Err() == nil && p.req.seat.take(s, p) {
		return nil, nil
	}
	return s.await(ctx, p.deadline)
}

// whileBatched is closed at the end of the session, for a call that its batch sends: l is nil.
func (s *session) whileBatched(l *link) <-chan struct{} {
	if l != nil {
		return nil // the connection tells
	}
	return s.over
}

// wasSent tells whether the request of a call has left.
func (s *session) wasSent(p *pending) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.sent
}

// expired is the error of a call that has ended without an outcome.
func (s *session) expired(ctx context.Context, l *link, p *pending) error {
	if l == nil && !p.sent {
		return p.unsent(ctx, s.endReason(), s.lastError())
	}
	return p.expired(ctx)
}
